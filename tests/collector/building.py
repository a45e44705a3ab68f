"""A pipeline with its neighbours, wired as the collector wires them, on a real journal."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from alarms.calls import Notice
from alarms.events import Event, Told
from alarms.state import State
from config.model import Command
from config.plant import Plant
from monitor.collector import codec
from monitor.collector.feed import Feed
from monitor.collector.journal import Journal, JournalReader
from monitor.collector.kept import KeptRecords
from monitor.collector.pipeline import Notify, Pipeline
from tests.alarms.building import plant
from tests.collector.clock import HandClock

JOURNAL = "journal.sqlite"


def written(state: State) -> str:
    """Write a State so that two that are the same are equal: a value that is not there equals no other."""
    facts = json.loads(codec.state_json(state))[0]
    return json.dumps({**facts, "spent": sorted(facts["spent"])}, sort_keys=True)


class Commands:
    """Notes each Command that the pipeline gives."""

    def __init__(self) -> None:
        self.given: list[Command] = []
        self.written: list[asyncio.Future[None] | None] = []
        self.is_busy = False

    def offer(self, command: Command, written: "asyncio.Future[None] | None") -> None:
        """Note it, with the future that says its intent is on the disk."""
        self.given.append(command)
        self.written.append(written)

    def busy(self, device: str) -> bool:
        """Say what the test has set."""
        return self.is_busy


class Notices:
    """Takes what the pipeline has people told, and what says that it is on the disk."""

    def __init__(self) -> None:
        self.given: list[Notice] = []

    def offer(self, notice: Notice, written: "asyncio.Future[None] | None") -> None:
        """Take a Notice."""
        self.given.append(notice)


class Line:
    """One pipeline under test, and what it gave to each of its neighbours."""

    def __init__(
        self,
        folder: Path,
        of: Plant | None = None,
        state: State | None = None,
        notify: "Callable[[Line], Notify] | None" = None,
    ) -> None:
        self.plant = of or plant()
        self.clock = HandClock()
        self.path = folder / JOURNAL
        self.journal = Journal(self.path)
        self.kept = KeptRecords(self.plant, (state or State()).complete)
        self.commands = Commands()
        self.notices = Notices()
        self.feed = Feed(self.plant, state or State())
        self.pipeline = Pipeline(
            self.plant,
            state or State(),
            self.clock,
            journal=self.journal,
            kept=self.kept,
            respond=self.commands,
            notify=self.notices if notify is None else notify(self),
            publish=self.feed,
        )

    async def take(self, *events: Event) -> list[tuple[Told, ...]]:
        """Put events on the inbox; return what came of each."""
        return [await self.pipeline.ask(event) for event in events]

    def kinds(self) -> Sequence[str]:
        """Return the kinds of all entries in the journal, in order."""
        reader = JournalReader(self.path)
        kinds = [entry.kind for entry in reader.after(0, 10_000)]
        reader.close()
        return kinds


@asynccontextmanager
async def running(folder: Path, of: Plant | None = None, state: State | None = None) -> AsyncIterator[Line]:
    """Run a pipeline; at the end everything it wrote is on the disk."""
    line = Line(folder, of, state)
    line.journal.start()
    task = asyncio.create_task(line.pipeline.run())
    try:
        yield line
    finally:
        task.cancel()
        await asyncio.wait({task})
        await line.journal.close()
