"""The demo plant, and the same plant at addresses that are free on this machine."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bench.ports import free_ports
from config.model import Handshake, Node, Protocol
from config.plant import Plant
from simulators.plant import SimulatedPlant
from tests.loaded import loaded

LINE = Path(__file__).parents[1] / "plants" / "line"
START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def moved(plant: Plant, *devices: str) -> Plant:
    """Return the plant with these devices only, each at a free address."""
    ports = free_ports(len(devices))
    there = {}
    for name, port in zip(devices, ports, strict=True):
        device = plant.devices[name]
        opcua = device.profile.protocol is Protocol.OPCUA
        there[name] = replace(
            device, address=f"opc.tcp://127.0.0.1:{port}/" if opcua else f"127.0.0.1:{port}"
        )
    return replace(plant, devices=there)


def handshake(block: str) -> Handshake:
    """Return the nodes of a handshake in a data block of the demo proposal."""

    def node(name: str, type_: str) -> Node:
        return Node(f'"{block}"."{name}"', type_)

    return Handshake(
        param=node("Param", "Int16"),
        ticket=node("Ticket", "UInt32"),
        code=node("Code", "Int16"),
        seq=node("Seq", "UInt16"),
        beat=node("EMS_Heartbeat", "UInt16"),
        ack_seq=node("Ack_Seq", "UInt16"),
        ack_code=node("Ack_Code", "Int16"),
    )


@pytest.fixture(scope="session")
def plant() -> Plant:
    return loaded(LINE)


@pytest.fixture
def simulated(plant: Plant) -> SimulatedPlant:
    return SimulatedPlant(plant, START, seed=1)
