"""A simulated plant and the collector's own pipeline with nothing between them: no wire, and no second is waited for.

Samples are made of what the machines show, in the plant's own places; what the pipeline commands is carried out by the
same machines. So a scenario of two days is played in seconds, and every deadline is one of simulated time.
"""

import asyncio
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from alarms.alarm import state
from alarms.calls import Notice, NoticeKind, NoticeResult, Outcome, Receipt
from alarms.events import ActionResult, Tick
from config.model import Command, Device, Quality, Sample, Series
from config.plant import Plant
from monitor.collector.journal import Entry, JournalReader
from monitor.collector.pipeline import WATERMARK_LAG
from monitor.collector.poll import bad_sample
from simulators.expectation import Place
from simulators.faults import FAULTS
from simulators.modbus import units
from simulators.particles import FLOW_BIT, ParticleCounter, Record
from simulators.plant import SimulatedPlant
from simulators.plc import Plc
from simulators.registers import Switched
from simulators.scenario import Scenario, place_of
from simulators.seen import Course, Seen, Standing
from simulators.trial import Trial
from tests.collector.building import Line

STEP_S = 0.1
"""As the simulators' own program steps."""

JOURNAL_BEHIND = 2000
"""So many writes may wait for the disk: compressed time does not wait, but the disk is the real one."""

ALL = 10**9

SAYS = {0: "accepted", 1: "refused, local mode", 2: "refused, interlock", 3: "unknown request", 4: "busy"}


