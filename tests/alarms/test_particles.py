"""Rolling windows of a counter's records, held against an oracle that reckons the whole stream in exact fractions."""

import json
import math
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alarms import derived
from alarms.state import Memory
from config.model import Text
from config.rules import Derived, Formula

GRADE_A_0_5_UM, GRADE_A_5_UM_EU, GRADE_A_5_UM_CHINA = 3520.0, 29.0, 20.0
"""particles/m3: EU GMP Annex 1 Table 5; China GMP 2010 Annex 1 article 9."""
LIMITS = (GRADE_A_0_5_UM, GRADE_A_5_UM_EU, GRADE_A_5_UM_CHINA)
MINUTE_L = 28.3
"""What a counter of 1 cubic foot per minute draws in a minute."""


@dataclass(frozen=True)
class Record:
    """One record of a counter, as a stream has it."""

    at_s: float
    counts: float
    volume_l: float
    restart: bool = False

    @property
    def is_usable(self) -> bool:
        return not (self.restart or math.isnan(self.counts) or math.isnan(self.volume_l))


def channel(formula: Formula, **parameters: float) -> Derived:
    return Derived(
        "PC/x", "PC", "Z", "PC#records", "1/m3", Text("", ""), formula, ("PC/cnt", "PC/volume"), parameters
    )


def run(one: Derived, records: list[Record], *, by_way_of_json: bool = False) -> tuple[list[float], Memory]:
    """Take a stream in; return the value after each record, and what is remembered at the end."""
    values: list[float] = []
    memory: Memory = ()
    for record in records:
        if by_way_of_json:
            memory = tuple(tuple(row) for row in json.loads(json.dumps(memory, allow_nan=False)))
        value, memory = derived.step(
            one, memory, (record.counts, record.volume_l), record.at_s, restart=record.restart
        )
        values.append(value)
    return values, memory


def minutes(counts: list[int], volume_l: float = MINUTE_L) -> list[Record]:
    """Make one-minute records, one after another."""
    return [Record(60.0 * (n + 1), float(one), volume_l) for n, one in enumerate(counts)]


# --- the oracle ----------------------------------------------------------------------------------------


def contiguous(records: list[Record], sample_time_s: float) -> list[Record]:
    """Walk back from the last record as far as nothing is missing; empty if the last itself cannot be used."""
    found: list[Record] = []
    for record in reversed(records):
        if not record.is_usable:
            break
        if found and not 0 < found[-1].at_s - record.at_s <= 1.5 * sample_time_s:
            break
        found.append(record)
    return found


def exactly(number: float) -> Fraction:
    """Read a volume as it is written, in decimals."""
    return Fraction(repr(number))


def oracle_volume(
    records: list[Record], sample_time_s: float, volume_l: float
) -> tuple[Fraction, int, Fraction]:
    """Return particles/m3, counts and volume (L) of the rolling volume; -1 for no value."""
    counts, volume = 0, Fraction(0)
    for record in contiguous(records, sample_time_s):
        if volume >= exactly(volume_l):
            break
        counts += int(record.counts)
        volume += exactly(record.volume_l)
    if not volume:
        return Fraction(-1), 0, volume
    volume = max(volume, exactly(volume_l))
    return Fraction(counts * 1000) / volume, counts, volume


def oracle_time(records: list[Record], sample_time_s: float, over_s: float) -> Fraction:
    """Return particles/m3 of the last `over_s`; -1 for no value."""
    window = [r for r in contiguous(records, sample_time_s) if r.at_s > records[-1].at_s - over_s]
    volume = sum((exactly(record.volume_l) for record in window), Fraction(0))
    return Fraction(1000 * sum(int(record.counts) for record in window)) / volume if volume else Fraction(-1)


def assert_same(value: float, exact: Fraction) -> None:
    """The same number, and on the same side of every limit."""
    assert math.isnan(value) == (exact < 0)
    if exact >= 0:
        assert abs(Fraction(value) - exact) <= Fraction(1, 10**9)
        for limit in LIMITS:
            assert (value > limit) == (exact > Fraction(limit)), (value, limit)


