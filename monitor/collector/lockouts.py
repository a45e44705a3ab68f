"""Which accounts are locked: the server keeps them and tells, and here each becomes one alarm until it is unlocked.

Somebody who guesses passwords must not be able to bury the plant's own alarms: an account has one alarm however often
it is tried, and there are so many at most.
"""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field

from alarms.service import LOCKOUT, OF
from monitor.collector.commands import Asked, Person
from monitor.collector.shown import Json
from monitor.collector.standing import keep

LOCKOUTS_MAX = 5
"""Less than what is called a flood, which more than ten within ten minutes are."""


class LockoutBody(BaseModel):
    """One locked account; `told` is what a person reads with the alarm."""

    name: Person
    told: Annotated[str, Field(min_length=1, max_length=200)]


class LockoutsBody(BaseModel):
    """Every locked account, or the first so many."""

    locked: Annotated[list[LockoutBody], Field(max_length=LOCKOUTS_MAX)]


router = APIRouter()


@router.post("/lockouts")
async def _lockouts(body: LockoutsBody, clerk: Asked) -> Json:
    locked = {f"{LOCKOUT}{OF}{one.name}": one.told for one in body.locked}
    await keep(clerk.judge, clerk.now, (LOCKOUT,), locked)
    return {"locked": len(locked)}
