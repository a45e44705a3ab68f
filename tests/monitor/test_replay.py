"""What was told follows from what was read: judged again, it is the same byte for byte."""

import json
import math
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alarms.events import Acknowledge, Event, Fault, Tick
from alarms.state import State
from config.model import Quality, Sample
from config.plant import Plant
from config.rules import Level
from monitor.collector import codec
from monitor.collector.journal import JournalReader
from monitor.collector.refit import fitted
from monitor.collector.restore import restore, started
from monitor.replay import Period, ReplayError, difference, explain, line_of, replay
from tests.alarms.building import ACTION, ALERT, ISOLATOR, T0, after, bad, limit, plant, sample
from tests.collector.building import JOURNAL, Line
from tests.command import gradewatch
from tests.monitor.test_cli import LINE

SLOW = plant(limit(Level.ACTION, 20, 90), limit(Level.ALERT, 30, 70, on_s=3, off_s=5))


async def lived(data: Path, of: Plant, story: Sequence[Event], start_s: float = 0) -> list[str]:
    """Run a collector's pipeline over a story, going on from what stands in the journal; return what it told."""
    line = Line(data, of)
    await line.clock.advance(start_s)
    with closing(JournalReader(line.path)) as reader:
        restored = restore(of, reader)
    line.journal.enter_plant(of.sha256, codec.plant_json(of))
    line.journal.start()
    state, told = started(of, fitted(restored.wrote, of, restored.state), line.clock.now())
    line.pipeline.begin(state, told, line.clock.now())
    lines = [line_of(one) for one in told]
    for event in story:
        lines += [line_of(one) for one in line.pipeline._take(event)]
        await line.clock.advance(max(0, (event.at - line.clock.now()).total_seconds()))
    line.pipeline.end()
    await line.journal.close()
    return lines


def at_random(seed: int, begin: int, end: int) -> list[Event]:
    """A pressure that wanders over its limits, a device that is lost now and then, and a person who acknowledges."""
    chance, story, pressure = Random(seed), list[Event](), 45.0
    for second in range(begin, end):
        pressure += chance.uniform(-9, 9)
        lost = chance.random() < 0.1
        story.append(bad(second, "no answer\0") if lost else sample(second, pressure))
        if chance.random() < 0.2:
            story.append(Fault(after(second), "forward", chance.choice(["gone", "", "C:\\u0000 \0"])))
        if chance.random() < 0.3:
            raised_at = after(second - chance.randrange(3))
            story.append(Acknowledge(after(second), ACTION, raised_at, "operator", "seen"))
        story.append(Tick(after(second)))
    return story


@pytest.mark.parametrize("seed", range(5))
async def test_over_restarts_and_another_plant_the_same_comes_of_the_same(seed: int, tmp_path: Path) -> None:
    other = replace(plant(limit(Level.ACTION, 25, 80)), sha256="1" * 64)
    told = await lived(tmp_path, SLOW, at_random(seed, 1, 120))
    told += await lived(tmp_path, SLOW, at_random(seed + 10, 130, 180), 130)
    told += await lived(tmp_path, other, at_random(seed + 20, 200, 260), 200)
    replayed = replay(tmp_path, Period())
    assert replayed.again == told
    assert replayed.journalled == told
    assert len(told) > 20
    assert explain(replayed) == ()


@pytest.mark.parametrize("begin_s", [0, 30, 3599, 3600, 5400, 7100])
async def test_a_period_is_judged_from_the_nearest_state_kept(begin_s: int, tmp_path: Path) -> None:
    story: list[Event] = []
    for second in range(1, 7200, 10):
        story += [sample(second, 45.0 + 30.0 * math.sin(second / 100)), Tick(after(second))]
    await lived(tmp_path, SLOW, story)
    with closing(JournalReader(tmp_path / JOURNAL)) as reader:
        assert len(reader._connection.execute("SELECT * FROM snapshot").fetchall()) == 2
    period = Period(after(begin_s), after(begin_s + 1000))
    replayed = replay(tmp_path, period)
    whole = replay(tmp_path, Period())
    assert replayed.again == replayed.journalled
    assert replayed.again == [line for line in whole.again if period.covers(_at(line))] != []


def _at(line: str) -> datetime:
    return datetime.fromisoformat(json.loads(line)["at"])


async def test_another_plant_says_what_it_would_have_raised_and_what_not(tmp_path: Path) -> None:
    story: list[Event] = [
        sample(1, 45.0),
        sample(2, 28.0),
        Tick(after(5)),
        sample(9, 28.0),
        sample(10, 45.0),
        sample(30, 95.0),
        sample(31, 45.0),
    ]
    await lived(tmp_path, SLOW, story)
    assert difference(tmp_path, Period(), SLOW) == []
    strict = replace(plant(limit(Level.ACTION, 29, None)), sha256="1" * 64)
    lines = difference(tmp_path, Period(), strict)
    assert [(line[:2], json.loads(line[2:])["alarm"], _at(line[2:])) for line in lines] == [
        ("+ ", ACTION, after(2)),
        ("- ", ALERT, after(5)),
        ("- ", ACTION, after(30)),
    ]
    assert difference(tmp_path, Period(after(3), after(10)), strict) == lines[1:2]


