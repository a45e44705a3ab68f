"""People at work with plates, through the server."""

from datetime import timedelta
from typing import Any

import asyncpg
import httpx

from monitor.server.gate import API, COOKIE
from monitor.server.tokens import PREFIX
from monitor.store.book import BookEntry
from monitor.store.write import Writer
from tests.sampling import BATCH, CONTACT, SETTLE, begun, days, ended
from tests.server.conftest import PASSWORD, Running
from tests.server.hands import Hands

APPROVAL = {"password": PASSWORD, "meaning": "approval"}


class Bench:
    """People at work with plates, each under a name."""

    def __init__(self, server: Running, client: httpx.AsyncClient, hands: Hands, url: str) -> None:
        self.server, self.hands, self._client, self._url = server, hands, client, url
        self._stored = 0

    async def ask(self, who: str, path: str, body: Any = None, language: str = "en") -> httpx.Response:
        """Ask as a person, or by a token: GET without a body."""
        # One client for all, for each takes its time to be made; it is whoever's cookie it shows.
        shown = (
            {"Authorization": f"Bearer {who}"}
            if who.startswith(PREFIX)
            else {"Cookie": f"{COOKIE}={self.server.sign_in(name=who)}"}
        )
        headers = shown | {"Accept-Language": language}
        address = f"{API}/samples{path}"
        if body is None:
            return await self._client.get(address, headers=headers)
        return await self._client.post(address, headers=headers, json=body)

    async def do(self, who: str, path: str, body: Any = None) -> Any:
        """Ask for what is granted."""
        answer = await self.ask(who, path, body)
        assert answer.status_code == 200, (path, answer.text)
        return answer.json()

    async def refused(self, status: int, words: str, who: str, path: str, body: Any = None) -> None:
        """Ask for what is not."""
        answer = await self.ask(who, path, body)
        assert (answer.status_code, words in answer.text) == (status, True), answer.text

    async def batch(self, *, is_over: bool = False) -> None:
        """Let a batch run for an hour, up to now."""
        at = self.hands.at
        lines = [*begun(at - timedelta(hours=1)), *(ended(at) if is_over else ())]
        await self.store(lines)

    async def store(self, lines: list[BookEntry]) -> None:
        settings = self.server.service.settings
        self._stored += 1
        writer = await Writer.open(settings.database_url, settings.plant, "test", settings.now())
        await writer.write(self._stored, (), lines, ())
        await writer.close()

    async def planned(self, position: str, **about: Any) -> str:
        """Plan, and give the code of a position's first plate."""
        new = (await self.do("cao", "/plan", about or {"batch": BATCH}))["plates"]
        code: str = next(one["code"] for one in new if one["position"] == position)
        return code

    async def incubated(self, position: str = CONTACT, batch: str = BATCH) -> str:
        """Bring a plate with one step of incubation so far that it can be read."""
        code = await self.planned(position, batch=batch)
        await self.do("cao", f"/{code}/expose", {})
        if position == SETTLE:
            self.hands.pass_s(3600)
            await self.do("cao", f"/{code}/collect", {})
        await self.do("cao", f"/{code}/incubate", {"step": 1, "lot": "TSA 26-114", "celsius": 32.5})
        self.hands.at += days(2)
        return code

    async def book(self, *kinds: str) -> list[asyncpg.Record]:
        await self.server.service.ledger.settled()
        connection = await asyncpg.connect(self._url)
        try:
            return await connection.fetch(
                "SELECT kind, who, body::text FROM book WHERE kind = ANY($1) ORDER BY at, seq", list(kinds)
            )
        finally:
            await connection.close()


def approval(*seen: tuple[str, int]) -> dict[str, Any]:
    return {"plates": [{"code": code, "steps": steps} for code, steps in seen], "signature": APPROVAL}