@st.composite
def streams(draw: st.DrawFn, sample_time_s: float) -> list[Record]:
    """Draw records with holes, invalid ones, mode changes, and flows and lengths that vary."""
    records: list[Record] = []
    at_s = 1_790_000_000.0
    flows_l_min = draw(
        st.lists(st.sampled_from([17.0, 28.3, 28.316847, 50.0, 100.0]), min_size=1, max_size=3)
    )
    troubles = st.sampled_from(["hole", "bad", "mode", "volume", "short"])
    rarely = draw(st.sampled_from([1, 10, 100]))
    for _ in range(draw(st.integers(1, 60))):
        trouble = draw(troubles) if draw(st.integers(0, rarely)) == 1 else ""
        length_s = sample_time_s / 2 if trouble == "short" else sample_time_s
        at_s += length_s * (draw(st.sampled_from([1.5, 1.6, 5.0])) if trouble == "hole" else 1.0)
        flow_l_min = draw(st.sampled_from(flows_l_min))
        volume_l = math.nan if trouble == "volume" else round(flow_l_min * length_s / 60, 6)
        counts = math.nan if trouble == "bad" else float(draw(st.sampled_from([0, 0, 0, 1, 2, 99, 100])))
        records.append(Record(at_s, counts, volume_l, restart=trouble == "mode"))
    return records


@given(st.data(), st.sampled_from([1.0, 6.0, 60.0]), st.sampled_from([1000.0, 100.0, 28.3]))
def test_rolling_volume_equals_the_oracle(data: st.DataObject, sample_time_s: float, volume_l: float) -> None:
    records = data.draw(streams(sample_time_s))
    one = channel(Formula.ROLLING_VOLUME, volume_l=volume_l, sample_time_s=sample_time_s)
    values, _ = run(one, records)
    for n, value in enumerate(values, 1):
        assert_same(value, oracle_volume(records[:n], sample_time_s, volume_l)[0])


@given(st.data(), st.sampled_from([1.0, 6.0, 20.0, 60.0]))
def test_rolling_minute_equals_the_oracle(data: st.DataObject, sample_time_s: float) -> None:
    records = data.draw(streams(sample_time_s))
    values, _ = run(channel(Formula.ROLLING_TIME, over_s=60, sample_time_s=sample_time_s), records)
    for n, value in enumerate(values, 1):
        assert_same(value, oracle_time(records[:n], sample_time_s, 60))


@given(st.data(), st.sampled_from([6.0, 60.0]), st.sampled_from(LIMITS))
def test_counts_left_are_what_the_window_permits_less_what_it_holds(
    data: st.DataObject, sample_time_s: float, limit: float
) -> None:
    records = data.draw(streams(sample_time_s))
    lefts, _ = run(channel(Formula.COUNTS_LEFT, per_m3=limit, sample_time_s=sample_time_s), records)
    rolling, _ = run(channel(Formula.ROLLING_VOLUME, sample_time_s=sample_time_s), records)
    for n, (left, value) in enumerate(zip(lefts, rolling, strict=True), 1):
        exact, counts, volume = oracle_volume(records[:n], sample_time_s, 1000.0)
        assert math.isnan(left) == math.isnan(value) == (exact < 0)
        if exact >= 0:
            assert left + counts == math.floor(Fraction(limit) * volume / 1000)
            assert (left < 0) == (value > limit)


# --- exactly at the limit ------------------------------------------------------------------------------


