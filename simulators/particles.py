"""A particle counter as a machine: air, pump, samples and the buffer of records; `counter` puts it on the wire.

Particles fall into a sample by a Poisson law of mean concentration x flow x time. Sizes are drawn as bins and
added up, so that the channels are cumulative as in the real instrument: >= 0.3 um counts >= 0.5 um too.
"""

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random

from config.model import Grade
from simulators.machine import Machine, Quantity

LITRE_PER_CUBIC_FOOT = 28.316847
BUFFER_RECORDS = 3000
SIZES = ("0_3", "0_5", "1_0", "5_0")
"""The counter's particle channels in um, smallest first."""

FLOW_BIT = 1
"""Bit of a record's sample status that says that the flow was wrong (Lighthouse ApexR manual)."""

FLOW_TOLERANCE_CFM = 0.05
"""The flow alarm of a 1 CFM counter: 5 %."""

CALIBRATION_LEFT_S = 200 * 86_400
CALIBRATED_AGO_S = 165 * 86_400

MIXING_TAU_S = 20.0
"""How fast the air at the probe follows the air of the enclosure (demo proposal)."""

SAMPLE_LINE_S = 4.0
"""How long the air is under way from the probe to the counter (demo proposal)."""

POWER_UP_SAMPLE_TIME_S = 60
"""What a Lighthouse counter does when nobody has set it (manual: 60 s samples after power-up)."""

CALM_PER_M3: Mapping[Grade, tuple[float, ...]] = {
    Grade.A: (20.0, 5.0, 1.0, 0.0),  # a clean enclosure; >= 5 um does not happen there
    Grade.B: (9000.0, 2500.0, 600.0, 20.0),
    Grade.C: (60_000.0, 20_000.0, 4000.0, 150.0),
    Grade.D: (300_000.0, 100_000.0, 20_000.0, 700.0),
    Grade.CNC: (900_000.0, 300_000.0, 60_000.0, 2000.0),
}
"""Particles per m3 of each size and larger, at work: well inside what the grade permits (EU GMP Annex 1, 4.14)."""

LASER_GOOD, FLOW_GOOD, HARDWARE_GOOD = 1, 2, 4
"""Packet status of the PMS family: a set bit is good (Airnet II manual)."""


@dataclass(frozen=True, slots=True)
class Record:
    """One finished sample, as it stands in the counter's buffer.

    Attributes:
        at_unix_s: end of the sample, Unix seconds of the counter's own clock.
        counts: cumulative counts by size, smallest size first.
        status: sample status bits; 0 is good.
    """

    at_unix_s: int
    sample_time_s: int
    counts: tuple[int, ...]
    status: int


def poisson(mean: float, rng: Random) -> int:
    """Draw from a Poisson law by Knuth's product of uniforms; `mean` must be below 700 (exp underflows)."""
    limit, product, count = math.exp(-mean), rng.random(), 0
    while product > limit:
        product *= rng.random()
        count += 1
    return count


def _quantities(grade: Grade) -> dict[str, Quantity]:
    air = {
        f"particles_{size}": Quantity(calm, MIXING_TAU_S, delay_s=SAMPLE_LINE_S)
        for size, calm in zip(SIZES, CALM_PER_M3[grade], strict=True)
    }
    return air | {"flow": Quantity(1.0, tau_s=1.6, noise=0.003, decimals=2, low=0.0)}


