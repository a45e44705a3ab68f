"""The edge of a task: a failure is alarmed, counted and started again; being well again is told."""

import asyncio

import pytest

from alarms.events import Event, Fault
from monitor.collector.guard import Guard
from tests.collector.clock import HandClock


async def test_a_part_that_fails_is_told_started_again_and_told_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.collector.guard.RESTART_AFTER_S", 0.0)
    monkeypatch.setattr("monitor.collector.guard.WELL_AFTER_S", 0.0)
    told: asyncio.Queue[Event] = asyncio.Queue()
    runs = 0

    async def work() -> None:
        nonlocal runs
        runs += 1
        if runs == 1:
            raise ValueError("broken")
        await asyncio.get_running_loop().create_future()

    guard = Guard(HandClock(), told.put_nowait)
    task = asyncio.create_task(guard.run("forward", work))
    first, second = await told.get(), await told.get()
    assert isinstance(first, Fault)
    assert isinstance(second, Fault)
    assert (first.part, first.message) == ("forward", "ValueError: broken")
    assert (second.part, second.message) == ("forward", "")
    assert (guard.restarts, runs) == (1, 2)
    task.cancel()
    await asyncio.wait({task})
