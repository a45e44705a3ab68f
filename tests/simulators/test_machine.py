"""Quantities: a first-order lag that does not depend on the step, and transmitters that look like transmitters."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.machine import Quantity


@given(
    tau_s=st.floats(0.1, 1000),
    target=st.floats(-100, 100),
    steps_s=st.lists(st.floats(0.01, 100), min_size=1, max_size=20),
)
def test_many_steps_end_where_one_does(tau_s: float, target: float, steps_s: list[float]) -> None:
    many, one = Quantity(10.0, tau_s), Quantity(10.0, tau_s)
    many.forced = one.forced = target
    for step_s in steps_s:
        many.step(step_s)
    one.step(sum(steps_s))
    assert many.true == pytest.approx(one.true, abs=1e-6)


def test_after_one_time_constant_a_third_of_the_way_is_left() -> None:
    quantity = Quantity(27.0, tau_s=8)
    quantity.forced = 2.0
    quantity.step(8.0)
    assert quantity.true == pytest.approx(11.197, abs=0.001)
    quantity.forced = None
    quantity.step(80.0)
    assert quantity.true == pytest.approx(27.0, abs=0.01)


def test_a_transmitter_gives_its_own_digits_and_nothing_below_its_range() -> None:
    rng = Random(1)
    quantity = Quantity(0.02, noise=0.05, decimals=2, low=0)
    shown = []
    for _ in range(500):
        quantity.deviate(rng)
        shown.append(quantity.shown)
    assert min(shown) == 0.0
    assert all(value == round(value, 2) for value in shown)


def test_no_transmitter_shows_minus_zero() -> None:
    quantity, rng = Quantity(0.0, noise=0.02, decimals=1), Random(1)
    for _ in range(100):
        quantity.deviate(rng)
        assert repr(quantity.shown) in {"0.0", "0.1", "-0.1"}


def test_noise_has_the_deviation_it_says() -> None:
    rng = Random(2)
    quantity = Quantity(45.0, noise=0.4, decimals=3)
    shown = []
    for _ in range(20_000):
        quantity.deviate(rng)
        shown.append(quantity.shown - 45.0)
    assert sum(shown) / len(shown) == pytest.approx(0.0, abs=0.03)
    assert (sum(value**2 for value in shown) / len(shown)) ** 0.5 == pytest.approx(0.4, rel=0.05)
