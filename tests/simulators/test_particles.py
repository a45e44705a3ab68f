"""The particle counter as a machine: Poisson counts, cumulative sizes, samples that follow without a gap."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.particles import BUFFER_RECORDS, ParticleCounter, poisson
from tests.simulators.conftest import START


def counter(sample_time_s: int = 6, seed: int = 1) -> ParticleCounter:
    return ParticleCounter(START, Random(seed), sample_time_s)


@pytest.mark.parametrize("mean", [0.0, 0.014, 1.13, 30.0])
def test_poisson_has_its_mean_and_its_variance(mean: float) -> None:
    rng = Random(4)
    drawn = [poisson(mean, rng) for _ in range(20_000)]
    average = sum(drawn) / len(drawn)
    assert average == pytest.approx(mean, abs=4 * (mean / len(drawn)) ** 0.5)
    assert sum((one - average) ** 2 for one in drawn) / len(drawn) == pytest.approx(mean, rel=0.2)


def test_a_record_of_6_s_holds_concentration_times_2_83_litres() -> None:
    machine = counter()
    for size, per_m3 in (("0_3", 1000.0), ("0_5", 400.0)):
        machine.quantities[f"particles_{size}"].normal = machine.quantities[f"particles_{size}"].true = per_m3
    for _ in range(6 * 2000):
        machine.step(1.0)
    mean_0_5 = sum(record.counts[1] for record in machine.records) / len(machine.records)
    assert len(machine.records) == 2000
    assert mean_0_5 == pytest.approx(400 * 0.0028317, rel=0.1)


@given(
    per_m3=st.lists(st.floats(0, 20_000), min_size=4, max_size=4),
    seed=st.integers(0, 1000),
)
def test_larger_sizes_never_count_more(per_m3: list[float], seed: int) -> None:
    machine = counter(seed=seed)
    for quantity, value in zip(machine.quantities.values(), per_m3, strict=False):
        quantity.normal = quantity.true = value
    for _ in range(13):
        machine.step(1.0)
    for record in machine.records:
        assert list(record.counts) == sorted(record.counts, reverse=True)


def test_records_follow_one_another_to_the_second() -> None:
    machine = counter()
    for _ in range(305):
        machine.step(0.1)
    start = int(START.timestamp())
    assert [record.at_unix_s - start for record in machine.records] == [6, 12, 18, 24, 30]
    assert {record.sample_time_s for record in machine.records} == {6}


def test_the_buffer_loses_the_oldest() -> None:
    machine = counter(sample_time_s=1)
    machine.step(BUFFER_RECORDS + 5)
    assert len(machine.records) == BUFFER_RECORDS
    assert machine.records[0].at_unix_s == int(START.timestamp()) + 6


def test_a_stopped_counter_makes_no_record_and_loses_the_sample_under_way() -> None:
    machine = counter()
    machine.step(5.0)
    machine.run(False)
    machine.step(20.0)
    assert not machine.records
    assert machine.device_status & 0b11 == 0
    machine.run(True)
    machine.step(5.0)
    assert not machine.records
    machine.step(1.0)
    assert len(machine.records) == 1
    assert machine.device_status & 0b111 == 0b111
