"""What the service may do in the database, table by table: add to what is kept, and never change or remove it.

The owner of the tables makes and migrates them; the service runs as a role of its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from monitor.store.database import Connection, DatabaseError

OWNER_VARIABLE = "GRADEWATCH_OWNER_DATABASE_URL"
SERVICE = "gradewatch"
"""The service's role in the embedded database."""

_ADD = "SELECT, INSERT"
_KEEP = "SELECT, INSERT, UPDATE"
RIGHTS: Mapping[str, str] = {
    **dict.fromkeys(
        (
            "book",
            "calibration",
            "calibration_confirmed",
            "equipment_test",
            "equipment_test_confirmed",
            "package",
            "plant_version",
            "quarantine",
            "sample",
        ),
        _ADD,
    ),
    **dict.fromkeys(("plant_proposal", "plant_step", "signing_key", "training"), _ADD),
    **dict.fromkeys(("batch_release", "batch_review", "deviation", "deviation_step"), _ADD),
    **dict.fromkeys(("viable_sample", "viable_step"), _ADD),
    # As they stand now; what they were stands in the book. Figures are reckoned again when a late row comes.
    **dict.fromkeys(
        ("alarm", "forwarded", "notice", "person", "rollup_1h", "rollup_1m", "session", "token"), _KEEP
    ),
    **dict.fromkeys(("channel", "device", "line", "series", "workshop", "zone"), _KEEP),
    **dict.fromkeys(("batch", "batch_stage"), _KEEP),
    **dict.fromkeys(("forgotten", "migration", "reading", "retention", "signature", "to_roll_up"), "SELECT"),
}
"""Table or view -> what the service may do with it; nobody but the owner may do more."""
FUNCTIONS = ("fit_chunks()", "forget_samples(timestamptz)", "keep_in_columns()")
"""Run with the owner's rights, and guard themselves."""


@dataclass(frozen=True, slots=True)
class Login:
    """Who a service signs in as; the password only matters if the role has to be made."""

    name: str
    password: str = field(default="", repr=False)


def login_of(url: str) -> Login:
    """Read from a database URL who it signs in as.

    Raises:
        DatabaseError: it names nobody.
    """
    parts = urlsplit(url)
    if not parts.username:
        raise DatabaseError(
            "the database URL names no user; give postgresql://user:password@host:port/database"
        )
    return Login(unquote(parts.username), unquote(parts.password or ""))


def signed_in_as(url: str, name: str) -> str:
    """Give the URL of the same database for another user, who needs no password."""
    parts = urlsplit(url)
    return parts._replace(netloc=f"{name}@{parts.netloc.rpartition('@')[2]}").geturl()


async def grant(connection: Connection, login: Login) -> None:
    """Give a role exactly the service's rights in this database; make the role if it is not there.

    Args:
        connection: of the tables' owner, to a migrated database.
        login: the service's.

    Raises:
        DatabaseError: the role may do more by itself than any grant can take away.
        asyncpg.PostgresError: the owner may not make roles, and there is none of this name.
    """
    role = _quoted(login.name)
    async with connection.transaction():
        if not await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", login.name):
            password = login.password.replace("'", "''")
            await connection.execute(
                f"CREATE ROLE {role} LOGIN" + (f" PASSWORD '{password}'" * bool(password))
            )
        await _check_bounded(connection, login.name)
        await close_functions(connection)
        for statement in _statements(role, await connection.fetchval("SELECT current_database()")):
            await connection.execute(statement)


async def granted(connection: Connection) -> list[Login]:
    """Tell who was given the service's rights: whoever may add samples and does not own them."""
    rows = await connection.fetch(
        "SELECT grantee::regrole::text AS name FROM pg_class, aclexplode(relacl) "
        "WHERE oid = to_regclass('public.sample') AND privilege_type = 'INSERT' AND grantee NOT IN (0, relowner)"
    )
    return [Login(row["name"].strip('"')) for row in rows]


async def close_functions(connection: Connection) -> None:
    """Take from everybody what runs with the owner's rights; a restored database has it open."""
    for name in FUNCTIONS:
        await connection.execute(f"REVOKE ALL ON FUNCTION {name} FROM PUBLIC")


def _statements(role: str, database: str) -> list[str]:
    return [
        f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role}",
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
        f"GRANT CONNECT, TEMPORARY ON DATABASE {_quoted(database)} TO {role}",
        f"GRANT USAGE ON SCHEMA public TO {role}",
        *(f"GRANT {rights} ON {name} TO {role}" for name, rights in RIGHTS.items()),
        *(f"GRANT EXECUTE ON FUNCTION {name} TO {role}" for name in FUNCTIONS),
    ]


async def _check_bounded(connection: Connection, name: str) -> None:
    if await connection.fetchval(
        "SELECT rolsuper OR pg_has_role(oid, (SELECT relowner FROM pg_class WHERE oid = 'public.sample'::regclass),"
        " 'MEMBER') FROM pg_roles WHERE rolname = $1",
        name,
    ):
        raise DatabaseError(
            f"{name} owns the tables or is a superuser, so nothing can be taken from it; "
            "give the service a role of its own"
        )


def _quoted(name: str) -> str:
    doubled = name.replace('"', '""')
    return f'"{doubled}"'
