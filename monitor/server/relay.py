"""The collector's live feed: heard once, remembered, and passed on to every browser.

One connection goes up, whatever the number of screens. What a new screen needs comes from memory, so it costs the
collector nothing; a screen that cannot keep up is cut, so it costs the other screens nothing.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import structlog
from pydantic import BaseModel, ValidationError
from websockets.asyncio.client import ClientConnection, connect, unix_connect
from websockets.exceptions import WebSocketException

from alarms.events import AlarmState
from config.model import Occupancy, Text
from monitor.server.messages import (
    FEED_MESSAGE,
    Alarm,
    AlarmMessage,
    BatchMessage,
    CollectorHealth,
    FeedMessage,
    HealthMessage,
    Link,
    OccupancyMessage,
    ProtectionMessage,
    RunningBatch,
    Sample,
    SampleMessage,
    Snapshot,
)
from monitor.server.protected import ARMED, Protection
from monitor.server.refusal import Refusal
from monitor.server.settings import Settings
from monitor.versions import Versions, VersionsError

SILENCE_S = 2.2
"""A feed this long without a message is dead: the collector tells its health every second.

It is sooner than a screen finds out by itself (2.4 s, `link.ts`): that would dial anew, and what it is shown then, the
last that was heard here, would pass for live.
"""
PAUSE_S_FIRST = 0.1
PAUSE_S_MAX = 2.0
BROWSERS_MAX = 500
PER_MACHINE = 10
"""Of those, for one machine: it must not take them from people."""
BACKLOG_S = 10
"""A browser that is this many seconds of messages behind shows the past as if it were now."""
MESSAGE_BYTES_MAX = 16 * 2**20

_log = structlog.get_logger()


class FeedError(Exception):
    """What answers on the collector's socket is not the feed of this plant."""


class Browser:
    """One open screen: the messages that wait for it, and whether it was cut off for being too slow."""

    def __init__(self, backlog: int, machine: str) -> None:
        self.machine = machine
        self.waiting: asyncio.Queue[str] = asyncio.Queue(backlog)
        self.cut = asyncio.Event()

    def offer(self, text: str) -> bool:
        """Add a message, and say whether there was room for it; never waits."""
        try:
            self.waiting.put_nowait(text)
        except asyncio.QueueFull:
            self.cut.set()
            return False
        return True


