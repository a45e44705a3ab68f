"""Who is on call, in which ways they are reached, and whom each step would call, for `gradewatch duty`."""

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from itertools import chain
from zoneinfo import ZoneInfo

from alarms.roster import Turn, next_after, on_call, team, turns
from config.duty import Duty, Escalation, Rotation, Target, Who
from config.duty_told import told
from config.model import Text
from config.plant import Plant
from monitor.notify.icalendar import WHY

WEEK = timedelta(days=7)
NOBODY = "nobody 无人"
FIRST = 14
"""Columns of what a line is about; a Chinese letter takes two."""
MADE_BY_HAND = (
    "Substitutions that persons noted on the screen stand in no folder. 屏幕上登记的替班不在配置目录中。"
)


def duty_of(plant: Plant, at: datetime, *, is_week: bool) -> Iterator[str]:
    """Give the lines that tell who is on call, by what the plant lays down.

    Args:
        plant: the plant.
        at: when, aware.
        is_week: also every turn of the seven days from then on.
    """
    zone = plant.time_zone
    yield f"{plant.id}  {_both(plant.label)}  {at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M} {zone}"
    if not plant.duty.rotations and not plant.duty.escalations:
        yield "This plant calls nobody. 本工厂未配置值班。"
        return
    blocks = chain(
        (_rotation(plant.duty, one, at, is_week=is_week) for one in plant.duty.rotations.values()),
        (_escalation(plant.duty, one, at) for one in plant.duty.escalations),
    )
    for block in blocks:
        yield ""
        yield from block
    yield ""
    yield MADE_BY_HAND


def _rotation(duty: Duty, one: Rotation, at: datetime, *, is_week: bool) -> Iterator[str]:
    hours = f", {_hours(one.hours)}" if one.hours else ""
    yield f"{one.id}  {_both(one.label)}{hours}, hand-over 交接 {one.hand_over:%H:%M} {one.time_zone}"
    yield _row("on call", "值班", _reached(duty, on_call(one, (), at)))
    yield _row("next", "下一班", _reached(duty, next_after(one, (), at)))
    if is_week:
        for turn in turns(one, (), at, at + WEEK):
            yield f"  {_turn(turn, ZoneInfo(one.time_zone))}"


def _turn(turn: Turn, zone: ZoneInfo) -> str:
    begins, ends = turn.begins.astimezone(zone), turn.ends.astimezone(zone)
    return f"{begins:%Y-%m-%d %H:%M} – {ends:%Y-%m-%d %H:%M}  {turn.person}  {_both(WHY[turn.because])}"


def _escalation(duty: Duty, one: Escalation, at: datetime) -> Iterator[str]:
    zones = f"  {', '.join(one.zones)}" if one.zones else ""
    quiet = f"  quiet 免打扰 {_hours(one.quiet)}" if one.quiet else ""
    yield f"{one.id}  {', '.join(sorted(one.priorities))}{zones}{quiet}"
    for step in one.steps:
        people = dict.fromkeys(person for target in step.targets for person in _called(duty, target, at))
        yield f"  {f'{step.after_s:g} s':>8}  {', '.join(people) or NOBODY}"
    if one.repeat_s is not None:
        yield f"  the last again every {one.repeat_s:g} s, {one.repeats} times at most 末步骤重复"


def _called(duty: Duty, target: Target, at: datetime) -> Iterator[str]:
    match target.who:
        case Who.PERSON:
            yield target.of
        case Who.TEAM:
            yield from team(duty.rotations[target.of])
        case Who.ON_CALL | Who.NEXT:
            ask = on_call if target.who is Who.ON_CALL else next_after
            person = ask(duty.rotations[target.of], (), at)
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
