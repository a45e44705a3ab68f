"""Particle limits as authorities print them, the strictest of several, and what a site may make of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.load import GRADES_DIR, Fault, load
from config.model import Grade, Occupancy, Text
from config.rules import Basis, Bounds, Cell, Priority, Ruleset, ViableCell, Word
from config.rulesets import bases, iso_14644_1, make_ruleset, strictest
from config.sampling import Rule, SampleKind
from config.source import read
from tests.config.conftest import Copy

ISO = """
ruleset: iso
label: {en: ISO, zh: ISO}
purpose: classification
source: ISO 14644-1:2015
in_force: true
formula: iso14644_1
classes:
  - {grade: A, occupancy: at_rest, iso_class: 5, sizes_um: [0.5], source: formula (1)}
  - {grade: C, occupancy: at_rest, iso_class: 7, sizes_um: [0.5, 5.0], source: formula (1)}
particles:
  - {grade: A, occupancy: at_rest, size_um: 5.0, per_m3: not_specified, source: "Table 1, note d", evidence: primary}
"""


def ruleset(name: str) -> Ruleset:
    source = read(GRADES_DIR / f"{name}.yaml", [])
    assert source is not None
    made = make_ruleset(source, [])
    assert made is not None
    return made


@pytest.mark.parametrize(
    ("iso_class", "size_um", "per_m3"),
    [
        # ISO 14644-1:2015, Table 1.
        (1, 0.1, 10), (2, 0.2, 24), (3, 0.2, 237), (3, 0.5, 35), (4, 0.3, 1020), (4, 1.0, 83), (5, 0.3, 10_200),
        (5, 0.5, 3520), (5, 1.0, 832), (6, 0.5, 35_200), (6, 5.0, 293), (7, 0.5, 352_000), (7, 5.0, 2930),
        (8, 0.5, 3_520_000), (8, 5.0, 29_300), (9, 1.0, 8_320_000), (9, 5.0, 293_000),
    ],
)  # fmt: skip
def test_the_formula_gives_the_table_that_iso_prints(iso_class: float, size_um: float, per_m3: float) -> None:
    assert iso_14644_1(iso_class, size_um) == per_m3


def test_classes_become_cells_beside_those_written_out(copy: Copy) -> None:
    (copy.grades / "iso.yaml").write_text(ISO, encoding="utf-8")
    source = read(copy.grades / "iso.yaml", [])
    assert source is not None
    made = make_ruleset(source, [])
    assert made is not None
    assert made.particles == {
        Grade.A: {
            Occupancy.AT_REST: {
                0.5: Cell(3520, "formula (1)", "calculated"),
                5.0: Cell(Word.NOT_SPECIFIED, "Table 1, note d", "primary"),
            }
        },
        Grade.C: {
            Occupancy.AT_REST: {
                0.5: Cell(352_000, "formula (1)", "calculated"),
                5.0: Cell(2930, "formula (1)", "calculated"),
            }
        },
    }


@pytest.mark.parametrize(
    ("grade", "occupancy", "size_um", "per_m3"),
    [
        (Grade.A, Occupancy.IN_OPERATION, 5.0, 20),
        (Grade.A, Occupancy.IN_OPERATION, 0.5, 3520),
        (Grade.B, Occupancy.IN_OPERATION, 5.0, 2900),
        (Grade.B, Occupancy.AT_REST, 5.0, 29),
        (Grade.D, Occupancy.IN_OPERATION, 0.5, None),
        (Grade.CNC, Occupancy.IN_OPERATION, 0.5, None),
    ],
)
def test_the_strictest_of_the_eu_and_china(
    grade: Grade, occupancy: Occupancy, size_um: float, per_m3: float | None
) -> None:
    both = [ruleset("eu_annex1_2022_monitoring"), ruleset("cn_gmp_2010_annex1")]
    assert strictest(bases(both, grade, occupancy, size_um)) == per_m3


@given(st.lists(st.floats(0, 1e7) | st.sampled_from(Word), max_size=6))
def test_the_strictest_is_never_laxer_than_any_and_one_of_them(values: list[float | Word]) -> None:
    found = [Basis(str(n), Occupancy.AT_REST, Cell(value, "", "primary")) for n, value in enumerate(values)]
    figures = [value for value in values if not isinstance(value, Word)]
    strict = strictest(found)
    assert (strict is None) == (not figures)
    assert strict is None or (strict in figures and all(strict <= figure for figure in figures))


@given(st.lists(st.dictionaries(st.sampled_from(Grade), st.floats(0, 1e7)), max_size=4))
def test_one_more_ruleset_never_makes_a_limit_laxer(tables: list[dict[Grade, float]]) -> None:
    rulesets = [
        Ruleset(
            str(n),
            Text("", ""),
            "monitoring",
            "",
            True,
            {grade: {Occupancy.AT_REST: {0.5: Cell(value, "", "memory")}} for grade, value in table.items()},
        )
        for n, table in enumerate(tables)
    ]
    for n in range(len(rulesets)):
        fewer = strictest(bases(rulesets[:n], Grade.A, Occupancy.AT_REST, 0.5))
        more = strictest(bases(rulesets[: n + 1], Grade.A, Occupancy.AT_REST, 0.5))
        assert fewer is None or (more is not None and more <= fewer)


def test_a_limit_takes_its_figures_from_the_rulesets_and_says_which(ruled: Copy) -> None:
    limits = {limit.id: limit for limit in ruled.load().limits}
    a5 = limits["PC-L1/rolling_5_0/action"]
    assert (a5.high, a5.at_rest, a5.priority) == (20, None, Priority.CRITICAL)
    assert [(one.ruleset, one.occupancy, one.cell.value) for one in a5.basis] == [
        ("eu_annex1_2022_monitoring", Occupancy.IN_OPERATION, 29),
        ("cn_gmp_2010_annex1", Occupancy.IN_OPERATION, 20),
        ("eu_annex1_2022_monitoring", Occupancy.AT_REST, 29),
        ("cn_gmp_2010_annex1", Occupancy.AT_REST, 20),
    ]
    b5 = limits["PC-L2/rolling_5_0/action"]
    assert (b5.high, b5.at_rest, b5.priority) == (2930, Bounds(None, 29), Priority.HIGH)
    site = limits["PC-D/rolling_0_5/action"]
    assert (site.high, site.at_rest) == (3_000_000, None)
    assert Word.NOT_PREDETERMINED in {one.cell.value for one in site.basis}


def test_a_site_value_above_what_holds_at_rest_gives_way_to_it_there(ruled: Copy) -> None:
    ruled.change("rules.yaml", "action: {high: 3000000}", "action: {high: 9000000}")
    limits = {limit.id: limit for limit in ruled.load().limits}
    assert limits["PC-D/rolling_0_5/action"].high == 9_000_000
    assert limits["PC-D/rolling_0_5/action"].at_rest == Bounds(None, 3_520_000)


def test_a_site_value_that_is_equal_passes_and_one_above_does_not(ruled: Copy) -> None:
    ruled.change("rules.yaml", "action: {high: ruleset}", "action: {high: 20}")
    assert ruled.faults() == ()
    ruled.change("rules.yaml", "action: {high: 20}", "action: {high: 20.5}")
    (fault,) = ruled.faults()
    assert "high 20.5 is laxer than 20 of cn_gmp_2010_annex1" in fault.message


def test_any_byte_of_a_used_ruleset_changes_the_hash_and_of_another_one_does_not(ruled: Copy) -> None:
    before = ruled.load().sha256
    unused = ruled.grades / "fda_2004.yaml"
    unused.write_bytes(unused.read_bytes() + b"# a\n")
    assert ruled.load().sha256 == before
    used = ruled.grades / "cn_gmp_2010_annex1.yaml"
    used.write_bytes(used.read_bytes() + b"# a\n")
    assert ruled.load().sha256 != before


def test_a_plant_without_rulesets_needs_none(copy: Copy) -> None:
    (copy.plant / "judging.yaml").unlink(missing_ok=True)
    plant = load(copy.plant, copy.profiles, copy.grades)
    assert plant.rulesets == {}
    assert all(zone.rulesets == () for zone in plant.zones.values())


AIR_SETTLE_CONTACT_GLOVE: dict[Grade, tuple[float | Word, ...]] = {
    Grade.A: (0, 0, 0, 0),
    Grade.B: (10, 5, 5, 5),
    Grade.C: (100, 50, 25, Word.NOT_SPECIFIED),
    Grade.D: (200, 100, 50, Word.NOT_SPECIFIED),
}
"""EU GMP Annex 1 (2022), Table 6; 0 is its "no growth"."""


@pytest.mark.parametrize("name", ["eu_annex1_2022_monitoring", "eu_annex1_2022_classification"])
def test_the_eu_limits_the_microbes_of_each_plate(name: str) -> None:
    viable = ruleset(name).viable
    cells = [cell for kinds in viable.values() for cell in kinds.values()]
    assert {grade: tuple(viable[grade][kind].value for kind in SampleKind) for grade in viable} == (
        AIR_SETTLE_CONTACT_GLOVE
    )
    assert {(cell.rule, cell.is_below, cell.evidence) for cell in cells} == {(Rule.EACH, False, "primary")}


def test_china_limits_averages_and_says_less_than_one_for_grade_a() -> None:
    viable = ruleset("cn_gmp_2010_annex1").viable
    less_than_1 = ViableCell(1, Rule.AVERAGE, "Annex 1, article 11", "memory", is_below=True)
    assert [viable[Grade.A][kind] for kind in SampleKind] == [less_than_1] * 4
    for grade in (Grade.B, Grade.C, Grade.D):
        values = tuple(viable[grade][kind].value for kind in SampleKind)
        assert values == AIR_SETTLE_CONTACT_GLOVE[grade]
        assert {(cell.rule, cell.is_below) for cell in viable[grade].values()} == {(Rule.AVERAGE, False)}


@pytest.mark.parametrize(
    ("new", "says"),
    [
        ("kind: settle, cfu_max: 0", "grade A, settle stands twice; leave one of them out"),
        ("kind: active_air, rule: each", "has neither cfu_max nor cfu_below, or both; write one of them"),
        ("kind: active_air, cfu_max: 0, cfu_below: 1", "has neither cfu_max nor cfu_below, or both"),
        (
            "kind: active_air, cfu_max: none",
            "cfu_max: is neither a figure nor one of the two words; write a number",
        ),
    ],
)
def test_a_cell_of_microbes_has_its_faults(copy: Copy, new: str, says: str) -> None:
    file = copy.grades / "eu_annex1_2022_monitoring.yaml"
    old = "grade: A, kind: active_air, cfu_max: 0" + ", rule: each" * ("rule" in new)
    line = copy.change(file.name, old, f"grade: A, {new}")
    faults: list[Fault] = []
    source = read(file, faults)
    assert source is not None
    make_ruleset(source, faults)
    assert [says in fault.message for fault in faults] == [True]
    assert faults[0].line in {line, line + 1}
