"""API tokens: made for some deeds and until an end, shown once, revoked at any time."""

from typing import Annotated, Any, TypeAlias

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from config.model import Text
from monitor.server.asked import Moment
from monitor.server.may import may
from monitor.server.messages import Time, refusals, shown
from monitor.server.refusal import Refusal
from monitor.server.rights import FOR_MACHINES, Deed
from monitor.server.routes.people import Name, OfName, Why
from monitor.server.service import Here, by
from monitor.server.sessions import Session, hashed
from monitor.server.tokens import LASTS_MAX, make
from monitor.server.written import AT, NOUN, Noun
from monitor.store import people

router = APIRouter(
    prefix="/tokens",
    tags=["people"],
    responses=refusals(401, 403, 404, 409, 422, 503),
)

_NONE = Text(en="There is no such token in use.", zh="没有使用中的该令牌。")
_TAKEN = Text(
    en="There is, or was, a token of that name; choose another.",
    zh="该令牌名已被使用（或曾被使用），请另选。",
)
_END = Text(
    en=f"Its end is to be in the future, and {LASTS_MAX.days} days off at most.",
    zh=f"结束时间须在将来，且不超过 {LASTS_MAX.days} 天。",
)
_SCOPE = Text(en="A token only reads: choose among these: {}.", zh="令牌只能用于读取，可选：{}。")

TOKEN_EXAMPLE: dict[str, Any] = {
    "name": "mes",
    "deeds": ["read_past"],
    "made_by": "admin",
    "made_at": AT,
    "ends_at": "2027-03-02T00:00:00.000000+00:00",
    "revoked_at": None,
}
Keeping: TypeAlias = Annotated[Session, Depends(may(Deed.KEEP_TOKENS))]


class NewToken(Why):
    """What a machine may do, and until when."""

    model_config = shown(
        {
            "name": "mes",
            "deeds": ["read_past"],
            "ends_at": "2027-03-02T00:00:00Z",
            "reason": "the MES reads trends",
        }
    )

    name: Name
    deeds: Annotated[list[Deed], Field(min_length=1, max_length=len(FOR_MACHINES))]
    ends_at: Moment


class MadeToken(BaseModel):
    """A new token. It is shown here and nowhere again."""

    model_config = shown({"name": "mes", "token": "gw_…"})

    name: str
    token: str


class OneToken(Noun):
    """What is known of a token."""

    model_config = NOUN | shown(TOKEN_EXAMPLE)

    name: str
    deeds: list[Deed]
    made_by: str
    made_at: Time
    ends_at: Time
    revoked_at: Time | None


class AllTokens(BaseModel):
    """All tokens, also those that are over."""

    model_config = shown({"tokens": [TOKEN_EXAMPLE]})

    tokens: list[OneToken]


@router.get("")
async def read_tokens(_session: Keeping, here: Here) -> AllTokens:
    """Every token, also those that are over."""
    return AllTokens(tokens=[OneToken.model_validate(one) for one in here.tokens.every()])


@router.post("", status_code=201)
async def make_token(new: NewToken, session: Keeping, here: Here) -> MadeToken:
    """Make a token; the answer has it."""
    at = here.settings.now()
    if not FOR_MACHINES.issuperset(new.deeds):
        names = ", ".join(sorted(FOR_MACHINES))
        raise Refusal(422, Text(_SCOPE.en.format(names), _SCOPE.zh.format(names)))
    if not at < new.ends_at <= at + LASTS_MAX:
        raise Refusal(422, _END)
    token = make()
    made = people.Token(new.name, hashed(token), sorted(set(new.deeds)), session.person.name, at, new.ends_at)
    try:
        async with here.database.connection() as connection:
            await people.make_token(connection, by(here, session, new.reason), made)
    except people.NameTakenError as error:
        raise Refusal(409, _TAKEN) from error
    await here.roll.call()
    return MadeToken(name=new.name, token=token)


@router.post("/{name}/revoke", status_code=204)
async def revoke_token(name: OfName, why: Why, session: Keeping, here: Here) -> None:
    """End a token before its time."""
    async with here.database.connection() as connection:
        if not await people.revoke_token(connection, by(here, session, why.reason), name):
            raise Refusal(404, _NONE)
    await here.roll.call()
