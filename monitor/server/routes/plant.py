"""The plant as it is configured."""

from fastapi import APIRouter

from monitor.server.may import Looking
from monitor.server.messages import refusals
from monitor.server.plant_document import PlantDocument, describe
from monitor.server.service import Here

router = APIRouter(tags=["plant"])


@router.get("/plant", dependencies=[Looking], responses=refusals(401, 403))
async def read_plant(here: Here) -> PlantDocument:
    """The plant, without addresses and registers."""
    return describe(here.settings.plant)
