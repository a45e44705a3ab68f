"""MET ONE counters against words typed from the manual's tables."""

from datetime import UTC, datetime

import pytest

from config.model import Quality
from drivers.met_one import parse
from tests.drivers.nouns import qualities
from tests.drivers.rig import rig

WORDS = [2026, 0x0B15, 8, 0x1E06, 1, 0x0203, 0, 0, 28, 0, 0, *[0] * 8]
"""21 November 2026, 08:30:06; a period of 1 h 2 min 3 s; 28 litres; no status bit."""


def test_time_and_period_stand_in_bytes() -> None:
    record = parse(WORDS)
    assert record is not None
    assert record.at == datetime(2026, 11, 21, 8, 30, 6, tzinfo=UTC)
    assert (record.sample_time_s, record.faults) == (3723, ())


@pytest.mark.parametrize(
    ("status", "faults"),
    [(1, ("sensor",)), (1 << 6, ("air flow",)), (1 << 2, ()), (0x41, ("sensor", "air flow"))],
)
def test_bits_of_the_sensor_and_of_the_air_flow_are_faults(status: int, faults: tuple[str, ...]) -> None:
    record = parse([*WORDS[:10], status, *WORDS[11:]])
    assert record is not None
    assert record.faults == faults


def test_zeros_are_not_clean_air() -> None:
    assert parse([0] * 19) is None


async def test_a_record_is_the_buffered_block_and_its_period_is_seconds() -> None:
    async with rig("met_one_6000", 70) as one:
        await one.read_out(71)
        (record,) = one.given
        assert one.value(record, "rec_period") == 70
        assert one.value(record, "volume") == 33
        assert one.value(record, "cnt_1") == one.machine.records[-1].counts[0]
        assert set(qualities(record)) == {Quality.GOOD}
        assert one.value(one.states[-1], "temp") == 21.0
