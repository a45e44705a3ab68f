"""Runs of an air sampler, found in what it said each second; and the one that a plate lay under."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.records.plates.air_runs import ALL_GOOD, AirRun, Heard, Runs
from simulators.air_sampler import RUN_S, AirSampler

AT = datetime(2026, 3, 1, 8, tzinfo=UTC)
RUN_FOR, REST_FOR = 60, 20
NOTHING: dict[str, Any] = {
    "state": None,
    "volume": None,
    "elapsed": None,
    "packet_status": None,
    "location": None,
}


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


def heard(runs: int = 2, location: float = 3.0) -> list[Heard]:
    """A rest, and runs of a minute at 100 L/min with rests behind each."""
    rest = Heard(AT, 0.0, 0.0, 0.0, float(ALL_GOOD), location)
    said = [replace(rest, at=AT + seconds(n)) for n in range(REST_FOR)]
    for number in range(runs):
        begins = REST_FOR + number * (RUN_FOR + REST_FOR)
        for n in range(RUN_FOR + REST_FOR):
            drawn_s = min(n, RUN_FOR)
            one = Heard(
                AT + seconds(begins + n),
                float(n < RUN_FOR),
                drawn_s / 600,
                float(drawn_s),
                float(ALL_GOOD),
                location,
            )
            said.append(one)
    return said


def found(said: list[Heard]) -> list[AirRun]:
    fold = Runs()
    return [run for one in said if (run := fold.take(one))]


WHOLE = [
    AirRun(AT + seconds(begins), AT + seconds(begins + RUN_FOR), 0.1, True, 3)
    for begins in (REST_FOR, 2 * REST_FOR + RUN_FOR)
]


def test_each_run_has_the_time_and_the_volume_that_the_sampler_counts() -> None:
    assert found(heard()) == WHOLE


def test_a_run_that_has_not_ended_is_none_yet() -> None:
    assert found(heard()[: REST_FOR + RUN_FOR]) == []


@pytest.mark.parametrize(("silent", "is_good"), [(9, True), (11, False)])
def test_silence_within_a_run_leaves_its_volume_but_not_long_its_good_name(
    silent: int, is_good: bool
) -> None:
    said = heard(1)
    said[REST_FOR + 20 : REST_FOR + 20 + silent] = [
        replace(one, **NOTHING) for one in said[REST_FOR + 20 : REST_FOR + 20 + silent]
    ]
    assert found(said) == [replace(WHOLE[0], is_good=is_good)]
    del said[REST_FOR + 20 : REST_FOR + 20 + silent]
    assert found(said) == [replace(WHOLE[0], is_good=is_good)]


def test_a_run_whose_beginning_was_not_heard_is_not_known_to_be_good() -> None:
    assert found(heard(1)[REST_FOR + 30 :]) == [replace(WHOLE[0], is_good=False)]
    assert found(heard(1)[REST_FOR + 5 :]) == [WHOLE[0]]


@pytest.mark.parametrize(
    "fault",
    [{"packet_status": 0b101}, {"packet_status": None}, {"state": 3.0}],
    ids=["flow", "unknown", "error"],
)
def test_a_run_with_a_fault_is_not_good(fault: dict[str, Any]) -> None:
    said = heard(1)
    middle = REST_FOR + 30
    said[middle] = replace(said[middle], **fault)
    assert not found(said)[0].is_good


def test_a_run_that_begins_at_once_behind_another_is_another() -> None:
    said = heard()
    rest = REST_FOR + RUN_FOR
    earlier = [replace(one, at=one.at - seconds(REST_FOR)) for one in said[rest + REST_FOR :]]
    last_second = WHOLE[0].ended - seconds(1)  # nobody said whether it drew air for one more
    assert found([*said[:rest], *earlier]) == [
        replace(WHOLE[0], ended=last_second, volume_m3=59 / 600),
        replace(WHOLE[1], began=WHOLE[0].ended, ended=WHOLE[1].ended - seconds(REST_FOR)),
    ]
    much_later = [replace(one, at=one.at + seconds(60)) for one in earlier]
    assert [run.is_good for run in found([*said[:rest], *much_later])] == [False, True]


def test_a_longer_run_with_less_air_is_another_one() -> None:
    said = heard(1)
    cut = REST_FOR + 30
    slow = [replace(one, volume=(one.volume or 0) / 10) for one in said[cut:]]
    assert [run.volume_m3 for run in found([*said[:cut], *slow])] == pytest.approx([29 / 600, 0.01])


def test_a_run_that_drew_nothing_is_not_good() -> None:
    assert [run.is_good for run in found([replace(one, volume=0.0) for one in heard(1)])] == [False]


def test_runs_of_the_simulated_sampler_are_a_cubic_metre_each() -> None:
    sampler = AirSampler(AT, Random(7))

    def said() -> Iterator[Heard]:
        for n in range(2 * 3600):
            sampler.step(1.0)
            shown = sampler.values()
            yield Heard(
                AT + seconds(n),
                *(shown[key] for key in ("state", "volume", "elapsed", "packet_status", "location")),
            )

    runs = found(list(said()))
    assert len(runs) == 4
    assert all(run.is_good and run.location == 1 for run in runs)
    assert [run.volume_m3 for run in runs] == pytest.approx([1.0] * 4, rel=0.02)
    assert [(run.ended - run.began).total_seconds() for run in runs] == pytest.approx([RUN_S] * 4, abs=1)


@given(st.lists(st.integers(0, 180), max_size=60))
def test_seconds_that_are_missing_never_make_a_run_of_two(lost: list[int]) -> None:
    said = [one for n, one in enumerate(heard()) if n not in lost]
    assert len(found(said)) <= 2
    assert [run.volume_m3 for run in found(said)] == pytest.approx([0.1] * len(found(said)), abs=0.1)
