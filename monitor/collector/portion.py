"""Turns entries of the journal into what the database stores: rows, lines of the book, alarms as they stand."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from alarms.events import Alarm
from config.model import Sample
from monitor.collector import codec
from monitor.collector.journal import Entry
from monitor.collector.journal_file import crc_of_entry
from monitor.store.book import BookEntry
from monitor.store.write import PoisonError, Refused

HEARD_WITHIN = timedelta(seconds=10)
"""A row that came no later than this after its time says that time has passed; one made afterwards does not."""


@dataclass(slots=True)
class Portion:
    """What some entries come to.

    Attributes:
        crc: of the last entry, which is `upto_seq`.
        passed: when the last row was received that was heard in its time, or else the first of the others; None: there
            is none.
    """

    upto_seq: int
    crc: int
    samples: list[Sample] = field(default_factory=list)
    book: list[BookEntry] = field(default_factory=list)
    alarms: list[Alarm] = field(default_factory=list)
    passed: datetime | None = None


def portion_of(entries: Sequence[Entry]) -> Portion:
    """Read entries, in their order.

    Raises:
        PoisonError: one of them cannot be read.
    """
    portion = Portion(entries[-1].seq, crc_of_entry(entries[-1]))
    for entry in entries:
        try:
            _add(portion, entry)
        except (ArithmeticError, LookupError, TypeError, ValueError) as error:
            raise PoisonError(f"entry {entry.seq} cannot be read: {error}") from error
    if portion.samples and portion.passed is None:
        portion.passed = portion.samples[0].received_at
    return portion


def _add(portion: Portion, entry: Entry) -> None:
    if entry.kind == "sample":
        sample = codec.sample_of(entry)
        portion.samples.append(sample)
        if not sample.backfilled and sample.received_at - sample.at <= HEARD_WITHIN:
            portion.passed = max(portion.passed or sample.received_at, sample.received_at)
        return
    if entry.kind == "tick":
        return  # what it led to stands behind it; that time has passed is no news
    body = codec.body_of(entry)
    who = body.get("who") or body.get("substitution", {}).get("noted_by") or "gradewatch"
    signed = who if isinstance(who, str) else ", ".join(who)
    portion.book.append(BookEntry(codec.from_us(entry.at_us), entry.kind, signed, body))
    if entry.kind == "transition":
        portion.alarms.append(codec.transition_of(entry).after)


def refused(entry: Entry, reason: str) -> Refused:
    """Give all that an entry holds as JSON that any database takes; bytes as hexadecimal digits."""
    body: dict[str, Any] = {
        "vals": (entry.vals or b"").hex(),
        "quality": (entry.quality or b"").hex(),
        "at_us": entry.at_us,
        "received_us": entry.received_us,
        "source_us": entry.source_us,
        "backfilled": entry.backfilled,
        "body": _escaped(entry.body),
    }
    series = None if entry.series is None else _escaped(entry.series)
    try:
        at = codec.from_us(entry.at_us)
    except (OverflowError, ValueError):
        at = codec.EPOCH
    return Refused(entry.seq, at, _escaped(entry.kind), series, body, _escaped(reason), crc_of_entry(entry))


def _escaped(text: str) -> str:
    """Write out what PostgreSQL's text cannot hold."""
    return text.replace("\0", "\\u0000").encode("utf-8", "backslashreplace").decode("utf-8")
