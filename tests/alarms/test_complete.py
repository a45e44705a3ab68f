"""Up to which time the records of a counter are complete: the rules, one by one."""

import pytest

from alarms import engine
from alarms.state import State
from config.model import Sample
from tests.alarms.building import ISOLATOR, RECORDS, after, plant, record, sample, with_records

RULES = engine.rules(with_records(plant()))


def after_all(*samples: Sample, start: State | None = None) -> State:
    state = start or State()
    for one in samples:
        state, _ = engine.handle(RULES, state, one)
    return state


@pytest.mark.parametrize(
    ("samples", "complete_s"),
    [
        pytest.param([record(6)], 6, id="a live record"),
        pytest.param([record(6, backfilled=True)], 6, id="one that waited for us"),
        pytest.param([record(6), record(12)], 12, id="the newest counts"),
        pytest.param([record(12), record(6)], 12, id="it never goes back"),
        pytest.param([record(12), record(6, backfilled=True)], 12, id="nor by what comes late"),
        pytest.param([record(6), record(60, catching_up=True)], 6, id="older ones are still to come"),
        pytest.param(
            [record(6), record(60, catching_up=True), record(12, backfilled=True)], 12, id="the last of those"
        ),
    ],
)
def test_records_are_complete_up_to_the_newest_behind_which_nothing_is_fetched(
    samples: list[Sample], complete_s: float
) -> None:
    assert after_all(*samples).complete == {RECORDS: after(complete_s)}


def test_while_older_ones_are_fetched_from_the_beginning_nothing_is_complete() -> None:
    assert after_all(record(60, catching_up=True)).complete == {}


def test_a_series_that_is_read_every_second_has_no_records_and_costs_nothing() -> None:
    before = after_all(record(6))
    state = after_all(sample(7, 45.0), sample(5, 45.0, backfilled=True), start=before)
    assert state.complete is before.complete
    assert state.latest[ISOLATOR] == after(7)
