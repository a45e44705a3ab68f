"""Packages that left: each a row and a line, only ever added, and held against each other."""

import asyncpg
import pytest

from monitor.store.database import Connection, Pool
from monitor.store.finding import Wrong
from monitor.store.packages import note_package, read_packages
from monitor.store.people import By
from monitor.store.verify import verify_in
from tests.store.small import second


async def note(sql: Connection, number: int, batch: str = "B-1") -> None:
    await note_package(sql, By(second(number), "wang", "qa", ""), batch, f"{number:x}" * 64, 1000 + number)


async def wrong(sql: Connection) -> list[tuple[Wrong, str]]:
    async with sql.transaction():
        return [(one.what, one.place) for one in (await verify_in(sql, [], lambda *_: None, most=9)).findings]


async def test_the_last_one_comes_first(sql: Connection, pool: Pool) -> None:
    for number, batch in ((1, "B-1"), (2, "B-2"), (3, "B-1")):
        await note(sql, number, batch)
    found = await read_packages(pool, "B-1")
    assert [(one.number, one.sha256[0], one.bytes, one.made_by, one.made_at) for one in found] == [
        (3, "3", 1003, "wang", second(3)),
        (1, "1", 1001, "wang", second(1)),
    ]
    assert len(await read_packages(pool, "B-1", 1)) == 1
    assert await wrong(sql) == []


async def test_none_is_changed_or_removed(sql: Connection) -> None:
    await note(sql, 1)
    for statement in ("UPDATE package SET bytes = 1", "DELETE FROM package", "TRUNCATE package"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="only ever added to"):
            await sql.execute(statement)


@pytest.mark.parametrize(
    ("lie", "said"),
    [
        ("UPDATE package SET bytes = 7 WHERE number = 1", (Wrong.ROW_CHANGED, "package 1")),
        ("UPDATE package SET made_by = 'li' WHERE number = 2", (Wrong.ROW_CHANGED, "package 2")),
        ("DELETE FROM package WHERE number = 2", (Wrong.ROW_MISSING, "package 2")),
        (
            "INSERT INTO package (batch, made_at, made_by, sha256, bytes)"
            " SELECT batch, made_at, made_by, sha256, bytes FROM package WHERE number = 1",
            (Wrong.ROW_INVENTED, "package 3"),
        ),
    ],
)
async def test_a_row_that_is_not_as_its_line_says_is_found(
    sql: Connection, lie: str, said: tuple[Wrong, str]
) -> None:
    await note(sql, 1)
    await note(sql, 2)
    await sql.execute("ALTER TABLE package DISABLE TRIGGER ALL")
    await sql.execute(lie)
    assert await wrong(sql) == [said]
