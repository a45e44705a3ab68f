"""Each formula by figures that can be checked by hand."""

import json
import math
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alarms import derived
from alarms.state import Memory
from config.model import Text
from config.rules import Derived, Formula

NAN = math.nan


def run(
    formula: Formula, stream: Sequence[tuple[float, ...]], spacing_s: float = 1.0, **parameters: float
) -> list[float]:
    inputs = tuple(f"D/{n}" for n in range(len(stream[0])))
    one = Derived("D/x", "D", "Z", "D", "", Text("", ""), formula, inputs, parameters)
    memory: Memory = ()
    values = []
    for n, row in enumerate(stream):
        value, memory = derived.step(one, memory, row, 1_000_000_020 + n * spacing_s, restart=False)
        values.append(value)
    return values


def single(values: Sequence[float]) -> list[tuple[float, ...]]:
    return [(value,) for value in values]


@pytest.mark.parametrize(
    ("formula", "inputs", "value"),
    [
        (Formula.VALUE, (5.0,), 5.0),
        (Formula.DIFFERENCE, (5.0, 7.0), -2.0),
        (Formula.DEVIATION, (5.0, 7.0), 2.0),
        (Formula.MINIMUM, (5.0, 7.0, 6.0), 5.0),
        (Formula.MAXIMUM, (5.0, 7.0, 6.0), 7.0),
        (Formula.DIFFERENCE, (5.0, NAN), NAN),
        (Formula.MINIMUM, (5.0, NAN), NAN),
        (Formula.MAXIMUM, (NAN, 7.0), NAN),
    ],
)
def test_what_needs_no_memory(formula: Formula, inputs: tuple[float, ...], value: float) -> None:
    assert run(formula, [inputs]) == pytest.approx([value], nan_ok=True)


def test_a_breach_falls_by_27_pascals_a_second() -> None:
    """45.0, 17.8, 7.8 Pa; after a missing value it is reckoned over two seconds."""
    values = run(Formula.RATE, single([45.0, 17.8, 7.8, NAN, 4.0, 3.0]))
    assert values == pytest.approx([NAN, -27.2, -10.0, NAN, -1.9, -1.0], nan_ok=True)
    assert run(Formula.RATE, single([10.0, 20.0]), spacing_s=2) == pytest.approx([NAN, 5.0], nan_ok=True)
    assert run(Formula.RATE, single([10.0, 20.0]), spacing_s=3.5) == pytest.approx([NAN, NAN], nan_ok=True)


def test_frozen_only_while_a_neighbour_has_moved() -> None:
    still = [(27.0, 15.0)] * 5
    assert run(Formula.FROZEN, still, moved=3.0) == [0] * 5, "all is calm: nothing says that it is frozen"
    moving = [*still, (27.0, 12.0), (27.0, 15.0), (27.1, 15.0), (27.1, 15.0)]
    assert run(Formula.FROZEN, moving, moved=3.0) == [0, 0, 0, 0, 0, 6, 7, 0, 0]
    assert run(Formula.FROZEN, [(27.0, NAN), (27.0, 15.0), (27.0, 11.0)], moved=3.0) == [0, 0, 3]
    assert math.isnan(run(Formula.FROZEN, [(NAN, 15.0)], moved=3.0)[0])


def test_a_mean_forgets_what_is_older_than_its_window() -> None:
    values = run(Formula.MEAN, single([10.0] * 120 + [20.0] * 240), over_s=180.0)
    assert values[119] == 10.0
    assert values[179] == pytest.approx(40 / 3)
    assert values[-1] == 20.0


def test_the_kinetic_mean_lies_above_the_mean() -> None:
    """Half the time 5 °C, half 25 °C: the mean is 15, the kinetic mean 19.7 (reckoned by hand)."""
    values = run(Formula.KINETIC_MEAN, single([5.0, 25.0] * 60), over_s=600.0)
    low, high = (math.exp(-derived.ACTIVATION_K / (one + 273.15)) for one in (5.0, 25.0))
    by_hand = derived.ACTIVATION_K / -math.log((low + high) / 2) - 273.15
    assert values[-1] == pytest.approx(by_hand)
    assert 19 < by_hand < 20.5
    assert run(Formula.KINETIC_MEAN, single([5.0] * 10), over_s=600.0)[-1] == pytest.approx(5.0)


def test_a_drift_of_two_hundredths_an_hour_is_found_by_its_slope() -> None:
    """One reading a minute for seven hours; NaN until nine tenths of the six hours are there."""
    stream = [(37.0 + 0.02 * n / 60, 37.0) for n in range(7 * 60)]
    values = run(Formula.SLOPE, stream, spacing_s=60, over_s=6 * 3600.0)
    assert all(map(math.isnan, values[:310]))
    assert values[-1] == pytest.approx(0.02, rel=1e-6)


