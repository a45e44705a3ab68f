"""What is judged, as it is written in YAML: limits, derived channels, suppressions, networks, guidance.

As with the building, the descriptions are shown by an editor and by the loader. Every row here may have `each` or a
`device` with *; what is held against these models has been written out already (`config.repeat`).
"""

import math
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import (
    BeforeValidator,
    Field,
    Strict,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)

from config.rules import Formula, Priority
from config.written import Id, Key, Number, Prose, Seconds, Unit, Written, WrittenText

RULESET = math.inf
"""What stands for the word `ruleset`, which no written number can be, until the rulesets' figure takes its place."""


def _or_ruleset(value: object, handler: ValidatorFunctionWrapHandler) -> Any:  # noqa: ANN401 - pydantic's own
    return RULESET if value == "ruleset" else handler(value)


OrRuleset: TypeAlias = Annotated[
    Number, WrapValidator(_or_ruleset, json_schema_input_type=Number | Literal["ruleset"])
]
ChannelId: TypeAlias = Annotated[
    str, Field(max_length=130, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*/[a-z0-9][a-z0-9_]*$")
]
AlarmId: TypeAlias = Annotated[
    str, Field(max_length=200, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*(/[A-Za-z0-9_.-]+){1,3}$")
]
AlarmPattern: TypeAlias = Annotated[
    str, Field(max_length=200, pattern=r"^[A-Za-z0-9_.*-]+(/[A-Za-z0-9_.*-]+){0,3}$")
]
AlarmPatterns: TypeAlias = Annotated[list[AlarmPattern], Field(min_length=1, max_length=100)]


class WrittenBounds(Written):
    """What is permitted: a value on the bound passes."""

    low: Number | None = Field(default=None, description="the lowest permitted value, in the channel's unit")
    high: OrRuleset | None = Field(
        default=None,
        description="the highest permitted value, in the channel's unit, or ruleset: what the zone's rulesets print",
    )

    @model_validator(mode="after")
    def _is_a_band(self) -> "WrittenBounds":
        if self.low is None and self.high is None:
            raise ValueError("has neither bound; write low, high or both")
        if self.low is not None and self.high is not None and self.low >= self.high:
            raise ValueError(
                f"low {self.low:g} is not below high {self.high:g}; write them the other way round"
            )
        return self


class WrittenLevels(Written):
    """Other bounds, for one level or both."""

    alert: WrittenBounds | None = Field(default=None, description="the alert level, for example {high: 10}")
    action: WrittenBounds | None = Field(default=None, description="the action level, for example {high: 20}")


class WrittenDelays(Written):
    """A delay for each level; a single number stands for both."""

    alert: Seconds = Field(description="seconds, for the alert level")
    action: Seconds = Field(description="seconds, for the action level")


def _both_levels(delay: object) -> object:
    return delay if isinstance(delay, dict) else {"alert": delay, "action": delay}


Delays: TypeAlias = Annotated[
    WrittenDelays,
    BeforeValidator(_both_levels, json_schema_input_type=Seconds | WrittenDelays),
]
Pattern: TypeAlias = Annotated[
    str, Field(max_length=130, pattern=r"^[A-Za-z0-9_.*-]+/[A-Za-z0-9_.*-]+$", description="<device>/<key>")
]


def _as_list(one: object) -> object:
    return one if isinstance(one, list) else [one]


Patterns: TypeAlias = Annotated[
    list[Pattern],
    Field(min_length=1, max_length=100),
    BeforeValidator(_as_list, json_schema_input_type=Pattern | list[Pattern]),
]


class WrittenLimit(Written):
    """What is permitted on a channel, or on every channel that one of several patterns with * matches."""

    channel: Patterns = Field(
        description="<device>/<key>, where * stands for anything, for example HCI-STM-L1/ch*_temp; or a list of them"
    )
    unit: Unit = Field(description="the channel's unit, repeated so that the figures cannot be misread")
    alert: WrittenBounds | None = Field(
        default=None, description="the alert level, for example {low: 30, high: 70}"
    )
    action: WrittenBounds | None = Field(
        default=None, description="the action level, for example {low: 20, high: 90}"
    )
    at_rest: WrittenLevels | None = Field(
        default=None, description="other bounds while the zone is at rest, for example {action: {high: 3520}}"
    )
    deadband: Annotated[Number, Field(ge=0)] = Field(
        description="how far inside the bound a value must be before the alarm may clear, in the channel's unit"
    )
    on_delay_s: Delays = Field(
        description="seconds outside before the alarm is raised: a number, or {alert: 1, action: 0}"
    )
    off_delay_s: Delays = Field(
        description="seconds inside before the alarm clears: a number, or {alert: 5, action: 5}"
    )
    priority: Annotated[Priority, Strict(strict=False)] | None = Field(
        default=None, description="critical, high, medium or low, if not what level and grade give"
    )
    latching: bool = Field(default=False, description="true: it stays until a person resets it")
    realarm_s: Annotated[Seconds, Field(gt=0)] | None = Field(
        default=None, description="seconds after which an acknowledged alarm that still holds sounds again"
    )
    rationale: Prose = Field(description="why these figures and delays, for QA (Annex 1 4.16)")

    @model_validator(mode="after")
    def _has_a_level(self) -> "WrittenLimit":
        if self.alert is None and self.action is None:
            raise ValueError("has no level; write alert, action or both")
        for level in ("alert", "action"):
            if self.at_rest and getattr(self.at_rest, level) and not getattr(self, level):
                raise ValueError(f"has {level} bounds at rest only; write {level} for operation too")
        return self


class WrittenDerived(Written):
    """A channel that is reckoned from others."""

    device: Id = Field(description="the id of the device it is counted to, or a pattern with *")
    key: Key = Field(
        description="its name, which no channel of the device has: the id becomes <device>/<key>"
    )
    label: WrittenText = Field(description="its name on screens, {en: …, zh: …}")
    unit: Unit = Field(description="the unit, for example Pa/s")
    formula: Annotated[Formula, Strict(strict=False)] = Field(
        description="how it is reckoned, for example rate; docs/plants.md lists the formulas"
    )
    inputs: Annotated[list[ChannelId], Field(min_length=1, max_length=20)] = Field(
        description='ids of channels, for example ["{device}/chamber_pressure"]'
    )
    parameters: dict[Key, Number] = Field(
        default={}, description="what the formula needs, for example {over_s: 60}"
    )


class WrittenWhile(Written):
    """While a channel reads one of several values, or while an alarm is active."""

    channel: ChannelId | None = Field(default=None, description="the id of a channel, with states")
    states: list[Number] | None = Field(
        default=None, min_length=1, max_length=100, description="the values, for example [3, 4, 5]"
    )
    alarm: AlarmId | None = Field(
        default=None, description="the id of an alarm, instead of channel and states"
    )

    @model_validator(mode="after")
    def _one_of_two(self) -> "WrittenWhile":
        if (self.channel is None) == (self.alarm is None) or (self.channel is None) != (self.states is None):
            raise ValueError("is not clear; write channel and states, or alarm alone")
        return self


class WrittenSuppression(Written):
    """When alarms are hidden by design."""

    id: AlarmId = Field(description="<device>/<name>, for example ISO-STM-L1/vhp")
    alarms: AlarmPatterns = Field(
        description='patterns of the alarms that it hides, for example ["{device}/chamber_pressure/*"]'
    )
    while_: WrittenWhile = Field(
        alias="while", description="when it holds: {channel: …, states: […]} or {alarm: …}"
    )
    longest_s: Annotated[Seconds, Field(gt=0)] | None = Field(
        default=None, description="seconds that it may last at most, for what is only passed over"
    )
    restarts_windows: bool = Field(default=False, description="true: rolling windows begin anew behind it")
    reason: WrittenText = Field(description="what a person is told, {en: …, zh: …}")
    rationale: Prose = Field(description="why the alarms may be hidden, for QA")


class WrittenNetwork(Written):
    """Devices behind one switch."""

    id: Id = Field(description="the network's name in letters, digits and - _ . only, for example NET-STM")
    label: WrittenText = Field(description="its name on screens, {en: …, zh: …}")
    devices: Annotated[
        list[Annotated[str, Field(max_length=64, pattern=r"^[A-Za-z0-9_.*-]+$")]],
        Field(min_length=1, max_length=500),
    ] = Field(description="ids of devices, where * stands for anything")


class WrittenEdge(Written):
    """One edge of the pressure cascade."""

    channel: ChannelId = Field(description="the pressure difference, for example RM-STM-L1/core_dp")
    higher: Id = Field(description="the zone that is kept above")
    lower: Id = Field(description="the zone that the air flows to")


class WrittenGuidance(Written):
    """What a person is told with an alarm; the first row that matches counts."""

    alarms: AlarmPatterns = Field(description='patterns of alarm ids, for example ["*/communication"]')
    consequence: WrittenText = Field(description="what happens if nobody answers, {en: …, zh: …}")
    response: WrittenText = Field(description="what to do, {en: …, zh: …}")
    respond_within_s: Annotated[Seconds, Field(gt=0)] = Field(
        description="seconds until the consequence, for example 60"
    )
    sop: Annotated[str, Field(max_length=64, pattern=r"^\S+ v\d+(\.\d+)?$")] = Field(
        description="the procedure's number with its version, for example SOP-EM-012 v3"
    )
