"""Forwarding into a real TimescaleDB: in order, once, under the right plant, whatever stops in between."""

import asyncio
import random
import shutil
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from alarms.events import (
    Acknowledge,
    Alarm,
    Fault,
    Inhibit,
    Rearm,
    Reason,
    ResetProtection,
    Tick,
    Transition,
)
from alarms.state import State
from config.plant import Plant
from config.rules import Level, Limit
from monitor.collector import codec
from monitor.collector.forward import Forward
from monitor.collector.journal import Entry, Journal, JournalReader, Stood
from monitor.collector.journal_file import crc_of_entry
from monitor.store.write import Counts
from tests.alarms.building import ACTION, ALERT, HUMIDITY, ISOLATOR, PRESSURE, after, plant, sample
from tests.collector.building import running
from tests.collector.clock import HandClock
from tests.collector.protected import P01, protected
from tests.database import Server
from tests.patience import PATIENCE_S


async def journalled(path: Path, of: Plant, entries: list[Entry], state: str | None = None) -> None:
    """Write entries under a plant."""
    journal = Journal(path)
    journal.enter_plant(of.sha256, codec.plant_json(of))
    journal.start()
    await journal.append(entries, None if state is None else Stood(state))
    await journal.close()


@asynccontextmanager
async def forwarding(of: Plant, path: Path, url: str) -> AsyncIterator[Forward]:
    """Forward while the block runs."""
    forward = Forward(of, path, url, HandClock())
    task = asyncio.create_task(forward.run())
    try:
        yield forward
    finally:
        task.cancel()
        await asyncio.wait({task})


async def reached(forward: Forward, seq: int) -> None:
    """Wait until the forwarder has come to an entry."""
    async with asyncio.timeout(PATIENCE_S):
        while forward.position < seq:  # noqa: ASYNC110 - moved by the forwarder
            await asyncio.sleep(0.01)


async def rows(url: str, query: str) -> list[tuple[Any, ...]]:
    connection = await asyncpg.connect(url)
    try:
        return [tuple(row) for row in await connection.fetch(query)]
    finally:
        await connection.close()


def samples(first: int, last: int, pressure: float = 45.0) -> list[Entry]:
    return [codec.sample_entry(sample(second, pressure)) for second in range(first, last)]


async def test_a_journal_is_stored_in_order_and_once_over_restarts(tmp_path: Path, database_url: str) -> None:
    path, one = tmp_path / "journal.sqlite", plant()
    fault = codec.entry_of(Fault(after(5), "forward", "gone"), after(5))
    seen = codec.entry_of(Acknowledge(after(6), "service/forward", after(5), "operator"), after(6))
    await journalled(path, one, [*samples(0, 10), fault, seen])
    for seq in (12, 12):
        async with forwarding(one, path, database_url) as forward:
            await reached(forward, seq)
    await journalled(path, one, samples(10, 20))
    async with forwarding(one, path, database_url) as forward:
        await reached(forward, 22)
        assert (forward.ok, forward.detail) == (True, "")
    assert await rows(database_url, "SELECT count(*), count(DISTINCT at) FROM sample") == [(20, 20)]
    assert await rows(database_url, "SELECT seq, kind, who FROM book ORDER BY seq") == [
        (1, "fault", "gradewatch"),
        (2, "acknowledge", "operator"),
    ]


async def test_h7_a_new_journal_is_not_taken_for_the_old_one(tmp_path: Path, database_url: str) -> None:
    """The old journal's disk was lost: the new one numbers from 1 again, and all of it must be stored."""
    one = plant()
    for name, first in (("old", 0), ("new", 100)):
        await journalled(tmp_path / name, one, samples(first, first + 10))
        async with forwarding(one, tmp_path / name, database_url) as forward:
            await reached(forward, 10)
    assert await rows(database_url, "SELECT count(*) FROM sample") == [(20,)]


async def test_a_backlog_goes_into_the_places_of_the_plant_it_was_written_under(
    tmp_path: Path, database_url: str
) -> None:
    """Pressure and humidity changed places while the database was away: each value stays with its channel."""
    before = plant()
    after_change = _places_swapped(before)
    path = tmp_path / "journal.sqlite"
    await journalled(path, before, samples(0, 5, pressure=40.0))
    swapped = [codec.sample_entry(replace(sample(second, 0), values=(50.0, 46.0))) for second in range(5, 10)]
    await journalled(path, after_change, swapped)
    async with forwarding(after_change, path, database_url) as forward:
        await reached(forward, 10)
    query = "SELECT channel, min(value), max(value) FROM reading GROUP BY channel ORDER BY channel"
    assert await rows(database_url, query) == [("ISO/humidity", 45.0, 50.0), ("ISO/pressure", 40.0, 46.0)]


