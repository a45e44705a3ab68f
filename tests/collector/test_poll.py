"""Polling: which tick is next, what a failed or late poll gives, and that nothing comes in a burst."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from config.model import Command, Quality, Sample
from drivers.driver import DriverError, Nonsense, Refused, Unreachable
from monitor.collector.poll import Poll, next_tick, offset_s
from tests.alarms.building import ISOLATOR, TOWER, plant
from tests.collector.clock import START, HandClock, settle
from tests.collector.scripted import ScriptedDriver, Step
from tests.patience import PATIENCE_S

SECOND = timedelta(seconds=1)
# The hand clock stands still while asyncio's own timers run: a hanging read costs the test this long.
DEVICE = replace(plant().devices[ISOLATOR], timeout_s=0.02)


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)),  # noqa: DTZ001 - only differences matter
    st.timedeltas(timedelta(0), timedelta(hours=1)),
    st.integers(0, 19),
)
def test_the_next_tick_is_the_first_that_can_still_be_kept(
    after: datetime, passed: timedelta, index: int
) -> None:
    offset = timedelta(seconds=offset_s(index, 1.0))
    now = after + passed
    tick = next_tick(now, after, offset, SECOND)
    assert tick > after
    assert (tick - after) % SECOND == timedelta(0)
    assert tick + offset >= now
    assert tick == after + SECOND or tick - SECOND + offset < now


def test_twenty_devices_have_twenty_places_in_the_second() -> None:
    assert sorted(offset_s(i, 1.0) for i in range(20)) == [pytest.approx(i / 20) for i in range(20)]
    assert [offset_s(i, 2.0) for i in (20, 25)] == [0.0, 0.5]


async def polled(
    script: list[Step], seconds: int, refusals: Sequence[DriverError] = ()
) -> tuple[list[Sample], ScriptedDriver]:
    """Poll a scripted device for so many seconds of the hand clock."""
    clock = HandClock()
    driver = ScriptedDriver(DEVICE, clock.now, script)
    driver.refusals = list(refusals)
    poll = Poll(DEVICE, driver, clock, index=0)
    arrived: asyncio.Queue[Sample] = asyncio.Queue()
    running = asyncio.create_task(poll.run(START, arrived.put_nowait))
    samples = []
    for _ in range(seconds):
        await clock.advance(1)
        # A hanging read ends by its own timeout.
        samples.append(await asyncio.wait_for(arrived.get(), PATIENCE_S))
    running.cancel()
    await asyncio.wait({running})
    return samples, driver


async def test_one_sample_a_second_at_whole_seconds() -> None:
    samples, driver = await polled([], 5)
    assert [one.at for one in samples] == [START + k * SECOND for k in range(1, 6)]
    assert all(one.quality is None for one in samples)
    assert (driver.connects, driver.closes) == (1, 1)


@pytest.mark.parametrize(
    ("error", "quality"),
    [
        (Unreachable("cut"), Quality.UNREACHABLE),
        (Refused("exception 2"), Quality.CONFIGURATION),
        (Nonsense("wrong unit"), Quality.NONSENSE),
    ],
)
async def test_a_failed_poll_is_a_bad_sample_with_the_reason_and_a_new_connection(
    error: Unreachable | Refused | Nonsense, quality: Quality
) -> None:
    samples, driver = await polled([None, error, None], 3)
    assert [one.reason for one in samples] == ["", str(error), ""]
    assert samples[1].quality == (quality, quality)
    assert driver.connects == 2


async def test_a_hanging_read_ends_in_a_bad_sample_of_its_own_second() -> None:
    samples, driver = await polled([None, "hang", None], 3)
    assert [one.at for one in samples] == [START + k * SECOND for k in range(1, 4)]
    assert samples[1].reason == "no answer from 127.0.0.1:1 within 0.02 s"
    assert (samples[2].quality, driver.connects) == (None, 2)


async def test_h2_a_device_that_accepts_and_never_answers_gives_a_bad_sample_each_second() -> None:
    clock = HandClock()
    driver = ScriptedDriver(DEVICE, clock.now)
    driver.connect_hangs = True
    poll = Poll(DEVICE, driver, clock, index=0)
    arrived: asyncio.Queue[Sample] = asyncio.Queue()
    running = asyncio.create_task(poll.run(START, arrived.put_nowait))
    for _ in range(3):
        await clock.advance(1)
        sample = await asyncio.wait_for(arrived.get(), PATIENCE_S)
        assert (sample.reason, sample.quality) == ("connecting to 127.0.0.1:1", (Quality.UNREACHABLE,) * 2)
    assert driver.connects == 1
    running.cancel()
    await asyncio.wait({running})


async def test_h2_connecting_that_never_ends_is_given_up_and_begun_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("monitor.collector.poll.CONNECT_TIMEOUT_S", 0.01)
    clock = HandClock()
    driver = ScriptedDriver(DEVICE, clock.now)
    driver.connect_hangs = True
    poll = Poll(DEVICE, driver, clock, index=0)
    arrived: asyncio.Queue[Sample] = asyncio.Queue()
    running = asyncio.create_task(poll.run(START, arrived.put_nowait))
    for _ in range(2):
        await clock.advance(1)
        await asyncio.wait_for(arrived.get(), PATIENCE_S)
    assert driver.connects == 2
    running.cancel()
    await asyncio.wait({running})


async def test_the_log_tells_what_is_new_of_a_device_and_nothing_each_second() -> None:
    away, denied, cut = Unreachable("nothing listens"), Refused("certificate"), Unreachable("cut")
    with capture_logs() as logged:
        await polled([None, None, cut, cut, None], 10, [away, away, away, denied, denied])
    assert [(line["log_level"], line["event"], line["device"], line.get("reason")) for line in logged] == [
        ("warning", "device fails", ISOLATOR, "nothing listens"),
        ("warning", "device fails", ISOLATOR, "certificate"),
        ("info", "device answers", ISOLATOR, None),
        ("warning", "device fails", ISOLATOR, "cut"),
        ("info", "device answers", ISOLATOR, None),
    ]


async def test_h2_a_connection_that_does_not_close_holds_nothing_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.collector.poll.CLOSE_TIMEOUT_S", 0.01)
    clock = HandClock()
    driver = ScriptedDriver(DEVICE, clock.now, [Unreachable("cut")])
    driver.close_hangs = True
    poll = Poll(DEVICE, driver, clock, index=0)
    arrived: asyncio.Queue[Sample] = asyncio.Queue()
    running = asyncio.create_task(poll.run(START, arrived.put_nowait))
    await clock.advance(1)
    assert (await asyncio.wait_for(arrived.get(), PATIENCE_S)).reason == "cut"
    running.cancel()
    await asyncio.wait({running})


async def test_seconds_that_were_missed_are_told_and_never_made_up_for() -> None:
    """The host was stopped for four seconds: one poll, and four Samples that say why there is no value."""
    clock = HandClock()
    driver = ScriptedDriver(DEVICE, clock.now)
    poll = Poll(DEVICE, driver, clock, index=0)
    samples: list[Sample] = []
    clock._now = START + timedelta(seconds=4.5)
    running = asyncio.create_task(poll.run(START, samples.append))
    await clock.advance(0.5)
    assert [one.at for one in samples] == [START + k * SECOND for k in range(1, 6)]
    assert [one.quality and one.quality[0] for one in samples] == [Quality.SKIPPED] * 4 + [None]
    assert poll.skipped == 4
    running.cancel()
    await asyncio.wait({running})


async def test_a_long_stop_gets_rows_for_its_last_minute_only() -> None:
    """Rows for a whole hour, of all devices at once, would push live events out of the inbox."""
    clock = HandClock()
    poll = Poll(DEVICE, ScriptedDriver(DEVICE, clock.now), clock, index=0)
    samples: list[Sample] = []
    clock._now = START + timedelta(seconds=3600.5)
    running = asyncio.create_task(poll.run(START, samples.append))
    await clock.advance(0.5)
    assert [one.at for one in samples] == [START + k * SECOND for k in range(3541, 3602)]
    running.cancel()
    await asyncio.wait({running})


async def test_a_second_in_which_the_driver_broke_has_a_row_too() -> None:
    """What no driver may raise ends the poll; begun again by its guard, it tells of the second it broke in."""
    clock = HandClock()
    driver = ScriptedDriver(DEVICE, clock.now, [None, KeyError("a fault of ours")])
    poll = Poll(DEVICE, driver, clock, index=0)
    samples: list[Sample] = []
    running = asyncio.create_task(poll.run(START, samples.append))
    await clock.advance(2)
    assert isinstance(running.exception(), KeyError)
    assert driver.closes == 1
    await clock.advance(0.5)
    running = asyncio.create_task(poll.run(START, samples.append))
    await clock.advance(0.5)
    assert [(one.at, one.reason) for one in samples] == [
        (START + SECOND, ""),
        (START + 2 * SECOND, "no poll ran, or one before had not ended"),
        (START + 3 * SECOND, ""),
    ]
    running.cancel()
    await asyncio.wait({running})


async def test_a_command_waits_for_the_read_that_is_under_way_and_is_read_back() -> None:
    tower = replace(plant().devices[TOWER], timeout_s=5.0)
    clock = HandClock()
    answered = asyncio.Event()
    driver = ScriptedDriver(tower, clock.now, [None, answered])
    poll = Poll(tower, driver, clock, index=0)
    running = asyncio.create_task(poll.run(START, lambda _: None))
    await clock.advance(2)
    command = Command(TOWER, {"red": "on", "amber": "off", "buzzer": "pattern_1"}, "test")
    commanding = asyncio.create_task(poll.command(command, clock.now()))
    await settle()
    assert driver.commands == []
    answered.set()
    assert (await commanding).values == (1.0, 0.0, 1.0)
    assert driver.commands == [command]
    running.cancel()
    await asyncio.wait({running})


async def test_a_command_to_a_device_that_is_not_connected_is_unreachable() -> None:
    tower = plant().devices[TOWER]
    clock = HandClock()
    poll = Poll(tower, ScriptedDriver(tower, clock.now), clock, index=0)
    with pytest.raises(Unreachable, match=r"ST at 127\.0\.0\.1:1 is not connected"):
        await poll.command(Command(TOWER, {"red": "on"}, ""), START)
    await settle()
