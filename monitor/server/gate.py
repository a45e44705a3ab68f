"""What stands before every route: origin, session, and the headers on every answer.

The gate knows the few open doors and shuts all others, so a route that somebody adds is shut from its first day.
"""

import ipaddress
import secrets
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from config.model import Text
from monitor.server.refusal import Refusal, answer
from monitor.server.sessions import Sessions

API = "/api/v1"
COOKIE = "gradewatch_session"
OPEN_DOORS = frozenset({("POST", f"{API}/session"), ("GET", f"{API}/health")})
READING = frozenset({"GET", "HEAD"})
METRICS = "/metrics"
"""For scrapers, who have no session: with their token, or without one from this machine only."""
FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip", "via")

NOT_SIGNED_IN = Text(en="Sign in first.", zh="请先登录。")
OTHER_ORIGIN = Text(
    en="This request came from a page of another site.", zh="该请求来自其他网站的页面，已拒绝。"
)

SCRAPE_TOKEN = Text(
    en="Give the token of GRADEWATCH_METRICS_TOKEN.", zh="请提供 GRADEWATCH_METRICS_TOKEN 所设的令牌。"
)
SCRAPE_HERE = Text(
    en="Figures are given on the server's own machine only, unless GRADEWATCH_METRICS_TOKEN is set there.",
    zh="除非服务器设置了 GRADEWATCH_METRICS_TOKEN，否则仅限在服务器本机读取指标。",
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


class Gate:
    """ASGI middleware: refuses what may not pass; puts `token` and `session` into the state of what may."""

    def __init__(self, app: ASGIApp, sessions: Sessions, scrape_token: str) -> None:
        self._app = app
        self._sessions = sessions
        self._scrape_token = scrape_token

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
        if connection.scope["path"] == METRICS or connection.scope["path"].startswith(f"{METRICS}/"):
            _check_scraper(connection, self._scrape_token)
        token = connection.cookies.get(COOKIE, "")
        if token:
            await self._sessions.ready.wait()
        session = self._sessions.find(token)
        if session is None and not _is_open(connection.scope):
            raise Refusal(401, NOT_SIGNED_IN)
        connection.state.token = token
        connection.state.session = session


def _check_scraper(connection: HTTPConnection, token: str) -> None:
    if token:
        given = connection.headers.get("authorization", "")
        if not secrets.compare_digest(given.encode(), f"Bearer {token}".encode()):
            raise Refusal(401, SCRAPE_TOKEN, {"WWW-Authenticate": "Bearer"})
    elif not _is_from_here(connection):
        raise Refusal(403, SCRAPE_HERE)


def _is_from_here(connection: HTTPConnection) -> bool:
    """Whether a program of this machine asks for itself: a proxy on it asks for somebody else."""
    if connection.client is None or any(name in connection.headers for name in FORWARDED):
        return False
    try:
        return ipaddress.ip_address(connection.client.host).is_loopback
    except ValueError:
        return False


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
    if urlsplit(origin).netloc.lower() != connection.headers.get("host", "").lower():
        raise Refusal(403, OTHER_ORIGIN)


def _with_headers(send: Send, path: str) -> Send:
    async def passed(message: Message) -> None:
        if message["type"].endswith("http.response.start"):
            headers = MutableHeaders(scope=message)
            headers.update(HEADERS)
            if path.startswith("/api"):
                headers["Cache-Control"] = "no-store"
        await send(message)

    return passed
