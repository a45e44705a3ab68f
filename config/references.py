"""What the rows of a plant must agree on: each function gives the faults of one kind."""

import re
import zoneinfo
from collections.abc import Iterable, Iterator
from typing import Any

from config.checked import Row
from config.draft import HEAD, Draft
from config.faults import Fault, nearest
from config.model import Profile, Protocol
from config.written import WrittenDevice, WrittenPlant

TOWER_OUTPUTS = ("red", "amber", "buzzer")
SETTINGS = {
    Protocol.LIGHTHOUSE: {"sample_time_s": "the counter's sample time in whole seconds, for example 6"}
}
SAMPLE_TIME_MAX_S = 86_399
"""Largest sample time of the Lighthouse map (registers 40033/34)."""

_HOST_PORT = re.compile(r"(?P<host>[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\]):(?P<port>\d{1,5})")
_OPCUA_URL = re.compile(rf"opc\.tcp://{_HOST_PORT.pattern}(/\S*)?")
_MODBUS = (_HOST_PORT, "host:port, for example 127.0.0.1:502")
_FORMS = dict.fromkeys(Protocol, _MODBUS) | {
    Protocol.OPCUA: (_OPCUA_URL, "opc.tcp://host:port/path, for example opc.tcp://127.0.0.1:4840/"),
}


def reference_faults(draft: Draft) -> Iterator[Fault]:
    """Give every fault that shows only when rows are compared, limits excepted."""
    yield from _head(draft)
    for section in ("workshops", "lines", "zones", "devices"):
        yield from _twice(section, getattr(draft, section))
    yield from _unknown("workshop", draft.lines, draft.ids("workshops"))
    yield from _unknown("line", draft.zones, draft.ids("lines"))
    yield from _unknown("zone", draft.devices, draft.ids("zones"))
    yield from _towers(draft)
    yield from _addresses(draft)
    for device in draft.devices:
        if device.written.timeout_s >= device.written.period_s:
            yield device.fault(
                f"timeout_s {device.written.timeout_s:g} is not shorter than period_s {device.written.period_s:g};"
                " write a shorter timeout, or the next poll would find this one still waiting",
                "timeout_s",
            )
        if profile := draft.profiles.get(device.written.profile):
            yield from _rooms(device, profile, draft.ids("zones"))
            yield from _settings(device, profile)


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
        if key not in first:
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
        if name not in known:
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
    taken: dict[tuple[str, int], str] = {}
    for device in draft.devices:
        profile = draft.profiles.get(device.written.profile)
        if profile is None:
            continue
        address, (form, remedy) = device.written.address, _FORMS[profile.protocol]
        found = form.fullmatch(address)
        if not found or not 1 <= int(found["port"]) <= 65_535:
            yield device.fault(
                f"address {address!r} is not one for {profile.protocol}; write {remedy}", "address"
            )
            continue
        first = taken.setdefault((found["host"].lower(), int(found["port"])), device.written.id)
        if first != device.written.id:
            yield device.fault(
                f"address {address!r} is that of {first} already; give each device its own", "address"
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


def _settings(device: Row[WrittenDevice], profile: Profile) -> Iterator[Fault]:
    known = SETTINGS.get(profile.protocol, {})
    given = device.written.settings
    for key in given.keys() - known.keys():
        yield device.fault(
            f"profile {profile.name} has no setting {key!r}; {nearest(key, known) if known else 'leave it out'}",
            "settings",
            key,
        )
    for key in known.keys() - given.keys():
        yield device.fault(
            f"setting {key!r} is missing; write settings: {{{key}: …}}, {known[key]}", "settings"
        )
    sample_time_s = given.get("sample_time_s") if "sample_time_s" in known else None
    if sample_time_s is not None and not (
        sample_time_s.is_integer() and 1 <= sample_time_s <= SAMPLE_TIME_MAX_S
    ):
        yield device.fault(
            f"sample_time_s is {sample_time_s:g}; write whole seconds from 1 to {SAMPLE_TIME_MAX_S}",
            "settings",
            "sample_time_s",
        )