@given(
    st.lists(st.integers(1, 10**9 - 1), max_size=60, unique=True),
    st.sampled_from(LIMITS),
    st.data(),
)
def test_a_cubic_metre_exactly_at_its_limit_does_not_exceed_it(
    cuts_ul: list[int], limit: float, data: st.DataObject
) -> None:
    """However a cubic metre is cut into records, to the microlitre: its limit passes, one count more does not."""
    edges = [0, *sorted(cuts_ul), 10**9]
    volumes_l = [(high - low) / 1e6 for low, high in pairwise(edges)]
    holder = data.draw(st.integers(0, len(volumes_l) - 1))
    for counts, left in ((limit, 0), (limit + 1, -1)):
        records = [
            Record(60.0 * n, counts if n == holder else 0.0, volume_l) for n, volume_l in enumerate(volumes_l)
        ]
        assert run(channel(Formula.ROLLING_VOLUME), records)[0][-1] == counts
        assert run(channel(Formula.COUNTS_LEFT, per_m3=limit), records)[0][-1] == left


def test_a_record_before_a_full_cubic_metre_is_not_of_it() -> None:
    """These seven are 1000 L to the microlitre, although their binary fractions add up to 999.9999999999999."""
    volumes_l = (111.172108, 312.01104, 4.240861, 0.976249, 88.630934, 164.032043, 318.936765)
    assert math.fsum(volumes_l) < 1000
    records = [Record(0.0, 7.0, 28.3)]
    records += [Record(60.0 * n, 5.0, volume_l) for n, volume_l in enumerate(volumes_l, 1)]
    assert run(channel(Formula.ROLLING_VOLUME), records)[0][-1] == 35


def test_a_site_figure_is_reached_exactly_too() -> None:
    """21 counts in 11.2 L are 1875/m3, and 1025.6 L at 1875/m3 permit 1923; binary fractions say a little else."""
    assert 21 * 1000 / 11.2 > 1875
    assert run(channel(Formula.CONCENTRATION), [Record(0.0, 21.0, 11.2)])[0] == [1875.0]
    assert 1875 * 1025.6 / 1000 < 1923
    assert run(channel(Formula.COUNTS_LEFT, per_m3=1875), [Record(0.0, 0.0, 1025.6)])[0] == [1923.0]


@pytest.mark.parametrize("limit", LIMITS)
def test_six_second_records_of_a_cubic_foot_a_minute(limit: float) -> None:
    """353 records of 2.8316847 L are 999.58 L, so one more is needed; 1000 L are not full before."""
    records = [Record(6.0 * n, 0.0, 2.8316847) for n in range(353)]
    records[0] = Record(0.0, limit, 2.8316847)
    one = channel(Formula.ROLLING_VOLUME, sample_time_s=6)
    values, memory = run(one, records)
    assert values[-1] == limit
    assert len(memory) == 353
    values, memory = run(one, [*records, Record(6.0 * 353, 0.0, 2.8316847)])
    assert len(memory) == 354
    assert values[-1] == pytest.approx(limit / 1.0024163838)
    values, memory = run(one, [*records, *(Record(6.0 * n, 0.0, 2.8316847) for n in (353, 354))])
    assert len(memory) == 354
    assert values[-1] == 0


def test_ten_thousand_decilitres_are_a_cubic_metre() -> None:
    """0.1 has no exact binary fraction, and must not make the window one record longer or shorter."""
    records = [Record(float(n), 20.0 if n == 0 else 0.0, 0.1) for n in range(1000)]
    values, memory = run(channel(Formula.ROLLING_VOLUME, volume_l=100, sample_time_s=1), records)
    assert values[-1] == 200
    assert len(memory) == 1000


# --- worked examples, to be followed with a pocket calculator ---------------------------------------------


@pytest.mark.parametrize(
    ("counts", "per_m3"),
    [(0, 0.0), (1, 35.3), (82, 2897.5), (99, 3498.2), (100, 3533.6), (821, 29010.6), (9962, 352014.1)],
)
def test_one_minute_of_a_counter_of_28_3_l(counts: int, per_m3: float) -> None:
    """One count in a minute is 35.3/m3 and exceeds 20 and 29; 99 counts pass 3520, 100 do not."""
    [value], _ = run(channel(Formula.CONCENTRATION), minutes([counts]))
    assert value == pytest.approx(per_m3, abs=0.05)
    assert (value > GRADE_A_0_5_UM) == (counts >= 100)
    assert (value > GRADE_A_5_UM_EU) == (value > GRADE_A_5_UM_CHINA) == (counts >= 1)


