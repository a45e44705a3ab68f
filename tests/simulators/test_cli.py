"""`gradewatch-sim` as a person uses it: one line when something is wrong, exit 0 when it is asked to stop."""

import asyncio
import signal
import socket
import sys
from pathlib import Path

import httpx
import pytest
import yaml

from bench.ports import free_ports
from simulators import cli
from simulators.faults import FAULTS
from tests.simulators.conftest import LINE

COUNTER = "PC-A-STM-L1"


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """The demo plant with its Modbus devices only, at free addresses: it starts at once."""
    for name in ("plant.yaml", "zones.yaml"):
        (tmp_path / name).write_text((LINE / name).read_text())
    devices = yaml.safe_load((LINE / "devices.yaml").read_text())["devices"]
    modbus = [device for device in devices if not device["address"].startswith("opc")]
    for device, port in zip(modbus, free_ports(len(modbus)), strict=True):
        device["address"] = f"127.0.0.1:{port}"
    (tmp_path / "devices.yaml").write_text(yaml.safe_dump({"devices": modbus}, allow_unicode=True))
    return tmp_path


def run(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr(sys, "argv", ["gradewatch-sim", *words])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return int(ended.value.code or 0)


def test_no_simulator_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    control = f"127.0.0.1:{free_ports(1)[0]}"
    assert run(monkeypatch, "fault", "clear", "--control", control) == 1
    said = capsys.readouterr()
    assert said.err == f"no simulator answers on {control}; start one with: gradewatch-sim serve\n"
    assert said.out == ""


def test_help_names_every_fault(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, "fault", "--help") == 0
    said = capsys.readouterr().out
    assert [name for name in FAULTS if name not in said] == []


def test_a_plant_that_cannot_be_loaded_is_told_with_its_place(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], small: Path
) -> None:
    (small / "devices.yaml").write_text("devices: 5\n")
    assert run(monkeypatch, "serve", str(small)) == 1
    assert f"{small / 'devices.yaml'}:1" in capsys.readouterr().err


def test_a_control_address_that_is_taken_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], small: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        control = f"127.0.0.1:{taken.getsockname()[1]}"
        assert run(monkeypatch, "serve", str(small), "--control", control) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"the control endpoint cannot listen on {control}: ")
    assert said.count("\n") == 1


def test_a_device_that_speaks_encrypted_wants_a_folder_for_its_certificate(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], small: Path
) -> None:
    devices = yaml.safe_load((LINE / "devices.yaml").read_text())["devices"]
    isolator = next(device for device in devices if device["id"] == "ISO-STM-L1")
    isolator["security"] = {"policy": "Basic256Sha256"}
    others = yaml.safe_load((small / "devices.yaml").read_text())["devices"]
    (small / "devices.yaml").write_text(yaml.safe_dump({"devices": [*others, isolator]}, allow_unicode=True))
    assert run(monkeypatch, "serve", str(small), "--control", f"127.0.0.1:{free_ports(1)[0]}") == 1
    told = "ISO-STM-L1 speaks encrypted only: give --certificates DIR for its certificate\n"
    assert capsys.readouterr().err == told


def test_a_device_address_that_is_taken_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], small: Path
) -> None:
    devices = yaml.safe_load((small / "devices.yaml").read_text())["devices"]
    address, control = devices[-1]["address"], f"127.0.0.1:{free_ports(1)[0]}"
    with socket.create_server(("127.0.0.1", int(address.rpartition(":")[2]))):
        assert run(monkeypatch, "serve", str(small), "--control", control) == 1
    assert capsys.readouterr().err == f"{devices[-1]['id']} cannot listen on {address}: free it\n"


class Serving:
    """`gradewatch-sim serve` as a process of its own."""

    def __init__(self, plant_dir: Path) -> None:
        self.control = f"127.0.0.1:{free_ports(1)[0]}"
        program = "from simulators.cli import main; main()"
        self._command = [sys.executable, "-c", program, "serve", str(plant_dir), "--control", self.control]

    async def start(self) -> str:
        self._process = await asyncio.create_subprocess_exec(*self._command, stdout=-1, stderr=-1)
        assert self._process.stdout is not None
        return (await self._process.stdout.readline()).decode()

    async def end(self, number: signal.Signals) -> tuple[int | None, str]:
        self._process.send_signal(number)
        _, said = await self._process.communicate()
        return self._process.returncode, said.decode()


async def test_it_serves_and_is_told_what_goes_wrong(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], small: Path
) -> None:
    serving = Serving(small)
    assert await serving.start() == "serving 3 devices\n"
    try:
        to = ("--control", serving.control)
        assert run(monkeypatch, "fault", "counter-flow", "--device", COUNTER, *to) == 0
        async with httpx.AsyncClient(trust_env=False) as client:
            listed = (await client.get(f"http://{serving.control}/fault")).json()
        assert listed["active"] == [{"name": "counter-flow", "device": COUNTER}]
        assert run(monkeypatch, "device", COUNTER, "down", *to) == 0
        assert run(monkeypatch, "fault", "clear", *to) == 0
        assert capsys.readouterr().err == ""
        assert run(monkeypatch, "fault", "flood", "--device", COUNTER, *to) == 1
        assert capsys.readouterr().err.startswith("no fault 'flood'; there are: glove-breach, ")
        assert run(monkeypatch, "device", "PC-9", "up", *to) == 1
        assert capsys.readouterr().err.startswith("no device 'PC-9'; the plant has: ")
    finally:
        ended = await serving.end(signal.SIGTERM)
    assert ended == (0, "")


async def test_interrupting_it_is_a_good_end_too(small: Path) -> None:
    serving = Serving(small)
    await serving.start()
    assert await serving.end(signal.SIGINT) == (0, "")
