"""The nouns of the building, made of the rows that are sound: what else is written is held against them.

A row that names a zone, a line or a profile with faults is made as far as it goes; the fault itself is told
elsewhere, and no Plant comes of it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from config.draft import Draft
from config.model import Channel, ChannelModel, Device, Occupancy, Profile, Security, Series
from config.plant import Line, Workshop, Zone
from config.profile import text_of
from config.rules import Derived, Ruleset
from config.written import WrittenDevice, WrittenLine, WrittenSecurity, WrittenZone


@dataclass(frozen=True, slots=True)
class Parts:
    """What a plant is built of.

    Attributes:
        blind: devices whose channels are not known, because they or their profiles have faults.
    """

    workshops: Mapping[str, Workshop]
    lines: Mapping[str, Line]
    zones: Mapping[str, Zone]
    devices: Mapping[str, Device]
    series: Mapping[str, Series]
    channels: Mapping[str, Channel]
    rulesets: Mapping[str, Ruleset]
    blind: tuple[str, ...]

    def rulesets_of(self, zone: Zone) -> list[Ruleset]:
        """Give the sound rulesets that hold in a zone."""
        return [self.rulesets[name] for name in zone.rulesets if name in self.rulesets]


@dataclass(frozen=True, slots=True)
class Measured:
    """What limits may stand on: a channel, or a derived one."""

    unit: str
    zone: str
    derived: Derived | None = None


def measured(parts: Parts, derived: Mapping[str, Derived]) -> dict[str, Measured]:
    """Give everything that limits may stand on, by id."""
    channels = {name: Measured(one.model.unit, one.zone) for name, one in parts.channels.items()}
    return channels | {name: Measured(one.unit, one.zone, one) for name, one in derived.items()}


def make_parts(draft: Draft) -> Parts:
    """Make the nouns of all sound rows."""
    workshops = {row.written.id: row.written.workshop for row in draft.lines}
    named = draft.head().get("rulesets")
    rulesets = tuple(map(str, named)) if isinstance(named, list) else ()
    zones = {row.written.id: _zone(row.written, workshops, rulesets) for row in draft.zones}
    devices = {
        row.written.id: _device(row.written, draft.profiles[row.written.profile], zones)
        for row in draft.devices
        if row.written.profile in draft.profiles
    }
    series = {one.id: one for device in devices.values() for one in device.series}
    return Parts(
        workshops={
            row.written.id: Workshop(row.written.id, text_of(row.written.label)) for row in draft.workshops
        },
        lines={row.written.id: _line(row.written) for row in draft.lines},
        zones=zones,
        devices=devices,
        series=series,
        channels={channel.id: channel for one in series.values() for channel in one.channels},
        rulesets=draft.rulesets,
        blind=tuple(name for name in draft.ids("devices") if name not in devices),
    )


def _line(written: WrittenLine) -> Line:
    label = text_of(written.label)
    return Line(written.id, written.workshop, written.mode, written.product, label, written.tower or "")


def _zone(written: WrittenZone, workshops: Mapping[str, str], rulesets: tuple[str, ...]) -> Zone:
    line = written.line or ""
    return Zone(
        id=written.id,
        workshop=written.workshop or workshops.get(line, ""),
        line=line,
        grade=written.grade,
        label=text_of(written.label),
        rulesets=rulesets if written.rulesets is None else tuple(written.rulesets),
        occupancy=Occupancy(written.occupancy),
    )


def _device(written: WrittenDevice, profile: Profile, zones: Mapping[str, Zone]) -> Device:
    zone = zones.get(written.zone)
    own = _series(written, written.id, (model for model in profile.channels if not model.record))
    records = _series(
        written, f"{written.id}#records", (model for model in profile.channels if model.record), True
    )
    return Device(
        id=written.id,
        profile=profile,
        zone=written.zone,
        line=zone.line if zone else "",
        label=text_of(written.label),
        address=written.address,
        series=(own, records) if records.channels else (own,),
        period_s=written.period_s,
        timeout_s=written.timeout_s,
        settings=dict(written.settings),
        security=_security(written.security),
    )


def _security(written: WrittenSecurity | None) -> Security | None:
    return Security(written.policy, written.user or "") if written else None


def _series(
    written: WrittenDevice, name: str, models: Iterable[ChannelModel], records: bool = False
) -> Series:
    channels = (
        Channel(
            id=f"{written.id}/{model.key}",
            device=written.id,
            zone=written.rooms.get(model.room, written.zone),
            model=model,
            series=name,
            place=place,
        )
        for place, model in enumerate(models)
    )
    return Series(name, written.id, tuple(channels), records)