def test_a_cubic_metre_takes_36_minutes() -> None:
    """1000 / 28.3 = 35.3: 35 records are 990.5 L, reckoned as 1000; 36 are 1018.8 L; a 37th drives out the first."""
    values, memory = run(channel(Formula.ROLLING_VOLUME), minutes([20] + 36 * [0]))
    assert values[0] == 20
    assert values[34] == 20
    assert values[35] == pytest.approx(20 / 1.0188)
    assert values[36] == 0
    assert len(memory) == 36


def test_the_china_figure_is_exceeded_by_the_21st_count() -> None:
    values, _ = run(channel(Formula.ROLLING_VOLUME), minutes(21 * [1]))
    assert values[19] == GRADE_A_5_UM_CHINA
    assert values[20] == 21
    lefts, _ = run(channel(Formula.COUNTS_LEFT, per_m3=20), minutes(21 * [1]))
    assert lefts == [float(19 - n) for n in range(21)]


def test_a_full_window_by_its_true_volume() -> None:
    """36 records with one count each: 36 / 1.0188 m3 = 35.3/m3, and 20 x 1.0188 = 20.4 would be permitted."""
    assert run(channel(Formula.ROLLING_VOLUME), minutes(40 * [1]))[0][-1] == pytest.approx(35.336, abs=1e-3)
    assert run(channel(Formula.COUNTS_LEFT, per_m3=20), minutes(40 * [1]))[0][-1] == 20 - 36
    assert run(channel(Formula.COUNTS_LEFT, per_m3=29), minutes(40 * [0]))[0][-1] == 29


def test_the_last_minute_of_six_second_records() -> None:
    """Ten records of 2.83 L: the 100th count in them exceeds 3520; what ended 60 s ago is not of them."""
    one = channel(Formula.ROLLING_TIME, over_s=60, sample_time_s=6)
    counts = [99, *9 * [0], 0]
    values, memory = run(one, [Record(6.0 * n, float(c), 2.83) for n, c in enumerate(counts)])
    assert values[9] == pytest.approx(99 / 0.0283)
    assert values[9] < GRADE_A_0_5_UM
    assert values[10] == 0
    assert len(memory) == 10
    counts[1] = 1
    assert run(one, [Record(6.0 * n, float(c), 2.83) for n, c in enumerate(counts)])[0][9] > GRADE_A_0_5_UM


@pytest.mark.parametrize("unusable", [(math.nan, 28.3), (1.0, math.nan), (1.0, 0.0), (1.0, -1.0)])
def test_what_cannot_be_used_gives_no_value(unusable: tuple[float, float]) -> None:
    for formula in (
        Formula.CONCENTRATION,
        Formula.ROLLING_TIME,
        Formula.ROLLING_VOLUME,
        Formula.COUNTS_LEFT,
    ):
        one = channel(formula, over_s=60, per_m3=20)
        _, memory = run(one, minutes([1]))
        value, memory = derived.step(one, memory, unusable, 120.0, restart=False)
        assert math.isnan(value)
        assert memory == ()


@pytest.mark.parametrize("limit", LIMITS)
@pytest.mark.parametrize("volume_l", [28.316847, 28.3, 2.8316847, 50.0, 100.0, 1000.0])
def test_a_limit_is_passed_as_soon_as_it_is_certain(limit: float, volume_l: float) -> None:
    """Whatever the records hold: the figure itself is never above, one count more is so at once."""
    counts = [int(limit), *[0] * (math.ceil(1000 / volume_l) - 1)]
    one = channel(Formula.ROLLING_VOLUME)
    assert max(run(one, minutes(counts, volume_l))[0]) <= limit
    counts[0] += 1
    assert run(one, minutes(counts, volume_l))[0][0] > limit


