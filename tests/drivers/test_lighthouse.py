"""Lighthouse counters: every physical record once, whatever happens to the wire in between."""

import asyncio
import math
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.model import Quality, Sample
from drivers.driver import DriverError, Unreachable
from drivers.lighthouse import HEADER_WORDS, LighthouseDriver, parse
from drivers.record import RecordPlan
from drivers.walks import WALK_PER_POLL
from tests.drivers.counters import CHANNELS, Counter, Finished, counter_device, records
from tests.drivers.nouns import AT, RECEIVED_AT, channel_model, device, holding, now, qualities, series
from tests.drivers.wires import talker

LITRES = pytest.approx(2.8316847)
"""What 1 cfm draws in 6 s."""


@asynccontextmanager
async def running(counter: Counter) -> AsyncIterator[LighthouseDriver]:
    """A connected driver of this counter."""
    async with talker(counter.answer) as server:
        driver = LighthouseDriver(counter_device(f"127.0.0.1:{server.port}"), now)
        await driver.connect()
        yield driver
        await driver.close()


async def poll(driver: LighthouseDriver, second: int) -> list[Sample]:
    """One poll; gives the records only, and checks the state's Sample."""
    state, *found = await driver.read(AT + timedelta(seconds=second))
    assert (state.series, state.at) == ("D", AT + timedelta(seconds=second))
    assert state.values[0] == 1.0
    assert all(sample.series == "D#records" and sample.received_at == RECEIVED_AT for sample in found)
    return found


def seconds(samples: Sequence[Sample]) -> list[int]:
    """When the records ended, in seconds after AT."""
    return [int((sample.at - AT).total_seconds()) for sample in samples]


async def test_a_record_comes_into_its_places_with_its_own_time() -> None:
    counter = Counter()
    counter.finish(Finished(AT, (70_000, 3), status=0b110000))
    async with running(counter) as driver:
        (record,) = await poll(driver, 1)
    assert record.at == record.source_at == AT
    assert list(record.values) == [70_000, 3, 0b110000, LITRES]
    assert (record.quality, record.reason, record.backfilled) == (None, "", False)


async def test_the_first_connection_takes_the_newest_record_only() -> None:
    counter = Counter()
    counter.finish(*records(range(0, 60, 6)))
    async with running(counter) as driver:
        assert seconds(await poll(driver, 55)) == [54]
        assert await poll(driver, 56) == []


async def test_an_empty_buffer_gives_no_record() -> None:
    async with running(Counter(status=7)) as driver:
        (state,) = await driver.read(AT)
    assert (state.quality, state.reason) == (None, "")


@pytest.mark.parametrize("sample_time_s", [1, 6, 60])
async def test_h28_each_record_once_at_any_sample_time(sample_time_s: int) -> None:
    counter = Counter()
    found: list[Sample] = []
    async with running(counter) as driver:
        for second in range(1, 181):
            if second % sample_time_s == 0:
                counter.finish(*records([second], sample_time_s=sample_time_s))
            found += await poll(driver, second)
    assert seconds(found) == list(range(sample_time_s, 181, sample_time_s))
    assert not any(sample.backfilled for sample in found)
    assert {address for address, _ in counter.written} == {24}, "nothing but the record index is written"


async def test_h28_a_record_told_twice_is_returned_once() -> None:
    counter = Counter()
    counter.finish(*records([0]))
    async with running(counter) as driver:
        assert seconds(await poll(driver, 1)) == [0]
        counter.status |= 4
        assert await poll(driver, 2) == []
        counter.status |= 4
        await driver.connect()
        assert await poll(driver, 3) == []


async def test_h28_records_missed_while_unreachable_come_oldest_first_as_backfilled() -> None:
    counter = Counter()
    counter.finish(*records(range(-60, 1, 6)))
    async with running(counter) as driver:
        assert seconds(await poll(driver, 1)) == [0]
        counter.finish(*records([6, 12, 18]))
        await driver.connect()
        found = await poll(driver, 20)
    assert seconds(found) == [6, 12, 18]
    assert [sample.backfilled for sample in found] == [True, True, False]
    assert [sample.values[0] for sample in found] == [1006, 1012, 1018]


