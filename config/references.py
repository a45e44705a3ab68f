"""What the rows of a plant must agree on: each function gives the faults of one kind."""

import zoneinfo
from collections.abc import Iterable, Iterator
from dataclasses import fields
from typing import Any

from config.addresses import endpoint
from config.checked import Row
from config.draft import HEAD, Draft, named_rulesets
from config.faults import Fault, nearest
from config.model import Node, Profile, Protocol
from config.settings import setting_faults
from config.written import WrittenDevice
from config.written_plant import WrittenHead, WrittenPlant

TOWER_OUTPUTS = ("red", "amber", "buzzer")
NAMED_MAX = 5
NAMED = (
    *("workshops", "lines", "zones", "devices", "ways", "people", "rotations", "escalations"),
    *("positions", "shifts", "products", "readiness"),
)
"""Sections in which no id may stand twice."""


def reference_faults(draft: Draft) -> Iterator[Fault]:
    """Give every fault that shows only when rows are compared, limits excepted."""
    yield from _head(draft)
    for section in NAMED:
        yield from _twice(section, getattr(draft, section))
    yield from _unknown("workshop", draft.lines, draft.ids("workshops"))
    yield from _unknown("workshop", draft.zones, draft.ids("workshops"))
    yield from _unknown("line", draft.zones, draft.ids("lines"))
    yield from _unknown("zone", draft.devices, draft.ids("zones"))
    yield from _towers(draft)
    yield from _addresses(draft)
    yield from _unverified(draft)
    yield from _not_in_force(draft)
    for device in draft.devices:
        if device.written.timeout_s >= device.written.period_s:
            yield device.fault(
                f"timeout_s {device.written.timeout_s:g} is not shorter than period_s {device.written.period_s:g};"
                " write a shorter timeout, or the next poll would find this one still waiting",
                "timeout_s",
            )
        if profile := draft.profiles.get(device.written.profile):
            yield from _rooms(device, profile, draft.ids("zones"))
            yield from setting_faults(device, profile)


def _head(draft: Draft) -> Iterator[Fault]:
    first: dict[str, str] = {}
    for sheet in draft.sheets:
        for key in HEAD:
            if sheet.data.get(key) is None:
                continue
            where = str(sheet.source.fault("", key)).removesuffix(": ")
            if key in first:
                yield sheet.source.fault(
                    f"{key} stands twice, first in {first[key]}; leave one of them out", key
                )
            first.setdefault(key, where)
    for key in HEAD:
        if key not in first and WrittenHead.model_fields[key].is_required():
            description = WrittenPlant.model_fields[key].description
            yield draft.sheets[0].source.fault(
                f"no file of the plant has {key!r}; write {key}: {description}"
            )
    yield from _time_zone(draft)


def _time_zone(draft: Draft) -> Iterator[Fault]:
    for sheet in draft.sheets:
        name = sheet.data.get("time_zone")
        if ("time_zone",) in sheet.bad or not isinstance(name, str):
            continue
        try:
            zoneinfo.ZoneInfo(name)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
            known = [*zoneinfo.available_timezones(), "Asia/Shanghai"]
            yield sheet.source.fault(f"time zone {name!r} is unknown; {nearest(name, known)}", "time_zone")


def _twice(section: str, rows: Iterable[Row[Any]]) -> Iterator[Fault]:
    first: dict[str, Fault] = {}
    for row in rows:
        name = row.written.id
        if name in first:
            where = f"{first[name].file}:{first[name].line}"
            yield row.fault(
                f"id {name!r} stands twice in {section}, first in {where}; give each its own id", "id"
            )
        first.setdefault(name, row.fault("", "id"))


def _unknown(key: str, rows: Iterable[Row[Any]], known: list[str]) -> Iterator[Fault]:
    for row in rows:
        name = getattr(row.written, key)
        if name is not None and name not in known:
            yield row.fault(f"{key} {name!r} does not exist; {nearest(name, known)}", key)


