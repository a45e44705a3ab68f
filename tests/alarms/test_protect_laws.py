"""Laws of protective actions, over any sequence of values, qualities, delays, answers and persons."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

from hypothesis import example, given, settings
from hypothesis import strategies as st

from alarms.events import (
    Asked,
    AskState,
    ConfirmProtection,
    Event,
    Inhibit,
    ProtectionChange,
    ProtectionState,
    Rearm,
    Running,
    Tick,
    Told,
)
from alarms.state import State
from config.model import Command, Quality, Sample
from config.rules import Check, Level, Protection, ProtectionKind
from monitor.collector import codec
from tests.alarms.building import ACTION, ALERT, COMMUNICATION, after, bad, limit, sample
from tests.alarms.protecting import (
    HUMIDITY,
    P1,
    P2,
    Run,
    elsewhere,
    interlock,
    protected,
    protection,
    reset,
    taken,
)

DRY, ASKED_FIRST, LOSS = "ISO/P-03", "ISO/P-04", "ISO/P-08"
PLANT = protected(
    protection(escalates_to=P2, only_while=(Check(HUMIDITY, 40, None),)),
    interlock(id=P2, triggers=((ALERT,),)),
    protection(id=DRY, dry_run=True, triggers=((ACTION, ALERT),)),
    interlock(id=ASKED_FIRST, needs_confirmation=True, announces=True),
    interlock(id=LOSS, triggers=((COMMUNICATION,),), on_loss=True),
    limits=(limit(Level.ALERT, 30, 70, on_s=1, off_s=2),),
)
FRESH = timedelta(seconds=3)

Draw = tuple[object, ...]
pressures = st.sampled_from([5.0, 10.0, 25.0, 29.9, 30.0, 45.0, 45.0])
humidities = st.sampled_from([20.0, 45.0, 45.0, 95.0])
qualities = st.sampled_from([Quality.GOOD, Quality.UNCERTAIN, Quality.UNREACHABLE])
moves: st.SearchStrategy[Draw] = st.one_of(
    st.tuples(st.just("steady"), pressures, humidities, st.integers(1, 9)),
    st.tuples(st.just("steady"), pressures, humidities, st.integers(1, 9)),
    st.tuples(st.just("odd"), pressures, qualities, st.sampled_from([0.0, 3.0, 4.0]), st.booleans()),
    st.tuples(st.sampled_from(["elsewhere", "tick", "pause", "silence"])),
    st.tuples(st.just("answer"), st.sampled_from([True, True, False]), st.integers(0, 9)),
    st.tuples(st.sampled_from(["inhibit", "rearm", "confirm"]), st.sampled_from([*PLANT.protections])),
    st.tuples(st.just("reset"), st.sampled_from([P1, DRY])),
)
# What leads far is drawn more often than by chance: a breach, a person's word, the answers, the recovery and a reset.
BREACH: list[Draw] = [("steady", 45.0, 45.0, 1), ("steady", 10.0, 45.0, 1)]
CONFIRMED: list[Draw] = [*BREACH, ("confirm", ASKED_FIRST)]
RECOVERY: list[Draw] = [
    ("answer", True, 1),
    ("steady", 45.0, 95.0, 9),
    ("reset", P1),
    ("answer", True, 1),
    ("reset", DRY),
]
# P-02 may end in the very event in which the silence that follows a pause lets P-08 begin.
PAUSED: list[Draw] = [
    *BREACH,
    ("tick",),
    ("answer", True, 1),
    ("steady", 45.0, 95.0, 9),
    ("reset", P1),
    ("answer", True, 1),
    ("reset", DRY),
    ("pause",),
]
parts: st.SearchStrategy[list[Draw]] = st.one_of(
    moves.map(lambda one: [one]), st.sampled_from([BREACH, CONFIRMED, RECOVERY])
)
walks = st.lists(parts, max_size=25).map(lambda several: [one for part in several for one in part])


@dataclass
class Step:
    """One event, the State on both sides of it, and what came of it."""

    event: Event
    before: State
    after: State
    told: tuple[Told, ...]
    commands: tuple[Command, ...]

    @property
    def changes(self) -> list[ProtectionChange]:
        return [one for one in self.told if isinstance(one, ProtectionChange)]


def walk(draws: list[Draw], *, restarts: bool = False) -> list[Step]:
    """Make each draw events, answers to what was really asked among them, and let them be judged."""
    run = Run(of=PLANT, restarts=restarts)
    steps, second = [], 0
    for draw in draws:
        second += 40 if draw == ("pause",) else 1
        for event in _events(draw, second, run):
            before = run.state
            told, commands = run.takes(event)
            steps.append(Step(event, before, run.state, told, commands))
            second = max(second, math.ceil((event.at - after(0)).total_seconds()))
    return steps


def _events(draw: Draw, second: int, run: Run) -> Iterator[Event]:
    match draw:
        case ("steady", float(pressure), float(humidity), int(times)):
            yield from (sample(second + more, pressure, humidity) for more in range(times))
        case ("odd", float(pressure), Quality() as quality, float(late), bool(may_be)):
            one = sample(second, pressure, backfilled=late > 3 and may_be)
            yield replace(one, quality=(quality,) * 2, received_at=after(second + late))
        case ("silence",):
            yield from (bad(second + more) for more in range(13))
        case ("answer", bool(is_taken), int(former)):
            for command in run.unanswered():
                asked = command if former else replace(command, seq=command.seq - 1)
                yield taken(second, asked, "" if is_taken else "refused: local mode")
        case (("inhibit" | "rearm" | "confirm" | "reset") as what, str(key)):
            yield _by_a_person(what, key, second)
        case ("elsewhere",):
            yield elsewhere(second)
        case _:
            yield Tick(after(second))


def _by_a_person(what: object, key: str, second: int) -> Event:
    match what:
        case "inhibit":
            return Inhibit(after(second), key, after(second + 20), "a", "b", "service")
        case "rearm":
            return Rearm(after(second), key, "a")
        case "confirm":
            return ConfirmProtection(after(second), key, "a")
        case _:
            return reset(second, "operator", "qa", key=key)


def _now(event: Event) -> object:
    return event.received_at if isinstance(event, Sample) else event.at


def _says_so(step: Step) -> bool:
    """Whether the isolator's last live Sample is Good in both values, came in time and is not older than 3 s."""
    seen = step.after.seen.get("ISO")
    if seen is None or not isinstance(step.event, Sample | Tick):
        return False
    if any(quality is not Quality.GOOD for quality in seen.quality or ()):
        return False
    now = step.event.received_at if isinstance(step.event, Sample) else step.event.at
    return seen.received_at - seen.at <= FRESH and now - seen.at <= FRESH and not _is_backfilled(step.event)


