"""What is made, what must be ready for it and who reviews it, as it is written in YAML.

As with the rest of a plant, the descriptions are shown by an editor and by the loader. A row of `readiness` may have
`each` or a `device` with *; what is held against these models has been written out already (`config.repeat`).
"""

from typing import Annotated, TypeAlias

from pydantic import Field, Strict, model_validator

from config.batches import EquipmentTest, ReadinessKind
from config.model import Grade
from config.written import Id, Number, Seconds, Words, Written, WrittenText
from config.written_rules import ChannelId

Span: TypeAlias = Annotated[float, Field(allow_inf_nan=False, gt=0, le=366 * 86_400)]


class WrittenStage(Written):
    """One part of making a product."""

    id: Id = Field(description="the stage's name in letters, digits and - _ . only, for example harvest")
    label: WrittenText = Field(description="its name on screens, for example {en: Harvest, zh: 收获}")
    is_set_up: bool = Field(
        default=False,
        description="true for the first stage, if in it all is made ready and no product is open",
    )
    zones: Annotated[list[Id], Field(max_length=200)] = Field(
        default=[],
        description="ids of the zones where it is done, on whichever line; all of the line's if none",
    )


class WrittenProduct(Written):
    """What is made, on which lines, in which stages."""

    id: Id = Field(description="the product's name in letters, digits and - _ . only, for example MSC")
    label: WrittenText = Field(
        description="its name on screens, for example {en: Stem cells, zh: 间充质干细胞}"
    )
    lines: Annotated[list[Id], Field(min_length=1, max_length=200)] = Field(
        description="ids of the lines on which it may be made, for example [STM-L1]"
    )
    stages: Annotated[list[WrittenStage], Field(min_length=1, max_length=50)] = Field(
        description="its stages in their order, at least one, for example [{id: fill, label: {en: Fill, zh: 灌装}}]"
    )
    window_s: Annotated[Seconds, Field(gt=0)] | None = Field(
        default=None, description="seconds within which all must be done, for example 28800; with window_from"
    )
    window_from: Id | None = Field(
        default=None, description="the id of the stage with whose beginning that time begins"
    )

    @model_validator(mode="after")
    def _has_a_whole_window(self) -> "WrittenProduct":
        if (self.window_s is None) != (self.window_from is None):
            raise ValueError("has one of window_s and window_from; write both, or neither")
        return self


class WrittenReadiness(Written):
    """What must be so before a batch begins."""

    id: Id = Field(description="its name in letters, digits and - _ . only, for example gloves-STM-L1")
    lines: Annotated[list[Id], Field(min_length=1, max_length=200)] = Field(
        description="ids of the lines on which no batch begins without it, for example [STM-L1]"
    )
    kind: Annotated[ReadinessKind, Strict(strict=False)] = Field(
        description="state (a channel is in one of some states) or test (a test of equipment has passed)"
    )
    label: WrittenText = Field(
        description="what is ready then, for example {en: Gloves tested, zh: 手套已检测}"
    )
    channel: ChannelId | None = Field(
        default=None, description="for state: the id of a channel, for example ISO-STM-L1/vhp_result"
    )
    states: Annotated[list[Number], Field(min_length=1, max_length=50)] | None = Field(
        default=None, description="for state: the values at which it is ready, for example [1]"
    )
    equipment: Words | None = Field(
        default=None, description="for test: what is tested; of a device its id, for example ISO-STM-L1"
    )
    test: Annotated[EquipmentTest, Strict(strict=False)] | None = Field(
        default=None, description="for test: glove, leak, vhp_load, ci, bi or filter"
    )
    within_s: Span | None = Field(
        default=None,
        description="for test: seconds before the beginning within which it was done, for example 86400; any time if"
        " none",
    )

    @model_validator(mode="after")
    def _is_of_its_kind(self) -> "WrittenReadiness":
        kind = self.kind
        wanted = {"state": ("channel", "states"), "test": ("equipment", "test")}[kind]
        others = {"state": ("equipment", "test", "within_s"), "test": ("channel", "states")}[kind]
        for name in wanted:
            if getattr(self, name) is None:
                raise ValueError(f"is of kind {kind} and has no {name}; write {' and '.join(wanted)}")
        for name in others:
            if getattr(self, name) is not None:
                raise ValueError(f"is of kind {kind}, which has no {name}; leave it out")
        return self


class WrittenReview(Written):
    """How many persons review a batch before its environment is released."""

    levels: Annotated[int, Field(ge=1, le=5)] = Field(
        default=2, description="as a rule; each is another person, and none has worked on the batch"
    )
    key_levels: Annotated[int, Field(ge=1, le=5)] = Field(
        default=3, description="of a batch with key data: it was in a zone of one of key_grades"
    )
    key_grades: Annotated[list[Annotated[Grade, Strict(strict=False)]], Field(max_length=5)] = Field(
        default=[Grade.A], description="grades of zones whose data are key data, for example [A]"
    )

    @model_validator(mode="after")
    def _is_not_less(self) -> "WrittenReview":
        if self.key_levels < self.levels:
            raise ValueError(
                f"key_levels {self.key_levels} is less than levels {self.levels}; write as many or more"
            )
        return self
