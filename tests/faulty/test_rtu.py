"""H5, Modbus RTU: no answer says which register it is of, and none may be taken for another's."""

from contextlib import AsyncExitStack
from functools import partial

from tests.faulty.trial import assert_right, trial
from tests.faulty.truth import read_registers, serve_registers
from tests.proxy import RTU

TIMEOUT_S = 0.3  # what an RTU frame cannot tell, the time must: half of this is what the machine may stall
DRIVERS = 20
SEED = 0
"""More of them, and more exchanges: bench/bench_faults.py."""


async def test_h5_no_fault_of_the_wire_gives_a_register_anothers_value() -> None:
    async with AsyncExitStack() as servers:
        served = [await servers.enter_async_context(serve_registers(rtu=True)) for _ in range(DRIVERS)]
        drive = partial(read_registers, timeout_s=TIMEOUT_S, rtu=True)
        tally = await trial(served, drive, RTU, faulty=300, seed=SEED, late_s=1.5 * TIMEOUT_S)
    assert_right(tally, SEED)
