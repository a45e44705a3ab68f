"""What the tests of ways share: a letter, and a way whose secret points at a stand-in."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from config.duty import Way, WayKind
from config.model import Text
from config.rules import Priority
from monitor.notify.open import Ways
from monitor.notify.secrets import Secrets
from monitor.notify.threads import Threads
from monitor.notify.way import Answer, Letter

AT = datetime(2026, 11, 21, 8, 30, 15, 250_000, tzinfo=UTC)
NOWHERE = Path("/nonexistent")


def letter(
    to: str = "", text: str = "Chamber pressure 17.8 Pa, limit 30 Pa.", language: str = "en"
) -> Letter:
    return Letter(
        key="ISO-STM-L1/pressure@2026-11-21T08:30:00Z/1/engineer/robot",
        to=to,
        subject="Grade A action: isolator ISO-STM-L1",
        text=text,
        markdown=f"> {text}",
        url="https://gradewatch.example/#/call/7",
        urgency=Priority.CRITICAL,
        language=language,
    )


class Clock:
    """Stands still until it is set."""

    def __init__(self) -> None:
        self.at = AT

    def __call__(self) -> datetime:
        return self.at


class Sender:
    """One way, whose secret can be exchanged while it is open."""

    def __init__(self, ways: Ways, environ: dict[str, str]) -> None:
        self._ways = ways
        self._environ = environ

    def keep(self, url: str, key: str = "") -> None:
        self._environ["GRADEWATCH_WAY_ROBOT"] = json.dumps({"url": url, "key": key}) if key else url

    async def send(self, it: Letter | None = None) -> Answer:
        return await self._ways.send("robot", it or letter())


@asynccontextmanager
async def sender(kind: WayKind, url: str, key: str = "", timeout_s: float = 10.0) -> AsyncIterator[Sender]:
    """A way of this kind; its clock stands at AT."""
    environ: dict[str, str] = {}
    way = Way("robot", kind, Text("Robot", "机器人"), "robot", timeout_s)
    ways = Ways({"robot": way}, Secrets(environ, NOWHERE), Clock())
    one = Sender(ways, environ)
    one.keep(url, key)
    try:
        yield one
    finally:
        await ways.aclose()


async def threads_held(threads: Threads[Any], count: int) -> None:
    """Until so many are held: a thread that comes back is a turn of the loop, which has no event of its own."""
    while threads.held != count:  # noqa: ASYNC110 - the code under test needs no event for it
        await asyncio.sleep(0.001)
