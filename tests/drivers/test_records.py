"""Records of every make of counter: once each, in order, through lost networks and restarts."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.model import Quality
from tests.drivers.nouns import qualities
from tests.drivers.rig import COUNTERS, Rig, rig, times

STORING = ["lighthouse_apexr", "pms_airnet", "niotronic_aeromon"]
"""Counters that keep records for whoever was away."""

OUTAGE_S = 15 * 60


@pytest.mark.parametrize("profile", COUNTERS)
@pytest.mark.parametrize("sample_time_s", [1, 6, 60])
async def test_h28_each_record_comes_once_with_its_own_time(profile: str, sample_time_s: int) -> None:
    async with rig(profile, sample_time_s) as one:
        await one.read_out(max(2 * sample_time_s, 20) + 1)
    assert times(one.given) == one.truth
    assert not any(sample.backfilled or sample.catching_up for sample in one.given)
    assert all(sample.at == sample.source_at for sample in one.given)


@pytest.mark.parametrize("profile", STORING)
async def test_h28_no_record_of_fifteen_minutes_without_network_is_lost(profile: str) -> None:
    async with rig(profile) as one:
        await one.read_out(20)
        before = len(one.given)
        await one.wire.close()
        await one.read_out(2)
        one.wait(OUTAGE_S)
        await one.wire.open()
        await one.read_out(200)
    assert sorted(times(one.given)) == one.truth
    missed = [sample for sample in one.given[before:] if sample.backfilled]
    assert times(missed) == sorted(times(missed))
    assert len(missed) >= OUTAGE_S // 6 - 2
    live = [sample for sample in one.given if not sample.backfilled]
    assert times(live) == sorted(times(live))


@pytest.mark.parametrize("profile", STORING)
async def test_h28_records_are_kept_in_full_up_to_the_mark_at_any_moment(profile: str) -> None:
    async with rig(profile) as one:
        await one.read_out(20)
        one.wait(OUTAGE_S)
        for _ in range(200):
            await one.read_out(1)
            assert one.mark is not None
            assert set(times(one.kept)) >= {at for at in one.truth if at <= one.mark}
    assert one.mark == one.truth[-1]


@pytest.mark.parametrize("profile", STORING)
async def test_h28_a_restart_goes_on_from_what_is_kept(profile: str) -> None:
    async with rig(profile) as one:
        await one.read_out(20)
        one.wait(60)
        await one.poll(3)
        lost = times(one.given[len(one.kept) :])
        assert lost
        await one.restart()
        one.wait(60)
        await one.read_out(60)
    assert sorted(times(one.kept)) == one.truth


@pytest.mark.parametrize("profile", COUNTERS)
async def test_h28_a_restart_gives_nothing_again_that_is_kept(profile: str) -> None:
    async with rig(profile) as one:
        await one.read_out(13)
        await one.restart()
        assert await one.poll(3) == []


@pytest.mark.parametrize("profile", STORING)
async def test_h28_a_clock_that_is_set_back_after_a_restart_hides_no_record(profile: str) -> None:
    async with rig(profile) as one:
        await one.read_out(13)
        await one.restart()
        await one.read_out(12)
        one.machine.clock_offset_s -= 3600
        one.wait(60)
        await one.read_out(40)
    assert sorted(times(one.given)) == sorted(one.truth)
    back = [sample for sample in one.given if sample.at < one.truth[0]]
    assert (back[0].backfilled, back[-1].backfilled) == (True, False)


@pytest.mark.parametrize("profile", STORING)
async def test_h28_a_missing_record_stays_a_gap(profile: str) -> None:
    async with rig(profile) as one:
        one.machine.records = type(one.machine.records)(maxlen=5)
        await one.read_out(13)
        one.wait(95)
        await one.read_out(40)
    gap = sorted(set(one.truth) - set(times(one.given)))
    assert len(gap) == 11
    assert times(one.given) == [at for at in one.truth if at not in gap]


async def test_h28_a_counter_with_one_place_loses_what_nobody_read() -> None:
    async with rig("met_one_6000") as one:
        await one.read_out(13)
        one.wait(60)
        await one.restart()
        await one.read_out(13)
    assert times(one.given) == [*one.truth[:2], *one.truth[-3:]]


@pytest.mark.parametrize("profile", COUNTERS)
async def test_h28_a_wrong_flow_is_a_sensor_fault_of_counts_and_volume(profile: str) -> None:
    async with rig(profile) as one:
        await one.read_out(7)
        one.machine.force("flow", 0.5)
        await one.read_out(20)
    good, *_, bad = one.given
    assert set(qualities(good)) <= {Quality.GOOD, Quality.UNAVAILABLE}
    trusted = [
        channel.id
        for channel, before, after in zip(
            one.device.series[1].channels, qualities(good), qualities(bad), strict=True
        )
        if before is Quality.GOOD and after is Quality.GOOD
    ]
    assert not [name for name in trusted if "/cnt" in name or "/volume" in name]
    assert Quality.SENSOR_FAULT in qualities(bad)
    if "volume" in one.keys(bad):
        assert qualities(bad)[one.place(bad, "volume")] is Quality.SENSOR_FAULT
    assert "flow" in bad.reason


@pytest.mark.parametrize("profile", STORING)
async def test_h28_a_power_dip_changes_the_volume_and_repeats_no_record(profile: str) -> None:
    async with rig(profile) as one:
        await one.read_out(13)
        one.machine.power_down()
        await one.wire.close()
        one.wait(5)
        one.machine.power_up()
        await one.wire.open()
        await one.read_out(62)
    assert times(one.given) == one.truth
    key = "rec_sample_time" if profile == "niotronic_aeromon" else "volume"
    assert one.value(one.given[-1], key) / one.value(one.given[0], key) == pytest.approx(10, rel=0.05)


# --- Laws ---------------------------------------------------------------------------------------

STEPS = st.one_of(
    st.tuples(st.just("wait"), st.integers(1, 40)),
    st.tuples(st.sampled_from(["poll"]), st.integers(1, 4)),
    st.tuples(st.sampled_from(["down", "up", "restart", "keep", "keep"]), st.just(1)),
)


async def play(one: Rig, step: str, times_: int) -> None:
    match step:
        case "wait":
            one.wait(times_)
        case "poll":
            await one.poll(times_)
        case "down":
            await one.wire.close()
        case "up":
            await one.wire.open()
        case "restart":
            await one.restart()
        case _:
            one.keep()


@pytest.mark.parametrize("profile", ["lighthouse_apexr", "pms_airnet"])
@settings(max_examples=30, deadline=None)
@given(steps=st.lists(STEPS, max_size=25))
def test_h28_law_every_record_is_kept_and_given_again_only_if_it_was_not(
    profile: str, steps: list[tuple[str, int]]
) -> None:
    """Whatever order time, networks, restarts and a disk that lags come in."""

    async def scenario() -> None:
        async with rig(profile, 3) as one:
            for step, times_ in [*steps, ("up", 1)]:
                await play(one, step, times_)
            polls_left = 500
            while polls_left and (not one.kept or one.mark != one.truth[-1]):
                polls_left -= 1
                await one.read_out(1)
            kept = times(one.kept)
            assert set(kept) == {at for at in one.truth if at >= min(kept)}
            assert profile == "lighthouse_apexr" or min(kept) == one.truth[0]
            assert not one.again

    asyncio.run(scenario())
