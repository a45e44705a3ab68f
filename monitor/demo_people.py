"""The demo's people: one of each kind that a shift needs, trained for a year; made up, and saying so."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from monitor.server.access import Passwords
from monitor.server.rights import ROLES, SUBJECTS, Role
from monitor.store.database import Connection, close, connect
from monitor.store.people import Account, By, Training, add_person, note_training, read_accounts

REASON = "made up for the demo / 演示账户"
MADE_BY = "gradewatch demo"
TRAINED_FOR = timedelta(days=365)
PEOPLE = (Role.OPERATOR, Role.ENGINEER, Role.QA, Role.ADMIN)
"""Each is called as its role is."""


async def make_people(database_url: str, passwords: Mapping[str, str], at: datetime) -> None:
    """Add those who are not there yet, with these passwords.

    Raises:
        DatabaseError: the database cannot be reached, or refuses.
    """
    connection = await connect(database_url)
    try:
        known = {one.name for one in await read_accounts(connection)}
        for role in PEOPLE:
            if role.value not in known:
                async with connection.transaction():
                    await _make(connection, role, passwords[role.value], at)
    finally:
        await close(connection)


async def _make(connection: Connection, role: Role, password: str, at: datetime) -> None:
    by = By(at, MADE_BY, "", REASON)
    hashed = await Passwords().hash(password)
    display = f"{ROLES[role].zh} {ROLES[role].en}"
    await add_person(connection, by, Account(role.value, role, hashed, at, display))
    first, last = at.date() - timedelta(days=1), at.date() + TRAINED_FOR
    for subject in SUBJECTS:
        training = Training(role.value, subject, first, last, MADE_BY, at)
        await note_training(connection, by, training)
