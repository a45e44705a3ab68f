"""What stands before every route."""

from collections.abc import AsyncIterator, Iterator

import pytest
from fastapi import FastAPI
from fastapi.routing import APIWebSocketRoute, iter_route_contexts
from starlette.routing import Mount
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from monitor.server.app import create_app
from monitor.server.gate import API, COOKIE, METRICS, OPEN_DOORS
from tests.server.collector import Collector
from tests.server.conftest import Running


def every_door(app: FastAPI) -> Iterator[tuple[str, str]]:
    """Give method and path of every route of the application; "WS" for a WebSocket."""
    for route in iter_route_contexts(app.routes):
        if isinstance(route.original_route, Mount):
            assert route.name == "dashboard", "a new mount must be shut, and counted here"
        elif isinstance(route.original_route, APIWebSocketRoute):
            yield "WS", str(route.path)
        else:
            assert route.methods, f"{route.path} is of a kind that this test does not know"
            yield from ((method, str(route.path)) for method in route.methods)


async def test_without_a_session_every_route_is_shut(server: Running) -> None:
    doors = set(every_door(create_app(server.service.settings)))
    assert {("GET", f"{API}/latest"), ("WS", f"{API}/live"), ("GET", f"{API}/openapi.json")} <= doors
    assert len(doors) >= 12
    # Each before a session, by its nature: signing in, by password or by the site's own provider; whether all is well.
    before_any_session = {
        ("POST", f"{API}/session"),
        ("GET", f"{API}/health"),
        ("GET", f"{API}/session/oidc"),
        ("POST", f"{API}/session/oidc"),
        ("GET", f"{API}/session/oidc/callback"),
    }
    assert before_any_session == OPEN_DOORS
    async with server.client() as client:
        # A scraper has no session: who that may be is tried in test_metrics.py.
        scraped = {("GET", METRICS), ("GET", f"{METRICS}/collector")}
        assert scraped <= doors
        for method, path in doors - OPEN_DOORS - scraped - {("WS", f"{API}/live")}:
            answer = await client.request(method, path)
            assert answer.status_code == 401, (method, path)
            if method != "HEAD":
                assert answer.json() == {"detail": "Sign in first."}


async def test_without_a_session_nobody_follows(server: Running) -> None:
    for token in ("", "no-such-token"):
        with pytest.raises(InvalidStatus) as refused:
            async with server.screen(token):
                pass
        assert refused.value.response.status_code == 401


async def test_what_is_no_route_is_shut_too(server: Running) -> None:
    async with server.client() as client:
        for path in ("/api", "/api/v1/nothing", "/api/v1/latest/", "/api/v2/latest", "/%61pi/v1/latest"):
            assert (await client.get(path)).status_code == 401, path


async def test_a_page_of_another_site_gets_nothing_done(server: Running) -> None:
    token = server.sign_in()
    for origin in ("https://elsewhere.example", "null", server.address.rstrip("/") + "1"):
        async with server.client(token, Origin=origin) as client:
            assert (await client.delete(f"{API}/session")).status_code == 403
            assert (await client.post(f"{API}/alarms/acknowledge", json={})).status_code == 403
            assert (await client.post(f"{API}/session", json={})).status_code == 403
        with pytest.raises(InvalidStatus) as refused:
            async with server.screen(token, origin=origin):
                pass
        assert refused.value.response.status_code == 403
    assert server.service.sessions.find(token) is not None


async def test_the_servers_own_page_is_heard(server: Running) -> None:
    token = server.sign_in()
    origin = server.address.rstrip("/")
    async with server.screen(token, origin=origin) as screen:
        assert (await screen.next())["type"] == "snapshot"
    async with server.client(token, Origin=origin) as client:
        assert (await client.delete(f"{API}/session")).status_code == 204
        assert (await client.get(f"{API}/session")).status_code == 401


async def test_every_answer_carries_the_headers(server: Running) -> None:
    async with server.client(server.sign_in()) as client, server.client() as stranger:
        answers = [
            await client.get(f"{API}/latest"),
            await client.get(f"{API}/readings"),
            await stranger.get(f"{API}/latest"),
            await stranger.get("/"),
            await stranger.get("/nothing"),
        ]
    assert [answer.status_code for answer in answers] == [200, 422, 401, 200, 404]
    for answer in answers:
        policy = answer.headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"
    assert answers[0].headers["cache-control"] == "no-store"


async def test_a_large_body_is_refused(server: Running) -> None:
    async def parts() -> AsyncIterator[bytes]:
        for _ in range(10):
            yield b" " * 10_000

    async with server.client() as client:
        assert (await client.post(f"{API}/session", content=b" " * 100_000)).status_code == 413
        chunked = await client.post(f"{API}/session", content=parts())
        assert chunked.status_code == 413, "also where its length is not told before"


async def test_a_refusal_is_told_in_the_readers_language(server: Running) -> None:
    async with server.client(**{"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.8"}) as client:
        assert (await client.get(f"{API}/latest")).json() == {"detail": "请先登录。"}


async def test_a_live_screen_ends_with_its_session(collector: Collector, server: Running) -> None:
    token = server.sign_in()
    async with server.screen(token) as screen:
        await screen.until("link", collector=True)
        server.service.sessions.close(token)
        collector.measure(52.5)
        with pytest.raises(ConnectionClosed) as closed:
            await screen.next()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4401


async def test_a_cookie_of_another_name_opens_nothing(server: Running) -> None:
    address = server.address.replace("http", "ws", 1) + "api/v1/live"
    headers = {"Cookie": f"{COOKIE}x={server.sign_in()}"}
    with pytest.raises(InvalidStatus):
        async with connect(address, additional_headers=headers, proxy=None):
            pass
