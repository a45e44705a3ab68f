"""H12, H13: the collector is killed at every single thing that it has written, and goes on as if it had not been.

One run holds an alarm's whole life and a protective action's whole sequence, over the real collector with machines that
count what they carry out. Its journal is cut behind each entry, and each piece is started from.
"""

import asyncio
import sqlite3
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, closing
from datetime import datetime
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from alarms.events import Acknowledge, ResetProtection
from alarms.state import State
from config.model import Command, Device
from config.plant import Plant
from config.rules import Level
from drivers.driver import Driver, Kept, Now
from drivers.keys import Keys
from monitor.collector import codec
from monitor.collector.collect import JOURNAL, Collector, CollectSettings
from monitor.collector.journal import Entry, JournalReader
from tests.alarms.building import ACTION, ISOLATOR, TOWER, after
from tests.collector.building import written
from tests.collector.clock import HandClock
from tests.collector.protected import P01, Machine, protected
from tests.collector.scripted import ScriptedDriver
from tests.patience import PATIENCE_S

BUZZER = 2
_COMMAND = TypeAdapter(Command)


class Floor:
    """The machine and the tower: they live on while the collector is killed."""

    def __init__(self, plant: Plant, *, answered: list[Entry] | None = None) -> None:
        """Make them as they were when the last of these Commands had been carried out; the tower is dark."""
        clock = HandClock()
        self.machine = Machine(plant.devices[ISOLATOR], clock.now)
        self.tower = ScriptedDriver(plant.devices[TOWER], clock.now)
        self.machine.values = (45.0, 45.0)
        self.tower.values = (0.0, 0.0, 0.0)
        for entry in answered or ():
            command = _COMMAND.validate_json(entry.body)
            if command.protection:
                self.machine.carry_out(command)

    def opened(self, device: Device, now: Now, *, kept: Kept, keys: Keys | None) -> Driver:
        """Be what the collector opens."""
        driver = self.machine if device.id == ISOLATOR else self.tower
        driver._now = now
        return driver


class Run:
    """One run of the collector, and the State behind everything that it wrote."""

    def __init__(self, collector: Collector, clock: HandClock) -> None:
        self.collector = collector
        self.clock = clock
        self.states: list[tuple[int, State]] = []
        self._seq = 0
        self._append = collector.pipeline._append
        collector.pipeline._append = self._noted  # type: ignore[method-assign]  # to see every write

    def _noted(
        self, entries: Sequence[Entry], now: datetime, *, may_wait: bool
    ) -> "asyncio.Future[None] | None":
        self.states.append((self._seq + 1, self.collector.pipeline.state))
        self._seq += len(entries)
        return self._append(entries, now, may_wait=may_wait)

    async def go_on(self, seconds: int = 1) -> None:
        """Let seconds pass, and all that comes of them happen."""
        for _ in range(seconds):
            await self.clock.advance(1)
            async with asyncio.timeout(PATIENCE_S):
                while self._is_busy():  # noqa: ASYNC110 - the disk's word, and the wire's
                    await asyncio.sleep(0.001)
            await self.clock.advance(0)

    def _is_busy(self) -> bool:
        busy = any(worker.busy for worker in self.collector.workers.values())
        return busy or self.collector.notifier.waiting > 0

    def stop_writing(self) -> None:
        """Be killed: write nothing of a stop."""
        self.collector.pipeline.end = lambda: None  # type: ignore[method-assign]  # a kill ends nothing


@asynccontextmanager
async def running(plant: Plant, data: Path, at: datetime) -> AsyncIterator[Run]:
    # Half a second on, every device has been polled in the second that has passed.
    clock = HandClock(at.replace(microsecond=500_000))
    run = Run(Collector(CollectSettings(plant, data, ""), clock), clock)
    run.stop_writing()
    task = asyncio.create_task(run.collector.run())
    try:
        yield run
    finally:
        task.cancel()
        await asyncio.wait({task})
    assert task.cancelled(), task.exception()


@pytest.fixture(autouse=True)
def _no_pause_between_tries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.collector.respond.RETRY_AFTER_S", 0.0)