@pytest.mark.parametrize(
    "hole", [Record(180, math.nan, 28.3), Record(180, 5, math.nan), Record(180, 5, 28.3, restart=True)]
)
def test_a_window_begins_anew_behind_a_hole(hole: Record) -> None:
    """A cubic metre is reckoned as if the rest were clean; a minute by the volume of what it has."""
    for formula, value in ((Formula.ROLLING_VOLUME, 1.0), (Formula.ROLLING_TIME, 1000 / 28.3)):
        values, _ = run(channel(formula, over_s=60), [*minutes([7, 7]), hole, Record(240, 1, 28.3)])
        assert math.isnan(values[2])
        assert values[3] == pytest.approx(value)


def test_a_record_of_another_length_is_not_thinned() -> None:
    """A counter set to 6 s comes back from a power dip with 60 s: its minute of 100 counts is 3534/m3, not a tenth."""
    records = [Record(6.0, 0.0, 2.83), Record(100.0, 100.0, MINUTE_L)]
    values, _ = run(channel(Formula.ROLLING_TIME, over_s=60, sample_time_s=6), records)
    assert values[1] == pytest.approx(3533.6, abs=0.05)


def test_how_many_of_the_last_five_had_a_count() -> None:
    """It begins anew behind a record that is missing or cannot be used."""
    one = channel(Formula.OCCURRENCES, of=5, at_least=1)
    values, _ = run(one, minutes([1, 0, 2, 0, 1, 0, 0, 0, 0]))
    assert values == [1, 1, 2, 2, 3, 2, 2, 1, 1]
    values, _ = run(one, [*minutes([1, 1]), Record(180, math.nan, 28.3), Record(240, 1, 28.3)])
    assert values == pytest.approx([1, 2, math.nan, 1], nan_ok=True)
    values, _ = run(one, [*minutes([1, 1]), Record(210, 1, 28.3), Record(300.5, 1, 28.3)])
    assert values == [1, 2, 3, 1]


# --- laws ------------------------------------------------------------------------------------------------

WINDOWS = [
    channel(Formula.ROLLING_VOLUME, volume_l=100, sample_time_s=6),
    channel(Formula.ROLLING_TIME, over_s=60, sample_time_s=6),
    channel(Formula.COUNTS_LEFT, volume_l=100, per_m3=20, sample_time_s=6),
]


@given(st.sampled_from(WINDOWS), streams(6.0), streams(6.0), st.sampled_from(["hole", "bad", "mode"]))
def test_a_window_never_spans_a_gap(
    one: Derived, before: list[Record], after: list[Record], gap: str
) -> None:
    """What came before a hole, an invalid record or a mode change is as if it had never been."""
    last_s = before[-1].at_s
    between = {
        "hole": [],
        "bad": [Record(last_s + 6, math.nan, 2.83)],
        "mode": [Record(last_s + 6, 1.0, 2.83, restart=True)],
    }[gap]
    shift_s = last_s + (9.001 if gap == "hole" else 12.0) - after[0].at_s
    later = [Record(r.at_s + shift_s, r.counts, r.volume_l, r.restart) for r in after]
    whole, _ = run(one, [*before, *between, *later])
    alone, _ = run(one, later)
    assert whole[-len(alone) :] == pytest.approx(alone, nan_ok=True, abs=0, rel=0)


@given(st.sampled_from(WINDOWS), streams(6.0))
def test_the_same_records_give_the_same_also_by_way_of_json(one: Derived, records: list[Record]) -> None:
    values, memory = run(one, records)
    again, remembered = run(one, records, by_way_of_json=True)
    assert [repr(value) for value in values] == [repr(value) for value in again]
    assert memory == remembered
    assert all(math.isfinite(number) for row in memory for number in row)
