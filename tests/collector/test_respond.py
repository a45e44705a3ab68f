"""Carrying Commands out: at once, verified by reading back, tried again, and only the newest counts."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from alarms.events import ActionResult, Event
from alarms.response import towers
from config.model import Command
from drivers.driver import Unreachable
from monitor.collector.poll import Poll
from monitor.collector.respond import Responder, Worker
from tests.alarms.building import TOWER, plant
from tests.collector.clock import START, HandClock
from tests.collector.scripted import ScriptedDriver

RED = Command(TOWER, {"red": "on", "amber": "off", "buzzer": "pattern_1"}, "ISO/pressure/action")
DARK = Command(TOWER, {"red": "off", "amber": "off", "buzzer": "off"}, "all NORM")


class Deaf(ScriptedDriver):
    """Takes every Command and shows none of it."""

    async def command(self, command: Command) -> None:
        """Note it and go on as before."""
        self.commands.append(command)
        self.values = (0.0, 0.0, 0.0)


class Overtaken(Deaf):
    """Shows nothing of a Command until, in the midst of it, another one is given."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.meanwhile: Callable[[], None] = lambda: None

    async def command(self, command: Command) -> None:
        """Have the other one given, the first time."""
        await super().command(command)
        self.meanwhile()
        self.meanwhile = lambda: None


class Bench:
    """One worker with its tower, and the results it reports."""

    def __init__(self, driver: ScriptedDriver, responder: Responder, results: "asyncio.Queue[Event]") -> None:
        self.driver = driver
        self.responder = responder
        self.results = results

    async def result(self) -> ActionResult:
        """Return the next result."""
        result = await asyncio.wait_for(self.results.get(), 5)
        assert isinstance(result, ActionResult)
        return result


@asynccontextmanager
async def bench(kind: type[ScriptedDriver] = ScriptedDriver) -> AsyncIterator[Bench]:
    """Run a worker for a connected tower."""
    of = plant()
    clock = HandClock()
    device = replace(of.devices[TOWER], timeout_s=5.0)
    driver = kind(device, clock.now)
    poll = Poll(device, driver, clock, index=0)
    results: asyncio.Queue[Event] = asyncio.Queue()
    worker = Worker(towers(of)[0], poll, clock, results.put_nowait)
    tasks = [
        asyncio.create_task(poll.run(START, lambda _: None)),
        asyncio.create_task(worker.run()),
    ]
    await clock.advance(1)
    try:
        yield Bench(driver, Responder({TOWER: worker}), results)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
    assert all(task.cancelled() for task in tasks)


@pytest.fixture(autouse=True)
def _no_pause_between_tries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.collector.respond.RETRY_AFTER_S", 0.0)


async def test_a_command_is_written_read_back_and_reported() -> None:
    async with bench() as line:
        line.responder.offer(RED, None)
        assert line.responder.busy(TOWER)
        result = await line.result()
        assert (result.command, result.verified, result.detail) == (RED, True, "read back on try 1")
        assert not line.responder.busy(TOWER)


async def test_a_tower_that_takes_the_command_and_shows_nothing_has_failed() -> None:
    async with bench(Deaf) as line:
        line.responder.offer(RED, None)
        result = await line.result()
        assert (result.verified, result.detail) == (False, "ST does not read back: red, buzzer")
        assert len(line.driver.commands) == 3


async def test_a_command_waits_for_the_journal_but_not_long() -> None:
    async with bench() as line:
        never: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        line.responder.offer(RED, never)
        assert (await line.result()).verified


async def test_only_the_newest_command_of_a_device_is_carried_out() -> None:
    async with bench() as line:
        line.responder.offer(RED, None)
        line.responder.offer(DARK, None)
        assert (await line.result()).command == DARK
        assert line.driver.commands == [DARK]


async def test_a_command_that_was_overtaken_is_neither_tried_again_nor_told_as_failed() -> None:
    async with bench(Overtaken) as line:
        assert isinstance(line.driver, Overtaken)
        line.driver.meanwhile = partial(line.responder.offer, DARK, None)
        line.responder.offer(RED, None)
        result = await line.result()
        assert (result.command, result.verified) == (DARK, True)
        assert line.driver.commands == [RED, DARK]
        assert line.results.empty()


async def test_a_device_that_is_away_is_tried_three_times_and_then_told() -> None:
    async with bench() as line:
        line.driver.script = [Unreachable("cut")]
        line.responder.offer(RED, None)
        result = await line.result()
        assert not result.verified
        assert result.detail == "ST at 127.0.0.1:1 is not connected"
