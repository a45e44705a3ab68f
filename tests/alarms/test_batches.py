"""Which batches run: what begins, goes on and ends, what is refused, and that nothing of it touches an alarm."""

from dataclasses import replace
from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alarms import batches, engine, permit
from alarms.batches import IDS_MAX, OfBatch, running, stage_zones
from alarms.events import Event, Inhibit, RunningBatch
from alarms.state import State
from tests.alarms.building import ACTION, ISOLATOR, after, sample
from tests.alarms.making import ended, making, staged, started
from tests.alarms.protecting import protection

PLANT = making()
RULES = engine.rules(PLANT)


def behind(*events: Event, state: State | None = None) -> State:
    """Return the State behind events."""
    return reduce(lambda before, event: engine.handle(RULES, before, event)[0], events, state or State())


def test_a_batch_begins_goes_through_its_stages_and_ends() -> None:
    state = behind(started(), staged(after(60), "harvest", "Z", "SHARED"))
    assert state.batches == {
        "L1": RunningBatch("B-1", "MSC", "harvest", ("Z", "SHARED"), after(0), after(60), "wu")
    }
    assert running(state, "B-1") == ("L1", state.batches["L1"])
    other = behind(started(batch="B-2", line="L2", zones=("Z2",)), state=state)
    assert {line: one.id for line, one in other.batches.items()} == {"L1": "B-1", "L2": "B-2"}
    over = behind(ended(after(90)), state=other)
    assert [one.id for one in over.batches.values()] == ["B-2"]
    assert over.batch_ids == ("B-1", "B-2")


RUNNING = behind(started(), staged(after(60), "harvest"))
REFUSED: list[tuple[OfBatch, str]] = [
    (started(batch="B-2"), "batch B-1 is running on L1"),
    (started(batch="b-1", line="L2", zones=("Z2",)), "there was a batch b-1 before"),
    (started(batch="a/b", line="L2"), "1 to 40 letters"),
    (started(batch="x" * 41, line="L2"), "1 to 40 letters"),
    (started(batch="B-2\n", line="L2"), "1 to 40 letters"),
    (started(batch="B-2", line="L2", product="wine"), "wine is not a product"),
    (started(batch="B-2", line="L3"), "MSC is not made on L3"),
    (started(batch="B-2", line="L2", stage="fry"), "fry is not a stage of MSC"),
    (started(batch="B-2", line="L2", zones=("Z",)), "Z is not a zone of L2"),
    (started(batch="B-2", line="L2", zones=("Z2", "Z2")), "twice"),
    (started(batch="B-2", line="L2", zones=()), "in no zone"),
    (started(batch="B-2", line="L2", zones=("Z2",), overrides=("test:glove",)), "it needs a reason"),
    (
        started(batch="B-2", line="L2", zones=("Z2",), overrides=("test:glove",), reason="urgent"),
        "by a signature only",
    ),
    (staged(after(70), "set-up"), "set-up is before harvest"),
    (staged(after(70), "harvest"), "in harvest already"),
    (staged(after(70), "fry"), "fry is not a stage"),
    (staged(after(70), "fill", "Z2"), "Z2 is not a zone of L1"),
    (staged(after(59), "fill"), "began later"),
    (staged(after(70), "fill", batch="B-2"), "batch B-2 is not running"),
    (ended(after(70), batch="B-2"), "batch B-2 is not running"),
    (ended(after(59)), "began later"),
]


@pytest.mark.parametrize(("event", "why"), REFUSED, ids=[why for _, why in REFUSED])
def test_what_may_not_be_is_refused_with_its_reason_and_changes_nothing(event: OfBatch, why: str) -> None:
    assert why in permit.why_not(PLANT, RUNNING, event)
    assert behind(event, state=RUNNING) is RUNNING


def test_what_is_not_ready_is_passed_over_with_a_reason_and_a_signature() -> None:
    asked = started(overrides=("test:glove",), reason="urgent", signature="s-1", sha256="0" * 64)
    assert permit.why_not(PLANT, State(), asked) == ""


