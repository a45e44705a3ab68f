"""Suppression by design: a mode or an open door hides what it explains, and nothing else, and not for ever."""

from dataclasses import replace

from alarms.events import Reason, Tick
from config.model import Text
from config.plant import Plant
from config.rules import Level, Suppression
from tests.alarms.building import ACTION, ISOLATOR, PRESSURE, after, bad, limit, plant, sample
from tests.alarms.test_life import Transcript, acknowledge

HUMID = frozenset({99.0})
"""In these tests the humidity stands for a mode: at 99 it is VHP."""
VHP = "ISO/vhp"


def suppressed(longest_s: float | None = None) -> Plant:
    one = Suppression(
        VHP,
        frozenset({ACTION}),
        Text("VHP cycle", "灭菌"),
        "by design",
        "ISO/humidity",
        HUMID,
        longest_s=longest_s,
    )
    return replace(plant(limit(Level.ACTION, 20, 90)), suppressions={VHP: one})


def test_what_the_mode_explains_is_hidden_and_comes_back_if_it_is_still_true() -> None:
    run = Transcript(suppressed())
    assert run.says(sample(0, 45.0)) == []
    assert run.says(sample(1, 45.0, 99.0)) == [(ACTION, Reason.SUPPRESSED)]
    assert run.stands() == {ACTION: "DSUPR"}
    assert run.state.alarms[ACTION].times == 0
    assert run.says(sample(2, 5.0, 99.0)) == [(ACTION, Reason.RAISED)]
    assert run.stands() == {ACTION: "DSUPR"}, "judged and recorded, not annunciated"
    assert run.says(sample(3, 5.0, 45.0)) == [(ACTION, Reason.UNSUPPRESSED)]
    assert run.stands() == {ACTION: "UNACK"}
    assert run.state.alarms[ACTION].raised_at == after(2)


def test_what_came_and_went_behind_the_mode_ends_without_a_sound() -> None:
    run = Transcript(suppressed())
    run.says(sample(1, 45.0, 99.0))
    assert run.says(sample(2, 5.0, 99.0)) == [(ACTION, Reason.RAISED)]
    assert run.says(sample(3, 45.0, 99.0)) == [(ACTION, Reason.CLEARED)]
    assert run.says(sample(4, 45.0)) == [(ACTION, Reason.UNSUPPRESSED)]
    assert run.stands() == {}


def test_an_acknowledgement_that_is_owed_is_not_paid_by_the_mode() -> None:
    run = Transcript(suppressed())
    assert run.says(sample(1, 5.0)) == [(ACTION, Reason.RAISED)]
    assert run.says(sample(2, 5.0, 99.0)) == [(ACTION, Reason.SUPPRESSED)]
    assert run.says(sample(3, 45.0, 99.0)) == [(ACTION, Reason.CLEARED)]
    assert run.says(sample(4, 45.0)) == [(ACTION, Reason.UNSUPPRESSED)]
    assert run.stands() == {ACTION: "RTNUN"}
    assert run.says(acknowledge(5, ACTION, 1)) == [(ACTION, Reason.ACKNOWLEDGED)]
    assert run.stands() == {}


def test_an_open_door_explains_for_its_longest_time_and_then_no_more_until_it_was_closed() -> None:
    run = Transcript(suppressed(longest_s=3))
    assert run.says(sample(0, 45.0, 99.0)) == [(ACTION, Reason.SUPPRESSED)]
    assert run.says(sample(1, 5.0, 99.0)) == [(ACTION, Reason.RAISED)]
    run.silently([Tick(after(2)), sample(2, 5.0, 99.0), Tick(after(2.9))])
    assert run.says(Tick(after(3))) == [(ACTION, Reason.UNSUPPRESSED)]
    assert run.stands() == {ACTION: "UNACK"}
    run.silently([sample(3, 5.0, 99.0), Tick(after(12)), sample(13, 5.0, 45.0)])
    assert run.says(sample(14, 5.0, 99.0)) == [(ACTION, Reason.SUPPRESSED)], "closed, and opened again"


def test_a_bad_value_neither_begins_nor_ends_it_but_a_blind_mode_hides_nothing() -> None:
    run = Transcript(suppressed())
    run.says(sample(0, 45.0, 99.0))
    run.says(sample(1, 5.0, 99.0))
    assert run.stands() == {ACTION: "DSUPR"}
    run.silently([bad(2), Tick(after(3))])
    assert run.stands() == {ACTION: "DSUPR"}
    told = [one for second in range(3, 13) for one in run.says(bad(second))]
    assert (ACTION, Reason.UNSUPPRESSED) in told, "nobody sees any more whether the mode lasts"
    assert run.stands() == {ACTION: "UNACK", "ISO/communication": "UNACK"}


def test_it_hides_nothing_else() -> None:
    both = replace(
        suppressed(), limits=(limit(Level.ACTION, 20, 90), limit(Level.ALERT, 30, 70, on_s=0, off_s=0))
    )
    run = Transcript(both)
    assert run.says(sample(0, 5.0, 99.0)) == [
        (ACTION, Reason.SUPPRESSED),
        (ACTION, Reason.RAISED),
        (f"{PRESSURE}/alert", Reason.RAISED),
    ]
    assert run.stands() == {ACTION: "DSUPR", f"{PRESSURE}/alert": "UNACK"}
    assert ISOLATOR in run.state.latest
