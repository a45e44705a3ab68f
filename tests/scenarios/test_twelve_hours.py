"""Two batches from their first second to the package that an inspector checks without this service.

Everything is asked for as a person does it, over the API; what comes of it is read back with other people's tools.
"""

import io
import json
import subprocess
import sys
import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import httpx
import pytest

from monitor.demo_register import make_register
from monitor.server.access import PASSWORD_VARIABLE
from monitor.server.gate import API
from monitor.server.settings import Settings
from monitor.versions import Versions, bundle
from tests.people import add_people
from tests.scenarios.twelve_hours import CALM, COUNTER, INCUBATOR, LONG, ROOM, TwelveHours
from tests.server.conftest import PASSWORD, Running, meet, running
from tests.server.hands import Hands
from tests.service import until

PERIOD_S = 30
CHANNEL = f"{ROOM}/core_dp"
_FIGURES = f"""
SELECT count(*), min("{CHANNEL}"), max("{CHANNEL}"), avg("{CHANNEL}") FROM '{ROOM}.{{kind}}'
WHERE "at" >= $1::timestamptz AND "at" < $2::timestamptz
  AND "{CHANNEL}" IS NOT NULL AND coalesce({{quality}}, 0) <= 1"""
_QUALITY = {"csv": "TRY_CAST(split_part(qualities, ' ', {place}) AS INT)", "parquet": "qualities[{place}]"}
"""Of the channel in a place, counted from 1, as each kind of file tells it."""


class Plant:
    """People at work on what was played, each under a name."""

    def __init__(self, server: Running, hands: Hands, played: TwelveHours) -> None:
        self.server, self.hands, self.played = server, hands, played

    async def ask(self, who: str, path: str, body: Any = None) -> httpx.Response:
        """Ask for what is granted to a person: GET without a body."""
        answer = await self._asked(who, path, body)
        assert answer.is_success, (path, answer.text)
        return answer

    async def _asked(self, who: str, path: str, body: Any = None) -> httpx.Response:
        async with self.server.client(self.server.sign_in(name=who)) as client:
            address = f"{API}/{path}"
            return await (client.get(address) if body is None else client.post(address, json=body))

    async def told(self, batch: str) -> dict[str, Any]:
        """Return the dossier of a batch, once the book has all that was signed."""
        await self.server.service.ledger.settled()
        return dict((await self.ask("qian", f"batches/{batch}/dossier")).json())

    async def expose(self, batch: str) -> None:
        """Plan the plates of a batch, lay each open in its stage, and put it into the incubator."""
        stages = (await self.told(batch))["batch"]["stages"]
        when = {one["stage"]: (one["began_at"], one["ended_at"]) for one in stages}
        for plate in (await self.ask("cao", "samples/plan", {"batch": batch})).json()["plates"]:
            began, ended = when.get(plate["stage"], when["fill"])
            code, kind = plate["code"], plate["kind"]
            if kind == "settle":
                await self.ask("cao", f"samples/{code}/expose", {"from": began})
                await self.ask("cao", f"samples/{code}/collect", {"until": ended})
            elif kind == "active_air":
                drawn = {"from": began, "until": ended, "volume_l": 1000}
                await self.ask("cao", f"samples/{code}/expose", drawn)
            else:
                await self.ask("cao", f"samples/{code}/expose", {"from": ended})
            await self.ask("cao", f"samples/{code}/incubate", {"step": 1, "lot": "TSA 26-114"})

    async def read(self, batch: str) -> None:
        """Read every plate of a batch, verify and approve it; nothing has grown."""
        for plate in (await self.told(batch))["viable"]:
            await self.ask("cao", f"samples/{plate['code']}/read", {"cfu": 0})
            await self._second_and_third(plate["code"], 0)

    async def correct(self, code: str) -> None:
        """Find one colony where none was seen."""
        found = {"cfu": 1, "organism": "Staphylococcus", "species": "S. epidermidis"}
        await self.ask("cao", f"samples/{code}/correct", found | {"reason": "seen against the light"})
        await self._second_and_third(code, 1)

    async def _second_and_third(self, code: str, cfu: int) -> None:
        steps = (await self.ask("li", f"samples/{code}/verify", {"cfu": cfu})).json()["steps"]
        signature = {"password": PASSWORD, "meaning": "approval"}
        seen = [{"code": code, "steps": steps}]
        await self.ask("qian", "samples/approve", {"plates": seen, "signature": signature})

    async def package(self, batch: str) -> bytes:
        """Have the package of a batch made, and fetch it."""

        async def begun() -> httpx.Response | None:
            answer = await self._asked("qian", "packages", {"batch": batch})
            return None if answer.status_code == 409 else answer  # the former one has not quite ended

        async def made() -> dict[str, Any] | None:
            told: dict[str, Any] = (await self.ask("qian", f"packages/{batch}")).json()
            return None if told["state"] == "running" else told

        assert (await until(begun, "a package is begun")).is_success
        told = await until(made, "a package is made")
        assert told["state"] == "done", told
        return (await self.ask("qian", f"packages/{batch}/file")).content


