"""What people ask to be done with a plate, step by step."""

from typing import Annotated, Self

from pydantic import BaseModel, Field, model_validator

from monitor.records.plates.facts import CFU_MAX, Volume
from monitor.server.asked import Moment, Reason, Words
from monitor.server.messages import shown
from monitor.server.plates import Line
from monitor.server.signatures import Signing
from monitor.server.written import AT

AT_ONCE = 50
"""As many plates as one signature approves; demo proposal: whoever approves more at once does not look at them."""


class Noted(BaseModel):
    """What may be said with any step: a remark; and by a system of the site, whose step it is that it tells of."""

    by: Line | None = Field(
        default=None, description="of a token: the account of who did it; a person leaves it out"
    )
    comment: Words = ""


class Laid(Noted):
    """From when on a plate lies open or was pressed (null: now); until when, and how much air was drawn, if known.

    `run`: when the air sampler's own run began.
    """

    model_config = shown(
        {"comment": ""}, {"from": AT, "until": None, "volume_l": None, "comment": "fill begins"}
    )

    from_: Moment | None = Field(default=None, alias="from")
    until: Moment | None = None
    volume_l: Volume | None = None
    run: Moment | None = None


class Closed(Noted):
    """Until when a plate lay open (null: now), and how much air was drawn over it."""

    model_config = shown({"comment": ""}, {"until": None, "volume_l": 1000, "comment": ""})

    until: Moment | None = None
    volume_l: Volume | None = None
    run: Moment | None = None


class Warmed(Noted):
    """Which step of its incubation begins, from 1; the lot of its medium; where."""

    model_config = shown({"step": 1, "lot": "TSA 26-114", "celsius": 32.5, "incubator": "INC-QC-1"})

    step: Annotated[int, Field(ge=1, le=10)]
    lot: Line
    celsius: Annotated[float | None, Field(ge=-20, le=80, allow_inf_nan=False)] = None
    incubator: Line | None = None


class Counted(BaseModel):
    """How many colonies: a count, or that they are too many to be counted."""

    model_config = shown({"cfu": 2})

    cfu: Annotated[int | None, Field(ge=0, le=CFU_MAX)] = None
    too_many: bool = False

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if (self.cfu is None) != self.too_many:
            raise ValueError("give either the count, or that they are too many to count")
        return self


class PlateRead(Counted, Noted):
    """What was counted, and what grew."""

    model_config = shown({"cfu": 0}, {"cfu": 2, "organism": "Staphylococcus", "species": "S. epidermidis"})

    organism: Line | None = None
    species: Line | None = None


class PlateCorrected(Counted):
    """Another reading in the place of the last one, or a name for what grew, and why."""

    model_config = shown(
        {
            "cfu": 2,
            "organism": "Staphylococcus",
            "species": "S. epidermidis",
            "reason": "identified by MALDI-TOF",
        }
    )

    organism: Line | None = None
    species: Line | None = None
    reason: Reason


class PutAside(BaseModel):
    """Why."""

    model_config = shown({"reason": "the lid was found open"})

    reason: Reason


class SeenPlate(BaseModel):
    """A plate, and how many of its steps were seen."""

    code: Line
    steps: Annotated[int, Field(ge=1, le=10_000)]


class Approval(BaseModel):
    """Which plates are approved, by one signature."""

    model_config = shown(
        {
            "plates": [{"code": "V000001-95", "steps": 5}],
            "signature": {"password": "correct horse battery staple", "meaning": "approval"},
        }
    )

    plates: Annotated[list[SeenPlate], Field(min_length=1, max_length=AT_ONCE)]
    signature: Signing
    comment: Words = ""
