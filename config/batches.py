"""The nouns of making a batch: products and their stages, what must be ready before one begins, and who reviews it.

Frozen and without behaviour, as those of `model.py`. What is written here follows the plant's YAML; that a batch
begins, changes its stage and ends is an event, and which ones run is kept with the State of judging.
"""

from dataclasses import dataclass
from enum import StrEnum

from config.model import Grade, Text


@dataclass(frozen=True, slots=True)
class Stage:
    """One part of making a product.

    Attributes:
        is_set_up: before the product is open: the room is made ready. It counts as the batch's time all the same.
        zones: where it is done, if the person who begins it says nothing else; empty: every zone of the line.
    """

    id: str
    label: Text
    is_set_up: bool = False
    zones: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Product:
    """What is made, on which lines, in which stages.

    Attributes:
        lines: ids of the lines on which it may be made.
        stages: in their order; only the first may be the set-up. At least one.
        window_s: within so long all must be done, for cells die (None: there is no such clock).
        window_from: the stage with whose beginning that clock begins ("" if there is none).
    """

    id: str
    label: Text
    lines: tuple[str, ...]
    stages: tuple[Stage, ...]
    window_s: float | None = None
    window_from: str = ""


class EquipmentTest(StrEnum):
    """What is tested of a piece of equipment, or of a load that it has decontaminated."""

    GLOVE = "glove"
    LEAK = "leak"
    VHP_LOAD = "vhp_load"
    """A load was put through a cycle with vaporised hydrogen peroxide."""
    CI = "ci"
    """Chemical indicators of a load."""
    BI = "bi"
    """Biological indicators of a load: their result comes days later."""
    FILTER = "filter"


class ReadinessKind(StrEnum):
    """By what it is known that something is ready."""

    STATE = "state"
    """The live value of a channel is one of `states`."""
    TEST = "test"
    """A test of a piece of equipment has passed, and another person has confirmed it."""


@dataclass(frozen=True, slots=True)
class Readiness:
    """What must be so before a batch begins on a line.

    Attributes:
        label: what is ready then, for a person.
        channel: of kind `state`: id of a channel ("" otherwise).
        states: of kind `state`: the values at which it is ready.
        equipment: of kind `test`: what is tested, as a person names it; for a device its id ("" otherwise).
        test: of kind `test`: which test.
        within_s: of kind `test`: so long before the beginning it may have been done at most (None: at any time).
    """

    id: str
    lines: tuple[str, ...]
    kind: ReadinessKind
    label: Text
    channel: str = ""
    states: frozenset[float] = frozenset()
    equipment: str = ""
    test: EquipmentTest | None = None
    within_s: float | None = None


@dataclass(frozen=True, slots=True)
class Levels:
    """How many persons review a batch before its environment is released, each another one, and no actor of it.

    Attributes:
        levels: as a rule.
        key_levels: of a batch with key data: it was open in a zone of one of `key_grades`.
    """

    levels: int = 2
    key_levels: int = 3
    key_grades: frozenset[Grade] = frozenset({Grade.A})
