"""Scripted faults against the whole service: what comes in time passes, what does not is exit status 1."""

import asyncio
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from simulators import cli
from simulators.faults import FAULTS, FOLDER
from simulators.scenario import load_scenario
from tests.patience import PATIENCE_S
from tests.scenarios.test_first_light import alarms, calm
from tests.service import BIN, PASSWORD, Service, until

ISOLATOR = "ISO-STM-L1"
PRESSURE = f"{ISOLATOR}/chamber_pressure/action"


async def scenario(one: Service, *words: str, password: str = PASSWORD) -> tuple[int | None, list[str], str]:
    """Run `gradewatch-sim scenario run ...`; return its exit status, its lines and what it complains about."""
    process = await asyncio.create_subprocess_exec(
        str(BIN / "gradewatch-sim"),
        *("scenario", "run", "--service", one.address, "--control", one.control, *words),
        env={**os.environ, "GRADEWATCH_ADMIN_PASSWORD": password},
        cwd=one.data,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    return process.returncode, out.decode().splitlines(), err.decode()


@dataclass
class Desk:
    """Where a scenario is run as by hand, with some of its expectations: the small plant has no protective actions."""

    service: Service
    patch: pytest.MonkeyPatch
    printed: pytest.CaptureFixture[str]
    folder: Path

    def run(self, name: str, expect: Callable[[dict[str, Any]], list[Any]]) -> tuple[int, list[str]]:
        """Play it, and calm the plant; return the exit status and the lines below the head."""
        written = yaml.safe_load((FOLDER / f"{name}.yaml").read_text())
        path = self.folder / f"{name}.yaml"
        path.write_text(yaml.safe_dump(written | {"expect": expect(written)}))
        self.patch.setitem(FAULTS, name, load_scenario(path))
        self.patch.setenv("GRADEWATCH_ADMIN_PASSWORD", PASSWORD)
        where = ("--service", self.service.address, "--control", self.service.control)
        self.patch.setattr(sys, "argv", ["gradewatch-sim", "scenario", "run", name, *where])
        asyncio.run(_calm(self.service))
        with pytest.raises(SystemExit) as ended:
            cli.main()
        asyncio.run(_calm(self.service))
        return int(ended.value.code or 0), self.printed.readouterr().out.splitlines()[1:]


@pytest.fixture
def desk(
    running: Service,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> Desk:
    return Desk(running, monkeypatch, capsys, tmp_path)


def test_a_torn_glove_is_seen_and_what_cannot_be_checked_yet_is_listed(desk: Desk) -> None:
    there = {
        *(
            f"{{device}}/{alarm}/action"
            for alarm in ("chamber_pressure", "chamber_pressure_b", "air_velocity_1")
        )
    }

    def kept(written: dict[str, Any]) -> list[Any]:
        is_tower = ("shows", "who")
        # How soon each is seen `test_compressed` tells, in simulated time: this service is as quick as its machine.
        return [
            one if "pending" in one else one | {"within_s": PATIENCE_S}
            for one in written["expect"]
            if one.get("alarm") in there or "pending" in one or all(key in one for key in is_tower)
        ]

    code, lines = desk.run("glove-breach", kept)
    verdicts = [line.split()[0] for line in lines if not line.startswith(" ")]
    assert (code, verdicts) == (0, ["PASS"] * 4 + ["PENDING"])


def test_a_deadline_that_nothing_can_meet_fails_with_exit_status_1(desk: Desk) -> None:
    """45 Pa are 20 Pa after 0.87 s at the soonest; the alarm comes all the same, and is told as late."""
    alarm = "{device}/chamber_pressure/action"
    soon = {"what": {"en": "soon", "zh": "立即"}, "alarm": alarm, "within_s": 0.1}
    code, (line, detail) = desk.run("glove-breach", lambda _: [soon])
    assert code == 1
    assert line.startswith("FAIL")
    assert detail.strip() == ISOLATOR


async def test_what_plays_or_stands_already_is_told_and_left_alone(running: Service) -> None:
    async with running.signed_in() as client:
        await running.fault("glove-breach", ISOLATOR)
        code, lines, said = await scenario(running, "glove-breach")
        assert (code, lines) == (1, [])
        assert said.startswith(f"a fault plays already: glove-breach on {ISOLATOR}; end it with: ")
        await until(lambda: _stands(client), "the alarm")
        await running.clear()
        code, lines, said = await scenario(running, "glove-breach")
        assert (code, lines) == (1, [])
        assert said.startswith("these alarms stand already: ")
        assert PRESSURE in said
        await calm(running, client)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("glove",), "no scenario 'glove'; there are: glove-breach, "),
        (("glove-breach", "--on", "ISO-9"), "the service's plant has no device 'ISO-9'; name one with --on"),
        (("glove-breach", "--length", "60"), "glove-breach has no length to choose"),
    ],
)
async def test_what_cannot_be_run_is_one_line(running: Service, words: tuple[str, ...], told: str) -> None:
    code, lines, said = await scenario(running, *words)
    assert (code, lines) == (1, [])
    assert said.startswith(told)
    assert said.count("\n") == 1


async def test_no_service_and_no_password_are_one_line_each(running: Service) -> None:
    code, _, said = await scenario(running, "glove-breach", "--service", "http://127.0.0.1:9")
    assert (code, said) == (1, "http://127.0.0.1:9: no service answers; start one with: make demo\n")
    code, _, said = await scenario(running, "glove-breach", password="")
    assert (code, said.count("\n")) == (1, 1)
    assert said.startswith("no password: set GRADEWATCH_ADMIN_PASSWORD, or name a --password-file; ")


async def _stands(client: httpx.AsyncClient) -> bool:
    return PRESSURE in await alarms(client)


async def _calm(one: Service) -> None:
    async with one.signed_in() as client:
        await calm(one, client)