async def test_what_a_plant_before_has_left_is_not_taken_for_this_plant_s_and_the_other_way_round(
    tmp_path: Path, database_url: str
) -> None:
    """A new database, and a journal that has forgotten all of the first plant's entries and some of the second's."""
    before = plant()
    after_change = _places_swapped(before)
    path = tmp_path / "journal.sqlite"
    await journalled(path, before, samples(0, 5))
    swapped = [codec.sample_entry(replace(sample(second, 0), values=(50.0, 46.0))) for second in range(5, 10)]
    await journalled(path, after_change, swapped, codec.state_json(State()))
    reader = JournalReader(path)
    assert reader.forget(before_seq=7, before_us=codec.to_us(after(60))) == 7
    reader.close()
    async with forwarding(after_change, path, database_url) as forward:
        await reached(forward, 10)
    query = "SELECT channel, min(value), max(value), count(*) FROM reading GROUP BY channel ORDER BY channel"
    assert await rows(database_url, query) == [
        ("ISO/humidity", 50.0, 50.0, 3),
        ("ISO/pressure", 46.0, 46.0, 3),
    ]


async def test_entries_behind_a_change_of_the_plant_are_stored_under_the_new_one_while_it_forwards(
    tmp_path: Path, database_url: str
) -> None:
    """The humidity takes the pressure's place: read under the plant before, the values would stand crosswise."""
    path, one = tmp_path / "journal.sqlite", plant()
    isolator = one.devices[ISOLATOR]
    (series,) = isolator.series
    crosswise = tuple(replace(channel, place=1 - channel.place) for channel in reversed(series.channels))
    turned = replace(isolator, series=(replace(series, channels=crosswise),))
    channels = {**one.channels, **{channel.id: channel for channel in crosswise}}
    other = replace(
        one,
        devices={**one.devices, ISOLATOR: turned},
        series={**one.series, ISOLATOR: turned.series[0]},
        channels=channels,
        sha256="1" * 64,
    )
    journal = Journal(path)
    journal.enter_plant(one.sha256, codec.plant_json(one))
    journal.start()
    try:
        await journal.append([codec.sample_entry(sample(0, 45.0, 50.0))], None)
        async with forwarding(one, path, database_url) as forward:
            await reached(forward, 1)
            await journal.append(
                [codec.sample_entry(sample(1, 50.0, 45.0))],
                None,
                plant=(other.sha256, codec.plant_json(other)),
            )
            await journal.append([codec.sample_entry(sample(2, 50.0, 45.0))], None)
            await reached(forward, 3)
    finally:
        await journal.close()
    found = await rows(database_url, "SELECT DISTINCT channel, value FROM reading ORDER BY channel")
    assert found == [(HUMIDITY, 50.0), (PRESSURE, 45.0)]


async def test_a_database_that_is_away_is_said_and_found_again(
    tmp_path: Path, timescale: Server, database_url: str
) -> None:
    path, one = tmp_path / "journal.sqlite", plant()
    await journalled(path, one, samples(0, 3))
    try:
        async with forwarding(one, path, database_url) as forward:
            await reached(forward, 3)
            timescale.stop()
            await journalled(path, one, samples(3, 6))
            async with asyncio.timeout(PATIENCE_S):
                while forward.ok or "start the database" not in forward.detail:  # noqa: ASYNC110 - set by the forwarder
                    await asyncio.sleep(0.01)
            timescale.start()
            await reached(forward, 6)
            assert (forward.ok, forward.detail) == (True, "")
    finally:
        if not await _answers(timescale):
            timescale.start()
    assert await rows(database_url, "SELECT count(*) FROM sample") == [(6,)]


def _places_swapped(of: Plant) -> Plant:
    """Return the same plant with the isolator's two channels in each other's place, under another hash."""
    series = of.series[ISOLATOR]
    pressure, humidity = series.channels
    channels = (replace(humidity, place=0), replace(pressure, place=1))
    moved = replace(series, channels=channels)
    no_limits: tuple[Limit, ...] = ()
    return replace(
        of,
        series={**of.series, ISOLATOR: moved},
        channels={**of.channels, **{one.id: one for one in channels}},
        devices={**of.devices, ISOLATOR: replace(of.devices[ISOLATOR], series=(moved,))},
        limits=no_limits,
        sha256="1" * 64,
    )


async def _answers(server: Server) -> bool:
    try:
        await (await asyncpg.connect(server.url())).close()
    except OSError:
        return False
    return True


