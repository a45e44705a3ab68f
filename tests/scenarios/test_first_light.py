"""One line of the plant, every second, from the wire to the API: calm, with faults, and through every outage."""

import asyncio
import json
import os
import signal
from datetime import datetime
from typing import Any

import httpx
from websockets.asyncio.client import connect

from tests.people import signed
from tests.service import PASSWORD, Service, live_devices, seconds, until

PRESSURE = "ISO-STM-L1/chamber_pressure/action"
ACTION_PA = 20
MACHINE_WAS_LATE = ("no poll ran", "no answer from")
"""Why a row of a device that is well is not good."""
DARK = {"red": 0, "amber": 0, "horn": 0}

COUNTED = """
SELECT s.name, count(*) AS n, count(DISTINCT at) AS seconds, extract(epoch FROM max(at) - min(at))::int + 1 AS span
FROM sample JOIN series s ON s.id = series_id
WHERE NOT s.records AND at >= $1 AND at < $2
GROUP BY s.name ORDER BY s.name"""


async def alarms(client: httpx.AsyncClient) -> dict[str, dict[str, Any]]:
    """Return every alarm that stands, by id."""
    answer = (await client.get("/api/v1/alarms")).raise_for_status().json()
    return {alarm["id"]: alarm for alarm in answer["alarms"]}


async def acknowledge_all(client: httpx.AsyncClient) -> None:
    """Acknowledge whatever stands unseen."""
    for alarm in (await alarms(client)).values():
        if not alarm["acknowledged"]:
            body = signed({"alarm": alarm["id"], "raised_at": alarm["raised_at"]}, PASSWORD)
            await client.post("/api/v1/alarms/acknowledge", json=body)


async def calm(one: Service, client: httpx.AsyncClient) -> None:
    """End every fault and acknowledge until nothing stands and the tower is dark.

    A flood that was seen may go on: it is over ten minutes after the last of its alarms.
    """
    await one.clear()

    async def nothing_stands() -> bool:
        await acknowledge_all(client)
        return set(await alarms(client)) <= {"service/flood"} and await one.tower() == DARK

    await until(nothing_stands, "no alarm and a dark tower")


async def stored_until(one: Service, at: datetime) -> None:
    """Wait until every device's row of that second is in the database."""

    async def stored() -> bool:
        rows = await one.rows(
            "SELECT count(*) FROM sample JOIN series s ON s.id = series_id WHERE NOT s.records AND at = $1",
            at,
        )
        return bool(rows[0][0] == 5)

    await until(stored, f"all rows of {at}")


async def now_of(client: httpx.AsyncClient) -> datetime:
    """Return the server's time, to the second."""
    at = (await client.get("/api/v1/health")).json()["at"]
    return datetime.fromisoformat(at).replace(microsecond=0)


async def test_each_device_has_exactly_one_row_for_each_second_good_unless_the_machine_was_late(
    running: Service,
) -> None:
    async with running.signed_in() as client:
        start = await now_of(client) + seconds(1)
        end = start + seconds(8)
        await stored_until(running, end)
    rows = await running.rows(COUNTED, start, end)
    assert [(n, distinct, span) for _, n, distinct, span in rows] == [(8, 8, 8)] * 5
    query = "SELECT DISTINCT reason FROM sample WHERE quality IS NOT NULL AND at >= $1 AND at < $2"
    reasons = [reason for (reason,) in await running.rows(query, start, end)]
    assert [one for one in reasons if not one.startswith(MACHINE_WAS_LATE)] == []
    good = "SELECT count(DISTINCT series_id) FROM sample WHERE quality IS NULL AND at >= $1 AND at < $2"
    ((devices,),) = await running.rows(good, start, end)
    assert devices >= 5


async def test_glove_breach_is_seen_shown_and_ended_only_by_clearing_and_acknowledging(
    running: Service,
) -> None:
    """The first Sample below 20 Pa is the alarm: red lamp and horn; off once clear and seen."""
    async with running.signed_in() as client, _screen(running, client) as screen:
        await running.fault("glove-breach", "ISO-STM-L1")
        shown = await until(lambda: screen.alarm(PRESSURE), "the alarm on the screen")
        assert shown["raised_at"] == screen.first_below("ISO-STM-L1", 0, ACTION_PA)
        assert shown["state"] == "UNACK"
        assert shown["zone"] == "STM-L1-A-ISO"
        await until(lambda: _is(running, red=1, horn=1), "red lamp and horn")
        assert (await alarms(client))[PRESSURE]["worst"] < 20

        await acknowledge_all(client)
        await until(lambda: _is(running, red=1, horn=0), "the horn silenced, the lamp still red")
        await running.clear()
        await until(lambda: _gone(client, PRESSURE), "the alarm NORM")
        await calm(running, client)
    kinds = "SELECT kind, who FROM book WHERE body->>'alarm' = $1 OR body->'command'->>'device' = 'ST-STM-L1'"
    book = await running.rows(kinds, PRESSURE)
    assert ("acknowledge", "li") in book
    assert ("result", "gradewatch") in book


