"""Bounds that rulesets have a say in: a site may be equal or stricter, never laxer, and a word is no figure."""

from collections.abc import Iterator
from dataclasses import dataclass

from config.formulas import CONCENTRATIONS
from config.model import Grade, Occupancy
from config.parts import Measured, Parts
from config.plant import Zone
from config.rules import Basis, Bounds, Level, Priority
from config.rulesets import bases, strictest
from config.written_rules import RULESET, WrittenBounds, WrittenLimit


@dataclass(frozen=True, slots=True)
class Ruled:
    """The bounds of one limit, and what they rest on. `at_rest` None: the same."""

    bounds: Bounds
    at_rest: Bounds | None
    basis: tuple[Basis, ...] = ()


@dataclass(frozen=True, slots=True)
class Refused:
    """Why bounds cannot stand, and under which keys of the row."""

    message: str
    keys: tuple[str, ...]


def default_priority(level: Level, grade: Grade) -> Priority:
    """Give the priority of a limit whose row says none (demo proposal: ISA-18.2 leaves it to the site)."""
    match level:
        case Level.ACTION if grade is Grade.A:
            return Priority.CRITICAL
        case Level.ACTION:
            return Priority.HIGH if grade is Grade.B else Priority.MEDIUM
        case Level.ALERT if grade in {Grade.A, Grade.B}:
            return Priority.MEDIUM
        case _:
            return Priority.LOW


def rule(written: WrittenLimit, level: Level, on: Measured, parts: Parts) -> Ruled | Refused:
    """Give the bounds of one level of a row on one channel.

    Args:
        written: the row.
        level: alert or action, which the row has.
        on: the channel or derived channel.
        parts: the building, with its zones and rulesets.
    """
    bounds: WrittenBounds = getattr(written, level)
    at_rest: WrittenBounds | None = getattr(written.at_rest, level) if written.at_rest else None
    zone = parts.zones.get(on.zone)
    size_um = _size_um(on)
    if size_um is None or zone is None:
        return next(_no_ruleset(level, bounds, at_rest), None) or Ruled(
            Bounds(bounds.low, bounds.high), Bounds(at_rest.low, at_rest.high) if at_rest else None
        )
    worked = _Place(parts, zone, size_um, Occupancy.IN_OPERATION).high(bounds, (level, "high"))
    rested = _Place(parts, zone, size_um, Occupancy.AT_REST).high(
        at_rest or WrittenBounds.model_construct(low=bounds.low, high=_high(worked)),
        ("at_rest", level, "high"),
        stricter=at_rest is None,
    )
    if isinstance(worked, Refused):
        return worked
    if isinstance(rested, Refused):
        return rested
    low = at_rest.low if at_rest else bounds.low
    differs = at_rest is not None or rested.high != worked.high
    return Ruled(
        Bounds(bounds.low, worked.high),
        Bounds(low, rested.high) if differs else None,
        (*worked.basis, *rested.basis),
    )


def _size_um(on: Measured) -> float | None:
    if on.derived is None or on.derived.formula not in CONCENTRATIONS:
        return None
    return on.derived.parameters.get("size_um")


def _no_ruleset(level: Level, bounds: WrittenBounds, at_rest: WrittenBounds | None) -> Iterator[Refused]:
    for keys, one in (((level,), bounds), (("at_rest", level), at_rest)):
        if one and one.high == RULESET:
            yield Refused(
                "high: ruleset is for derived concentrations in 1/m3 with size_um; write a figure",
                (*keys, "high"),
            )


@dataclass(frozen=True, slots=True)
class _High:
    high: float | None
    basis: tuple[Basis, ...]


def _high(worked: "_High | Refused") -> float | None:
    return worked.high if isinstance(worked, _High) else None


@dataclass(frozen=True, slots=True)
class _Place:
    """What the rulesets of one zone say of one size, in one occupancy."""

    parts: Parts
    zone: Zone
    size_um: float
    occupancy: Occupancy

    def high(
        self, bounds: WrittenBounds, keys: tuple[str, ...], *, stricter: bool = False
    ) -> _High | Refused:
        """Give the upper bound, never laxer than the rulesets; `stricter` takes theirs where it is lower."""
        found = bases(self.parts.rulesets_of(self.zone), self.zone.grade, self.occupancy, self.size_um)
        figure = strictest(found)
        high = bounds.high
        if high == RULESET:
            return Refused(self._undetermined(found), keys) if figure is None else _High(figure, found)
        if figure is not None and high is not None and high > figure:
            return _High(figure, found) if stricter else Refused(self._laxer(high, figure, found), keys)
        return _High(high, found)

    def _undetermined(self, found: tuple[Basis, ...]) -> str:
        where = f"grade {self.zone.grade}, {self.occupancy}, {self.size_um:g} um"
        if not self.zone.rulesets:
            return f"{self.zone.id} has no rulesets; write rulesets for the plant or the zone, or a figure"
        said = ", ".join(f"{one.ruleset}: {one.cell.value}" for one in found) or "no cell"
        remedy = "write a site value with a rationale"
        return f"the rulesets of {self.zone.id} give no figure for {where} ({said}); {remedy}"

    def _laxer(self, high: float, figure: float, found: tuple[Basis, ...]) -> str:
        strict = next(one for one in found if one.cell.value == figure)
        return (
            f"high {high:g} is laxer than {figure:g} of {strict.ruleset}, {strict.cell.source}, in {self.zone.id}"
            f" ({self.occupancy}); write {figure:g} or less"
        )