async def test_another_plant_does_not_judge_rows_whose_channels_it_has_otherwise(tmp_path: Path) -> None:
    await lived(tmp_path, SLOW, [sample(1, 45.0), sample(2, 10.0)])
    series = SLOW.series[ISOLATOR]
    narrow = replace(SLOW, series={**SLOW.series, ISOLATOR: replace(series, channels=series.channels[:1])})
    lines = difference(tmp_path, Period(), replace(narrow, sha256="2" * 64))
    assert [line[:2] for line in lines] == ["- "]


async def test_a_journal_that_was_changed_is_found_out(tmp_path: Path) -> None:
    await lived(tmp_path, SLOW, [sample(1, 45.0), sample(2, 10.0)])
    with closing(sqlite3.connect(tmp_path / JOURNAL)) as journal, journal:
        journal.execute(
            "UPDATE entry SET crc = -1, body = replace(body, 'raised', 'cleared') WHERE kind = 'transition'"
        )
    replayed = replay(tmp_path, Period())
    assert replayed.first_difference() == 0
    assert explain(replayed)[0] == "line 1 differs"
    done = gradewatch("replay", "--data", str(tmp_path))
    assert (done.returncode, "line 1 differs" in done.stderr) == (1, True)


async def test_what_the_journal_has_forgotten_is_not_made_up(tmp_path: Path) -> None:
    with pytest.raises(ReplayError, match="there is no journal"):
        replay(tmp_path, Period())
    story = [sample(second, 45.0) for second in range(1, 7200, 60)]
    await lived(tmp_path, SLOW, story)
    with closing(JournalReader(tmp_path / JOURNAL)) as reader:
        assert reader.forget(before_seq=50, before_us=codec.to_us(after(9000)))
    with pytest.raises(ReplayError, match="the earliest time that can be judged again: 2026-11-21T09:00"):
        replay(tmp_path, Period(after(60), None))
    assert replay(tmp_path, Period(after(5400), None)).again == []


async def test_the_command_prints_what_was_told_and_says_that_it_is_the_same(tmp_path: Path) -> None:
    told = await lived(tmp_path, SLOW, [sample(1, 45.0), sample(2, 10.0)])
    words = ("replay", "--data", str(tmp_path))
    done = gradewatch(*words, "--from", "2026-11-21T16:00:00+08:00", "--to", "2026-11-21T09:00:00Z")
    assert (done.returncode, done.stdout.splitlines()) == (0, told)
    assert done.stderr.strip() == "1 lines, as in the journal 与日志一致"
    other = gradewatch(*words, "--plant", str(LINE))
    assert (other.returncode, other.stdout.splitlines()) == (0, [f"- {told[0]}"])


@pytest.mark.parametrize(
    ("words", "told"), [(["--from", "noon"], "Invalid"), (["--from", "2026-11-21T08:00:00"], "no time zone")]
)
def test_a_time_that_is_none_is_refused(words: list[str], told: str, tmp_path: Path) -> None:
    done = gradewatch("replay", "--data", str(tmp_path), *words)
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    assert told.lower() in done.stderr.lower()


@given(st.lists(st.floats(), min_size=2, max_size=2), st.lists(st.floats(), max_size=3))
def test_a_state_comes_back_as_it_was_also_where_it_has_no_numbers(
    values: list[float], derived: list[float]
) -> None:
    one = Sample(ISOLATOR, T0, tuple(values), (Quality.GOOD, Quality.STALE), T0 + timedelta(microseconds=1))
    state = State(seen={ISOLATOR: one}, derived={ISOLATOR: tuple(derived)}, spent=frozenset({"a", "b"}))
    back = codec.state_of(codec.state_json(state))
    assert repr(back.seen[ISOLATOR].values) == repr(one.values)
    assert repr(back.derived) == repr(state.derived)
    assert (back.spent, back.seen[ISOLATOR].quality, back.seen[ISOLATOR].received_at) == (
        state.spent,
        one.quality,
        one.received_at,
    )


@given(st.lists(st.sampled_from(["\\", "\0", "u0000", "a", '"', "\ufffd"]), max_size=12).map("".join))
def test_a_text_with_zeros_is_written_the_same_once_it_was_read(detail: str) -> None:
    entry = codec.entry_of(Fault(T0, "part", detail), T0)
    event = codec.event_of(entry)
    assert isinstance(event, Fault)
    assert event.message == detail.replace("\0", "\ufffd")
    assert codec.entry_of(event, T0) == entry
