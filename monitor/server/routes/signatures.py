"""The signatures on a thing, as they are shown: name, time, meaning."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from monitor.server.may import ReadingPast
from monitor.server.messages import Time, refusals, shown
from monitor.server.rights import Role
from monitor.server.service import Here
from monitor.server.signatures import Meaning
from monitor.server.written import AT

MOST = 200

router = APIRouter(prefix="/signatures", tags=["signatures"])

_SIGNED = "SELECT * FROM signature WHERE what = $1 AND of = $2 ORDER BY at DESC LIMIT $3"
_EXAMPLE = {
    "id": "9f2c0a1b5e7d4c36",
    "at": AT,
    "who": "li",
    "name": "Li Na",
    "role": "operator",
    "meaning": "responsibility",
    "version": AT,
    "sha256": "9f2c…",
}

# No NUL: PostgreSQL cannot keep one.
Asked = Annotated[str, Query(min_length=1, max_length=200, pattern=r"^[^\x00]*$")]


class Signed(BaseModel):
    """One signature; it is for one version of the content, and for no other."""

    model_config = shown(_EXAMPLE)

    id: str
    at: Time
    who: str
    name: str
    role: Role
    meaning: Meaning
    version: str
    sha256: str


class Signatures(BaseModel):
    """Signatures, the latest first."""

    model_config = shown({"signatures": [_EXAMPLE]})

    signatures: list[Signed]


@router.get("", dependencies=[ReadingPast], responses=refusals(401, 403, 422, 503))
async def read_signatures(what: Asked, of: Asked, here: Here) -> Signatures:
    """Who signed a thing; a moment behind what was done."""
    async with here.reads.pool() as pool:
        rows = await pool.fetch(_SIGNED, what, of, MOST)
    return Signatures(signatures=[Signed.model_validate(dict(row)) for row in rows])
