"""Accounts: who keeps them adds, changes and disables, and never learns a password that lasts."""

import secrets
from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeAlias

from fastapi import APIRouter, Depends, Path
from pydantic import AfterValidator, BaseModel, Field

from config.model import Text
from monitor.server.may import may
from monitor.server.messages import Time, refusals, shown
from monitor.server.refusal import Refusal
from monitor.server.rights import Deed, Role
from monitor.server.routes.deeds import Words
from monitor.server.routes.session import OpenSessions, SessionId, ended, listed
from monitor.server.service import Here, Service, by
from monitor.server.sessions import Session
from monitor.server.written import AT
from monitor.store.people import Account, NameTakenError, add_person, change_person, told_apart

router = APIRouter(tags=["people"], responses=refusals(401, 403, 404, 409, 422, 429, 503))

NOBODY = Text(en="There is no account of that name.", zh="没有该账户。")
_TAKEN = Text(
    en="Somebody has, or had, that name; choose another.", zh="该用户名已被使用（或曾被使用），请另选。"
)
OWN = Text(
    en="Nobody changes the own account here; ask another administrator.",
    zh="不能更改自己的账户，请由其他管理员操作。",
)

Keeping: TypeAlias = Annotated[Session, Depends(may(Deed.KEEP_PEOPLE))]
Name: TypeAlias = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f/]+$")]
OfName: TypeAlias = Annotated[
    str, Path(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f/]+$", examples=["li"])
]
Reason: TypeAlias = Annotated[Words, Field(min_length=3)]

PERSON_EXAMPLE: dict[str, Any] = {
    "name": "li",
    "display": "Li Na",
    "language": "zh",
    "role": "operator",
    "must_change": False,
    "locked": False,
    "disabled": False,
    "created_at": AT,
    "oidc_subject": "8f1e0c52-7f0e-4f7e-9a55-2a0f4f7f2c11",
}


class Why(BaseModel):
    """Why it is done; it stands in the book."""

    model_config = shown({"reason": "left the company"})

    reason: Reason


class NewPerson(Why):
    """A new account. Its name is never given to anybody else, not after it was disabled either."""

    model_config = shown(
        {"name": "li", "display": "Li Na", "language": "zh", "role": "operator", "reason": "new on the shift"}
    )

    name: Annotated[Name, AfterValidator(told_apart)]
    display: Name
    language: Literal["en", "zh"] = "zh"
    role: Role


class NewRole(Why):
    """What an account is for from now on."""

    model_config = shown({"role": "engineer", "reason": "moved to maintenance"})

    role: Role


class OneTime(BaseModel):
    """A password for one sign-in, which has to be changed then. It is shown here and nowhere again."""

    model_config = shown({"name": "li", "password": "kE7uQzV0a3nX"})

    name: str
    password: str


class OnePerson(BaseModel):
    """One account."""

    model_config = shown(PERSON_EXAMPLE)

    name: str
    display: str
    language: str
    role: Role
    must_change: bool
    locked: bool
    disabled: bool
    created_at: Time
    oidc_subject: str


class Everybody(BaseModel):
    """All accounts, disabled ones too."""

    model_config = shown({"people": [PERSON_EXAMPLE]})

    people: list[OnePerson]


@router.get("/people", dependencies=[Depends(may(Deed.KEEP_PEOPLE, Deed.KEEP_TRAINING))])
async def read_people(here: Here) -> Everybody:
    """Every account, disabled ones too."""
    return Everybody(people=[_shown(one) for one in here.people.every()])


@router.post("/people", status_code=201)
async def add(new: NewPerson, session: Keeping, here: Here) -> OneTime:
    """Add an account; the answer has its one-time password."""
    password = secrets.token_urlsafe(12)
    hashed = await here.passwords.hash(password)
    account = Account(
        new.name, new.role, hashed, here.settings.now(), new.display, new.language, must_change=True
    )
    try:
        async with here.database.connection() as connection:
            await add_person(connection, by(here, session, new.reason), account)
    except NameTakenError as error:
        raise Refusal(409, _TAKEN) from error
    await here.roll.call()
    return OneTime(name=new.name, password=password)


@router.post("/people/{name}/role", status_code=204)
async def give_role(name: OfName, asked: NewRole, session: Keeping, here: Here) -> None:
    """Give an account another role; its sessions end."""
    await change(here, session, name, "role_changed", new={"role": asked.role.value}, reason=asked.reason)


@router.post("/people/{name}/disable", status_code=204)
async def disable(name: OfName, why: Why, session: Keeping, here: Here) -> None:
    """Disable an account for good; it stays known, and its sessions end."""
    await change(
        here, session, name, "account_disabled", new={"disabled_at": here.settings.now()}, reason=why.reason
    )


@router.post("/people/{name}/unlock", status_code=204)
async def unlock(name: OfName, why: Why, session: Keeping, here: Here) -> None:
    """Let somebody try again who had too many wrong passwords."""
    await change(here, session, name, "account_unlocked", new={"locked_at": None}, reason=why.reason)


@router.post("/people/{name}/reset")
async def reset_password(name: OfName, why: Why, session: Keeping, here: Here) -> OneTime:
    """Give an account a one-time password; its sessions end."""
    password = secrets.token_urlsafe(12)
    new = {"password_hash": await here.passwords.hash(password), "must_change": True, "pin_hash": ""}
    await change(here, session, name, "password_reset", new=new, reason=why.reason)
    return OneTime(name=name, password=password)


@router.get("/sessions")
async def read_sessions(session: Keeping, here: Here) -> OpenSessions:
    """Where everybody is signed in."""
    return listed(here, session)


@router.post("/sessions/{session_id}/end", status_code=204)
async def end_session(session_id: SessionId, why: Why, session: Keeping, here: Here) -> None:
    """Sign somebody out."""
    await ended(here, session, session_id, why.reason)


async def change(
    here: Service, session: Session, name: str, kind: str, *, new: Mapping[str, Any], reason: str
) -> None:
    """Change somebody else's account, and end its sessions.

    Raises:
        Refusal: 404 there is none, 409 it is one's own, 503 the database is away.
    """
    if name == session.person.name:
        raise Refusal(409, OWN)
    async with here.database.connection() as connection:
        if not await change_person(connection, by(here, session, reason), kind, name, new):
            raise Refusal(404, NOBODY)
    here.sessions.end_all(name, session.person.name)
    await here.roll.call()


def _shown(one: Account) -> OnePerson:
    return OnePerson(
        name=one.name,
        display=one.display or one.name,
        language=one.language,
        role=Role(one.role),
        must_change=one.must_change,
        locked=one.locked_at is not None,
        disabled=one.disabled_at is not None,
        created_at=one.created_at,
        oidc_subject=one.oidc_subject,
    )
