"""Whether all of it works: the one thing that anybody may ask."""

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel, FiniteFloat

from monitor.server.messages import Time, shown
from monitor.server.replica import Source
from monitor.server.service import Here

router = APIRouter(tags=["health"])


class Part(BaseModel):
    """One part of the service; `ok` is false also while nothing is known about it."""

    ok: bool


class Health(BaseModel):
    """`down`: nothing is heard from the collector. `degraded`: a part is missing, the rest works.

    `ledger`: what people do can be recorded. `locked_accounts`: so many had too many wrong passwords and wait to be
    unlocked. `past_from`: which database readings, alarms and exports of the past come from; the primary where there is
    no replica, or none that is well.
    """

    model_config = shown(
        {
            "status": "ok",
            "at": "2026-03-02T08:15:01.400000+00:00",
            "devices_live": 5,
            "devices": 5,
            "oldest_sample_age_s": 0.7,
            "database": {"ok": True},
            "journal": {"ok": True},
            "collector": {"ok": True},
            "ledger": {"ok": True},
            "locked_accounts": 0,
            "past_from": "replica",
        }
    )

    status: Literal["ok", "degraded", "down"]
    at: Time
    devices_live: int
    devices: int
    oldest_sample_age_s: FiniteFloat | None
    database: Part
    journal: Part
    collector: Part
    ledger: Part
    locked_accounts: int
    past_from: Source


@router.get("/health")
async def read_health(here: Here) -> Health:
    """How the service stands; always answered with 200, whatever is down.

    Nothing that the collector said last counts once it is lost.
    """
    relay, database = here.relay, here.database.up.is_set()
    heard = relay.health if relay.collector else None
    journal = heard is not None and heard.journal.ok
    well = heard is not None and heard.status == "ok" and database and journal and here.ledger.ok
    return Health(
        status="down" if not relay.collector else "ok" if well else "degraded",
        at=here.settings.now(),
        devices_live=heard.devices_live if heard else 0,
        devices=len(here.settings.plant.devices),
        oldest_sample_age_s=heard.oldest_sample_age_s if heard else None,
        database=Part(ok=database),
        journal=Part(ok=journal),
        collector=Part(ok=relay.collector),
        ledger=Part(ok=here.ledger.ok),
        locked_accounts=len(here.people.locked()),
        past_from=here.reads.source,
    )