def _is_backfilled(event: Event) -> bool:
    return isinstance(event, Sample) and event.backfilled


def _of(key: str) -> Protection:
    return PLANT.protections[key]


@given(walks)
def test_nothing_begins_while_it_is_switched_off_or_from_data_that_is_not_good_and_live(
    draws: list[Draw],
) -> None:
    for step in walk(draws):
        for change in step.changes:
            if change.before is not None:
                continue
            assert change.protection not in step.after.inhibited
            if change.reason == "escalated":
                continue
            alarms = step.after.alarms
            assert any(all(alarms[key].active for key in g) for g in _of(change.protection).triggers)
            assert change.protection == LOSS or _says_so(step), step.event


@given(walks)
def test_a_dry_run_asks_nothing_and_what_needs_a_person_asks_nothing_without_one(
    draws: list[Draw],
) -> None:
    confirmed = set()
    for step in walk(draws):
        confirmed |= {one.after.triggered_at for one in step.changes if one.reason == "confirmed"}
        for command in step.commands:
            assert command.protection != DRY
            if command.protection == ASKED_FIRST:
                assert step.after.running[ASKED_FIRST].triggered_at in confirmed


@given(walks)
def test_numbers_only_go_up_and_each_command_goes_out_once(draws: list[Draw]) -> None:
    steps = walk(draws)
    numbers = [command.seq for step in steps for command in step.commands]
    assert numbers == sorted(set(numbers))
    asked = [
        one.seq for step in steps for change in step.changes for one in _new(change.before, change.after)
    ]
    assert numbers == asked, "what goes out is what the record says was asked"