async def whole_life(plant: Plant, floor: Floor, data: Path) -> list[tuple[int, State]]:
    """Breach, requests, read-backs, acknowledgement, return, reset, release; over more than one written State."""
    async with running(plant, data, after(0)) as run:
        await run.go_on(2)
        floor.machine.values = (10.0, 45.0)
        await run.go_on(3)
        raised_at = run.collector.pipeline.state.alarms[ACTION].raised_at
        await run.collector.pipeline.ask(Acknowledge(run.clock.now(), ACTION, raised_at, "operator"))
        await run.go_on()
        floor.machine.values = (45.0, 95.0)
        await run.go_on(62)
        await run.collector.pipeline.ask(
            ResetProtection(run.clock.now(), P01, ("a", "b"), ("operator", "qa"), "gloves checked")
        )
        await run.go_on(2)
        assert run.collector.pipeline.state.running == {}
        await run.go_on()
    return run.states


def entries_of(data: Path) -> list[Entry]:
    with closing(JournalReader(data / JOURNAL)) as reader:
        return reader.after(0, 10_000)


def cut(whole: Path, piece: Path, seq: int) -> None:
    """Copy a journal as it stood behind one entry: nothing later is there, nor a State that was written later."""
    piece.mkdir()
    with (
        closing(sqlite3.connect(whole / JOURNAL)) as source,
        closing(sqlite3.connect(piece / JOURNAL)) as copy,
    ):
        source.backup(copy)
        with copy:
            copy.execute("DELETE FROM entry WHERE seq > ?", (seq,))
            copy.execute("DELETE FROM snapshot WHERE seq > ?", (seq,))
            if copy.execute("DELETE FROM state WHERE seq > ?", (seq,)).rowcount:
                copy.execute(
                    "INSERT INTO state (one, seq, body, crc)"
                    " SELECT 1, seq, body, -1 FROM snapshot ORDER BY seq DESC LIMIT 1"
                )


@pytest.fixture
def data() -> Iterator[Path]:
    """A data folder whose path is short enough for a socket."""
    with tempfile.TemporaryDirectory(prefix="gw-") as folder:
        yield Path(folder)


@pytest.mark.parametrize(
    "had_reached", [False, True], ids=["no command had reached", "all commands had reached"]
)
async def test_h12_h13_killed_behind_each_entry_nothing_is_forgotten_and_nothing_done_twice(
    had_reached: bool, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant = protected()
    floor = Floor(plant)
    monkeypatch.setattr("monitor.collector.devices.open_driver", floor.opened)
    (data / "whole").mkdir()
    states = await whole_life(plant, floor, data / "whole")
    assert [request for request, _ in floor.machine.executed] == ["fan_speed", "hold", "release"]
    entries = entries_of(data / "whole")
    kinds = {entry.kind for entry in entries}
    assert kinds >= {"start", "transition", "change", "command", "result", "acknowledge", "reset_protection"}
    for last in entries:
        if last.kind == "sample" and last.seq > 1 and entries[last.seq - 2].kind == "sample":
            continue  # calm: the one before says the same
        cut(data / "whole", data / str(last.seq), last.seq)
        expected = next(state for first, state in reversed(states) if first <= last.seq)
        intents = [entry for entry in entries[: last.seq] if entry.kind == "command"]
        answers = [entry for entry in entries[: last.seq] if entry.kind == "result"]
        reached = intents if had_reached else intents[: len(answers)]
        await _goes_on(plant, data / str(last.seq), expected, Floor(plant, answered=reached), monkeypatch)


async def _goes_on(
    plant: Plant, data: Path, expected: State, floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Start from a piece: the State is the one before, the horn sounds again, no number is carried out twice."""
    monkeypatch.setattr("monitor.collector.devices.open_driver", floor.opened)
    stands = ACTION in expected.alarms and expected.alarms[ACTION].active
    floor.machine.values = (10.0 if stands else 45.0, 95.0)
    asked = {one.seq for running in expected.running.values() for one in (*running.asked, *running.ending)}
    ended = entries_of(data)[-1]
    async with running(plant, data, max(codec.from_us(ended.at_us), after(0))) as run:
        assert written(run.collector._restored.state) == written(expected), f"killed behind entry {ended.seq}"
        await run.go_on(4)
        sounds = any(
            alarm.level is Level.ACTION and not alarm.acknowledged for alarm in expected.alarms.values()
        )
        assert (floor.tower.values[BUZZER] > 0) >= sounds, f"killed behind entry {ended.seq}"
    numbers = [number for _, number in floor.machine.executed]
    assert len(numbers) == len(set(numbers))
    requests = [request for request, _ in floor.machine.executed]
    assert len(requests) == len(set(requests)), f"killed behind entry {ended.seq}: {requests}"
    assert asked <= set(numbers), f"killed behind entry {ended.seq}"