async def test_ticks_are_not_for_the_book_and_what_was_only_hidden_is_no_occurrence(
    tmp_path: Path, database_url: str
) -> None:
    path, one = tmp_path / "journal.sqlite", plant()
    hidden = Alarm(
        ACTION,
        Level.ACTION,
        active=False,
        acknowledged=True,
        raised_at=after(1),
        changed_at=after(1),
        times=0,
    )
    raised = replace(hidden, id=ALERT, active=True, acknowledged=False, times=1)
    reset = ResetProtection(after(2), "ISO/P-01", ("li", "wang"), ("operator", "qa"), "gloves checked")
    things: list[codec.Written] = [
        codec.Start(after(0), one.sha256),
        Tick(after(1)),
        Transition(after(1), ACTION, None, hidden, Reason.SUPPRESSED),
        Transition(after(1), ALERT, None, raised, Reason.RAISED),
        reset,
    ]
    await journalled(path, one, [codec.entry_of(thing, after(2)) for thing in things])
    async with forwarding(one, path, database_url) as forward:
        await reached(forward, 5)
    assert await rows(database_url, "SELECT kind, who FROM book ORDER BY seq") == [
        ("start", "gradewatch"),
        ("transition", "gradewatch"),
        ("transition", "gradewatch"),
        ("reset_protection", "li, wang"),
    ]
    assert await rows(database_url, "SELECT id FROM alarm") == [(ALERT,)]


async def test_the_book_says_who_switched_a_protective_action_off_with_whom_why_and_until_when(
    tmp_path: Path, database_url: str
) -> None:
    one = protected()
    off = Inhibit(after(1), P01, after(3600), "li", "wang", "the fan is serviced")
    async with running(tmp_path, one) as line:
        await line.take(off)
        assert P01 in line.pipeline.state.inhibited
        await line.take(Rearm(after(60), P01, "zhao"))
        assert line.pipeline.state.inhibited == {}
    async with forwarding(one, line.path, database_url) as forward:
        await reached(forward, 2)
    query = "SELECT kind, who, body->>'second', body->>'reason', body->>'until', body->>'at' FROM book ORDER BY seq"
    assert await rows(database_url, query) == [
        ("inhibit", "li", "wang", "the fan is serviced", "2026-11-21T09:00:00Z", "2026-11-21T08:00:01Z"),
        ("rearm", "zhao", None, None, None, "2026-11-21T08:01:00Z"),
    ]


def poisoned(number: int) -> Entry:
    """A Sample of a series that no plant has."""
    return replace(codec.sample_entry(sample(number, 45.0)), series="GONE")


async def test_h9_what_no_table_takes_is_put_aside_alone_and_told_and_every_sample_is_accounted_for(
    tmp_path: Path, database_url: str
) -> None:
    path, one, told = tmp_path / "journal.sqlite", plant(), list[Any]()
    broken = Entry("transition", 0, body='{"no": "transition"}')
    unprintable = replace(codec.entry_of(Fault(after(5), "x", "\0"), after(5)), kind="fault\0")
    entries = [
        *samples(0, 7),
        poisoned(7),
        *samples(8, 90),
        broken,
        poisoned(91),
        unprintable,
        *samples(92, 99),
    ]
    await journalled(path, one, [*entries, *samples(0, 5)])
    forward = Forward(one, path, database_url, HandClock(), offer=told.append)
    task = asyncio.create_task(forward.run())
    await reached(forward, len(entries) + 5)
    task.cancel()
    await asyncio.wait({task})
    assert forward.counts == Counts(stored=96, repeated=5, quarantined=2)
    reader = JournalReader(path)
    assert reader.counted(forward.position) == (103, 0)
    assert reader.counted(7) == (103, 96)
    reader.close()
    aside = await rows(database_url, "SELECT seq, kind, series FROM quarantine ORDER BY seq")
    assert aside == [
        (8, "sample", "GONE"),
        (91, "transition", None),
        (92, "sample", "GONE"),
        (93, "fault\\u0000", None),
    ]
    assert [(one.part, bool(one.message)) for one in told] == [
        ("quarantine", True),
        ("quarantine", False),
    ] * 4
    assert await rows(database_url, "SELECT stored + repeated + quarantined FROM forwarded") == [(103,)]


async def test_h9_the_counts_agree_whenever_the_database_is_lost(
    tmp_path: Path, database_url: str, timescale: Server
) -> None:
    path, one = tmp_path / "journal.sqlite", plant()
    await journalled(path, one, samples(0, 3000))
    reader = JournalReader(path)
    for kill in (True, True, False):
        async with forwarding(one, path, database_url) as forward:
            await reached(forward, 1 if kill else 3000)
            if kill:
                timescale.kill()
                timescale.start()
            counts, (received, buffered) = forward.counts, reader.counted(forward.position)
            assert counts.stored + counts.repeated + counts.quarantined + buffered == received == 3000
    reader.close()
    assert await rows(database_url, "SELECT stored, repeated, quarantined FROM forwarded") == [(3000, 0, 0)]


