"""Plates for tests: a plan, and lives of plates with little typing."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from config.model import Grade, Text
from config.plant import Plant
from config.rules import ViableCell, Word
from config.sampling import Incubation, Rule, SampleKind
from monitor.records.plates.life import ViableResult
from monitor.records.plates.recovery import RecoveryRate, rate
from monitor.store.viable import Aim, Draft, Plan, Sample, State, Step

AT = datetime(2026, 3, 1, 8, tzinfo=UTC)
DAYS = (Incubation(30, 35, 2, 5),)
EU_B, CN_B = (
    Aim(name, ViableCell(10.0, rule, "table", "primary"))
    for name, rule in (("eu", Rule.EACH), ("cn", Rule.AVERAGE))
)
NONE = Aim("eu", ViableCell(0.0, Rule.EACH, "table", "primary"))
LESS_THAN_1 = Aim("cn", ViableCell(1.0, Rule.AVERAGE, "table", "memory", is_below=True))
SAYS_NOTHING = Aim("eu", ViableCell(Word.NOT_SPECIFIED, Rule.EACH, "table", "primary"))
PLAN = Plan(Text("Left of the door", "门左侧"), "TSA", DAYS, (EU_B, CN_B), alert=5, volume_l=1000)


def draft(**changes: Any) -> Draft:
    """An active-air sample of a batch in a grade B room; what is said otherwise is otherwise."""
    facts: dict[str, Any] = {
        "position": "CORE-AIR-1",
        "place": 1,
        "zone": "CORE",
        "grade": Grade.B,
        "kind": SampleKind.ACTIVE_AIR,
        "occasion": "B-1/fill",
        "planned_at": AT,
        "plan": PLAN,
        "batch": "B-1",
        "stage": "fill",
    }
    return Draft(**(facts | changes))


def step(state: State, who: str, after: timedelta = timedelta(), reason: str = "", **facts: Any) -> Step:
    """One step, so long after AT."""
    return Step(state, AT + after, who, facts, reason)


def hours(count: float) -> timedelta:
    """So many hours."""
    return timedelta(hours=count)


def when(after: timedelta) -> str:
    """A time as JSON has it."""
    return (AT + after).isoformat()


OPEN: dict[str, Any] = {"from": when(hours(0.5)), "until": when(hours(1)), "volume_l": 1000.0}
EXPOSED = step(State.EXPOSED, "li", hours(1), **OPEN)
INCUBATING = step(State.INCUBATING, "li", hours(2), step=1, lot="TSA-26-07", celsius=32.5)


READ_AFTER = hours(60)


def read(
    cfu: int | None, who: str = "li", after: timedelta = READ_AFTER, reason: str = "", **facts: Any
) -> Step:
    """A reading; None: too many to count."""
    counted = {"too_many": True} if cfu is None else {"cfu": cfu}
    return step(State.READ, who, after, reason, **counted, **facts)


VERIFIED, APPROVED = step(State.VERIFIED, "wang", hours(61)), step(State.APPROVED, "qian", hours(62))


def sample(*steps: Step, number: int = 1, **changes: Any) -> Sample:
    """A plate with these steps."""
    return Sample(number, f"V{number:06d}-00", draft(**changes), "li", steps)


def counted(cfu: int | None, *, number: int = 1, approved: bool = True, **changes: Any) -> Sample:
    """A plate that was exposed, incubated, read, and verified and approved by others."""
    named: dict[str, Any] = (
        {"organism": "Gram-positive coccus", "species": "Staphylococcus epidermidis"} if cfu != 0 else {}
    )
    done = (EXPOSED, INCUBATING, read(cfu, **named), *((VERIFIED, APPROVED) if approved else ()))
    return sample(*done, number=number, **changes)


def recovery_rates(plant: Plant, results: Iterable[ViableResult]) -> list[RecoveryRate]:
    """Reckon the rates by zone and kind, plate by plate, to hold against what the database counts."""
    taken: Counter[tuple[str, SampleKind]] = Counter()
    grown: Counter[tuple[str, SampleKind]] = Counter()
    for one in results:
        if one.read_at is None or one.state in {State.QUARANTINED, State.REJECTED}:
            continue
        taken[one.zone, one.kind] += 1
        grown[one.zone, one.kind] += one.is_too_many or bool(one.cfu)
    return [rate(plant, zone, kind, n, grown[zone, kind]) for (zone, kind), n in sorted(taken.items())]
