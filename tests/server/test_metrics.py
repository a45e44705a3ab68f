"""The server's figures: who may read them, and that they are what happened."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request
from prometheus_client.parser import text_string_to_metric_families

from monitor.server.app import create_app
from monitor.server.gate import API, METRICS
from monitor.server.measured import BUCKETS_S, Measured, Requests
from monitor.server.settings import Settings
from monitor.server.upkeep import Result
from tests.server.collector import Collector
from tests.server.conftest import PASSWORD, Running
from tests.service import until

SCRAPE_TOKEN = "a token of the scraper"
BEARER = {"Authorization": f"Bearer {SCRAPE_TOKEN}"}
EVERY = (METRICS, f"{METRICS}/collector")


async def figures(made: Running, **headers: str) -> dict[str, Any]:
    """Read them as a scraper does: name -> family."""
    async with made.client(**headers) as client:
        answer = (await client.get(METRICS)).raise_for_status()
    return {family.name: family for family in text_string_to_metric_families(answer.text)}


def value(families: dict[str, Any], name: str, **labels: str) -> float:
    """Give the one figure of a family with these labels; of a counter its total."""
    family = families[name]
    wanted = name + ("_total" if family.type == "counter" else "")
    (found,) = [one.value for one in family.samples if (one.name, one.labels) == (wanted, labels)]
    return float(found)


async def test_without_a_token_only_this_machine_reads_them(settings: Settings) -> None:
    app = create_app(settings)
    token = Running("", app.state.service).sign_in()
    app.state.service.sessions.ready.set()  # nothing runs that would say so
    await app.state.service.ledger.open()
    for host, status in (
        ("127.0.0.1", 200),
        ("::1", 200),
        ("10.0.0.7", 403),
        ("2001:db8::7", 403),
        ("somewhere", 403),
    ):
        for path in EVERY:
            answer = await asked(app, path, host)
            assert answer.status_code == (503 if status == 200 and path != METRICS else status), (host, path)
            # Whoever is signed in is a person, and a header says what its sender likes.
            cookie = {"Cookie": f"gradewatch_session={token}"}
            assert (await asked(app, path, host, **cookie)).status_code == answer.status_code
            assert (await asked(app, path, host, **cookie, **BEARER)).status_code == 401, (
                "a wrong token is none"
            )
    for header in ("X-Forwarded-For", "Forwarded", "Via", "X-Real-IP"):
        assert (await asked(app, METRICS, "127.0.0.1", **{header: "127.0.0.1"})).status_code == 403
    # A page whose name was made to lead to this machine, in a browser on it.
    assert (await asked(app, METRICS, "127.0.0.1", Host="elsewhere.example")).status_code == 403
    assert (await asked(app, METRICS, "127.0.0.1", Host="[::1]:8000")).status_code == 200
    assert app.state.service.ledger.waiting > 0, "who was turned away is in the book"
    await app.state.service.ledger.close()


async def asked(app: FastAPI, path: str, host: str, **headers: str) -> httpx.Response:
    """Ask the application as a client at some address does."""
    transport = httpx.ASGITransport(app, client=(host, 50_000))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8000") as client:
        return await client.get(path, headers=headers)


async def test_with_a_token_whoever_has_it_reads_them_and_nobody_else(settings: Settings) -> None:
    app = create_app(replace(settings, metrics_token=SCRAPE_TOKEN))
    app.state.service.sessions.ready.set()  # nothing runs that would say so
    await app.state.service.ledger.open()
    for path in EVERY:
        for host in ("127.0.0.1", "10.0.0.7"):
            for wrong in ({}, {"Authorization": "Bearer another"}, {"Authorization": SCRAPE_TOKEN}):
                refused = await asked(app, path, host, **wrong)
                assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")
            assert (await asked(app, path, host, **BEARER)).status_code == (200 if path == METRICS else 503)
    await app.state.service.ledger.close()
    assert SCRAPE_TOKEN not in repr(replace(settings, metrics_token=SCRAPE_TOKEN))


async def test_a_path_below_that_is_no_route_is_shut_as_well(settings: Settings) -> None:
    app = create_app(settings)
    await app.state.service.ledger.open()
    assert (await asked(app, f"{METRICS}/nothing", "10.0.0.7")).status_code == 403
    # That is a file of the dashboard, which there is none of.
    assert (await asked(app, f"{METRICS}x", "10.0.0.7")).status_code == 404
    await app.state.service.ledger.close()


async def test_requests_are_counted_by_route_method_and_class_of_status(server: Running) -> None:
    async with server.client(server.sign_in()) as client:
        for path in ("/health", "/health", "/readings", "/nothing/1", "/nothing/2"):
            await client.get(f"{API}{path}")
        await client.post(f"{API}/alarms/acknowledge", json={})
        await client.request("BREW", "/")
    async with server.client() as stranger:
        await stranger.get(f"{API}/latest")
    found = await figures(server)
    counted = {
        (one.labels["route"], one.labels["method"], one.labels["status"]): one.value
        for one in found["gradewatch_http_requests"].samples
    }
    assert counted == {
        (f"{API}/health", "GET", "2xx"): 2,
        (f"{API}/readings", "GET", "4xx"): 1,
        (f"{API}/alarms/acknowledge", "POST", "4xx"): 1,
        ("other", "GET", "4xx"): 3,
        ("other", "other", "4xx"): 1,
    }
    again = await figures(server)
    assert value(again, "gradewatch_http_requests", route=METRICS, method="GET", status="2xx") == 1
    took = "gradewatch_http_request_duration_seconds"
    counts = [
        one.value
        for one in found[took].samples
        if one.name == f"{took}_bucket" and one.labels["route"] == f"{API}/health"
    ]
    assert len(counts) == len(BUCKETS_S) + 1
    assert (sorted(counts), counts[-1]) == (counts, 2)


def test_a_duration_stands_in_the_first_bucket_that_holds_it() -> None:
    requests = Requests()
    for took_s in (0.001, 0.0011, 60.0):
        requests.note("/r", "GET", 200, took_s)
    (_, took, *_) = requests.figures()
    buckets = {one.labels["le"]: one.value for one in took.samples if one.name.endswith("_bucket")}
    assert (buckets["0.001"], buckets["0.0025"], buckets["10.0"], buckets["+Inf"]) == (1, 2, 2, 3)
    (total,) = [one.value for one in took.samples if one.name.endswith("_sum")]
    assert total == pytest.approx(60.0021)


async def test_what_fails_without_an_answer_is_a_failure_of_the_server() -> None:
    app, requests = FastAPI(), Requests()

    @app.get("/broken/{what}")
    async def _broken(request: Request, what: str) -> None:
        raise ZeroDivisionError(what)

    transport = httpx.ASGITransport(Measured(app, requests), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://server") as client:
        await client.get("/broken/now")
    (counted, *_) = requests.figures()
    assert [(one.labels, one.value) for one in counted.samples] == [
        ({"route": "/broken/{what}", "method": "GET", "status": "5xx"}, 1)
    ]


async def test_screens_messages_and_the_link_are_told(
    collector: Collector, server: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with server.screen(server.sign_in()) as screen:
        await screen.until("link", collector=True)
        collector.measure(52.5)
        await screen.until("sample")
        found = await figures(server)
        assert value(found, "gradewatch_websockets") == 1
        assert value(found, "gradewatch_collector_up") == 1
        assert value(found, "gradewatch_relay_messages") >= 3
        assert value(found, "gradewatch_relay_dropped_messages") == 0
        collector._hands.pass_s(7)
        assert value(await figures(server), "gradewatch_collector_message_age_seconds") >= 7
        monkeypatch.setattr("monitor.server.relay.Browser.offer", lambda *_: False)
        collector.measure(52.5)
        collector.measure(52.5)

        async def dropped() -> bool:
            return value(await figures(server), "gradewatch_relay_dropped_messages") >= 2

        await until(dropped, "two messages are dropped")

    async def gone() -> bool:
        return value(await figures(server), "gradewatch_websockets") == 0

    await until(gone, "the screen is gone")


async def test_a_link_that_never_was_has_no_age(server: Running) -> None:
    found = await figures(server)
    assert value(found, "gradewatch_collector_up") == 0
    assert "gradewatch_collector_message_age_seconds" not in found
    assert value(found, "gradewatch_database_up", database="primary") == 0
    assert "gradewatch_replica_in_use" not in found
    (build,) = found["gradewatch_build_info"].samples
    assert build.labels["plant_sha256"] == server.service.settings.plant.sha256


async def test_the_collectors_own_figures_are_passed_on(collector: Collector, server: Running) -> None:
    async with server.client() as client:
        answer = await client.get(f"{METRICS}/collector")
    assert (answer.status_code, answer.headers["content-type"].startswith("text/plain")) == (200, True)


async def test_wrong_passwords_and_lock_outs_are_counted(keeping: Running) -> None:
    async with keeping.client() as client:
        for _ in range(7):
            await client.post(f"{API}/session", json={"name": "li", "password": "wrong"})
        signed_in = await client.post(f"{API}/session", json={"name": "admin", "password": PASSWORD})
        assert signed_in.status_code == 204
    async with keeping.client() as stranger:
        await stranger.get(f"{API}/session")  # refused by the gate: nobody has tried anything
    found = await figures(keeping)
    assert value(found, "gradewatch_sign_in_failures") == 5
    assert value(found, "gradewatch_sign_in_lockouts") == 2


async def test_the_pool_and_upkeep_are_told(keeping: Running) -> None:
    async def done() -> bool:
        return Result.DONE in keeping.service.upkeep.ended

    await until(done, "the database has been looked after")
    async with keeping.service.database.pool() as pool, pool.acquire():
        found = await figures(keeping)
    assert value(found, "gradewatch_database_up", database="primary") == 1
    size = value(found, "gradewatch_database_pool_connections", database="primary")
    assert size >= value(found, "gradewatch_database_pool_used_connections", database="primary") == 1
    at = keeping.service.upkeep.ended[Result.DONE].timestamp()
    assert value(found, "gradewatch_upkeep_last_run_timestamp_seconds", result="done") == at


def test_every_figure_says_what_it_means_and_each_application_has_its_own(settings: Settings) -> None:
    one, other = create_app(settings), create_app(settings)
    one.state.service.requests.note("/r", "GET", 200, 0.1)
    families = list(one.state.registry.collect())
    assert {"gradewatch_websockets", "gradewatch_http_requests", "process_cpu_seconds"} <= {
        family.name for family in families
    }
    assert all(len(family.documentation) > 10 for family in families)
    assert not list(counted(other))


def counted(app: FastAPI) -> Iterator[Any]:
    """Give the counted requests of an application."""
    for family in app.state.registry.collect():
        if family.name == "gradewatch_http_requests":
            yield from family.samples
