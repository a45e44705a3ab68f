"""The nouns of a dossier for what people found, decided and signed; see `parts.py` for the rest."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import Field

from config.model import Grade, Text
from monitor.records.verdicts import Verdict


@dataclass(frozen=True, slots=True)
class PlatePart:
    """One plate. Each rule gives its verdict by itself; `verdict` is the worst.

    Attributes:
        label: of the position.
        state: how far its life has come (`planned` … `approved`, `quarantined`, `rejected`).
        cfu: colonies as counted; None: not read yet, too many, or the plate was lost.
        value: in `unit`: what is held against limits. None as of `cfu`.
        verdicts: by rule (`each`, `average`); what is not approved yet is incomplete.
        is_late: it was read after the batch had ended.
        is_changed: the reading was corrected.
    """

    number: int
    code: str
    position: str
    label: Text
    zone: str
    grade: Grade
    kind: str
    stage: str
    state: str
    exposed_from: datetime | None
    exposed_until: datetime | None
    volume_l: float | None
    cfu: float | None
    is_too_many: bool
    value: float | None
    unit: str
    organism: str
    species: str
    read_by: str
    read_at: datetime | None
    verified_by: str
    approved_by: str
    verdicts: Mapping[str, Verdict]
    verdict: Verdict
    is_late: bool
    is_changed: bool


@dataclass(frozen=True, slots=True)
class EquipmentTestPart:
    """A test of equipment that belongs to the batch, or on which its start rested."""

    number: int
    kind: str
    equipment: str
    at: datetime
    outcome: str
    value: float | None
    unit: str
    load: str
    of: int | None
    cycle_no: int | None
    note: str
    noted_by: str
    noted_at: datetime
    confirmed_by: str
    confirmed_at: datetime | None


@dataclass(frozen=True, slots=True)
class AboutPart:
    """What a deviation is about; `at` names the occurrence of an alarm."""

    kind: str
    id: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class DeviationPart:
    """A deviation; `class_` is empty until it is assessed."""

    number: str
    title: str
    about: tuple[AboutPart, ...]
    state: str
    class_: Annotated[str, Field(alias="class")]
    cause: str
    impact: str
    action: str
    opened_by: str
    opened_at: datetime
    assessed_by: str
    assessed_at: datetime | None
    closed_by: str
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class ReviewPart:
    """One level of review, or the release (`level` 0): what it says, and the sha256 of what was seen."""

    level: int
    outcome: str
    who: str
    at: datetime
    comment: str
    signature: str
    sha256: str


@dataclass(frozen=True, slots=True)
class SignaturePart:
    """A signature; `holds`: what it was given for is still as it was, None: it has not come into the book yet."""

    id: str
    at: datetime
    who: str
    name: str
    role: str
    meaning: str
    what: str
    of: str
    sha256: str
    holds: bool | None
