"""The review of a batch and its release, as far as they are arithmetic: how it stands, what is in the way, and of whom.

Everything is read from a dossier as `dossier.told` writes it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Any

from config.batches import Levels
from config.model import Text
from monitor.records.dossier.verdict import SILENT
from monitor.records.signed import Told, sha256_of
from monitor.store.batch_reviews import BatchRelease, BatchReview, Decision, Unreviewed
from monitor.store.deviations import AboutKind


class ReviewStanding(StrEnum):
    """How far a batch's review has come."""

    RUNNING = "running"
    OPEN = "open"
    IN_REVIEW = "in_review"
    """Some of the levels are signed."""
    REVIEWED = "reviewed"
    """All are; nobody has decided yet."""
    RELEASED = "released"
    REJECTED = "rejected"
    REOPENED = "reopened"
    """What was signed is not what stands there today: something came late, or was corrected."""


class ObstacleKind(StrEnum):
    """What can be in the way of a review or of the release."""

    RUNS = "runs"
    UNSETTLED = "unsettled"
    """Something is missing or outside, and no closed deviation covers it."""
    DEVIATION = "deviation"
    """One of the batch's deviations is not closed."""
    LEVELS = "levels"
    BOOK = "book"
    """Lines of the book in the batch's time that nobody has reviewed."""


@dataclass(frozen=True, slots=True)
class Matter:
    """Something that a deviation has to cover, by kind, id and, of alarms, time; `deviation` "": none does.

    Attributes:
        is_settled: that deviation is closed.
        formerly: under what id deviations that stand already may cover it; "": under no other.
    """

    kind: AboutKind
    id: str
    at: datetime | None
    text: Text
    deviation: str = ""
    is_settled: bool = False
    formerly: str = ""


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One thing in the way; `id` of what."""

    kind: ObstacleKind
    id: str
    text: Text


@dataclass(frozen=True)
class Case:
    """A batch before its reviewers.

    Attributes:
        told: its dossier.
        reviews: all that were signed, in order; and releases: likewise.
        needed: how many levels it takes.
        unreviewed: what of the book in its time nobody has reviewed.
    """

    told: Told
    reviews: Sequence[BatchReview]
    releases: Sequence[BatchRelease]
    needed: int
    unreviewed: Sequence[Unreviewed] = ()

    @cached_property
    def sha256(self) -> str:
        """Of what is signed today."""
        return sha256_of(self.told)


_OF_LACK: Mapping[str, AboutKind] = {
    "gap": AboutKind.GAP,
    "late_minutes": AboutKind.GAP,
    "pending_plate": AboutKind.PLATE,
    "rejected_plate": AboutKind.PLATE,
    "settle_uncovered": AboutKind.PLATE,
    "pending_test": AboutKind.TEST,
}
_FINDING: Mapping[str, str] = {"pending_plate": "missing", "settle_uncovered": "uncovered"}
"""What of one place in one stage is found, by the lack that tells it: both lacks name the place alone, `S1/fill`."""
_OPEN = "open_batch"
_NOT_HANDS = {"approved_by", "closed_by", "opened_by"}
"""Approving a plate and closing a deviation check others' work; whoever opens a deviation has found something."""
_RUNS = Text("The batch is not over.", "批次尚未结束。")
_DECIDED = Text("It is decided already.", "已作出放行决定。")
_NOTHING_LEFT = Text("Every level is signed already.", "各级审核均已完成。")
HAND = Text(
    "You have had a hand in this batch: others review and release it.", "您参与过该批次，须由他人审核和放行。"
)
_TWICE = Text(
    "You have signed a level of it: another person signs the next.", "您已签署其中一级，下一级须由他人签署。"
)
_ALONE = Text(
    "Nobody but you has reviewed it: another person releases it.", "该批次仅由您审核，须由他人放行。"
)
OWN = frozenset({HAND, _TWICE, _ALONE})
"""What is against a person, and not against the time."""


def levels(told: Told, rule: Levels) -> int:
    """Say how many persons review it: more where there is key data."""
    grades = {zone["grade"] for zone in told["zones"]}
    return rule.key_levels if grades & {grade.value for grade in rule.key_grades} else rule.levels