class Relay:
    """Everything that is live, in memory.

    Attributes:
        collector: the feed is there. While it is not, everything below is old.
        samples: the latest Sample of each series.
        alarms: every alarm that is not NORM, by id.
        protections: every protective action that is not simply armed, by id.
        occupancy: what goes on in each zone, by its id.
        batches: the one that runs on each line, by id of the line.
        health: what the collector last said about itself.
        heard_at: when it last said anything; None: it never did.
        relayed: messages put in line for screens since the start.
        dropped: those for which a screen had no room.
    """

    def __init__(self, settings: Settings) -> None:
        self.collector = False
        self.samples: dict[str, Sample] = {}
        self.alarms: dict[str, Alarm] = {}
        self.protections: dict[str, Protection] = {}
        self.occupancy: dict[str, Occupancy] = {}
        self.batches: dict[str, RunningBatch] = {}
        self.health: CollectorHealth | None = None
        self.heard_at: datetime | None = None
        self.relayed = self.dropped = 0
        self._settings = settings
        self._data = settings.data
        self._now = settings.now
        self._heard_plant: str | None = None
        self._complaint = ""
        self._browsers: set[Browser] = set()
        self._backlog = BACKLOG_S * (len(settings.plant.series) + 10)

    async def run(self) -> None:
        """Hear the collector, and connect again whenever it is lost, until cancelled."""
        pause_s = PAUSE_S_FIRST
        while True:
            try:
                async with await self._connect() as feed:
                    await self._hear(feed)
            except (OSError, WebSocketException, ValidationError, FeedError) as error:
                pause_s = PAUSE_S_FIRST if self.collector else min(2 * pause_s, PAUSE_S_MAX)
                self._lost(error)
            await asyncio.sleep(pause_s)

    @property
    def screens(self) -> int:
        """How many live screens are open."""
        return len(self._browsers)

    @contextmanager
    def browser(self, machine: str = "") -> Iterator[Browser]:
        """Let a browser listen: first the snapshot and the link, then whatever comes.

        Args:
            machine: which one listens; "": it is a person's browser.

        Raises:
            Refusal: too many screens are open.
        """
        own = sum(one.machine == machine for one in self._browsers) if machine else 0
        if len(self._browsers) >= BROWSERS_MAX or own >= PER_MACHINE:
            raise Refusal(503, Text(en="Too many live screens are open.", zh="打开的实时画面过多。"))
        browser = Browser(self._backlog, machine)
        self._give(browser, self._snapshot().model_dump_json())
        self._give(browser, Link(collector=self.collector).model_dump_json())
        self._browsers.add(browser)
        try:
            yield browser
        finally:
            self._browsers.remove(browser)

    async def _connect(self) -> connect:
        token = await asyncio.to_thread((self._data / "collector.token").read_text)
        return unix_connect(
            str(self._data / "collector.sock"),
            "ws://collector/feed",
            additional_headers={"Authorization": f"Bearer {token.strip()}"},
            compression=None,
            open_timeout=SILENCE_S,
            close_timeout=0.2,
            ping_interval=None,
            max_size=MESSAGE_BYTES_MAX,
        )

    async def _hear(self, feed: ClientConnection) -> None:
        first = await _next(feed)
        if not isinstance(first, Snapshot):
            raise FeedError(f"the feed begins with {first.type!r}, not with a snapshot")
        await self._follow(first)
        self._begin(first)
        while True:
            message = await _next(feed)
            if isinstance(message, Snapshot):
                await self._follow(message)
            self._take(message)

    async def _follow(self, snapshot: Snapshot) -> None:
        """Take over the plant that the collector runs: its values would stand under wrong names.

        Raises:
            FeedError: it is not kept in the data folder.
        """
        wanted, here = str(snapshot.plant_sha256), self._settings.plant.sha256
        if wanted == here:
            return
        try:
            self._settings.plant = await asyncio.to_thread(Versions(self._data).load, wanted)
        except VersionsError as error:
            raise FeedError(
                f"the collector runs plant {wanted}, this server {here}, and cannot follow: {error}"
            ) from error
        _log.info("plant", plant=wanted, before=here)

    def _begin(self, snapshot: Snapshot) -> None:
        self.heard_at = self._now()
        self._remember(snapshot)
        self.collector = True
        self._complaint = ""
        _log.info("collector_heard", series=len(self.samples), alarms=len(self.alarms))
        self._tell(snapshot)
        self._tell(Link(collector=True))

    def _remember(self, snapshot: Snapshot) -> None:
        self._heard_plant = snapshot.plant_sha256
        self.samples = {sample.series: sample for sample in snapshot.samples}
        self.alarms = {alarm.id: alarm for alarm in snapshot.alarms}
        self.protections = {one.id: one for one in snapshot.protections}
        self.occupancy = dict(snapshot.occupancy)
        self.batches = {one.line: one for one in snapshot.batches}
        self.health = snapshot.health

    def _take(self, message: FeedMessage) -> None:
        self.heard_at = self._now()
        match message:
            case Snapshot():
                self._remember(message)
            case SampleMessage():
                known = self.samples.get(message.series)
                if known is None or message.at >= known.at:
                    self.samples[message.series] = message
            case AlarmMessage():
                self._take_alarm(message.alarm)
            case ProtectionMessage(protection=one) if one.state == ARMED and one.inhibited is None:
                self.protections.pop(one.id, None)
            case ProtectionMessage(protection=one):
                self.protections[one.id] = one
            case OccupancyMessage():
                self.occupancy[message.zone] = message.occupancy
            case BatchMessage():
                self._take_batch(message)
            case HealthMessage():
                self.health = message
        self._tell(message)

    def _take_alarm(self, alarm: Alarm) -> None:
        if alarm.state is AlarmState.NORM:
            self.alarms.pop(alarm.id, None)
        else:
            self.alarms[alarm.id] = alarm

    def _take_batch(self, message: BatchMessage) -> None:
        if message.batch is None:
            self.batches.pop(message.line, None)
        else:
            self.batches[message.line] = message.batch

    def _lost(self, error: Exception) -> None:
        if self.collector:
            self.collector = False
            self._tell(Link(collector=False))
        complaint = str(error) or f"nothing heard for {SILENCE_S} s"
        if complaint != self._complaint:
            _log.warning("collector_lost", error=complaint, data=str(self._data))
        self._complaint = complaint

    def _tell(self, message: BaseModel) -> None:
        text = message.model_dump_json()
        for browser in self._browsers:
            self._give(browser, text)

    def _give(self, browser: Browser, text: str) -> None:
        if browser.offer(text):
            self.relayed += 1
        else:
            self.dropped += 1

    def _snapshot(self) -> Snapshot:
        return Snapshot(
            at=self._now(),
            plant_sha256=self._heard_plant,
            samples=list(self.samples.values()),
            alarms=list(self.alarms.values()),
            protections=list(self.protections.values()),
            occupancy=dict(self.occupancy),
            batches=list(self.batches.values()),
            health=self.health,
        )


async def _next(feed: ClientConnection) -> FeedMessage:
    async with asyncio.timeout(SILENCE_S):
        text = await feed.recv()
    return FEED_MESSAGE.validate_json(text)
