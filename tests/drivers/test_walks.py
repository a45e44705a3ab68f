"""More holes than can be walked at once, and polls that fail on the way: no record is passed over."""

import asyncio
from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.driver import Unreachable
from drivers.record import Record
from drivers.walks import WALK_PER_POLL, WALKS, Walks
from tests.drivers.nouns import AT


def record(second: int) -> Record:
    return Record(AT + timedelta(seconds=second), 6, 1, ())


def second_of(one: Record) -> int:
    return round((one.at - AT).total_seconds())


class Buffer:
    """Records by their index, oldest first; the oldest is lost once there are `depth`."""

    def __init__(self, depth: int = 10**9) -> None:
        self.depth = depth
        self.records: list[Record] = []
        self.given: list[Record] = []
        self.walks = Walks()
        self.fetches_left = 10**9
        self.has_time = True

    async def fetch(self, index: int) -> Record | None:
        self.fetches_left -= 1
        if self.fetches_left < 0:
            raise Unreachable("cut")
        return self.records[-self.depth :][index]

    async def poll(self, *, fails: bool = False) -> bool:
        """One poll; says whether older records are still to come."""
        newest = self.records[-1] if self.walks.is_new(self.records[-1]) else None
        count = min(len(self.records), self.depth)
        missed = await self.walks.go_back(newest, count, self.fetch, lambda: self.has_time)
        is_open = self.walks.is_open
        if not fails:
            self.given += [*missed, *([newest] if newest else [])]
            self.walks.remember(missed, self.records[-1])
        return is_open

    def count(self, *seconds: int) -> None:
        self.records += [record(second) for second in seconds]


async def test_on_a_slow_line_a_walk_takes_one_step_a_poll_and_ends_all_the_same() -> None:
    buffer = Buffer()
    buffer.count(0)
    await buffer.poll()
    buffer.count(*range(600, 660, 6))
    buffer.has_time = False
    for _ in range(9):
        fetched = buffer.fetches_left
        assert await buffer.poll()
        assert fetched - buffer.fetches_left == 1
    await buffer.poll()
    assert not await buffer.poll()
    assert sorted(buffer.given, key=lambda one: one.at) == buffer.records


async def test_h28_a_hole_for_which_no_walk_is_free_shares_one() -> None:
    buffer = Buffer()
    buffer.count(0)
    await buffer.poll()
    for hole in range(1, 2 * WALKS):
        buffer.count(*range(hole * 1000, hole * 1000 + 6 * (WALK_PER_POLL + 1), 6))
        assert await buffer.poll()
    polls = 0
    while await buffer.poll():
        polls += 1
        buffer.count(100_000 + 6 * polls)
    assert sorted(buffer.given, key=lambda one: one.at) == buffer.records


async def test_h28_polls_that_fail_again_and_again_pass_no_record_over() -> None:
    buffer = Buffer()
    buffer.count(0)
    await buffer.poll()
    buffer.count(*range(600, 1200, 6))
    for second in range(1200, 1200 + 6 * 3 * WALKS, 6):
        buffer.count(second)
        await buffer.poll(fails=True)
    while await buffer.poll():
        pass
    assert sorted(buffer.given, key=lambda one: one.at) == buffer.records


async def test_h28_a_walk_that_begins_anew_time_and_again_finds_each_record_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What is found twice fills no buffer: such a walk ended as if it had been through all of it."""
    monkeypatch.setattr("drivers.walks.BUFFER_DEPTH", 100)
    buffer = Buffer()
    buffer.count(0)
    await buffer.poll()
    for hole in range(1, 30):
        buffer.count(hole * 1000, hole * 1000 + 6, hole * 1000 + 12)
        buffer.fetches_left = WALK_PER_POLL
        await buffer.poll(fails=True)
    buffer.fetches_left = 10**9
    while await buffer.poll():
        pass
    assert sorted(buffer.given, key=lambda one: one.at) == buffer.records


async def test_h28_in_a_full_buffer_a_walk_is_not_ended_by_what_another_one_has_given_meanwhile() -> None:
    """Its records move down under a walk that waits: those above its hole come by, and they are known."""
    buffer = Buffer(depth=100)
    buffer.count(*range(0, 600, 6))
    await buffer.poll()
    buffer.count(*range(1000, 1120, 6))
    await buffer.poll()
    buffer.count(*range(2000, 2240, 6))
    while await buffer.poll():
        buffer.count(second_of(buffer.records[-1]) + 6)
    assert len(buffer.records) < 2 * buffer.depth, "nothing that was missed is gone from the buffer"
    assert sorted(buffer.given, key=lambda one: one.at) == buffer.records[99:]


STEPS = st.lists(st.tuples(st.integers(1, 12), st.booleans(), st.integers(0, 10)), max_size=40)
"""So many records end between two polls; whether there is a pause before them; after how many reads the wire is cut."""


@given(STEPS, st.sampled_from([1, 500]))
def test_h28_law_every_record_is_given_once_wherever_polls_fail(
    steps: list[tuple[int, bool, int]], before: int
) -> None:
    """Also in a buffer that is full from the start, as long as what is missed stays in it."""

    async def scenario() -> None:
        buffer, second = Buffer(depth=500), 0
        buffer.count(*range(6 - 6 * before, 6, 6))
        await buffer.poll()
        for ended, pauses, reads in steps:
            for _ in range(ended):
                second += 6
                buffer.count(second + 60 * pauses)
            second += 60 * pauses
            buffer.fetches_left = reads
            with suppress(Unreachable):
                await buffer.poll(fails=reads == 10)
        buffer.fetches_left = 10**9
        while await buffer.poll():
            pass
        assert sorted(buffer.given, key=lambda one: one.at) == buffer.records[before - 1 :]

    asyncio.run(scenario())
