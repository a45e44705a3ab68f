"""A plant of many plain Modbus devices, made to measure: written as YAML, served by one light process, and collected.

    python -m bench.scaled serve FOLDER
    python -m bench.scaled collect FOLDER

Each device has 100 holding registers, read by one request, and all of them change every second: two hold the device's
own time, the rest values that look like a room's. Five of its channels have two limits each, never exceeded.
"""

import argparse
import asyncio
import logging
import random
import struct
import time
from contextlib import suppress
from pathlib import Path

import structlog

from bench.ports import free_port
from config.load import load
from config.plant import Plant
from monitor.clock import SystemClock
from monitor.collector.collect import CollectSettings, collect

REGISTERS = 100
VALUES = REGISTERS - 2
LIMITED = 5
PER_NETWORK = 200
"""Addresses in one 127.0.n.0: all of 127.0.0.0/8 is this machine."""
VALUE_HIGH_BYTE = 0x08
"""0x0800 to 0x08FF hundredths: 20.48 to 23.03."""
DAY_MS = 86_400_000
READ_HOLDING = 3
ASK = struct.Struct(">HHHBBHH")
ANSWER = struct.Struct(">HHHBBBI")

HEAD = """\
plant: scaled
label: {en: Plant made to measure, zh: 测试工厂}
time_zone: Asia/Shanghai
communication_delay_s: 10
workshops:
  - {id: W, label: {en: Workshop, zh: 车间}}
zones:
  - {id: W-C, workshop: W, grade: C, label: {en: Room, zh: 房间}}
guidance:
  - alarms: ["*/*", "*/*/*"]
    consequence: {en: None., zh: 无。}
    response: {en: None., zh: 无。}
    respond_within_s: 300
    sop: SOP-EM-001 v1
limits:
  - channel: [%s]
    unit: °C
    alert: {low: 18, high: 26}
    action: {low: 15, high: 30}
    deadband: 0.5
    on_delay_s: 30
    off_delay_s: 30
    rationale: A figure to measure with, far from what is served. / 仅用于性能测量。
devices:
"""
PROFILE = """\
profile: scaled
protocol: modbus
label: {en: Device made to measure, zh: 测试设备}
source: made for the bench
channels:
  - key: ms
    unit: ms
    kind: count
    label: {en: Time of day, zh: 时刻}
    register: {unit_id: 1, table: holding, address: 0, type: u32, verified: none}
"""


def write_plant(folder: Path, devices: int) -> None:
    """Write a plant of so many devices, and their profile, all on one free port."""
    port = free_port()
    plant, profiles = folder / "plant", folder / "profiles"
    plant.mkdir(parents=True)
    profiles.mkdir()
    limited = ", ".join(f'"*/v{place:02}"' for place in range(LIMITED))
    rows = (
        f"  - {{id: D{number:03}, profile: scaled, zone: W-C, address: '{_host(number)}:{port}',"
        f" label: {{en: Device {number}, zh: 设备{number}}}}}\n"
        for number in range(devices)
    )
    (plant / "plant.yaml").write_text(HEAD % limited + "".join(rows))
    channels = (
        f"  - {{key: v{place:02}, unit: °C, kind: analog, label: {{en: Value {place}, zh: 数值{place}}},"
        f" register: {{unit_id: 1, table: holding, address: {place + 2}, type: u16, scale: 0.01, verified: none}}}}\n"
        for place in range(VALUES)
    )
    (profiles / "scaled.yaml").write_text(PROFILE + "".join(channels))


def read_plant(folder: Path) -> Plant:
    """Load what `write_plant` wrote."""
    return load(folder / "plant", folder / "profiles")


def _host(number: int) -> str:
    return f"127.0.{1 + number // PER_NETWORK}.{1 + number % PER_NETWORK}"


class _Values:
    """What all devices hold in this second, apart from their time."""

    def __init__(self, devices: int) -> None:
        self._devices = devices
        self._rng = random.Random(devices)
        self._words = bytearray([VALUE_HIGH_BYTE, 0]) * (devices * VALUES)
        self.change()

    def change(self) -> None:
        """Give every register another value."""
        self._words[1::2] = self._rng.randbytes(self._devices * VALUES)

    def of(self, number: int) -> bytes:
        """The words of one device."""
        return bytes(self._words[number * VALUES * 2 : (number + 1) * VALUES * 2])


class _Unit(asyncio.Protocol):
    """One connection to one device; it answers FC03 of all its registers, and knows nothing else."""

    def __init__(self, values: _Values) -> None:
        self._values = values

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        network, host = map(int, transport.get_extra_info("sockname")[0].split(".")[2:])
        self._number = (network - 1) * PER_NETWORK + host - 1

    def data_received(self, data: bytes) -> None:
        transaction, _, _, unit, function, address, count = ASK.unpack(data)
        assert (function, address, count) == (READ_HOLDING, 0, REGISTERS), data
        ms = time.time_ns() // 1_000_000 % DAY_MS
        size = REGISTERS * 2
        head = ANSWER.pack(transaction, 0, size + 3, unit, function, size, ms)
        self._transport.write(head + self._values.of(self._number))


async def serve(folder: Path) -> None:
    """Serve a plant's devices until cancelled; say so once they answer."""
    addresses = [device.address for device in read_plant(folder).devices.values()]
    port = int(addresses[0].rpartition(":")[2])
    values = _Values(len(addresses))
    hosts = [address.rpartition(":")[0] for address in addresses]
    await asyncio.get_running_loop().create_server(lambda: _Unit(values), hosts, port)
    print("serving", flush=True)
    while True:
        await asyncio.sleep(1.0 - time.time() % 1.0)
        values.change()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["serve", "collect"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--database", default="")
    chosen = parser.parse_args()
    logging.disable(logging.CRITICAL)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    if chosen.what == "serve":
        work = serve(chosen.folder)
    else:
        settings = CollectSettings(read_plant(chosen.folder), chosen.folder / "data", chosen.database)
        work = collect(settings, SystemClock())
    with suppress(KeyboardInterrupt):
        asyncio.run(work)


if __name__ == "__main__":
    main()