class Compressed:
    """Some devices of a plant, from their physics to the Commands that come of it.

    Args:
        folder: where the pipeline's journal is.
        plant: the whole plant, whose limits and protective actions hold.
        devices: those that are there; nothing is ever heard of the others.
        every_s: seconds between two polls of a device.
        step_s: seconds of each step of the physics.
    """

    def __init__(
        self,
        folder: Path,
        plant: Plant,
        devices: Iterable[str],
        *,
        every_s: float = 1.0,
        step_s: float = STEP_S,
        seed: int = 1,
    ) -> None:
        self.plant = plant
        self.line = Line(folder, plant)
        self.devices = {name: plant.devices[name] for name in devices}
        there = replace(plant, devices=self.devices)
        self.simulated = SimulatedPlant(there, self.line.clock.now(), seed)
        self.raised: set[str] = set()
        self._every_s, self._step_s = every_s, step_s
        self._last: dict[str, Record] = {}
        self._dark_until_s: dict[str, float] = {}
        self._playing: set[tuple[str, str, int, str]] = set()
        self._elapsed_s = 0.0
        self._watch: Callable[[], None] = lambda: None

    async def __aenter__(self) -> Self:
        self.line.journal.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.line.journal.close()

    async def run(self, seconds: float) -> None:
        """Let time pass: every device is polled, every Sample judged, every Command carried out."""
        for _ in range(round(seconds / self._every_s)):
            self._pass()
            self._beat()
            self.line.clock.skip(self._every_s)
            await asyncio.sleep(0)  # the journal hears here what is on the disk
            for device in self.devices.values():
                for sample in self._samples(device):
                    self.line.pipeline.offer(sample)
            self.line.pipeline.offer(Tick(self.line.clock.now() - WATERMARK_LAG))
            self._judge()
            self._watch()
            if self.line.journal.waiting() > JOURNAL_BEHIND:
                await self.line.journal.append((), None)  # written behind all that waits for the disk

    async def play(
        self, name: str, device: str = "", for_s: float = math.inf, *, after_s: float = 0.3
    ) -> Trial:
        """Play a scenario until all that is expected is decided, or `for_s` are over.

        Args:
            name: the scenario.
            device: where; "" for its own device.
            for_s: the longest time to play it.
            after_s: how long after a poll it begins.
        """
        scenario: Scenario = FAULTS[name]
        own = place_of(self.plant, self.plant.devices[device or scenario.device])
        trial = Trial(scenario, own, self._places(), scenario.lasts_s(None))
        before = {one: dict(machine.executed) for one, machine in self.simulated.machines.items()}
        self._pass(after_s)
        self.simulated.start_fault(name, own.device)
        start_s = self._elapsed_s
        shown = trial.shown & set(self.devices)
        self._watch = lambda: trial.look(self._seen(self._elapsed_s - start_s, shown, before))
        while not trial.is_decided and self._elapsed_s - start_s < for_s:
            await self.run(self._every_s)
        self._watch = lambda: None
        return trial

    def _places(self) -> list[Place]:
        return [place_of(self.plant, device) for device in self.devices.values()]

    def _pass(self, until_s: float | None = None) -> None:
        """Step the physics up to the next poll, or so far."""
        whole_s = math.floor(self._elapsed_s / self._every_s + 1e-6) * self._every_s
        end_s = whole_s + (self._every_s if until_s is None else until_s)
        while self._elapsed_s < end_s - 1e-6:
            self.simulated.step(min(self._step_s, end_s - self._elapsed_s))
            self._elapsed_s = min(self._elapsed_s + self._step_s, end_s)
            self._darken()
            self._watch()

    def _darken(self) -> None:
        """Take the mains away from what a fault takes them from, and give them back."""
        for key, one in self.simulated.holding.items():
            if key not in self._playing and one.step.power_off_s is not None:
                self.simulated.machine(one.device).power_down()
                self._dark_until_s[one.device] = self._elapsed_s + one.step.power_off_s
        self._playing = set(self.simulated.holding)
        for device in [one for one, until_s in self._dark_until_s.items() if until_s <= self._elapsed_s]:
            del self._dark_until_s[device]
            self.simulated.machine(device).power_up()

    def _is_dark(self, device: str) -> bool:
        cut = {one.device for one in self.simulated.holding.values() if one.step.network}
        return device in cut or device in self._dark_until_s

    def _beat(self) -> None:
        """Let every PLC hear that its monitoring system lives."""
        for device in self.devices:
            machine = self.simulated.machine(device)
            if isinstance(machine, Plc) and not self._is_dark(device):
                machine.hear(1 + math.floor(self._elapsed_s) % 0xFFFF)

    def entries(self, kind: str) -> list[Entry]:
        """Return the entries of one kind from the journal, once it is closed."""
        reader = JournalReader(self.line.path)
        try:
            return [entry for entry in reader.after(0, ALL) if entry.kind == kind]
        finally:
            reader.close()

    # --- Samples ----------------------------------------------------------------------------------------

    def _samples(self, device: Device) -> list[Sample]:
        now = self.line.clock.now()
        machine = self.simulated.machine(device.id)
        if self._is_dark(device.id):
            return [bad_sample(device, now, Quality.UNREACHABLE, "nothing answers", now)]
        own, *others = device.series
        records: tuple[Record, ...] = ()
        clock = now
        if isinstance(machine, ParticleCounter):
            records, clock = tuple(machine.records), datetime.fromtimestamp(machine.unix_s, UTC)
        sample = Sample(own.id, now, _row(own, machine.values()), None, now, source_at=clock)
        return [sample, *(one for series in others for one in self._records(series, records))]

    def _records(self, series: Series, records: tuple[Record, ...]) -> Iterator[Sample]:
        """Give the records that have come since the last poll; all but the newest of them are fetched later."""
        last = self._last.get(series.id)
        known = next((place for place, one in enumerate(records, 1) if one is last), 0)
        for record in records[known:]:
            self._last[series.id] = record
            yield replace(self._record(series, record), backfilled=record is not records[-1])

    def _record(self, series: Series, record: Record) -> Sample:
        machine = self.simulated.machine(series.device)
        assert isinstance(machine, ParticleCounter)
        is_bad = bool(record.status >> FLOW_BIT & 1)
        quality = tuple(
            Quality.SENSOR_FAULT
            if is_bad and channel.model.key.startswith(("cnt_", "volume"))
            else Quality.GOOD
            for channel in series.channels
        )
        at = datetime.fromtimestamp(record.at_unix_s, UTC)
        row = _row(series, machine.of(record))
        return Sample(series.id, at, row, quality if is_bad else None, self.line.clock.now())

    # --- What comes of them -----------------------------------------------------------------------------

    def _judge(self) -> None:
        """Let the pipeline take all that waits; carry out what it commands, until nothing follows.

        Whoever is to be told is told at once.
        """
        pipeline, given, notices = self.line.pipeline, self.line.commands.given, self.line.notices.given
        now = self.line.clock.now()
        pipeline.take_rest()
        while given or notices:
            if given:
                command = given.pop(0)
                detail = self._carry_out(command)
                pipeline.offer(ActionResult(now, command, detail == SAYS[0], detail))
            else:
                self._deliver(notices.pop(0))
            pipeline.take_rest()
        self.line.commands.written.clear()
        self.raised |= set(pipeline.state.alarms)

    def _deliver(self, notice: Notice) -> None:
        """Accept a Notice, as every way does on a good day; and whoever gets a test page confirms it."""
        now = self.line.clock.now()
        self.line.pipeline.offer(NoticeResult(now, notice.key, Outcome.ACCEPTED))
        if notice.kind is NoticeKind.TEST:
            self.line.pipeline.offer(Receipt(now, notice.key, notice.person))

    def _carry_out(self, command: Command) -> str:
        if self._is_dark(command.device) or command.device not in self.devices:
            return "nothing answers"
        device, machine = self.devices[command.device], self.simulated.machine(command.device)
        if command.request:
            assert isinstance(machine, Plc)
            machine.request(device.profile.requests[command.request].code, command.param, command.seq)
            return SAYS[int(machine.ack_code)]
        by_id = units(device, machine)
        for key, name in command.outputs.items():
            output = device.profile.outputs[key]
            unit = by_id[output.address.unit_id]
            if output.address.table == "coil":
                assert isinstance(unit, Switched)
                unit.write_coil(output.address.address, bool(output.words[name]))
            else:
                unit.write(output.address.address, [output.words[name]])
        return SAYS[0]

    def _seen(self, at_s: float, shown: Iterable[str], before: Mapping[str, Mapping[str, int]]) -> Seen:
        stands = self.line.pipeline.state
        machines = {device: self.simulated.machine(device) for device in shown}
        return Seen(
            at_s,
            alarms={
                id_: Standing(one.active, state(one), one.first_out) for id_, one in stands.alarms.items()
            },
            truths={device: machine.values() for device, machine in machines.items()},
            executed={
                device: {key: times - before[device].get(key, 0) for key, times in machine.executed.items()}
                for device, machine in machines.items()
            },
            protections={
                id_: Course(one.state, one.failed, tuple(ask.state for ask in one.asked))
                for id_, one in stands.running.items()
            },
        )


def _row(series: Series, values: Mapping[str, float]) -> tuple[float, ...]:
    return tuple(float(values[channel.model.key]) for channel in series.channels)
