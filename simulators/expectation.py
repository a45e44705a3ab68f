"""What a service must make of a scripted fault, by when, as it is written in YAML."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, model_validator

Seconds: TypeAlias = Annotated[float, Field(ge=0, le=1_000_000)]
Number: TypeAlias = Annotated[float, Field(allow_inf_nan=False)]

CHECKS = ("alarm", "over", "protection", "grouped", "shows", "executed", "quiet", "pending")


class Written(BaseModel):
    """One mapping of a file: no unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def exactly_one(model: BaseModel, names: Iterable[str]) -> None:
    """See that one of these keys is written, and only one.

    Raises:
        ValueError: with those that are.
    """
    given = [name for name in names if getattr(model, name) is not None]
    if len(given) != 1:
        raise ValueError(f"write exactly one of {', '.join(names)}; here: {', '.join(given) or 'none'}")


class Label(Written):
    """A text in both languages."""

    en: Annotated[str, Field(min_length=1)]
    zh: Annotated[str, Field(min_length=1)]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a device stands in its plant; `line` is "" for what the lines of a workshop share."""

    device: str
    profile: str
    zone: str
    line: str
    workshop: str

    def fill(self, template: str) -> str:
        """Return an id for its template: `{device}`, `{zone}`, `{line}` and `{workshop}` stand for this place's."""
        if "{" not in template:
            return template
        return template.format(device=self.device, zone=self.zone, line=self.line, workshop=self.workshop)


class Who(Written):
    """Which devices: the scenario's own, or those beside it.

    Attributes:
        beside: within the same zone, line or workshop; `device` is the scenario's own.
        profile: only those of this profile ("" for all).
    """

    beside: Literal["device", "zone", "line", "workshop"] = "device"
    profile: str = ""

    def choose(self, own: Place, places: Iterable[Place]) -> list[Place]:
        """Return the places of the devices that are meant, in the plant's order."""
        if self.beside == "device":
            return [own]
        return [
            one
            for one in places
            if getattr(one, self.beside) == getattr(own, self.beside) and self.profile in {"", one.profile}
        ]


class Range(Written):
    """Between two figures, both of them allowed."""

    low: Number = float("-inf")
    high: Number = float("inf")


class Executed(Written):
    """How often a machine has carried out a request.

    Attributes:
        request: the request's key; of a door module `lock_<door>`, of an air handling the request's state.
        times: exactly so often, or, with `least`, at most.
        least: at least so often (None: as `times` says).
    """

    request: str
    times: Annotated[int, Field(ge=0)] = 1
    least: Annotated[int, Field(ge=0)] | None = None


class AskedFor(Written):
    """One of the asks of a protective action: its place, from 0, and how far it must have come."""

    place: Annotated[int, Field(ge=0)]
    state: Literal["requested", "acked", "verified", "failed"]


class Expectation(Written):
    """What must be seen, and by when, in seconds from the start. Exactly one check.

    In ids, `{device}`, `{zone}`, `{line}` and `{workshop}` stand for each of the devices that `who` names.

    Attributes:
        what: the expectation in words.
        alarm: the id of an alarm that must stand, and be shown; a pattern where any of several will do.
        first_out: of that alarm: nothing of its line stood before it.
        hidden: of that alarm: it stands, and is hidden by design.
        over: the id of an alarm whose cause must have ended, looked at from `from_s` on.
        protection: the id of a protective action that must have come as far as `state`, or one of its asks as `ask`; a
            pattern where any of several will do, or all of them must be armed.
        grouped: the id of the one alarm that must stand instead of every such device's own `communication`.
        shows: channel -> value, or range, that the device itself must show.
        executed: what the device itself must have carried out, up to `within_s`.
        quiet: patterns of ids of which no alarm may be raised and no protective action triggered, after `from_s`, up to
            `within_s`.
        pending: what is still missing in the service before this can be checked.
        after_length: `from_s` and `within_s` count from the scenario's length.
    """

    what: Label
    within_s: Seconds = 0.0
    from_s: Seconds = 0.0
    after_length: bool = False
    who: Who = Who()
    alarm: str | None = None
    first_out: bool = False
    hidden: bool = False
    over: str | None = None
    protection: str | None = None
    state: Literal["ARMED", "REQUESTED", "ACKED", "VERIFIED", "LATCHED", "FAILED"] | None = None
    ask: AskedFor | None = None
    grouped: str | None = None
    shows: Mapping[str, Number | Range] | None = None
    executed: Executed | None = None
    quiet: tuple[str, ...] | None = None
    pending: Label | None = None

    @model_validator(mode="after")
    def _one_check(self) -> Self:
        exactly_one(self, CHECKS)
        if self.pending is None and self.within_s <= self.from_s:
            raise ValueError("give within_s, later than from_s")
        if (self.protection is None) != (self.state is None and self.ask is None):
            raise ValueError("give a protection with its state or ask, and these with nothing else")
        if self.alarm is None and (self.first_out or self.hidden):
            raise ValueError("first_out and hidden are said of an alarm")
        return self

    @property
    def templates(self) -> tuple[str, ...]:
        """The ids, and patterns of ids, that are written."""
        ids = (self.alarm, self.over, self.protection, self.grouped, *(self.quiet or ()))
        return tuple(template for template in ids if template is not None)

    @model_validator(mode="after")
    def _templates_can_be_filled(self) -> Self:
        for template in self.templates:
            try:
                Place("", "", "", "", "").fill(template)
            except (KeyError, IndexError, ValueError) as error:
                raise ValueError(
                    f"{template!r}: write {{device}}, {{zone}}, {{line}} or {{workshop}}"
                ) from error
        return self
