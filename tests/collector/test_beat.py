"""Our heartbeat: once a second while what comes is judged and kept, and not otherwise."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from alarms.events import Alarm
from config.rules import Level
from drivers.driver import Unreachable
from monitor.collector.beat import Beat, is_well
from monitor.collector.poll import Poll
from tests.alarms.building import ACTION, ISOLATOR, T0, after
from tests.collector.clock import START, HandClock
from tests.collector.protected import Machine, protected


class Beaten:
    """A machine that is polled and hears a heartbeat."""

    def __init__(self) -> None:
        self.clock = HandClock()
        device = replace(protected().devices[ISOLATOR], timeout_s=5.0)
        self.machine = Machine(device, self.clock.now)
        self.poll = Poll(device, self.machine, self.clock, index=3)
        self.well = True
        self.beat = Beat(self.poll, self.clock, lambda: self.well)


@asynccontextmanager
async def beating() -> AsyncIterator[Beaten]:
    line = Beaten()
    tasks = [
        asyncio.create_task(line.poll.run(START, lambda _: None)),
        asyncio.create_task(line.beat.run()),
    ]
    await line.clock.advance(1.9)
    try:
        yield line
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
    assert all(task.cancelled() for task in tasks)


async def test_it_beats_once_a_second_and_goes_round() -> None:
    async with beating() as line:
        line.beat._count = 0xFFFE
        await line.clock.advance(3)
        assert line.machine.beaten == [1, 0xFFFF, 0, 1]


async def test_it_stops_while_we_are_not_well() -> None:
    async with beating() as line:
        line.well = False
        await line.clock.advance(5)
        assert line.machine.beaten == [1]
        line.well = True
        await line.clock.advance(2)
        assert line.machine.beaten == [1, 2, 3]


async def test_a_heartbeat_that_fails_has_the_device_connected_anew_and_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with beating() as line:
        with monkeypatch.context() as cut:

            async def fail(_: int) -> None:
                raise Unreachable("cut")

            cut.setattr(line.machine, "beat", fail)
            await line.clock.advance(1)
        assert line.machine.closes == 1
        await line.clock.advance(2)
        assert line.machine.connects == 2
        assert line.machine.beaten[-1] == 4


async def test_after_a_stop_of_the_host_it_does_not_beat_in_a_burst() -> None:
    async with beating() as line:
        line.clock._now += after(60) - T0
        await line.clock.advance(2)
        assert len(line.machine.beaten) <= 5


@pytest.mark.parametrize(
    ("alarm", "active", "judged_s", "well"),
    [
        ("service/journal", True, 0, False),
        ("service/journal-disk", True, 0, False),
        ("service/inbox", True, 0, False),
        ("service/journal", False, 0, True),
        (ACTION, True, 0, True),
        (ACTION, True, 5, True),
        (ACTION, True, 5.1, False),
    ],
)
def test_p16_we_are_well_while_what_comes_is_judged_and_kept(
    alarm: str, active: bool, judged_s: float, well: bool
) -> None:
    stands = {alarm: Alarm(alarm, Level.ACTION, active, acknowledged=False, raised_at=T0, changed_at=T0)}
    assert is_well(stands, T0, after(judged_s)) is well
    assert not is_well({}, None, T0)
