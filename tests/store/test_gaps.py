"""What was due, and why it is not there: worked examples, and the law that every row that is missing has a cause."""

from collections import Counter
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.model import Quality
from monitor.store.force import Start, spans_of
from monitor.store.gaps import (
    MINUTE,
    Around,
    Cause,
    Due,
    Figures,
    Minute,
    by_count,
    by_gaps,
    by_hour,
    minutes_between,
    missing_between,
)
from tests.store.small import NOON, second

SINCE_EVER = Due(NOON - timedelta(days=1), None, 1.0)
HOURS = minutes_between(NOON, NOON + timedelta(hours=2))
CLOSED = Around(sealed=NOON + timedelta(days=1), network=(), mode=())


def rows(n: int, **invalid: int) -> Figures:
    bad = {Quality[quality.upper()]: count for quality, count in invalid.items()}
    return Figures(n, n - sum(bad.values()), bad)


def told(
    stored: dict[int, Figures], around: Around = CLOSED, due: Due = SINCE_EVER, minutes: int = 4
) -> list[tuple[int, int, int, dict[str, int]]]:
    """Reckon the first minutes after noon, and give them in order."""
    by_time = {NOON + number * MINUTE: figures for number, figures in stored.items()}
    reckoned = by_count(HOURS[:minutes], by_time, [due], around)
    return [
        (one.expected, one.received, one.valid, {str(cause): n for cause, n in one.causes.items()})
        for one in (reckoned[at] for at in HOURS[:minutes])
    ]


def test_what_is_there_and_valid_needs_no_cause() -> None:
    assert told({0: rows(60), 1: rows(60)}, minutes=2) == [(60, 60, 60, {})] * 2


def test_a_row_without_a_valid_value_is_explained_by_its_quality() -> None:
    (minute,) = told({0: rows(60, unreachable=10, nonsense=2, skipped=3, sensor_fault=1)}, minutes=1)
    assert minute == (60, 60, 44, {"device": 13, "skipped": 3})


def test_a_device_that_falls_silent_with_its_network_is_not_to_blame() -> None:
    around = Around(CLOSED.sealed, network=[NOON], mode=[])
    silent = {0: rows(60, unreachable=10, nonsense=2), 1: rows(60, unreachable=10)}
    assert [causes for *_, causes in told(silent, around, minutes=2)] == [
        {"network": 10, "device": 2},
        {"device": 10},
    ]


def test_what_a_mode_explains_is_not_the_devices() -> None:
    around = Around(CLOSED.sealed, network=[], mode=[NOON])
    (minute,) = told({0: rows(60, unavailable=60)}, around, minutes=1)
    assert minute == (60, 60, 0, {"suppressed_by_mode": 60})


def test_a_hole_is_explained_by_the_rows_that_were_made_for_its_end() -> None:
    # The collector stops within the first minute, and writes rows for the last of the time that it was down.
    stored = {0: rows(20), 3: rows(60, collector_down=30)}
    assert [causes for *_, causes in told(stored)] == [
        {"collector_down": 40},
        {"collector_down": 60},
        {"collector_down": 60},
        {"collector_down": 30},
    ]
    assert [causes for *_, causes in told({0: rows(20), 2: rows(60, skipped=60)}, minutes=3)][1] == {
        "skipped": 60
    }
    behind = Around(CLOSED.sealed, (), (), Quality.COLLECTOR_DOWN)
    assert told({0: rows(60)}, behind, minutes=2)[1] == (60, 0, 0, {"collector_down": 60})


def test_a_hole_that_nothing_explains_is_missing_if_its_minute_is_closed() -> None:
    half = Around(NOON + MINUTE, (), ())
    assert told({0: rows(59), 1: rows(59), 2: rows(60)}, half, minutes=2) == [
        (60, 59, 59, {"missing": 1}),
        (60, 59, 59, {"not_sealed": 1}),
    ]
    assert told({}, Around(None, (), ()), minutes=1) == [(60, 0, 0, {"not_sealed": 60})]


@pytest.mark.parametrize(
    ("due", "expected"),
    [
        (Due(second(60), None, 1.0), [0, 59, 60, 60]),  # the first row is that of the second after
        (Due(second(-1), None, 1.0), [60, 60, 60, 60]),
        (Due(second(59), second(90), 1.0), [0, 30, 0, 0]),
        (Due(second(-600), None, 5.0), [12, 12, 12, 12]),
        (Due(second(-600), None, None), [0, 0, 0, 0]),
    ],
)
def test_so_many_rows_are_due(due: Due, expected: list[int]) -> None:
    assert [minute[0] for minute in told({}, due=due)] == expected