async def test_an_old_record_that_waited_for_us_is_not_live() -> None:
    counter = Counter()
    counter.finish(*records([0]))
    async with running(counter) as driver:
        found = await poll(driver, 3600)
    assert seconds(found) == [0]
    assert found[0].backfilled


async def test_h28_a_long_gap_is_walked_over_many_polls_while_live_records_pass() -> None:
    counter = Counter(depth=60)
    counter.finish(*records([0]))
    async with running(counter) as driver:
        await poll(driver, 1)
        missed = list(range(6, 301, 6))
        counter.finish(*records(missed))
        await driver.connect()
        found = await poll(driver, 301)
        assert seconds(found) == [300]
        # The buffer is full by now: every new record moves the index of all the others.
        for second in range(306, 420, 6):
            counter.finish(*records([second]))
            found += await poll(driver, second)
    late = [sample for sample in found if sample.backfilled]
    assert seconds(late) == missed[:-1]
    assert seconds([sample for sample in found if not sample.backfilled]) == list(range(300, 420, 6))


async def test_h28_a_record_whose_answer_was_lost_is_read_again() -> None:
    counter = Counter()
    counter.finish(*records([0]))
    async with running(counter) as driver:
        await poll(driver, 1)
        counter.finish(*records([6]))
        counter.cut_after = counter.answered + 3  # status and count, index, then the record: NEW DATA is gone
        with pytest.raises(Unreachable):
            await poll(driver, 7)
        assert not counter.status & 4
        await driver.connect()
        assert seconds(await poll(driver, 8)) == [6]


async def test_h28_two_records_between_two_polls_are_both_returned() -> None:
    counter = Counter()
    counter.finish(*records([0], sample_time_s=1))
    async with running(counter) as driver:
        await poll(driver, 0)
        counter.finish(*records([1], sample_time_s=1))
        # Between the status that tells of record 1 and the read of the newest, record 2 ends.
        counter.finishing[counter.answered + 2] = records([2], sample_time_s=1)[0]
        assert seconds(await poll(driver, 2)) == [1, 2]


async def test_h28_a_hold_time_between_samples_is_no_gap() -> None:
    counter = Counter()
    found: list[Sample] = []
    async with running(counter) as driver:
        for second in range(0, 200, 20):
            counter.finish(*records([second]))
            found += await poll(driver, second)
    assert seconds(found) == list(range(0, 200, 20))
    assert not any(sample.backfilled for sample in found)


async def test_h28_a_cleared_buffer_is_no_history() -> None:
    counter = Counter()
    counter.finish(*records(range(0, 600, 6)))
    async with running(counter) as driver:
        await poll(driver, 595)
        counter.buffer.clear()
        await driver.connect()
        assert await poll(driver, 600) == []
        counter.finish(*records([660], sample_time_s=60))
        found = await poll(driver, 661)
    assert seconds(found) == [660]
    assert found[0].values[-1] == pytest.approx(28.316847), "by its own sample time, not the one before"


async def test_records_counted_with_the_clock_set_back_are_kept_as_backfilled() -> None:
    counter = Counter()
    counter.finish(*records([600]))
    async with running(counter) as driver:
        await poll(driver, 600)
        found = []
        for second in (482, 488, 494):
            counter.finish(*records([second]))
            found += await poll(driver, second + 120)
    assert seconds(found) == [482, 488, 494]
    assert [sample.backfilled for sample in found] == [True, False, False]


async def test_h28_a_buffer_cleared_under_a_walk_gives_what_was_found() -> None:
    counter = Counter()
    counter.finish(*records([0]))
    async with running(counter) as driver:
        await poll(driver, 1)
        counter.finish(*records(range(6, 301, 6)))
        await driver.connect()
        await poll(driver, 301)
        counter.buffer.clear()
        counter.finish(*records([306]))
        found = await poll(driver, 307)
    # The newest was returned before; the walk had read its place, and the others before it.
    assert seconds(found) == [*range(300 - 6 * (WALK_PER_POLL - 1), 300, 6), 306]


async def test_records_missed_while_the_clock_was_set_back_are_found() -> None:
    counter = Counter()
    counter.finish(*records([600]))
    async with running(counter) as driver:
        await poll(driver, 600)
        counter.finish(*records([606, 490, 496]))
        await driver.connect()
        found = await poll(driver, 620)
    assert seconds(found) == [490, 606, 496]
    assert all(sample.backfilled for sample in found)