async def test_a_device_that_goes_away_is_bad_with_the_reason_alarmed_and_back_by_itself(
    running: Service,
) -> None:
    async with running.signed_in() as client, _screen(running, client) as screen:
        await running.device("RM-STM-L1", "down")
        bad = await until(lambda: screen.bad("RM-STM-L1"), "Bad samples of the gateway")
        assert set(bad["values"]) == {None}
        assert "127.0.0.1" in bad["reason"]
        await until(lambda: live_devices(running, 4), "four of five live")
        lost = await until(lambda: screen.alarm("RM-STM-L1/communication"), "the communication alarm")
        assert lost["level"] == "diagnostic"
        await running.device("RM-STM-L1", "up")
        await until(lambda: live_devices(running, 5), "the gateway live again")
        await calm(running, client)


async def test_h7_a_database_that_was_away_misses_no_second_and_holds_none_twice(running: Service) -> None:
    async with running.signed_in() as client:
        start = await now_of(client)
        running.database.stop()
        try:
            await until(lambda: _database(client, ok=False), "the outage in the health summary")
            await running.fault("glove-breach", "ISO-STM-L1")
            await until(lambda: _is(running, red=1, horn=1), "the tower, without a database")
            await calm(running, client)
        finally:
            running.database.start()
        await until(lambda: _database(client, ok=True), "the database back")
        end = await now_of(client)
        await stored_until(running, end)
    length = int((end - start).total_seconds())
    rows = await running.rows(COUNTED, start, end)
    assert [(n, distinct, span) for _, n, distinct, span in rows] == [(length, length, length)] * 5


async def test_h12_a_killed_collector_comes_back_with_its_alarms_and_marks_what_it_missed(
    running: Service,
) -> None:
    async with running.signed_in() as client:
        await running.fault("glove-breach", "ISO-STM-L1")
        await until(lambda: _stands(client, PRESSURE), "the alarm")
        await until(lambda: _is(running, red=1, horn=1), "the tower")
        before = (await alarms(client))[PRESSURE]
        start = await now_of(client)
        pid = running.collector_pid()
        os.kill(pid, signal.SIGKILL)
        await until(lambda: _another(running, pid), "another collector")
        await until(lambda: live_devices(running, 5), "all devices live")
        back = await now_of(client)
        after = (await alarms(client))[PRESSURE]
        assert (after["raised_at"], after["state"]) == (before["raised_at"], "UNACK")
        assert (await alarms(client))["service/collector"]["state"] == "RTNUN"
        await until(lambda: _is(running, red=1, horn=1), "the tower as it was")
        await calm(running, client)
        end = await now_of(client)
        await stored_until(running, end)
    length = int((end - start).total_seconds())
    rows = await running.rows(COUNTED, start, end)
    assert [(n, distinct, span) for _, n, distinct, span in rows] == [(length, length, length)] * 5
    marked = (
        "SELECT count(*) FROM sample WHERE reason = 'the collector was not running' AND at >= $1 AND at < $2"
    )
    ((down,),) = await running.rows(marked, start, back)
    assert down > 0
    assert await running.rows(marked, back, end) == [(0,)]


async def _is(one: Service, **shown: int) -> bool:
    tower = await one.tower()
    return all(tower[key] == value for key, value in shown.items())


async def _stands(client: httpx.AsyncClient, alarm: str) -> bool:
    return alarm in await alarms(client)


async def _gone(client: httpx.AsyncClient, alarm: str) -> bool:
    return alarm not in await alarms(client)


async def _database(client: httpx.AsyncClient, *, ok: bool) -> bool:
    return bool((await client.get("/api/v1/health")).json()["database"]["ok"] == ok)


async def _another(one: Service, pid: int) -> bool:
    try:
        return one.collector_pid() != pid
    except ValueError:  # between two collectors
        return False


class _screen:  # noqa: N801 - used like a function
    """What a browser would be told, from now on."""

    def __init__(self, one: Service, client: httpx.AsyncClient) -> None:
        cookie = "; ".join(f"{key}={value}" for key, value in client.cookies.items())
        headers = {"Cookie": cookie}
        address = one.address.replace("http", "ws") + "/api/v1/live"
        self._connecting = connect(address, additional_headers=headers, origin=one.address)  # type: ignore[arg-type]
        self._told: list[dict[str, Any]] = []

    async def __aenter__(self) -> "_screen":
        self._socket = await self._connecting
        self._task = asyncio.create_task(self._listen())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        await asyncio.wait({self._task})
        await self._socket.close()

    async def alarm(self, alarm: str) -> dict[str, Any] | None:
        """Return the alarm as it was last told."""
        told = [one["alarm"] for one in self._told if one["type"] == "alarm" and one["alarm"]["id"] == alarm]
        return told[-1] if told else None

    def first_below(self, series: str, place: int, low: float) -> str:
        """Return the time of the first Sample of a series whose value in a place is below a limit."""
        samples = (one for one in self._told if one["type"] == "sample" and one["series"] == series)
        below = (
            one["at"] for one in samples if one["values"][place] is not None and one["values"][place] < low
        )
        return str(next(below))

    async def bad(self, series: str) -> dict[str, Any] | None:
        """Return the last Sample of a series that has not one value."""
        samples = [one for one in self._told if one["type"] == "sample" and one["series"] == series]
        return samples[-1] if samples and set(samples[-1]["values"]) == {None} else None

    async def _listen(self) -> None:
        async for text in self._socket:
            self._told.append(json.loads(text))
