"""The most particles in a cubic metre: what judging reckons record by record, and the largest of it."""

import math
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from alarms import particles
from alarms.state import Memory
from monitor.records.dossier.rolling import Break, Rolling
from tests.store.small import second

records = st.lists(
    st.tuples(
        st.sampled_from([6.0, 6.0, 6.0, 6.02, 60.0]),
        st.one_of(st.none(), st.integers(0, 5).map(float)),
        st.one_of(st.none(), st.sampled_from([0.0, 200.0, 250.1, 333.3333333, 28.3168466])),
    ),
    max_size=60,
)


@given(records)
def test_it_is_what_judging_reckons(found: list[tuple[float, float | None, float | None]]) -> None:
    rolling, memory, at_s, most = Rolling(6.0), Memory(), 0.0, []
    for step_s, counts, volume_l in found:
        at_s = round(at_s + step_s, 6)
        rolling.take(second(at_s), counts, volume_l)
        known = (math.nan if counts is None else counts, math.nan if volume_l is None else volume_l)
        memory = particles.add(memory, known, at_s, {"sample_time_s": 6.0})
        value, memory = particles.rolling_volume(memory, particles.CUBIC_METRE_L)
        most += [] if math.isnan(value) else [value]
    assert rolling.largest == (max(most) if most else None)


def test_twenty_counts_in_a_cubic_metre_are_twenty() -> None:
    rolling = Rolling(6.0)
    for n in range(1000):
        rolling.take(second(6 * n), 1.0 if 400 <= n < 420 else 0.0, 0.1 * 100)
    assert rolling.largest == 20.0


def test_no_window_spans_a_mode_or_a_change_of_occupancy() -> None:
    def largest(*breaks: Break) -> float | None:
        rolling = Rolling(6.0, breaks)
        for n in range(20):
            rolling.take(second(6 * n), 1.0, 10.0)
        return rolling.largest

    assert largest() == 20.0
    assert largest(Break(second(60), second(60))) == 10.0
    # Of 20 records 5 lie within, and count for nothing.
    assert largest(Break(second(60), second(90))) == 10.0
    assert largest(Break(second(30), None)) == 5.0
    assert largest(Break(second(0) - timedelta(seconds=1), None)) is None
