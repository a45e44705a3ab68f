"""One's own PIN: what signs an acknowledgement from a telephone, within the session that is open."""

from fastapi import APIRouter, Request
from pydantic import BaseModel

from monitor.server.asked import Password
from monitor.server.identify import Credentials, address_of, tried
from monitor.server.messages import refusals, shown
from monitor.server.pins import NewPin
from monitor.server.service import Here, Service, SignedIn, by
from monitor.server.sessions import Session
from monitor.store.people import change_person

ANSWERS = refusals(401, 403, 409, 422, 429, 503)

router = APIRouter(prefix="/session/pin", tags=["session"], responses=ANSWERS)


class ChosenPin(BaseModel):
    """The password, and what the PIN is to be: 6 to 12 figures, none of those that are tried first."""

    model_config = shown({"password": "correct horse battery staple", "pin": "480913"})

    password: Password
    pin: NewPin


@router.post("", status_code=204)
async def choose_pin(chosen: ChosenPin, request: Request, session: SignedIn, here: Here) -> None:
    """Choose a PIN, or another one."""
    await tried(here, Credentials(name=session.person.name, password=chosen.password), address_of(request))
    await _keep(here, session, "pin_set", await here.passwords.hash(chosen.pin.get_secret_value()))


@router.delete("", status_code=204)
async def drop_pin(session: SignedIn, here: Here) -> None:
    """Have no PIN any more."""
    await _keep(here, session, "pin_dropped", "")


async def _keep(here: Service, session: Session, kind: str, hashed: str) -> None:
    async with here.database.connection() as connection:
        who, new = by(here, session, ""), {"pin_hash": hashed}
        await change_person(connection, who, kind, session.person.name, new)
    await here.roll.call()
