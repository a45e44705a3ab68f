"""The second factor: who wants one takes it on; who has lost the device lets an administrator drop it."""

from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from config.model import Text
from monitor.server.asked import Password
from monitor.server.identify import Credentials, address_of, tried
from monitor.server.messages import refusals, shown
from monitor.server.refusal import Refusal
from monitor.server.routes.people import Keeping, OfName, Why, change
from monitor.server.service import Here, SignedIn, by
from monitor.server.totp import make_secret, uri_of
from monitor.store.people import change_person

router = APIRouter(tags=["session"], responses=refusals(401, 403, 404, 409, 422, 429, 503))

SECRET_EXAMPLE = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # noqa: S105 - that of RFC 6238

_WRONG = Text(en="That is not the code of this secret now.", zh="验证码与该密钥不符。")


class NewSecret(BaseModel):
    """A secret for a device, and the same as what a device reads from a picture."""

    model_config = shown(
        {"secret": SECRET_EXAMPLE, "uri": f"otpauth://totp/Gradewatch:li?secret={SECRET_EXAMPLE}"}
    )

    secret: str
    uri: str


class Taken(BaseModel):
    """The secret that a device has taken, proved by its code, and the password once more."""

    model_config = shown(
        {"password": "correct horse battery staple", "secret": SECRET_EXAMPLE, "code": "287082"}
    )

    password: Password
    secret: Annotated[str, Field(pattern="^[A-Z2-7]{32}$")]
    code: Annotated[str, Field(pattern="^[0-9]{6}$")]


@router.post("/session/totp/secret")
async def make_totp_secret(session: SignedIn) -> NewSecret:
    """Make up a secret; nothing is kept of it until it comes back with a code."""
    secret = make_secret()
    return NewSecret(secret=secret, uri=uri_of(session.person.name, secret))


@router.post("/session/totp", status_code=204)
async def take_on_totp(taken: Taken, request: Request, session: SignedIn, here: Here) -> None:
    """Take on a second factor: from now on signing in asks for its code."""
    name = session.person.name
    await tried(here, Credentials(name=name, password=taken.password), address_of(request))
    if not here.codes.fits(name, taken.secret, taken.code, here.settings.now()):
        raise Refusal(422, _WRONG)
    async with here.database.connection() as connection:
        who, new = by(here, session, ""), {"totp_secret": taken.secret}
        await change_person(connection, who, "second_factor_taken_on", name, new)
    await here.roll.call()


@router.post("/people/{name}/totp/drop", status_code=204)
async def drop_totp(name: OfName, why: Why, session: Keeping, here: Here) -> None:
    """Let somebody sign in without the second factor, whose device is lost."""
    await change(here, session, name, "second_factor_dropped", new={"totp_secret": ""}, reason=why.reason)
