"""The whole demo plant, simulated: calm for an hour inside its own limits, and read over its real wires."""

import math
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from config.load import PROFILES_DIR
from config.model import ChannelModel, Device, Kind, Protocol, Register
from config.rules import Limit
from drivers.open import open_driver
from simulators.plant import MACHINES, SimulatedPlant
from simulators.plc import Plc
from simulators.site import Site
from tests.loaded import loaded
from tests.simulators.conftest import START, handshake, moved

DEMO = Path(__file__).parents[2] / "config" / "plants" / "demo"
PLANT = loaded(DEMO)
ONE_OF_EACH = {device.profile.name: device for device in PLANT.devices.values()}
BLOCKS = {
    "isolator_s7": "DB_Cmd",
    "honeycomb_incubator_s7": "DB_HCI_Cmd",
    "vhp_generator_s7": "DB_VHPG_Cmd",
}
PLAIN = [
    name for name, one in ONE_OF_EACH.items() if one.profile.protocol in {Protocol.MODBUS, Protocol.OPCUA}
]
"""Profiles of devices that are only read; what a counter shows and how it is emptied is told by the counters' tests."""


def test_every_profile_of_the_plant_has_a_machine_and_every_machine_a_profile() -> None:
    profiles = {path.stem for path in PROFILES_DIR.glob("*.yaml")}
    assert set(ONE_OF_EACH) <= set(MACHINES) <= profiles
    SimulatedPlant(PLANT, START)


def test_every_state_that_is_shown_has_a_name() -> None:
    simulated = SimulatedPlant(PLANT, START)
    simulated.step(1.0)
    for device in ONE_OF_EACH.values():
        shown = simulated.machine(device.id).values()
        for model in device.profile.channels:
            if model.kind is Kind.STATE:
                assert shown[model.key] in model.states, (device.profile.name, model.key)


def _outside(limit: Limit, value: float) -> bool:
    low, high = limit.low, limit.high
    return (low is not None and value < low) or (high is not None and value > high)


def test_a_calm_hour_stays_inside_every_limit_on_a_channel() -> None:
    """What is derived from channels is judged, with all else, in compressed time: tests/scenarios."""
    simulated = SimulatedPlant(PLANT, START, seed=1)
    assert len(PLANT.limits) > 500
    by_device: dict[str, list[tuple[str, Limit]]] = {}
    for limit in (one for one in PLANT.limits if one.channel in PLANT.channels):
        device, key = limit.channel.split("/")
        by_device.setdefault(device, []).append((key, limit))
    for _ in range(1800):
        simulated.step(2.0)
        for device, limits in by_device.items():
            values = simulated.machines[device].values()
            wrong = [(limit.id, values[key]) for key, limit in limits if _outside(limit, values[key])]
            assert not wrong, simulated.at


def test_the_same_seed_tells_the_same_hour_of_the_whole_plant_and_another_seed_another() -> None:
    first, again, other = (SimulatedPlant(PLANT, START, seed) for seed in (7, 7, 8))
    for simulated in (first, again, other):
        for _ in range(60):
            simulated.step(1.0)
    told = [repr([machine.values() for machine in one.machines.values()]) for one in (first, again, other)]
    assert told[0] == told[1] != told[2]


def _resolution(model: ChannelModel, value: float) -> float:
    """How far a value may be from the truth after its journey: half a step of its register, or a 32-bit float's."""
    if isinstance(model.address, Register) and model.address.type != "float32":
        return model.address.scale / 2 + 1e-9
    return max(1e-6, abs(value) * 1e-6)


async def _read_and_compare(device: Device) -> None:
    clock = iter([START])
    now = START + timedelta(seconds=5)
    site = Site(replace(PLANT, devices={device.id: device}), lambda: next(clock, now), seed=1)
    driver = open_driver(device, lambda: now)
    await site.open()
    try:
        await site.advance()
        await driver.connect()
        (sample,) = await driver.read(now)
    finally:
        await driver.close()
        await site.close()
    shown = site.plant.machine(device.id).values()
    assert sample.quality is None, sample.reason
    for channel, value in zip(device.series[0].channels, sample.values, strict=True):
        expected = shown[channel.model.key]
        assert math.isfinite(expected)
        assert value == pytest.approx(expected, abs=_resolution(channel.model, expected)), channel.id


@pytest.mark.parametrize("profile", PLAIN)
async def test_every_register_read_by_the_real_driver_gives_what_the_machine_measures(profile: str) -> None:
    (device,) = moved(PLANT, ONE_OF_EACH[profile].id).devices.values()
    await _read_and_compare(replace(device, security=None))


@pytest.mark.parametrize("profile", ["room_gateway_c", "patlite_la6"])
async def test_behind_a_serial_server_and_on_a_serial_line_the_same_is_read(
    profile: str, tmp_path: Path
) -> None:
    (device,) = moved(PLANT, ONE_OF_EACH[profile].id).devices.values()
    await _read_and_compare(replace(device, address=f"rtu+tcp://{device.address}"))
    line = f"rtu:{tmp_path}/ttyROOMS?baudrate=115200&parity=N&stopbits=1"
    await _read_and_compare(replace(device, address=line))


@pytest.mark.parametrize("profile", ["isolator_s7", "honeycomb_incubator_s7", "vhp_generator_s7"])
def test_every_plc_knows_the_requests_of_its_profile_by_their_codes(profile: str) -> None:
    device = ONE_OF_EACH[profile]
    machine = SimulatedPlant(replace(PLANT, devices={device.id: device}), START).machine(device.id)
    assert isinstance(machine, Plc)
    known = {deed.name: code for code, deed in machine.deeds().items()}
    assert {request.key: request.code for request in device.profile.requests.values()} == known
    assert device.profile.handshake == handshake(BLOCKS[profile])
