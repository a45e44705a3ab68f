"""What was laid down for a batch: by which versions of the plant, and what they permitted on each channel when."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from alarms.events import SetOccupancy
from config.plant import Plant
from config.rules import Derived
from monitor.records.dossier.scope import Scope, Span
from monitor.store.catalog import Snapshot
from monitor.store.force import Force, in_force_of_all
from monitor.store.occupancy import pieces, said_of_zones
from monitor.store.readings import Permitted, permitted


@dataclass(frozen=True, slots=True)
class LaidDown:
    """What was laid down.

    Attributes:
        forces: the versions of each device, oldest first.
        said: what persons have said of any zone before the end of the batch, in order.
        limits: what was permitted on each channel, reckoned ones too, in its time in the batch.
    """

    forces: Mapping[str, Sequence[Force]]
    said: Sequence[SetOccupancy]
    limits: Mapping[str, Sequence[Permitted]]


async def laid_down(snapshot: Snapshot, scope: Scope) -> LaidDown:
    """Read what was laid down for a batch."""
    devices = {*scope.devices, *(one.device for one in scope.derived.values())}
    forces = await in_force_of_all(snapshot, sorted(devices), scope.until)
    said = await said_of_zones(snapshot, scope.until)

    def of(channel: str, device: str, base: str, span: Span) -> list[Permitted]:
        cut = pieces(forces[device], base, said, span.since, span.until)
        return sorted(permitted(cut, channel), key=_order)

    limits = {
        one.id: of(one.id, one.device, one.id, scope.zones[one.zone]) for one in scope.channels.values()
    }
    for derived in scope.derived.values():
        base = measured_input(scope.plant, derived)
        limits[derived.id] = of(derived.id, derived.device, base, scope.zones[derived.zone])
    return LaidDown(forces, said, limits)


def measured_input(plant: Plant, derived: Derived) -> str:
    """Give the measured channel behind the first input: by its zone a reckoned channel is judged."""
    one = derived.inputs[0]
    while one in plant.derived:
        one = plant.derived[one].inputs[0]
    return one


def _order(one: Permitted) -> tuple[str, datetime]:
    return one.limit, one.since
