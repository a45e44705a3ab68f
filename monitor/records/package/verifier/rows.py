"""Rows built again from CSV as PostgreSQL sends them: record_send(ROW(series_id, at, source_at, …, reason)).

All numbers of some hundred rows are read and packed at once: one by one it would take many times as long, and weeks
have hundreds of millions.
"""

import csv
import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, TypeAlias

FACTS = ["at", "source_at", "received_at", "flags", "reason", "values", "qualities", "form"]
"""The columns before the channels': of each of these its value."""
Qualities: TypeAlias = "list[int | None] | None"
"""By place from 0; None: all are good."""
NUMBERS_MAX = 1 << 16

_2000 = datetime(2000, 1, 1, tzinfo=UTC)
_MINUTE = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d")
_NO_NUMBER = re.compile(rb"[^0-9eE+.Infity-]")
"""Python would read more: underscores, white space."""
_NONE = b"\xff" * 4
_TIME, _NO_TIME = struct.Struct(">iiq"), struct.pack(">ii", 1184, -1)


@dataclass(slots=True)
class Rows:
    """Some rows, one behind the other.

    Attributes:
        at: of each, in microseconds since 2000.
        forms: their binary forms.
        width: how many places a row has here.
        values: all of the first row, then of the next; None where there is none.
        qualities: of each row.
        is_whole: no value is missing, and all are good.
    """

    at: list[int]
    forms: list[bytes]
    width: int
    values: Sequence[float | None]
    qualities: list[Qualities]
    is_whole: bool

    def usable(self, place: int, first: int, end: int) -> Sequence[float]:
        """Give the values in a place that are good or uncertain, of the rows from `first` until before `end`."""
        column: Any = self.values[first * self.width + place : end * self.width : self.width]
        if self.is_whole:
            return column  # type: ignore[no-any-return] # what is whole has no None in it
        rows = zip(column, self.qualities[first:end], strict=True)
        return [value for value, rated in rows if value is not None and _is_usable(rated, place)]


def _is_usable(rated: Qualities, place: int) -> bool:
    return rated is None or (place < len(rated) and rated[place] in (0, 1))


def rows_of(series: int, width: int, lines: Sequence[bytes]) -> Rows:
    """Build rows again from their lines of CSV.

    Raises:
        ValueError, TypeError, IndexError, OverflowError, struct.error, csv.Error: one is no such line.
    """
    rows = [_cells(line) for line in lines]
    values, is_whole = _numbers([row[-1] for row in rows], width)
    elements = _elements(values, is_whole=is_whole)
    at = microseconds([row[0] for row in rows])
    columns = [_written(at), *(_times([row[number] for row in rows]) for number in (1, 2))]
    forms, qualities = [], list[Qualities]()
    begin = struct.pack(">iiii", 8, 23, 4, series)
    for place, row, *times in zip(range(0, len(values), width), rows, *columns, strict=True):
        _, source_at, received_at, flags, reason, count, rated, form, _ = row
        if form:
            if any((source_at, received_at, flags, reason, count, rated, *values[place : place + width])):
                raise ValueError(row)
            written, values[place : place + width], ratings = _odd_row(
                times[0], bytes.fromhex(form.decode()), width
            )
        else:
            body = _array(elements, values, place, width, count, is_whole=is_whole)
            tail, ratings = _tail(rated, flags, reason)
            written = b"".join((begin, *times, body, tail))
        forms.append(written)
        qualities.append(ratings)
    is_good = qualities.count(None) == len(qualities)
    return Rows(at, forms, width, values, qualities, is_whole and is_good)


def _cells(line: bytes) -> Sequence[bytes]:
    """Split a line into the facts and all that follows them."""
    if b'"' not in line:
        return line.split(b",", len(FACTS))
    (cells,) = csv.reader([line.decode()], strict=True)
    return [cell.encode() for cell in (*cells[: len(FACTS)], ",".join(cells[len(FACTS) :]))]


def _numbers(rests: Sequence[bytes], width: int) -> tuple[list[Any], bool]:
    """Read the values of all rows, and say whether none is missing."""
    text = b",\n,".join(rests)
    cells = text.split(b",")
    # What stands between two rows is no number: a cell too many or too few is found by it.
    if cells[width :: width + 1] != [b"\n"] * (len(rests) - 1):
        raise ValueError(rests)
    del cells[width :: width + 1]
    if len(cells) != width * len(rests):
        raise ValueError(rests)
    return list(map(_NUMBERS.__getitem__, cells)), b",," not in b",%b," % text


class _Numbers(dict[bytes, float | None]):
    """Numbers by how they are written. What a sensor says it says often, and to look it up is four times as fast."""

    def __missing__(self, text: bytes) -> float | None:
        if _NO_NUMBER.search(text):
            raise ValueError(text)
        if len(self) >= NUMBERS_MAX:
            self.clear()
        number = self[text] = float(text) if text else None
        return number


_NUMBERS = _Numbers()


