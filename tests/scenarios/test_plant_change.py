"""A limit of a running plant is changed: by two persons, the past judged under it, and no alarm is lost over it."""

import asyncio
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from monitor.plant_words import PASSWORD_VARIABLE
from monitor.versions import bundle, write_files
from tests.changing import FIRST_LIMIT
from tests.database import Server
from tests.patience import PATIENCE_S
from tests.service import BIN, PASSWORD, Service, live_devices, service, until

ACTION = "ISO-STM-L1/chamber_pressure/action"
NOT_ANY_MORE = "action: {low: -100, high: 90}"
SIGNATURE = {"signature": {"password": PASSWORD, "meaning": "approval"}}
URL = "/api/v1/plant/proposals"


@pytest.fixture
def changing(timescale: Server) -> Iterator[Service]:
    """A service of its own: its plant is another one afterwards."""
    with service(timescale) as one:
        yield one


async def gradewatch(one: Service, *words: str) -> str:
    """Run `gradewatch plant` as the engineer."""
    done = await asyncio.create_subprocess_exec(
        *(str(BIN / "gradewatch"), "plant", *words, "--name", "li", "--server", one.address),
        env={**os.environ, PASSWORD_VARIABLE: PASSWORD},
        stdout=asyncio.subprocess.PIPE,
    )
    told, _ = await done.communicate()
    assert done.returncode == 0, told
    return told.decode()


async def alarm(client: httpx.AsyncClient) -> dict[str, Any] | None:
    """Return the isolator's pressure alarm, if it stands."""
    alarms = (await client.get("/api/v1/alarms")).raise_for_status().json()["alarms"]
    return next((one for one in alarms if one["id"] == ACTION), None)


async def is_active(client: httpx.AsyncClient) -> bool:
    one = await alarm(client)
    return one is not None and bool(one["active"])


async def test_a_limit_goes_from_the_proposal_into_force_and_the_standing_alarm_keeps_its_own(
    changing: Service, tmp_path: Path
) -> None:
    one = changing
    files = bundle(one.plant, one.plant_dir)
    text = files["plant/limits.yaml"]
    assert FIRST_LIMIT in text
    files["plant/limits.yaml"] = text.replace(FIRST_LIMIT, NOT_ANY_MORE, 1)
    async with one.signed_in("li") as li, one.signed_in("qian") as qian:
        li.timeout = qian.timeout = httpx.Timeout(PATIENCE_S)
        await one.fault("glove-breach", "ISO-STM-L1")
        await until(lambda: is_active(li), "the breach is an alarm")
        raised = (await alarm(li) or {})["raised_at"]

        write_files(tmp_path, files)
        told = await gradewatch(
            one, "propose", str(tmp_path / "plant"), "--reason", "a trial of the scenario"
        )
        assert f"{ACTION}  下限 lower bound: 20 Pa -> -100 Pa  ▼ 放宽 looser" in told
        made = (await li.get(f"{URL}/1")).raise_for_status().json()
        (difference,) = made["differences"]
        assert (difference["id"], difference["old"], difference["new"]) == (ACTION, "20 Pa", "-100 Pa")
        assert difference["is_looser"]
        path = f"{URL}/{made['number']}"
        alone = await li.post(f"{path}/approve", json=SIGNATURE)
        assert alone.status_code == 403, "not alone"

        (await qian.post(f"{path}/replay", json={"days": 7})).raise_for_status()

        async def judged() -> dict[str, Any] | None:
            told = (await qian.get(f"{path}/replay")).json()
            return dict(told["result"]) if told["state"] == "done" else None

        result = await until(judged, "the past judged")
        assert result["alarms"] == [{"alarm": ACTION, "only_old": 1, "only_new": 0, "both": 0}]

        before = await one.rows("SELECT count(*) FROM sample")
        assert before[0][0] > 0
        (await qian.post(f"{path}/approve", json=SIGNATURE)).raise_for_status()

        async def in_force() -> bool:
            return bool((await li.get(path)).json()["state"] == "in_force")

        await until(in_force, "the collector has taken it")
        assert (await li.get("/api/v1/plant")).json()["sha256"] == made["sha256"]
        await _stored_since(one, datetime.now(UTC) + timedelta(seconds=3))  # noqa: TID251 - the wall clock counts here
        stands = await alarm(li)
        assert stands is not None
        assert (stands["active"], stands["raised_at"]) == (True, raised), (
            "it keeps the limit it was raised with"
        )

        await one.clear()
        await until(lambda: _ended(li), "the pressure is back, and the alarm over")
        at = await one.fault("glove-breach", "ISO-STM-L1")
        await until(lambda: _lower(li), "the pressure is low again")
        assert not await is_active(li), "now the new limit holds"
        await one.clear()

        assert "in_force   20" in await gradewatch(one, "list")
        assert "in_force  gradewatch" in await gradewatch(one, "show", "1")
        told = (await li.get("/api/v1/plant/versions")).json()["versions"]
        assert [(v["what"], v["who"], v["second"]) for v in told[:2]] == [
            ("approved", "li", "qian"),
            ("first", "", ""),
        ]
        await _no_second_is_missing(one, at)
        assert await live_devices(one, 5)


async def _stored_since(one: Service, at: datetime) -> None:
    """Wait until every device was read and judged since a time."""

    async def stored() -> bool:
        rows = await one.rows("SELECT count(DISTINCT series_id) FROM sample WHERE at > $1", at)
        return bool(rows[0][0] >= 5)

    await until(stored, "everything is stored")


async def _ended(client: httpx.AsyncClient) -> bool:
    return not await is_active(client)


async def _lower(client: httpx.AsyncClient) -> bool:
    """Whether another limit, that did not change, sees the breach."""
    alarms = (await client.get("/api/v1/alarms")).raise_for_status().json()["alarms"]
    return any(one["id"] == "ISO-STM-L1/chamber_pressure_b/action" and one["active"] for one in alarms)


async def _no_second_is_missing(one: Service, at: datetime) -> None:
    """Of no device a row of any second between its first and that time."""
    await _stored_since(one, at)
    rows = await one.rows(
        "SELECT count(*), extract(epoch FROM max(at) - min(at))::int + 1 FROM sample"
        " JOIN series ON series.id = series_id WHERE NOT records AND at <= $1 GROUP BY series_id",
        at,
    )
    assert [number for number, span in rows if number != span] == []
