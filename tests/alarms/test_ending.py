"""Transcripts of the end of a protective action: when persons may end it, and what they are told when they may not."""

from dataclasses import replace

import pytest

from alarms.events import InService, OutOfService, Tick
from alarms.permit import why_not
from config.rules import Check, Level
from monitor.server.why import in_chinese
from tests.alarms.building import ACTION, ALERT, PRESSURE, after, limit, sample
from tests.alarms.protecting import LOCK, P1, P2, Run, elsewhere, protected, protection, reset, taken

SOON = {"release": (), "reset_by": ("qa",), "release_asks": ()}
"""Nothing has to hold for a while before the end: only what is on its way, or still calls, can forbid it."""


def refuses(run: Run, at: float, sentence: str) -> None:
    """QA is told why it may not be ended yet, in both languages; whoever does not ask before does nothing either."""
    assert why_not(run.plant, run.state, reset(at, "qa")) == sentence
    assert not in_chinese(sentence).startswith("“")
    run.silently(reset(at, "qa"))


def test_it_does_not_end_while_what_it_has_asked_for_has_no_answer() -> None:
    run = Run(protection(asks=(LOCK,), **SOON))
    (lock,) = run.breach()
    run.silently(sample(2, 45.0))
    refuses(run, 2.5, "ISO has not answered yet")
    assert run.says(taken(3, lock))[0][-1] == "P-01 latched"
    assert run.says(reset(3.5, "qa"))[0] == ["P-01 reset", "P-01 closed"]


def test_it_may_end_once_the_machine_is_known_not_to_answer() -> None:
    run = Run(protection(asks=(LOCK,), **SOON))
    run.breach()
    run.silently(sample(2, 45.0), sample(31, 45.0))
    refuses(run, 31, "ISO has not answered yet")
    assert run.says(sample(32, 45.0))[0][-1] == "P-01 failed"
    assert run.says(reset(32.5, "qa"))[0] == ["P-01 reset", "P-01 closed"]


def test_it_does_not_end_before_it_is_known_whether_it_has_its_effect() -> None:
    wanted = Check(PRESSURE, 50, None, within_s=15)
    run = Run(protection(asks=(LOCK,), outcome=(wanted,), **SOON))
    (lock,) = run.breach()
    assert run.says(taken(1.5, lock))[0][-1] == "P-01 acked"
    run.silently(sample(2, 45.0))
    refuses(run, 2.5, "it is not known yet whether it has its effect")
    assert run.says(sample(3, 52.0))[0] == ["P-01 latched"]
    assert run.says(reset(3.5, "qa"))[0] == ["P-01 reset", "P-01 closed"]


def test_it_ends_once() -> None:
    run = Run(protection(asks=(LOCK,), release=(), reset_by=("qa",)))
    (lock,) = run.breach()
    run.says(taken(1.5, lock))
    run.silently(sample(2, 45.0))
    _, (release,) = run.says(reset(2.5, "qa"))
    refuses(run, 3, "ISO/P-01 is ending already")
    assert run.says(taken(3.5, release))[0][-1] == "P-01 closed"
    refuses(run, 4, "ISO/P-01 is not running")


def test_it_does_not_end_while_what_triggers_it_is_active_for_it_would_begin_again_at_once() -> None:
    """As where particles trigger it and the airflow is its release: the one may be well, and the other not."""
    run = Run(protection(asks=(LOCK,), **SOON))
    (lock,) = run.breach()
    run.says(taken(1.5, lock))
    run.silently(sample(2, 10.0), elsewhere(3), Tick(after(3)))
    refuses(run, 3.5, "what triggers it is still active: ISO/pressure/action")
    run.silently(sample(4, 45.0))
    assert run.says(reset(4.5, "qa"))[0] == ["P-01 reset", "P-01 closed"]
    run.silently(sample(5, 45.0), elsewhere(6), Tick(after(6)))


def test_one_alarm_of_two_that_trigger_it_together_forbids_nothing() -> None:
    low = limit(Level.ALERT, 40, None)
    run = Run(of=protected(protection(asks=(LOCK,), triggers=((ACTION, ALERT),), **SOON), limits=[low]))
    (lock,) = run.breach()
    run.says(taken(1.5, lock))
    refuses(run, 2, "what triggers it is still active: ISO/pressure/action, ISO/pressure/alert")
    run.silently(sample(3, 35.0))
    assert run.says(reset(3.5, "qa"))[0] == ["P-01 reset", "P-01 closed"]
    run.silently(sample(4, 35.0))


def test_what_maintenance_has_taken_away_cannot_trigger_it_and_forbids_nothing() -> None:
    run = Run(protection(asks=(LOCK,), **SOON))
    (lock,) = run.breach()
    run.says(taken(1.5, lock))
    run.silently(OutOfService(after(2), ACTION, "a", "the sensor is broken", "WO-1", "b"))
    assert run.says(reset(2.5, "qa"))[0] == ["P-01 reset", "P-01 closed"]
    run.silently(sample(3, 10.0), InService(after(3.5), ACTION, "a"))
    assert run.says(sample(4, 10.0))[0] == ["P-01 triggered"], "as soon as it is judged again"


@pytest.mark.parametrize("others", [True, False])
def test_what_was_only_called_by_the_failure_of_another_may_end_before_that_one(*, others: bool) -> None:
    second = protection(id=P2, asks=(), triggers=((ACTION,),) if others else (), **SOON)
    run = Run(protection(asks=(LOCK,), escalates_to=P2), second)
    run.silently(sample(0, 45.0))
    run.says(taken(1.5, run.says(sample(1, 10.0))[1][0], "refused"))
    run.silently(sample(2, 45.0))
    assert run.state.alarms[f"{P1}/failed"].active
    assert run.says(reset(2.5, "qa", key=P2))[0] == ["P-02 reset", "P-02 closed"]


def test_the_signatures_are_looked_at_first() -> None:
    run = Run(protection(asks=(LOCK,), **SOON))
    run.breach()
    assert why_not(run.plant, run.state, reset(2, "operator")) == "it needs the signature of qa"
    nobody = replace(reset(2, "qa"), roles=())
    assert why_not(run.plant, run.state, nobody) == "each person signs once, in one role"
