"""That we are alive, told outside: somebody there misses us; and the canary, which proves the way to people.

A dead man's switch is asked every minute while what comes is judged and kept; where it is not, it calls people by means
of its own. That it cannot be reached is one alarm, told once, however long that lasts.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from http import HTTPStatus

import httpx

from alarms.calls import CanaryDue
from alarms.events import Event
from config.plant import Plant
from monitor.clock import Clock
from monitor.collector.health import Watch
from monitor.notify.post import open_client
from monitor.notify.secrets import Secret, SecretError, Secrets, web_address

BEAT_EVERY = timedelta(seconds=60)
BEAT_WITHIN_S = 10.0
MISSED_FOR = timedelta(minutes=5)
"""A network that is away for a moment is no alarm (demo proposal)."""
CANARY_LOOK = timedelta(seconds=10)
CANARY_FIRST = timedelta(seconds=60)
"""So long after a start the first one is sent."""
HEARTBEAT = "heartbeat"


class Alive:
    """Beats outside, and lets the canary fly, until cancelled.

    Args:
        plant: the plant in force.
        secrets: where the address is.
        clock: tells the time.
        offer: takes what is to be judged.
        is_well: whether what comes is judged and kept.

    Attributes:
        up: whether the last beat was heard; None: there is none to be heard.
        beats: how often it was tried.
    """

    def __init__(
        self,
        plant: Callable[[], Plant],
        secrets: Secrets,
        clock: Clock,
        offer: Callable[[Event], None],
        is_well: Callable[[], bool],
    ) -> None:
        self.up: bool | None = None
        self.beats = 0
        self._plant, self._secrets, self._clock = plant, secrets, clock
        self._offer, self._is_well = offer, is_well
        self._watch = Watch(HEARTBEAT)
        self._missed_since: datetime | None = None

    async def run(self) -> None:
        """Go on until cancelled."""
        async with open_client() as client, asyncio.TaskGroup() as tasks:
            tasks.create_task(self._beats(client), name="heartbeat")
            tasks.create_task(self._canaries(), name="canary")

    async def _beats(self, client: httpx.AsyncClient) -> None:
        while True:
            name = self._plant().duty.heartbeat
            if not name:
                self.up = None
                self._heard("")
            elif self._is_well():
                wrong = await self._beat(client, name)
                self.up = not wrong
                self._heard(wrong)
                self.beats += 1
            await self._clock.sleep_until(self._clock.now() + BEAT_EVERY)

    async def _beat(self, client: httpx.AsyncClient, name: str) -> str:
        """Beat once; say why it was not heard ("" if it was)."""
        try:
            secret = self._secrets.read(name)
            return await _asked(client, secret)
        except SecretError as error:
            return str(error)

    def _heard(self, wrong: str) -> None:
        """Tell of a heartbeat that nobody hears for long, and when it is heard again."""
        now = self._clock.now()
        if not wrong:
            self._missed_since = None
        elif self._missed_since is None:
            self._missed_since = now
        is_long = self._missed_since is not None and now - self._missed_since >= MISSED_FOR
        fault = self._watch.look(wrong if is_long else "", now)
        if fault is not None:
            self._offer(fault)

    async def _canaries(self) -> None:
        due_at = self._clock.now() + CANARY_FIRST
        while True:
            await self._clock.sleep_until(min(due_at, self._clock.now() + CANARY_LOOK))
            canary, now = self._plant().duty.canary, self._clock.now()
            if canary is None:
                due_at = now + CANARY_FIRST
            elif now >= due_at:
                due_at = now + timedelta(seconds=canary.every_s)
                self._offer(CanaryDue(now))


async def _asked(client: httpx.AsyncClient, secret: Secret) -> str:
    """Ask an address and read nothing of its answer; say what is wrong ("": nothing), without the address."""
    try:
        async with asyncio.timeout(BEAT_WITHIN_S), client.stream("GET", web_address(secret)) as response:
            is_heard = HTTPStatus.OK <= response.status_code < HTTPStatus.MULTIPLE_CHOICES
            return "" if is_heard else f"HTTP {response.status_code}"
    except TimeoutError:
        return f"no answer within {BEAT_WITHIN_S:g} s"
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return f"no connection ({type(error).__name__})"
