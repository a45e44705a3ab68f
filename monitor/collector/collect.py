"""The collector as a whole: the way of one reading, wired in one place.

poll ─► inbox ─► pipeline: judge ─► journal ─► respond      (the devices, within the second)
                          ├──────► feed ─► endpoint         (whoever listens)
                          ├──────► notify                   (whoever is on call; alive: that they can be)
                                   journal ─► forward       (the database, at its own pace)
"""

import asyncio
import fcntl
import gc
import os
import sqlite3
import sys
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

import structlog

from alarms.events import Event, Fault
from config.faults import MendableError
from config.plant import Plant
from drivers.keys import keys_in
from monitor.clock import Clock
from monitor.collector import codec
from monitor.collector.alive import Alive
from monitor.collector.beat import is_well
from monitor.collector.devices import Devices
from monitor.collector.document import HealthDocument
from monitor.collector.endpoint import endpoint_app, read_or_make_token, serve_endpoint
from monitor.collector.feed import Feed
from monitor.collector.forward import Forward
from monitor.collector.guard import Guard
from monitor.collector.health import Lag, Watch, clock_step
from monitor.collector.journal import Journal, JournalError, JournalReader, explained
from monitor.collector.journal_bounds import Keeper, bounds_in
from monitor.collector.kept import KeptRecords
from monitor.collector.metrics import registry_of
from monitor.collector.notify import Notifier
from monitor.collector.pipeline import Pipeline
from monitor.collector.plants import Plants, plant_route
from monitor.collector.refit import fitted
from monitor.collector.respond import Responder
from monitor.collector.restore import (
    Restored,
    faults_over,
    gap_samples,
    gap_told,
    restore,
    started,
    unwritten_samples,
)
from monitor.notify.open import Ways
from monitor.notify.secrets import FOLDER, Secrets
from monitor.store.signing import SigningError, signer_in
from monitor.versions import PlantChange, Versions

JOURNAL = "journal.sqlite"
SOCKET = "collector.sock"
TOKEN = "collector.token"  # noqa: S105 - a file's name
ROWS_AT_ONCE = 500
SWITCH_S = 0.0005
SOCKET_PATH_MAX = 100
"""The kernel takes 107 bytes for the path of a Unix socket."""

log = structlog.get_logger()


