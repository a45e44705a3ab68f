"""The package of a batch, made of a real database: the same numbers everywhere, cut off and gone on with, cancelled."""

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import duckdb
import pyarrow.parquet
import pytest
import pytest_asyncio

from monitor.records.dossier.whole import dossier, told
from monitor.records.package import pieces as package_pieces
from monitor.records.package.archive import PackageError
from monitor.records.package.verifier.said import Fault
from monitor.records.package.verify import check
from monitor.records.package.whole import make_package
from monitor.store import whole_rows
from monitor.store.batches import read_batch
from monitor.store.catalog import snapshot_of
from monitor.store.database import Connection, Pool, open_pool
from monitor.store.signing import signer_in
from monitor.store.whole_book import extracts, lines_before
from tests.database import Server
from tests.records.packing import END, batch_of, plant_sha256, told_of, wanted
from tests.records.played import BATCH as PLAYED
from tests.records.played import play, played_plant
from tests.store.sealed import MINUTE, Ledger
from tests.store.small import NOON, second

WINDOW = (NOON, END)


def quiet(*_: object) -> None:
    """Whoever hears of progress, and says nothing."""


def fault_of(file: Path) -> str:
    found = check(file, (), quiet)
    return str(found) if isinstance(found, Fault) else ""


@pytest_asyncio.fixture
async def url(plain: Server) -> AsyncIterator[str]:
    """A database with a batch in it, sealed by the key in `data`."""
    url = await plain.fresh()
    yield url
    await plain.drop(url)


@pytest_asyncio.fixture
async def sql(url: str, tmp_path: Path) -> AsyncIterator[Connection]:
    ledger = await batch_of(url, tmp_path)
    yield ledger.sql
    await ledger.sql.close()


@pytest_asyncio.fixture
async def pool(url: str, sql: Connection) -> AsyncIterator[Pool]:
    pool = await open_pool(url)
    yield pool
    await pool.close()


def asked(query: str) -> list[tuple[Any, ...]]:
    """Ask a program of others what is in a file."""
    answer = duckdb.sql(query)
    assert answer is not None
    rows: list[tuple[Any, ...]] = answer.fetchall()
    return rows


async def rows_in(sql: Connection, series: str) -> list[asyncpg.Record]:
    return await sql.fetch(
        "SELECT s.* FROM sample s JOIN series ON series.id = series_id WHERE name = $1 AND at < $2 ORDER BY at",
        *(series, second(240)),
    )


async def test_csv_parquet_and_database_have_the_same_rows(
    sql: Connection, pool: Pool, tmp_path: Path
) -> None:
    """Each is read by somebody else's program."""
    one = wanted(sql, tmp_path)
    await make_package(pool, one, WINDOW, quiet)
    assert fault_of(one.file) == ""
    with zipfile.ZipFile(one.file) as zipped:
        zipped.extractall(tmp_path / "out")
    for series in ("D", "D#records"):
        stored = await rows_in(sql, series)
        file = tmp_path / "out" / "samples" / series
        table = pyarrow.parquet.read_table(f"{file}.parquet").to_pylist()
        lines = asked(f"SELECT * FROM read_csv('{file}.csv', all_varchar = true)")
        beside = asked(f"SELECT * FROM read_parquet('{file}.parquet')")
        assert len(stored) == len(table) == len(lines) == len(beside) > 3
        for row, typed, line, same in zip(stored, table, lines, beside, strict=True):
            values = list(typed.values())[8:]
            assert typed["at"] == row["at"]
            assert (typed["source_at"], typed["received_at"]) == (row["source_at"], row["received_at"])
            assert (typed["flags"], typed["reason"], typed["form"]) == (row["flags"], row["reason"], None)
            assert (values, typed["values"]) == (row["values"], len(row["values"]))
            assert typed["qualities"] == row["quality"]
            assert (line[6] or None) == (row["quality"] and " ".join(map(str, row["quality"])))
            assert [None if cell is None else float(cell) for cell in line[8:]] == row["values"]
            assert same[6:] == (typed["qualities"], None, *values)
    dossier_json = json.loads((tmp_path / "out" / "dossier.json").read_text())
    (figures,) = [one["statistics"] for one in dossier_json["channels"] if one["id"] == "D/a"]
    of_batch = f"""FROM read_parquet('{tmp_path}/out/samples/D.parquet')
        WHERE "at" < '{END.isoformat()}' AND coalesce(qualities[1], 0) < 2 AND "D/a" IS NOT NULL"""
    assert asked(f'SELECT count(*), min("D/a"), max("D/a"), round(avg("D/a"), 9) {of_batch}') == [
        (figures["valid"], figures["min"], figures["max"], round(figures["mean"], 9))
    ]
    assert dossier_json == json.loads(json.dumps(await told_of(sql)))


