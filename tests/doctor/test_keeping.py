"""What the doctor finds of backups and signatures, in a database that a real writer has sealed and signed."""

from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest_asyncio

from monitor.doctor.finding import Finding, Weight
from monitor.doctor.keeping import BACKUP, BACKUP_VARIABLE, SIGNATURE, keeping
from monitor.store.database import Connection
from monitor.store.record import record
from monitor.store.signing import Signer, remember, signer_in
from monitor.store.write import Writer
from tests.store.small import NOON, plant, sample, second

DAY_S = 86_400


@pytest_asyncio.fixture
async def sql(database_url: str) -> AsyncIterator[Connection]:
    """A connection as a superuser."""
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


async def written(
    url: str, minute: int, signer: Signer | None, data: Path | None = None, chain: str = "small-c"
) -> None:
    """Write a minute, close it, and remember what was signed."""
    writer = await Writer.open(url, plant(), chain, NOON, signer)
    seq = await writer.position() + 1
    await writer.write(seq, [sample(60 * minute, 1, 2, 3)], [], [], second(60 * minute + 70))
    if data is not None:
        for one in writer.signed:
            remember(data, one)
    await writer.close()


async def of(sql: Connection, what: object, data: Path, at_s: float, days: str = "") -> list[Finding]:
    """Say what is found of one thing, so many seconds after noon."""
    environment = {BACKUP_VARIABLE: days} if days else {}
    return [one for one in await keeping(sql, data, environment, second(at_s)) if one.what == what]


async def signed(sql: Connection) -> int:
    """Give the number of the last checkpoint's line."""
    return int(await sql.fetchval("SELECT max(seq) FROM book WHERE kind = 'checkpoint'"))


async def weights(sql: Connection, data: Path, at_s: float = 3600) -> list[Weight]:
    return [one.weight for one in await of(sql, SIGNATURE, data, at_s)]


async def test_the_age_of_the_last_backup_is_told_and_none_or_an_old_one_is_to_be_mended(
    sql: Connection, tmp_path: Path
) -> None:
    for number in (1, 2):
        await record(sql, second(number), "backup", "root", {"name": f"gradewatch-{number}"})
    await record(sql, second(DAY_S), "forgotten", "gradewatch", {"before": "long ago"})
    (young,) = await of(sql, BACKUP, tmp_path, 7 * DAY_S)
    assert (young.weight, young.said.en, young.said.zh) == (
        Weight.WELL,
        "gradewatch-2, 7 days ago",
        "gradewatch-2，7天前",
    )
    (old,) = await of(sql, BACKUP, tmp_path, 7 * DAY_S + 3)
    assert (old.weight, "more than 7 days" in old.said.en) == (Weight.MEND, True)
    (by_the_site,) = await of(sql, BACKUP, tmp_path, 7 * DAY_S + 3, "30")
    assert by_the_site.weight is Weight.WELL
    for wrong in ("week", "0", "-1", "nan"):
        (found,) = await of(sql, BACKUP, tmp_path, 3, wrong)
        assert (found.weight, "give a number of days" in found.said.en) == (Weight.MEND, True), wrong


async def test_a_young_installation_has_a_backup_before_it_and_an_older_one_lacks_it(
    database_url: str, sql: Connection, tmp_path: Path
) -> None:
    (empty,) = await of(sql, BACKUP, tmp_path, 0)
    assert empty.weight is Weight.SOON, "there is nothing yet that could be lost"
    await written(database_url, 0, None)
    for at_s, days, weight in (
        (60, "", Weight.SOON),
        (7 * DAY_S, "", Weight.SOON),
        (7 * DAY_S + 3, "", Weight.MEND),
        (3 * DAY_S, "2", Weight.MEND),
    ):
        (none,) = await of(sql, BACKUP, tmp_path, at_s, days)
        assert (none.weight, "gradewatch backup" in none.said.en) == (weight, True), at_s
    (young,) = await of(sql, BACKUP, tmp_path, 60)
    assert "by 2026-03-08 12:00 UTC" in young.said.en
    assert "2026-03-08 12:00 UTC前" in young.said.zh
    await record(sql, second(DAY_S), "backup", "root", {"name": "gradewatch-1"})
    (old,) = await of(sql, BACKUP, tmp_path, 9 * DAY_S)
    assert old.weight is Weight.MEND, "one that was made once makes nothing young again"


async def test_a_chain_that_has_just_begun_is_not_signed_yet(
    database_url: str, sql: Connection, tmp_path: Path
) -> None:
    await written(database_url, 0, None)
    assert await weights(sql, tmp_path, 3600) == [Weight.SOON]
    assert await weights(sql, tmp_path, 2 * 3600 + 120) == [Weight.MEND]


