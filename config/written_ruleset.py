"""A ruleset as it is written in YAML: limits cell by cell; those of particles also by the formula of ISO 14644-1."""

from typing import Annotated, Literal, TypeAlias

from pydantic import Field, PlainValidator, Strict, model_validator

from config.model import Grade, Occupancy
from config.rules import Word
from config.sampling import Rule, SampleKind
from config.written import Id, Number, Words, Written, WrittenText

Size: TypeAlias = Annotated[Number, Field(ge=0.1, le=5.0)]
"""The sizes that ISO 14644-1 speaks of, in um."""
FIGURE_MAX = 1e15
AnyGrade: TypeAlias = Annotated[Grade, Strict(strict=False)]
AnyOccupancy: TypeAlias = Annotated[Occupancy, Strict(strict=False)]
_OCCUPANCY = "at_rest or in_operation"
_SOURCE = "the clause or table that prints it, for example Table 5 (9.15)"


def _figure_or_word(value: object) -> float | Word:
    if isinstance(value, str) and value in set(Word):
        return Word(value)
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= FIGURE_MAX:
        return float(value)
    raise ValueError(
        "is neither a figure nor one of the two words; write a number, not_specified or not_predetermined"
    )


FigureOrWord: TypeAlias = Annotated[
    float | Word,
    PlainValidator(
        _figure_or_word, json_schema_input_type=float | Literal["not_specified", "not_predetermined"]
    ),
]


class WrittenCell(Written):
    """One cell of a ruleset's table."""

    grade: AnyGrade = Field(description="A, B, C, D or CNC")
    occupancy: AnyOccupancy = Field(description=_OCCUPANCY)
    size_um: Size = Field(description="particles of this size and larger, in um, for example 0.5")
    per_m3: FigureOrWord = Field(description="particles per m3, not_specified or not_predetermined")
    source: Words = Field(description=_SOURCE)
    evidence: Literal["primary", "secondary", "memory", "calculated"] = Field(
        description="how sure it is: primary, secondary, memory or calculated"
    )


class WrittenClass(Written):
    """Which ISO class stands for a grade."""

    grade: AnyGrade = Field(description="A, B, C, D or CNC")
    occupancy: AnyOccupancy = Field(description=_OCCUPANCY)
    iso_class: Annotated[Number, Field(ge=1, le=9, multiple_of=0.5)] = Field(
        description="1 to 9, in steps of 0.5"
    )
    sizes_um: Annotated[list[Size], Field(min_length=1, max_length=10)] = Field(
        description="the sizes that the class has figures for, in um, for example [0.5, 5.0]"
    )
    source: Words = Field(description=_SOURCE)


class WrittenViableCell(Written):
    """One cell of a ruleset's table of microbes: the most that may be counted, or what must not be reached."""

    grade: AnyGrade = Field(description="A, B, C, D or CNC")
    kind: Annotated[SampleKind, Strict(strict=False)] = Field(
        description="active_air (CFU/m3), settle (CFU/4 h, 90 mm), contact (CFU/plate, 55 mm) or glove (CFU/glove)"
    )
    cfu_max: FigureOrWord | None = Field(
        default=None, description="the most that may be counted (0: no growth), or not_specified"
    )
    cfu_below: Annotated[Number, Field(gt=0, le=9999)] | None = Field(
        default=None,
        description="instead of cfu_max: the count must be lower than this; 1 where <1 is printed",
    )
    rule: Annotated[Rule, Strict(strict=False)] = Field(
        description="each: every plate by itself; average: the mean of the plates of one occasion"
    )
    source: Words = Field(description=_SOURCE)
    evidence: Literal["primary", "secondary", "memory"] = Field(
        description="how sure it is: primary, secondary or memory"
    )

    @model_validator(mode="after")
    def _is_one(self) -> "WrittenViableCell":
        if (self.cfu_max is None) == (self.cfu_below is None):
            raise ValueError("has neither cfu_max nor cfu_below, or both; write one of them")
        return self


class WrittenRuleset(Written):
    """Limits of particles and microbes as one authority prints them."""

    ruleset: Id = Field(description="its id: the name of the file without .yaml")
    label: WrittenText = Field(description="its name on screens, {en: …, zh: …}")
    purpose: Literal["monitoring", "classification"] = Field(description="monitoring or classification")
    source: Words = Field(description="the text and edition")
    in_force: bool = Field(description="false for one that is superseded or a draft")
    particles: Annotated[list[WrittenCell], Field(max_length=200)] = Field(
        default=[], description="the table, cell by cell"
    )
    formula: Literal["iso14644_1"] | None = Field(
        default=None, description="iso14644_1: the cells of `classes` are reckoned"
    )
    classes: Annotated[list[WrittenClass], Field(max_length=50)] = Field(
        default=[], description="with formula: which class stands for a grade"
    )

    viable: Annotated[list[WrittenViableCell], Field(max_length=100)] = Field(
        default=[], description="the table of microbes, cell by cell"
    )

    @model_validator(mode="after")
    def _has_cells(self) -> "WrittenRuleset":
        if (self.formula is None) != (not self.classes):
            raise ValueError("formula and classes belong together; write both, or particles alone")
        if not self.classes and not self.particles:
            raise ValueError("has no cell; write particles: [{grade: A, …}], or formula and classes")
        return self