class CollectorError(MendableError):
    """The collector cannot start; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class CollectSettings:
    """What a collector needs: its plant, its own disk, and where to forward to ("": nowhere).

    Attributes:
        plant_dir: the plant's own folder, which the very first start takes as the first version; None: no versions of
            this plant are kept.
    """

    plant: Plant
    data: Path
    database_url: str
    plant_dir: Path | None = None


async def collect(settings: CollectSettings, clock: Clock) -> None:
    """Collect until cancelled.

    Raises:
        CollectorError: the data folder cannot be used, or another collector uses it.
        JournalError: the journal cannot be opened.
        KeysError: a device is spoken to encrypted, and there is no certificate of ours.
        VersionsError: the plant in force cannot be read, or the first one not be kept.
    """
    with ExitStack() as held:
        _claim(settings.data, held)
        if settings.plant_dir is not None:
            plant = Versions(settings.data).begin(settings.plant, settings.plant_dir, clock.now())
            settings = replace(settings, plant=plant)
        collector = Collector(settings, clock)
        put_loop_first()
        await collector.run()


def put_loop_first() -> None:
    """Let nothing of this process hold its event loop for long; call it once what stays is loaded.

    The threads of journal and forwarder decode and hash: the loop gets the interpreter back within half a millisecond,
    or an alarm would wait behind what is merely stored. And plant and State, hundreds of thousands of objects that
    stay, are not looked through for rubbish time and again: that took a tenth of a second.
    """
    sys.setswitchinterval(SWITCH_S)
    gc.collect()
    gc.freeze()


class Collector:
    """One collector, its parts made but nothing started."""

    def __init__(self, settings: CollectSettings, clock: Clock) -> None:
        """Open the journal and restore what stood there; connect to nothing.

        Raises:
            JournalError: the journal cannot be opened.
            KeysError: a device is spoken to encrypted, and there is no certificate of ours.
            VersionsError: it cannot be read which plant is in force.
        """
        plant = settings.plant
        self._clock, self._data = clock, settings.data
        self._secrets = Secrets(os.environ, settings.data / FOLDER)
        versions = Versions(settings.data)
        path = settings.data / JOURNAL
        self._journal = Journal(path)
        self._keeper = Keeper(self._journal, path, bounds_in(os.environ))
        self._restored = _restore(plant, path)
        self._changed: list[PlantChange] = []
        if self._journal.plant != plant.sha256:
            change = versions.in_force()
            if change is not None and change.plant == plant.sha256:
                self._changed = [replace(change, before=self._journal.plant)]
            self._journal.enter_plant(plant.sha256, codec.plant_json(plant))
        keys = keys_in(settings.data, os.environ)
        kept = KeptRecords(plant, self._restored.state.complete)
        self.devices = Devices(plant, clock, kept=kept, keys=keys, offer=self._offer, is_well=self._is_well)
        self.polls, self.workers = self.devices.polls, self.devices.workers
        self.feed = Feed(plant, self._restored.state, self._restored.notices)
        random = Random()  # noqa: S311 - spreads tries in time
        self.notifier = Notifier(lambda: self.pipeline, self._open_ways, clock, self._offer, random)
        self.pipeline = Pipeline(
            plant,
            self._restored.state,
            clock,
            journal=self._journal,
            kept=kept,
            respond=Responder(self.workers),
            notify=self.notifier,
            publish=self.feed,
        )
        self._plants = Plants(
            versions, clock.now, pipeline=self.pipeline, devices=self.devices, feed=self.feed, kept=kept
        )
        self._counting = JournalReader(path)
        self._unsigned = ""
        self.forward = self._forwarding(path, settings.database_url)
        self.guard = Guard(clock, self._offer)
        self.alive = Alive(lambda: self._plant, self._secrets, clock, self._offer, self._is_well)
        self._lag = Lag()
        self._health = self._document()

    async def run(self) -> None:
        """Run every part until cancelled; then judge and write what waits, and close."""
        self._journal.start()
        start = self._clock.now().replace(microsecond=0)
        self._go_on(start)
        try:
            async with asyncio.TaskGroup() as tasks:
                run = self.guard.run
                tasks.create_task(run("pipeline", self.pipeline.run))
                tasks.create_task(run("tick", self.pipeline.tick))
                self.devices.start(self.guard, tasks, start)
                if self.forward is not None:
                    tasks.create_task(run("forward", self.forward.run))
                tasks.create_task(run("notify", self.notifier.run))
                tasks.create_task(run("alive", self.alive.run))
                tasks.create_task(run("endpoint", self._endpoint))
                tasks.create_task(run("health", self._look_after_itself))
                tasks.create_task(run("lag", self._lag.run))
        finally:
            try:
                self.pipeline.take_rest()
                self.pipeline.end()
            finally:
                self._keeper.close()
                self._counting.close()
                await self._journal.close()

    def health(self) -> dict[str, Any]:
        """Return the health document."""
        return self._health.told(self._clock.now())

    def _document(self) -> HealthDocument:
        return HealthDocument(
            clock=self._clock,
            journal=self._journal,
            keeper=self._keeper,
            counting=self._counting,
            forward=self.forward,
            pipeline=self.pipeline,
            feed=self.feed,
            polls=self.polls,
            notifier=self.notifier,
            alive=self.alive,
            guard=self.guard,
            lag=self._lag,
        )

    def _forwarding(self, path: Path, url: str) -> Forward | None:
        if not url:
            return None
        signer = None
        try:
            signer = signer_in(self._data, os.environ)
        except SigningError as error:
            self._unsigned = str(error)
        return Forward(self._plant, path, url, self._clock, signer=signer, offer=self._offer)

    def _open_ways(self, plant: Plant) -> Ways:
        return Ways(plant.duty.ways, self._secrets, self._clock.now)

    @property
    def _plant(self) -> Plant:
        return self.pipeline.plant

    def _is_well(self) -> bool:
        pipeline = self.pipeline
        return is_well(pipeline.state.alarms, pipeline.judged_until, self._clock.now())

    def _offer(self, event: Event) -> None:
        self.pipeline.offer(event)

    def _go_on(self, start: datetime) -> None:
        """Go on from where the former run stopped, and tell what ended with it."""
        former = fitted(self._restored.wrote, self._plant, self._restored.state)
        state, told = started(self._plant, former, start)
        self.pipeline.begin(state, told, start, [replace(one, at=start) for one in self._changed])
        for fault in faults_over(state, start):
            self._offer(fault)
        if self._unsigned:
            self._offer(Fault(start, "signing", self._unsigned))
        if self._journal.repaired:
            self._tell_once(start, "journal-repaired", self._journal.repaired)
        if self._restored.ran_until is not None:
            self._tell_gap(self._restored.ran_until, start)

    def _tell_gap(self, ran_until: datetime, until: datetime) -> None:
        """Tell of the time in which no collector ran: a fault a person must see, and a row for each second."""
        told = gap_told(ran_until, until)
        if told:
            self._tell_once(until, "collector", told)
            log.warning("gap", told=told)
        # As they were last heard, not as they go on.
        former = fitted(self._restored.wrote, self._plant, self._restored.state)
        rows = gap_samples(self._plant, former, until, self._clock.now())
        self._journal.append([codec.sample_entry(row) for row in rows], None)

    def _tell_once(self, at: datetime, part: str, told: str) -> None:
        """Tell of what is over already: the alarm stays, returned, until a person has seen it."""
        self._offer(Fault(at, part, told))
        self._offer(Fault(at, part, ""))

    async def _endpoint(self) -> None:
        app = endpoint_app(
            feed=self.feed,
            judge=self.pipeline,
            health=self.health,
            registry=registry_of(lambda: self._plant, self.health, lambda: self.pipeline.state),
            now=self._clock.now,
            token=read_or_make_token(self._data / TOKEN),
            more=[plant_route(self._plants)],
        )
        await serve_endpoint(app, self._data / SOCKET)

    async def _look_after_itself(self) -> None:
        """Once a second: show the health document, and see what no other part can tell of itself."""
        clock, disk = Watch("clock"), Watch("journal-disk")
        while True:
            self.feed.health(self.health())
            now = self._clock.now()
            stepped = clock_step(self._clock.host_is_ahead_s())
            wrong = self._journal.failure or await self._keep_journal(now)
            for fault in (clock.look(stepped, now), disk.look(wrong, now)):
                if fault is not None:
                    self._offer(fault)
            await self._tell_refused()
            await asyncio.sleep(1.0)

    async def _keep_journal(self, now: datetime) -> str:
        """Keep the journal within its bounds; return what the disk or the file says against it."""
        forward = self.forward
        stored_seq = forward.position if forward is not None and (forward.ok or forward.position) else None
        try:
            faults = await asyncio.to_thread(self._keeper.look, stored_seq, now)
        except (sqlite3.Error, OSError) as error:
            return str(error)
        for fault in faults:
            self._offer(fault)
        return ""

    async def _tell_refused(self) -> None:
        """Give each second that the journal did not take a row that says so, once it takes again."""
        refused = self.pipeline.take_refused()
        if refused is None:
            return
        rows = unwritten_samples(self._plant, *refused, self._clock.now())
        try:
            while some := [codec.sample_entry(row) for row in islice(rows, ROWS_AT_ONCE)]:
                self._journal.append(some, None)
                await asyncio.sleep(0)  # judging must not wait for it
        except JournalError as error:
            log.warning("seconds without a row", detail=str(error))


def _claim(data: Path, held: ExitStack) -> None:
    """Take the data folder for this process alone."""
    if len(str(data / SOCKET).encode()) > SOCKET_PATH_MAX:
        raise CollectorError(f"{data}: too long for a Unix socket's path in it; use a shorter data folder")
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = held.enter_context((data / "collector.lock").open("w"))
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise CollectorError(f"{data}: another collector uses this data folder; stop it first") from None
    except OSError as error:
        raise CollectorError(f"{data}: {error.strerror}; give a folder that can be written") from None


def _restore(plant: Plant, path: Path) -> Restored:
    with explained(path), closing(JournalReader(path)) as reader:
        return restore(plant, reader)
