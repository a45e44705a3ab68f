"""The samples of a package: every row built again, the digest of each minute of a series, the figures of channels."""

import csv
import hashlib
import math
import struct
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from itertools import groupby, islice, pairwise
from typing import Any, TypeAlias

from monitor.records.package.verifier.book import Book
from monitor.records.package.verifier.file import Package
from monitor.records.package.verifier.rows import FACTS, Rows, rows_of, since_2000
from monitor.records.package.verifier.said import Fault, Json, instant

ALMOST = 1e-9
"""A sum of floats depends on its order: means agree within this share."""
ROWS_AT_ONCE = 480
NO_ROW = (ValueError, IndexError, TypeError, OverflowError, struct.error, csv.Error)
Minutes: TypeAlias = dict[str, tuple[int, bytes]]
"""By minute how many rows there are, and their digest."""


class Figures:
    """Reckons again what the dossier says of a channel, from its raw values."""

    def __init__(self, told: Json, place: int) -> None:
        self._told, self._place = told, place
        self._since, self._until = since_2000(instant(told["since"])), since_2000(instant(told["until"]))
        self._n = self._valid = 0
        self._low, self._high = math.inf, -math.inf
        self._sums: list[float] = []

    def add(self, rows: Rows) -> None:
        """Take some rows."""
        first, end = bisect_left(rows.at, self._since), bisect_left(rows.at, self._until)
        usable = rows.usable(self._place, first, end)
        self._n += end - first
        if usable:
            self._valid += len(usable)
            self._low, self._high = min(self._low, *usable), max(self._high, *usable)
            self._sums.append(sum(usable))

    def check(self) -> None:
        """Hold what was reckoned against what is told."""
        told, where = self._told["statistics"], f"dossier.json {self._told['id']}"
        figures: dict[str, float] = {"n": self._n, "valid": self._valid}
        # Of a state only their number is told.
        if not told["min"] is told["mean"] is told["max"] is None and self._valid:
            mean = math.fsum(self._sums) / self._valid
            figures |= {"min": self._low, "max": self._high}
            if not math.isclose(mean, told["mean"], rel_tol=ALMOST, abs_tol=ALMOST):
                figures["mean"] = mean
        for name, value in figures.items():
            if told[name] != value:
                said = f"{name}: {told[name]} != {value}"
                raise Fault(where, f"not the figure of its raw values ({said})", f"与原始值不符（{said}）")


def check_series(
    package: Package, book: Book, told: Json, one: Json, seen: Counter[str]
) -> tuple[Minutes, list[Figures]]:
    """Build every row of a series again; give the digest of each minute, and the channels' figures."""
    name, channels = one["file"], one["channels"]
    for place, channel in enumerate(channels):
        if book.places.get(channel, (one["id"], place))[:2] != (one["id"], place):
            raise Fault(name, f"{channel} stands elsewhere by the book", f"按记录簿，{channel} 不在此位置")
    figures = [
        Figures(channel, channels.index(channel["id"]))
        for channel in told["channels"]
        if channel["id"] in channels and channel["statistics"] is not None and not channel["inputs"]
    ]
    last, number, minutes = b"", 0, dict[str, tuple[int, Any]]()
    found = package.raw_lines(name, [*FACTS, *channels])
    while lines := list(islice(found, ROWS_AT_ONCE)):
        rows = _built(one, lines, number)
        times = [last, *(line[:27] for line in lines)]
        if times != sorted(set(times)):
            at = next(after for before, after in pairwise(times) if before >= after)[:16].decode()
            raise Fault(f"{name} {at}", "the rows are not in the order of their times", "数据行未按时间排序")
        for minute, group in groupby(zip(times[1:], rows.forms, strict=True), key=lambda row: row[0][:16]):
            forms = [form for _, form in group]
            count, digest = minutes.setdefault(minute.decode(), (0, hashlib.sha256()))
            digest.update(b"".join(forms))
            minutes[minute.decode()] = count + len(forms), digest
        for figure in figures:
            figure.add(rows)
        last, number = times[-1], number + len(lines)
    seen.update(rows=number, channels=len(figures))
    return {minute: (count, digest.digest()) for minute, (count, digest) in minutes.items()}, figures


def _built(series: Json, lines: Sequence[bytes], before: int) -> Rows:
    """Build some rows; say which line is none."""
    id_, width = series["id"], len(series["channels"])
    with suppress(*NO_ROW):
        return rows_of(id_, width, lines)
    for number, line in enumerate(lines, before + 2):
        try:
            rows_of(id_, width, [line])
        except NO_ROW:
            where = f"{series['file']}:{number}"
            raise Fault(where, "not a row as Gradewatch writes it", "不是 Gradewatch 写法的数据行") from None
    raise Fault(series["file"], "not rows as Gradewatch writes them", "不是 Gradewatch 写法的数据行")
