"""Quantities: a first-order lag that does not depend on the step, and transmitters that look like transmitters."""

import math
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.machine import Machine, Quantity, Sensor, Upkeep
from tests.simulators.conftest import START


@given(
    tau_s=st.floats(0.1, 1000),
    delay_s=st.sampled_from([0.0, 4.0]),
    target=st.floats(-100, 100),
    steps_s=st.lists(st.floats(0.01, 100), min_size=1, max_size=20),
)
def test_many_steps_end_where_one_does(
    tau_s: float, delay_s: float, target: float, steps_s: list[float]
) -> None:
    many, one = Quantity(10.0, tau_s, delay_s=delay_s), Quantity(10.0, tau_s, delay_s=delay_s)
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


def test_a_delay_moves_the_whole_answer_in_time() -> None:
    prompt, late = Quantity(5.0, tau_s=20), Quantity(5.0, tau_s=20, delay_s=4)
    seen = []
    for second in range(60):
        prompt.forced = late.forced = 400.0 if 10 <= second < 30 else None
        prompt.step(1.0)
        late.step(1.0)
        seen.append((prompt.true, late.true))
    for second in range(4, 60):
        assert seen[second][1] == pytest.approx(seen[second - 4][0], abs=1e-9)
    assert seen[13] != seen[14]


def test_a_fault_goes_before_what_another_machine_does_and_that_before_the_calm() -> None:
    quantity = Quantity(15.0)
    assert quantity.target == 15.0
    quantity.drawn = 2.0
    assert quantity.target == 2.0
    quantity.forced = 0.0
    quantity.lift = 6.0
    assert quantity.target == 6.0


def _machine(**quantities: Quantity) -> Machine:
    return Machine(quantities, START, Random(1))


def test_a_failed_sensor_shows_no_value_and_a_held_one_always_the_same() -> None:
    machine = _machine(a=Quantity(45.0, noise=0.4, decimals=3), b=Quantity(45.0, noise=0.4, decimals=3))
    machine.step(1.0)
    before = machine.values()
    machine.turn("a", Sensor.FAILED)
    machine.turn("b", Sensor.HELD)
    machine.force("b", 2.0)
    for _ in range(5):
        machine.step(1.0)
        assert math.isnan(machine.values()["a"])
        assert machine.values()["b"] == before["b"]
    machine.release()
    machine.step(1.0)
    assert machine.values()["a"] == pytest.approx(45.0, abs=2)
    assert machine.values()["b"] != before["b"]


def test_upkeep_holds_the_output_for_its_time_and_comes_again() -> None:
    machine = _machine(dp=Quantity(15.0, noise=0.5, decimals=6, upkeep=Upkeep(every_s=50, lasts_s=3)))
    shown = []
    for _ in range(200):
        machine.step(1.0)
        shown.append(machine.values()["dp"])
    held = [second for second in range(1, 200) if shown[second] == shown[second - 1]]
    assert len(held) == 12
    assert {second - 50 in held for second in held if second >= 50} == {True}


def test_values_are_made_anew_only_when_something_changed() -> None:
    machine = _machine(dp=Quantity(15.0, tau_s=8), door=Quantity(1))
    machine.step(0.1)
    before = machine.revision
    machine.step(0.1)
    assert machine.revision == before, "nothing moved, and no new second began"
    machine.force("dp", 2.0)
    machine.step(0.1)
    assert machine.revision != before
    assert machine.values()["dp"] == pytest.approx(15, abs=0.5)


def test_the_heartbeat_counts_seconds_from_power_up() -> None:
    machine = _machine()
    machine.step(70.5)
    assert machine.heartbeat == 70
    machine.power_down()
    machine.power_up()
    machine.step(3.0)
    assert machine.heartbeat == 3
    machine.step(65536)
    assert machine.heartbeat == 3
