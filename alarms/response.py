"""What is to be done about the alarms as they stand: what each tower should show, and what is asked of machines.

A tower shows a standing, not a happening: what it should show follows from the alarms alone. So a command sent twice
does no harm, a lost one is made good by the next comparison with what the tower reads back, and a restart needs no
memory of what was sent. A protective action asks once: for each of its asks that has just become REQUESTED there is one
Command, with the number that the sequence has given it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from alarms.alarm import annunciated
from alarms.calls import Calls, Notice
from alarms.events import Alarm, AskState, Running
from alarms.judge import usable, wholly_bad
from alarms.state import State
from config.model import Command, Device, Output, Sample
from config.plant import Line, Plant
from config.rules import Level, Protection

UNDELIVERED = "service/undelivered"
"""An alarm of which nobody could be told: every tower says so."""
LOUD = 2
"""The tone of a protective action that calls people out, and of one that has failed."""


@dataclass(frozen=True, slots=True)
class Tower:
    """One line's tower: which devices it speaks for, and where its outputs are read back in its Sample.

    It speaks for the line's own devices and for those that the workshop's lines share: what fails there concerns each
    of them, and a shared device has no tower of its own. And it speaks for the networks that these devices hang on.

    Attributes:
        urgent: protective actions of its devices that sound the second tone, and what they are triggered by.
    """

    device: str
    speaks_for: frozenset[str]
    outputs: Mapping[str, Output]
    places: Mapping[str, int]
    urgent: frozenset[str] = frozenset()


def towers(plant: Plant) -> tuple[Tower, ...]:
    """Find each line's tower, once at load."""
    found = []
    for line in plant.lines.values():
        if not line.tower:
            continue
        device = plant.devices[line.tower]
        place_of = {channel.model.key: channel.place for channel in device.series[0].channels}
        devices = {one.id for one in plant.devices.values() if _concerns(plant, one, line)}
        networks = {one.id for one in plant.networks.values() if not devices.isdisjoint(one.devices)}
        found.append(
            Tower(
                device=device.id,
                speaks_for=frozenset(devices | networks),
                outputs=device.profile.outputs,
                places={key: place_of[output.channel] for key, output in device.profile.outputs.items()},
                urgent=frozenset(
                    one.id for one in plant.protections.values() if one.device in devices and one.horn == LOUD
                ),
            )
        )
    return tuple(found)


def _concerns(plant: Plant, device: Device, line: Line) -> bool:
    if device.line:
        return device.line == line.id
    return plant.zones[device.zone].workshop == line.workshop


def respond(
    all_towers: Iterable[Tower], protections: Mapping[str, Protection], before: State, after: State
) -> tuple[Command, ...]:
    """Return what protective actions ask now, and a Command for each tower that should show something else."""
    if before.alarms is after.alarms and before.running is after.running:
        return ()
    commands = list(_asked(protections, before, after))
    for tower in all_towers:
        wanted = wants(tower, after)
        if wanted != wants(tower, before):
            commands.append(Command(tower.device, wanted, _because(tower, after)))
    return tuple(commands)


def notices(before: Calls, after: Calls) -> tuple[Notice, ...]:
    """Return what people are to be told now: the Notices that have just come to be."""
    if before.pending is after.pending:
        return ()
    return tuple(one.notice for key, one in after.pending.items() if key not in before.pending)


def unanswered(protections: Mapping[str, Protection], state: State) -> tuple[Command, ...]:
    """Return the Commands that were asked for and not answered: a restart sends them again, as the same ones."""
    return tuple(_asked(protections, State(), state))


def _asked(protections: Mapping[str, Protection], before: State, after: State) -> Iterator[Command]:
    for key, running in after.running.items():
        protection, former = protections.get(key), before.running.get(key)
        if protection is None or running is former:
            continue
        asks = (*protection.asks, *protection.release_asks)
        was = _states(former, len(protection.asks))
        for index, state in _states(running, len(protection.asks)).items():
            if state is not AskState.REQUESTED or was.get(index) is AskState.REQUESTED:
                continue
            ask, asked = asks[index], (*running.asked, *running.ending)[index]
            yield Command(
                device=ask.device,
                outputs=ask.outputs,
                reason=f"{key}: {', '.join(running.because)}",
                request=ask.request,
                param=ask.param,
                seq=asked.seq,
                protection=key,
                ask=index,
            )


def _states(running: Running | None, asks: int) -> dict[int, AskState]:
    """Return how each ask stands, by its number; those of the end come behind the others."""
    if running is None:
        return {}
    return {
        **{index: asked.state for index, asked in enumerate(running.asked)},
        **{asks + index: asked.state for index, asked in enumerate(running.ending)},
    }


def reassert(tower: Tower, state: State, sample: Sample) -> Command | None:
    """Return the Command to send again when a tower that answers stands otherwise, or the last one was not proved."""
    if sample.backfilled or wholly_bad(sample):
        return None
    wanted = wants(tower, state)
    failed = state.alarms.get(f"{tower.device}/command")
    if failed is not None and failed.active:
        return Command(tower.device, wanted, "the command before failed")
    if any(usable(sample, tower.places[key]) for key in differs(tower, wanted, sample)):
        return Command(tower.device, wanted, "the tower does not show what it should")
    return None


def differs(tower: Tower, wanted: Mapping[str, str], sample: Sample) -> tuple[str, ...]:
    """List the outputs that read back otherwise than wanted; a value that cannot be read differs too."""
    return tuple(
        key
        for key, state in wanted.items()
        if sample.values[tower.places[key]] != tower.outputs[key].reads[state]
    )


def wants(tower: Tower, state: State) -> dict[str, str]:
    """Say what a tower should show.

    Red while an action alarm is not NORM, with the horn until each is acknowledged, and likewise on every tower while
    nobody can be told of an alarm by any way; amber while any other alarm that
    it speaks for (an alert, or a device that is not heard) is not NORM.
    """
    alarms = [alarm for alarm in state.alarms.values() if _of(tower, alarm)]
    action = [alarm for alarm in alarms if alarm.level is Level.ACTION or alarm.id == UNDELIVERED]
    return {
        "red": "on" if action else "off",
        "amber": "on" if len(action) < len(alarms) else "off",
        "buzzer": "off" if all(alarm.acknowledged for alarm in action) else _tone(tower, state),
    }


def _tone(tower: Tower, state: State) -> str:
    """Return the second tone while a loud protective action runs, or any of the tower's has failed."""
    if "pattern_2" not in tower.outputs["buzzer"].words:
        return "pattern_1"
    loud = any(
        key in tower.urgent or (running.failed and key.split("/", 1)[0] in tower.speaks_for)
        for key, running in state.running.items()
    )
    return "pattern_2" if loud else "pattern_1"


def _of(tower: Tower, alarm: Alarm) -> bool:
    concerns = alarm.id == UNDELIVERED or alarm.id.split("/", 1)[0] in tower.speaks_for
    return concerns and annunciated(alarm)


def _because(tower: Tower, state: State) -> str:
    return ", ".join(sorted(alarm.id for alarm in state.alarms.values() if _of(tower, alarm))) or "all NORM"