def valid(case: Case) -> list[BatchReview]:
    """Give the reviews that hold: those of today's content, as often as levels are needed at most."""
    return [one for one in case.reviews if one.sha256 == case.sha256][: case.needed]


def standing(case: Case) -> ReviewStanding:
    """Say how far the review has come."""
    if case.told["batch"]["ended_at"] is None:
        return ReviewStanding.RUNNING
    if case.releases and case.releases[-1].sha256 == case.sha256:
        return ReviewStanding(case.releases[-1].outcome)
    signed = len(valid(case))
    if signed:
        return ReviewStanding.REVIEWED if signed >= case.needed else ReviewStanding.IN_REVIEW
    return ReviewStanding.REOPENED if case.releases or case.reviews else ReviewStanding.OPEN


def matters(told: Told) -> list[Matter]:
    """Give what a deviation has to cover: what is missing, action alarms, plates and tests that are not in order."""
    found = {(one.kind, one.id, one.at): one for one in _matters(told)}
    return [_settled(one, told["deviations"]) for one in found.values()]


def in_the_way(case: Case) -> list[Obstacle]:
    """Give what is in the way of any review: all has to be settled first, for what is settled later voids it."""
    if case.told["batch"]["ended_at"] is None:
        return [Obstacle(ObstacleKind.RUNS, case.told["batch"]["id"], _RUNS)]
    unsettled = [one for one in matters(case.told) if not one.is_settled]
    still_open = [one for one in case.told["deviations"] if one["state"] != "closed"]
    return [
        *(Obstacle(ObstacleKind.UNSETTLED, one.id, one.text) for one in unsettled if not one.deviation),
        *(Obstacle(ObstacleKind.DEVIATION, one["number"], _not_closed(one)) for one in still_open),
    ]


def in_the_way_of_release(case: Case) -> list[Obstacle]:
    """Give what is in the way of the release: beside all that, levels that are missing and the book unread."""
    found = in_the_way(case)
    missing = case.needed - len(valid(case))
    if missing > 0:
        text = Text(f"Levels of review still to sign: {missing}.", f"尚缺{missing}级审核签名。")
        found.append(Obstacle(ObstacleKind.LEVELS, str(missing), text))
    lines = sum(one.lines for one in case.unreviewed)
    if lines:
        text = Text(
            f"Lines of the audit trail in the batch's time that nobody has reviewed: {lines}.",
            f"批次期间有{lines}条审计记录尚未审核。",
        )
        found.append(Obstacle(ObstacleKind.BOOK, "", text))
    return found


def hands(told: Told) -> frozenset[str]:
    """Name who has had a hand in a batch, in small letters: they neither review nor release it.

    Whoever began, advanced or ended it, agreed to pass over what was not ready, changed the plant meanwhile,
    acknowledged or hid an alarm, confirmed or ended a protective action, took, read or verified a plate, did or
    confirmed a test, or assessed a deviation.
    """
    sections = ("batch", "alarms", "hidden", "actions", "viable", "tests", "deviations")
    found = {name for section in sections for name in _names(told[section])}
    found |= set(_names(told["plant"]["changes"]))
    begins, ends = told["batch"]["started_at"], told["told_at"]
    within = [one for one in told["plant"]["versions"] if begins <= one["since"] < ends]
    found |= set(_names(within))
    found |= {one["who"] for one in told["signatures"] if one["id"] == told["batch"]["signature"]}
    return frozenset(name.lower() for name in found if name)


def against_review(case: Case, person: str, also: frozenset[str] = frozenset()) -> Text | None:
    """Say why a person may not sign the next level; None: nothing is against it.

    Args:
        case: the batch.
        person: whose role has the right.
        also: further persons, in small letters, who had a hand in it.
    """
    stands = standing(case)
    if stands is ReviewStanding.RUNNING:
        return _RUNS
    if stands in {ReviewStanding.RELEASED, ReviewStanding.REJECTED}:
        return _DECIDED
    if stands is ReviewStanding.REVIEWED:
        return _NOTHING_LEFT
    if found := in_the_way(case):
        return found[0].text
    return against(case, person, also) or (_TWICE if person.lower() in _reviewers(case) else None)


