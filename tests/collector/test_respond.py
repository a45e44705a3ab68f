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
from drivers.driver import Refused, Unreachable
from drivers.handshake import Busy
from monitor.collector.poll import Poll
from monitor.collector.respond import Responder, Worker, asked_devices
from tests.alarms.building import ISOLATOR, TOWER, plant
from tests.collector.clock import START, HandClock
from tests.collector.protected import P01, Machine, protected
from tests.collector.scripted import ScriptedDriver
from tests.patience import PATIENCE_S

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
        result = await asyncio.wait_for(self.results.get(), PATIENCE_S)
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
    worker = Worker(poll, clock, results.put_nowait, towers(of)[0])
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
    monkeypatch.setattr("monitor.collector.respond.CONNECTED_WITHIN_S", 0.0)


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


class Asking:
    """One worker with its machine, and the results it reports."""

    def __init__(self, machine: Machine, poll: Poll, clock: HandClock) -> None:
        self.machine = machine
        self.clock = clock
        self.results: asyncio.Queue[Event] = asyncio.Queue()
        self.worker = Worker(poll, clock, self.results.put_nowait)

    async def result(self) -> ActionResult:
        """Return the next result, letting the machine be polled meanwhile."""
        while self.results.empty():
            await self.clock.advance(1)
        result = self.results.get_nowait()
        assert isinstance(result, ActionResult)
        return result


@asynccontextmanager
async def asking() -> AsyncIterator[Asking]:
    """Run a worker for a connected machine."""
    clock = HandClock()
    device = replace(protected().devices[ISOLATOR], timeout_s=5.0)
    machine = Machine(device, clock.now)
    poll = Poll(device, machine, clock, index=0)
    line = Asking(machine, poll, clock)
    tasks = [asyncio.create_task(poll.run(START, lambda _: None)), asyncio.create_task(line.worker.run())]
    await clock.advance(1)
    try:
        yield line
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
    assert all(task.cancelled() for task in tasks)


def request(seq: int, what: str = "fan_speed") -> Command:
    return Command(ISOLATOR, {}, "P-01", request=what, seq=seq, protection=P01, ask=seq - 1)


async def test_every_request_of_a_protective_action_is_asked_for_in_its_order() -> None:
    async with asking() as line:
        for seq, what in enumerate(("fan_speed", "hold", "release"), 1):
            line.worker.give(request(seq, what), None)
        results = [await line.result() for _ in range(3)]
        assert [(one.command.ask, one.verified, one.detail) for one in results] == [
            (number, True, "taken on try 1") for number in range(3)
        ]
        assert line.machine.executed == [("fan_speed", 1), ("hold", 2), ("release", 3)]


async def test_a_request_whose_answer_was_lost_is_asked_for_again_with_its_number_and_executed_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The lost answer costs the connection: the second try waits until the poll has made it again."""
    monkeypatch.setattr("monitor.collector.respond.CONNECTED_WITHIN_S", 10.0)
    async with asking() as line:
        line.machine.answers_lost = 1
        line.worker.give(request(1), None)
        result = await line.result()
        assert result.verified
        assert {one.seq for one in line.machine.commands} == {1}
        assert len(line.machine.commands) == 2
        assert line.machine.executed == [("fan_speed", 1)]


async def test_a_request_without_any_answer_has_failed_after_three_tries() -> None:
    async with asking() as line:
        line.machine.answer = Busy("busy")
        line.worker.give(request(1), None)
        result = await line.result()
        assert (result.verified, result.detail, len(line.machine.commands)) == (False, "busy", 3)
        assert line.machine.closes == 0


async def test_a_machine_that_says_no_is_not_asked_again_and_stays_connected() -> None:
    async with asking() as line:
        line.machine.answer = Refused("refused: interlock")
        line.worker.give(request(1), None)
        result = await line.result()
        assert (result.verified, result.detail) == (False, "refused: interlock")
        assert (len(line.machine.commands), line.machine.closes) == (1, 0)


async def test_a_request_that_finds_no_room_has_failed_and_is_told_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("monitor.collector.respond.WAITING_LIMIT", 1)
    async with asking() as line:
        line.worker.give(request(1), None)
        line.worker.give(request(2), None)
        told = line.results.get_nowait()
        assert isinstance(told, ActionResult)
        assert (told.command.seq, told.verified, told.detail) == (2, False, "1 commands wait for ISO")
        assert (await line.result()).command.seq == 1


async def test_what_a_tower_should_show_does_not_replace_what_a_protective_action_asks_for() -> None:
    async with bench() as line:
        lock = replace(RED, protection=P01)
        for command in (RED, lock, DARK):
            line.responder.offer(command, None)
        assert [(await line.result()).command for _ in range(2)] == [lock, DARK]


async def test_after_a_start_a_request_waits_for_the_device_to_be_connected() -> None:
    clock = HandClock()
    device = protected().devices[ISOLATOR]
    machine = Machine(device, clock.now)
    poll = Poll(device, machine, clock, index=0)
    results: asyncio.Queue[Event] = asyncio.Queue()
    worker = Worker(poll, clock, results.put_nowait)
    worker.give(request(1), None)
    tasks = [asyncio.create_task(worker.run()), asyncio.create_task(poll.run(START, lambda _: None))]
    await clock.advance(0)
    assert machine.commands == []
    await clock.advance(1)
    result = results.get_nowait()
    assert isinstance(result, ActionResult)
    assert (result.verified, result.detail) == (True, "taken on try 1")
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)


def test_the_devices_that_are_asked_have_workers() -> None:
    assert asked_devices(protected()) == {ISOLATOR}
    assert asked_devices(plant()) == frozenset()