def _elements(values: Sequence[float | None], *, is_whole: bool) -> bytes:
    """Write each value behind its length, 8: twelve bytes for each, also where there is none."""
    numbers = values if is_whole else [0.0 if value is None else value for value in values]
    packed = struct.pack(f">{len(values)}d", *numbers)
    elements = bytearray(struct.pack(">id", 8, 0.0) * len(values))
    for byte in range(8):
        elements[4 + byte :: 12] = packed[byte::8]
    return bytes(elements)


def _array(
    elements: bytes, values: Sequence[float | None], place: int, width: int, count: bytes, *, is_whole: bool
) -> bytes:
    """Write the values of one row as a column."""
    size = _whole(count)
    if not 0 < size <= width:
        raise ValueError(count)
    if is_whole and size == width:
        return _head(size, 12 * size, 0) + elements[12 * place : 12 * (place + size)]
    row = values[place : place + width]
    if any(value is not None for value in row[size:]):
        raise ValueError(row)
    each = ((value, 12 * (place + number)) for number, value in enumerate(row[:size]))
    body = b"".join(_NONE if value is None else elements[at : at + 12] for value, at in each)
    return _head(size, len(body), None in row[:size]) + body


@lru_cache(maxsize=1024)
def _head(count: int, size: int, has_none: int) -> bytes:
    return struct.pack(">iiiiiii", 1022, 20 + size, 1, has_none, 701, count, 1)


@lru_cache(maxsize=1024)
def _tail(rated: bytes, flags: bytes, reason: bytes) -> tuple[bytes, Qualities]:
    """Write the columns behind the values, which are the same in most rows; and give the qualities."""
    qualities: Qualities = None
    column = struct.pack(">ii", 1005, -1)
    if rated:
        qualities = [None if one == b"-" else _whole(one) for one in rated.split(b" ")]
        body = b"".join(_NONE if one is None else struct.pack(">ih", 2, one) for one in qualities)
        head = (1005, 20 + len(body), 1, None in qualities, 21, len(qualities), 1)
        column = struct.pack(">iiiiiii", *head) + body
    told = struct.pack(">ii", 25, len(reason) if reason else -1) + reason
    return column + struct.pack(">iih", 21, 2, _whole(flags)) + told, qualities


@lru_cache(maxsize=1024)
def _whole(text: bytes) -> int:
    """Read a whole number in its one spelling."""
    number = int(text)
    if str(number).encode() != text:
        raise ValueError(text)
    return number


def microseconds(times: Sequence[bytes]) -> list[int]:
    """Read times in UTC: microseconds since 2000."""
    text, count = b"".join(times), len(times)
    seconds = bytearray(8 * count)
    for to, place in enumerate((17, 18, 20, 21, 22, 23, 24, 25)):
        seconds[to::8] = text[place::27]
    marks = text[16::27], text[19::27], text[26::27]
    is_digits = not count or (seconds.isdigit() and max(seconds[::8]) < ord("6"))
    if marks != (b":" * count, b"." * count, b"Z" * count) or not is_digits:
        raise ValueError(times)
    each = zip(times, range(0, 8 * count, 8), strict=True)
    return [_minute(time[:16]) + int(seconds[place : place + 8]) for time, place in each]


@lru_cache(maxsize=1024)
def _minute(text: bytes) -> int:
    if not _MINUTE.fullmatch(text):
        raise ValueError(text)
    return since_2000(datetime.fromisoformat(f"{text.decode()}Z"))


def since_2000(at: datetime) -> int:
    """Count microseconds."""
    return (at - _2000) // timedelta(microseconds=1)


def _times(texts: Sequence[bytes]) -> list[bytes]:
    """Write a column of times, some of which may be none."""
    there = [text for text in texts if text]
    if len(there) == len(texts):
        return _written(microseconds(there))
    read = iter(_written(microseconds(there)))
    return [next(read) if text else _NO_TIME for text in texts]


def _written(at: Sequence[int]) -> list[bytes]:
    return [_TIME.pack(1184, 8, one) for one in at]


def _odd_row(at: bytes, form: bytes, width: int) -> tuple[bytes, list[Any], Qualities]:
    """Take a row that is only there in its binary form; its place in time must be the one that is said."""
    columns, place = [], 4
    while place < len(form):
        size = struct.unpack_from(">i", form, place + 4)[0]
        columns.append(form[place + 8 : place + 8 + size] if size >= 0 else None)
        place += 8 + max(0, size)
    if at[8:] != columns[1]:
        raise ValueError(at)
    values = _read(columns[4], "d") or []
    return form, (values + [None] * width)[:width], _read(columns[5], "h")


def _read(data: bytes | None, letter: str) -> list[Any] | None:
    """Read an array as SQL asks for its places, which count from 1 wherever it begins, and along one dimension only."""
    if data is None:
        return None
    dimensions = struct.unpack_from(">i", data)[0]
    place, values = 12 + 8 * dimensions, []
    while place < len(data):
        size = struct.unpack_from(">i", data, place)[0]
        values.append(struct.unpack_from(f">{letter}", data, place + 4)[0] if size >= 0 else None)
        place += 4 + max(0, size)
    first = struct.unpack_from(">i", data, 16)[0] if dimensions == 1 else 1 + len(values)
    return [values[at - first] if 0 <= at - first < len(values) else None for at in range(1, 1 + len(values))]