def test_the_same_stage_goes_on_in_other_zones() -> None:
    state = behind(staged(after(70), "harvest", "Z", "SHARED"), state=RUNNING)
    assert (state.batches["L1"].zones, state.batches["L1"].stage_since) == (("Z", "SHARED"), after(70))


def test_an_ended_batch_is_not_begun_again_while_its_id_is_remembered() -> None:
    over = behind(ended(after(90)), state=RUNNING)
    assert "before" in permit.why_not(PLANT, over, started(after(100)))
    forgotten = replace(over, batch_ids=tuple(f"N-{n}" for n in range(IDS_MAX)))
    assert permit.why_not(PLANT, forgotten, started(after(100))) == ""
    assert len(behind(started(after(100)), state=forgotten).batch_ids) == IDS_MAX


def test_a_batch_goes_on_and_ends_under_a_plant_that_has_its_product_no_more() -> None:
    bare = replace(PLANT, products={})
    assert "any more" in batches.why_not(bare, RUNNING, staged(after(70), "fill"))
    assert batches.why_not(bare, RUNNING, ended(after(70))) == ""


def test_where_a_stage_is_done_follows_the_plant() -> None:
    assert stage_zones(PLANT, "L1", "MSC", "set-up") == ("Z",)
    assert stage_zones(PLANT, "L1", "MSC", "harvest") == ("Z",)
    assert stage_zones(PLANT, "L2", "MSC", "harvest") == ("Z2",)
    assert stage_zones(PLANT, "L1", "MSC", "fill") == ("Z", "SHARED")
    with pytest.raises(KeyError):
        stage_zones(PLANT, "L1", "MSC", "fry")


def test_a_batch_touches_no_alarm() -> None:
    raised = behind(sample(0, 10.0))
    after_all = behind(started(after(1)), staged(after(2), "fill"), ended(after(3)), state=raised)
    assert after_all.alarms is raised.alarms
    assert ACTION in after_all.alarms


def test_a_batch_that_begins_switches_on_again_what_is_off_on_its_line() -> None:
    far = replace(PLANT.devices[ISOLATOR], id="FAR", line="L2")
    both = (protection(), protection(id="FAR/P-01", device="FAR"))
    armed = replace(
        PLANT,
        devices={**PLANT.devices, "FAR": far},
        protections={one.id: one for one in both},
    )
    book = engine.rules(armed)
    state = State()
    for one in both:
        state, _ = engine.handle(book, state, Inhibit(after(0), one.id, after(3600), "a", "b", "service"))
    state, _ = engine.handle(book, state, started(after(60)))
    assert list(state.inhibited) == ["FAR/P-01"]


@st.composite
def asked(draw: st.DrawFn) -> list[OfBatch]:
    """Draw what may be asked one after the other, sensible or not."""
    some: list[OfBatch] = []
    for second in range(draw(st.integers(0, 12))):
        batch, line = draw(st.sampled_from(["B-1", "B-2", "b-2"])), draw(st.sampled_from(["L1", "L2"]))
        zone = {"L1": "Z", "L2": "Z2"}[line]
        stage = draw(st.sampled_from(["set-up", "harvest", "fill"]))
        begun = started(after(second), batch=batch, line=line, zones=(zone,))
        changed = staged(after(second), stage, zone, batch=batch)
        over = ended(after(second), batch=batch)
        some.append(draw(st.sampled_from(list[OfBatch]([begun, changed, over]))))
    return some


@given(asked())
def test_whatever_is_asked_a_line_has_one_batch_and_no_id_comes_twice(events: list[OfBatch]) -> None:
    state = State()
    for event in events:
        before, refused = state, permit.why_not(PLANT, state, event)
        state = behind(event, state=state)
        assert (state is before) == bool(refused)
        ids = [one.casefold() for one in state.batch_ids]
        assert len(set(ids)) == len(ids)
        assert {one.id for one in state.batches.values()} <= set(state.batch_ids)
        for one in state.batches.values():
            assert one.since <= one.stage_since <= event.at