@asynccontextmanager
async def at_work(played: TwelveHours, database_url: str) -> AsyncIterator[Plant]:
    """Open the server on what was played, an hour after its end."""
    hands = Hands()
    hands.at = played.now() + timedelta(hours=1)
    await add_people(database_url, PASSWORD)
    await make_register(database_url, played.plant, hands.at)
    Versions(played.folder).keep(bundle(played.plant, played.folder / "plant-written"))
    settings = Settings(played.plant, played.folder, database_url, played.folder / "dist", hands.now, port=0)
    async with running(settings) as server:
        await meet(server)
        yield Plant(server, hands, played)


def lacks(told: dict[str, Any]) -> set[str]:
    """Say what kinds of things lack."""
    return {one["kind"] for one in told["lacks"]}


def opened(package: bytes) -> tuple[zipfile.ZipFile, dict[str, Any]]:
    """Open a package; give it with its dossier."""
    file = zipfile.ZipFile(io.BytesIO(package))
    return file, json.loads(file.read("dossier.json"))


def alone(package: bytes, folder: Path) -> "subprocess.CompletedProcess[str]":
    """Check a package with the verifier that lies in it, and nothing else of ours."""
    folder.mkdir()
    (folder / "package.zip").write_bytes(package)
    (folder / "verify.py").write_bytes(opened(package)[0].read("verify.py"))
    words = [sys.executable, "-I", "verify.py", "package.zip"]
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.timeout(900)
async def test_a_late_plate_changes_the_verdict_and_every_package_proves_itself(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PASSWORD_VARIABLE, PASSWORD)
    played = TwelveHours(tmp_path, PERIOD_S)
    await played.play()
    await played.forward(database_url)
    async with at_work(played, database_url) as plant:
        await plant.expose(CALM)
        await plant.expose(LONG)
        calm = await plant.told(CALM)
        assert (calm["verdict"], calm["is_complete"], lacks(calm)) == ("incomplete", False, {"pending_plate"})
        early = await plant.package(CALM)

        plant.hands.at += timedelta(days=2)
        await plant.read(CALM)
        await plant.read(LONG)
        calm = await plant.told(CALM)
        assert (calm["verdict"], calm["is_complete"], lacks(calm)) == ("within", True, set())

        await plant.correct(next(one["code"] for one in calm["viable"] if one["kind"] == "glove"))
        calm, long = await plant.told(CALM), await plant.told(LONG)
        assert (calm["verdict"], calm["is_complete"]) == ("action", True)
        assert [one["verdict"] for one in calm["viable"] if one["cfu"]] == ["action"]
        late, whole = await plant.package(CALM), await plant.package(LONG)

    assert opened(early)[1]["verdict"] == "incomplete"
    assert opened(late)[1] == calm
    for place, package in enumerate((early, late, whole)):
        checked = alone(package, tmp_path / f"alone-{place}")
        assert (checked.returncode, "everything holds" in checked.stdout) == (0, True), checked.stdout
    check_long(long)
    check_numbers(whole, long, tmp_path, monkeypatch)


def check_long(told: dict[str, Any]) -> None:
    """See that everything that went wrong in the twelve hours is told, with its cause."""
    assert (told["verdict"], told["is_complete"], lacks(told)) == ("action", False, {"gap"})
    verdicts = {one["id"]: one["verdict"] for one in told["channels"]}
    assert verdicts[CHANNEL] == "action", "the door"
    assert verdicts[f"{COUNTER}/flow"] == "action", "the counter"
    raised = {one["id"]: one for one in told["alarms"]}
    assert raised[f"{INCUBATOR}/ch5_temp_drift/alert"]["level"] == "alert"
    assert "NET-STM/communication" in raised
    assert all(one["acknowledged_by"] == "li" for one in raised.values() if not one["explained"])
    causes = told["completeness"]["causes"]
    assert set(causes) == {"network", "counter"}
    assert told["check"]["agree"]
    assert told["completeness"]["expected"] - told["completeness"]["valid"] == sum(causes.values())


def check_numbers(
    package: bytes, told: dict[str, Any], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """See the same numbers in the API's dossier, in CSV and Parquet as DuckDB reads them, and in both reports."""
    file, packed = opened(package)
    assert packed == told
    file.extractall(folder / "open")
    monkeypatch.chdir(folder / "open" / "samples")
    (channel,) = (one for one in told["channels"] if one["id"] == CHANNEL)
    said = channel["statistics"]
    start, end = told["batch"]["started_at"], told["batch"]["ended_at"]
    columns = Path(f"{ROOM}.csv").read_text("utf-8").partition("\n")[0].replace('"', "").strip().split(",")
    place = columns.index(CHANNEL) - columns.index("form")
    for kind, quality in _QUALITY.items():
        figures = _FIGURES.format(kind=kind, quality=quality.format(place=place))
        rows = duckdb.connect().execute(figures, [start, end]).fetchone()
        assert rows is not None
        assert rows[:3] == (said["valid"], said["min"], said["max"])
        assert rows[3] == pytest.approx(said["mean"], rel=1e-12)
    for language, words in (("en", "Action limit exceeded"), ("zh", "超纠偏限")):
        pdf = folder / "open" / f"report.{language}.pdf"
        text = subprocess.run(
            ["pdftotext", "-layout", str(pdf), "-"], capture_output=True, text=True, check=True
        ).stdout
        (line,) = (
            one
            for one, below in pairwise(text.splitlines())
            if f"{said['valid']} / {said['expected']}" in one and below.strip().startswith(f"{CHANNEL} ")
        )
        assert f"{said['min']:.1f}" in line
        assert f"{said['mean']:.2f}" in line
        assert words in text
