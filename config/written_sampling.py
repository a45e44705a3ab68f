"""A sampling position as it is written in YAML. What must agree with zones and rulesets is seen in `positions.py`."""

from typing import Annotated, TypeAlias

from pydantic import Field, Strict, model_validator

from config.sampling import Per, SampleKind
from config.written import Clock, Id, Number, Prose, Words, Written, WrittenText

EXPOSURE_MAX_S = 4 * 3600
"""A settle plate lies open for four hours at most (EU GMP Annex 1 of 2022, Table 6, note)."""
Celsius: TypeAlias = Annotated[Number, Field(ge=0, le=60)]
Days: TypeAlias = Annotated[Number, Field(gt=0, le=60)]
Cfu: TypeAlias = Annotated[Number, Field(ge=0, le=9999)]


class WrittenShift(Written):
    """One shift of every day."""

    id: Id = Field(description="its name in letters, digits and - _ . only, for example day")
    label: WrittenText = Field(description="what people call it, {en: Day shift, zh: 白班}")
    starts: Clock = Field(description="when it starts by the plant's wall clock, for example 08:00")


class WrittenIncubation(Written):
    """One step of incubation."""

    celsius_low: Celsius = Field(description="the lowest temperature in °C, for example 30")
    celsius_high: Celsius = Field(description="the highest temperature in °C, for example 35")
    days_min: Days = Field(
        description="days before which nothing can be said not to have grown, for example 2"
    )
    days_max: Days = Field(description="days after which it is read at the latest, for example 5")

    @model_validator(mode="after")
    def _is_a_span(self) -> "WrittenIncubation":
        if self.celsius_low >= self.celsius_high:
            raise ValueError(
                f"celsius_low {self.celsius_low:g} is not below celsius_high {self.celsius_high:g}; swap them"
            )
        if self.days_min > self.days_max:
            raise ValueError(f"days_min {self.days_min:g} is above days_max {self.days_max:g}; swap them")
        return self


class WrittenPosition(Written):
    """One place where microbes are sampled."""

    id: Id = Field(
        description="the position's name in letters, digits and - _ . only, for example STM-L1-CORE-S1"
    )
    zone: Id = Field(description="the id of the zone it stands in")
    kind: Annotated[SampleKind, Strict(strict=False)] = Field(
        description="active_air, settle, contact or glove"
    )
    label: WrittenText = Field(description="where it is, {en: Left of the pass box, zh: 传递窗左侧}")
    medium: Words = Field(description="what the plate is poured with, for example TSA")
    per: Annotated[Per, Strict(strict=False)] = Field(
        description="on which occasion it is sampled once: stage, batch, shift, day or week"
    )
    places: Annotated[int, Field(ge=1, le=20)] = Field(
        default=1, description="how many plates are taken there on one occasion, for example 2 for two hands"
    )
    stages: Annotated[list[Id], Field(max_length=50)] = Field(
        default=[], description="with per: stage, the stages in which it is sampled; every one if none"
    )
    volume_l: Annotated[Number, Field(gt=0, le=10_000)] | None = Field(
        default=None, description="of active air: litres that are drawn, for example 1000"
    )
    exposure_max_s: Annotated[Number, Field(gt=0, le=EXPOSURE_MAX_S)] | None = Field(
        default=None, description="of a settle plate: seconds for which it lies open at most, 14400 or less"
    )
    incubation: Annotated[list[WrittenIncubation], Field(min_length=1, max_length=10)] = Field(
        description="its steps, [{celsius_low: 30, celsius_high: 35, days_min: 2, days_max: 5}]"
    )
    alert: Cfu | None = Field(
        default=None, description="CFU above which it is an alert, in the unit of the kind"
    )
    action: Cfu | None = Field(
        default=None,
        description="the site's own action limit in CFU: equal to or below that of every ruleset",
    )
    device: Id | None = Field(default=None, description="of active air: the id of the sampler that draws it")
    rationale: Prose = Field(description="why here, so often and so, for who reads the record")

    @model_validator(mode="after")
    def _fits_its_kind(self) -> "WrittenPosition":
        for key, kind, example in (
            ("volume_l", SampleKind.ACTIVE_AIR, "1000"),
            ("exposure_max_s", SampleKind.SETTLE, "14400"),
        ):
            is_given = getattr(self, key) is not None
            if is_given and self.kind is not kind:
                raise ValueError(f"is {self.kind}, for which there is no {key}; leave it out")
            if not is_given and self.kind is kind:
                raise ValueError(f"is {self.kind} without {key}; write {key}: {example}")
        if self.device is not None and self.kind is not SampleKind.ACTIVE_AIR:
            raise ValueError(f"is {self.kind}, for which no device draws air; leave device out")
        if self.stages and self.per is not Per.STAGE:
            raise ValueError(
                f"is sampled once per {self.per}, and names stages; write per: stage, or leave them out"
            )
        return self
