"""One device, once a second: wake, read, and hand on what came, a Bad Sample too.

A tick is a whole second. Each device has its own small offset into the second, so that the reads of a plant are
spread over it. A tick that could not run because the one before had not ended is skipped, never made up for in a burst,
and its second gets a Sample that says so.
"""

import asyncio
import contextlib
import math
from collections import deque
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import cast

import structlog

from config.model import Command, Device, Quality, Sample
from drivers.driver import Driver, DriverError, Nonsense, Refused, Unreachable
from drivers.handshake import ANSWER_TIMEOUT_S, Beating, Busy, beats
from monitor.clock import Clock

SLOTS = 20
"""The second is cut into this many slots; measured: spreading takes the latency down 15 to 20 times."""
LATENESS_KEPT = 60
"""The last minute of a device polled every second: the percentiles are of now, and cheap to find."""
CONNECT_TIMEOUT_S = 5.0
"""Longest wait for a connection, over several ticks; a server that accepts and never answers ends here."""
CLOSE_TIMEOUT_S = 2.0
SKIPPED_ROWS_MAX = 60
"""A host that was stopped for longer gets rows for its last minute only: all of them at once would fill the inbox."""
SLACK_S = 0.05
"""The driver keeps its own time and says best what did not come; past this much more it is cut off."""

log = structlog.get_logger()


def offset_s(index: int, period_s: float) -> float:
    """Return the offset into the period of the device with this index."""
    return (index % SLOTS) * period_s / SLOTS


def next_tick(now: datetime, after: datetime, offset: timedelta, period: timedelta) -> datetime:
    """Return the first tick later than `after` whose time to run (`tick + offset`) has not passed."""
    late = (now - offset - after) / period
    return after + period * max(1, math.ceil(late))


