"""Machines with a token of their own: they listen and scrape as far as it is for that, and not a moment longer."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from monitor.server.app import create_app
from monitor.server.gate import API, COOKIE, METRICS
from monitor.server.relay import PER_MACHINE
from monitor.server.rights import Deed, Role
from monitor.server.sessions import hashed
from monitor.server.settings import Settings
from monitor.store.book import BookEntry
from monitor.store.people import Token
from tests.server.collector import Collector
from tests.server.conftest import Running, Screen
from tests.server.hands import Hands
from tests.server.test_metrics import asked

TOKENS = {"gw_look": Deed.LOOK, "gw_scrape": Deed.SCRAPE, "gw_past": Deed.READ_PAST}
ELSEWHERE = "10.0.0.7"


def know(server: Running, made_at: datetime, revoked_at: datetime | None = None) -> None:
    """Let a server know a token for each deed, named after it."""
    end = made_at + timedelta(hours=1)
    made = [Token(deed, hashed(token), [deed], "admin", made_at, end) for token, deed in TOKENS.items()]
    server.service.tokens.take([replace(one, revoked_at=revoked_at) for one in made])


@pytest.fixture
async def server(server: Running, hands: Hands) -> Running:
    know(server, hands.at)
    return server


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@asynccontextmanager
async def listening(server: Running, token: str, query: str = "", **headers: str) -> AsyncIterator[Screen]:
    address = server.address.replace("http", "ws", 1) + "api/v1/live" + query
    given = (bearer(token) if token else {}) | headers
    async with connect(address, additional_headers=given, proxy=None, close_timeout=1) as socket:
        yield Screen(socket)


async def refused(server: Running, token: str, query: str = "", **headers: str) -> int:
    with pytest.raises(InvalidStatus) as why:
        async with listening(server, token, query, **headers):
            pass
    return why.value.response.status_code


def told(server: Running) -> list[BookEntry]:
    return [entry for _, entry in server.service.ledger._open_spool().after(0, 500)]


async def test_a_machine_listens_until_its_token_is_over(
    collector: Collector, server: Running, hands: Hands
) -> None:
    async with listening(server, "gw_look") as screen:
        assert (await screen.next())["type"] == "snapshot"
        await screen.until("link", collector=True)
        collector.measure(52.5)
        await screen.until("sample", series="ISO-STM-L1")
        hands.pass_s(3600)
        collector.measure(52.5)
        with pytest.raises(ConnectionClosed) as closed:
            await screen.until("sample", at="never")
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4401


async def test_a_token_that_is_revoked_hears_no_more(
    collector: Collector, server: Running, hands: Hands
) -> None:
    async with listening(server, "gw_look") as screen:
        await screen.until("link", collector=True)
        know(server, hands.at, revoked_at=hands.at)
        collector.measure(52.5)
        with pytest.raises(ConnectionClosed):
            await screen.until("sample", at="never")
    assert await refused(server, "gw_look") == 401


async def test_what_a_token_is_not_for_is_refused_and_recorded(server: Running) -> None:
    assert await refused(server, "gw_past") == 403
    assert await refused(server, "gw_scrape") == 403
    assert [(one.kind, one.who, one.body["what"]) for one in told(server)] == [
        ("refused", "token read_past", "look"),
        ("refused", "token scrape", "look"),
    ]
    async with server.client(**bearer("gw_scrape"), **{"Accept-Language": "zh"}) as client:
        answer = await client.get(f"{API}/latest")
    assert (answer.status_code, answer.json()["detail"]) == (403, "该令牌不可用于：查看实时画面。")


async def test_a_token_in_the_address_or_from_another_page_opens_nothing(server: Running) -> None:
    for query in ("?token=gw_look", "?access_token=gw_look", "?authorization=Bearer%20gw_look"):
        assert await refused(server, "", query) == 401
    assert await refused(server, "gw_nothing") == 401
    assert await refused(server, "gw_look", Origin="https://elsewhere.example") == 403
    # A token that is shown counts, and not the cookie beside it.
    cookie = f"{COOKIE}={server.sign_in(Role.ENGINEER)}"
    assert await refused(server, "gw_nothing", Cookie=cookie) == 401
    assert {one.kind for one in told(server)} == {"turned_away"}


async def test_one_machine_does_not_take_the_live_screens_of_all(server: Running) -> None:
    async with AsyncExitStack() as stack:
        for _ in range(PER_MACHINE):
            await stack.enter_async_context(listening(server, "gw_look"))
        assert await refused(server, "gw_look") == 503
        async with server.screen(server.sign_in()) as screen:
            assert (await screen.next())["type"] == "snapshot"


@pytest.mark.parametrize("of_environment", ["", "that of the environment"])
async def test_a_machine_scrapes_from_elsewhere_with_a_token_for_that(
    settings: Settings, hands: Hands, of_environment: str
) -> None:
    app = create_app(replace(settings, metrics_token=of_environment))
    made = Running("", app.state.service)
    made.service.sessions.ready.set()  # nothing runs that would say so
    await made.service.ledger.open()
    know(made, hands.at)
    for path in (METRICS, f"{METRICS}/collector"):
        good = await asked(app, path, ELSEWHERE, **bearer("gw_scrape"))
        assert good.status_code == (200 if path == METRICS else 503), "no collector runs"
        for host in (ELSEWHERE, "127.0.0.1"):
            unknown = await asked(app, path, host, **bearer("gw_nothing"))
            assert (unknown.status_code, unknown.headers["www-authenticate"]) == (401, "Bearer")
            wrong = await asked(app, path, host, **bearer("gw_look"))
            assert wrong.status_code == 403
            assert wrong.json() == {"detail": "This token is not for this: read the metrics."}
    kinds = [(one.kind, one.who) for one in told(made)]
    assert kinds.count(("refused", "token look")) == 4
    assert kinds.count(("turned_away", "")) == 2, "one a minute from each address"
    assert (await asked(app, METRICS, ELSEWHERE)).status_code == (401 if of_environment else 403)
    await made.service.ledger.close()
