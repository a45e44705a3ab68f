"""niotronic counters: the archive's next set is asked for only when this one is kept."""

from datetime import UTC, datetime

import pytest

from config.model import Quality
from drivers.niotronic import moment
from tests.drivers.nouns import qualities
from tests.drivers.rig import rig, times


@pytest.mark.parametrize(
    ("words", "at"),
    [
        ([6, 30, 8, 21, 11, 26], datetime(2026, 11, 21, 8, 30, 6, tzinfo=UTC)),
        ([0] * 6, None),
        ([0, 0, 24, 1, 1, 26], None),
    ],
)
def test_a_moment_is_six_words_seconds_first(words: list[int], at: datetime | None) -> None:
    assert moment(words) == at


async def test_h28_a_set_is_let_go_only_when_it_is_kept() -> None:
    async with rig("niotronic_aeromon") as one:
        await one.poll(20)
        assert len(one.machine.records) == 3
        assert len(one.given) == 1
        one.keep()
        await one.poll(2)
        assert len(one.machine.records) == 2
        assert times(one.given) == one.truth[:2]


async def test_counts_stand_low_word_first_and_channels_that_are_off_have_none() -> None:
    async with rig("niotronic_aeromon") as one:
        one.wait(6)
        (record,) = await one.poll()
        assert [one.value(record, f"cnt_{n}") for n in range(1, 5)] == list(one.machine.records[0].counts)
        off = [one.place(record, f"cnt_{n}") for n in range(5, 9)]
        assert {qualities(record)[place] for place in off} == {Quality.UNAVAILABLE}
        assert one.states[-1].source_at == one.now()
