"""The collector as a whole, over a plant that does not answer: what a start tells, and what a stop leaves behind."""

import asyncio
import json
import socket
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from operator import itemgetter
from pathlib import Path
from types import SimpleNamespace

import pytest

from alarms.alarm import state as alarm_state
from alarms.events import Fault
from config.model import Device, Quality, Sample
from config.plant import Plant
from drivers.driver import Driver, Kept, Now
from drivers.keys import Keys
from drivers.open import open_driver
from monitor.collector import codec
from monitor.collector.collect import JOURNAL, Collector, CollectSettings
from monitor.collector.journal import Entry, Journal, JournalReader
from tests.alarms.building import ISOLATOR, RECORDS, TOWER, after, plant, record, sample, with_records
from tests.collector.clock import HandClock, settle


@pytest.fixture
def data() -> Iterator[Path]:
    """A data folder whose path is short enough for a socket."""
    with tempfile.TemporaryDirectory(prefix="gw-") as folder:
        yield Path(folder)


@pytest.fixture
def silent_plant() -> Iterator[Plant]:
    """The plant at an address where nothing listens."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        address = f"opc.tcp://127.0.0.1:{nobody.getsockname()[1]}/"
        one = plant()
        devices = {key: replace(device, address=address) for key, device in one.devices.items()}
        yield replace(one, devices=devices)


@asynccontextmanager
async def collecting(of: Plant, data: Path, at: datetime) -> AsyncIterator[Collector]:
    """Run a collector that begins at a time; at the end it has stopped and written everything."""
    collector = Collector(CollectSettings(of, data, ""), HandClock(at))
    task = asyncio.create_task(collector.run())
    await asyncio.sleep(0)
    try:
        yield collector
    finally:
        task.cancel()
        await asyncio.wait({task})
    assert task.cancelled(), task.exception()


async def ran(data: Path, *entries: Entry) -> None:
    """Leave behind what a former run has written."""
    journal = Journal(data / JOURNAL)
    journal.start()
    await journal.append(entries, None)
    await journal.close()


def entries_of(data: Path) -> Sequence[Entry]:
    reader = JournalReader(data / JOURNAL)
    try:
        return reader.after(0, 10_000)
    finally:
        reader.close()


def rows_of(data: Path, series: str) -> list[Sample]:
    return [codec.sample_of(entry) for entry in entries_of(data) if entry.series == series]


def stands(collector: Collector) -> dict[str, str]:
    return {key: str(alarm_state(alarm)) for key, alarm in collector.pipeline.state.alarms.items()}


async def test_the_first_start_tells_nothing(silent_plant: Plant, data: Path) -> None:
    async with collecting(silent_plant, data, after(0)):
        pass
    assert [entry.kind for entry in entries_of(data)] == ["start"]


async def test_a_gap_is_told_and_each_device_has_a_row_for_each_of_its_seconds(
    silent_plant: Plant, data: Path
) -> None:
    """The isolator had been read at 10 s and the tower, later in the second, not yet."""
    tower = Sample(TOWER, after(9), (0.0, 0.0, 0.0), None, after(9))
    await ran(data, codec.sample_entry(tower), codec.sample_entry(sample(10, 45.0)))
    async with collecting(silent_plant, data, after(12.5)) as collector:
        collector.pipeline.take_rest()
        assert stands(collector) == {"service/collector": "RTNUN"}
        assert collector.pipeline.state.latest == {ISOLATOR: after(12), TOWER: after(12)}
    for series, first in ((ISOLATOR, 10), (TOWER, 9)):
        assert [row.at for row in rows_of(data, series)] == [after(at) for at in range(first, 13)]
        assert {row.quality and row.quality[0] for row in rows_of(data, series)[1:]} == {
            Quality.COLLECTOR_DOWN
        }


async def test_a_restart_within_the_second_tells_no_gap_and_misses_no_row(
    silent_plant: Plant, data: Path
) -> None:
    tower = Sample(TOWER, after(9), (0.0, 0.0, 0.0), None, after(9))
    await ran(data, codec.sample_entry(tower), codec.sample_entry(sample(10, 45.0)))
    async with collecting(silent_plant, data, after(10.9)) as collector:
        collector.pipeline.take_rest()
        assert stands(collector) == {}
    assert [row.at for row in rows_of(data, TOWER)] == [after(9), after(10)]
    assert [row.at for row in rows_of(data, ISOLATOR)] == [after(10)]


async def test_two_quick_restarts_tell_of_both_and_repeat_no_row(silent_plant: Plant, data: Path) -> None:
    await ran(data, codec.sample_entry(sample(10, 45.0)))
    for at in (20, 30):
        async with collecting(silent_plant, data, after(at)):
            pass
    assert [row.at for row in rows_of(data, ISOLATOR)] == [after(at) for at in range(10, 31)]
    told = [codec.event_of(entry) for entry in entries_of(data) if entry.kind == "fault"]
    assert [one.message for one in told if isinstance(one, Fault) and one.message] == [
        f"was not running from 2026-11-21 08:00:{begin} to 2026-11-21 08:00:{end} UTC"
        for begin, end in ((10, 20), (20, 30))
    ]


async def test_h24_a_collector_whose_clock_was_set_back_judges_what_comes_now(
    silent_plant: Plant, data: Path
) -> None:
    await ran(data, codec.sample_entry(sample(3600, 45.0)))
    async with collecting(silent_plant, data, after(0)) as collector:
        collector.pipeline.take_rest()
        assert collector.pipeline.state.alarms["service/collector"].detail.startswith(
            "the clock was set back"
        )
        collector.pipeline.offer(sample(1, 10.0))
        collector.pipeline.take_rest()
        assert "ISO/pressure/action" in stands(collector)
    assert not rows_of(data, ISOLATOR)[-1].backfilled


async def test_what_the_former_run_could_not_end_ends_at_the_start(silent_plant: Plant, data: Path) -> None:
    """A fault of the service, and an alarm whose limit is gone: both returned, both still to be seen."""
    async with collecting(silent_plant, data, after(0)) as collector:
        collector.pipeline.offer(Fault(after(0), "forward", "OSError: gone"))
        collector.pipeline.offer(sample(1, 10.0))
    without_limits = replace(silent_plant, limits=silent_plant.limits[1:], sha256="1" * 64)
    async with collecting(without_limits, data, after(1)) as collector:
        collector.pipeline.take_rest()
        assert stands(collector) == {"service/forward": "RTNUN", "ISO/pressure/action": "RTNUN"}
        snapshot = json.loads(collector.feed.snapshot(after(1), {}))
        shown = {alarm["id"]: alarm["state"] for alarm in snapshot["alarms"]}
        assert shown == stands(collector)
    told = [codec.transition_of(entry) for entry in entries_of(data) if entry.kind == "transition"]
    assert [(one.alarm, str(one.reason)) for one in told] == [
        ("service/forward", "raised"),
        ("ISO/pressure/action", "raised"),
        ("ISO/pressure/action", "cleared"),
        ("service/forward", "cleared"),
    ]


async def test_each_driver_is_told_which_records_the_former_run_has_kept(
    silent_plant: Plant, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Kept] = []

    def opened(device: Device, now: Now, *, kept: Kept, keys: Keys | None) -> Driver:
        told.append(kept)
        return open_driver(device, now, kept=kept, keys=keys)

    monkeypatch.setattr("monitor.collector.devices.open_driver", opened)
    one = with_records(silent_plant)
    async with collecting(one, data, after(0)) as collector:
        for sample_ in (record(6), record(60, catching_up=True)):
            collector.pipeline.offer(sample_)
    told.clear()
    async with collecting(one, data, after(1)):
        assert [kept(RECORDS) for kept in told] == [after(6)] * len(one.devices)


async def test_what_was_read_when_it_was_stopped_is_judged_and_written(
    silent_plant: Plant, data: Path
) -> None:
    async with collecting(silent_plant, data, after(0)) as collector:
        collector.pipeline.offer(sample(1, 10.0))
        assert collector.pipeline.size() == 1
    assert [entry.kind for entry in entries_of(data)] == ["start", "sample", "transition", "command"]


def disk_of(megabytes: float) -> SimpleNamespace:
    """Return a disk of so many megabytes, of which nobody else has anything."""
    return SimpleNamespace(total=megabytes * 2**20, used=0, free=megabytes * 2**20)


async def test_h7_a_full_journal_is_told_and_so_is_each_second_that_it_did_not_take(
    silent_plant: Plant, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = disk_of(1000)
    monkeypatch.setattr("monitor.collector.journal_bounds.shutil.disk_usage", lambda _: size)
    collector = Collector(CollectSettings(silent_plant, data, ""), HandClock(after(0)))
    collector._journal.start()

    async def take(*seconds: int) -> None:
        assert await collector._keep_journal(after(0)) == ""
        for second in seconds:
            collector.pipeline.offer(sample(second, 45.0))
        collector.pipeline.take_rest()
        await collector._tell_refused()

    await take(0)
    size = disk_of(0.01)
    await take(1, 2, 3)
    assert collector.health()["journal"]["detail"].startswith("it is full")
    assert stands(collector)["service/journal"] == stands(collector)["service/journal-nearly-full"] == "UNACK"
    size = disk_of(1000)
    await take(4, 5)
    assert stands(collector)["service/journal"] == stands(collector)["service/journal-half"] == "RTNUN"
    assert "events lost" in collector.pipeline.state.alarms["service/inbox"].detail
    await collector._journal.close()
    assert collector.health()["journal"]["received"] == 6
    rows = [(one.at, one.quality, one.backfilled) for one in rows_of(data, ISOLATOR)]
    down = (Quality.COLLECTOR_DOWN,) * 2
    lost = [(after(second), down, True) for second in (1, 2, 3)]
    assert sorted(rows, key=itemgetter(0)) == [
        (after(0), None, False),
        *lost,
        *((after(second), None, False) for second in (4, 5)),
    ]


async def test_h7_what_a_damaged_journal_has_lost_is_an_alarm_that_a_person_must_see(
    silent_plant: Plant, data: Path
) -> None:
    await ran(data, *(codec.sample_entry(sample(second, 45.0)) for second in range(3)))
    (data / JOURNAL).unlink()
    async with collecting(silent_plant, data, after(60)) as collector:
        await settle()
        told = collector.pipeline.state.alarms["service/journal-repaired"]
        assert told.detail == "the journal was damaged: 3 entries are lost, from the first on"
        assert stands(collector)["service/journal-repaired"] == "RTNUN"


async def test_h9_a_disk_that_fails_and_a_clock_that_was_set_are_alarms(
    silent_plant: Plant, data: Path
) -> None:
    clock = HandClock(after(0))
    clock.ahead_s = -3600.0
    collector = Collector(CollectSettings(silent_plant, data, ""), clock)
    collector._journal.failure = "journal.sqlite: disk full"
    looking = asyncio.create_task(collector._look_after_itself())
    await settle()
    collector.pipeline.take_rest()
    alarms = collector.pipeline.state.alarms
    assert alarms["service/journal-disk"].detail == "journal.sqlite: disk full"
    assert alarms["service/clock"].detail.startswith("the host's clock was set by -3600 s")
    looking.cancel()
    await asyncio.wait({looking})
    await collector._journal.close()