def _towers(draft: Draft) -> Iterator[Fault]:
    profile_of = {device.written.id: draft.profiles.get(device.written.profile) for device in draft.devices}
    for line in draft.lines:
        tower = line.written.tower
        if tower is None:
            continue
        if tower not in draft.ids("devices"):
            known = [name for name, profile in profile_of.items() if profile and profile.outputs]
            yield line.fault(
                f"tower {tower!r} is not a device of this plant; {nearest(tower, known)}", "tower"
            )
        elif profile := profile_of.get(tower):
            lacking = [output for output in TOWER_OUTPUTS if output not in profile.outputs]
            if lacking:
                yield line.fault(
                    f"tower {tower!r} has profile {profile.name}, which has no output {', '.join(lacking)};"
                    " write a device that is a signal tower",
                    "tower",
                )


def _addresses(draft: Draft) -> Iterator[Fault]:
    taken: dict[str, str] = {}
    for device in draft.devices:
        profile, address = draft.profiles.get(device.written.profile), device.written.address
        if profile is None:
            continue
        try:
            place = endpoint(profile.protocol, address)
        except ValueError as error:
            yield device.fault(f"address {address!r} {error}", "address")
            continue
        first = taken.setdefault(place, device.written.id)
        if first != device.written.id:
            yield device.fault(
                f"address {address!r} is that of {first} already; give each device its own", "address"
            )
        if device.written.security and profile.protocol is not Protocol.OPCUA:
            yield device.fault(f"security is for opcua, not {profile.protocol}; leave it out", "security")


def _unverified(draft: Draft) -> Iterator[Fault]:
    """Give one fault for each profile of a validated plant that rests on nothing, at the first device that has it."""
    if draft.head().get("validated") is not True:
        return
    seen: set[str] = set()
    for device in draft.devices:
        profile = draft.profiles.get(device.written.profile)
        if profile is None or profile.name in seen:
            continue
        seen.add(profile.name)
        if names := _resting_on_nothing(profile):
            others = len(names) - NAMED_MAX
            more = f" and {others} {'others' if others > 1 else 'other'}" if others > 0 else ""
            yield device.fault(
                f"profile {profile.name} rests on nothing for {', '.join(names[:NAMED_MAX])}{more}, and this plant is"
                " validated; check them on the device, then write verified: manual or inferred in the profile",
                "profile",
            )


def _resting_on_nothing(profile: Profile) -> list[str]:
    places = [
        *((channel.key, channel.address) for channel in profile.channels),
        *((f"output {output.key}", output.address) for output in profile.outputs.values()),
        *((f"self test of unit {test.address.unit_id}", test.address) for test in profile.self_tests),
        *((f"handshake {name}", node) for name, node in _handshake(profile)),
    ]
    return [name for name, address in places if address.verified == "none"]


def _handshake(profile: Profile) -> list[tuple[str, Node]]:
    handshake = profile.handshake
    return [(one.name, getattr(handshake, one.name)) for one in fields(handshake)] if handshake else []


def _not_in_force(draft: Draft) -> Iterator[Fault]:
    """Give a fault for every ruleset that no plant may rest on, where it is named."""
    for name, fault in named_rulesets(draft.sheets, draft.zones):
        ruleset = draft.rulesets.get(name)
        if ruleset and not ruleset.is_in_force:
            used = [one.id for one in draft.rulesets.values() if one.is_in_force]
            yield fault(
                f"ruleset {name!r} is not in force; {nearest(name, used) if used else 'leave it out'}"
            )


def _rooms(device: Row[WrittenDevice], profile: Profile, zones: list[str]) -> Iterator[Fault]:
    rooms = {channel.room for channel in profile.channels if channel.room}
    mapped = device.written.rooms
    for room in sorted(rooms - mapped.keys()):
        yield device.fault(
            f"room {room!r} of profile {profile.name} has no zone; write {room}: <zone> here", "rooms"
        )
    for room, zone in mapped.items():
        if room not in rooms:
            yield device.fault(
                f"profile {profile.name} has no room {room!r}; {nearest(room, rooms)}", "rooms", room
            )
        if zone not in zones:
            yield device.fault(f"zone {zone!r} does not exist; {nearest(zone, zones)}", "rooms", room)
