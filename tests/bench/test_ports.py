"""Ports for servers to come: nobody is given another's, and none that is listened on."""

import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bench import ports
from bench.ports import free_port, free_ports


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A turn of its own, among ports that no other test is given."""
    monkeypatch.setattr(ports, "PORTS", range(15_800, 15_900))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    (tmp_path / ports.TURN).write_text("15899")


def test_nobody_is_given_a_port_that_another_was_given_before_its_turn_comes_again() -> None:
    with ThreadPoolExecutor(8) as several:
        given = [port for some in several.map(free_ports, [7] * 14) for port in some]
    assert len(set(given)) == len(given) == 98
    assert free_ports(4) == [15_898, 15_899, 15_800, 15_801]


def test_what_is_listened_on_is_passed_over() -> None:
    with socket.create_server(("127.0.0.1", 15_801)):
        assert free_ports(2) == [15_800, 15_802]
    assert free_port() == 15_803


def test_more_than_there_are_is_told() -> None:
    with pytest.raises(SystemExit, match="no 101 free ports"):
        free_ports(101)
