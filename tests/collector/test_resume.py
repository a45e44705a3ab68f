"""What was on its way when the collector was stopped: asked again under the same number, in a time of its own."""

from contextlib import closing
from pathlib import Path

import pytest

from alarms.events import ProtectionChange, ProtectionState, Tick
from config.plant import Plant
from config.rules import Check
from monitor.collector import codec
from monitor.collector.journal import JournalReader
from monitor.collector.restore import Restored, restore, started
from tests.alarms.building import PRESSURE, after, sample
from tests.alarms.protecting import (
    BOOST,
    LOCK,
    P1,
    P2,
    Run,
    elsewhere,
    interlock,
    protected,
    protection,
    taken,
)
from tests.collector.building import running, written

SECOND = protection(id=P2, code="P-02", triggers=(), after=P1, asks=(LOCK,), release=(), release_asks=())


class Stopped(Run):
    """A run that is stopped and started again."""

    def starts(self, at: float) -> list[str]:
        """Stop where it stands and start at a time; return the changes as words."""
        self.state, told = started(self.plant, codec.state_of(codec.state_json(self.state)), after(at))
        changes = [one for one in told if isinstance(one, ProtectionChange)]
        return [f"{one.protection.rpartition('/')[2]} {one.reason}" for one in changes]


def test_h12_what_had_no_answer_is_asked_again_under_its_number_and_its_time_counts_from_the_start() -> None:
    """Asked at 1 s, stopped for a minute: longer than the 30 s that an answer may take."""
    run = Stopped(protection(asks=(LOCK,), escalates_to=P2), SECOND)
    (lock,) = run.breach()
    assert run.starts(61) == ["P-01 asked_again"]
    assert run.unanswered() == (lock,), "the same one, once"
    run.silently(elsewhere(61.5), Tick(after(61.5)), sample(62, 10.0))
    assert run.stands() is ProtectionState.REQUESTED
    assert run.says(taken(62.5, lock)) == (["P-01 ask_acked", "P-01 acked", "P-01 latched"], [])
    assert run.unanswered() == ()


def test_what_is_not_answered_after_the_start_either_fails_and_escalates() -> None:
    run = Stopped(protection(asks=(LOCK,), escalates_to=P2), SECOND)
    (lock,) = run.breach()
    run.starts(61)
    run.silently(elsewhere(91))
    changes, (closing,) = run.says(elsewhere(91.5))
    assert changes == ["P-01 ask_failed", "P-01 failed", "P-02 escalated", "P-01 acked", "P-01 failed"]
    assert (closing.protection, closing.seq) == (P2, lock.seq + 1)


def test_only_what_has_no_answer_is_asked_again() -> None:
    run = Stopped()
    boost, lock = run.breach()
    run.says(taken(1.2, boost))
    assert run.starts(61) == ["P-01 asked_again"]
    assert run.unanswered() == (lock,)
    assert run.says(taken(61.5, lock))[0] == ["P-01 ask_acked", "P-01 acked"]
    assert run.starts(70) == []
    assert run.unanswered() == ()


def test_what_was_asked_at_the_end_is_asked_again_too() -> None:
    run = Stopped(interlock(asks=(), release=()))
    run.silently(sample(0, 45.0))
    run.says(sample(1, 10.0))
    _, (release,) = run.says(sample(2, 45.0))
    assert run.starts(62) == ["P-01 asked_again"]
    assert run.unanswered() == (release,)
    run.silently(elsewhere(92))
    assert run.says(taken(92, release))[0] == ["P-01 ask_acked", "P-01 closed"]


@pytest.mark.parametrize("what", ["a read-back", "the outcome"])
def test_h12_what_nobody_has_looked_at_since_the_start_has_not_failed(what: str) -> None:
    """Taken at 1.2 s, to be read back within 3 s; the first that is heard behind the start is another device."""

    def again(at: float) -> Stopped:
        wanted = Check(PRESSURE, 20, None, within_s=3)
        one = (
            protection(asks=(BOOST,))
            if what == "a read-back"
            else protection(asks=(LOCK,), outcome=(wanted,))
        )
        run = Stopped(one)
        (asked,) = run.breach()
        run.says(taken(1.2, asked))
        assert run.stands() is ProtectionState.ACKED
        assert run.starts(at) == []
        run.silently(Tick(after(at)), elsewhere(at + 1))
        return run

    assert again(61).says(sample(62, 45.0, 95.0))[0][-1] == "P-01 latched"
    assert "P-01 failed" in again(61).says(sample(62, 10.0))[0], "it was looked at, and its time is long over"
    run = again(61)
    run.silently(elsewhere(71))
    assert "P-01 failed" in run.says(elsewhere(71.5))[0], "not heard at all: ten seconds count from the start"


def test_the_end_is_not_reached_by_a_time_in_which_nobody_looked() -> None:
    """The pressure has to be back for five seconds; it was seen so at 2 and 3 s, and then at 61 s."""
    run = Stopped(interlock())
    (lock,) = run.breach()
    run.says(taken(1.2, lock))
    run.silently(sample(2, 45.0), sample(3, 45.0))
    assert run.starts(60) == []
    run.silently(*(sample(at, 45.0) for at in range(61, 66)))
    assert run.says(sample(66, 45.0))[0] == ["P-01 released"]


async def test_a_replay_across_the_start_says_the_same(tmp_path: Path) -> None:
    one = protected(protection(asks=(LOCK,)))
    async with running(tmp_path, one) as line:
        await line.take(sample(0, 45.0), sample(1, 10.0))
    before = _restored(line.path, one)
    state, told = started(one, before.state, after(61))
    assert [change.reason for change in told if isinstance(change, ProtectionChange)] == ["asked_again"]
    async with running(tmp_path, one, before.state) as line:
        line.pipeline.begin(state, told, after(61))
        (lock,) = (one for one in line.commands.given if one.protection)
        await line.take(elsewhere(61.5), taken(62, lock), *(sample(at, 45.0) for at in range(63, 70)))
        behind = line.pipeline.state
    assert behind.running[P1].state is ProtectionState.LATCHED
    assert written(_restored(line.path, one).state) == written(behind)


def _restored(path: Path, of: Plant) -> Restored:
    with closing(JournalReader(path)) as reader:
        return restore(of, reader)
