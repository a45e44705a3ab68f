"""The packages that were made of batches: each one a row and a line of the book, in one transaction."""

from dataclasses import dataclass
from datetime import datetime

from monitor.store.database import Connection, Pool
from monitor.store.people import By
from monitor.store.record import record

MADE = "package_made"
"""The kind of its line in the book."""


@dataclass(frozen=True, slots=True)
class Package:
    """One package that was made.

    Attributes:
        number: of the package, in the order in which they were made.
        sha256: of the whole file, hexadecimal.
        bytes: its size.
    """

    number: int
    batch: str
    made_at: datetime
    made_by: str
    sha256: str
    bytes: int


async def note_package(connection: Connection, by: By, batch: str, sha256: str, size: int) -> Package:
    """Note a package that was made.

    Args:
        connection: to a migrated database.
        by: who made it, when, and in which chain of the book it stands.
        batch: its id.
        sha256: of the whole file.
        size: of it, in bytes.
    """
    async with connection.transaction():
        number: int = await connection.fetchval(
            "INSERT INTO package (batch, made_at, made_by, sha256, bytes) VALUES ($1, $2, $3, $4, $5) RETURNING number",
            *(batch, by.at, by.who, sha256, size),
        )
        new = {"number": number, "sha256": sha256, "bytes": size}
        body = {"role": by.role, "what": batch, "old": None, "new": new, "reason": by.reason}
        await record(connection, by.at, MADE, by.who, body, chain=by.chain)
    return Package(number, batch, by.at, by.who, sha256, size)


async def read_packages(pool: Pool, batch: str, limit: int = 100) -> list[Package]:
    """Give the packages that were made of a batch, the last one first."""
    rows = await pool.fetch(
        "SELECT number, batch, made_at, made_by, sha256, bytes FROM package WHERE batch = $1"
        " ORDER BY number DESC LIMIT $2",
        *(batch, limit),
    )
    return [Package(**row) for row in rows]
