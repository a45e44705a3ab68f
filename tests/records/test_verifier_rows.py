"""Rows built again from CSV: many at once are what each is alone, and what PostgreSQL sends; nothing else is a row."""

import struct
from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.records.package.verifier.rows import Rows, rows_of, since_2000
from monitor.records.package.verifier.series import NO_ROW
from tests.store.small import NOON

SERIES, WIDTH = 7, 3
LINE = b"2026-03-01T12:00:01.500000Z,,2026-03-01T12:00:01.540000Z,0,,3,,,44.5,0.1,-1e-05"


def built(*lines: bytes) -> Rows:
    return rows_of(SERIES, WIDTH, lines)


def test_a_row_is_what_postgresql_sends_of_it() -> None:
    """By hand, from the types and lengths of the columns; both arrays have a null in them."""
    line = LINE.replace(b",0,,3,,,44.5,0.1,", b',1,"late, too",3,0 - 4,,44.5,,')
    at = since_2000(NOON + timedelta(seconds=1.5))
    (form,) = built(line).forms
    assert form == b"".join(
        (
            struct.pack(">iiii", 8, 23, 4, SERIES),
            struct.pack(">iiqiiiiq", 1184, 8, at, 1184, -1, 1184, 8, at + 40_000),
            struct.pack(">iiiiiii", 1022, 48, 1, 1, 701, 3, 1),
            struct.pack(">id", 8, 44.5) + struct.pack(">i", -1) + struct.pack(">id", 8, -1e-05),
            struct.pack(">iiiiiii", 1005, 36, 1, 1, 21, 3, 1),
            struct.pack(">ih", 2, 0) + struct.pack(">i", -1) + struct.pack(">ih", 2, 4),
            struct.pack(">iih", 21, 2, 1),
            struct.pack(">ii", 25, 9) + b"late, too",
        )
    )


@pytest.mark.parametrize(
    ("here", "there"),
    [
        (b"44.5,0.1,-1e-05", b"44.5,0.1"),
        (b"-1e-05", b"-1e-05,"),
        (b"44.5", b"4_4.5"),
        (b"44.5", b" 44.5"),
        (b"44.5", b"nan"),
        (b"44.5", b"\xd9\xa4"),
        (b",3,,,", b",2,,,"),
        (b",3,,,", b",4,,,"),
        (b",3,,,", b",+3,,,"),
        (b",3,,,", b",,,,"),
        (b",3,,,", b",3,0  1,,"),
        (b",3,,,", b",3,0 x,,"),
        (b",3,,,", b",3,00 1,,"),
        (b",0,,3", b",00,,3"),
        (b"01.500000Z,,", b"61.500000Z,,"),
        (b"01.500000Z,,", b"01.50000Z,,"),
        (b"01.500000Z,,", b"01.500000,,"),
        (b"01.500000Z,,", b"01.500000Z,Z,"),
        (b"2026-03-01T12:00:01.5", b"2026-02-30T12:00:01.5"),
        (b"Z,,2026", b"Z2,,026"),
        (b",,,44.5", b",,00,44.5"),
        (LINE, b""),
    ],
)
def test_what_is_written_in_another_way_is_no_row(here: bytes, there: bytes) -> None:
    assert here in LINE
    other = LINE.replace(here, there, 1)
    with pytest.raises(NO_ROW):
        built(other)
    with pytest.raises(NO_ROW):
        built(LINE, other, LINE)


def test_a_cell_too_many_in_one_row_does_not_make_up_for_one_too_few_in_the_next() -> None:
    with pytest.raises(NO_ROW):
        built(LINE + b",1", LINE.removesuffix(b",-1e-05"))


numbers = st.floats(allow_nan=False).map(repr) | st.sampled_from(["", "Infinity", "-0", "1e-320"])
qualities = st.lists(st.integers(0, 6).map(str) | st.just("-"), min_size=1, max_size=WIDTH).map(" ".join)


@st.composite
def lines_of(draw: st.DrawFn) -> bytes:
    """Draw a row: with nulls, of fewer places than there are, with qualities, late, with a reason."""
    at = (
        (NOON + draw(st.timedeltas(timedelta(days=-20_000), timedelta(days=20_000))))
        .replace(tzinfo=None)
        .isoformat(timespec="microseconds")
    )
    source = draw(st.sampled_from(["", f"{at}Z"]))
    count = draw(st.integers(1, WIDTH))
    values = [draw(numbers) for _ in range(count)] + [""] * (WIDTH - count)
    reason = draw(st.sampled_from(["", "timed out", '"no, ""late"""']))
    facts = [f"{at}Z", source, f"{at}Z", str(draw(st.integers(0, 3))), reason, str(count)]
    return ",".join([*facts, draw(st.just("") | qualities), "", *values]).encode()


@given(st.lists(lines_of(), min_size=1, max_size=6))
def test_many_rows_are_what_each_of_them_is_alone(lines: Sequence[bytes]) -> None:
    together, alone = built(*lines), [built(line) for line in lines]
    assert together.forms == [one.forms[0] for one in alone]
    assert together.at == [one.at[0] for one in alone]
    for place in range(WIDTH):
        each = [value for one in alone for value in one.usable(place, 0, 1)]
        assert list(together.usable(place, 0, len(lines))) == each
