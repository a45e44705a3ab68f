"""The one consumer: takes each event off the inbox, judges it, has it journalled, and hands on what follows.

The whole way is `_take`. Nothing in it waits, so events are judged in the order of their arrival and without locks.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

import structlog

from alarms import engine, permit, response
from alarms.batches import OfBatch
from alarms.calls import Calls, Notice, NoticeResult
from alarms.engine import Rules
from alarms.events import Alarm, Event, Fault, ProtectionChange, Tick, Told, Transition
from alarms.state import State
from config.model import Command, Sample
from config.plant import Plant
from monitor.clock import Clock
from monitor.collector import codec
from monitor.collector.commands import RefusedError
from monitor.collector.health import Watch, device_clocks
from monitor.collector.journal import Entry, Journal, JournalError, Stood
from monitor.collector.kept import KeptRecords
from monitor.collector.refit import refitted
from monitor.versions import PlantChange

INBOX_LIMIT = 10_000
WATERMARK_LAG = timedelta(seconds=2)
"""A tick says that every Sample up to its time was heard: the slowest poll ends within two seconds of its tick."""
LOSS_TOLD_EVERY = timedelta(seconds=60)
"""Told with every event that is lost, the alarm would be another occurrence before a person has seen it."""
ON_DISK_WITHIN_S = 5.0
"""Who brings another plant or begins a batch waits no longer to hear that it is written; a disk that fails is an alarm
of its own."""
STATE_EVERY = timedelta(seconds=60)
"""So often the State is written: what a restart has to replay is no longer than this."""
SNAPSHOT_EVERY = timedelta(hours=1)
"""So often it is kept, so that a replay has not far to go to where it is to begin."""

log = structlog.get_logger()


class Respond(Protocol):
    """Where Commands go, with the future that says their intent is on the disk."""

    def offer(self, command: Command, written: "asyncio.Future[None] | None") -> None:
        """Take a Command to be carried out; never waits."""

    def busy(self, device: str) -> bool:
        """Say whether a Command for this device is on its way."""


class Notify(Protocol):
    """Where Notices go, with the future that says their intent is on the disk."""

    def offer(self, notice: Notice, written: "asyncio.Future[None] | None") -> None:
        """Take a Notice to be sent; never waits."""


class Publish(Protocol):
    """Where live values, Transitions and changes of protective actions go."""

    def sample(self, sample: Sample, derived: Sequence[float]) -> None:
        """Show one Sample, and what was reckoned from it."""

    def change(self, change: ProtectionChange, after: State) -> None:
        """Show one change of a protective action; `after` is the State behind it."""

    def transition(self, transition: Transition) -> None:
        """Show one Transition."""

    def inhibits(self, at: datetime, after: State) -> None:
        """Show which protective actions are switched off, once that has changed."""

    def occupied(self, at: datetime, after: State) -> None:
        """Show what goes on in the zones, once that has changed."""

    def batches(self, at: datetime, after: State) -> None:
        """Show which batches run, once that has changed."""

    def worsened(self, alarm: Alarm, at: datetime) -> None:
        """Show an alarm whose worst value has moved on."""

    def told(self, notice: Notice, result: NoticeResult | None, at: datetime) -> None:
        """Show who is being told, or what became of it."""


@dataclass(frozen=True, slots=True)
class Turn:
    """Another plant, laid out already: it comes into force between two events.

    Attributes:
        body: the plant as the journal keeps it.
        why_not: says by the State then why it may not be ("" if it may).
        swap: has everything else follow at once, before the next event is judged.
    """

    change: PlantChange
    rules: Rules
    body: str
    why_not: Callable[[State], str]
    swap: Callable[[State], None]


class TurnError(Exception):
    """Another plant was not taken in force; the message says why. Everything goes on under the one before."""


@dataclass(slots=True)
class _Item:
    event: Event | Turn
    answer: "asyncio.Future[tuple[Told, ...]] | None" = None


class Pipeline:
    """Judges, journals, responds and publishes, one event at a time."""

    def __init__(
        self,
        plant: Plant,
        state: State,
        clock: Clock,
        *,
        journal: Journal,
        kept: KeptRecords,
        respond: Respond,
        notify: Notify,
        publish: Publish,
    ) -> None:
        self.state = state
        self.lost = 0
        self.taken = 0
        self.judged_until: datetime | None = None
        self._clock = clock
        self._journal = journal
        self._kept = kept
        self._respond = respond
        self._notify = notify
        self._publish = publish
        self._go_by(engine.rules(plant))
        self._inbox: asyncio.Queue[_Item] = asyncio.Queue(maxsize=INBOX_LIMIT)
        self._lost_told = 0
        self._late: dict[str, Watch] = {}
        self._loss_due = self._state_due = self._snapshot_due = datetime.min.replace(tzinfo=UTC)
        self._journal_fault = ""
        self._turned: asyncio.Future[None] | None = None
        self._noted: asyncio.Future[None] | None = None
        self._refused: tuple[State, State] | None = None

    def _go_by(self, rules: Rules) -> None:
        self._rules, self.plant = rules, rules.plant
        self._protections = self.plant.protections
        self._towers: Mapping[str, response.Tower] = {t.device: t for t in response.towers(self.plant)}
        self._device_clocks = device_clocks(self.plant)

    def offer(self, event: Event) -> None:
        """Put an event on the inbox; when that is full the event is lost, counted and alarmed."""
        try:
            self._inbox.put_nowait(_Item(event))
        except asyncio.QueueFull:
            self.lost += 1
            if isinstance(event, Sample):
                self._kept.lost(event)

    async def ask(self, event: Event) -> tuple[Told, ...]:
        """Put an event on the inbox, wait until it has been judged, and return what came of it.

        What is asked of a batch is on the disk then, or that takes long.

        Raises:
            RefusedError: it may not be: nothing of it is written.
        """
        answer: asyncio.Future[tuple[Told, ...]] = asyncio.get_running_loop().create_future()
        await self._inbox.put(_Item(event, answer))
        told = await answer
        if isinstance(event, OfBatch) and self._noted is not None:
            await asyncio.wait({self._noted}, timeout=ON_DISK_WITHIN_S)
        return told

    async def turn(self, turn: Turn) -> None:
        """Let another plant come into force behind whatever waits; return once it is on the disk, or that takes long.

        Raises:
            TurnError: it may not, or the journal does not take it.
        """
        answer: asyncio.Future[tuple[Told, ...]] = asyncio.get_running_loop().create_future()
        await self._inbox.put(_Item(turn, answer))
        await answer
        if self._turned is not None:
            await asyncio.wait({self._turned}, timeout=ON_DISK_WITHIN_S)

    def knows(self, alarm: str) -> bool:
        """Say whether there is such an alarm, whether it stands or not."""
        return alarm in self._rules.conditions or alarm in self.state.alarms

    def take_refused(self) -> tuple[State, State] | None:
        """Return the States before and behind what the journal refused, once, when it takes again; else None."""
        if self._journal_fault:
            return None
        refused, self._refused = self._refused, None
        return refused

    def size(self) -> int:
        """Return how many events wait."""
        return self._inbox.qsize()

    async def run(self) -> None:
        """Take events until cancelled."""
        while True:
            self._deal_with(await self._inbox.get())
            if not self._inbox.empty():
                await asyncio.sleep(0)  # a backlog must not keep Commands from going out

    def take_rest(self) -> None:
        """Take what still waits, once nothing more comes: what was read is judged and written."""
        while not self._inbox.empty():
            self._deal_with(self._inbox.get_nowait())

    def begin(
        self, state: State, told: Sequence[Told], at: datetime, changed: Sequence[PlantChange] = ()
    ) -> None:
        """Go on from a State, before anything is taken: tell what its start ended, and ask again what got no answer."""
        self.state = state
        again = response.unanswered(self._protections, state)
        notices = response.notices(Calls(), state.calls)
        things = (*changed, codec.Start(at, self.plant.sha256), *told, *again, *notices)
        written = self._append([codec.entry_of(one, at) for one in things], at, may_wait=False)
        self._hand_on(again, notices, written)
        for one in told:
            self._show_told(one)

    def end(self) -> None:
        """Write the State, once nothing more comes: the next start then has nothing to replay."""
        self._state_due = self._clock.now()
        self._append((), self._state_due, may_wait=False)

    async def tick(self) -> None:
        """Let time pass for the engine, once a second, until cancelled."""
        at = self._clock.now().replace(microsecond=0)
        while True:
            at = max(at + timedelta(seconds=1), self._clock.now().replace(microsecond=0))
            await self._clock.sleep_until(at)
            self.offer(Tick(at - WATERMARK_LAG))

    def _deal_with(self, item: _Item) -> None:
        try:
            told = self._turn(item.event) if isinstance(item.event, Turn) else self._take(item.event)
        except (TurnError, RefusedError) as error:
            if item.answer is not None and not item.answer.done():
                item.answer.set_exception(error)
            return
        except Exception:
            if item.answer is not None:
                item.answer.cancel()  # who asked must not wait for ever
            raise
        if item.answer is not None and not item.answer.done():
            item.answer.set_result(told)
        if self.lost > self._lost_told and self._clock.now() >= self._loss_due:
            self._tell_loss()

    def _take(self, event: Event) -> tuple[Told, ...]:
        if isinstance(event, Sample):
            in_order = self._in_order(event)
            if in_order is None:
                return ()
            event = self._kept.after_losses(in_order)
            if event.reason:
                # Judged as it will be kept: whatever a wire has sent.
                event = replace(event, reason=codec.storable(event.reason))
            self._look_at_clock(event)
        elif reason := permit.why_not(self.plant, self.state, event):
            # The record follows what is written: of what never was nothing may be.
            raise RefusedError(reason)
        before = self.state
        self.state, told = engine.handle(self._rules, before, event)
        commands = self._commands(before, event)
        notices = response.notices(before.calls, self.state.calls)
        written = self._write(event, before, told, (*commands, *notices))
        if isinstance(event, Sample):
            self._follow(event, before, written)
        elif isinstance(event, OfBatch):
            self._note(before, written)
        self._hand_on(commands, notices, written)
        self._show(event, before, told)
        self._show_notices(event, before, notices)
        if isinstance(event, Tick):
            self.judged_until = event.at
        self.taken += 1
        return told

    def _turn(self, turn: Turn) -> tuple[Told, ...]:
        """Take another plant in force: first the journal has it, then everything follows at once."""
        before, at = self.state, turn.change.at
        if reason := turn.why_not(before):
            raise TurnError(reason)
        state, told = refitted(self.plant, turn.rules, before, at)
        notices = response.notices(before.calls, state.calls)
        entries = [codec.entry_of(one, at) for one in (turn.change, *told, *notices)]
        try:
            self._turned = self._journal.append(
                entries, Stood(codec.state_json(state)), plant=(turn.change.plant, turn.body)
            )
        except JournalError as error:
            raise TurnError(f"the journal does not take it: {error}") from error
        self.state = state
        self._go_by(turn.rules)
        turn.swap(state)
        commands = response.respond(self._towers.values(), self._protections, before, state)
        self._hand_on(commands, notices, None)
        for one in told:
            self._show_told(one)
        log.info("plant", plant=turn.change.plant, before=turn.change.before, who=turn.change.who)
        return told

    def _hand_on(
        self, commands: Sequence[Command], notices: Sequence[Notice], written: "asyncio.Future[None] | None"
    ) -> None:
        """Have devices asked, and then people told, of what is on its way to the disk."""
        for command in commands:
            self._respond.offer(command, written)
        for notice in notices:
            self._notify.offer(notice, written)

    def _follow(self, sample: Sample, before: State, written: "asyncio.Future[None] | None") -> None:
        """See to it that no record counts as complete that does not come into the journal."""
        if written is not None:
            self._kept.once_written(sample, written)
        else:
            self._kept.lost(sample)
            self.state = replace(self.state, complete=before.complete)

    def _note(self, before: State, written: "asyncio.Future[None] | None") -> None:
        """See to it that no batch runs of which the journal, and so the record, knows nothing."""
        self._noted = written
        if written is None:
            self.state = before
            raise RefusedError(f"the journal does not take it: {self._journal_fault}")

    def _show(self, event: Event, before: State, told: Sequence[Told]) -> None:
        if isinstance(event, Sample):
            self._publish.sample(event, self.state.derived.get(event.series, ()))
        for one in told:
            self._show_told(one)
        if self.state.inhibited is not before.inhibited:
            self._publish.inhibits(event.at, self.state)
        if self.state.occupancy is not before.occupancy:
            self._publish.occupied(event.at, self.state)
        if self.state.batches is not before.batches:
            self._publish.batches(event.at, self.state)
        if self.state.alarms is before.alarms:
            return
        changed = {one.alarm for one in told if isinstance(one, Transition)}
        for key, alarm in self.state.alarms.items():
            if key not in changed and alarm is not before.alarms.get(key):
                self._publish.worsened(alarm, event.at)

    def _show_notices(self, event: Event, before: State, notices: Sequence[Notice]) -> None:
        """Show who is told from now on, and what became of a Notice that was waited for."""
        for notice in notices:
            self._publish.told(notice, None, event.at)
        if isinstance(event, NoticeResult) and event.key in before.calls.pending:
            self._publish.told(before.calls.pending[event.key].notice, event, event.at)

    def _show_told(self, told: Told) -> None:
        if isinstance(told, Transition):
            log.info("alarm", alarm=told.alarm, reason=told.reason, who=told.who)
            self._publish.transition(told)
        else:
            log.info("protection", protection=told.protection, reason=told.reason, state=told.after.state)
            self._publish.change(told, self.state)

    def _in_order(self, sample: Sample) -> Sample | None:
        """Per series, time never goes back: what repeats a time is dropped, what is older is kept as backfilled."""
        latest = self.state.latest.get(sample.series)
        if sample.backfilled:
            return sample
        if latest is None or sample.at > latest:
            if sample.series in self._late:
                self._tell_late(sample.series, "")
            return sample
        if sample.at == latest:
            return None
        self._tell_late(sample.series, f"its time went back; not judged until {latest:%Y-%m-%d %H:%M:%S} UTC")
        return replace(sample, backfilled=True)

    def _tell_late(self, series: str, wrong: str) -> None:
        """Tell of what comes live and is not judged: of a counter, say, whose own clock was set back by an hour."""
        fault = self._late.setdefault(series, Watch(f"time-of-{series}")).look(wrong, self._clock.now())
        if fault is not None:
            self.offer(fault)

    def _look_at_clock(self, sample: Sample) -> None:
        clock = self._device_clocks.get(sample.series)
        fault = None if clock is None else clock.look(sample)
        if fault is not None:
            self.offer(fault)

    def _commands(self, before: State, event: Event) -> Sequence[Command]:
        commands = response.respond(self._towers.values(), self._protections, before, self.state)
        if commands or not isinstance(event, Sample) or event.series not in self._towers:
            return commands
        if self._respond.busy(event.series):
            return ()
        again = response.reassert(self._towers[event.series], self.state, event)
        return () if again is None else (again,)

    def _write(
        self, event: Event, before: State, told: Sequence[Told], asked: Sequence[Command | Notice]
    ) -> "asyncio.Future[None] | None":
        now = self._clock.now()
        entries: list[Entry] = []
        # A Tick that changed nothing would change nothing in a replay either.
        if not isinstance(event, Tick) or self.state is not before:
            entries.append(codec.entry_of(event, event.at))
        heard_at = event.received_at if isinstance(event, Sample) else None
        entries += (codec.told_entry(one, heard_at, now) for one in told)
        entries += (codec.entry_of(one, now) for one in asked)
        if not entries:
            return None
        # What a person is told and what a device is asked to do is on the disk at once.
        may_wait = isinstance(event, (Sample, Tick)) and len(entries) == 1
        written = self._append(entries, now, may_wait=may_wait)
        if written is None:
            self._refused = (before if self._refused is None else self._refused[0], self.state)
        return written

    def _state_to_write(self, now: datetime) -> Stood | None:
        if now < self._state_due:
            return None
        self._state_due = now + STATE_EVERY
        if now < self._snapshot_due:
            return Stood(codec.state_json(self.state))
        self._snapshot_due = now + SNAPSHOT_EVERY
        return Stood(codec.state_json(self.state), codec.to_us(now))

    def _append(
        self, entries: Sequence[Entry], now: datetime, *, may_wait: bool
    ) -> "asyncio.Future[None] | None":
        try:
            written = self._journal.append(entries, self._state_to_write(now), may_wait=may_wait)
        except JournalError as error:
            self.lost += len(entries)
            # What is missing cannot be replayed, so the next that is written brings the State that is behind it.
            self._state_due = self._snapshot_due = now
            if not self._journal_fault:
                self.offer(Fault(now, "journal", str(error)))
            self._journal_fault = str(error)
            return None
        if self._journal_fault:
            self._journal_fault = ""
            self.offer(Fault(now, "journal", ""))
        return written

    def _tell_loss(self) -> None:
        lost, now = self.lost - self._lost_told, self._clock.now()
        # Past the inbox, which has no room. Raised and cleared at once: the alarm stays, returned and
        # unacknowledged, until a person has seen it.
        self._take(Fault(now, "inbox", f"{lost} events lost: the inbox or the journal was full"))
        self._take(Fault(now, "inbox", ""))
        self._lost_told, self._loss_due = self.lost, now + LOSS_TOLD_EVERY