async def test_a_book_whose_tail_was_cut_is_told_and_not_written_to(
    tmp_path: Path, database_url: str
) -> None:
    path, one, told = tmp_path / "journal.sqlite", plant(), list[Any]()
    await journalled(path, one, [*samples(0, 3), codec.entry_of(Fault(after(5), "x", "y"), after(5))])
    async with forwarding(one, path, database_url) as forward:
        await reached(forward, 4)
    connection = await asyncpg.connect(database_url)
    await connection.execute("ALTER TABLE book DISABLE TRIGGER append_only; DELETE FROM book")
    await connection.close()
    await journalled(path, one, samples(3, 6))
    forward = Forward(one, path, database_url, HandClock(), offer=told.append)
    task = asyncio.create_task(forward.run())
    async with asyncio.timeout(PATIENCE_S):
        while not told:  # noqa: ASYNC110 - told by the forwarder
            await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.wait({task})
    assert (told[0].part, forward.ok, forward.position) == ("book", False, 4)
    assert "line 1 was written last" in forward.detail
    assert await rows(database_url, "SELECT count(*) FROM sample") == [(3,)]


async def refused(forward: Forward) -> str:
    """Return why the forwarder stores nothing, once it has said so."""
    task = asyncio.create_task(forward.run())
    async with asyncio.timeout(PATIENCE_S):
        while "set back" not in forward.detail:  # noqa: ASYNC110 - set by the forwarder
            await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.wait({task})
    return forward.detail


@pytest.mark.parametrize("added", [0, 2, 9])
async def test_a_journal_that_was_set_back_to_an_older_copy_is_told_and_not_taken_for_what_is_stored(
    tmp_path: Path, database_url: str, added: int
) -> None:
    """Whether what it has numbered anew since does not, or does, reach beyond what is stored."""
    path, one, told = tmp_path / "data" / "journal.sqlite", plant(), list[Any]()
    await journalled(path, one, samples(0, 3))
    shutil.copytree(path.parent, tmp_path / "copy")
    await journalled(path, one, samples(3, 6))
    async with forwarding(one, path, database_url) as forward:
        await reached(forward, 6)
    shutil.rmtree(path.parent)
    shutil.copytree(tmp_path / "copy", path.parent)
    await journalled(path, one, samples(100, 100 + added))
    forward = Forward(one, path, database_url, HandClock(), offer=told.append)
    assert "entry 6 is stored, and is not in this journal" in await refused(forward)
    assert [(fault.part, bool(fault.message)) for fault in told] == [("journal-set-back", True)]
    assert (forward.ok, forward.position) == (False, 0)
    # What docs/operations.md tells a person to do, with the collector stopped: the journal gets a new name.
    path.with_suffix(".mark").unlink()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DELETE FROM journal")
    await journalled(path, one, [])
    async with forwarding(one, path, database_url) as forward:
        await reached(forward, 3 + added)
        assert forward.counts == Counts(stored=added, repeated=3, quarantined=0)
    assert await rows(database_url, "SELECT count(*) FROM sample") == [(6 + added,)]


async def test_a_journal_is_known_again_by_what_was_put_aside_last(tmp_path: Path, database_url: str) -> None:
    path, one = tmp_path / "journal.sqlite", plant()
    await journalled(path, one, [*samples(0, 3), poisoned(3)])
    for last in (4, 5):
        async with forwarding(one, path, database_url) as forward:
            await reached(forward, last)
        await journalled(path, one, [poisoned(last)])
    (crc,) = await rows(database_url, "SELECT entry_crc FROM forwarded")
    reader = JournalReader(path)
    assert crc == (crc_of_entry(reader.after(4, 1)[0]),)
    assert [reader.holds(*known) for known in ((0, None), (5, *crc), (5, 0), (6, None), (7, None))] == [
        *(True, True, False, True, False)
    ]
    reader.close()


class Slow(random.Random):
    """Draws the largest, and remembers what was asked."""

    def uniform(self, a: float, b: float) -> float:
        assert (a, b) == (0.5, 1.0)
        return b


async def test_a_database_that_stays_away_is_asked_less_and_less_often(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, one, waited = tmp_path / "journal.sqlite", plant(), list[float]()
    await journalled(path, one, samples(0, 3))
    nowhere = "postgresql://nobody@127.0.0.1:1/none"
    forward = Forward(one, path, nowhere, HandClock(), draw=Slow())

    async def wait(delay_s: float) -> None:
        waited.append(delay_s)
        if len(waited) == 9:
            raise asyncio.CancelledError

    monkeypatch.setattr("monitor.collector.forward.asyncio.sleep", wait)
    with pytest.raises(asyncio.CancelledError):
        await forward.run()
    assert waited == [0.5, 1, 2, 4, 8, 16, 30, 30, 30]