ODD = """
    ('{NaN,1,2}', '{2,0,1}', NULL), ('[0:2]={1,2,3}', NULL, NULL), ('{1,2,3}', '[2:4]={0,1,2}', 'late'),
    ('{}', '{}', NULL), ('{1,2,3,4}', NULL, NULL), ('{1,2}', '{0,NULL}', ''),
    ('{Infinity,-Infinity,-0}', '{4,5,0}', E'two\nlines'),
    ('{1e-320,1.7976931348623157e150,0.1}', '{0,1,NULL}', 'He said "no", 不'),
    ('{NULL,NULL,NULL}', '{6,6,6}', 'timed out'), ('{{1,2,3}}', NULL, NULL), ('{1,NULL,3}', NULL, E'a\\\\b'),
    ('{-0,0,1e22}', '{NULL,NULL,NULL}', ' ')"""


async def test_whatever_stands_in_a_row_it_is_built_again_to_the_byte(
    sql: Connection, pool: Pool, tmp_path: Path
) -> None:
    """In minutes of their own, which are sealed as all others are."""
    minute = NOON + 3 * MINUTE
    await sql.execute(
        "INSERT INTO sample SELECT 1, $1 + number * interval '1.5 s' + interval '0.25 s', source, $1, v::float8[],"
        " q::smallint[], number % 2, r"
        f" FROM (SELECT row_number() OVER () AS number, * FROM (VALUES {ODD}) AS o(v, q, r)) AS odd"
        " CROSS JOIN LATERAL (SELECT CASE number WHEN 2 THEN timestamptz 'infinity'"
        " WHEN 4 THEN timestamptz '0044-03-15 BC' WHEN 6 THEN $1 END) AS s(source)",
        minute,
    )
    ledger = await _going_on(sql, tmp_path)
    await ledger.seal(minute, again=True)
    await ledger.checkpoint(tmp_path)
    one = wanted(sql, tmp_path)
    await make_package(pool, one, WINDOW, quiet)
    assert fault_of(one.file) == ""
    with zipfile.ZipFile(one.file) as zipped:
        rows = list(csv.DictReader(io.StringIO(zipped.read("samples/D.csv").decode())))
    forms = [row["form"] for row in rows if ".250000Z" in row["at"] or ".750000Z" in row["at"]]
    assert [bool(form) for form in forms] == [
        True,
        True,
        True,
        True,
        True,
        True,
        True,
        False,
        False,
        True,
        False,
        False,
    ]
    plain = next(row for row in rows if row["D/b"].endswith("e+150"))
    assert (plain["D/a"], plain["qualities"], plain["reason"]) == ("1e-320", "0 1 -", 'He said "no", 不')


async def _going_on(sql: Connection, data: Path) -> Ledger:
    ledger = Ledger(sql, "c", signer_in(data, {}))
    last = await sql.fetchrow("SELECT seq, hash FROM book WHERE chain = 'c' ORDER BY seq DESC LIMIT 1")
    assert last is not None
    ledger.seq, ledger.hash = last
    return ledger


class Cut(BaseException):
    """The process ends here."""


def cut_after(steps: int) -> Callable[[int, int], None]:
    """Cut it off after so many steps."""

    def progress(done: int, of: int) -> None:
        if done == steps:
            raise Cut

    return progress


@pytest.mark.parametrize("steps", [1, 2, 3, 4])
async def test_cut_off_anywhere_it_goes_on_where_it_was(
    sql: Connection, pool: Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, steps: int
) -> None:
    copied: list[str] = []

    async def copy_rows(*words: Any) -> None:
        copied.append(words[1].name)
        await whole_rows.copy_rows(*words)

    monkeypatch.setattr(package_pieces, "copy_rows", copy_rows)
    one = wanted(sql, tmp_path)
    with pytest.raises(Cut):
        await make_package(pool, one, WINDOW, cut_after(steps))
    assert not one.file.exists()
    done: list[int] = []
    made = await make_package(pool, one, WINDOW, lambda step, _: done.append(step))
    assert copied == ["D", "D#records"], "each was copied once"
    assert done == [1, 2, 3, 4]
    assert fault_of(one.file) == ""
    assert not one.work.exists()
    # Made at the same moment of the same things it is the same, to the last byte.
    assert await make_package(pool, one, WINDOW, quiet) == made
    assert (made.sha256, made.bytes) == (
        hashlib.sha256(one.file.read_bytes()).hexdigest(),
        one.file.stat().st_size,
    )


