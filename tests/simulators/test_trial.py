"""When an expectation is met, missed or still open, from what is seen and when."""

import pytest

from simulators.expectation import Expectation, Label, Place
from simulators.scenario import Scenario, Step
from simulators.seen import Course, Seen, Standing
from simulators.trial import Trial, Verdict

OWN = Place("ISO", "isolator", "A", "L1", "W")
PLACES = [OWN, Place("ST", "tower", "C", "L1", "W"), Place("PC", "counter", "A", "L1", "W")]
WORDS = Label(en="seen", zh="已见")
ALARM = {"alarm": "{device}/dp/action", "within_s": 3}
OVER = {"over": "{device}/communication", "from_s": 40, "within_s": 50}
QUIET = {"quiet": ["{device}/dp/*"], "within_s": 5}
SHOWS = {"shows": {"tier_1": 1, "buzzer": 1}, "who": {"beside": "line", "profile": "tower"}, "within_s": 3}
PENDING: dict[str, object] = {"pending": WORDS}
ONCE = {"executed": {"request": "fan_speed"}, "within_s": 5}
NEVER = {"executed": {"request": "fan_speed", "times": 0}, "within_s": 5}
AT_MOST_ONCE = {"executed": {"request": "fan_speed", "times": 1, "least": 0}, "within_s": 5}
GROUPED = {"grouped": "NET-{workshop}/communication", "who": {"beside": "line"}, "within_s": 12}


def trial(*expect: dict[str, object], length_s: float = 0.0) -> Trial:
    scenario = Scenario(
        name="one",
        number=1,
        label=WORDS,
        source="test",
        profile="",
        device="ISO",
        length_s={"usual": 900, "least": 1},  # type: ignore[arg-type] # as in a file
        shape=(Step(network="down"),),
        expect=tuple(Expectation.model_validate({"what": WORDS, **one}) for one in expect),
    )
    return Trial(scenario, OWN, PLACES, length_s)


def seen(at_s: float, *alarms: str, over: str = "", tower: dict[str, float | None] | None = None) -> Seen:
    standing = {alarm: Standing(active=True) for alarm in alarms}
    return Seen(at_s, standing | ({over: Standing(active=False)} if over else {}), {"ST": tower or {}})


def stands(at_s: float, state: str = "UNACK", first_out: bool = False) -> Seen:
    return Seen(at_s, {"ISO/dp/action": Standing(active=True, state=state, first_out=first_out)})


def done(at_s: float, times: int) -> Seen:
    return Seen(at_s, {}, executed={"ISO": {"fan_speed": times, "horn": 9}})


def course(at_s: float, state: str, *asked: str, failed: bool = False) -> Seen:
    return Seen(at_s, {}, protections={"ISO/P-01": Course(state, failed, asked)})


def protection(state: str, within_s: float = 5) -> dict[str, object]:
    return {"protection": "{device}/P-01", "state": state, "within_s": within_s}


def ask(place: int, state: str) -> dict[str, object]:
    return {"protection": "{device}/P-01", "ask": {"place": place, "state": state}, "within_s": 5}


def verdict(expect: dict[str, object], *looks: Seen, length_s: float = 0.0) -> Verdict:
    one = trial(expect, length_s=length_s)
    for look in looks:
        one.look(look)
    return one.rows[0].verdict


@pytest.mark.parametrize(
    ("expect", "looks", "verdict_"),
    [
        (ALARM, [seen(1)], Verdict.OPEN),
        (ALARM, [seen(1), seen(3, "ISO/dp/action")], Verdict.PASSED),
        (ALARM, [seen(1, "ISO/dp/action"), seen(4)], Verdict.PASSED),
        (ALARM, [seen(3), seen(3.1, "ISO/dp/action")], Verdict.FAILED),
        (ALARM, [seen(3.1)], Verdict.FAILED),
        (ALARM, [seen(1, "ISO/dp/alert", "PC/dp/action"), seen(2.9)], Verdict.OPEN),
        (OVER, [seen(39)], Verdict.OPEN),
        (OVER, [seen(41, "ISO/communication")], Verdict.OPEN),
        (OVER, [seen(41, over="ISO/communication")], Verdict.PASSED),
        (OVER, [seen(41)], Verdict.PASSED),
        (OVER, [seen(50.1, "ISO/communication")], Verdict.FAILED),
        (QUIET, [seen(0), seen(5)], Verdict.OPEN),
        (QUIET, [seen(0), seen(5.1, "PC/dp/action")], Verdict.PASSED),
        (QUIET, [seen(0), seen(2, "ISO/dp/alert"), seen(6)], Verdict.FAILED),
        (SHOWS, [seen(1, tower={"tier_1": 1, "buzzer": 0})], Verdict.OPEN),
        (SHOWS, [seen(1, tower={"tier_1": 1, "buzzer": 1})], Verdict.PASSED),
        (SHOWS, [seen(4, tower={"tier_1": None})], Verdict.FAILED),
        (PENDING, [seen(99)], Verdict.PENDING),
    ],
)
def test_a_verdict_follows_from_what_was_seen_and_when(
    expect: dict[str, object], looks: list[Seen], verdict_: Verdict
) -> None:
    assert verdict(expect, *looks) is verdict_