def against_release(
    case: Case, person: str, outcome: Decision, also: frozenset[str] = frozenset()
) -> Text | None:
    """Say why a person may not decide so; None: nothing is against it. Rejecting waits for nothing but the end.

    Who signed one of several levels may release: nobody releases what nobody else has reviewed.

    Args:
        case: the batch.
        person: whose role has the right.
        outcome: what is to be decided.
        also: further persons, in small letters, who had a hand in it.
    """
    stands = standing(case)
    if stands is ReviewStanding.RUNNING:
        return _RUNS
    if stands in {ReviewStanding.RELEASED, ReviewStanding.REJECTED}:
        return _DECIDED
    if outcome is Decision.REJECTED:
        return against(case, person, also)
    if found := in_the_way_of_release(case):
        return found[0].text
    return against(case, person, also) or (_ALONE if _reviewers(case) <= {person.lower()} else None)


def against(case: Case, person: str, also: frozenset[str] = frozenset()) -> Text | None:
    """Say whether a person had a hand in the batch; None: no."""
    return HAND if person.lower() in hands(case.told) | also else None


def _reviewers(case: Case) -> set[str]:
    return {one.who.lower() for one in valid(case)}


def _matters(told: Told) -> Iterator[Matter]:
    """Give what is outside its limits first, then what is missing: most of that only waits for its time."""
    labels = {one["id"]: one["label"] for one in told["channels"]}
    for one in told["alarms"]:
        # That something was silent is told by the gaps that it leaves.
        is_silence = not one["channel"] and one["id"].endswith(SILENT)
        if one["level"] == "action" and not one["explained"] and not is_silence:
            named = labels.get(one["channel"], {"en": one["id"], "zh": one["id"]})
            text = Text(f"Action alarm: {named['en']}.", f"纠偏限报警：{named['zh']}。")
            yield Matter(AboutKind.ALARM, one["id"], datetime.fromisoformat(one["raised_at"]), text)
    for one in told["viable"]:
        if one["verdict"] == "action":
            text = Text(f"Plate {one['code']} is outside its limit.", f"平皿{one['code']}超出限度。")
            yield Matter(AboutKind.PLATE, one["code"], None, text)
    for one in told["tests"]:
        if one["outcome"] == "failed":
            text = Text(f"Test {one['number']} has failed.", f"第{one['number']}号测试未通过。")
            yield Matter(AboutKind.TEST, str(one["number"]), None, text)
    for one in told["lacks"]:
        if one["kind"] != _OPEN:
            yield _of_lack(one)


def _of_lack(one: Told) -> Matter:
    """Tell of a lack, under an id that no other finding has; the lack's own is signed, and stays as it is."""
    kind, id_ = _OF_LACK.get(one["kind"], AboutKind.OTHER), one["id"]
    if "/" not in id_ or one["kind"] not in _FINDING:
        return Matter(kind, id_, None, Text(**one["text"]))
    return Matter(kind, f"{id_}/{_FINDING[one['kind']]}", None, Text(**one["text"]), formerly=id_)


def _settled(one: Matter, deviations: Sequence[Told]) -> Matter:
    """Find the deviation that covers a matter; of several a closed one."""
    covering = [each for each in deviations if any(_is_about(about, one) for about in each["about"])]
    best = min(covering, key=lambda each: each["state"] != "closed", default=None)
    if best is None:
        return one
    return replace(one, deviation=best["number"], is_settled=best["state"] == "closed")


def _is_about(about: Told, one: Matter) -> bool:
    if about["kind"] != one.kind or about["id"] not in {one.id, one.formerly or one.id}:
        return False
    return one.at is None or (about["at"] is not None and datetime.fromisoformat(about["at"]) == one.at)


def _not_closed(deviation: Told) -> Text:
    number = deviation["number"]
    return Text(f"{number} is not closed.", f"{number}尚未关闭。")


def _names(value: Any) -> Iterator[str]:  # noqa: ANN401 - JSON
    """Find whoever is named as having done something, wherever that stands."""
    if isinstance(value, list):
        for one in value:
            yield from _names(one)
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            if isinstance(inner, str) and _is_hand(key):
                yield from inner.split(", ")
            else:
                yield from _names(inner)


def _is_hand(key: str) -> bool:
    return key in {"who", "second"} or (key.endswith("_by") and key not in _NOT_HANDS)
