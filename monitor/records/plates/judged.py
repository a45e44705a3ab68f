"""Plates held against their limits: each by itself, and the average of one zone, kind and occasion. Pure.

Both rules are reckoned side by side, for texts differ (EU GMP Annex 1 of 2022: each plate; China GMP 2010, Annex 1,
article 11, note 1: the average). A plate that is not read, in quarantine or rejected is no zero: it leaves open what
it might change.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from config.model import Grade
from config.plant import Plant
from config.rules import ViableCell, Word
from config.sampling import Position, Rule, SampleKind
from monitor.records.plates.life import Plate
from monitor.records.verdicts import BY_WEIGHT, Verdict
from monitor.store.viable import Aim, Plan, State

SETTLE_S = 4 * 3600.0
"""A settle plate's figure is for four hours (EU GMP Annex 1, Table 6; China GMP 2010, Annex 1, article 11)."""
SLIP_S = 900.0
"""By how much plates may lie open longer together, or one by itself, until that counts: nobody closes one to the second
(demo proposal)."""
EVER = datetime.min.replace(tzinfo=UTC)
NO_GROWTH = ViableCell(
    0.0, Rule.EACH, "EU GMP Annex 1 (2022), Table 6: in grade A any growth is investigated", "primary"
)
SITE = "the site's own limit"


@dataclass(frozen=True, slots=True)
class Judged:
    """A plate held against one limit.

    Attributes:
        value: what counts, in the unit of the kind; None: nobody can say yet.
        verdict: INCOMPLETE where the value is not known; a value that is too much already is not left open.
    """

    aim: Aim
    value: float | None
    verdict: Verdict


def aims_of(plant: Plant, position: Position) -> tuple[Aim, ...]:
    """Give every limit that holds at a position: of the zone's rulesets, of Grade A, and the site's own."""
    zone = plant.zones[position.zone]
    found = []
    for name in zone.rulesets:
        cell = plant.rulesets[name].viable.get(zone.grade, {}).get(position.kind)
        if cell is not None:
            found.append(Aim(name, cell))
    if zone.grade is Grade.A and not any(aim.cell.rule is Rule.EACH and aim.cell.value == 0 for aim in found):
        found.append(Aim("", NO_GROWTH))
    if position.action is not None:
        found.append(Aim("", ViableCell(position.action, Rule.EACH, SITE, "site")))
    return tuple(found)


def plan_of(plant: Plant, position: Position) -> Plan:
    """Write down what holds at a position today, for the plates that are planned today."""
    return Plan(
        label=position.label,
        medium=position.medium,
        incubation=position.incubation,
        aims=aims_of(plant, position),
        alert=position.alert,
        volume_l=position.volume_l,
        exposure_max_s=position.exposure_max_s,
        device=position.device,
    )


def value_of(plate: Plate) -> float | None:
    """Give what a plate says, in the unit of its kind: infinite if nobody can count it; None: it says nothing."""
    if not plate.has_result or plate.reading is None:
        return None
    facts = plate.reading.facts
    if facts.cfu is None:
        return math.inf
    if plate.sample.draft.kind is not SampleKind.ACTIVE_AIR:
        return float(facts.cfu)
    return facts.cfu * 1000 / plate.volume_l if plate.volume_l else None


def accumulated(plates: Sequence[Plate]) -> float:
    """Give the largest count of plates that took turns at one place and lay open for four hours together at most.

    Args:
        plates: that were read; none: 0.
    """
    in_turn = sorted(plates, key=lambda one: (one.exposed_from or EVER, one.sample.number))
    largest = 0.0
    for last in range(len(in_turn)):
        count = open_s = 0.0
        for plate in reversed(in_turn[: last + 1]):
            open_s += _open_s(plate)
            if open_s > SETTLE_S + SLIP_S and plate is not in_turn[last]:
                break
            count += value_of(plate) or 0.0
        largest = max(largest, count)
    return largest


def average(plates: Iterable[Plate]) -> tuple[float, bool]:
    """Reckon the average of the plates of one zone, kind and occasion.

    Settle plates that took turns at one place are one: the largest count of four hours counts.

    Returns:
        The average, in which what is not known counts as nothing; and whether all is known.
    """
    plates = list(plates)
    if any(plate.sample.draft.kind is not SampleKind.SETTLE for plate in plates):
        places = [[plate] for plate in plates]
    else:
        at: dict[tuple[str, int], list[Plate]] = defaultdict(list)
        for plate in plates:
            at[plate.sample.draft.position, plate.sample.draft.place].append(plate)
        places = list(at.values())
    read = [[plate for plate in one if value_of(plate) is not None] for one in places]
    counts = [
        accumulated(one) if len(one) > 1 else sum(value_of(plate) or 0.0 for plate in one) for one in read
    ]
    return (sum(counts) / len(counts) if counts else 0.0), bool(counts) and read == places


def judge(plate: Plate, occasion: Sequence[Plate]) -> tuple[Judged, ...]:
    """Hold a plate against every figure that its plan names.

    Args:
        plate: one of `occasion`.
        occasion: every plate of its zone, kind and occasion.
    """
    plan = plate.sample.draft.plan
    own = value_of(plate)
    found = []
    for aim in plan.aims:
        if isinstance(aim.cell.value, Word):
            continue
        if aim.cell.rule is Rule.EACH:
            least, is_known = own or 0.0, own is not None
        else:
            least, is_known = average(occasion)
        verdict = Verdict.WITHIN if is_known else Verdict.INCOMPLETE
        if exceeds(least, aim.cell):
            verdict = Verdict.ACTION
        found.append(Judged(aim, least if is_known else None, verdict))
    if plan.alert is not None and own is not None and own > plan.alert:
        alert = Aim("", ViableCell(plan.alert, Rule.EACH, SITE, "site"))
        found.append(Judged(alert, own, Verdict.ALERT))
    return tuple(found)


def exceeds(value: float, cell: ViableCell) -> bool:
    """Say whether a value is too much: more than the figure, or as much where the print says "less than"."""
    assert not isinstance(cell.value, Word)  # noqa: S101 - a word is no figure, and is left out before
    return value >= cell.value if cell.is_below else value > cell.value


def verdicts(plate: Plate, judged: Iterable[Judged]) -> dict[str, Verdict]:
    """Give the worst verdict by rule. What is not approved, or lay open too long, is never within."""
    open_question = plate.state is not State.APPROVED or _lay_too_long(plate)
    least = Verdict.INCOMPLETE if open_question else Verdict.WITHIN
    by_rule: dict[str, list[Verdict]] = defaultdict(lambda: [least])
    for one in judged:
        by_rule[one.aim.cell.rule].append(one.verdict)
    return {rule: worst(found) for rule, found in sorted(by_rule.items())}


def worst(found: Iterable[Verdict]) -> Verdict:
    """Give the worst of several; of none: incomplete, for nobody has said anything."""
    return max(found, key=BY_WEIGHT.index, default=Verdict.INCOMPLETE)


def _lay_too_long(plate: Plate) -> bool:
    most_s = plate.sample.draft.plan.exposure_max_s
    return most_s is not None and _open_s(plate) > most_s + SLIP_S


def _open_s(plate: Plate) -> float:
    if plate.exposed_from is None or plate.exposed_until is None:
        return 0.0
    return (plate.exposed_until - plate.exposed_from).total_seconds()
