"""Protection rows -> Protections, every name in them held against the plant."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from config.checked import Row
from config.faults import Fault, nearest
from config.model import Profile
from config.names import Names
from config.parts import Parts
from config.profile import text_of
from config.rules import Ask, Check, Protection
from config.written_protection import WrittenAsk, WrittenCheck, WrittenProtection

NEVER_INHIBITED = "P-05"
"""Hydrogen peroxide in the room: it guards people, so nobody can switch it off."""


@dataclass(frozen=True, slots=True)
class Around:
    """What a protection may name.

    Attributes:
        channels: ids of channels, derived ones among them.
        alarms: ids of alarms that may trigger it; those of the service itself are not listed.
        protections: ids of all protections.
    """

    parts: Parts
    channels: Names
    alarms: Names
    protections: Names


def protection_id(written: WrittenProtection) -> str:
    """Give a protection's id: the device it protects and its number in the catalogue."""
    return f"{written.device}/{written.code}"


def make_protections(rows: Sequence[Row[WrittenProtection]]) -> dict[str, Protection]:
    """Make the protections of a plant, whether what they name is there or not."""
    return {protection_id(row.written): _protection(row.written) for row in rows}


def protection_faults(rows: Sequence[Row[WrittenProtection]], around: Around) -> Iterator[Fault]:
    """Give every fault that shows only when a protection is held against the plant and the others."""
    first: dict[str, Row[WrittenProtection]] = {}
    followed = {row.written.escalates_to for row in rows}
    for row in rows:
        name = protection_id(row.written)
        if name in first:
            place = first[name].fault("", "code")
            yield row.fault(
                f"{name} stands already in {place.file}:{place.line}; leave one of them out", "code"
            )
        first.setdefault(name, row)
        yield from _wrong_names(row, around)
        yield from _wrong_asks(row, around)
        yield from _wrong_checks(row, around)
        if not row.written.trigger and name not in followed:
            yield row.fault(f"nothing triggers {name}; write trigger: [[<alarm id>]]", "trigger")
        if row.written.code == NEVER_INHIBITED and row.written.may_inhibit:
            yield row.fault(f"{name} guards people; write may_inhibit: false", "may_inhibit")
    yield from _circles(first, "after")
    yield from _circles(first, "escalates_to")


def _wrong_names(row: Row[WrittenProtection], around: Around) -> Iterator[Fault]:
    device = row.written.device
    if device not in around.parts.devices:
        yield row.fault(
            f"no device {device!r} in this plant; {nearest(device, around.parts.devices)}", "device"
        )
    for place, group in enumerate(row.written.trigger):
        for inner, alarm in enumerate(group):
            if alarm not in around.alarms and not alarm.startswith("service/"):
                message = f"no alarm {alarm!r} in this plant; {around.alarms.nearest(alarm)}"
                yield row.fault(message, "trigger", place, inner)
    for key in ("after", "escalates_to"):
        other = getattr(row.written, key)
        if other is not None and other not in around.protections:
            yield row.fault(f"no protection {other!r}; {around.protections.nearest(other)}", key)


def _circles(rows: Mapping[str, Row[WrittenProtection]], key: str) -> Iterator[Fault]:
    """Give a fault for each way round that comes back to where it began, at the first of its rows."""
    told: set[str] = set()
    for start in rows:
        way = [start]
        while (follows := getattr(rows[way[-1]].written, key)) in rows and follows not in way:
            way.append(follows)
        if follows == start and start not in told:
            told.update(way)
            round_ = " -> ".join([*way, start])
            yield rows[start].fault(f"{key} goes in a circle: {round_}; leave it out of one of them", key)


def _wrong_asks(row: Row[WrittenProtection], around: Around) -> Iterator[Fault]:
    devices = around.parts.devices
    for section in ("asks", "release_asks"):
        for place, ask in enumerate(getattr(row.written, section)):
            if ask.device not in devices:
                message = f"no device {ask.device!r} in this plant; {nearest(ask.device, devices)}"
                yield row.fault(message, section, place, "device")
                continue
            for message, key in _not_allowed(ask, devices[ask.device].profile):
                yield row.fault(f"{ask.device}: {message}", section, place, *key)


def _not_allowed(ask: WrittenAsk, profile: Profile) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Say what is not on the allow-list of the profile, and where the ask says it."""
    if ask.request is not None:
        request = profile.requests.get(ask.request)
        if request is None:
            hint = nearest(ask.request, profile.requests)
            yield f"profile {profile.name} has no request {ask.request!r}; {hint}", ("request",)
        elif not request.param_low <= ask.param <= request.param_high:
            band = f"{request.param_low} to {request.param_high}"
            yield f"param {ask.param} is not within {request.key}'s; write {band}", ("param",)
    for key, state in ask.outputs.items():
        output = profile.outputs.get(key)
        if output is None:
            yield (
                f"profile {profile.name} has no output {key!r}; {nearest(key, profile.outputs)}",
                ("outputs", key),
            )
        elif state not in output.words:
            yield f"output {key} has no state {state!r}; {nearest(state, output.words)}", ("outputs", key)


def _wrong_checks(row: Row[WrittenProtection], around: Around) -> Iterator[Fault]:
    for check, keys, timed in _checks(row.written):
        if check.channel not in around.channels:
            message = f"no channel {check.channel!r} in this plant; {around.channels.nearest(check.channel)}"
            yield row.fault(message, *keys, "channel")
        if timed and check.within_s == 0:
            yield row.fault("within_s is 0, so it could only fail; write the seconds that it may take", *keys)


def _checks(written: WrittenProtection) -> Iterator[tuple[WrittenCheck, tuple[str | int, ...], bool]]:
    """Give every check, where it stands, and whether it must say within which time."""
    for section in ("only_while", "outcome", "release"):
        for place, check in enumerate(getattr(written, section)):
            yield check, (section, place), section == "outcome"
    for section in ("asks", "release_asks"):
        for place, ask in enumerate(getattr(written, section)):
            for inner, check in enumerate(ask.checks):
                yield check, (section, place, "checks", inner), True


def _protection(written: WrittenProtection) -> Protection:
    return Protection(
        id=protection_id(written),
        code=written.code,
        device=written.device,
        label=text_of(written.label),
        kind=written.kind,
        triggers=tuple(map(tuple, written.trigger)),
        asks=tuple(map(_ask, written.asks)),
        instruction=text_of(written.instruction),
        fail_safe=text_of(written.fail_safe),
        after=written.after or "",
        only_while=tuple(map(_check, written.only_while)),
        on_loss=written.on_loss,
        announces=written.announces,
        horn=written.horn,
        outcome=tuple(map(_check, written.outcome)),
        escalates_to=written.escalates_to or "",
        release=tuple(map(_check, written.release)),
        release_asks=tuple(map(_ask, written.release_asks)),
        reset_by=tuple(written.reset_by),
        may_inhibit=written.may_inhibit,
        needs_confirmation=written.needs_confirmation,
        dry_run=written.dry_run,
    )


def _ask(written: WrittenAsk) -> Ask:
    return Ask(
        device=written.device,
        label=text_of(written.label),
        request=written.request or "",
        param=written.param,
        outputs=dict(written.outputs),
        checks=tuple(map(_check, written.checks)),
    )


def _check(written: WrittenCheck) -> Check:
    return Check(**written.model_dump())
