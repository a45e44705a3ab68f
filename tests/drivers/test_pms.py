"""PMS counters against words typed from the manuals: scales, zeros, and a queue that gives a record away but once."""

import math
import struct
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from config.load import PROFILES_DIR, load_profile
from config.model import ChannelModel, Kind, Protocol, Quality, Sample
from drivers.driver import DriverError, Nonsense
from drivers.pms import PmsDriver
from tests.drivers.nouns import AT, RECEIVED_AT, channel_model, device, holding, now, qualities
from tests.drivers.wires import Answer, frame, talker

CLOCK = int(AT.timestamp())
AIRNET, MINICAPT = (
    load_profile(PROFILES_DIR / f"{name}.yaml").channels for name in ("pms_airnet", "pms_minicapt")
)

RECORD = [
    *(0x0000, 0x0013),  # 30212/13: collecting, data available, green
    *(0x0101, 0x0001),  # 30214 sampling, hold; 30215 one in the queue
    *divmod(CLOCK - 1, 1 << 16),  # 30216/17
    *(0x0000, 0x0258),  # 30218/19: 600 hundredths of a second
    *(0x0000, 0x0007),  # 30220/21: laser, flow and hardware good
    *(0x0000, 0x0064),  # 30222/23: 100, 1.00 cfm
    *(0x0000, 0x03E8),  # 30224/25: 1000, 0.1000 cf
    *(0x0000, 0x0004, 0x0000),  # 30226 location, 30227 particle channels, 30228 analog channels
    *(0x0002, 0x0001, 0x0000, 0x26EF, 0x0000, 0x0262, 0x0000, 0x0052),  # 30229..30236
]
EMPTY = [0x0000, 0x0011, 0x0001, *[0] * 22]


def floats(words: Sequence[int]) -> list[int]:
    """The same record in float mode."""
    numbers = [struct.unpack(">2H", struct.pack(">f", number)) for number in (6.0, 1.0, 0.1)]
    return [0, 0x0093, *words[2:6], *numbers[0], *words[8:10], *numbers[1], *numbers[2], *words[14:]]


@dataclass
class Unit:
    """A counter's registers as they stand, and what was written."""

    block: list[int] = field(default_factory=lambda: list(RECORD))
    scales: tuple[int, int] = (2, 4)
    calibrated: tuple[int, int, int] = (6, 9, 2026)
    has_clock: bool = True
    after_pop: list[int] = field(default_factory=lambda: list(EMPTY))
    cuts_pop: bool = False
    written: list[tuple[int, int, int]] = field(default_factory=list)

    def answer(self, question: bytes) -> Answer:
        function, address, count = question[7], *struct.unpack(">HH", question[8:12])
        if function in (5, 6):
            self.written.append((function, address, count))
            self.block = self.after_pop
            return None if self.cuts_pop else question
        if function == 3 and not self.has_clock:
            return frame(question, b"\x83\x02")
        tables = {3: [(0, [*divmod(CLOCK, 1 << 16), 6])]}
        tables[4] = [(10, [*self.scales]), (200, [*self.calibrated]), (211, self.block)]
        words = {first + n: word for first, run in tables[function] for n, word in enumerate(run)}
        said = [words[place] for place in range(address, address + count)]
        return frame(question, bytes([function, 2 * count]) + struct.pack(f">{count}H", *said))


@dataclass
class Kept:
    """Up to when records are on our disk."""

    mark: datetime | None = None

    def __call__(self, _: str) -> datetime | None:
        return self.mark


@asynccontextmanager
async def running(
    unit: Unit, models: Sequence[ChannelModel] = AIRNET, kept: Kept | None = None
) -> AsyncIterator[PmsDriver]:
    async with talker(unit.answer) as server:
        made = device(Protocol.PMS, models, f"127.0.0.1:{server.port}")
        driver = PmsDriver(made, now, kept or Kept())
        await driver.connect()
        yield driver
        await driver.close()


def told(sample: Sample, models: Sequence[ChannelModel], *, record: bool = False) -> dict[str, float]:
    keys = [model.key for model in models if model.record is record]
    return dict(zip(keys, sample.values, strict=True))


