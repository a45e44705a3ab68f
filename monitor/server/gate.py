"""What stands before every route: origin, session, and the headers on every answer.

The gate knows the few open doors and shuts all others, so a route that somebody adds is shut from its first day.
"""

import ipaddress
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from config.model import Text
from monitor.server.rates import PER_ADDRESS, PER_SESSION, Rates, too_fast
from monitor.server.refusal import Refusal, answer
from monitor.server.sessions import Session, Sessions, hashed
from monitor.server.tokens import Tokens

API = "/api/v1"
COOKIE = "gradewatch_session"
OPEN_DOORS = frozenset(
    {
        ("POST", f"{API}/session"),
        ("GET", f"{API}/health"),
        ("GET", f"{API}/session/oidc"),
        ("POST", f"{API}/session/oidc"),
        ("GET", f"{API}/session/oidc/callback"),
    }
)
WHO_AM_I = f"GET {API}/session"
"""What every page asks before anybody has signed in: an answer of 401, and nothing for quality to read."""
READING = frozenset({"GET", "HEAD"})
METRICS = "/metrics"
"""For scrapers, who have no session: with a token, or without one from this machine only."""
FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip", "via")

NOT_SIGNED_IN = Text(en="Sign in first.", zh="请先登录。")
OTHER_ORIGIN = Text(
    en="This request came from a page of another site.", zh="该请求来自其他网站的页面，已拒绝。"
)

SCRAPE_TOKEN = Text(
    en="Give the token of GRADEWATCH_METRICS_TOKEN, or an API token for reading the metrics.",
    zh="请提供 GRADEWATCH_METRICS_TOKEN 所设的令牌，或可读取运行指标的 API 令牌。",
)
SCRAPE_HERE = Text(
    en="Without a token figures are given on the server's own machine only.",
    zh="未提供令牌时，仅限在服务器本机读取指标。",
)

