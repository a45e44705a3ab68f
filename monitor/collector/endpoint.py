"""The collector's local endpoint: the live feed, commands, health and metrics, on a Unix socket behind a token.

It stands beside the pipeline, not in it: a listener that is slow, or none at all, changes nothing for an alarm.
"""

import asyncio
import contextlib
import secrets
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import uvicorn
from fastapi import (
    APIRouter,
    Depends,
    FastAPI,
    Header,
    HTTPException,
    Response,
    WebSocket,
    WebSocketDisconnect,
)
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from starlette.requests import HTTPConnection
from starlette.routing import BaseRoute

from monitor.asgi import serve_app
from monitor.collector import batches, calibrations, commands, duty, lockouts
from monitor.collector.commands import Clerk, Judge
from monitor.collector.feed import Cut, Feed


def endpoint_app(
    *,
    feed: Feed,
    judge: Judge,
    health: Callable[[], dict[str, Any]],
    registry: CollectorRegistry,
    now: Callable[[], datetime],
    token: str,
    more: Iterable[APIRouter] = (),
) -> FastAPI:
    """Make the ASGI app of the endpoint; `more` are further commands."""
    app = FastAPI(title="Gradewatch collector", dependencies=[Depends(_known)], openapi_url=None)
    app.state.token, app.state.clerk = token, Clerk(judge, now)
    app.router.routes.extend(_commands())
    for router in more:
        app.include_router(router)

    @app.get("/health")
    async def _health() -> dict[str, Any]:
        return health()

    @app.get("/metrics")
    async def _metrics() -> Response:
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    @app.websocket("/feed")
    async def _feed(socket: WebSocket) -> None:
        await socket.accept()
        if feed.full():
            await socket.close(1013, "too many listeners")
            return
        async with feed.listen() as listener:
            await _send_all(socket, feed.snapshot(now(), health()), listener.next)

    return app


async def _known(connection: HTTPConnection, authorization: Annotated[str, Header()] = "") -> None:
    if not secrets.compare_digest(authorization.encode(), f"Bearer {connection.app.state.token}".encode()):
        raise HTTPException(401, "the collector's token is needed")


@cache
def _commands() -> list[BaseRoute]:
    """Lay the commands' routes out, once a process: no other part of the app takes nearly as long to make."""
    whole = APIRouter(dependencies=[Depends(_known)])
    for room in (commands, batches, calibrations, lockouts, duty):
        whole.include_router(room.router)
    return whole.routes


async def _send_all(socket: WebSocket, first: str, following: Callable[[], Awaitable[str]]) -> None:
    """Send until the listener leaves, the server stops, or the listener has fallen too far behind."""
    sending = asyncio.create_task(_send(socket, first, following), name="feed")
    leaving = asyncio.create_task(_left(socket), name="feed listener")
    try:
        await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        sending.cancel()
        leaving.cancel()
        await asyncio.wait({sending, leaving})


async def _send(socket: WebSocket, first: str, following: Callable[[], Awaitable[str]]) -> None:
    with contextlib.suppress(WebSocketDisconnect):
        try:
            await socket.send_text(first)
            while True:
                await socket.send_text(await following())
        except Cut:
            await socket.close(1013, "too slow")


async def _left(socket: WebSocket) -> None:
    with contextlib.suppress(WebSocketDisconnect):
        while True:
            await socket.receive_text()


def read_or_make_token(path: Path) -> str:
    """Return the token kept in a file only its owner can read; make it at first use."""
    path.touch(mode=0o600)
    # An empty one was left by a kill between making the file and writing it: it would let in whoever sends nothing.
    token = path.read_text().strip()
    if not token:
        token = secrets.token_urlsafe(32)
        path.write_text(token)
    return token


async def serve_endpoint(app: FastAPI, socket: Path) -> None:
    """Serve the endpoint until cancelled."""
    socket.unlink(missing_ok=True)  # one that a killed collector left behind
    try:
        await serve_app(
            uvicorn.Config(app, uds=str(socket), log_config=None, access_log=False, lifespan="off")
        )
    finally:
        socket.unlink(missing_ok=True)
