"""Protective actions as they are written in YAML: what may stand where, and what it means."""

from typing import Annotated, Literal, TypeAlias

from pydantic import Field, Strict, model_validator

from config.rules import ProtectionKind
from config.written import Id, Key, Number, Seconds, Written, WrittenText
from config.written_rules import AlarmId, ChannelId

Role: TypeAlias = Literal["viewer", "operator", "production", "engineer", "qa", "qualified_person", "ehs"]
ProtectionId: TypeAlias = Annotated[
    str, Field(max_length=130, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*/[A-Z][A-Z0-9]*-[0-9]{2}[a-z]?$")
]


class WrittenCheck(Written):
    """What a channel must read, by a Good value."""

    channel: ChannelId = Field(description="the id of a channel, or of a derived one")
    low: Number | None = Field(default=None, description="the lowest value that passes")
    high: Number | None = Field(default=None, description="the highest value that passes")
    within_s: Seconds = Field(default=0, description="seconds after the request by which it must read so")
    for_s: Seconds = Field(default=0, description="seconds that it must read so without a break")

    @model_validator(mode="after")
    def _is_a_band(self) -> "WrittenCheck":
        if self.low is None and self.high is None:
            raise ValueError("has neither bound; write low, high or both")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError(f"low {self.low:g} is above high {self.high:g}; write them the other way round")
        return self


Checks: TypeAlias = Annotated[list[WrittenCheck], Field(max_length=20)]


class WrittenAsk(Written):
    """One thing that is asked of a device: a request, or states of its outputs."""

    device: Id = Field(description="the id of the device that is asked")
    label: WrittenText = Field(description="what is asked, in words, {en: …, zh: …}")
    request: Key | None = Field(
        default=None, description="one of its profile's requests, for example fan_speed"
    )
    param: int = Field(default=0, description="the request's parameter, for example 100")
    outputs: dict[Key, Key] = Field(
        default={}, description="instead of a request: output -> state, for example {request: boost}"
    )
    checks: Checks = Field(default=[], description="the read-backs that prove it, each with within_s")

    @model_validator(mode="after")
    def _asks_one_way(self) -> "WrittenAsk":
        if (self.request is None) == (not self.outputs):
            what = "neither request nor outputs" if self.request is None else "both request and outputs"
            raise ValueError(f"has {what}; write one of them")
        if self.request is None and self.param:
            raise ValueError("param belongs to a request; leave it out")
        return self


Asks: TypeAlias = Annotated[list[WrittenAsk], Field(max_length=20)]


class WrittenProtection(Written):
    """One protective action of one device."""

    device: Id = Field(description="the id of the device it protects, or a pattern with *")
    code: Annotated[str, Field(max_length=16, pattern=r"^[A-Z][A-Z0-9]*-[0-9]{2}[a-z]?$")] = Field(
        description="its number in the catalogue, for example P-01: the id becomes <device>/P-01"
    )
    label: WrittenText = Field(description="its name on screens, {en: …, zh: …}")
    kind: Annotated[ProtectionKind, Strict(strict=False)] = Field(
        description="interlock (ends by itself) or protect (ends by a person's reset)"
    )
    trigger: Annotated[
        list[Annotated[list[AlarmId], Field(min_length=1, max_length=20)]], Field(max_length=50)
    ] = Field(default=[], description="groups of alarm ids: all of any one group, for example [[a, b], [c]]")
    after: ProtectionId | None = Field(
        default=None, description="the protection that must be running before, for example ISO-STM-L1/P-01"
    )
    only_while: Checks = Field(default=[], description="what must hold, or it is not triggered")
    on_loss: bool = Field(default=False, description="true: it is triggered by having no values")
    announces: bool = Field(default=False, description="true: it is an alarm of its own while it runs")
    horn: Annotated[int, Field(ge=0, le=2)] = Field(
        default=1, description="0 none, 1 or 2: the tone of the line's tower"
    )
    asks: Asks = Field(default=[], description="what is asked, in this order")
    outcome: Checks = Field(default=[], description="what must come of it all, each with within_s")
    escalates_to: ProtectionId | None = Field(
        default=None, description="the protection that follows if this one fails"
    )
    release: Checks = Field(default=[], description="what must hold before it may end, each with for_s")
    release_asks: Asks = Field(default=[], description="what is asked when it ends")
    reset_by: Annotated[list[Role], Field(max_length=5)] = Field(
        default=[],
        description="kind protect: the roles that must reset it together, for example [operator, qa]",
    )
    may_inhibit: bool = Field(default=True, description="false: nobody can switch it off")
    needs_confirmation: bool = Field(
        default=False, description="true: a person must confirm before anything is asked"
    )
    dry_run: bool = Field(default=False, description="true: it only tells what it would ask")
    instruction: WrittenText = Field(description="what the people there are to do, {en: …, zh: …}")
    fail_safe: WrittenText = Field(description="why it is safe if it never comes, {en: …, zh: …}")

    @model_validator(mode="after")
    def _ends_as_its_kind(self) -> "WrittenProtection":
        if self.kind is ProtectionKind.PROTECT and not self.reset_by:
            raise ValueError("kind protect has no reset_by; write who resets it, or kind: interlock")
        if self.kind is ProtectionKind.INTERLOCK and self.reset_by:
            raise ValueError("kind interlock ends by itself; leave reset_by out, or write kind: protect")
        return self