HEADERS = {
    # data: for the small pictures and fonts that the bundler writes into the style sheet.
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data:; font-src 'self' data:; object-src 'none'; base-uri 'none';"
        " form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    # Not no-referrer: that would turn the Origin of a page's own form into "null".
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@dataclass(frozen=True, slots=True)
class Doors:
    """What the gate goes by.

    Attributes:
        scrape_token: for scrapers; "": they ask from this machine.
        turned_away: hears from where somebody asked for what without being signed in.
    """

    sessions: Sessions
    tokens: Tokens
    rates: Rates
    scrape_token: str
    turned_away: Callable[[str, str], Awaitable[None]]


class Gate:
    """ASGI middleware: refuses what may not pass.

    Into the state of what may it puts `token`, that of the cookie; `session`; and `now`, which gives the session as it
    stands whenever it is asked, None once it is over.
    """

    def __init__(self, app: ASGIApp, doors: Doors) -> None:
        self._app = app
        self._doors = doors

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a refusal here, or pass the request on."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        passed = _with_headers(send, scope["path"])
        try:
            await self._check(connection)
        except Refusal as refusal:
            await answer(refusal, connection.headers)(scope, receive, passed)
        else:
            await self._app(scope, receive, passed)

    async def _check(self, connection: HTTPConnection) -> None:
        _check_origin(connection)
        token, find = cookie_in(connection), self._finder(connection)
        bearer = _bearer(connection)
        if token or (bearer and not _same(bearer, self._doors.scrape_token)):
            await self._doors.sessions.ready.wait()
        session = find()
        if _is_scraping(connection.scope):
            await self._check_scraper(connection, session)
        self._check_rates(connection, token if session else "")
        if session is None and not _is_open(connection.scope):
            await self._turn_away(connection)
            raise Refusal(401, NOT_SIGNED_IN)
        connection.state.token = token
        connection.state.session = session
        connection.state.now = find

    def _finder(self, connection: HTTPConnection) -> Callable[[], Session | None]:
        """Give what finds who asks: by a machine's token where one is shown, otherwise by the cookie."""
        bearer = _bearer(connection)
        if bearer and (connection.scope["path"].startswith("/api") or _is_scraping(connection.scope)):
            return partial(self._doors.tokens.session, bearer)
        return partial(self._doors.sessions.find, cookie_in(connection))

    async def _turn_away(self, connection: HTTPConnection) -> None:
        what = f"{connection.scope.get('method', 'WS')} {connection.scope['path']}"
        if what != WHO_AM_I or cookie_in(connection) or _bearer(connection):
            await self._doors.turned_away(_address(connection), what)

    def _check_rates(self, connection: HTTPConnection, token: str) -> None:
        if connection.scope.get("method", "GET") in READING:
            return
        wait_s = self._doors.rates.take(f"address {_address(connection)}", PER_ADDRESS)
        if token:
            wait_s = max(wait_s, self._doors.rates.take(f"session {hashed(token).hex()}", PER_SESSION))
        if wait_s > 0:
            raise too_fast(wait_s)

    async def _check_scraper(self, connection: HTTPConnection, session: Session | None) -> None:
        if session is not None and session.scopes is not None:
            return  # whether this machine may, its route asks
        try:
            _check_scraper(connection, self._doors.scrape_token)
        except Refusal:
            await self._turn_away(connection)
            raise


def cookie_name(connection: HTTPConnection) -> str:
    """The session's cookie; over TLS the browser itself sees that no other host or plain page has set it."""
    return f"__Host-{COOKIE}" if connection.url.scheme in {"https", "wss"} else COOKIE


def cookie_in(connection: HTTPConnection) -> str:
    """The token in the session's cookie; "": there is none."""
    return connection.cookies.get(cookie_name(connection), "")


def _bearer(connection: HTTPConnection) -> str:
    kind, _, token = connection.headers.get("authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""


def _address(connection: HTTPConnection) -> str:
    return connection.client.host if connection.client else "unknown"


def _check_scraper(connection: HTTPConnection, token: str) -> None:
    given = _bearer(connection)
    if token or given:
        if not _same(given, token):
            raise Refusal(401, SCRAPE_TOKEN, {"WWW-Authenticate": "Bearer"})
    elif not _is_from_here(connection):
        raise Refusal(403, SCRAPE_HERE)


def _same(given: str, token: str) -> bool:
    return bool(token) and secrets.compare_digest(given.encode(), token.encode())


def _is_from_here(connection: HTTPConnection) -> bool:
    """Whether a program of this machine asks for itself.

    A proxy on it asks for somebody else; so does a browser on it, for a page whose name was made to lead here.
    """
    if connection.client is None or any(name in connection.headers for name in FORWARDED):
        return False
    host = connection.url.hostname or ""
    return _is_loopback(connection.client.host) and (host == "localhost" or _is_loopback(host))


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_scraping(scope: Scope) -> bool:
    return scope["path"] == METRICS or str(scope["path"]).startswith(f"{METRICS}/")


def _is_open(scope: Scope) -> bool:
    if scope["type"] == "websocket":
        return False
    is_dashboard = scope["method"] in READING and not scope["path"].startswith("/api")
    return is_dashboard or (scope["method"], scope["path"]) in OPEN_DOORS


def _check_origin(connection: HTTPConnection) -> None:
    """A page of another site may not use the cookie; a program without an Origin has no cookie but its own."""
    origin = connection.headers.get("origin")
    if origin is None or connection.scope.get("method") in READING:
        return
    if _host_of(origin) != connection.headers.get("host", "").lower():
        raise Refusal(403, OTHER_ORIGIN)


def _host_of(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return None  # no URL: http://[


def _with_headers(send: Send, path: str) -> Send:
    async def passed(message: Message) -> None:
        if message["type"].endswith("http.response.start"):
            headers = MutableHeaders(scope=message)
            headers.update(HEADERS)
            if path.startswith("/api"):
                headers["Cache-Control"] = "no-store"
        await send(message)

    return passed
