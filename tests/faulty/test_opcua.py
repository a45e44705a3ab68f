"""H5, OPC UA: whatever the wire does, a good value is what its own node held when it was asked."""

from functools import partial
from pathlib import Path

import pytest

from tests.faulty.trial import assert_right, trial
from tests.faulty.truth import encryption_in, read_nodes, serve_nodes
from tests.proxy import OPCUA, OPCUA_SIGNED, Fault

TIMEOUT_S = 0.1
DRIVERS = 12
SEED = 1


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Connecting is given up soon, so that there is time for many faults."""
    monkeypatch.setattr("drivers.opcua.CONNECT_TIMEOUT_S", 3 * TIMEOUT_S)
    monkeypatch.setattr("drivers.opcua.SECURE_CONNECT_TIMEOUT_S", 8 * TIMEOUT_S)


async def test_h5_no_fault_of_the_wire_gives_a_node_anothers_value() -> None:
    async with serve_nodes() as served:
        drive = partial(read_nodes, timeout_s=TIMEOUT_S)
        tally = await trial(
            [served] * DRIVERS, drive, OPCUA, faulty=200, seed=SEED, share=0.1, late_s=1.5 * TIMEOUT_S
        )
    assert_right(tally, SEED)


async def test_h5_not_one_byte_of_a_signed_answer_can_be_another(tmp_path: Path) -> None:
    kinds = (Fault.GARBLE, Fault.SWAP, Fault.DUPLICATE)
    encryption = await encryption_in(tmp_path)
    async with serve_nodes(encryption) as served:
        drive = partial(read_nodes, timeout_s=TIMEOUT_S, encryption=encryption)
        tally = await trial(
            [served] * 6,
            drive,
            OPCUA_SIGNED,
            faulty=40,
            seed=SEED,
            share=0.1,
            kinds=kinds,
            late_s=1.5 * TIMEOUT_S,
        )
    assert_right(tally, SEED, kinds)