def test_the_memory_of_a_long_window_stays_small() -> None:
    memory: Memory = ()
    one = Derived("D/x", "D", "Z", "D", "", Text("", ""), Formula.SLOPE, ("D/0",), {"over_s": 6 * 3600.0})
    for n in range(0, 8 * 3600, 30):
        _, memory = derived.step(one, memory, (1.0,), float(n), restart=False)
    assert len(memory) == 2
    assert sum(map(len, memory)) <= 3 * (derived.PARTS + 1)


@given(
    st.sampled_from([Formula.MEAN, Formula.KINETIC_MEAN, Formula.SLOPE]),
    st.lists(st.tuples(st.floats(0, 40) | st.just(NAN), st.sampled_from([0.5, 1.0, 7.0])), max_size=200),
)
def test_a_window_goes_on_from_parts_that_were_each_remembered_in_a_row(
    formula: Formula, stream: list[tuple[float, float]]
) -> None:
    one = Derived("D/x", "D", "Z", "D", "", Text("", ""), formula, ("D/0",), {"over_s": 60.0})
    memory: Memory = ()
    apart: Memory = ()
    at_s = 1_000_000_020.0
    for value, later_s in stream:
        at_s += later_s
        if memory:
            ended, going_on = memory
            apart = (*zip(ended[::3], ended[1::3], ended[2::3], strict=True), going_on)
        value_of_rows, _ = derived.step(one, apart, (value,), at_s, restart=False)
        value_of_one, memory = derived.step(one, memory, (value,), at_s, restart=False)
        assert value_of_rows == pytest.approx(value_of_one, rel=0, abs=0, nan_ok=True)


def test_every_formula_can_be_reckoned() -> None:
    assert set(derived.FORMULAS) == set(Formula)


def test_a_rate_over_three_seconds_is_one_still() -> None:
    assert run(Formula.RATE, single([10.0, 40.0]), spacing_s=3) == pytest.approx([NAN, 10.0], nan_ok=True)


def test_a_missing_input_may_have_been_the_highest() -> None:
    assert math.isnan(run(Formula.MAXIMUM, [(7.0, NAN)])[0])
    assert math.isnan(run(Formula.MINIMUM, [(7.0, NAN)])[0])


def test_the_kinetic_mean_by_its_printed_figures() -> None:
    """83.144 kJ/mol over 8.3144 J/(mol K) are 10 000 K: 5 and 25 °C, half the time each, are 19.70 °C."""
    values = run(Formula.KINETIC_MEAN, single([5.0, 25.0] * 60), over_s=600.0)
    assert values[-1] == pytest.approx(19.70, abs=0.005)


def test_a_window_is_of_sixty_parts_and_no_more() -> None:
    """A minute of seconds: after 60 s of 20 nothing is left of the 10 before, and one second earlier one part is."""
    values = run(Formula.MEAN, single([10.0] * 60 + [20.0] * 60), over_s=60.0)
    assert values[118] == pytest.approx((10 + 59 * 20) / 60)
    assert values[119] == 20.0


def test_a_slope_is_there_from_nine_tenths_on() -> None:
    """An hour of minutes: the 54th part has ended when the 55th begins."""
    values = run(Formula.SLOPE, single([float(n) for n in range(60)]), spacing_s=60, over_s=3600.0)
    assert [math.isnan(value) for value in values] == [True] * 54 + [False] * 6
    assert values[54:] == pytest.approx([60.0] * 6)


def test_a_slope_of_two_is_that_of_their_difference_and_says_nothing_of_what_is_missing() -> None:
    """Both rise alike: the sensor does not drift. A missing value is no slope; the one after it is again."""
    stream = [(20.0 + n, 10.0 + n) for n in range(60)]
    stream[56] = (NAN, 66.0)
    values = run(Formula.SLOPE, stream, spacing_s=60, over_s=3600.0)
    assert values[54:] == pytest.approx([0.0, 0.0, NAN, 0.0, 0.0, 0.0], nan_ok=True, abs=1e-9)


@given(
    st.sampled_from(list(Formula)),
    st.lists(st.tuples(*2 * [st.sampled_from([0.0, 1.0, 5.0, 21.5, NAN])]), min_size=1, max_size=80),
)
def test_the_same_also_by_way_of_json(formula: Formula, stream: list[tuple[float, float]]) -> None:
    """Written down and read back after each step nothing changes, and a memory holds finite numbers only."""
    parameters = {"over_s": 60.0, "moved": 1.0, "of": 3.0, "per_m3": 20.0, "volume_l": 20.0}
    one = Derived("D/x", "D", "Z", "D", "", Text("", ""), formula, ("D/0", "D/1"), parameters)
    kept: Memory = ()
    read: Memory = ()
    for n, row in enumerate(stream):
        value, kept = derived.step(one, kept, row, 1e9 + n, restart=False)
        read = tuple(tuple(numbers) for numbers in json.loads(json.dumps(read, allow_nan=False)))
        again, read = derived.step(one, read, row, 1e9 + n, restart=False)
        assert (repr(value), kept) == (repr(again), read)
    assert derived.step(one, kept, stream[0], 2e9, restart=True)[1] == ()