LITRES = pytest.approx(2.8316847)
STATE = {"device_state": 1, "queue": 1, "sample_time": 6}
COUNTS = {
    "flow": pytest.approx(1.0),
    "cnt_0_3": 131073,
    "cnt_0_5": 9967,
    "cnt_1_0": 610,
    "cnt_5_0": 82,
    "packet_status": 7,
    "volume": LITRES,
}


async def test_a_record_and_the_state_come_into_their_places() -> None:
    async with running(Unit()) as driver:
        state, record = await driver.read(AT)
    calibrated = datetime(2026, 6, 9, tzinfo=UTC).timestamp()
    assert told(state, AIRNET) == {**STATE, "device_status": 0x13, "cal_date": calibrated}
    assert (state.source_at, state.received_at, state.quality) == (AT, RECEIVED_AT, None)
    assert told(record, AIRNET, record=True) == COUNTS
    assert record.at == record.source_at == AT - timedelta(seconds=1)
    assert (record.quality, record.backfilled, record.catching_up) == (None, False, False)


async def test_float_mode_is_told_by_the_status_and_needs_no_scale() -> None:
    async with running(Unit(floats(RECORD), scales=(9, 9))) as driver:
        _, record = await driver.read(AT)
    assert told(record, AIRNET, record=True) == COUNTS


async def test_the_scales_are_the_counters_own() -> None:
    async with running(Unit(scales=(3, 5))) as driver:
        _, record = await driver.read(AT)
    assert told(record, AIRNET, record=True)["flow"] == pytest.approx(0.1)
    assert told(record, AIRNET, record=True)["volume"] == pytest.approx(0.28316847)


async def test_a_scale_that_cannot_be_one_is_nonsense() -> None:
    with pytest.raises(Nonsense, match="powers of ten"):
        async with running(Unit(scales=(2, 0xFFFF))):
            pass


async def test_zeros_are_not_clean_air() -> None:
    unit = Unit(EMPTY)
    async with running(unit, kept=Kept(AT)) as driver:
        state, *records = await driver.read(AT)
    assert records == []
    assert unit.written == []
    assert "flow" not in told(state, AIRNET), "it stands with a record, and there is none"


async def test_what_stands_there_while_no_data_is_available_is_no_record() -> None:
    async with running(Unit([0, 0x11, *RECORD[2:]])) as driver:
        assert len(await driver.read(AT)) == 1


async def test_a_record_without_a_time_is_told_of_and_not_taken() -> None:
    unit = Unit([0, 0x13, *EMPTY[2:]])
    async with running(unit, kept=Kept(AT)) as driver:
        state, *records = await driver.read(AT)
    assert (records, unit.written) == ([], [])
    assert Quality.UNCERTAIN in qualities(state)
    assert "has no time" in state.reason


async def test_h28_a_record_leaves_the_queue_once_it_is_kept_and_nothing_else_is_written() -> None:
    unit, kept = Unit(), Kept()
    async with running(unit, kept=kept) as driver:
        assert len(await driver.read(AT)) == 2
        assert len(await driver.read(AT)) == 1
        kept.mark = AT - timedelta(seconds=2)
        assert len(await driver.read(AT)) == 1
        assert unit.written == []
        kept.mark = AT - timedelta(seconds=1)
        _, *records = await driver.read(AT)
        assert records == []
        await driver.read(AT)
    assert unit.written == [(5, 1, 0)]


async def test_h28_a_record_whose_farewell_was_lost_takes_no_other_with_it() -> None:
    second = [*RECORD[:4], *divmod(CLOCK, 1 << 16), *RECORD[6:]]
    unit, kept = Unit(after_pop=second, cuts_pop=True), Kept()
    async with running(unit, kept=kept) as driver:
        await driver.read(AT)
        kept.mark = AT - timedelta(seconds=1)
        with pytest.raises(DriverError):
            await driver.read(AT)
        await driver.connect()
        _, record = await driver.read(AT)
        assert record.at == AT
        await driver.read(AT)
    assert unit.written == [(5, 1, 0)]


async def test_h28_a_record_that_was_kept_before_a_restart_is_not_given_again() -> None:
    unit = Unit()
    async with running(unit, kept=Kept(AT - timedelta(seconds=1))) as driver:
        assert len(await driver.read(AT)) == 1
    assert unit.written == [(5, 1, 0)]


