"""One thing that was looked at."""

from dataclasses import dataclass
from enum import StrEnum

from config.model import Text


class Weight(StrEnum):
    """How much a finding weighs."""

    WELL = "well"
    NOTE = "note"
    """Worth knowing: something costs more, or could not be looked at."""
    SOON = "soon"
    """Missing only because the installation is young: due by a time that is named, and to be mended from then on."""
    MEND = "mend"
    """To be mended: the service works less well than it says, or soon will."""


MARKS = {Weight.WELL: "✓", Weight.NOTE: "·", Weight.SOON: "!", Weight.MEND: "✗"}


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found, and what it means."""

    weight: Weight
    what: Text
    said: Text


def well(what: Text, en: str, zh: str) -> Finding:
    """All is well."""
    return Finding(Weight.WELL, what, Text(en, zh))


def note(what: Text, en: str, zh: str) -> Finding:
    """Something to know."""
    return Finding(Weight.NOTE, what, Text(en, zh))


def soon(what: Text, en: str, zh: str) -> Finding:
    """Something that a young installation has not come to yet."""
    return Finding(Weight.SOON, what, Text(en, zh))


def mend(what: Text, en: str, zh: str) -> Finding:
    """Something to mend."""
    return Finding(Weight.MEND, what, Text(en, zh))


def lines(one: Finding) -> str:
    """Write a finding for a person: a mark, both languages."""
    return f"{MARKS[one.weight]} {one.what.en} · {one.what.zh}\n    {one.said.en}\n    {one.said.zh}"