async def test_h28_channels_that_are_off_have_no_value() -> None:
    counter = Counter(on=(True, False))
    counter.finish(Finished(AT, (12, 0xDEAD)))
    async with running(counter) as driver:
        (record,) = await poll(driver, 1)
    assert record.values[0] == 12
    assert math.isnan(record.values[1])
    assert qualities(record)[:2] == (Quality.GOOD, Quality.UNAVAILABLE)
    assert record.reason == "D/cnt_5_0: this particle channel is off"


@pytest.mark.parametrize(
    ("status", "quality", "reason"),
    [
        (0b0000001, Quality.SENSOR_FAULT, "laser"),
        (0b0000010, Quality.SENSOR_FAULT, "flow"),
        (0b1000000, Quality.SENSOR_FAULT, "sampler error"),
        (0b0000100, Quality.UNCERTAIN, "particle overflow"),
        (0b0001000, Quality.UNCERTAIN, "service"),
        (0b0000110, Quality.SENSOR_FAULT, "flow (and 1 more)"),
        (0b0110000, Quality.GOOD, ""),
    ],
)
async def test_h28_the_records_status_is_its_counts_quality(
    status: int, quality: Quality, reason: str
) -> None:
    counter = Counter()
    counter.finish(Finished(AT, (5, 1), status))
    async with running(counter) as driver:
        (record,) = await poll(driver, 1)
    assert list(record.values) == [5, 1, status, LITRES]
    assert qualities(record) == (quality, quality, Quality.GOOD, quality)
    assert record.reason == (f"D#records: {reason}" if reason else "")


async def test_the_state_has_the_counters_own_clock() -> None:
    counter = Counter(clock=AT - timedelta(seconds=7))
    async with running(counter) as driver:
        (state,) = await driver.read(AT)
    assert state.source_at == AT - timedelta(seconds=7)


async def test_h28_the_volume_is_the_records_own_time_at_the_flow_shown() -> None:
    counter = Counter(flow=98)
    counter.finish(Finished(AT, (5, 1), sample_time_s=60))
    async with running(counter) as driver:
        (record,) = [one for one in await driver.read(AT) if one.series == "D#records"]
    assert record.values[-1] == pytest.approx(0.98 * 28.316847)


@pytest.mark.parametrize(("flow", "alarm"), [(0, 0), (60, 1 << 12)])
@pytest.mark.parametrize(("status", "quality"), [(0, Quality.UNAVAILABLE), (2, Quality.SENSOR_FAULT)])
async def test_h28_a_flow_that_is_wrong_now_makes_no_volume(
    flow: int, alarm: int, status: int, quality: Quality
) -> None:
    counter = Counter(flow=flow, status=3 | alarm)
    counter.finish(Finished(AT, (5, 1), status))
    async with running(counter) as driver:
        _, record = await driver.read(AT)
    assert math.isnan(record.values[-1])
    assert qualities(record)[-1] is quality


@pytest.mark.parametrize("question", range(8))
async def test_h28_a_counter_that_is_busy_loses_nothing(question: int) -> None:
    counter = Counter()
    counter.finish(*records([0]))
    async with running(counter) as driver:
        await poll(driver, 1)
        counter.finish(*records([6, 12]))
        counter.busy = {counter.answered + question}
        found = []
        for second in (13, 14):
            try:
                found += [
                    one for one in await driver.read(AT + timedelta(seconds=second)) if one.series != "D"
                ]
            except DriverError:
                await driver.connect()
    assert seconds(found) == [6, 12]


async def test_a_counter_that_is_busy_with_its_records_tells_its_state() -> None:
    counter = Counter()
    counter.finish(*records([0]))
    async with running(counter) as driver:
        counter.busy = {3}
        (state,) = await driver.read(AT)
        assert state.quality == (Quality.GOOD, Quality.UNCERTAIN, Quality.GOOD)
        assert "device busy" in state.reason
        assert seconds(await poll(driver, 1)) == [0]


