"""Runs the server until it is told to stop."""

import ipaddress
import socket
from collections.abc import Callable

import structlog
import uvicorn
from fastapi import FastAPI

from config.faults import MendableError
from monitor.asgi import serve_app
from monitor.server.app import create_app
from monitor.server.settings import Settings

BROWSER_MESSAGE_BYTES_MAX = 4096
"""A browser has nothing to say on its WebSocket."""
UNSENT_MS_MAX = 30_000

_log = structlog.get_logger()


class ServerError(MendableError):
    """The server cannot run. One line: what is wrong, and what to do about it."""


async def serve(settings: Settings, ready: Callable[[str], None] | None = None) -> None:
    """Serve until cancelled, then close in good order.

    Args:
        settings: what the server is started with.
        ready: called once with the address to open; a connection made from then on is answered.

    Raises:
        ServerError: the address or the certificate cannot be used.
    """
    await serve_made(create_app(settings), settings, ready)


async def serve_made(app: FastAPI, settings: Settings, ready: Callable[[str], None] | None = None) -> None:
    """Serve an application that was made from these settings; see `serve`."""
    config = _configure(app, settings)
    listener = _listen(settings.host, settings.port)
    address = _address(settings, listener)
    _log.info("serving", address=address)
    if ready is not None:
        ready(address)
    try:
        await serve_app(config, listener)
    finally:
        listener.close()


def _listen(host: str, port: int) -> socket.socket:
    """Take the address before anything starts, so that a taken one is told plainly; connections wait meanwhile."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family)
    except OSError as error:
        raise ServerError(
            f"cannot listen on {host}:{port}: {error}; stop what is using it, or choose another --host or --port"
        ) from error
    # A browser that stays connected but reads nothing would hold its connection for ever.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNSENT_MS_MAX)
    # asyncio sets it only on sockets that name their protocol; without it an answer's body waits 40 ms for its head.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def _address(settings: Settings, listener: socket.socket) -> str:
    scheme = "https" if settings.tls_certificate else "http"
    if scheme == "http" and not _is_loopback(settings.host):
        _log.warning(
            "no_tls", remedy="passwords travel readable: give a certificate, or put a TLS proxy before it"
        )
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"{scheme}://{host}:{listener.getsockname()[1]}/"


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _configure(app: FastAPI, settings: Settings) -> uvicorn.Config:
    config = uvicorn.Config(
        app,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        ws="websockets-sansio",
        # The same text goes to every screen of the plant's own network; packing it for each would cost a core.
        ws_per_message_deflate=False,
        ws_max_size=BROWSER_MESSAGE_BYTES_MAX,
        ssl_certfile=settings.tls_certificate,
        ssl_keyfile=settings.tls_key,
    )
    try:
        config.load()
    except OSError as error:
        raise ServerError(
            f"cannot use the certificate {settings.tls_certificate} with the key {settings.tls_key}: {error};"
            " give a PEM certificate and its unencrypted PEM key"
        ) from error
    return config
