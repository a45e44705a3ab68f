"""Serve a plant's simulators, and write down each second which device was asked when.

    python -m bench.chaos_plant PLANT LOG

The log has a line for each device and second: the device, and the milliseconds since 1970 at which a question to it was
answered. It is the simulators' own record of what was read, whatever becomes of the answers.
"""

import asyncio
import logging
import sys
import time
from collections import defaultdict
from pathlib import Path

from asyncua import ua
from asyncua.server.internal_session import InternalSession

import simulators.modbus
from config.load import load
from config.model import Device
from simulators.clock import utc_now
from simulators.machine import Machine
from simulators.registers import Unit
from simulators.serve import STEP_S
from simulators.site import Site

ANSWERED: defaultdict[str, list[int]] = defaultdict(list)
"""Device -> when, in milliseconds since 1970, since the log was written last."""


def note(device: str) -> None:
    """A question to a device is answered now."""
    ANSWERED[device].append(time.time_ns() // 1_000_000)


def listen_to_modbus() -> None:
    """Hear each reading of a unit."""
    made = simulators.modbus.units

    def units(device: Device, machine: Machine) -> dict[int, Unit]:
        by_id = made(device, machine)
        for unit in by_id.values():
            _listen(device.id, unit)
        return by_id

    simulators.modbus.units = units


def _listen(device: str, unit: Unit) -> None:
    read = unit.read

    def heard(table: str, address: int, count: int) -> list[int]:
        note(device)
        return read(table, address, count)

    unit.read = heard  # type: ignore[method-assign]  # the ear


def listen_to_opcua(site: Site) -> None:
    """Hear each Read service; a session knows its server, and a server its device."""
    read = InternalSession.read

    async def heard(session: InternalSession, params: ua.ReadParameters) -> list[ua.DataValue]:
        for device, wire in site._opcua.items():  # noqa: SLF001 - the ear
            if wire._server.iserver is session.iserver:  # noqa: SLF001 - the ear
                note(device)
        return await read(session, params)

    InternalSession.read = heard  # type: ignore[method-assign,assignment]  # the ear


async def serve(plant_dir: Path, log: Path) -> None:
    """Serve until the process ends."""
    listen_to_modbus()
    site = Site(load(plant_dir), utc_now)
    listen_to_opcua(site)
    await site.open()
    print("serving", flush=True)
    due = time.time() + 1
    with log.open("w") as file:
        while True:
            await site.advance()
            await asyncio.sleep(STEP_S)
            if time.time() >= due:
                due += 1
                for device, times in ANSWERED.items():
                    file.write(f"{device} {' '.join(map(str, times))}\n")
                file.flush()
                ANSWERED.clear()


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    asyncio.run(serve(Path(sys.argv[1]), Path(sys.argv[2])))
