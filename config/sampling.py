"""The nouns of viable monitoring: where a plate is laid or pressed, how often, and how it is incubated.

Frozen and without behaviour, as those of `model.py`. What these plates may grow stands in the rulesets; a site may be
equal or stricter.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from enum import StrEnum

from config.model import Text


class SampleKind(StrEnum):
    """How microbes are caught (EU GMP Annex 1 9.22, Table 6)."""

    ACTIVE_AIR = "active_air"
    """A known volume of air is drawn over the plate; counted in CFU/m3."""
    SETTLE = "settle"
    """A plate of 90 mm lies open; counted in CFU/4 h."""
    CONTACT = "contact"
    """A plate of 55 mm is pressed on a surface; counted in CFU/plate."""
    GLOVE = "glove"
    """Five fingers are pressed on a plate; counted in CFU/glove."""


UNITS: Mapping[SampleKind, str] = {
    SampleKind.ACTIVE_AIR: "CFU/m3",
    SampleKind.SETTLE: "CFU/4 h",
    SampleKind.CONTACT: "CFU/plate",
    SampleKind.GLOVE: "CFU/glove",
}


class Rule(StrEnum):
    """To what a figure of a ruleset is compared."""

    EACH = "each"
    """To every single plate (EU GMP Annex 1 of 2022, Table 6)."""
    AVERAGE = "average"
    """To the average of the plates of one zone, kind and occasion (China GMP 2010, Annex 1, article 11, note 1)."""


class Per(StrEnum):
    """On which occasion a position is sampled once."""

    STAGE = "stage"
    SHIFT = "shift"
    DAY = "day"
    WEEK = "week"
    BATCH = "batch"


@dataclass(frozen=True, slots=True)
class Shift:
    """A shift of every day; it lasts until the next one starts.

    Attributes:
        starts: by the plant's wall clock.
    """

    id: str
    label: Text
    starts: time


@dataclass(frozen=True, slots=True)
class Incubation:
    """One step of incubation; several follow one another."""

    celsius_low: float
    celsius_high: float
    days_min: float
    days_max: float


@dataclass(frozen=True, slots=True)
class Position:
    """One sampling position of the plan.

    Attributes:
        places: how many plates are taken there on one occasion (two hands: 2).
        medium: what the plate is poured with, for example TSA.
        per: how often.
        incubation: in the order in which the steps follow.
        rationale: why here, so often and so.
        stages: the batch's stages in which it is sampled, for `per` stage; empty: every one.
        volume_l: what the air sampler draws; of active air only.
        exposure_max_s: how long a settle plate may lie open, at most four hours (EU GMP Annex 1, Table 6, note).
        alert: more CFU than that, in the unit of the kind, is an alert; None: there is none, as in Grade A.
        action: the site's own limit, equal to or stricter than the rulesets'; None: theirs alone.
        device: the air sampler whose runs are linked ("" if it is none of ours).
    """

    id: str
    zone: str
    kind: SampleKind
    label: Text
    medium: str
    per: Per
    incubation: tuple[Incubation, ...]
    rationale: str
    places: int = 1
    stages: tuple[str, ...] = ()
    volume_l: float | None = None
    exposure_max_s: float | None = None
    alert: float | None = None
    action: float | None = None
    device: str = ""