def _new(before: Running | None, later: Running) -> list[Asked]:
    """Return the asks that a change has made REQUESTED."""
    was = (*before.asked, *before.ending) if before else ()
    known = {one.seq for one in was if one.seq}
    return [
        one
        for one in (*later.asked, *later.ending)
        if one.state is AskState.REQUESTED and one.seq not in known
    ]


@given(walks)
def test_the_record_has_no_hole(draws: list[Draw]) -> None:
    """Each change goes on from where the one before has ended, to something else; so does the State."""
    stands: dict[str, Running] = {}
    for step in walk(draws):
        for change in step.changes:
            assert change.before != change.after
            assert _told(change.before) == _told(stands.get(change.protection))
            if change.after.state is ProtectionState.CLOSED:
                del stands[change.protection]
            else:
                stands[change.protection] = change.after
        assert {key: _told(one) for key, one in step.after.running.items()} == {
            key: _told(one) for key, one in stands.items()
        }


def _told(running: Running | None) -> Running | None:
    """Since when the conditions of the end hold is reckoned, not told."""
    return None if running is None else replace(running, holds_since=None)


@given(walks)
def test_what_runs_ends_only_by_reset_or_by_its_conditions(draws: list[Draw]) -> None:
    for step in walk(draws):
        for change in step.changes:
            if change.after.state is not ProtectionState.RESET_PENDING or change.reason.startswith("ask"):
                continue
            if change.reason == "triggered_again":
                continue
            since = change.before.holds_since if change.before else None
            assert since is not None, "its conditions hold"
            assert _now(step.event) - since >= timedelta(seconds=5)  # type: ignore[operator]  # a time
            one, alarms = _of(change.protection), step.after.alarms
            assert not any(all(k in alarms and alarms[k].active for k in g) for g in one.triggers)
            assert change.before is not None
            assert all(asked.state is not AskState.REQUESTED for asked in change.before.asked)
            if one.kind is ProtectionKind.PROTECT:
                assert (change.reason, change.who) == ("reset", ("person 0", "person 1"))
            else:
                assert change.reason == "released"


@given(walks)
@example(PAUSED)
def test_nothing_lets_a_machine_go_while_another_action_protects_by_it(draws: list[Draw]) -> None:
    over = {ProtectionState.RESET_PENDING, ProtectionState.TRIGGERED}
    for step in walk(draws):
        for command in step.commands:
            if command.ask < len(_of(command.protection).asks):
                continue
            others = [one.id for one in step.after.running.values() if one.state not in over]
            assert set(others) <= {DRY}, command


@settings(deadline=None)
@given(walks)
def test_the_same_events_give_the_same_and_a_restart_anywhere_changes_nothing(
    draws: list[Draw],
) -> None:
    through = [_of_it(step) for step in walk(draws)]
    assert through == [_of_it(step) for step in walk(draws)]
    assert through == [_of_it(step) for step in walk(draws, restarts=True)]


def _of_it(step: Step) -> tuple[object, ...]:
    return step.told, step.commands, codec.state_json(step.after)


@given(walks)
def test_what_a_restart_sends_again_is_what_went_out_and_has_no_answer(
    draws: list[Draw],
) -> None:
    run = Run(of=PLANT)
    out: dict[int, Command] = {}
    for step in walk(draws):
        out |= {command.seq: command for command in step.commands}
        run.state = step.after
        standing = [
            one.seq
            for running in step.after.running.values()
            for one in (*running.asked, *running.ending)
            if one.state is AskState.REQUESTED
        ]
        again = run.unanswered()
        assert sorted(one.seq for one in again) == sorted(standing)
        for one in again:
            assert replace(one, reason="") == replace(out[one.seq], reason="")
