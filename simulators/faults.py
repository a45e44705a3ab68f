"""The faults that can be played: the shapes of the scripted scenarios, one YAML file each.

A fault moves steady states; the physics of the machine gives the shape. So a fault that is cleared heals at the
machine's own pace, and the same seed plays the same fault again.
"""

from dataclasses import dataclass
from pathlib import Path

from config.model import Device
from simulators.errors import UnknownFault
from simulators.scenario import Scenario, Step, load_scenario

FOLDER = Path(__file__).parent / "scenarios"


def load_faults(folder: Path) -> dict[str, Scenario]:
    """Read a folder of scenarios, by name, in the order of their numbers.

    Raises:
        BadScenario: a file is wrong.
    """
    scenarios = sorted(map(load_scenario, folder.glob("*.yaml")), key=lambda one: one.number)
    return {one.name: one for one in scenarios}


FAULTS = load_faults(FOLDER)


@dataclass(frozen=True, slots=True)
class Holding:
    """A step that is on now, on one device, and for how long it has been.

    Attributes:
        key: tells it from every other step that may be on.
    """

    key: tuple[str, str, int, str]
    device: str
    step: Step
    for_s: float


def find_fault(name: str, device: Device) -> Scenario:
    """Return the fault of that name.

    Raises:
        UnknownFault: there is none, or it cannot happen to that device.
    """
    if name not in FAULTS:
        raise UnknownFault(f"no fault {name!r}; there are: {', '.join(FAULTS)}")
    fault = FAULTS[name]
    if fault.profile not in {"", device.profile.name}:
        raise UnknownFault(
            f"{name} happens to a device of profile {fault.profile}; {device.id} is {device.profile.name}"
        )
    return fault
