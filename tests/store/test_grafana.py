"""The dashboard for Grafana: each of its queries asked under the role of its page, which may do nothing else."""

import json
import re
from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import pytest_asyncio
import yaml

from monitor.store.database import Connection
from monitor.store.migrate import migrate
from monitor.store.roles import SERVICE, Login, signed_in_as
from tests.database import Server
from tests.records.played import OVER_S, play, played_plant
from tests.store.small import NOON, second

pytestmark = pytest.mark.asyncio(loop_scope="module")
GRAFANA = Path(__file__).parents[2] / "docs" / "grafana"
DASHBOARD = json.loads((GRAFANA / "dashboards" / "gradewatch.json").read_text())
SOURCE = yaml.safe_load((GRAFANA / "provisioning" / "datasources" / "gradewatch.yaml").read_text())[
    "datasources"
][0]
PANELS: dict[str, list[dict[str, Any]]] = {one["title"]: one["targets"] for one in DASHBOARD["panels"]}
VARIABLES: dict[str, str] = {one["name"]: one["query"] for one in DASHBOARD["templating"]["list"]}
READER = SOURCE["user"]
END = second(OVER_S)


def expanded(query: str, interval_ms: int = 60_000, start: datetime = NOON, end: datetime = END) -> str:
    """Put in what Grafana's PostgreSQL data source does for its macros, and for the two variables."""
    since, until = (f"'{at:%Y-%m-%dT%H:%M:%S.%fZ}'" for at in (start, end))
    query = re.sub(r"\$__timeFilter\((\w+)\)", rf"\1 BETWEEN {since} AND {until}", query)
    query = query.replace("$__timeTo()", until).replace("$__interval_ms", str(interval_ms))
    query = query.replace("$channel", "'D/a','D/b'").replace("$zone", "Z")
    assert not re.search(r"\$(__)?[a-z]", query), query
    return query


def queries() -> Iterator[str]:
    yield from VARIABLES.values()
    yield from (one["target"]["rawSql"] for one in DASHBOARD["annotations"]["list"])
    yield from (each["rawSql"] for targets in PANELS.values() for each in targets)


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=["timescale", "plain"])
async def url(request: pytest.FixtureRequest) -> AsyncIterator[str]:
    """A database with half an hour in it, and with the role of the page."""
    server: Server = request.getfixturevalue(request.param)
    made = await server.fresh()
    await migrate(made, [Login(SERVICE)])
    await play(made, played_plant())
    owner = await asyncpg.connect(made)
    await owner.execute((GRAFANA / "role.sql").read_text())
    yield made
    await owner.execute(f"DROP OWNED BY {READER}; DROP ROLE {READER}")
    await owner.close()
    await server.drop(made)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def reader(url: str) -> AsyncIterator[Connection]:
    """A connection as Grafana's."""
    connection = await asyncpg.connect(signed_in_as(url, READER))
    yield connection
    await connection.close()


async def test_every_query_is_answered(reader: Connection) -> None:
    every = list(queries())
    assert len(every) == 9
    for query in every:
        assert await reader.fetch(expanded(query)), query


async def test_what_is_drawn_is_what_was_measured(reader: Connection) -> None:
    (mean, least, most) = [await reader.fetch(expanded(one["rawSql"])) for one in PANELS[next(iter(PANELS))]]
    assert list(mean[0].keys()) == ["time", "metric", "value"]
    assert {row["metric"] for row in most} == {"D/a max", "D/b max"}
    top = {row["time"]: row["value"] for row in most if row["metric"] == "D/a max"}
    # 35 from second 700 on for 20 seconds, and 20 with a slow wave otherwise.
    assert {at for at, value in top.items() if value == 35.0} == {second(660)}
    assert min(row["value"] for row in least if row["metric"] == "D/b min") == 10.0
    away = [row for row in mean if row["metric"] == "D/a" and row["time"] == second(1320)]
    assert away, "of the minute in which the network came back there is something"
    seconds = await reader.fetch(expanded(PANELS[next(iter(PANELS))][0]["rawSql"], 200))
    assert not [row for row in seconds if second(1300) <= row["time"] < second(1340)], (
        "what is bad is not drawn"
    )


async def test_latest_usable_and_alarms(reader: Connection) -> None:
    latest, usable, alarms = [
        await reader.fetch(expanded(targets[0]["rawSql"])) for targets in list(PANELS.values())[1:]
    ]
    assert [(row["channel"], row["time"]) for row in latest] == [("D/a", second(1799)), ("D/b", second(1799))]
    assert [(row["stored"], row["usable"]) for row in usable] == [(1799, 1759)] * 2
    assert "D/a/alert" in {row["id"] for row in alarms}
    (note,) = [one["target"]["rawSql"] for one in DASHBOARD["annotations"]["list"]]
    told = {row["text"]: row for row in await reader.fetch(expanded(note))}
    assert (told["D/a/alert"]["time"], told["D/a/alert"]["timeend"]) == (second(700), second(741))


async def test_channels_are_those_of_the_chosen_zone(reader: Connection) -> None:
    assert [row["__value"] for row in await reader.fetch(VARIABLES["zone"])] == ["Z"]
    found = await reader.fetch(expanded(VARIABLES["channel"]))
    assert [row["__value"] for row in found] == ["D/a", "D/b", "D/x", "D/y"]
    assert await reader.fetch(VARIABLES["channel"].replace("$zone", "elsewhere")) == []


async def test_the_role_reads_nothing_else_and_changes_nothing(url: str, reader: Connection) -> None:
    owner = await asyncpg.connect(url)
    names = [
        row["name"]
        for row in await owner.fetch(
            "SELECT c.oid::regclass::text AS name FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace "
            "WHERE nspname = 'public' AND relkind IN ('r', 'p', 'v', 'm')"
        )
    ]
    await owner.close()
    assert {"book", "person", "sample", "session", "token"} <= set(names)
    readable = set[str]()
    for name in names:
        try:
            await reader.fetch(f"SELECT * FROM {name} LIMIT 1")
            readable.add(name)
        except asyncpg.InsufficientPrivilegeError:
            pass
    assert readable == {"reading"}
    await reader.execute("SET default_transaction_read_only = off")
    for statement in (
        "SELECT acknowledged_by FROM alarm",
        "UPDATE alarm SET detail = ''",
        "DELETE FROM channel",
        "INSERT INTO zone (id) VALUES ('x')",
        "CREATE TABLE mine (a int)",
        "SELECT forget_samples(now())",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await reader.execute(statement)


async def test_the_data_source_is_the_dashboards_and_holds_no_password() -> None:
    told = json.dumps(DASHBOARD)
    assert set(re.findall(r'"uid": "([^"]+)"', told)) == {SOURCE["uid"]}
    assert {one["datasource"]["type"] for one in DASHBOARD["panels"]} == {SOURCE["type"]}
    assert SOURCE["secureJsonData"]["password"].startswith("$")
