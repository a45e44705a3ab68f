"""The persons that tests act as, beside the first administrator: two engineers, and one from quality."""

from functools import cache

import asyncpg
from argon2 import PasswordHasher

PEOPLE = {"li": "engineer", "wang": "engineer", "qian": "qa"}


@cache
def _hash(password: str) -> str:
    # Cheap: what the hash costs is tried elsewhere.
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(password)


async def add_people(database_url: str, password: str) -> None:
    """Give a migrated database these persons, all with one password."""
    connection = await asyncpg.connect(database_url)
    try:
        await connection.executemany(
            "INSERT INTO person (name, role, password_hash, created_at) VALUES ($1, $2, $3, now())",
            [(name, role, _hash(password)) for name, role in PEOPLE.items()],
        )
    finally:
        await connection.close()
