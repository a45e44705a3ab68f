"""Who is on call, in which ways they are reached, and whom each step would call, for `gradewatch duty`."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from datetime import datetime, time, timedelta
from itertools import chain
from pathlib import Path
from typing import TypeAlias
from zoneinfo import ZoneInfo

from alarms.calls import Substitute
from alarms.notices import with_substitution
from alarms.roster import Because, Turn, next_after, on_call, team, turns
from config.duty import Duty, Escalation, Rotation, Substitution, Target, Who
from config.duty_told import told
from config.model import Text
from config.plant import Plant
from monitor.collector import codec
from monitor.collector.collect import JOURNAL
from monitor.collector.journal import JournalReader, explained
from monitor.notify.icalendar import WHY

WEEK = timedelta(days=7)
ENTRIES_AT_ONCE = 5_000
NOBODY = "nobody 无人"
FIRST = 14
"""Columns of what a line is about; a Chinese letter takes two."""
MADE_BY_HAND = (
    "Substitutions noted on the screen are not in here: give --data. "
    "此处不含屏幕上登记的替班，请给出 --data。"
)


Noted: TypeAlias = Sequence[Substitution]


def duty_of(plant: Plant, at: datetime, *, is_week: bool, noted: Noted | None = None) -> Iterator[str]:
    """Give the lines that tell who is on call.

    Args:
        plant: the plant.
        at: when, aware.
        is_week: also every turn of the seven days from then on.
        noted: substitutions that persons have noted; None: nobody knows them, which is said.
    """
    known = noted or ()
    zone = plant.time_zone
    yield f"{plant.id}  {_both(plant.label)}  {at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M} {zone}"
    if not plant.duty.rotations and not plant.duty.escalations:
        yield "This plant calls nobody. 本工厂未配置值班。"
        return
    blocks = chain(
        (_rotation(plant.duty, one, at, known, is_week=is_week) for one in plant.duty.rotations.values()),
        (_escalation(plant.duty, one, at, known) for one in plant.duty.escalations),
    )
    for block in blocks:
        yield ""
        yield from block
    yield ""
    if noted is None:
        yield MADE_BY_HAND
    for one in known:
        yield _substitution(one, plant.duty.rotations, ZoneInfo(zone))


def noted_in(data: Path) -> tuple[Substitution, ...]:
    """Read which substitutions persons have noted, from the data folder of a collector that runs or not.

    Raises:
        JournalError: it cannot be read.
    """
    path = data / JOURNAL
    with explained(path), closing(JournalReader(path)) as reader:
        last = reader.state()
        seq, noted = (0, ()) if last is None else (last[0], codec.state_of(last[1]).calls.substitutions)
        while some := reader.after(seq, ENTRIES_AT_ONCE):
            seq = some[-1].seq
            for event in (codec.event_of(one) for one in some if one.kind == "substitute"):
                if isinstance(event, Substitute):
                    noted = with_substitution(noted, event)
        return noted


def _substitution(one: Substitution, rotations: Mapping[str, Rotation], plants: ZoneInfo) -> str:
    rotation = rotations.get(one.rotation)
    zone = plants if rotation is None else ZoneInfo(rotation.time_zone)
    begins, ends = one.begins.astimezone(zone), one.ends.astimezone(zone)
    when = f"{begins:%Y-%m-%d %H:%M} – {ends:%Y-%m-%d %H:%M}"
    return f"{one.rotation}  {when}  {one.person}  {_both(WHY[Because.SUBSTITUTION])} ({one.noted_by}: {one.reason})"


def _rotation(duty: Duty, one: Rotation, at: datetime, noted: Noted, *, is_week: bool) -> Iterator[str]:
    hours = f", {_hours(one.hours)}" if one.hours else ""
    yield f"{one.id}  {_both(one.label)}{hours}, hand-over 交接 {one.hand_over:%H:%M} {one.time_zone}"
    yield _row("on call", "值班", _reached(duty, on_call(one, noted, at)))
    yield _row("next", "下一班", _reached(duty, next_after(one, noted, at)))
    if is_week:
        for turn in turns(one, noted, at, at + WEEK):
            yield f"  {_turn(turn, ZoneInfo(one.time_zone))}"


def _turn(turn: Turn, zone: ZoneInfo) -> str:
    begins, ends = turn.begins.astimezone(zone), turn.ends.astimezone(zone)
    return f"{begins:%Y-%m-%d %H:%M} – {ends:%Y-%m-%d %H:%M}  {turn.person}  {_both(WHY[turn.because])}"


def _escalation(duty: Duty, one: Escalation, at: datetime, noted: Noted) -> Iterator[str]:
    zones = f"  {', '.join(one.zones)}" if one.zones else ""
    quiet = f"  quiet 免打扰 {_hours(one.quiet)}" if one.quiet else ""
    yield f"{one.id}  {', '.join(sorted(one.priorities))}{zones}{quiet}"
    for step in one.steps:
        people = dict.fromkeys(
            person for target in step.targets for person in _called(duty, target, at, noted)
        )
        yield f"  {f'{step.after_s:g} s':>8}  {', '.join(people) or NOBODY}"
    if one.repeat_s is not None:
        yield f"  the last again every {one.repeat_s:g} s, {one.repeats} times at most 末步骤重复"


def _called(duty: Duty, target: Target, at: datetime, noted: Noted) -> Iterator[str]:
    match target.who:
        case Who.PERSON:
            yield target.of
        case Who.TEAM:
            yield from team(duty.rotations[target.of])
        case Who.ON_CALL | Who.NEXT:
            ask = on_call if target.who is Who.ON_CALL else next_after
            person = ask(duty.rotations[target.of], noted, at)
            yield from [person] if person else []


def _reached(duty: Duty, person: str | None) -> str:
    if person is None:
        return NOBODY
    contacts = [
        f"{_both(duty.ways[one.way].label)} ({duty.ways[one.way].kind}{f', {one.to}' if one.to else ''})"
        for one in duty.people[person].contacts
    ]
    return f"{person}: {', '.join(contacts)}"


def _hours(hours: tuple[time, time]) -> str:
    return " – ".join(told(at) or "" for at in hours)


def _both(text: Text) -> str:
    return f"{text.en} {text.zh}"


def _row(en: str, zh: str, rest: str) -> str:
    return f"  {en} {zh}".ljust(FIRST + 2 - len(zh)) + f"  {rest}"