def test_from_one_version_to_the_next_no_row_is_lost_or_doubled() -> None:
    due = [Due(second(-60), second(90), 1.0), Due(second(90), None, 5.0)]
    minutes = by_count(HOURS[:3], {}, due, CLOSED)
    assert [minutes[at].expected for at in HOURS[:3]] == [60, 30 + 6, 12]


SIX = [Due(NOON - timedelta(days=1), None, 6.0)]


def test_records_are_missing_where_two_lie_too_far_apart() -> None:
    assert missing_between(second(0), second(6), SIX) == []
    assert missing_between(second(0), second(8), SIX) == []
    assert missing_between(second(0), second(24), SIX) == [second(6), second(12), second(18)]
    assert missing_between(second(1), second(14), SIX) == [second(7)]
    ended = [Due(second(-60), second(10), 6.0)]
    assert missing_between(second(0), second(24), ended) == [second(6)]


def test_a_missing_record_has_the_cause_of_the_devices_own_row_or_is_the_counters() -> None:
    own = {NOON: Minute(60, 60, 30, Counter({Cause.DEVICE: 30})), NOON + MINUTE: Minute(60, 60, 60)}
    around = Around(CLOSED.sealed, (), mode=[NOON + 2 * MINUTE])
    holes = [second(n) for n in (6, 12, 66, 126)]
    stored = {NOON: rows(8), NOON + MINUTE: Figures(9, 7, {})}
    minutes = by_gaps(HOURS[:3], stored, holes, own, around)
    assert [minutes[at] for at in HOURS[:3]] == [
        Minute(10, 8, 8, Counter({Cause.DEVICE: 2})),
        Minute(10, 9, 7, Counter({Cause.COUNTER: 3})),
        Minute(1, 0, 0, Counter({Cause.SUPPRESSED_BY_MODE: 1})),
    ]


QUALITIES = st.sampled_from([quality for quality in Quality if quality not in {0, 1}])
FIGURES = st.dictionaries(QUALITIES, st.integers(1, 9), max_size=4).flatmap(
    lambda invalid: st.integers(0, 70).map(lambda good: Figures(good + sum(invalid.values()), good, invalid))
)
TIMES = st.integers(-300, 600).map(second)
SOME_MINUTES = st.sets(st.integers(0, 4).map(lambda n: NOON + n * MINUTE))


@given(
    stored=st.dictionaries(st.integers(0, 4).map(lambda n: NOON + n * MINUTE), FIGURES),
    due=st.builds(Due, TIMES, st.none() | TIMES, st.sampled_from([1.0, 2.0, 5.0, 60.0])),
    around=st.builds(Around, st.none() | TIMES, SOME_MINUTES, SOME_MINUTES, st.none() | QUALITIES),
    holes=st.lists(st.integers(0, 299).map(second)),
)
def test_every_row_that_is_expected_is_valid_or_has_a_cause(
    stored: dict[datetime, Figures], due: Due, around: Around, holes: list[datetime]
) -> None:
    own = by_count(HOURS[:5], stored, [due], around)
    records = by_gaps(HOURS[:5], stored, holes, own, around)
    for minutes in (own, records, by_hour(own)):
        for one in minutes.values():
            assert one.expected == one.valid + sum(one.causes.values())
            assert one.expected >= one.received >= one.valid
            assert all(one.causes.values())


def start(at_s: float, sha256: str, chain: str = "one") -> Start:
    return Start(chain, second(at_s), sha256)


def test_a_version_is_in_force_until_its_collector_starts_with_another() -> None:
    starts = [start(0, "a"), start(5, "a"), start(10, "b"), start(20, "x"), start(30, "b")]
    assert spans_of(starts, {"a", "b"}) == [
        (second(0), second(10), "a"),
        (second(10), second(20), "b"),
        (second(30), None, "b"),
    ]


def test_another_collector_ends_a_version_only_by_having_the_device() -> None:
    starts = [
        start(0, "a"),
        start(5, "x", "two"),
        start(10, "a", "three"),
        start(15, "x"),
        start(20, "b", "three"),
    ]
    assert spans_of(starts, {"a", "b"}) == [(second(0), second(20), "a"), (second(20), None, "b")]
