"""What is to be done about the alarms as they stand: a pure function from State to what each tower should show.

A tower shows a standing, not a happening: what it should show follows from the alarms alone. So a command sent twice
does no harm, a lost one is made good by the next comparison with what the tower reads back, and a restart needs no
memory of what was sent.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from alarms.events import Alarm
from alarms.judge import usable, wholly_bad
from alarms.state import State
from config.model import Command, Device, Level, Line, Output, Plant, Sample


@dataclass(frozen=True, slots=True)
class Tower:
    """One line's tower: which devices it speaks for, and where its outputs are read back in its Sample.

    It speaks for the line's own devices and for those that the workshop's lines share: what fails there concerns each
    of them, and a shared device has no tower of its own.
    """

    device: str
    speaks_for: frozenset[str]
    outputs: Mapping[str, Output]
    places: Mapping[str, int]


def towers(plant: Plant) -> tuple[Tower, ...]:
    """Find each line's tower, once at load."""
    found = []
    for line in plant.lines.values():
        if not line.tower:
            continue
        device = plant.devices[line.tower]
        place_of = {channel.model.key: channel.place for channel in device.series[0].channels}
        found.append(
            Tower(
                device=device.id,
                speaks_for=frozenset(one.id for one in plant.devices.values() if _concerns(plant, one, line)),
                outputs=device.profile.outputs,
                places={key: place_of[output.channel] for key, output in device.profile.outputs.items()},
            )
        )
    return tuple(found)


def _concerns(plant: Plant, device: Device, line: Line) -> bool:
    if device.line:
        return device.line == line.id
    return plant.zones[device.zone].workshop == line.workshop


def respond(all_towers: Iterable[Tower], before: State, after: State) -> tuple[Command, ...]:
    """Return a Command for each tower that should show something else than it should have before."""
    if before.alarms is after.alarms:
        return ()
    commands = []
    for tower in all_towers:
        wanted = wants(tower, after)
        if wanted != wants(tower, before):
            commands.append(Command(tower.device, wanted, _because(tower, after)))
    return tuple(commands)


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

    Red while an action alarm is not NORM, with the horn until each is acknowledged; amber while any other alarm that
    it speaks for (an alert, or a device that is not heard) is not NORM.
    """
    alarms = [alarm for alarm in state.alarms.values() if _of(tower, alarm)]
    action = [alarm for alarm in alarms if alarm.level is Level.ACTION]
    return {
        "red": "on" if action else "off",
        "amber": "on" if len(action) < len(alarms) else "off",
        "buzzer": "off" if all(alarm.acknowledged for alarm in action) else "pattern_1",
    }


def _of(tower: Tower, alarm: Alarm) -> bool:
    return alarm.id.split("/", 1)[0] in tower.speaks_for


def _because(tower: Tower, state: State) -> str:
    return ", ".join(sorted(alarm.id for alarm in state.alarms.values() if _of(tower, alarm))) or "all NORM"
