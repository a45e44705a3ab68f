"""Faulty wires by the thousand: how many values were checked against the truth, and how many were wrong (none may be).

    python -m bench.bench_faults [--exchanges 500] [--seed 0] [--only PROTOCOL]

The full figures: --exchanges 10000, some minutes. A wrong value ends it with status 1.
"""

import argparse
import asyncio
import logging
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

import drivers.opcua
from bench.running import say
from tests.faulty.counting import LIGHTHOUSE, PMS, Make, count
from tests.faulty.trial import Tally, trial
from tests.faulty.truth import encryption_in, read_nodes, read_registers, serve_nodes, serve_registers
from tests.proxy import MBAP, OPCUA, OPCUA_SIGNED, RTU, Framing

TIMEOUT_S = 0.1
LATE_S = 1.5 * TIMEOUT_S
MODBUS_DRIVERS = 50
OPCUA_DRIVERS = 20
COUNTERS = 20


async def modbus(exchanges: int, seed: int, framing: Framing, *, rtu: bool) -> Tally:
    async with AsyncExitStack() as servers:
        served = [await servers.enter_async_context(serve_registers(rtu=rtu)) for _ in range(MODBUS_DRIVERS)]
        drive = partial(read_registers, timeout_s=TIMEOUT_S, rtu=rtu)
        return await trial(served, drive, framing, faulty=exchanges, seed=seed, late_s=LATE_S)


async def counters(exchanges: int, seed: int, make: Make) -> Tally:
    counted = await count(make, COUNTERS, faulty=exchanges, seed=seed, share=0.1, timeout_s=TIMEOUT_S)
    tally = counted[0].tally
    for one in counted:
        for at in one.due:
            tally.check(one.taken.get(at) == 1, f"the record of {at} was given {one.taken.get(at, 0)} times")
    return tally


async def opcua(exchanges: int, seed: int, *, encrypted: bool) -> Tally:
    with tempfile.TemporaryDirectory() as folder:
        encryption = await encryption_in(Path(folder)) if encrypted else None
        async with serve_nodes(encryption) as one:
            drive = partial(read_nodes, timeout_s=TIMEOUT_S, encryption=encryption)
            framing = OPCUA_SIGNED if encrypted else OPCUA
            served = [one] * OPCUA_DRIVERS
            return await trial(served, drive, framing, faulty=exchanges, seed=seed, share=0.1, late_s=LATE_S)


PROTOCOLS: dict[str, Callable[[int, int], Coroutine[None, None, Tally]]] = {
    "modbus_tcp": partial(modbus, framing=MBAP, rtu=False),
    "modbus_rtu": partial(modbus, framing=RTU, rtu=True),
    "lighthouse": partial(counters, make=LIGHTHOUSE),
    "pms": partial(counters, make=PMS),
    "opcua": partial(opcua, encrypted=False),
    "opcua_signed": partial(opcua, encrypted=True),
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--exchanges", type=int, default=500, help="faulty exchanges of each protocol")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", choices=PROTOCOLS, action="append")
    chosen = parser.parse_args()
    logging.disable(logging.CRITICAL)
    # So that most of the time goes into faults and not into waiting for the end of one.
    drivers.opcua.CONNECT_TIMEOUT_S, drivers.opcua.SECURE_CONNECT_TIMEOUT_S = 3 * TIMEOUT_S, 1.0
    wrong = 0
    for name in chosen.only or PROTOCOLS:
        began = time.monotonic()
        tally = asyncio.run(PROTOCOLS[name](chosen.exchanges, chosen.seed))
        wrong += tally.wrong
        say(
            f"faults_{name}",
            seed=chosen.seed,
            exchanges=tally.faults.total(),
            faulty=tally.faulty,
            faults={str(fault): times for fault, times in sorted(tally.faults.items())},
            values_checked=tally.checked,
            values_wrong=tally.wrong,
            told=tally.told,
            errors=dict(tally.errors),
            seconds=round(time.monotonic() - began, 1),
        )
    sys.exit(wrong > 0)


if __name__ == "__main__":
    main()