@pytest.mark.parametrize(
    ("expect", "look", "verdict_"),
    [
        (ALARM, stands(1, "DSUPR"), Verdict.OPEN),
        (ALARM, stands(1, "SHLVD"), Verdict.OPEN),
        (ALARM | {"hidden": True}, stands(1, "DSUPR"), Verdict.PASSED),
        (ALARM | {"hidden": True}, stands(1), Verdict.OPEN),
        (ALARM | {"first_out": True}, stands(1), Verdict.OPEN),
        (ALARM | {"first_out": True}, stands(1, first_out=True), Verdict.PASSED),
        (QUIET, stands(1), Verdict.FAILED),
        (QUIET, stands(1, "DSUPR"), Verdict.OPEN),
        (QUIET | {"quiet": ["{device}/P-*"]}, course(1, "REQUESTED"), Verdict.FAILED),
        (QUIET | {"quiet": ["{device}/P-*"]}, course(1, "ARMED"), Verdict.OPEN),
        (SHOWS | {"shows": {"tier_1": {"low": 1, "high": 2}}}, seen(1, tower={"tier_1": 2}), Verdict.PASSED),
        (SHOWS | {"shows": {"tier_1": {"high": 1}}}, seen(1, tower={"tier_1": 2}), Verdict.OPEN),
        (SHOWS | {"shows": {"tier_1": {"low": 1}}}, seen(1, tower={"tier_1": None}), Verdict.OPEN),
        (protection("REQUESTED"), Seen(1, {}), Verdict.OPEN),
        (protection("REQUESTED"), course(1, "TRIGGERED"), Verdict.OPEN),
        (protection("REQUESTED"), course(1, "REQUESTED"), Verdict.PASSED),
        (protection("REQUESTED"), course(1, "LATCHED"), Verdict.PASSED),
        (protection("ACKED"), course(1, "REQUESTED"), Verdict.OPEN),
        (protection("ACKED"), course(1, "VERIFIED"), Verdict.PASSED),
        (protection("ACKED"), course(1, "FAILED", failed=True), Verdict.OPEN),
        (protection("LATCHED"), course(1, "LATCHED"), Verdict.PASSED),
        (protection("LATCHED"), course(1, "RESET_PENDING"), Verdict.PASSED),
        (protection("LATCHED"), course(1, "VERIFIED"), Verdict.OPEN),
        (protection("LATCHED"), course(1, "LATCHED", failed=True), Verdict.OPEN),
        (protection("FAILED"), course(1, "LATCHED"), Verdict.OPEN),
        (protection("FAILED"), course(1, "FAILED", failed=True), Verdict.PASSED),
        (protection("ARMED"), course(1, "VERIFIED"), Verdict.OPEN),
        (protection("ARMED") | {"protection": "{device}/P-0*"}, course(1, "VERIFIED"), Verdict.OPEN),
        (protection("ACKED") | {"protection": "*/P-0*"}, course(1, "VERIFIED"), Verdict.PASSED),
        (protection("ACKED") | {"protection": "{device}/P-02*"}, course(1, "VERIFIED"), Verdict.OPEN),
        (protection("ARMED"), course(1, "CLOSED"), Verdict.PASSED),
        (protection("ARMED"), Seen(1, {}), Verdict.PASSED),
        (ask(1, "verified"), course(1, "ACKED", "verified"), Verdict.OPEN),
        (ask(1, "verified"), course(1, "ACKED", "requested", "already"), Verdict.PASSED),
        (ask(0, "verified"), course(1, "FAILED", "failed"), Verdict.OPEN),
        (ask(0, "requested"), course(1, "FAILED", "failed"), Verdict.PASSED),
        (ask(0, "failed"), course(1, "FAILED", "failed"), Verdict.PASSED),
    ],
)
def test_what_is_hidden_armed_failed_or_first_is_told_apart(
    expect: dict[str, object], look: Seen, verdict_: Verdict
) -> None:
    assert verdict(expect, look) is verdict_


