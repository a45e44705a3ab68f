"""The health document's parts: who is live, how late polls are, and whether the host's clock was set."""

from dataclasses import replace

import pytest

from alarms.events import Fault
from config.model import Quality, Sample
from monitor.clock import SystemClock
from monitor.collector.health import (
    DeviceClock,
    Watch,
    clock_step,
    device_clocks,
    devices_health,
    is_live,
    percentiles_ms,
)
from tests.alarms.building import ISOLATOR, RECORDS, TOWER, after, bad, plant, sample


def test_a_device_is_live_while_its_last_sample_is_fresh_and_not_wholly_bad() -> None:
    assert is_live(sample(0, 45.0), after(3))
    assert not is_live(sample(0, 45.0), after(3.001))
    assert not is_live(bad(0), after(1))
    assert is_live(bad(0, only_pressure=True), after(1))
    assert not is_live(None, after(0))
    stale = Sample(ISOLATOR, after(0), (45.0, 45.0), (Quality.STALE, Quality.STALE), after(0))
    assert not is_live(stale, after(1))


def test_devices_are_counted_and_the_oldest_age_found() -> None:
    latest = {ISOLATOR: sample(0, 45.0), TOWER: sample(2, 45.0)}
    assert devices_health(plant(), latest, after(2.5)) == {
        "devices": 2,
        "devices_live": 2,
        "oldest_sample_age_s": 2.5,
    }
    assert devices_health(plant(), {}, after(0))["oldest_sample_age_s"] is None


def test_percentiles_by_rank() -> None:
    assert percentiles_ms([0.001 * n for n in range(100)]) == {"p50": 50.0, "p99": 99.0}
    assert percentiles_ms([0.001]) == {"p50": 1.0, "p99": 1.0}
    assert percentiles_ms([]) == {"p50": None, "p99": None}


def test_h24_a_step_of_the_host_s_clock_is_told_once_and_its_end_once() -> None:
    watch = Watch("clock")
    told = [
        watch.look(clock_step(ahead_s), after(0)) for ahead_s in (0.0, 0.9, 3600.0, 3600.4, -0.2, 0.0, -120.0)
    ]
    step = "the host's clock was set by {} s; times go on without the step until a restart"
    assert told == [
        None,
        None,
        Fault(after(0), "clock", step.format("+3600")),
        None,
        Fault(after(0), "clock", ""),
        None,
        Fault(after(0), "clock", step.format("-120")),
    ]


@pytest.mark.parametrize("jump_s", [120.0, -120.0, 3600.0, -3600.0])
def test_h24_a_device_whose_clock_jumps_is_told_with_the_figure_and_so_is_its_return(jump_s: float) -> None:
    clock = DeviceClock(ISOLATOR, 2.0)
    told = [clock.look(telling(second, ahead)) for second, ahead in enumerate([0.3, jump_s, jump_s, 0.3])]
    text = f"the device's clock is {jump_s:+.1f} s from ours"
    assert told == [
        None,
        Fault(after(1), "clock-of-ISO", text),
        None,
        Fault(after(3), "clock-of-ISO", ""),
    ]


def test_a_device_s_clock_at_its_very_tolerance_is_well_and_once_wrong_comes_back_well_within() -> None:
    """It drifts past the bound in small steps, to and fro: that is one occurrence and not one a second."""
    clock = DeviceClock(ISOLATOR, 2.0)
    told = [clock.look(telling(0, ahead)) for ahead in (2.0, -2.0, 2.1, 1.9, 2.1, 1.1, 1.0)]
    assert [fault is not None for fault in told] == [False, False, True, False, False, False, True]


def test_who_tells_no_time_of_now_says_nothing_of_its_clock() -> None:
    clock = DeviceClock(ISOLATOR, 2.0)
    assert clock.look(telling(0, 3600)) is not None
    assert clock.look(sample(1, 45.0)) is None
    stands_still = (Quality.STALE, Quality.STALE)
    assert clock.look(replace(telling(2, 0), quality=stands_still)) is None
    assert clock.look(telling(3, 0)) == Fault(after(3), "clock-of-ISO", "")


def test_only_the_clocks_of_devices_that_tell_them_are_watched_and_never_by_their_records() -> None:
    one = plant()
    isolator, tower = one.devices[ISOLATOR], one.devices[TOWER]
    profile = replace(isolator.profile, clock_tolerance_s=2.0)
    records = replace(isolator.series[0], id=RECORDS, records=True)
    counter = replace(isolator, profile=profile, series=(*isolator.series, records))
    assert list(device_clocks(replace(one, devices={ISOLATOR: counter, TOWER: tower}))) == [ISOLATOR]


def telling(second: float, ahead_s: float) -> Sample:
    """Make a Sample whose device's clock is so far ahead of ours."""
    return sample(second, 45.0, source_at=after(second + ahead_s))


def test_h24_the_service_s_clock_does_not_follow_a_step() -> None:
    clock = SystemClock()
    before = clock.now()
    clock._start -= after(3600) - after(0)  # as if the host's clock had since been set an hour ahead
    assert abs(clock.host_is_ahead_s() - 3600) < 1
    assert clock.now() < before