async def test_h28_records_that_pass_while_older_ones_are_fetched_say_so() -> None:
    counter = Counter()
    counter.finish(*records([0]))
    async with running(counter) as driver:
        await poll(driver, 1)
        counter.finish(*records(range(6, 79, 6)))
        first, second, third = [await poll(driver, s) for s in (79, 80, 81)]
    assert [(at, sample.catching_up) for at, sample in zip(seconds(first), first, strict=True)] == [
        (78, True)
    ]
    assert seconds(second) == list(range(6, 73, 6))
    assert not any(sample.catching_up for sample in second)
    assert third == []


async def test_data_validation_is_never_real() -> None:
    counter = Counter(status=3 | 1 << 9)
    counter.finish(*records([0]))
    async with running(counter) as driver:
        (record,) = await poll(driver, 1)
    assert qualities(record)[:2] == (Quality.SIMULATED, Quality.SIMULATED)


async def test_zeros_are_not_clean_air() -> None:
    """A record without a time is what an empty buffer reads as."""
    counter = Counter(buffer=[Finished(AT - timedelta(seconds=AT.timestamp()), (0, 0))], status=7)
    async with running(counter) as driver:
        state, *found = await driver.read(AT)
    assert found == []
    assert state.quality == (Quality.GOOD, Quality.UNCERTAIN, Quality.GOOD)
    assert "has no time" in state.reason


def test_a_counter_without_its_status_register_is_refused_at_once() -> None:
    models = [model for model in CHANNELS if model.key != "device_status"]
    with pytest.raises(ValueError, match="needs a channel at 40003"):
        LighthouseDriver(device(counter_device("h:1").profile.protocol, models, "127.0.0.1:1"), now)


def test_records_without_counts_are_refused_at_once() -> None:
    with pytest.raises(ValueError, match="kind count"):
        RecordPlan(series([channel_model("t", holding(2, "u32", table="input"))]), 0, HEADER_WORDS)


# --- Laws ---------------------------------------------------------------------------------------


@given(st.lists(st.integers(0, 0xFFFF), min_size=16, max_size=76))
def test_law_any_words_make_a_record_or_none(words: list[int]) -> None:
    record = parse(words)
    assert (record is None) == (words[:2] == [0, 0] or words[0] >= 0x8000)
    if record is None:
        return
    row = RecordPlan(counter_device("h:1").series[1], 0, HEADER_WORDS).row(record)
    sample = row.sample(record.at, RECEIVED_AT)
    assert sample.at == record.at
    assert all(math.isfinite(value) for value in sample.values)
    assert sample.values[0] == words[10] << 16 | words[11]
    assert len(words) >= HEADER_WORDS


STEPS = st.sampled_from(["record", "record", "poll", "poll", "cut", "connect", "race", "hold"])


@settings(max_examples=60, deadline=None)
@given(st.lists(STEPS, max_size=40), st.integers(0, 20), st.sampled_from([200, 24]))
def test_h28_law_every_record_is_returned_exactly_once(steps: list[str], cut: int, depth: int) -> None:
    """Whatever order records, polls and lost connections come in, as long as the buffer still holds them."""

    async def scenario() -> list[int]:
        counter = Counter(depth=depth)
        counter.finish(*records(range(-120, 1, 6)))
        found: list[Sample] = []
        async with running(counter) as driver:
            found += await poll(driver, 1)
            second = 0
            for step in [*steps, *["connect", "poll"] * 2, *["poll"] * (40 // WALK_PER_POLL + 4)]:
                if step in {"record", "hold", "race"}:
                    counter.finish(*counter.finishing.values())
                    counter.finishing.clear()
                    second += 60 if step == "hold" else 6
                    if step == "race":
                        counter.finishing[counter.answered + 2] = records([second])[0]
                    else:
                        counter.finish(*records([second]))
                elif step == "cut":
                    counter.cut_after = counter.answered + cut
                else:
                    try:
                        if step == "connect":
                            await driver.connect()
                        else:
                            found += await poll(driver, second)
                    except DriverError:
                        await driver.connect()
        expected = [int((record.at - AT).total_seconds()) for record in counter.buffer]
        return [missing for missing in expected if missing >= 0 and seconds(found).count(missing) != 1]

    assert asyncio.run(scenario()) == []
