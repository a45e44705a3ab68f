"""What is live: the latest Samples, and the WebSocket that follows them."""

import asyncio
from contextlib import suppress

from fastapi import APIRouter, WebSocket, WebSocketDisconnect
from pydantic import BaseModel

from monitor.server.may import Looking
from monitor.server.messages import SAMPLE_EXAMPLE, Sample, Time, refusals, shown
from monitor.server.refusal import Refusal, answer
from monitor.server.relay import Browser
from monitor.server.rights import Deed
from monitor.server.service import Here
from monitor.server.sessions import Session

SIGNED_OUT = 4401
"""Close code: the session is over; sign in again."""
TOO_SLOW = 1013
"""Close code "try again later": this browser fell behind."""
FAREWELL_S = 1.0

router = APIRouter(tags=["live"])


class Latest(BaseModel):
    """The latest Sample of each series; while `collector` is false nothing of it is live."""

    model_config = shown(
        {"at": "2026-03-02T08:15:01.400000+00:00", "collector": True, "samples": [SAMPLE_EXAMPLE]}
    )

    at: Time
    collector: bool
    samples: list[Sample]


@router.get("/latest", dependencies=[Looking], responses=refusals(401, 403))
async def read_latest(here: Here) -> Latest:
    """The latest Sample of each series, from memory: it needs no database."""
    samples = list(here.relay.samples.values())
    return Latest(at=here.settings.now(), collector=here.relay.collector, samples=samples)


@router.websocket("/live", dependencies=[Looking])
async def follow_live(websocket: WebSocket, here: Here) -> None:
    """A snapshot and the link, then every message of the collector's feed as it comes; to machines as to people."""
    session: Session = websocket.state.session
    machine = session.person.name if session.scopes is not None else ""
    token = "" if machine else websocket.state.token
    try:
        with here.sessions.live(token), here.relay.browser(machine) as browser:
            await websocket.accept()
            await _follow(websocket, browser)
    except Refusal as refusal:
        await websocket.send_denial_response(answer(refusal, websocket.headers))


async def _follow(websocket: WebSocket, browser: Browser) -> None:
    sending = asyncio.create_task(_send(websocket, browser), name="live: send")
    hearing = asyncio.create_task(_until_gone(websocket), name="live: hear")
    cut = asyncio.create_task(browser.cut.wait(), name="live: cut")
    tasks = (sending, hearing, cut)
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    if browser.cut.is_set():
        await _say_goodbye(websocket, TOO_SLOW)
    elif not sending.cancelled() and sending.exception() is None:
        await _say_goodbye(websocket, SIGNED_OUT)


async def _send(websocket: WebSocket, browser: Browser) -> None:
    """Pass messages on for as long as the person is signed in, or the machine's token is good."""
    while True:
        text = await browser.waiting.get()
        session: Session | None = websocket.state.now()
        if session is None or Deed.LOOK not in session.deeds:
            return
        await websocket.send_text(text)


async def _until_gone(websocket: WebSocket) -> None:
    """Wait for the browser to go; whatever it says meanwhile is not heard."""
    while (await websocket.receive())["type"] != "websocket.disconnect":
        pass


async def _say_goodbye(websocket: WebSocket, code: int) -> None:
    """Close with a code, but do not wait for a browser that reads nothing any more."""
    with suppress(TimeoutError, WebSocketDisconnect):
        async with asyncio.timeout(FAREWELL_S):
            await websocket.close(code)
