"""The persons that tests act as: everybody trained, all with one password."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import cache, partial
from typing import Any

import asyncpg
from argon2 import PasswordHasher

from monitor.server.rights import SUBJECTS, Role
from monitor.store.database import Connection
from monitor.store.people import Account, By, Training, add_person, note_training

PEOPLE = {
    "kan": Role.VIEWER,
    "cao": Role.OPERATOR,
    "li": Role.ENGINEER,
    "wang": Role.ENGINEER,
    "qian": Role.QA,
    "fang": Role.QUALIFIED_PERSON,
    "李明": Role.ENGINEER,
    "admin": Role.ADMIN,
}
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
TRAINING = [
    Training(name, what, date(2020, 1, 1), date(2099, 12, 31), "qian", LONG_AGO)
    for name in PEOPLE
    for what in SUBJECTS
]


def signed(occurrence: Mapping[str, Any], password: str, comment: str = "glove 3 changed") -> dict[str, Any]:
    """Make the body by which an alarm of any weight is acknowledged."""
    return {
        **occurrence,
        "comment": comment,
        "signature": {"password": password, "meaning": "responsibility"},
    }


def called(role: Role) -> str:
    """Give the name of who has a role."""
    return next(name for name, own in PEOPLE.items() if own is role)


cheap_hasher = partial(PasswordHasher, time_cost=1, memory_cost=8, parallelism=1)
"""What a hash costs is tried in tests/server/test_access.py."""


@cache
def _hash(password: str) -> str:
    return cheap_hasher().hash(password)


def accounts(password: str) -> list[Account]:
    """Give everybody's account."""
    return [Account(name, role, _hash(password), LONG_AGO, name.title()) for name, role in PEOPLE.items()]


async def add_people(database_url: str, password: str, *, in_book: bool = False) -> None:
    """Give a migrated database these persons; the administrator may be there already.

    Args:
        database_url: where.
        password: everybody's.
        in_book: with a line of the book for each, so that `verify` finds nothing; it takes longer.
    """
    connection = await asyncpg.connect(database_url)
    try:
        if await connection.fetchval("SELECT EXISTS (SELECT FROM training)"):
            return  # they are there
        if in_book:
            await _kept(connection, password)
            return
        await connection.executemany(
            "INSERT INTO person (name, role, password_hash, created_at, display) VALUES ($1, $2, $3, $4, $5)"
            " ON CONFLICT DO NOTHING",
            [
                (one.name, one.role, one.password_hash, one.created_at, one.display)
                for one in accounts(password)
            ],
        )
        await connection.executemany(
            "INSERT INTO training (person, what, valid_from, valid_until, noted_by, noted_at)"
            " VALUES ($1, $2, $3, $4, $5, $6)",
            [
                (one.person, one.what, one.valid_from, one.valid_until, one.noted_by, one.noted_at)
                for one in TRAINING
            ],
        )
    finally:
        await connection.close()


async def _kept(connection: Connection, password: str) -> None:
    by = By(LONG_AGO, "qian", "qa", "for the tests")
    there = {row["name"] for row in await connection.fetch("SELECT name FROM person")}
    for account in accounts(password):
        if account.name not in there:
            await add_person(connection, by, account)
    for training in TRAINING:
        await note_training(connection, by, training)
