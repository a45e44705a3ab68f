"""Rolling windows of a counter's records, held against an oracle that reckons the whole stream anew in exact fractions."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alarms import derived
from alarms.state import Memory
from config.model import Derived, Formula, Text

CFM_L = 28.316847
LENGTH_S = 60.0


@dataclass(frozen=True)
class Record:
    """One record of a stream, or a moment at which the window begins anew."""

    at_s: float
    counts: float
    volume_l: float
    restart: bool = False


def channel(formula: Formula, **parameters: float) -> Derived:
    given_ = {"sample_time_s": LENGTH_S, **parameters}
    return Derived(
        "PC/x", "PC", "Z", "PC#records", "1/m3", Text("", ""), formula, ("PC/cnt", "PC/vol"), given_
    )


def run(one: Derived, stream: Sequence[Record]) -> list[float]:
    memory: Memory = ()
    values = []
    for record in stream:
        inputs = (record.counts, record.volume_l)
        value, memory = derived.step(one, memory, inputs, record.at_s, restart=record.restart)
        assert all(map(math.isfinite, (number for row in memory for number in row)))
        values.append(value)
    return values


def contiguous(stream: Sequence[Record], upto: int) -> list[Record]:
    """The oracle's window: back from a record to the first hole, written without a memory."""
    found: list[Record] = []
    for record in reversed(stream[: upto + 1]):
        if record.restart or math.isnan(record.counts) or not record.volume_l > 0:
            break
        if found and not 0 < found[-1].at_s - record.at_s <= 1.5 * LENGTH_S:
            break
        found.append(record)
    return found


def oracle_volume(stream: Sequence[Record], upto: int, volume_l: int) -> Fraction | None:
    counts, held = 0, Fraction(0)
    window = contiguous(stream, upto)
    for record in window:
        counts += int(record.counts)
        held += Fraction(record.volume_l)
        if held >= volume_l:
            break
    return Fraction(counts) * 1000 / max(held, Fraction(volume_l)) if window else None


def oracle_time(stream: Sequence[Record], upto: int, over_s: float) -> Fraction | None:
    at_s = stream[upto].at_s
    window = [record for record in contiguous(stream, upto) if record.at_s > at_s - over_s]
    if not window:
        return None
    missing = max(Fraction(1), Fraction(over_s) / (len(window) * Fraction(LENGTH_S)))
    held = sum((Fraction(record.volume_l) for record in window), Fraction(0)) * missing
    return Fraction(int(sum(record.counts for record in window))) * 1000 / held


@st.composite
def streams(draw: st.DrawFn) -> list[Record]:
    """Records with gaps, invalid ones, mode changes, and flows and lengths that vary."""
    at_s, stream = 1_000_000.0, []
    for _ in range(draw(st.integers(1, 90))):
        step_s = draw(st.sampled_from([LENGTH_S] * 12 + [30.0, 90.0, 90.5, 200.0]))
        at_s += step_s
        counts = draw(st.sampled_from([0.0, 0.0, 0.0, 1.0, 2.0, 20.0, 29.0, 99.0, 3520.0, math.nan]))
        volume_l = draw(st.sampled_from([CFM_L, CFM_L, CFM_L, 28.3, 50.0, 100.0, 17.5, math.nan, 0.0]))
        stream.append(Record(at_s, counts, volume_l, draw(st.integers(0, 30)) == 0))
    return stream


@given(streams(), st.sampled_from([1000, 100, 28]))
def test_the_rolling_cubic_metre_equals_the_oracle_everywhere(stream: list[Record], volume_l: int) -> None:
    values = run(channel(Formula.ROLLING_VOLUME, volume_l=volume_l), stream)
    for upto, value in enumerate(values):
        expected = oracle_volume(stream, upto, volume_l)
        if expected is None:
            assert math.isnan(value)
        else:
            assert value == pytest.approx(float(expected), rel=1e-12, abs=1e-9)
            for limit in (20, 29, 3520):
                assert (value > limit) == (expected > limit), "exceeding is decided as in exact arithmetic"


