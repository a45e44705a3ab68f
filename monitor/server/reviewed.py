"""What is said of a batch's review: how it stands, what is in the way, and what was signed."""

from collections.abc import Sequence
from typing import Annotated, Any, TypeAlias

from pydantic import BaseModel, ConfigDict, StringConstraints

from config.model import Text
from monitor.records.review import (
    Case,
    Matter,
    ObstacleKind,
    ReviewStanding,
    in_the_way_of_release,
    matters,
    standing,
)
from monitor.server.asked import Prose
from monitor.server.messages import shown
from monitor.server.signatures import Signing
from monitor.server.written import AT, Label, Noun, Time
from monitor.store.batch_reviews import BatchRelease, BatchReview, Decision, Reopened
from monitor.store.deviations import AboutKind

SHA256 = "9f2c0a1b5e7d4c36" * 4
Hash: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]

_TEXT = {"en": "Plate V000043-66 is not approved yet (read).", "zh": "平皿V000043-66尚未批准（已读数）。"}
_MISSING = {"en": "Levels of review still to sign: 2.", "zh": "尚缺2级审核签名。"}
_SIGNED = {
    "who": "wang",
    "at": AT,
    "comment": "",
    "signature": "5f0c2a7be1d94c36",
    "sha256": SHA256,
    "holds": True,
}
_MATTER = {
    "kind": "plate",
    "id": "V000043-66",
    "at": None,
    "text": _TEXT,
    "deviation": "DEV-2026-0001",
    "is_settled": False,
}
STANDING: dict[str, Any] = {
    "batch": "MSC-2026-014",
    "standing": "in_review",
    "sha256": SHA256,
    "needed": 3,
    "reviews": [{"level": 1, **_SIGNED}],
    "releases": [],
    "reopened": [{"at": AT, "who": "sun", "reason": "plate V000044-63 was read"}],
    "matters": [_MATTER],
    "in_the_way": [{"kind": "levels", "id": "2", "text": _MISSING}],
    "hands": ["li", "wang"],
    "against_review": None,
    "against_release": _MISSING,
    "against_rejection": None,
}  # fmt: skip


class SignedReview(BaseModel):
    """One level that was signed; `holds`: what was signed is what stands there today."""

    model_config = shown({"level": 1, **_SIGNED})

    level: int
    who: str
    at: Time
    comment: str
    signature: str
    sha256: str
    holds: bool


class SignedRelease(BaseModel):
    """One decision that was signed; `holds` as of a level."""

    model_config = shown({"outcome": "released", **_SIGNED})

    outcome: Decision
    who: str
    at: Time
    comment: str
    signature: str
    sha256: str
    holds: bool


class LateResult(Noun):
    """Something came after the batch had ended, or after it was signed."""

    at: Time
    who: str
    reason: str


class OneMatter(Noun):
    """Something that a deviation has to cover: which one does (`deviation`, ""), and whether that is closed."""

    model_config = ConfigDict(from_attributes=True) | shown(_MATTER)

    kind: AboutKind
    id: str
    at: Time | None
    text: Label
    deviation: str
    is_settled: bool


class OneObstacle(Noun):
    """One thing in the way of the release."""

    kind: ObstacleKind
    id: str
    text: Label


class BatchStanding(BaseModel):
    """How the review of a batch stands. `sha256` is of what would be signed now; a signature names it.

    `hands` had a hand in the batch, in small letters, and sign nothing. `against_…` says why who asks may not do that;
    null: nothing is against it.
    """

    model_config = shown(STANDING)

    batch: str
    standing: ReviewStanding
    sha256: str
    needed: int
    reviews: list[SignedReview]
    releases: list[SignedRelease]
    reopened: list[LateResult]
    matters: list[OneMatter]
    in_the_way: list[OneObstacle]
    hands: list[str]
    against_review: Label | None
    against_release: Label | None
    against_rejection: Label | None


class NewBatchReview(BaseModel):
    """A level that is signed for the content of that `sha256`."""

    model_config = shown(
        {
            "sha256": SHA256,
            "comment": "",
            "signature": {"password": "correct horse battery staple", "meaning": "review"},
        }
    )

    sha256: Hash
    comment: Prose = ""
    signature: Signing


class NewBatchRelease(BaseModel):
    """A decision that is signed for the content of that `sha256`; a rejection says why."""

    model_config = shown(
        {
            "outcome": "released",
            "sha256": SHA256,
            "comment": "",
            "signature": {"password": "correct horse battery staple", "meaning": "approval"},
        }
    )

    outcome: Decision
    sha256: Hash
    comment: Prose = ""
    signature: Signing


def standing_told(
    batch: str,
    case: Case,
    hands: frozenset[str],
    reopened: Sequence[Reopened],
    against: Sequence[Text | None],
) -> BatchStanding:
    """Write how a review stands.

    Args:
        batch: its id.
        case: the batch before its reviewers.
        hands: who had a hand in it, in small letters.
        reopened: what came late.
        against: why who asks may not review, release, reject.
    """
    review, release, rejection = (one if one is None else Label.model_validate(one) for one in against)
    return BatchStanding(
        batch=batch,
        standing=standing(case),
        sha256=case.sha256,
        needed=case.needed,
        reviews=[SignedReview(level=one.level, **_signed(one, case.sha256)) for one in case.reviews],
        releases=[SignedRelease(outcome=one.outcome, **_signed(one, case.sha256)) for one in case.releases],
        reopened=[LateResult.model_validate(one) for one in reopened],
        matters=[OneMatter.model_validate(one) for one in _worst_first(matters(case.told))],
        in_the_way=[OneObstacle.model_validate(one) for one in in_the_way_of_release(case)],
        hands=sorted(hands),
        against_review=review,
        against_release=release,
        against_rejection=rejection,
    )


def _signed(one: BatchReview | BatchRelease, today: str) -> dict[str, Any]:
    said = {name: getattr(one, name) for name in ("who", "at", "comment", "signature", "sha256")}
    return said | {"holds": one.sha256 == today}


def _worst_first(every: Sequence[Matter]) -> list[Matter]:
    """Order matters: those that nothing covers, those whose deviation is open, those that are settled."""
    return sorted(every, key=lambda one: (one.is_settled, one.deviation != ""))
