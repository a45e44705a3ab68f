"""One process serves every device of a plant, and the control endpoint."""

import asyncio
import signal
import socket
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

import uvicorn

from config.plant import Plant
from simulators.control import create_app
from simulators.errors import AddressInUse
from simulators.protection import Protection
from simulators.site import Site

STEP_S = 0.1
"""Ten steps a second: fast enough for the shape of a pressure loss."""


async def serve(
    plant: Plant,
    control: str,
    seed: int,
    now: Callable[[], datetime],
    ready: Callable[[], None],
    *,
    protection: Protection | None = None,
) -> None:
    """Serve until SIGINT or SIGTERM.

    Args:
        plant: whose devices are served, each at its own address.
        control: `host:port` of the control endpoint.
        seed: names the noise.
        now: asks for the wall time.
        ready: called once every device answers.
        protection: for devices that speak encrypted.

    Raises:
        AddressInUse: a device or the control endpoint cannot listen.
        NoPhysics: a profile, or a channel of one, that is not simulated.
        NoCertificates: a device speaks encrypted, and there is no protection.
    """
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    site = Site(plant, now, seed, protection)
    with _listener(control) as listener:
        try:
            await site.open()
            await _run(site, listener, stop, ready)
        finally:
            await site.close()


async def _run(site: Site, listener: socket.socket, stop: asyncio.Event, ready: Callable[[], None]) -> None:
    endpoint = uvicorn.Server(
        uvicorn.Config(create_app(site), log_level="warning", access_log=False, lifespan="off")
    )
    serving = asyncio.create_task(endpoint.serve(sockets=[listener]), name="control endpoint")
    try:
        ready()
        while not stop.is_set():
            await site.advance()
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), STEP_S)
    finally:
        endpoint.should_exit = True
        await serving


def _listener(address: str) -> socket.socket:
    host, _, port = address.rpartition(":")
    try:
        return socket.create_server((host, int(port)))
    except (OSError, ValueError, OverflowError) as error:
        raise AddressInUse(
            f"the control endpoint cannot listen on {address}: free it, or name another HOST:PORT with --control"
        ) from error
