"""Holds what the database has of a plant against what the simulators answered: device by device, second by second."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import asyncpg

from config.model import USABLE, Device, Quality
from config.plant import Plant
from monitor.collector.poll import SLACK_S, offset_s

EARLY_S = 0.05
UNWRITTEN_S = 1.3
"""Before a kill: a poll may still be reading (timeout 0.8 s), or what it read wait for the disk (0.25 s)."""
DETAIL = re.compile(r"(opc.tcp://)?127\.0\.0\.1:\d+/?:? ?| to read .*")
DOWN = Quality.COLLECTOR_DOWN.name.lower()
RECORDS_HOLE = 1.5
"""Two records may be this many sample times apart."""


@dataclass(frozen=True)
class Down:
    """From when to when, in seconds since 1970, the collector could not do its work, and why."""

    since_s: float
    until_s: float
    why: str

    def covers(self, polled_s: float) -> bool:
        """Whether what was read by a poll may not have been written."""
        return self.since_s - UNWRITTEN_S <= polled_s <= self.until_s


@dataclass
class Audit:
    """What was found.

    Attributes:
        kinds: seconds of devices, by what became of them.
        causes: seconds without a value, by the reason that their row tells.
        lost: seconds without a row, or told of as such of a collector that was down, when nothing was down.
    """

    kinds: Counter[str] = field(default_factory=Counter)
    causes: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)
    lost: int = 0
    repeats: int = 0

    def figures(self) -> dict[str, Any]:
        """All of it, to be printed."""
        return {
            "device_seconds": sum(self.kinds.values()),
            "lost": self.lost,
            "repeats": self.repeats,
            **{kind.replace(" ", "_"): count for kind, count in sorted(self.kinds.items())},
            "causes": dict(self.causes.most_common()),
        }

    def note(self, kind: str, example: str, *, is_lost: bool) -> None:
        """Count one second of a device."""
        self.kinds[kind] += 1
        if is_lost:
            self.lost += 1
            self.examples.append(f"{kind}: {example}")


async def audit(plant: Plant, url: str, log: Path, span: tuple[int, int], down: Sequence[Down]) -> Audit:
    """Look at every second of every device.

    Args:
        plant: as served.
        url: of the database.
        log: the simulators' own, of `bench.chaos_plant`.
        span: first and last second, since 1970.
        down: when the collector could not do its work.
    """
    found, answered = Audit(), read_log(log)
    connection = await asyncpg.connect(url)
    try:
        for index, device in enumerate(plant.devices.values()):
            rows = await _rows(connection, device.id, span)
            found.repeats += len(rows) - len({row["at"] for row in rows})
            polled = set(ticks(device, index, answered.get(device.id, ())))
            by_second = {int(row["at"].timestamp()): row for row in rows}
            for second in range(span[0], span[1] + 1, round(device.period_s)):
                polled_s = second + offset_s(index, device.period_s)
                why = next((one.why for one in down if one.covers(polled_s)), "")
                look(found, device.id, second, by_second.get(second), why, polled=second in polled)
            for series in device.series[1:]:
                await _look_at_records(found, connection, series.id, device, span)
    finally:
        await connection.close()
    return found


def look(
    found: Audit, device: str, second: int, row: asyncpg.Record | None, why: str, *, polled: bool
) -> None:
    """Judge one second of one device."""
    at = datetime.fromtimestamp(second, UTC).strftime("%H:%M:%S")
    example = f"{device} {at} {'answered' if polled else 'not asked'} {why or 'nothing was down'}"
    if row is None:
        found.note(f"no row, {why or 'nothing was down'}", example, is_lost=not why)
        return
    quality = row["quality"]
    if quality is None or any(one in USABLE for one in quality):
        found.note("measured" if polled else "measured, answered in another second", example, is_lost=False)
        return
    cause = Quality(quality[0]).name.lower()
    found.causes[f"{cause}: {DETAIL.sub('', row['reason'] or '')}"] += 1
    kind = f"{cause}, {why}" if why else f"{cause}, {'answered' if polled else 'not asked'}"
    found.note(kind, f"{example}: {row['reason']}", is_lost=cause == DOWN and not why)


def read_log(log: Path) -> dict[str, list[int]]:
    """Device -> when it answered, in milliseconds since 1970."""
    answered: defaultdict[str, list[int]] = defaultdict(list)
    for line in log.read_text().splitlines():
        device, *times = line.split()
        answered[device].extend(map(int, times))
    return answered


def ticks(device: Device, index: int, answered_ms: Sequence[int]) -> Iterator[int]:
    """Yield the ticks whose polls were answered: those whose time to run is right before an answer."""
    offset = offset_s(index, device.period_s)
    longest = device.timeout_s + 2 * SLACK_S
    for ms in answered_ms:
        since_s = ms / 1000 - offset + EARLY_S
        tick = since_s // device.period_s * device.period_s
        if since_s - tick <= longest + EARLY_S:
            yield int(tick)


async def _rows(
    connection: "asyncpg.Connection[asyncpg.Record]", series: str, span: tuple[int, int]
) -> list[asyncpg.Record]:
    return await connection.fetch(
        "SELECT at, quality, reason FROM sample JOIN series ON series.id = series_id"
        " WHERE name = $1 AND at >= $2 AND at <= $3 ORDER BY at",
        *(series, *(datetime.fromtimestamp(one, UTC) for one in span)),
    )


async def _look_at_records(
    found: Audit,
    connection: "asyncpg.Connection[asyncpg.Record]",
    series: str,
    device: Device,
    span: tuple[int, int],
) -> None:
    """Records have the counter's own time: between two of them is no hole."""
    times = [row["at"].timestamp() for row in await _rows(connection, series, span)]
    longest = RECORDS_HOLE * device.settings.get("sample_time_s", 60)
    for before, after in pairwise(times):
        is_hole = after - before > longest
        at = datetime.fromtimestamp(before, UTC).strftime("%H:%M:%S")
        found.note(
            "records missed" if is_hole else "record",
            f"{series} after {at}: {after - before:.0f} s",
            is_lost=is_hole,
        )