class Poll:
    """Owns one driver: nobody else reads it, writes it or closes it."""

    def __init__(self, device: Device, driver: Driver, clock: Clock, index: int) -> None:
        self.device = device
        self.lateness_s: deque[float] = deque(maxlen=LATENESS_KEPT)
        self.skipped = 0
        self._driver = driver
        self._clock = clock
        self.offset = timedelta(seconds=offset_s(index, device.period_s))
        self._period = timedelta(seconds=device.period_s)
        self._alone = asyncio.Lock()
        self._answered = asyncio.Event()
        self._told: datetime | None = None
        self._connected = False
        self._connecting: asyncio.Task[None] | None = None
        self._wrong: str | None = None

    @property
    def told_until(self) -> datetime | None:
        """The last tick of which something was handed on; None: it has not run yet."""
        return self._told

    async def run(self, start: datetime, offer: Callable[[Sample], None]) -> None:
        """Poll from the first tick after `start` until cancelled; begun again, go on from where it was."""
        self._told = max(start, self._told or start)
        try:
            while True:
                tick = next_tick(self._clock.now(), self._told, self.offset, self._period)
                for skipped in self._skipped(self._told, tick):
                    offer(skipped)
                # Not yet the tick itself: should its read break, its second is told of afterwards.
                self._told = tick - self._period
                await self._clock.sleep_until(tick + self.offset)
                self.lateness_s.append((self._clock.now() - tick - self.offset).total_seconds())
                for sample in await self._read(tick):
                    offer(sample)
                self._told = tick
        finally:
            async with self._alone:
                await self._drop()

    def _skipped(self, told: datetime, tick: datetime) -> Iterator[Sample]:
        """Yield a Sample for each tick between the last one told and the next one."""
        missed = round((tick - told) / self._period) - 1
        self.skipped += max(0, missed)
        for back in range(min(missed, SKIPPED_ROWS_MAX), 0, -1):
            reason = "no poll ran, or one before had not ended"
            yield self._bad(tick - back * self._period, Quality.SKIPPED, reason)

    async def command(self, command: Command, at: datetime) -> Sample:
        """Carry a command out and read the device back, between two polls.

        Returns:
            What the device said after the write.

        Raises:
            DriverError: it could not be written, or not be read back.
        """
        async with self._alone:
            if not self._connected:
                raise Unreachable(f"{self.device.id} at {self.device.address} is not connected")
            try:
                async with asyncio.timeout(2 * (self.device.timeout_s + SLACK_S)):
                    await self._driver.command(command)
                    samples = await self._driver.read(at)
            except (DriverError, TimeoutError) as error:
                await self._drop()
                raise _as_driver_error(error, self.device) from error
            return next(sample for sample in samples if sample.series == self.device.id)

    async def ask(self, command: Command) -> None:
        """Have a command taken, between two polls; what it brings about is for the following polls to see.

        Raises:
            DriverError: it was not taken. A device that answered and said no stays connected.
        """
        async with self._alone:
            if not self._connected:
                raise Unreachable(f"{self.device.id} at {self.device.address} is not connected")
            try:
                async with asyncio.timeout(self.device.timeout_s + ANSWER_TIMEOUT_S + SLACK_S):
                    await self._driver.command(command)
            except (DriverError, TimeoutError) as error:
                if not (beats(self.device) and isinstance(error, (Busy, Refused))):
                    await self._drop()
                raise _as_driver_error(error, self.device) from error

    async def beat(self, count: int) -> None:
        """Let a device with a handshake hear that we live; one that is away is connected by its poll."""
        async with self._alone:
            if not self._connected:
                return
            try:
                async with asyncio.timeout(self.device.timeout_s + SLACK_S):
                    await cast("Beating", self._driver).beat(count)
            except (DriverError, TimeoutError) as error:
                self._note(f"heartbeat: {_as_driver_error(error, self.device)}")
                await self._drop()

    async def connected_within(self, seconds: float) -> None:
        """Wait until the device is connected and has answered a poll since, but no longer than this."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._answered.wait()

    async def _read(self, tick: datetime) -> list[Sample]:
        async with self._alone:
            try:
                if not self._connected:
                    async with asyncio.timeout(self.device.timeout_s + SLACK_S):
                        await self._connect()
                # Connecting may have taken all of that; what was left would never do for a slow device's first read.
                async with asyncio.timeout(self.device.timeout_s + SLACK_S):
                    samples = await self._driver.read(tick)
            except TimeoutError:
                if self._connecting is not None:
                    return [self._bad(tick, Quality.UNREACHABLE, f"connecting to {self.device.address}")]
                late = f"no answer from {self.device.address} within {self.device.timeout_s:g} s"
                return [await self._failed(tick, Quality.UNREACHABLE, late)]
            except DriverError as error:
                return [await self._failed(tick, _quality(error), str(error))]
            self._note("")
            self._answered.set()
            return samples

    async def _failed(self, tick: datetime, quality: Quality, reason: str) -> Sample:
        await self._drop()
        self._note(reason)
        return self._bad(tick, quality, reason)

    def _note(self, wrong: str) -> None:
        """Log how the device does, but only what is new: a device that is away would fill the disk, line by second."""
        if wrong == self._wrong:
            return
        self._wrong = wrong
        if wrong:
            log.warning("device fails", device=self.device.id, reason=wrong)
        else:
            log.info("device answers", device=self.device.id, address=self.device.address)

    async def _connect(self) -> None:
        """Connect, if need be over several ticks: making a session may take longer than one poll may."""
        if self._connecting is None:
            connecting = asyncio.wait_for(self._driver.connect(), CONNECT_TIMEOUT_S)
            self._connecting = asyncio.create_task(connecting, name=f"connect {self.device.id}")
        # A poll that times out must not cancel the connecting: the next tick goes on waiting for it.
        await asyncio.wait({self._connecting})
        done, self._connecting = self._connecting, None
        done.result()
        self._connected = True

    async def _drop(self) -> None:
        self._connected = False
        self._answered.clear()
        if self._connecting is not None:
            self._connecting.cancel()
            await asyncio.wait({self._connecting}, timeout=CLOSE_TIMEOUT_S)
            self._connecting = None
        try:
            async with asyncio.timeout(CLOSE_TIMEOUT_S):
                await self._driver.close()
        except TimeoutError:
            log.warning("device did not close", device=self.device.id)

    def _bad(self, tick: datetime, quality: Quality, reason: str) -> Sample:
        return bad_sample(self.device, tick, quality, reason, self._clock.now())


def bad_sample(device: Device, at: datetime, quality: Quality, reason: str, received_at: datetime) -> Sample:
    """Make the Sample of a second that gave nothing: no value, and why."""
    width = len(device.series[0].channels)
    return Sample(
        series=device.series[0].id,
        at=at,
        values=(math.nan,) * width,
        quality=(quality,) * width,
        received_at=received_at,
        reason=reason,
    )


def _quality(error: DriverError) -> Quality:
    match error:
        case Refused():
            return Quality.CONFIGURATION
        case Nonsense():
            return Quality.NONSENSE
        case _:
            return Quality.UNREACHABLE


def _as_driver_error(error: Exception, device: Device) -> DriverError:
    if isinstance(error, DriverError):
        return error
    return Unreachable(f"{device.id} at {device.address} did not carry the command out in time")
