"""A plant's protective actions, laid out so that an event finds at once what it concerns."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from alarms.judge import Condition
from alarms.readback import Place, Places
from config.model import Grade
from config.plant import Plant
from config.rules import Level, Priority, Protection


@dataclass(frozen=True, slots=True)
class ProtectionRules:
    """A plant's protective actions, laid out.

    Attributes:
        by_alarm: the protections that an alarm may trigger.
        channel_of: the channel that a limit's alarm rests on.
        modes: of each series, the places whose last usable value is remembered, with their channels.
        acks: of each device, the channel that shows the last request taken.
        lines: the line of each, "" of what is shared.
        conditions: what their own alarms watch: that one runs (if it announces), and that one has failed.
    """

    every: Mapping[str, Protection]
    by_alarm: Mapping[str, Sequence[Protection]]
    channel_of: Mapping[str, str]
    places: Mapping[str, Place]
    modes: Mapping[str, Sequence[tuple[int, str]]]
    acks: Mapping[str, str]
    running: Mapping[str, Condition]
    failed: Mapping[str, Condition]
    lines: Mapping[str, str]

    @property
    def conditions(self) -> Iterable[Condition]:
        """What all of their own alarms watch."""
        yield from self.running.values()
        yield from self.failed.values()


def protection_rules(plant: Plant) -> ProtectionRules:
    """Lay out a plant's protective actions, once at load."""
    by_alarm: dict[str, list[Protection]] = defaultdict(list)
    modes: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for one in plant.protections.values():
        for alarm in dict.fromkeys(alarm for group in one.triggers for alarm in group):
            by_alarm[alarm].append(one)
    for name in dict.fromkeys(
        check.channel for one in plant.protections.values() for check in one.only_while
    ):
        channel = plant.channels[name]
        modes[channel.series].append((channel.place, name))
    return ProtectionRules(
        every=plant.protections,
        by_alarm=by_alarm,
        channel_of={limit.id: limit.channel for limit in plant.limits},
        places=Places(plant),
        modes=modes,
        acks={
            channel.device: channel.id
            for channel in plant.channels.values()
            if channel.model.key == "ack_seq"
        },
        running={key: _condition(plant, one, key) for key, one in plant.protections.items() if one.announces},
        failed={key: _condition(plant, one, f"{key}/failed") for key, one in plant.protections.items()},
        lines={key: plant.devices[one.device].line for key, one in plant.protections.items()},
    )


def _condition(plant: Plant, one: Protection, key: str) -> Condition:
    critical = plant.zones[plant.devices[one.device].zone].grade is Grade.A
    return Condition(key, Level.ACTION, 0.0, 0.0, Priority.CRITICAL if critical else Priority.HIGH)