async def test_what_has_changed_since_it_was_cut_off_is_copied_again(
    sql: Connection, pool: Pool, tmp_path: Path
) -> None:
    one = wanted(sql, tmp_path)
    with pytest.raises(Cut):
        await make_package(pool, one, WINDOW, cut_after(2))
    await _come_late(sql, tmp_path)
    await make_package(pool, one, WINDOW, quiet)
    assert fault_of(one.file) == ""
    with zipfile.ZipFile(one.file) as zipped:
        assert b"12:01:07.500000Z" in zipped.read("samples/D.csv")


async def _come_late(sql: Connection, data: Path) -> None:
    """Let a row come late, and seal its minute again."""
    await sql.execute("INSERT INTO sample VALUES (1, $1, NULL, $1, '{1,2,3}', NULL, 1, NULL)", second(67.5))
    ledger = await _going_on(sql, data)
    await ledger.seal(NOON + MINUTE, again=True)
    await ledger.checkpoint(data)


async def test_what_comes_while_it_is_made_is_in_the_dossier_or_it_is_made_again(
    sql: Connection, pool: Pool, tmp_path: Path
) -> None:
    times = 0

    async def tell() -> dict[str, Any]:
        nonlocal times
        times += 1
        told = await told_of(sql)
        if times == 1:
            await _come_late(sql, tmp_path)
        return told

    one = replace(wanted(sql, tmp_path), tell=tell)
    await make_package(pool, one, WINDOW, quiet)
    assert times == 2
    assert fault_of(one.file) == ""


async def test_what_never_comes_to_rest_is_said(sql: Connection, pool: Pool, tmp_path: Path) -> None:
    late = 60.0

    async def tell() -> dict[str, Any]:
        nonlocal late
        late += 0.125
        await sql.execute(
            "INSERT INTO sample VALUES (1, $1, NULL, $1, '{1,2,3}', NULL, 1, NULL)", second(late)
        )
        await sql.execute("SELECT roll_up_minutes(ARRAY[1], ARRAY[$1::timestamptz])", NOON + MINUTE)
        return await told_of(sql)

    one = replace(wanted(sql, tmp_path), tell=tell)
    with pytest.raises(PackageError, match="late readings keep coming in"):
        await make_package(pool, one, WINDOW, quiet)
    assert not one.file.exists()


async def test_a_disk_that_takes_no_more_is_said(sql: Connection, pool: Pool, tmp_path: Path) -> None:
    one = replace(wanted(sql, tmp_path), work=tmp_path / "file" / "work")
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(PackageError, match="make room, and the folder writable"):
        await make_package(pool, one, WINDOW, quiet)


async def test_of_a_signed_chain_all_up_to_the_checkpoint_behind_and_of_peoples_all_up_to_now(
    sql: Connection, pool: Pool
) -> None:
    people = Ledger(sql, "people-2")
    for number in (-900, 10, 90_000):
        await people.add(second(number), "note", {"number": number}, "zhang")
    old = Ledger(sql, "old")
    await old.add(NOON - timedelta(days=9), "note", {})
    async with snapshot_of(pool) as snapshot:
        early = await extracts(snapshot, NOON, NOON + MINUTE)
        late = await extracts(snapshot, NOON + MINUTE, NOON + 4 * MINUTE)
        said = [json.loads(line) for line in await lines_before(snapshot, late[0])]
    assert [(one.chain, one.first, one.last) for one in late] == [
        ("c", 6, 22),
        ("people-1", 1, 2),
        ("people-2", 2, 3),
    ]
    # The line before is there, and all keys and what is sealed; nothing else of what came before.
    assert [(one["seq"], one["kind"]) for one in said] == [(1, "key"), (3, "sealing")]
    assert [one.chain for one in early] == ["c", "people-1", "people-2"]


async def test_of_half_an_hour_that_the_engine_has_judged_every_alarm_is_as_in_the_book(
    plain: Server, tmp_path: Path
) -> None:
    url = await plain.fresh()
    played = replace(played_plant(), sha256=plant_sha256())
    await play(url, played)
    pool = await open_pool(url)
    batch = await read_batch(pool, PLAYED)
    assert batch is not None
    assert batch.ended_at is not None

    async def tell() -> dict[str, Any]:
        return told(await dossier(pool, played, PLAYED, second(9000)))

    one = replace(wanted(pool, tmp_path), batch=PLAYED, tell=tell)
    await make_package(pool, one, (batch.started_at, batch.ended_at), quiet)
    proved = check(one.file, (), quiet)
    assert not isinstance(proved, Fault), proved
    seen = proved.seen
    assert (seen["alarms"], seen["alarms_elsewhere"], seen["channels"], seen["unsealed"]) == (4, 0, 5, 0)
    # Nobody has signed this chain: all of it rests on the package's own signature.
    assert seen["behind"] == seen["lines"] > 40
    await pool.close()
    await plain.drop(url)
