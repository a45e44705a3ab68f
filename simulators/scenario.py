"""A scripted fault as it is written in YAML: its shape over time, and what a service must make of it, by when."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeAlias

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from config.model import Device, Plant
from simulators.errors import BadScenario

Seconds: TypeAlias = Annotated[float, Field(ge=0, le=1_000_000)]
Number: TypeAlias = Annotated[float, Field(allow_inf_nan=False)]

DEEDS = ("force", "ramp_per_h", "freeze", "door", "network", "power_off_s", "clock_offset_s", "restart")
CHECKS = ("alarm", "over", "shows", "quiet", "pending")


class Written(BaseModel):
    """One mapping of a file: no unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)


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


def place_of(plant: Plant, device: Device) -> Place:
    """Return a device's place."""
    workshop = plant.zones[device.zone].workshop
    return Place(device.id, device.profile.name, device.zone, device.line, workshop)


class Who(Written):
    """Which devices: the scenario's own, or those beside it.

    Attributes:
        beside: within the same zone, line or workshop; `device` is the scenario's own.
        profile: only those of this profile ("" for all).
    """

    beside: Literal["device", "zone", "line", "workshop"] = "device"
    profile: str = ""

    def choose(self, own: Place, places: Iterable[Place]) -> list[str]:
        """Return the ids of the devices that are meant, in the plant's order."""
        if self.beside == "device":
            return [own.device]
        return [
            one.device
            for one in places
            if getattr(one, self.beside) == getattr(own, self.beside) and self.profile in {"", one.profile}
        ]


class Restart(Written):
    """An OPC UA server comes back as after a download of the PLC's program."""

    moved_namespace: bool = False
    without: tuple[str, ...] = ()


class Step(Written):
    """One thing that goes wrong, from `at_s` until `until_s` (or until the faults are cleared). Exactly one deed.

    Attributes:
        at_s: seconds from the start of the scenario.
        until_s: when it is over; `length` is the scenario's length.
        force: quantity -> steady state towards which the physics moves.
        tau_s: time constant while forced, where it is another than the quantity's own.
        ramp_per_h: quantity -> drift per hour, away from its calm steady state.
        freeze: quantities whose sensor holds what it shows.
        door: the room whose door stands open; the doors of a workshop hang on one module.
        network: nothing answers any more; the device goes on measuring.
        power_off_s: seconds without an answer, mains and start-up together.
        clock_offset_s: the counter's own clock minus the true time.
    """

    at_s: Seconds = 0.0
    until_s: Seconds | Literal["length"] | None = None
    who: Who = Who()
    force: Mapping[str, Number] | None = None
    tau_s: Seconds | None = None
    ramp_per_h: Mapping[str, Number] | None = None
    freeze: tuple[str, ...] | None = None
    door: str | None = None
    network: Literal["down"] | None = None
    power_off_s: Seconds | None = None
    clock_offset_s: int | None = None
    restart: Restart | None = None

    @model_validator(mode="after")
    def _one_deed(self) -> Self:
        _exactly_one(self, DEEDS)
        return self

    def keys(self) -> set[str]:
        """Return the quantities that are moved or held."""
        return {*(self.force or ()), *(self.ramp_per_h or ()), *(self.freeze or ())}

    def holds(self, elapsed_s: float, length_s: float) -> bool:
        """Whether the step is on, so many seconds after the start of the scenario."""
        until_s = length_s if self.until_s == "length" else self.until_s
        return self.at_s <= elapsed_s and (until_s is None or elapsed_s < until_s)


class Expectation(Written):
    """What must be seen, and by when, in seconds from the start. Exactly one check.

    In ids, `{device}` stands for each of the devices that `who` names.

    Attributes:
        what: the expectation in words.
        alarm: the id of an alarm that must stand.
        over: the id of an alarm whose cause must have ended, looked at from `from_s` on.
        shows: channel -> value that the device itself must show.
        quiet: patterns of ids of which no alarm may be raised after `from_s`, up to `within_s`.
        pending: what is still missing in the service before this can be checked.
        after_length: `from_s` and `within_s` count from the scenario's length.
    """

    what: Label
    within_s: Seconds = 0.0
    from_s: Seconds = 0.0
    after_length: bool = False
    who: Who = Who()
    alarm: str | None = None
    over: str | None = None
    shows: Mapping[str, Number] | None = None
    quiet: tuple[str, ...] | None = None
    pending: Label | None = None

    @model_validator(mode="after")
    def _one_check(self) -> Self:
        _exactly_one(self, CHECKS)
        if self.pending is None and self.within_s <= self.from_s:
            raise ValueError("give within_s, later than from_s")
        return self


class Length(Written):
    """How long a scenario lasts where that can be chosen."""

    usual: Seconds
    least: Seconds


class Scenario(Written):
    """One scripted fault.

    Attributes:
        number: its place among the scripted faults.
        source: where shape and deadlines come from.
        profile: of the device that it happens to ("" for any).
        device: the demo plant's device that it happens to unless another is named.
    """

    name: Annotated[str, Field(pattern=r"^[a-z0-9-]+$")]
    number: Annotated[int, Field(ge=1)]
    label: Label
    source: Annotated[str, Field(min_length=1)]
    profile: str
    device: str
    length_s: Length | None = None
    shape: Annotated[tuple[Step, ...], Field(min_length=1)]
    expect: Annotated[tuple[Expectation, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _length_is_given(self) -> Self:
        used = any(step.until_s == "length" for step in self.shape) or any(
            one.after_length for one in self.expect
        )
        if used and self.length_s is None:
            raise ValueError("until_s: length and after_length need length_s")
        return self

    def lasts_s(self, wanted_s: float | None) -> float:
        """Return the length to play: the one wanted, or the usual one.

        Raises:
            BadScenario: this scenario has no length to choose, or it is too short.
        """
        if self.length_s is None:
            if wanted_s is not None:
                raise BadScenario(f"{self.name} has no length to choose")
            return 0.0
        if wanted_s is not None and not self.length_s.least <= wanted_s <= 86_400:
            raise BadScenario(f"{self.name}: --length must be from {self.length_s.least:g} to 86400 s")
        return self.length_s.usual if wanted_s is None else wanted_s


def load_scenario(path: Path) -> Scenario:
    """Read one file.

    Raises:
        BadScenario: with the file and the key of everything that is wrong.
    """
    try:
        scenario = Scenario.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except yaml.YAMLError as error:
        raise BadScenario(f"{path}: {' '.join(str(error).split())}") from error
    except ValidationError as error:
        raise BadScenario("\n".join(f"{path}: {_in_words(one)}" for one in error.errors())) from error
    if scenario.name != path.stem:
        raise BadScenario(f"{path}: name: write {path.stem!r}, as the file is called")
    return scenario


def _in_words(error: Mapping[str, Any]) -> str:
    where = ".".join(str(part) for part in error["loc"]) or "the whole"
    return f"{where}: {error['msg']}"


def _exactly_one(model: BaseModel, names: Iterable[str]) -> None:
    given = [name for name in names if getattr(model, name) is not None]
    if len(given) != 1:
        raise ValueError(f"write exactly one of {', '.join(names)}; here: {', '.join(given) or 'none'}")