async def test_h28_a_clock_that_is_set_back_loses_no_record() -> None:
    unit = Unit()
    async with running(unit, kept=Kept(AT + timedelta(hours=1))) as driver:
        assert len(await driver.read(AT)) == 2


async def test_a_record_of_before_the_last_is_of_the_past_however_fresh() -> None:
    unit, kept = Unit(has_clock=False), Kept()
    unit.after_pop = [*RECORD[:4], *divmod(CLOCK - 3600, 1 << 16), *RECORD[6:]]
    async with running(unit, kept=kept) as driver:
        await driver.read(AT)
        kept.mark = AT
        _, record = await driver.read(AT - timedelta(hours=1))
    assert record.backfilled


@pytest.mark.parametrize("late_s", [0, 15])
async def test_late_is_told_by_the_counters_own_clock(late_s: int) -> None:
    block = [*RECORD[:4], *divmod(CLOCK - late_s, 1 << 16), *RECORD[6:]]
    async with running(Unit(block)) as driver:
        _, record = await driver.read(AT + timedelta(hours=1))
    assert record.backfilled == (late_s == 15)


@pytest.mark.parametrize(
    ("packet", "quality", "reason"),
    [
        (7, Quality.GOOD, ""),
        (6, Quality.SENSOR_FAULT, "laser not good"),
        (5, Quality.SENSOR_FAULT, "flow not good"),
        (3, Quality.SENSOR_FAULT, "hardware not good"),
        (0, Quality.SENSOR_FAULT, "laser not good, flow not good, hardware not good"),
    ],
)
async def test_h28_a_set_bit_is_good(packet: int, quality: Quality, reason: str) -> None:
    async with running(Unit([*RECORD[:9], packet, *RECORD[10:]])) as driver:
        _, record = await driver.read(AT)
    assert qualities(record) == (Quality.GOOD, *(quality,) * 4, Quality.GOOD, quality)
    assert record.reason == (f"D#records: {reason}" if reason else "")


async def test_channels_that_the_counter_does_not_have_have_no_value() -> None:
    async with running(Unit([*RECORD[:15], 2, *RECORD[16:]])) as driver:
        _, record = await driver.read(AT)
    assert qualities(record)[1:5] == (Quality.GOOD,) * 2 + (Quality.UNAVAILABLE,) * 2


async def test_a_counter_without_a_clock_is_read_all_the_same() -> None:
    async with running(Unit(has_clock=False)) as driver:
        state, record = await driver.read(AT)
    assert state.source_at is None
    assert math.isnan(told(state, AIRNET)["sample_time"])
    assert told(record, AIRNET, record=True) == COUNTS


async def test_a_day_that_is_none_is_no_value() -> None:
    async with running(Unit(calibrated=(0, 0, 0))) as driver:
        state, _ = await driver.read(AT)
    assert math.isnan(told(state, AIRNET)["cal_date"])


async def test_a_sampler_shows_what_it_does_and_nothing_is_taken_from_it() -> None:
    block = [0, 0x0103, 0x0103, 2, 0, 0, 0, 0xEA60, 1, 5, 0, 0x2710, 1, 0x86A0, 7, 0, 3]
    unit = Unit([*block, *[0] * 4], scales=(2, 5))
    async with running(unit, MINICAPT, Kept(AT + timedelta(days=1))) as driver:
        (state,) = await driver.read(AT)
        await driver.read(AT)
    assert unit.written == []
    assert told(state, MINICAPT) == {
        "device_status": 0x0103,
        "state": 3,
        "substate": 1,
        "flow": pytest.approx(100.0),
        "volume": pytest.approx(1.0),
        "elapsed": pytest.approx(600.0),
        "packet_status": 65541,
        "queue": 2,
        "location": 7,
    }


def test_a_channel_where_the_counter_tells_nothing_is_refused_at_once() -> None:
    models = [*AIRNET, channel_model("other", holding(50, table="input"), kind=Kind.ANALOG)]
    with pytest.raises(ValueError, match="D/other: a PMS counter tells nothing at input 50"):
        PmsDriver(device(Protocol.PMS, models, "127.0.0.1:1"), now)
