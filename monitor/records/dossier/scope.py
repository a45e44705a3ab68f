"""What of a plant belongs to a batch: zones and since when, their channels and devices, the alarms about them. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from config.model import Channel
from config.plant import Plant, Zone
from config.rules import Derived
from monitor.store.batches import Batch

CLOCKS = ("service/clock", "service/time-of-")
"""Alarms about clocks begin so; what is told behind them names a device or a series."""


@dataclass(frozen=True, slots=True)
class Span:
    """From the first stage in a zone to the end of the last one."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Scope:
    """What belongs to a batch.

    Attributes:
        until: the end of the batch, or now while it runs.
        zones: each with its time in the batch, in the plant's order.
        channels: measured ones in these zones.
        derived: those reckoned there that a limit stands on.
        devices: those that measure there.
    """

    plant: Plant
    batch: Batch
    until: datetime
    zones: Mapping[str, Span]
    channels: Mapping[str, Channel]
    derived: Mapping[str, Derived]
    devices: frozenset[str]

    def span_of(self, channel: str) -> Span | None:
        """Give the time in which a channel belongs to the batch; None: it does not."""
        known = self.channels.get(channel) or self.derived.get(channel)
        return None if known is None else self.zones[known.zone]

    def zone_of(self, alarm: str) -> str:
        """Give the zone that an alarm is about; "" for what is in no single one."""
        about = alarm.rpartition("/")[0]
        known = self.channels.get(about) or self.derived.get(about)
        device = self.plant.devices.get(alarm.partition("/")[0])
        return known.zone if known else device.zone if device else ""

    def is_asked(self, alarm: str) -> bool:
        """Whether an alarm is about something of the batch: a channel, a device, its network, or a clock."""
        about, head = alarm.rpartition("/")[0], alarm.partition("/")[0]
        if head == "service":
            return self._is_clock(alarm)
        if about in self.plant.channels or about in self.plant.derived:
            return about in self.channels or about in self.derived
        network = self.plant.networks.get(head)
        return head in self.devices or (network is not None and not self.devices.isdisjoint(network.devices))

    def _is_clock(self, alarm: str) -> bool:
        about = alarm.removeprefix("service/").partition("-of-")[2].partition("#")[0]
        return alarm.startswith(CLOCKS) and (not about or about in self.devices)


def scope_of(plant: Plant, batch: Batch, until: datetime) -> Scope:
    """Say what of a plant belongs to a batch.

    Args:
        plant: of the batch's time.
        batch: with its stages.
        until: its end, or now while it runs.
    """
    spans = dict(_spans(plant, batch, until))
    channels = {one.id: one for one in plant.channels.values() if one.zone in spans}
    judged = {limit.channel for limit in plant.limits}
    derived = {one.id: one for one in plant.derived.values() if one.zone in spans and one.id in judged}
    devices = frozenset(one.device for one in channels.values())
    return Scope(plant, batch, until, spans, channels, derived, devices)


def _spans(plant: Plant, batch: Batch, until: datetime) -> Iterator[tuple[str, Span]]:
    for zone in plant.zones.values():
        stages = [
            one for one in batch.stages if zone.id in one.zones or (not one.zones and _of_line(zone, batch))
        ]
        if stages:
            yield zone.id, Span(stages[0].began_at, stages[-1].ended_at or until)


def _of_line(zone: Zone, batch: Batch) -> bool:
    return zone.line == batch.line