async def test_a_signature_that_holds_is_told_with_its_age(
    database_url: str, sql: Connection, tmp_path: Path
) -> None:
    assert await weights(sql, tmp_path) == [Weight.NOTE]
    await written(database_url, 0, signer_in(tmp_path, {}), tmp_path)
    (found,) = await of(sql, SIGNATURE, tmp_path, 70 + 5400)
    assert (found.weight, found.said.en) == (
        Weight.WELL,
        f"small-c/{await signed(sql)} holds, 1.5 hours ago",
    )
    (found,) = await of(sql, SIGNATURE, tmp_path, 300)
    assert ("5 minutes ago" in found.said.en, "5分钟前" in found.said.zh) == (True, True)
    # Without the folder it is held against the table's key.
    (found,) = await of(sql, SIGNATURE, tmp_path / "none", 70)
    assert found.weight is Weight.WELL


async def test_what_nobody_signs_is_to_be_mended(database_url: str, sql: Connection, tmp_path: Path) -> None:
    await written(database_url, 0, None)
    (found,) = await of(sql, SIGNATURE, tmp_path, 3 * 3600)
    assert (found.weight, "small-c is not signed" in found.said.en) == (Weight.MEND, True)
    await written(database_url, 1, signer_in(tmp_path, {}), tmp_path)
    assert await weights(sql, tmp_path) == [Weight.WELL]
    await written(database_url, 100, None)
    assert await weights(sql, tmp_path) == [Weight.WELL], "it is signed once an hour only"
    await written(database_url, 200, None)
    (found,) = await of(sql, SIGNATURE, tmp_path, 200 * 60)
    assert (found.weight, "is not signed; is there a signing key?" in found.said.en) == (Weight.MEND, True)


async def test_a_signature_that_does_not_hold_is_found(
    database_url: str, sql: Connection, tmp_path: Path
) -> None:
    await written(database_url, 0, signer_in(tmp_path, {}), tmp_path)
    await sql.execute("ALTER TABLE book DISABLE TRIGGER append_only")
    line = await signed(sql)
    for change in (
        f"UPDATE book SET hash = repeat('0', 64) WHERE seq = {line - 1}",
        f"UPDATE book SET body = jsonb_set(body, '{{seq}}', '1') WHERE seq = {line}",
        f"UPDATE book SET body = body - 'signature' WHERE seq = {line}",
        f"UPDATE book SET body = jsonb_set(body, '{{hash}}', to_jsonb(repeat('0', 64))) WHERE seq = {line};"
        f" UPDATE book SET hash = repeat('0', 64) WHERE seq = {line - 1}",
        f"DELETE FROM book WHERE seq = {line - 1}",
    ):
        async with sql.transaction():
            savepoint = sql.transaction()
            await savepoint.start()
            await sql.execute(change)
            found = await of(sql, SIGNATURE, tmp_path, 70)
            assert (found[0].weight, f"small-c/{line} does not hold" in found[0].said.en) == (
                Weight.MEND,
                True,
            ), change
            await savepoint.rollback()
    assert await weights(sql, tmp_path) == [Weight.WELL]


async def test_what_the_folder_remembers_and_the_book_has_not_is_found(
    database_url: str, sql: Connection, tmp_path: Path
) -> None:
    signer = signer_in(tmp_path, {})
    await written(database_url, 0, signer, tmp_path)
    remember(tmp_path, signer.checkpoint("small-c", 40, "1" * 64))
    assert await weights(sql, tmp_path) == [Weight.WELL, Weight.MEND]
    (tmp_path / "checkpoints.jsonl").write_text("{}\n{}\n")
    assert await weights(sql, tmp_path) == [Weight.MEND]


async def test_of_several_chains_the_last_is_told_and_of_the_others_what_is_wrong(
    database_url: str, sql: Connection, tmp_path: Path
) -> None:
    for number, name in enumerate("abc"):
        data = tmp_path / name
        data.mkdir()
        await written(database_url, number, signer_in(data, {}), data, f"small-{name}")
    (found,) = await of(sql, SIGNATURE, tmp_path / "c", 200)
    assert "small-c" in found.said.en
    await sql.execute("DELETE FROM signing_key WHERE chain = 'small-a'")
    found_ = await of(sql, SIGNATURE, tmp_path / "c", 200)
    assert [(one.weight, one.said.en[:7]) for one in found_] == [
        (Weight.WELL, "small-c"),
        (Weight.MEND, "small-a"),
    ]
