"""The review of a batch: who may sign what, in which order, and what a signature does not survive."""

import copy
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.batches import Levels
from config.model import Grade
from monitor.records.review import (
    Case,
    ObstacleKind,
    ReviewStanding,
    against_release,
    against_review,
    hands,
    in_the_way,
    in_the_way_of_release,
    levels,
    matters,
    standing,
    valid,
)
from monitor.records.signed import SIGNED, Shape, _picked, content, sha256_of
from monitor.server.rights import RIGHTS, Deed, Role
from monitor.store.batch_reviews import BatchRelease, BatchReview, Decision, Unreviewed
from monitor.store.deviations import AboutKind

AT = datetime(2026, 3, 4, 8, tzinfo=UTC)
EXAMPLE: dict[str, Any] = json.loads(Path(__file__).with_name("example_dossier.json").read_text("utf-8"))
UNSIGNED = {
    "": {"told_at", "reviews", "signatures", "check"},
    "batch": {"passed_over", "line_label", "product_label"},
    "batch.stages": {"label"},
    "plant": {"label", "time_zone"},
    "plant.versions": {"until", "what", "who", "second"},
    "zones": {"label"},
    "channels": {"label", "kind", "device", "reasons", "how", "states"},
    "alarms": {"channel", "zone", "priority", "detail", "ack_latency_s", "first_out", "text"},
    "hidden": {"text"},
    "actions": {"label", "because", "text"},
    "clock": {"text"},
    "viable": {"number", "label", "unit"},
    "lacks": {"text"},
}
"""What of a dossier is not signed, place by place: whoever tells something new says here that it is not."""


def settled() -> dict[str, Any]:
    """Give the example with everything covered by one closed deviation."""
    told = copy.deepcopy(EXAMPLE)
    about = [
        {"kind": one.kind, "id": one.id, "at": one.at.isoformat() if one.at else None}
        for one in matters(told)
    ]
    told["deviations"] = [told["deviations"][0] | {"about": about}]
    return told


SETTLED = settled()
SHA256 = sha256_of(SETTLED)


def case(told: Mapping[str, Any] = SETTLED, *signers: str, needed: int = 3, **facts: Any) -> Case:
    """Make a case of which these persons have signed a level each."""
    reviews = [
        BatchReview("B-1", level, AT, who, sha256_of(told)) for level, who in enumerate(signers, start=1)
    ]
    return Case(told, reviews, facts.pop("releases", ()), needed, **facts)


def decided(outcome: Decision, sha256: str = SHA256) -> BatchRelease:
    return BatchRelease("B-1", outcome, AT, "fang", sha256)


# --- What is signed --------------------------------------------------------------------------------------------


def test_every_key_is_either_signed_or_left_out_on_purpose() -> None:
    def walk(value: Any, shape: "Shape | None", place: str) -> None:
        one = next(iter(value), None) if isinstance(value, list) else value
        if shape is None or not isinstance(one, Mapping):
            return
        assert set(one) == set(shape) | UNSIGNED.get(place, set()), place
        for name, inner in shape.items():
            walk(one[name], inner, f"{place}.{name}".lstrip("."))

    walk(EXAMPLE, SIGNED, "")


def test_words_reviews_and_the_last_digit_of_a_sum_change_nothing_and_facts_do() -> None:
    for change in (
        lambda told: told["reviews"].clear(),
        lambda told: told["signatures"].clear(),
        lambda told: told["channels"][0]["label"].update(en="Pressure"),
        lambda told: told["lacks"][0]["text"].update(zh="缺数"),
        lambda told: told["plant"]["versions"][0].update(until="2027-01-01T00:00:00.000000+00:00"),
        lambda told: told["channels"][0]["statistics"].update(mean=44.98321759259259),
    ):
        assert sha256_of(changed(change)) == SHA256
    for change in (
        lambda told: told["channels"][0]["statistics"].update(mean=44.9833),
        lambda told: told["channels"][0]["gaps"].append(
            {"from": "x", "until": "y", "cause": "late", "rows": 1}
        ),
        lambda told: told["viable"][0].update(cfu=1.0),
        lambda told: told["alarms"][2].update(acknowledged_by="sun"),
        lambda told: told["deviations"][0].update(state="reopened"),
        lambda told: told.update(verdict="within"),
    ):
        assert sha256_of(changed(change)) != SHA256


