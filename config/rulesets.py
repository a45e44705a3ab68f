"""Rulesets: limits as authorities print them, and of particles the strictest of several for one place."""

import math
from collections.abc import Iterable, Iterator
from pathlib import Path

from config.checked import check
from config.faults import Fault
from config.model import Grade, Occupancy
from config.profile import text_of
from config.rules import Basis, Cell, Ruleset, ViableCell, Word
from config.sampling import SampleKind
from config.source import Source
from config.written_ruleset import WrittenRuleset

ISO_EXPONENT = 2.08
ISO_SIZE_UM = 0.1
"""ISO 14644-1:2015, formula (1): Cn = 10^N x (0.1 / D)^2.08, D in um."""
ISO_DIGITS = 3
"""The same: the figure is rounded to the nearest whole number, using no more than three significant figures."""


def make_ruleset(source: Source, faults: list[Fault]) -> Ruleset | None:
    """Make a ruleset of its file; what is wrong is added to `faults`, and then there is none."""
    before = len(faults)
    checked = check(WrittenRuleset, source, source.data, faults)
    written = checked.written
    if len(faults) > before or not isinstance(written, WrittenRuleset):
        return None
    if written.ruleset != Path(source.file).stem:
        stem = Path(source.file).stem
        faults.append(
            source.fault(
                f"ruleset {written.ruleset!r} stands in {stem}.yaml; write ruleset: {stem}", "ruleset"
            )
        )
    particles: dict[Grade, dict[Occupancy, dict[float, Cell]]] = {}
    for (grade, occupancy, size_um), cell, keys in _cells(written):
        sizes = particles.setdefault(grade, {}).setdefault(occupancy, {})
        if size_um in sizes:
            what = f"grade {grade}, {occupancy}, {size_um:g} um stands twice; leave one of them out"
            faults.append(source.fault(what, *keys))
        sizes.setdefault(size_um, cell)
    return Ruleset(
        id=written.ruleset,
        label=text_of(written.label),
        purpose=written.purpose,
        source=written.source,
        is_in_force=written.in_force,
        particles=particles,
        viable=_viable(written, source, faults),
    )


def _viable(
    written: WrittenRuleset, source: Source, faults: list[Fault]
) -> dict[Grade, dict[SampleKind, ViableCell]]:
    viable: dict[Grade, dict[SampleKind, ViableCell]] = {}
    for place, one in enumerate(written.viable):
        kinds = viable.setdefault(one.grade, {})
        if one.kind in kinds:
            what = f"grade {one.grade}, {one.kind} stands twice; leave one of them out"
            faults.append(source.fault(what, "viable", place))
        value = one.cfu_below if one.cfu_max is None else one.cfu_max
        assert value is not None  # noqa: S101 - the model has seen that one of the two is there
        kinds[one.kind] = ViableCell(value, one.rule, one.source, one.evidence, one.cfu_max is None)
    return viable


def _cells(
    written: WrittenRuleset,
) -> Iterator[tuple[tuple[Grade, Occupancy, float], Cell, tuple[str, int]]]:
    for place, cell in enumerate(written.particles):
        key = (cell.grade, cell.occupancy, cell.size_um)
        yield key, Cell(cell.per_m3, cell.source, cell.evidence), ("particles", place)
    for place, one in enumerate(written.classes):
        for size_um in one.sizes_um:
            per_m3 = iso_14644_1(one.iso_class, size_um)
            yield (
                (one.grade, one.occupancy, size_um),
                Cell(per_m3, one.source, "calculated"),
                ("classes", place),
            )


def iso_14644_1(iso_class: float, size_um: float) -> float:
    """Return the particles/m3 of `size_um` and larger that a class permits, to three significant figures.

    Raises nothing; ISO 14644-1:2015 itself uses it for classes 1 to 9 and 0.1 to 5 um.
    """
    exact = 10**iso_class * (ISO_SIZE_UM / size_um) ** ISO_EXPONENT
    digits = ISO_DIGITS - 1 - math.floor(math.log10(exact))
    return float(round(exact, min(digits, 0)))


def bases(
    rulesets: Iterable[Ruleset], grade: Grade, occupancy: Occupancy, size_um: float
) -> tuple[Basis, ...]:
    """Return the cell of each ruleset that has one for this place, words included."""
    found = ((one, one.particles.get(grade, {}).get(occupancy, {}).get(size_um)) for one in rulesets)
    return tuple(Basis(one.id, occupancy, cell) for one, cell in found if cell is not None)


def strictest(found: Iterable[Basis]) -> float | None:
    """Return the lowest figure; None if no ruleset prints one: a word is neither zero nor infinity."""
    return min((one.cell.value for one in found if not isinstance(one.cell.value, Word)), default=None)
