"""H5, Modbus TCP: whatever the wire does, a good value is what its own register held when it was asked."""

from contextlib import AsyncExitStack
from functools import partial

from tests.faulty.trial import assert_right, trial
from tests.faulty.truth import read_registers, serve_registers
from tests.proxy import MBAP

TIMEOUT_S = 0.06
DRIVERS = 20
SEED = 0
"""More of them, and more exchanges: bench/bench_faults.py."""


async def test_h5_no_fault_of_the_wire_gives_a_register_anothers_value() -> None:
    async with AsyncExitStack() as servers:
        served = [await servers.enter_async_context(serve_registers()) for _ in range(DRIVERS)]
        drive = partial(read_registers, timeout_s=TIMEOUT_S)
        tally = await trial(served, drive, MBAP, faulty=300, seed=SEED, late_s=1.5 * TIMEOUT_S)
    assert_right(tally, SEED)