def changed(change: Callable[[dict[str, Any]], object], told: dict[str, Any] = SETTLED) -> dict[str, Any]:
    made = copy.deepcopy(told)
    change(made)
    return made


@given(st.recursive(st.none() | st.text() | st.floats(-1e9, 1e9), st.lists))
def test_what_is_signed_of_a_content_is_the_same_as_of_itself(value: Any) -> None:
    once = _picked(value, None)
    assert _picked(once, None) == once


# --- Who has a hand in it --------------------------------------------------------------------------------------


def test_whoever_did_something_in_the_batch_is_named() -> None:
    assert hands(EXAMPLE) == {"wang", "li", "qian", "sun", "zhou"}
    told = changed(lambda one: one["signatures"].clear(), EXAMPLE)
    told["alarms"], told["actions"], told["tests"], told["viable"] = [], [], [], []
    assert "qian" not in hands(told)  # who let it begin although something was not ready
    told["plant"]["versions"][0] |= {"since": told["batch"]["started_at"], "second": "Fang"}
    assert "fang" in hands(told)


@pytest.mark.parametrize("key", ["opened_by", "closed_by"])
def test_finding_something_and_checking_what_others_assessed_is_no_hand_in_it(key: str) -> None:
    told = changed(lambda one: one["deviations"][0].update({key: "tang"}))
    assert "tang" not in hands(told)
    assert "tang" in hands(changed(lambda one: one["deviations"][0].update(assessed_by="Tang")))


# --- What is in the way ----------------------------------------------------------------------------------------


def test_what_is_missing_or_outside_has_to_be_covered_by_a_closed_deviation() -> None:
    told = changed(lambda one: one["viable"][0].update(verdict="action"), EXAMPLE)
    told["tests"][0]["outcome"] = "failed"
    found = {(one.kind, one.id): one for one in matters(told)}
    assert {key for key in found if key[0] is not AboutKind.GAP} == {
        (AboutKind.PLATE, "V000041-72"),
        (AboutKind.PLATE, "V000043-66"),
        (AboutKind.PLATE, "V000044-63"),
        (AboutKind.TEST, "7"),
        (AboutKind.ALARM, "RM-STM-L1/core_dp/action"),
        (AboutKind.ALARM, "ISO-STM-L1/chamber_pressure/action"),
    }
    door = found[AboutKind.ALARM, "RM-STM-L1/core_dp/action"]
    assert (door.deviation, door.is_settled) == ("DEV-2026-0001", True)
    glove = found[AboutKind.ALARM, "ISO-STM-L1/chamber_pressure/action"]
    assert (glove.deviation, glove.is_settled) == ("DEV-2026-0002", False)
    (label,) = (one["label"] for one in told["channels"] if one["id"] == "ISO-STM-L1/chamber_pressure")
    assert (glove.text.en, glove.text.zh) == (f"Action alarm: {label['en']}.", f"纠偏限报警：{label['zh']}。")
    kinds = [one.kind for one in in_the_way(Case(told, [], [], 3))]
    assert kinds == [ObstacleKind.UNSETTLED] * 7 + [ObstacleKind.DEVIATION]
    assert in_the_way(case()) == []


def test_of_a_batch_that_runs_nothing_is_asked_but_its_end() -> None:
    running = case(changed(lambda one: one["batch"].update(ended_at=None), EXAMPLE))
    (only,) = in_the_way(running)
    assert (only.kind, only.id) == (ObstacleKind.RUNS, EXAMPLE["batch"]["id"])
    assert against_review(running, "he") == only.text
    assert against_release(running, "fang", Decision.REJECTED) == only.text


def test_a_deviation_about_another_time_of_an_alarm_covers_nothing() -> None:
    told = changed(lambda one: one["deviations"][0]["about"][0].update(at=AT.isoformat()), EXAMPLE)
    assert not any(one.is_settled for one in matters(told))


