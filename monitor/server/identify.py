"""Who somebody is, by name and password: at the door, as a second person, and at each signature."""

import math
from typing import Annotated

import structlog
from pydantic import BaseModel, Field
from starlette.requests import HTTPConnection

from config.model import Text
from monitor.server.asked import Password
from monitor.server.database import DatabaseDown
from monitor.server.messages import shown
from monitor.server.refusal import Refusal
from monitor.server.service import Service
from monitor.server.sessions import Person
from monitor.store.people import By, change_person

_log = structlog.get_logger()

_CODE = Text(en="Give the code of your second factor too.", zh="请输入动态验证码。")
_WRONG_CODE = Text(en="The code is wrong, or was used already.", zh="动态验证码错误或已使用。")
_WRONG_PIN = Text(
    en="The PIN is wrong, or you have none: set one on the page My account.",
    zh="PIN 错误或尚未设置，请在“我的账户”页面设置。",
)
_PIN_LOCKED = Text(
    en="Too many wrong PINs: give your password instead. After that the PIN is good again.",
    zh="PIN 错误次数过多，请改用密码；之后 PIN 恢复可用。",
)
_WRONG = Text(en="The name or the password is wrong.", zh="用户名或密码错误。")


class Credentials(BaseModel):
    """Name and password."""

    model_config = shown({"name": "li", "password": "correct horse battery staple"})

    name: Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f]+$")]
    password: Password


def address_of(connection: HTTPConnection) -> str:
    """Where a request comes from."""
    return connection.client.host if connection.client else "unknown"


async def tried(here: Service, credentials: Credentials, address: str) -> Person:
    """Find who has this name and password.

    Raises:
        Refusal: 401 one of them is wrong, or the account is disabled or locked; 429 too many were tried; 503 nobody is
            known yet, for the database was never there.
    """
    if not here.people.known.is_set():
        raise DatabaseDown
    wait_s = here.tries.take(credentials.name, address)
    if wait_s > 0:
        _log.warning("sign_in_locked", address=address)
        raise _too_often(math.ceil(wait_s))
    person = await here.people.check(credentials.name, credentials.password.get_secret_value())
    if person is None:
        await _refused(here, credentials.name, address)
        raise Refusal(401, _WRONG)
    here.tries.give_back(credentials.name, address)
    here.pins.forgive(person.name)
    return person


async def check_pin(here: Service, person: Person, pin: str, address: str) -> None:
    """See that who is signed in has this PIN.

    Raises:
        Refusal: 401 it is wrong, or the person has none; 403 too many were, and the password has to be given; 429 too
            many were tried; 503 it cannot be recorded.
    """
    if here.pins.is_locked(person.name):
        raise Refusal(403, _PIN_LOCKED)
    counted = f"{person.name} pin"
    wait_s = here.tries.take(counted, address)
    if wait_s > 0:
        raise _too_often(math.ceil(wait_s))
    is_last = here.pins.count(person.name)
    if await here.people.check_pin(person.name, pin):
        here.tries.give_back(counted, address)
        here.pins.forgive(person.name)
        return
    _log.warning("pin_refused", address=address)
    body = {"role": person.role, "what": "pin", "old": None, "new": None, "reason": "", "address": address}
    await here.ledger.say(here.settings.now(), "pin_locked" if is_last else "pin_refused", person.name, body)
    raise Refusal(403, _PIN_LOCKED) if is_last else Refusal(401, _WRONG_PIN)


async def check_code(here: Service, person: Person, code: str, address: str) -> None:
    """See that a person's second factor fits, where there is one.

    Raises:
        Refusal: 428 there is one, and no code was given; 401 the code is wrong or was used; 429 too many were tried.
    """
    account = here.people.account(person.name)
    if account is None or not account.totp_secret:
        return
    if not code:
        raise Refusal(428, _CODE)
    counted = f"{person.name} code"
    wait_s = here.tries.take(counted, address)
    if wait_s > 0:
        raise _too_often(math.ceil(wait_s))
    if not here.codes.fits(person.name, account.totp_secret, code, here.settings.now()):
        await _refused(here, person.name, address)
        raise Refusal(401, _WRONG_CODE)
    here.tries.give_back(counted, address)


async def _refused(here: Service, name: str, address: str) -> None:
    """Record a wrong password, and what comes of too many."""
    _log.warning("sign_in_refused", address=address)
    account = here.people.account(name)
    # A name that nobody has is not written down: people type their password there.
    who, role = (account.name, account.role) if account else ("", "")
    at = here.settings.now()
    body = {"role": role, "what": "session", "old": None, "new": None, "reason": "", "address": address}
    await here.ledger.say(at, "sign_in_refused", who, body)
    if here.tries.wait_s(name, address) > 0:
        _log.error("locked_out", name=who, address=address)
        await here.ledger.say(at, "locked_out", who, body)
    if account and not account.locked_at and here.tries.is_under_attack(name):
        await _lock(here, account.name)


async def _lock(here: Service, name: str) -> None:
    """Lock an account until somebody who keeps the accounts unlocks it."""
    at = here.settings.now()
    by = By(at, "gradewatch", "", "too many wrong passwords from several places", here.ledger.chain)
    try:
        async with here.database.connection() as connection:
            await change_person(connection, by, "account_locked", name, {"locked_at": at})
    except DatabaseDown:
        return  # what guards it meanwhile is the wait
    here.roll.change()


def _too_often(wait_s: int) -> Refusal:
    text = Text(
        en=f"Too many wrong passwords; try again in {wait_s} seconds.",
        zh=f"密码错误次数过多，请在 {wait_s} 秒后重试。",
    )
    return Refusal(429, text, {"Retry-After": str(wait_s)})
