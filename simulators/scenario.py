"""A scripted fault as it is written in YAML: its shape over time, and what is expected of a service."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import Field, ValidationError, model_validator

from config.model import Device
from config.plant import Plant
from simulators.errors import BadScenario
from simulators.expectation import Expectation, Label, Number, Place, Seconds, Who, Written, exactly_one

DEEDS = ("force", "ramp_per_h", "freeze", "door", "network", "power_off_s", "clock_offset_s", "restart")


def place_of(plant: Plant, device: Device) -> Place:
    """Return a device's place."""
    workshop = plant.zones[device.zone].workshop
    return Place(device.id, device.profile.name, device.zone, device.line, workshop)


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
        exactly_one(self, DEEDS)
        return self

    def keys(self) -> set[str]:
        """Return the quantities that are moved or held."""
        return {*(self.force or ()), *(self.ramp_per_h or ()), *(self.freeze or ())}

    def holds(self, elapsed_s: float, length_s: float) -> bool:
        """Whether the step is on, so many seconds after the start of the scenario."""
        until_s = length_s if self.until_s == "length" else self.until_s
        return self.at_s <= elapsed_s and (until_s is None or elapsed_s < until_s)


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