@pytest.mark.parametrize(
    ("expect", "looks", "verdict_"),
    [
        (ONCE, [done(1, 0), done(2, 1)], Verdict.OPEN),
        (ONCE, [done(2, 1), done(5.1, 1)], Verdict.PASSED),
        (ONCE, [done(2, 1), done(3, 2)], Verdict.FAILED),
        (ONCE, [done(4.9, 0), done(5.1, 1)], Verdict.FAILED),
        (ONCE, [done(5.1, 0)], Verdict.FAILED),
        (NEVER, [done(1, 0), done(5.1, 0)], Verdict.PASSED),
        (NEVER, [done(1, 0), done(2, 1)], Verdict.FAILED),
        (AT_MOST_ONCE, [done(1, 0), done(2, 1), done(5.1, 1)], Verdict.PASSED),
        (AT_MOST_ONCE, [done(1, 0), done(5.1, 0)], Verdict.PASSED),
        (AT_MOST_ONCE, [done(2, 2)], Verdict.FAILED),
    ],
)
def test_what_is_carried_out_is_counted_until_the_deadline(
    expect: dict[str, object], looks: list[Seen], verdict_: Verdict
) -> None:
    assert verdict(expect, *looks) is verdict_


def test_one_root_stands_for_all_and_theirs_are_hidden() -> None:
    root = {"NET-W/communication": Standing(active=True)}
    own = {f"{device}/communication": Standing(active=True, state="DSUPR") for device in ("ISO", "ST", "PC")}
    assert verdict(GROUPED, Seen(1, root)) is Verdict.OPEN
    assert verdict(GROUPED, Seen(1, own)) is Verdict.OPEN
    loud = own | {"ST/communication": Standing(active=True)}
    assert verdict(GROUPED, Seen(1, root | loud)) is Verdict.OPEN
    assert verdict(GROUPED, Seen(1, root | own)) is Verdict.PASSED


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"protection": "{device}/P-01"}, "give a protection with its state or ask"),
        (ALARM | {"state": "LATCHED"}, "give a protection with its state or ask"),
        (OVER | {"first_out": True}, "said of an alarm"),
        ({"alarm": "{devcie}/dp/action"}, "write {device}, {zone}"),
        (QUIET | {"quiet": ["{device/*"]}, "write {device}, {zone}"),
    ],
)
def test_what_belongs_together_is_written_together(wrong: dict[str, object], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        Expectation.model_validate({"what": WORDS, "within_s": 5, **wrong})


def test_what_stood_before_is_not_taken_for_raised() -> None:
    late = QUIET | {"after_length": True}
    before, stands = seen(99.9, "ISO/dp/alert"), seen(100.5, "ISO/dp/alert")
    assert verdict(late, before, stands, seen(106), length_s=100) is Verdict.PASSED
    assert verdict(late, seen(99.9), stands, length_s=100) is Verdict.FAILED
    assert verdict(QUIET, seen(0.01, "ISO/dp/alert")) is Verdict.FAILED, "a trial begins with none"
    assert (
        verdict(late, before, stands, seen(102, "ISO/dp/alert", "ISO/dp/action"), length_s=100)
        is Verdict.FAILED
    )


def test_deadlines_after_the_length_move_with_it() -> None:
    late = {**OVER, "from_s": 0, "within_s": 20, "after_length": True}
    assert verdict(late, seen(179), length_s=180) is Verdict.OPEN
    assert verdict(late, seen(180), length_s=180) is Verdict.PASSED
    assert verdict(late, seen(200.1, "ISO/communication"), length_s=180) is Verdict.FAILED


def test_all_the_devices_that_are_meant_must_be_seen_and_the_missing_are_named() -> None:
    one = trial({**ALARM, "who": {"beside": "line"}})
    one.look(seen(1, "ISO/dp/action"))
    one.look(seen(2, "PC/dp/action"))
    one.look(seen(3.5))
    (row,) = one.rows
    assert (row.verdict, row.detail) == (Verdict.FAILED, "ST")
    one = trial({**ALARM, "who": {"beside": "line"}})
    one.look(seen(1, "ISO/dp/action", "PC/dp/action"))
    one.look(seen(2, "ST/dp/action"))
    assert (one.rows[0].verdict, one.rows[0].seen_s) == (Verdict.PASSED, 2)


def test_it_ends_once_all_is_decided_that_can_be() -> None:
    one = trial(ALARM, {**QUIET, "quiet": ["{device}/temp/*"]}, PENDING)
    decided = []
    for look in (seen(1), seen(2, "ISO/dp/action"), seen(6, "ISO/dp/action")):
        one.look(look)
        decided.append(one.is_decided)
    assert decided == [False, False, True]
    assert not one.has_failed


def test_nobody_to_look_at_is_no_success() -> None:
    assert verdict(SHOWS | {"who": {"beside": "zone", "profile": "tower"}}, seen(1)) is Verdict.FAILED


def test_what_would_be_taken_for_its_own_is_named() -> None:
    one = trial(ALARM, OVER, QUIET, PENDING)
    there = ["PC/dp/alert", "ISO/dp/alert", "ISO/communication", "ISO/temp/action"]
    assert one.standing(there) == ["ISO/communication", "ISO/dp/alert"]
    assert trial(SHOWS).shown == {"ST"}
