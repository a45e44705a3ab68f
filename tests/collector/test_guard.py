"""The edge of a task: a failure is alarmed, counted and started again; being well again is told."""

import asyncio
import contextlib

import pytest

from alarms.events import Event, Fault
from monitor.collector.guard import Guard, Work
from tests.collector.clock import HandClock, settle
from tests.patience import PATIENCE_S


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


async def _failing_again_and_again(guard: Guard, told: "asyncio.Queue[Event]", work: Work) -> list[str]:
    """Run a part; return the first two things that are told of it."""
    task = asyncio.create_task(guard.run("forward", work))
    messages = []
    for _ in range(2):
        fault = await asyncio.wait_for(told.get(), PATIENCE_S)
        assert isinstance(fault, Fault)
        messages.append(fault.message)
    task.cancel()
    await asyncio.wait({task})
    return messages


async def test_a_cancellation_that_leaks_out_of_a_library_does_not_end_the_part_for_good(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("monitor.collector.guard.RESTART_AFTER_S", 0.0)

    async def leaks() -> None:
        lost = asyncio.get_running_loop().create_future()
        lost.cancel()
        await lost

    told: asyncio.Queue[Event] = asyncio.Queue()
    messages = await _failing_again_and_again(Guard(HandClock(), told.put_nowait), told, leaks)
    assert messages == ["forward was cancelled from within"] * 2


async def test_a_part_that_ends_by_itself_is_told_and_started_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.collector.guard.RESTART_AFTER_S", 0.0)

    async def ends() -> None:
        """Do nothing at all."""

    told: asyncio.Queue[Event] = asyncio.Queue()
    messages = await _failing_again_and_again(Guard(HandClock(), told.put_nowait), told, ends)
    assert messages == ["forward ended by itself"] * 2


async def test_stopping_ends_a_part_that_swallows_a_cancellation_and_one_that_fails_while_it_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Otherwise a stop would wait for the part for ever, or see it started again."""
    monkeypatch.setattr("monitor.collector.guard.CANCEL_AGAIN_S", 0.0)
    begun = asyncio.Event()

    async def swallows() -> None:
        begun.set()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.get_running_loop().create_future()
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            raise OSError("could not say goodbye")

    told: asyncio.Queue[Event] = asyncio.Queue()
    guard = Guard(HandClock(), told.put_nowait)
    task = asyncio.create_task(guard.run("poll", swallows))
    await begun.wait()
    task.cancel()
    _, running = await asyncio.wait({task}, timeout=PATIENCE_S)
    assert (running, guard.restarts, told.empty()) == (set(), 0, True)


async def test_a_part_that_fails_again_before_it_was_well_is_not_told_well(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("monitor.collector.guard.RESTART_AFTER_S", 0.0)
    monkeypatch.setattr("monitor.collector.guard.WELL_AFTER_S", 0.005)
    told: asyncio.Queue[Event] = asyncio.Queue()
    runs = 0

    async def fails_twice() -> None:
        nonlocal runs
        runs += 1
        if runs < 3:
            raise ValueError("broken")
        await asyncio.get_running_loop().create_future()

    task = asyncio.create_task(Guard(HandClock(), told.put_nowait).run("forward", fails_twice))
    faults = [await asyncio.wait_for(told.get(), PATIENCE_S) for _ in range(3)]
    assert [one.message for one in faults if isinstance(one, Fault)] == ["ValueError: broken"] * 2 + [""]
    await asyncio.sleep(0.01)
    assert told.empty()
    task.cancel()
    await asyncio.wait({task})


async def test_a_part_that_fails_is_not_started_again_in_the_same_breath() -> None:
    runs = 0

    async def fails() -> None:
        nonlocal runs
        runs += 1
        raise ValueError("broken")

    task = asyncio.create_task(Guard(HandClock(), lambda _: None).run("forward", fails))
    await settle()
    assert runs == 1
    task.cancel()
    await asyncio.wait({task})
