"""Signing in and out, one's own sessions, and one's own password."""

from typing import Annotated

import structlog
from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel, Field, SecretStr

from config.model import Text
from monitor.server.asked import WHOLE, Password
from monitor.server.gate import cookie_name
from monitor.server.identify import Credentials, address_of, check_code, tried
from monitor.server.messages import Time, refusals, shown
from monitor.server.refusal import Refusal
from monitor.server.rights import SIGNS_AS, Deed, Role
from monitor.server.service import Here, Service, SignedIn, by
from monitor.server.sessions import Person, Session
from monitor.server.written import AT
from monitor.store.people import change_person

PASSWORD_LENGTH_MIN = 12
"""NIST SP 800-63B asks for 8 at least and for no rules about kinds of characters; demo proposal."""

router = APIRouter(prefix="/session", tags=["session"])
_log = structlog.get_logger()

_NO_SESSION = Text(en="There is no such session.", zh="没有该会话。")
_SAME = Text(en="Choose a password that is not the one before.", zh="新密码不能与原密码相同。")

SESSION_EXAMPLE = {
    "id": "9f2c0a1b5e7d4c36",
    "name": "li",
    "address": "10.0.0.7",
    "opened_at": AT,
    "used_at": AT,
    "own": True,
}
SessionId = Annotated[str, Path(min_length=16, max_length=16, pattern="^[0-9a-f]+$")]


class SigningIn(Credentials):
    """Name and password, and the code of the second factor where there is one."""

    model_config = shown({"name": "li", "password": "correct horse battery staple", "code": "287082"})

    code: Annotated[str, Field(pattern="^([0-9]{6})?$")] = ""


class SignedInPerson(BaseModel):
    """Who is signed in; while `must_change` nothing can be done but choosing another password."""

    model_config = shown(
        {
            "name": "li",
            "display": "Li Na",
            "role": "viewer",
            "language": "zh",
            "must_change": False,
            "has_pin": True,
            "deeds": ["export", "look", "read_past"],
            "signs_as": [],
        }
    )

    name: str
    display: str
    role: Role
    language: str
    must_change: bool
    has_pin: bool
    deeds: list[Deed]
    signs_as: list[str]


class OpenSession(BaseModel):
    """One place where a person is signed in."""

    model_config = shown(SESSION_EXAMPLE)

    id: str
    name: str
    address: str
    opened_at: Time
    used_at: Time
    own: bool


class OpenSessions(BaseModel):
    """Where people are signed in now."""

    model_config = shown({"sessions": [SESSION_EXAMPLE]})

    sessions: list[OpenSession]


class NewPassword(BaseModel):
    """The password, and what it is to be from now on."""

    model_config = shown({"old": "jR3k-one-time", "new": "correct horse battery staple"})

    old: Password
    new: Annotated[SecretStr, Field(min_length=PASSWORD_LENGTH_MIN, max_length=256), WHOLE]


@router.post("", status_code=204, responses=refusals(401, 422, 428, 429, 503))
async def open_session(credentials: SigningIn, request: Request, response: Response, here: Here) -> None:
    """Sign in; the answer carries the session's cookie. Too many wrong passwords make it wait (429)."""
    address = address_of(request)
    person = await tried(here, credentials, address)
    await check_code(here, person, credentials.code, address)
    await begin(here, person, request, response, before=request.state.token)


@router.get("", responses=refusals(401))
async def read_session(session: SignedIn, here: Here) -> SignedInPerson:
    """Who is signed in here, and what may be done."""
    person, account = session.person, here.people.account(session.person.name)
    return SignedInPerson(
        name=person.name,
        display=person.display or person.name,
        role=person.role,
        language=person.language,
        must_change=person.must_change,
        has_pin=account is not None and account.pin_hash != "",
        deeds=sorted(session.deeds),
        signs_as=sorted(SIGNS_AS[person.role]),
    )


@router.delete("", status_code=204, responses=refusals(401))
async def close_session(request: Request, response: Response, session: SignedIn, here: Here) -> None:
    """Sign out."""
    here.sessions.close(request.state.token)
    response.delete_cookie(
        cookie_name(request), httponly=True, samesite="strict", secure=request.url.scheme == "https"
    )
    await _say(here, session, "signed_out")
    here.roll.change()
    _log.info("signed_out", name=session.person.name)


@router.get("/own", responses=refusals(401))
async def read_own_sessions(session: SignedIn, here: Here) -> OpenSessions:
    """Everywhere that who asks is signed in."""
    return listed(here, session, session.person.name)


@router.delete("/own/{session_id}", status_code=204, responses=refusals(401, 404, 422))
async def end_own_session(session_id: SessionId, session: SignedIn, here: Here) -> None:
    """Sign out somewhere else."""
    one = here.sessions.every().get(session_id)
    if one is None or one.person.name != session.person.name:
        raise Refusal(404, _NO_SESSION)
    await ended(here, session, session_id)


@router.post("/password", status_code=204, responses=refusals(401, 422, 429, 503))
async def change_password(asked: NewPassword, request: Request, session: SignedIn, here: Here) -> None:
    """Choose another password; every other session of the same person ends."""
    name = session.person.name
    await tried(here, Credentials(name=name, password=asked.old), address_of(request))
    if asked.old == asked.new:
        raise Refusal(422, _SAME)
    hashed = await here.passwords.hash(asked.new.get_secret_value())
    async with here.database.connection() as connection:
        new = {"password_hash": hashed, "must_change": False}
        await change_person(connection, by(here, session), "password_changed", name, new)
    here.sessions.end_all(name, name, but=request.state.token)
    await here.roll.call()


async def begin(
    here: Service, person: Person, request: Request, response: Response, *, before: str, via: str = "password"
) -> None:
    """Sign a person in, whoever said who it is; the session that this browser had ends."""
    address, now = address_of(request), here.settings.now()
    here.sessions.close(before)
    await _say(here, Session(person, now, now, address), "signed_in", via=via)
    _log.info("signed_in", name=person.name, address=address, via=via)
    response.set_cookie(
        cookie_name(request),
        here.sessions.open(person, address),
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    here.roll.change()


def listed(here: Service, asking: Session, name: str = "") -> OpenSessions:
    """List the open sessions of a person, or of everybody."""
    return OpenSessions(
        sessions=[
            OpenSession(
                id=called,
                name=one.person.name,
                address=one.address,
                opened_at=one.opened_at,
                used_at=one.used_at,
                own=one is asking,
            )
            for called, one in here.sessions.every().items()
            if name in {"", one.person.name}
        ]
    )


async def ended(here: Service, session: Session, session_id: str, reason: str = "") -> None:
    """End a session and record who did.

    Raises:
        Refusal: 404, there is none.
    """
    one = here.sessions.end(session_id, session.person.name)
    if one is None:
        raise Refusal(404, _NO_SESSION)
    here.roll.change()
    await _say(here, session, "session_ended", old=f"{one.person.name} {one.address}", reason=reason)


async def _say(
    here: Service, session: Session, kind: str, *, old: str | None = None, reason: str = "", **more: str
) -> None:
    person = session.person
    body = {"role": person.role, "what": "session", "old": old, "new": None, "reason": reason}
    await here.ledger.say(here.settings.now(), kind, person.name, body | {"address": session.address} | more)
