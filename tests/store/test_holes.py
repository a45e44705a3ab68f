"""What is missing of channels, from rows alone: what is due is always what is there and what is not."""

from collections.abc import Iterable, Sequence
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from config.model import Quality
from monitor.store.gaps import Cause
from monitor.store.holes import Hole, Known, Looking, Row, Span
from tests.store.small import second

FAR = second(10_000)
PLAIN = Known(FAR, (), ())
GOOD, BAD, DOWN = Quality.GOOD, Quality.UNREACHABLE, Quality.COLLECTOR_DOWN


def row(at_s: float, *quality: Quality | None) -> Row:
    return Row(second(at_s), quality, (), len(quality))


def look(rows: Iterable[Row], until_s: float, known: Known = PLAIN, period_s: float = 1) -> Sequence[Hole]:
    """Look at what is due from the first second on; the row before it stands there."""
    looking = Looking(Span(second(0), second(until_s), period_s), [0], known, second(-period_s))
    for one in rows:
        looking.look(one)
    looking.end()
    return looking.places[0].found


def test_a_second_without_a_row_and_one_without_a_value_are_one_row_each() -> None:
    found = look([row(n, BAD if n == 2 else GOOD) for n in range(200) if n != 100], 200)
    assert found == [
        Hole(second(2), second(3), Cause.DEVICE, 1),
        Hole(second(100), second(101), Cause.MISSING, 1),
    ]


def test_what_comes_and_goes_is_told_as_one() -> None:
    (one,) = look([row(n, BAD if n % 30 == 0 else GOOD) for n in range(121)], 121)
    assert one == Hole(second(0), second(121), Cause.DEVICE, 5)


def test_a_row_that_was_made_afterwards_tells_of_the_whole_hole() -> None:
    found = look(
        [*(row(n, GOOD) for n in range(10)), row(90, DOWN), *(row(n, GOOD) for n in range(91, 99))], 99
    )
    assert found == [Hole(second(10), second(91), Cause.COLLECTOR_DOWN, 81)]


def test_what_is_not_closed_may_still_come() -> None:
    found = look([row(n, GOOD) for n in range(100)], 240, Known(second(180), (), ()))
    assert found == [
        Hole(second(100), second(180), Cause.MISSING, 80),
        Hole(second(180), second(240), Cause.NOT_SEALED, 60),
    ]


def test_records_drift_and_none_is_missed_for_it() -> None:
    rows = [row(n * 6.02, GOOD) for n in range(100) if n not in {40, 41}]
    found = look(rows, 600, Known(FAR, (), (), ()), 6)
    assert [(one.cause, one.rows) for one in found] == [(Cause.COUNTER, 2)]


def test_a_record_that_is_missing_with_the_whole_device_has_its_cause() -> None:
    own = [Hole(second(30), second(61), Cause.NETWORK, 31)]
    (one,) = look(
        [row(n, GOOD) for n in range(0, 121, 6) if not 30 <= n <= 60], 121, Known(FAR, (), (), own), 6
    )
    assert (one.cause, one.rows) == (Cause.NETWORK, 6)


def test_a_channel_that_was_not_there_yet_is_not_missed() -> None:
    looking = Looking(Span(second(0), second(10), 1), [0, 1], PLAIN, second(-1))
    for n in range(10):
        looking.look(row(n, GOOD) if n < 5 else row(n, BAD, GOOD))
    looking.end()
    assert looking.places[1].found == []
    assert [one.rows for one in looking.places[0].found] == [5]
    assert looking.whole.found == []


def test_a_value_that_is_null_is_missing_although_it_is_called_good() -> None:
    looking = Looking(Span(second(0), second(2), 1), [0, 1], PLAIN, second(-1))
    for at in (0, 1):
        looking.look(Row(second(at), None, {1}, 2))
    looking.end()
    assert [one.found for one in looking.places.values()] == [
        [],
        [Hole(second(0), second(2), Cause.DEVICE, 2)],
    ]


def test_a_cause_is_that_of_the_network_the_mode_or_the_device() -> None:
    network, mode = [second(60)], [second(60), second(120)]
    rows = [row(n, BAD if n % 60 >= 30 else GOOD) for n in range(180)]
    assert [one.cause for one in look(rows, 180, Known(FAR, network, mode))] == [
        Cause.DEVICE,
        Cause.NETWORK,
        Cause.SUPPRESSED_BY_MODE,
    ]
    doubted = [row(n, Quality.SENSOR_FAULT if n % 60 >= 30 else GOOD) for n in range(0, 180, 6)]
    assert [one.cause for one in look(doubted, 180, Known(FAR, network, mode, ()), 6)] == [
        Cause.COUNTER,
        Cause.SUPPRESSED_BY_MODE,
    ]
    # What a mode explains lasts beyond a minute, and is told as one.
    assert [one.rows for one in look(doubted, 180, Known(FAR, network, mode, ()), 6)] == [5, 10]


seconds = st.lists(st.sampled_from([None, GOOD, GOOD, Quality.UNCERTAIN, BAD, DOWN]), min_size=1, max_size=90)


@given(seconds, st.integers(0, 90), st.sampled_from([1.0, 2.0, 5.0]))
def test_what_is_due_is_what_is_there_and_all_holes(
    qualities: list[Quality | None], sealed: int, period_s: float
) -> None:
    rows = [row(n * period_s, one) for n, one in enumerate(qualities) if one is not None]
    found = look(rows, len(qualities) * period_s, Known(second(sealed), (), ()), period_s)
    usable = sum(one in {GOOD, Quality.UNCERTAIN} for one in qualities)
    assert usable + sum(one.rows for one in found) == len(qualities)
    # In order, within the time, and not over one another.
    edges = [at for one in found for at in (one.since, one.until)]
    assert edges == sorted(edges)
    assert all(second(0) <= at <= second(len(qualities) * period_s) for at in edges)
    assert all(one.until - one.since >= timedelta(seconds=period_s) for one in found)
