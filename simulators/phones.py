"""The telephones of the plant's people: what a signed webhook makes ring, for everybody to read.

They take whatever comes, each key once, and prove no signature: that is tried where the ways are.
"""

from collections import deque
from typing import Annotated

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel, Field

KEPT = 500
"""Messages that stay to be read; the oldest goes first."""

Line = Annotated[str, Field(max_length=4000)]


class Message(BaseModel):
    """What came: those fields of the webhook that a person reads, and its key."""

    key: Annotated[str, Field(max_length=1000)]
    to: Line
    subject: Line
    text: Annotated[str, Field(max_length=100_000)]
    url: Line = ""
    urgency: Line = ""


class Phones:
    """All telephones, on one heap.

    Attributes:
        rung: what came, the newest last.
        again: how often something came that was there already.
    """

    def __init__(self) -> None:
        self.rung: deque[Message] = deque(maxlen=KEPT)
        self.again = 0

    def ring(self, message: Message) -> None:
        """Take a message, unless it was taken already."""
        if any(message.key == one.key for one in self.rung):
            self.again += 1
        else:
            self.rung.append(message)

    def page(self) -> str:
        """Write what has come for a person to read, the newest first."""
        rung = reversed(self.rung)
        return "\n\n".join(f"☎ {one.to}\n{one.subject}\n{one.text}\n{one.url}" for one in rung)


def phone_routes(phones: Phones) -> APIRouter:
    """Make the routes by which telephones ring, and are looked at."""
    router = APIRouter()

    @router.post("/phone")
    async def _ring(message: Message) -> dict[str, bool]:
        phones.ring(message)
        return {"accepted": True}

    @router.get("/phone")
    async def _page() -> PlainTextResponse:
        return PlainTextResponse(phones.page())

    @router.get("/phone/rung")
    async def _rung() -> dict[str, object]:
        return {"again": phones.again, "rung": [one.model_dump() for one in phones.rung]}

    return router