class ParticleCounter(Machine):
    """A 1 CFM counter that samples without a pause.

    Attributes:
        sample_time_s: length of a sample, as set.
        records: finished samples, oldest first; the oldest is lost once the buffer is full.
        new_data: a record was finished that nobody has read.
        running: samples follow one another.
        clock_offset_s: counter's own clock minus ours.
    """

    def __init__(self, start: datetime, rng: Random, sample_time_s: int, grade: Grade = Grade.A) -> None:
        super().__init__(_quantities(grade), start, rng)
        self.sample_time_s = self._ordered_sample_time_s = sample_time_s
        self.records: deque[Record] = deque(maxlen=BUFFER_RECORDS)
        self.new_data = False
        self.running = True
        self.clock_offset_s = 0
        self.calibration_due_unix_s = math.floor(self.start_unix_s) + CALIBRATION_LEFT_S
        self._begin_sample(self.elapsed_s)

    @property
    def flow_wrong(self) -> bool:
        """The pump is outside its tolerance."""
        return abs(self.quantities["flow"].shown - 1.0) > FLOW_TOLERANCE_CFM

    @property
    def unix_s(self) -> int:
        """The counter's own clock, Unix seconds."""
        return math.floor(self.start_unix_s + self.elapsed_s) + self.clock_offset_s

    @property
    def device_status(self) -> int:
        """The status word: 0 running, 1 sampling, 2 new data, 12 flow (Lighthouse ApexR manual)."""
        return self.running * 0b11 | self.new_data << 2 | self.flow_wrong << 12

    @property
    def ext_status(self) -> int:
        """The extended status word: 4 flow below threshold (Lighthouse map)."""
        return (self.quantities["flow"].shown < 1.0 - FLOW_TOLERANCE_CFM) << 4

    def values(self) -> dict[str, float]:
        """Return what the counter shows now, by channel key; of the records the newest, NaN while there is none."""
        shown: dict[str, float] = {
            "flow": self.quantities["flow"].shown,
            "device_status": self.device_status,
            "ext_status": self.ext_status,
            "rec_count": len(self.records),
            "sample_time": self.sample_time_s,
            "cal_due": self.calibration_due_unix_s,
        }
        return shown | self.of(self.records[-1] if self.records else None)

    def of(self, record: Record | None) -> dict[str, float]:
        """Return what a record tells, by channel key; NaN where there is none."""
        counts = record.counts if record else (math.nan,) * len(SIZES)
        return {
            **{f"cnt_{size}": count for size, count in zip(SIZES, counts, strict=True)},
            "sample_status": record.status if record else math.nan,
            "volume": self.litres(record) if record else math.nan,
        }

    def litres(self, record: Record) -> float:
        """The air of a record, at the flow that the counter shows now; NaN where its flow was wrong."""
        if record.status >> FLOW_BIT & 1:
            return math.nan
        return record.sample_time_s * self.quantities["flow"].shown * LITRE_PER_CUBIC_FOOT / 60

    def run(self, running: bool) -> None:
        """Start sampling with a fresh sample, or stop and lose the one that is under way."""
        self.running = running
        self._begin_sample(self.elapsed_s)

    def step(self, dt_s: float) -> None:
        """Let `dt_s` seconds pass; a sample whose time is over becomes a record."""
        super().step(dt_s)
        if not self.running:
            return
        self._count(dt_s)
        while self.elapsed_s >= self._sample_end_s:
            self._end_sample()

    def _count(self, dt_s: float) -> None:
        flow_m3_s = self.quantities["flow"].true * LITRE_PER_CUBIC_FOOT / 60 / 1000
        per_m3 = [self.quantities[f"particles_{size}"].true for size in SIZES]
        larger_per_m3 = [*per_m3[1:], 0.0]
        total = 0
        for place in reversed(range(len(SIZES))):
            bin_per_m3 = max(0.0, per_m3[place] - larger_per_m3[place])
            total += poisson(bin_per_m3 * flow_m3_s * dt_s, self._rng)
            self._counts[place] += total
        if self.flow_wrong:
            self._status |= 1 << FLOW_BIT

    def _begin_sample(self, at_s: float) -> None:
        self._sample_length_s = self.sample_time_s  # a new setting counts from the next sample on
        self._sample_end_s = at_s + self._sample_length_s
        self._counts = [0] * len(SIZES)
        self._status = 0

    def _end_sample(self) -> None:
        end_unix_s = math.floor(self.start_unix_s + self._sample_end_s) + self.clock_offset_s
        self.records.append(Record(end_unix_s, self._sample_length_s, tuple(self._counts), self._status))
        self.new_data = True
        self._begin_sample(self._sample_end_s)

    def release(self) -> None:
        """Heal, and stand as the plant wants it: what a power dip left is set right by whoever clears the fault."""
        super().release()
        self.sample_time_s = self._ordered_sample_time_s

    def power_down(self) -> None:
        """Stop, and lose the sample under way; the buffer is kept."""
        super().power_down()
        self.run(False)

    def power_up(self) -> None:
        """Sample again at once, with the maker's settings, and offer the last record as new."""
        super().power_up()
        self.sample_time_s = POWER_UP_SAMPLE_TIME_S
        self.run(True)
        self.new_data = bool(self.records)


class AirnetCounter(ParticleCounter):
    """The same air seen by a PMS Airnet II: records stand in a queue, and a status bit that is set is good."""

    @property
    def calibrated_on(self) -> datetime:
        """The day of the last calibration, midnight UTC."""
        day_s = 86_400
        return datetime.fromtimestamp(self.start_unix_s // day_s * day_s - CALIBRATED_AGO_S, UTC)

    def packet_status(self, record: Record) -> int:
        """Laser, flow and hardware of a record."""
        return LASER_GOOD | HARDWARE_GOOD | (not record.status >> FLOW_BIT & 1) * FLOW_GOOD

    def values(self) -> dict[str, float]:
        """Return what the counter shows now, by channel key; of the records the oldest, NaN while there is none."""
        return {
            "device_status": self.running * 1 | bool(self.records) << 1,
            "device_state": self.running,
            "queue": len(self.records),
            "sample_time": self.sample_time_s,
            "cal_date": self.calibrated_on.timestamp(),
            **self.of(self.records[0] if self.records else None),
        }

    def of(self, record: Record | None) -> dict[str, float]:
        """Return what a record tells, by channel key; NaN where there is none."""
        told = super().of(record)
        del told["sample_status"]
        status = self.packet_status(record) if record else math.nan
        return told | {"flow": self.quantities["flow"].shown, "packet_status": status}