def uncovered_and_missing(*about: str) -> dict[str, Any]:
    """Give the example with both findings of one place in one stage, and a closed deviation about these ids."""

    def change(one: dict[str, Any]) -> None:
        text = {"en": "x", "zh": "x"}
        kinds = ("pending_plate", "settle_uncovered")
        one["lacks"] = [{"kind": kind, "id": "S1/fill", "text": text} for kind in kinds]
        plates = [{"kind": "plate", "id": id_, "at": None} for id_ in about]
        one["deviations"] = [one["deviations"][0] | {"state": "closed", "about": plates}]

    return changed(change, EXAMPLE)


@pytest.mark.parametrize(
    ("about", "settles"),
    [
        (["S1/fill/missing"], {"S1/fill/missing"}),
        (["S1/fill/uncovered"], {"S1/fill/uncovered"}),
        (["S1/fill/missing", "S1/fill/uncovered"], {"S1/fill/missing", "S1/fill/uncovered"}),
        # Opened while both had this one id: it goes on covering what it was opened for.
        (["S1/fill"], {"S1/fill/missing", "S1/fill/uncovered"}),
        (["S1/set_up", "S1"], set()),
    ],
)
def test_plates_that_are_missing_and_time_that_none_covers_are_two_findings(
    about: list[str], settles: set[str]
) -> None:
    told = uncovered_and_missing(*about)
    found = {one.id: one for one in matters(told) if one.kind is AboutKind.PLATE}
    assert set(found) == {"S1/fill/missing", "S1/fill/uncovered"}
    assert {one.id for one in found.values() if one.is_settled} == settles
    covered = [one.id for one in found.values() if one.deviation]
    assert set(covered) == settles


def test_telling_two_findings_apart_voids_no_signature() -> None:
    """The lacks are signed by their kind and id: what is signed of them is what it always was."""
    lacks = content(uncovered_and_missing())["lacks"]
    assert lacks == [{"kind": kind, "id": "S1/fill"} for kind in ("pending_plate", "settle_uncovered")]


def test_plates_of_a_whole_batch_keep_the_id_of_their_place() -> None:
    lack = {"kind": "pending_plate", "id": "S1", "text": {"en": "x", "zh": "x"}}
    told = changed(lambda one: one.update(lacks=[lack]), EXAMPLE)
    assert [one.id for one in matters(told) if one.kind is AboutKind.PLATE] == ["S1"]


def test_an_alarm_that_a_mode_explains_needs_no_deviation() -> None:
    told = changed(lambda one: [alarm.update(explained=True) for alarm in one["alarms"]], EXAMPLE)
    assert not any(one.kind is AboutKind.ALARM for one in matters(told))


def test_the_release_waits_for_the_levels_and_for_the_book() -> None:
    unread = (Unreviewed("c", 3, AT),)
    one = case(SETTLED, "he", unreviewed=unread)
    found = in_the_way_of_release(one)
    assert [(each.kind, each.id) for each in found] == [(ObstacleKind.LEVELS, "2"), (ObstacleKind.BOOK, "")]
    assert "3" in found[1].text.zh
    whole = case(SETTLED, "he", "tang", "zhao", unreviewed=unread)
    assert against_release(whole, "fang", Decision.RELEASED) == in_the_way_of_release(whole)[0].text
    assert against_release(whole, "fang", Decision.REJECTED) is None
    assert against_release(replace(whole, unreviewed=()), "fang", Decision.RELEASED) is None


def test_key_data_takes_more_levels() -> None:
    rule = Levels(levels=2, key_levels=3, key_grades=frozenset({Grade.A}))
    assert levels(EXAMPLE, rule) == 3
    assert levels(changed(lambda one: one["zones"].pop(0), EXAMPLE), rule) == 2


# --- How it stands ---------------------------------------------------------------------------------------------


def test_a_batch_goes_from_running_to_released_and_what_comes_late_reopens_it() -> None:
    running = changed(lambda one: one["batch"].update(ended_at=None))
    assert standing(case(running)) is ReviewStanding.RUNNING
    signers: list[str] = []
    for who, stands in (("", "open"), ("he", "in_review"), ("tang", "in_review"), ("zhao", "reviewed")):
        signers += [who] * bool(who)
        assert standing(case(SETTLED, *signers)) == stands
    released = case(SETTLED, *signers, releases=[decided(Decision.RELEASED)])
    assert standing(released) is ReviewStanding.RELEASED
    late = changed(lambda one: one["viable"][3].update(cfu=1.0, state="approved", verdict="action"))
    assert standing(replace(released, told=late)) is ReviewStanding.REOPENED
    assert standing(Case(late, released.reviews, [], 3)) is ReviewStanding.REOPENED
    again = [BatchReview("B-1", 1, AT, "he", sha256_of(late))]
    assert standing(Case(late, [*released.reviews, *again], released.releases, 3)) is ReviewStanding.IN_REVIEW
    rejected = case(late, releases=[decided(Decision.RELEASED), decided(Decision.REJECTED, sha256_of(late))])
    assert standing(rejected) is ReviewStanding.REJECTED


