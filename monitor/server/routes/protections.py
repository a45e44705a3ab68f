"""Every protective action of the plant: armed, running, latched or switched off."""

from fastapi import APIRouter
from pydantic import BaseModel

from monitor.server.may import Looking
from monitor.server.messages import Time, refusals, shown
from monitor.server.protected import PROTECTION_EXAMPLE, Protection, armed
from monitor.server.service import Here

router = APIRouter(prefix="/protections", tags=["protections"])


class Protections(BaseModel):
    """Every protective action; while `collector` is false the list may be old."""

    model_config = shown(
        {"at": "2026-03-02T08:15:01.400000+00:00", "collector": True, "protections": [PROTECTION_EXAMPLE]}
    )

    at: Time
    collector: bool
    protections: list[Protection]


@router.get("", dependencies=[Looking], responses=refusals(401, 403))
async def read_protections(here: Here) -> Protections:
    """Every protective action, from memory: it needs no database."""
    plant, known = here.settings.plant, here.relay.protections
    every = [known.get(one.id) or armed(plant, one) for one in plant.protections.values()]
    return Protections(at=here.settings.now(), collector=here.relay.collector, protections=every)
