"""Accounts, training, tokens and sessions in the database: read whole, changed one by one, each with its line."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime
from typing import Any, cast

import asyncpg

from monitor.store.database import Connection, Pool
from monitor.store.record import record

ELSEWHERE = "people"
"""Chain of what is done to accounts without a server, by the command line."""

OURS = ("gradewatch", "token ")
"""How the records call the service itself, and machines."""


@dataclass(frozen=True, slots=True)
class Account:
    """One person's account. `name` is what the records say, and nobody else's ever again."""

    name: str
    role: str
    password_hash: str = field(repr=False)
    created_at: datetime
    display: str = ""
    language: str = "zh"
    must_change: bool = False
    locked_at: datetime | None = None
    disabled_at: datetime | None = None
    totp_secret: str = field(default="", repr=False)
    pin_hash: str = field(default="", repr=False)
    oidc_issuer: str = ""
    oidc_subject: str = ""


@dataclass(frozen=True, slots=True)
class Training:
    """What a person was trained for, and from which day to which; both are included."""

    person: str
    what: str
    valid_from: date
    valid_until: date
    noted_by: str
    noted_at: datetime


@dataclass(frozen=True, slots=True)
class Token:
    """What a machine may do, and until when."""

    name: str
    hash: bytes = field(repr=False)
    deeds: Sequence[str]
    made_by: str
    made_at: datetime
    ends_at: datetime
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class By:
    """Who changes something about people, when, why, and in which chain of the book it stands."""

    at: datetime
    who: str
    role: str
    reason: str
    chain: str = ELSEWHERE


class NameTakenError(Exception):
    """Somebody has, or had, that name."""


class SubjectTakenError(Exception):
    """That subject is linked to somebody else."""


def told_apart(name: str) -> str:
    """Give a login name back, if whoever reads the records can tell it from every other.

    Raises:
        ValueError: it may look like another person's, or like the service or a machine.
    """
    if name != unicodedata.normalize("NFKC", " ".join(name.split())) or not name.isprintable():
        raise ValueError("choose a name without signs that cannot be seen, or that look like others")
    if name.casefold().startswith(OURS):
        raise ValueError(f"choose a name that does not begin with {' or '.join(OURS)}")
    return name


_ACCOUNTS = """
SELECT name, role, password_hash, created_at, display, language, must_change, locked_at, disabled_at, totp_secret,
    pin_hash, oidc_issuer, oidc_subject