# --- The matrix: roles, levels, hands --------------------------------------------------------------------------


def walks(needed: int) -> Iterator[tuple[Role, int, bool, bool]]:
    """Every role, with so many levels signed, and whether that person had a hand in it, and has signed a level."""
    for role, signed, acted, reviewed in product(Role, range(needed + 1), (False, True), (False, True)):
        if signed > 0 or not reviewed:
            yield role, signed, acted, reviewed


@pytest.mark.parametrize("needed", [1, 2, 3])
def test_who_may_sign_and_who_may_decide(needed: int) -> None:
    for role, signed, acted, reviewed in walks(needed):
        signers = ["Me" if reviewed and level == 0 else f"p{level}" for level in range(signed)]
        told = changed(lambda one: one["batch"].update(ended_by="ME")) if acted else SETTLED
        one = case(told, *signers, needed=needed)
        own = acted or reviewed
        may_review = Deed.REVIEW_BATCH in RIGHTS[role] and against_review(one, "me") is None
        may_release = (
            Deed.RELEASE_BATCH in RIGHTS[role] and against_release(one, "me", Decision.RELEASED) is None
        )
        place = (role, signed, acted, reviewed)
        assert may_review == (
            role in {Role.ENGINEER, Role.QA, Role.QUALIFIED_PERSON} and signed < needed and not own
        ), place
        by_another = not acted and (needed > 1 or not reviewed)
        assert may_release == (
            role in {Role.QA, Role.QUALIFIED_PERSON} and signed == needed and by_another
        ), place
        may_reject = (
            Deed.RELEASE_BATCH in RIGHTS[role] and against_release(one, "me", Decision.REJECTED) is None
        )
        assert may_reject == (role in {Role.QA, Role.QUALIFIED_PERSON} and not acted), place


NAMES = ["he", "tang", "fang", "zhao", "li", "HE", "Li"]


@given(st.lists(st.sampled_from(NAMES), max_size=8), st.integers(1, 3))
def test_however_people_try_no_level_and_no_release_is_anybody_s_own(tries: list[str], needed: int) -> None:
    one = case(SETTLED, needed=needed)
    for at, who in enumerate(tries):
        if against_review(one, who) is None:
            level = len(valid(one)) + 1
            review = BatchReview("B-1", level, AT + timedelta(minutes=at), who, SHA256)
            one = replace(one, reviews=[*one.reviews, review])
    signers = [review.who.lower() for review in valid(one)]
    assert len(signers) == len(set(signers)) <= needed
    assert "li" not in signers
    for who in NAMES:
        if against_release(one, who, Decision.RELEASED) is None:
            assert len(signers) == needed
            assert set(signers) - {who.lower()}
            assert who.lower() != "li"


@pytest.mark.parametrize("section", sorted(name for name, shape in SIGNED.items() if shape is None))
def test_whatever_of_it_changes_no_signature_is_left(section: str) -> None:
    one = case(SETTLED, "he", "tang", "zhao", releases=[decided(Decision.RELEASED)])
    late = replace(one, told=SETTLED | {section: "another"})
    assert standing(one) is ReviewStanding.RELEASED
    assert sha256_of(late.told) != SHA256
    assert valid(late) == []


def test_of_a_decided_batch_nothing_is_signed_until_something_changes() -> None:
    one = case(SETTLED, "he", "tang", "zhao", releases=[decided(Decision.RELEASED)])
    assert against_review(one, "chen") is not None
    assert against_release(one, "chen", Decision.REJECTED) is not None
    also = frozenset({"chen"})
    assert against_review(case(SETTLED), "Chen", also) is not None
    assert against_review(case(SETTLED), "Chen") is None
