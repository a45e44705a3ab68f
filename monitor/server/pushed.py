"""An answer that is made while it is sent, as fast as whoever asked takes it, in whatever little memory that needs."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeAlias

from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

Write: TypeAlias = Callable[[Callable[[bytes], Coroutine[Any, Any, None]]], Awaitable[None]]
"""Writes a file piece by piece to what it is given."""


class Pushed(Response):
    """A file that is written to whoever asked.

    It begins with its first piece: until then a refusal is still an ordinary answer. What fails later cuts the
    connection, so that nobody takes a part for the whole; and when whoever asked has gone, nothing more is written.
    """

    def __init__(self, write: Write, media_type: str, name: str) -> None:
        """Nothing is written yet.

        Args:
            write: writes the file.
            media_type: for example `text/csv; charset=utf-8`.
            name: what the file is called, in plain ASCII without quotes.
        """
        super().__init__(
            media_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'}
        )
        del self.headers["content-length"]
        self._write = write

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - as ASGI calls it
        """Answer."""
        writing = asyncio.create_task(self._answer(send), name="export")
        leaving = asyncio.create_task(_gone(receive), name="export listener")
        try:
            await asyncio.wait({writing, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if writing.done():
                await writing
        finally:
            for task in (writing, leaving):
                task.cancel()
            await asyncio.gather(writing, leaving, return_exceptions=True)

    async def _answer(self, send: Send) -> None:
        begun = False

        async def out(piece: bytes) -> None:
            nonlocal begun
            if not begun:
                begun = True
                await send(
                    {"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers}
                )
            await send({"type": "http.response.body", "body": piece, "more_body": True})

        await self._write(out)
        await send({"type": "http.response.body", "body": b""})


async def _gone(receive: Receive) -> None:
    message: Message = {"type": ""}
    while message["type"] != "http.disconnect":
        message = await receive()
