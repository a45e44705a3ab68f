"""A time limit is told as one, also in the moment in which the answer comes."""

import asyncio

import pytest
from asyncua.common.utils import wait_for

from drivers.bounded import bounded


async def test_an_answer_in_the_moment_in_which_its_time_is_up_is_no_cancelled_task() -> None:
    answer = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_soon(answer.set_result, b"answer")
    with pytest.raises(TimeoutError):
        async with bounded(0):
            await wait_for(answer, 60)
    assert answer.done()


async def test_whoever_is_cancelled_from_outside_stays_so() -> None:
    began = asyncio.Event()

    async def work() -> None:
        async with bounded(60):
            began.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(work())
    await began.wait()
    task.cancel()
    await asyncio.wait({task})
    assert task.cancelled()