@given(streams(), st.sampled_from([60.0, 120.0, 600.0]))
def test_the_rolling_minutes_equal_the_oracle_everywhere(stream: list[Record], over_s: float) -> None:
    values = run(channel(Formula.ROLLING_TIME, over_s=over_s), stream)
    for upto, value in enumerate(values):
        expected = oracle_time(stream, upto, over_s)
        if expected is None:
            assert math.isnan(value)
        else:
            assert value == pytest.approx(float(expected), rel=1e-12, abs=1e-9)


@pytest.mark.parametrize("limit", [20, 29, 3520])
@pytest.mark.parametrize("volume_l", [CFM_L, 28.3, 2.8316847, 50.0, 100.0, 1000.0])
def test_exactly_at_the_limit_is_not_above_it(limit: int, volume_l: float) -> None:
    """So many counts in one cubic metre to the drop; the true volume of a whole number of records is a little more."""
    records = math.ceil(1000 / volume_l)
    counts = [float(limit)] + [0.0] * (records - 1)
    stream = [Record(n * LENGTH_S, one, volume_l) for n, one in enumerate(counts)]
    one = channel(Formula.ROLLING_VOLUME)
    assert max(run(one, stream)) <= limit
    above = [Record(n * LENGTH_S, one + (n == 0), volume_l) for n, one in enumerate(counts)]
    assert run(one, above)[0] > limit, "it is told as soon as it is certain, not only when the metre is full"


def test_a_cubic_metre_is_36_minutes_of_one_cubic_foot() -> None:
    """28.3 L a minute: 36 records hold 1.019 m3; the count of the 1st is gone with the 37th."""
    stream = [Record(n * LENGTH_S, 36.0 if n == 0 else 0.0, 28.3) for n in range(37)]
    values = run(channel(Formula.ROLLING_VOLUME), stream)
    assert values[0] == 36.0, "as if the rest were clean"
    assert values[35] == pytest.approx(36 / 1.0188)
    assert values[36] == 0.0


def test_one_minute_by_its_own_volume() -> None:
    """99 counts in 28.3 L are 3498 per m3, 100 are 3534: only the hundredth exceeds 3520."""
    values = run(
        channel(Formula.CONCENTRATION), [Record(60, 99, 28.3), Record(120, 100, 28.3), Record(180, 1, 0.0)]
    )
    assert [round(value) for value in values[:2]] == [3498, 3534]
    assert math.isnan(values[2])


@pytest.mark.parametrize(
    "hole", [Record(240, math.nan, 28.3), Record(240, 5, math.nan), Record(240, 5, 28.3, restart=True)]
)
def test_no_window_spans_a_hole(hole: Record) -> None:
    stream = [Record(60, 7, 28.3), Record(120, 7, 28.3), hole, Record(300, 1, 28.3)]
    for formula in (Formula.ROLLING_VOLUME, Formula.ROLLING_TIME):
        values = run(channel(formula, over_s=60.0), stream)
        assert math.isnan(values[2])
        assert values[3] == pytest.approx(1.0 if formula is Formula.ROLLING_VOLUME else 1000 / 28.3)


def test_counts_left_count_down_and_below_nothing() -> None:
    one = channel(Formula.COUNTS_LEFT, per_m3=20.0)
    stream = [Record(60 * n, counts, 28.3) for n, counts in enumerate([0.0, 1.0, 19.0, 1.0])]
    assert run(one, stream) == [20, 19, 0, -1]


@given(streams())
def test_counts_left_agree_with_the_rolling_metre(stream: list[Record]) -> None:
    left = run(channel(Formula.COUNTS_LEFT, per_m3=20.0), stream)
    rolling = run(channel(Formula.ROLLING_VOLUME), stream)
    for one, value in zip(left, rolling, strict=True):
        assert math.isnan(one) == math.isnan(value)
        if not math.isnan(one):
            assert (one < 0) == (value > 20)


def test_three_of_five() -> None:
    one = channel(Formula.OCCURRENCES, of=5, at_least=1)
    hits = [1, 0, 2, 0, 1, 0, 0, 0, 0]
    values = run(one, [Record(60 * n, float(hit), 28.3) for n, hit in enumerate(hits)])
    assert values == [1, 1, 2, 2, 3, 2, 2, 1, 1]
