"""Signing in and out."""

import math
from typing import Annotated

import structlog
from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field, SecretStr

from config.model import Text
from monitor.server.access import sign_in
from monitor.server.gate import COOKIE
from monitor.server.messages import Detail, shown
from monitor.server.refusal import Refusal
from monitor.server.rights import Deed, Role
from monitor.server.service import Here, Service, SignedIn
from monitor.server.sessions import Person

router = APIRouter(prefix="/session", tags=["session"])
_log = structlog.get_logger()

_WRONG = Text(en="The name or the password is wrong.", zh="用户名或密码错误。")


class Credentials(BaseModel):
    """Name and password."""

    model_config = shown({"name": "li", "password": "correct horse battery staple"})

    name: Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f]+$")]
    password: Annotated[SecretStr, Field(min_length=1, max_length=256)]


class SignedInPerson(BaseModel):
    """Who is signed in."""

    model_config = shown({"name": "li", "role": "viewer", "deeds": ["export", "look", "read_past"]})

    name: str
    role: Role
    deeds: list[Deed]


@router.post("", status_code=204, responses={code: {"model": Detail} for code in (401, 422, 429, 503)})
async def open_session(credentials: Credentials, request: Request, response: Response, here: Here) -> None:
    """Sign in; the answer carries the session's cookie. Too many wrong passwords make it wait (429)."""
    address = request.client.host if request.client else "unknown"
    person = await tried(here, credentials, address)
    here.sessions.close(request.state.token)
    _log.info("signed_in", name=person.name, address=address)
    response.set_cookie(
        COOKIE,
        here.sessions.open(person),
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )


@router.get("", responses={401: {"model": Detail}})
async def read_session(session: SignedIn) -> SignedInPerson:
    """Who is signed in here."""
    return SignedInPerson(name=session.person.name, role=session.person.role, deeds=sorted(session.deeds))


@router.delete("", status_code=204, responses={401: {"model": Detail}})
async def close_session(request: Request, response: Response, session: SignedIn, here: Here) -> None:
    """Sign out."""
    here.sessions.close(request.state.token)
    response.delete_cookie(COOKIE, httponly=True, samesite="strict", secure=request.url.scheme == "https")
    _log.info("signed_out", name=session.person.name)


async def tried(here: Service, credentials: Credentials, address: str) -> Person:
    """Find who has this name and password.

    Raises:
        Refusal: 401 one of them is wrong, 429 too many were tried, 503 there is no database.
    """
    wait_s = here.tries.take(credentials.name, address)
    if wait_s > 0:
        _log.warning("sign_in_locked", name=credentials.name, address=address)
        raise _too_often(math.ceil(wait_s))
    try:
        async with here.database.pool() as pool:
            password = credentials.password.get_secret_value()
            person = await sign_in(pool, here.passwords, credentials.name, password)
    except Refusal:
        here.tries.give_back(credentials.name, address)
        raise
    if person is None:
        # Without the name: people type their password there.
        _log.warning("sign_in_refused", address=address)
        raise Refusal(401, _WRONG)
    here.tries.give_back(credentials.name, address)
    return person


def _too_often(wait_s: int) -> Refusal:
    text = Text(
        en=f"Too many wrong passwords; try again in {wait_s} seconds.",
        zh=f"密码错误次数过多，请在 {wait_s} 秒后重试。",
    )
    return Refusal(429, text, {"Retry-After": str(wait_s)})
