"""Turns Samples into rows of the table `sample`, and hands them to the database."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TypeAlias

from config.model import Quality, Sample
from monitor.store.database import Connection
from monitor.store.register import Row

BACKFILLED = 1
"""Bit 0 of sample.flags."""
VALUES_AT_ONCE = 2_000
"""Handed over in one piece: whoever shares the event loop waits a millisecond for that, and no longer."""

Record: TypeAlias = tuple[int, datetime, object, object, Sequence[float | None], object, int, str | None]
"""A row in the order of _COLUMNS."""

_COLUMNS = ("series_id", "at", "source_at", "received_at", "values", "quality", "flags", "reason")
_INSERT = """
INSERT INTO sample SELECT * FROM incoming ON CONFLICT DO NOTHING RETURNING series_id, at"""


def records_of(samples: Sequence[Sample], rows: Mapping[str, Row]) -> list[Record]:
    """Make rows.

    Args:
        samples: in the plant's places.
        rows: how each series becomes a row.

    Raises:
        ValueError: a Sample is not of this plant.
    """
    return [_record(one, rows) for one in samples]


async def copy(connection: Connection, records: Sequence[Record], table: str = "sample") -> None:
    """Store rows none of which is there yet: the fast way.

    Raises:
        UniqueViolationError: one is.
    """
    start = 0
    while start < len(records):
        end = start + max(1, VALUES_AT_ONCE // (10 + len(records[start][4])))
        await connection.copy_records_to_table(table, records=records[start:end], columns=_COLUMNS)
        start = end


async def copy_missing(connection: Connection, records: Sequence[Record]) -> list[tuple[int, datetime]]:
    """Store those rows that are not there yet; of two with the same series and time the first. In a transaction.

    Returns:
        Series and time of those that were new.
    """
    await connection.execute("CREATE TEMP TABLE incoming (LIKE sample) ON COMMIT DROP")
    await copy(connection, records, "incoming")
    return [(row["series_id"], row["at"]) for row in await connection.fetch(_INSERT)]


def _record(sample: Sample, rows: Mapping[str, Row]) -> Record:
    row = rows.get(sample.series)
    if row is None:
        raise ValueError(f"sample of {sample.series} at {sample.at}: this plant has no such series")
    for count in (len(sample.values), len(sample.quality or sample.values)):
        if count != row.count:
            raise ValueError(
                f"sample of {sample.series} at {sample.at}: {count} values or qualities for {row.count} channels"
            )
    values: list[float | None] = [None if value != value else value for value in sample.values]  # noqa: PLR0124
    quality: Sequence[int | None] | None = sample.quality
    if row.order is not None:
        values, quality = _in_database_places(row.order, values, quality)
    return (
        *(row.id, sample.at, sample.source_at, sample.received_at, values, quality),
        *(BACKFILLED if sample.backfilled else 0, sample.reason or None),
    )


def _in_database_places(
    order: Sequence[int | None], values: Sequence[float | None], quality: Sequence[int | None] | None
) -> tuple[list[float | None], list[int | None] | None]:
    placed = [None if ours is None else values[ours] for ours in order]
    if quality is None and None not in order:
        return placed, None
    # A retired channel has neither value nor quality; null as a whole would say that it is Good.
    known = quality or [Quality.GOOD] * len(values)
    return placed, [None if ours is None else known[ours] for ours in order]