FROM person ORDER BY lower(name)"""
_TRAINING = """
SELECT DISTINCT ON (person, what) person, what, valid_from, valid_until, noted_by, noted_at
FROM training ORDER BY person, what, number DESC"""
_TOKENS = "SELECT name, hash, deeds, made_by, made_at, ends_at, revoked_at FROM token ORDER BY made_at"
_ADD = """
INSERT INTO person (name, role, password_hash, created_at, display, language, must_change)
VALUES ($1, $2, $3, $4, $5, $6, $7)"""
_NOTE = """
INSERT INTO training (person, what, valid_from, valid_until, noted_by, noted_at) VALUES ($1, $2, $3, $4, $5, $6)"""
_MAKE = "INSERT INTO token (name, hash, deeds, made_by, made_at, ends_at) VALUES ($1, $2, $3, $4, $5, $6)"
_SECRET = frozenset({"password_hash", "pin_hash", "totp_secret"})


async def read_accounts(pool: "Pool | Connection") -> list[Account]:
    """Give every account, disabled ones too."""
    return [Account(**row) for row in await pool.fetch(_ACCOUNTS)]


async def read_training(pool: Pool) -> list[Training]:
    """Give what counts now: of each person and subject what was noted last."""
    return [Training(**row) for row in await pool.fetch(_TRAINING)]


async def read_tokens(pool: Pool) -> list[Token]:
    """Give every token, also those that are over."""
    return [Token(**row) for row in await pool.fetch(_TOKENS)]


async def add_person(connection: Connection, by: By, account: Account) -> None:
    """Add an account.

    Raises:
        NameTakenError: somebody has, or had, that name, be it in other letters.
    """
    new = {"role": account.role, "display": account.display, "language": account.language}
    async with connection.transaction():
        try:
            await connection.execute(
                _ADD,
                *(account.name, account.role, account.password_hash, account.created_at),
                *(account.display, account.language, account.must_change),
            )
        except asyncpg.UniqueViolationError:
            raise NameTakenError(f"{account.name}: somebody has, or had, that name; choose another") from None
        # In the book and in the row at the same time: each can be held against the other.
        await _say(connection, replace(by, at=account.created_at), "account_added", account.name, new=new)


async def add_first(pool: Pool, account: Account) -> bool:
    """Add an account where there is none at all; False: there is one, be it from another server at this moment."""
    by = By(account.created_at, OURS[0], "", "the first account of this database")
    async with pool.acquire() as lent, lent.transaction():
        connection = cast("Connection", lent)  # one that a pool lends does all that its own class does
        await connection.execute("LOCK TABLE person IN SHARE ROW EXCLUSIVE MODE")
        if await connection.fetchval("SELECT EXISTS (SELECT FROM person)"):
            return False
        await add_person(connection, by, account)
    return True


async def change_person(connection: Connection, by: By, kind: str, name: str, new: Mapping[str, Any]) -> bool:
    """Change an account, and say in the book what was and what is; a password is told to no book.

    Args:
        connection: to a migrated database.
        by: who does it.
        kind: what the book calls it.
        name: whose.
        new: column -> value.

    Returns:
        Whether there is such an account.
    """
    columns = ", ".join(new)
    assigned = ", ".join(f"{column} = ${place}" for place, column in enumerate(new, 2))
    async with connection.transaction():
        # Our own words, never a person's.
        old = await connection.fetchrow(f"SELECT {columns} FROM person WHERE name = $1 FOR UPDATE", name)  # noqa: S608
        if old is None:
            return False
        await connection.execute(f"UPDATE person SET {assigned} WHERE name = $1", name, *new.values())  # noqa: S608
        await _say(connection, by, kind, name, old=_told(dict(old)), new=_told(new))
    return True


async def link_person(connection: Connection, by: By, name: str, issuer: str, subject: str) -> bool:
    """Say who a person is at the site's own sign-in; False: there is no such account.

    Args:
        connection: to a migrated database.
        by: who says so.
        name: whose account.
        issuer: the provider, as it calls itself.
        subject: what it calls that person; "": the person signs in by password only.

    Raises:
        SubjectTakenError: that is somebody else.
    """
    new = {"oidc_issuer": issuer if subject else "", "oidc_subject": subject}
    try:
        return await change_person(
            connection, by, "subject_linked" if subject else "subject_unlinked", name, new
        )
    except asyncpg.UniqueViolationError:
        raise SubjectTakenError(f"{subject} is linked to somebody else; a subject is one person") from None


async def note_training(connection: Connection, by: By, training: Training) -> None:
    """Add what a person was trained for."""
    facts = asdict(training)
    async with connection.transaction():
        await connection.execute(_NOTE, *facts.values())
        new = {"subject": training.what, "from": str(training.valid_from), "until": str(training.valid_until)}
        await _say(connection, replace(by, at=training.noted_at), "training_noted", training.person, new=new)


async def make_token(connection: Connection, by: By, token: Token) -> None:
    """Add a token.

    Raises:
        NameTakenError: there is, or was, one of that name.
    """
    async with connection.transaction():
        try:
            await connection.execute(
                _MAKE, token.name, token.hash, list(token.deeds), token.made_by, token.made_at, token.ends_at
            )
        except asyncpg.UniqueViolationError:
            raise NameTakenError(f"{token.name}: a token has, or had, that name; choose another") from None
        new = {"deeds": sorted(token.deeds), "until": token.ends_at.isoformat()}
        await _say(connection, replace(by, at=token.made_at), "token_made", token.name, new=new)


async def revoke_token(connection: Connection, by: By, name: str) -> bool:
    """End a token; False: there is none of that name that is in use."""
    async with connection.transaction():
        ended = await connection.fetchval(
            "UPDATE token SET revoked_at = $2 WHERE name = $1 AND revoked_at IS NULL RETURNING name",
            name,
            by.at,
        )
        if ended is not None:
            await _say(connection, by, "token_revoked", name)
    return ended is not None


async def _say(
    connection: Connection, by: By, kind: str, what: str, *, old: object = None, new: object = None
) -> None:
    body = {"role": by.role, "what": what, "old": old, "new": new, "reason": by.reason}
    await record(connection, by.at, kind, by.who, body, chain=by.chain)


def _told(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {
        column: value.isoformat() if isinstance(value, datetime) else value
        for column, value in facts.items()
        if column not in _SECRET
    }
