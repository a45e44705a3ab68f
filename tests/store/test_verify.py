"""`verify`: what is as it was written is proved; what is not is named, each kind by its own words."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import TypeAdapter

from alarms.events import Transition
from monitor.store import chain as hashes
from monitor.store import signature, signing
from monitor.store.database import Connection, DatabaseError
from monitor.store.finding import Wrong
from monitor.store.verify import Verified, verify, verify_in
from tests.database import Server
from tests.store.sealed import MINUTE, Ledger, alarms, store, transitions, whole
from tests.store.small import NOON, sample, second

FIVE = 5
ROLL_UP = "SELECT roll_up_minutes(array_agg(id), array_agg($1::timestamptz)) FROM series"


@asynccontextmanager
async def taken_back(sql: Connection) -> AsyncIterator[None]:
    """Undo whatever is done inside."""
    transaction = sql.transaction()
    await transaction.start()
    yield
    await transaction.rollback()


async def look(
    sql: Connection, data: Path | None = None, most: int = 100, trusted: frozenset[str] = frozenset()
) -> Verified:
    """Verify as the test's own connection sees it."""
    kept = [] if data is None else signing.remembered(data)
    async with sql.transaction():
        return await verify_in(sql, kept, lambda *_: None, trusted=trusted, most=most)


def said(verified: Verified) -> list[tuple[Wrong, str]]:
    return [(one.what, one.place) for one in verified.findings]


@pytest_asyncio.fixture
async def ledger(url: str, sql: Connection, tmp_path: Path) -> AsyncIterator[Ledger]:
    """Five minutes of everything, on each kind of database, with the triggers off."""
    ledger = await whole(url, sql, tmp_path, FIVE)
    for table in ("book", "quarantine", "series", "channel"):
        await sql.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
    yield ledger


async def test_a_database_as_it_was_written_is_proved(url: str, sql: Connection, tmp_path: Path) -> None:
    ledger = await whole(url, sql, tmp_path)
    steps: list[tuple[int, int]] = []
    verified = await verify(url, tmp_path, lambda done, of: steps.append((done, of)), most=100)
    assert ledger.signer is not None
    assert verified == Verified(
        findings=(),
        lines=ledger.seq,
        checkpoints=2,
        behind=1,
        keys=(ledger.signer.key.fingerprint,),
        minutes=60,
        rows=await sql.fetchval("SELECT count(*) FROM sample WHERE at < $1", NOON + 60 * MINUTE),
        forgotten=0,
        unsealed=await sql.fetchval("SELECT count(*) FROM sample WHERE at >= $1", NOON + 60 * MINUTE),
        aside=2,
        alarms=30,
    )
    assert steps == sorted(steps)
    assert steps[-1] == (ledger.seq + 60 + 2 + 30, ledger.seq + 60 + 2 + 30)
    assert f"{verified.rows} rows in 60 sealed minutes" in verified.text().en
    assert f"已封存 60 分钟共 {verified.rows} 行" in verified.text().zh


async def test_an_empty_database_has_nothing_wrong(url: str) -> None:
    verified = await verify(url, None, lambda *_: None)
    assert verified == Verified((), 0, 0, 0, (), 0, 0, 0, 0, 0, 0)


async def test_a_database_without_tables_is_told_to_be_migrated(server: Server) -> None:
    url = await server.empty()
    with pytest.raises(DatabaseError, match="gradewatch migrate"):
        await verify(url, None, lambda *_: None)
    await server.drop(url)


async def test_who_may_only_read_may_verify(url: str, sql: Connection, ledger: Ledger) -> None:
    await sql.execute("DROP ROLE IF EXISTS auditor")
    await sql.execute("CREATE ROLE auditor LOGIN; GRANT SELECT ON ALL TABLES IN SCHEMA public TO auditor")
    verified = await verify(url.replace("postgres@", "auditor@"), None, lambda *_: None)
    assert (verified.findings, verified.minutes) == ((), FIVE)
    await sql.execute("DROP OWNED BY auditor; DROP ROLE auditor")


LINE = "UPDATE book SET {} WHERE seq = 4"
CHANNEL = "UPDATE channel SET {} WHERE id = 'D/a'"
D_RAISED = "D/a/action 2026-03-01T12:00:00Z"
# The lie, what is to be found first, and where; {key} is the signing key.
LIES = [
    (LINE.format("body = '{}'"), Wrong.LINE_CHANGED, "c/4"),
    (LINE.format("who = 'li'"), Wrong.LINE_CHANGED, "c/4"),
    (LINE.format("at = '9999-12-31'"), Wrong.LINE_CHANGED, "c/4"),
    (LINE.format("prev_hash = repeat('0', 64)"), Wrong.LINE_CHANGED, "c/4"),
    ("DELETE FROM book WHERE seq = 4", Wrong.LINE_MISSING, "c/4"),
    ("DELETE FROM book WHERE seq = 1", Wrong.LINE_MISSING, "c/1"),
    ("DELETE FROM book WHERE seq > 9", Wrong.TAIL_CUT, "c/10"),
    ("DELETE FROM book", Wrong.TAIL_CUT, "c/1"),
    ("UPDATE book SET chain = 'b' WHERE seq = 4", Wrong.LINE_MISSING, "b/1"),
    ("UPDATE forwarded SET book_hash = '' WHERE chain = 'c'", Wrong.TAIL_CHANGED, "c/19"),
    ("UPDATE forwarded SET book_seq = 18 WHERE chain = 'c'", Wrong.TAIL_ADDED, "c/19"),
    ("DELETE FROM forwarded WHERE chain = 'c'", Wrong.TAIL_ADDED, "c/1"),
    ("UPDATE signing_key SET public_key = ''", Wrong.KEY_ELSEWHERE, "{key}"),
    ("INSERT INTO signing_key VALUES ('ab', '', 'c', now())", Wrong.KEY_ELSEWHERE, "ab"),
    (
        "UPDATE sample SET values[1] = 7 WHERE at = '2026-03-01T12:02:10Z'",
        Wrong.ROWS_CHANGED,
        "D 2026-03-01T12:02:00Z",
    ),
    ("DELETE FROM sample WHERE at = '2026-03-01T12:02:10Z'", Wrong.ROWS_CHANGED, "D 2026-03-01T12:02:00Z"),
    ("DELETE FROM sample", Wrong.ROWS_CHANGED, "D 2026-03-01T12:00:00Z"),
    ("UPDATE rollup_1m SET n = 1", Wrong.MINUTE_ROLLED_UP_WRONG, "D 2026-03-01T12:00:00Z"),
    ("UPDATE rollup_1m SET digest = ''", Wrong.MINUTE_ROLLED_UP_WRONG, "D 2026-03-01T12:00:00Z"),
    ("DELETE FROM rollup_1m", Wrong.MINUTE_NOT_ROLLED_UP, "D 2026-03-01T12:00:00Z"),
    ("DELETE FROM sample; DELETE FROM rollup_1m", Wrong.MINUTE_CHANGED, "2026-03-01T12:00:00Z"),
    ("UPDATE series SET name = 'X' WHERE id = 1", Wrong.SERIES_RENAMED, "1"),
    (CHANNEL.format("id = 'D/z'"), Wrong.CHANNEL_MOVED, "D/a"),
    (CHANNEL.format("unit = 'kPa'"), Wrong.CHANNEL_MOVED, "D/a"),
    (CHANNEL.format("place = 7"), Wrong.CHANNEL_MOVED, "D/a"),
    (CHANNEL.format("series_id = 3, place = 7"), Wrong.CHANNEL_MOVED, "D/a"),
    (
        f"{CHANNEL.format('place = 7')}; UPDATE channel SET place = 0 WHERE id = 'D/c';"
        f" {CHANNEL.format('place = 2')}",
        Wrong.CHANNEL_MOVED,
        "D/a",
    ),
    ("DELETE FROM channel WHERE id = 'D/b'", Wrong.CHANNEL_MOVED, "D/b"),
    ("DELETE FROM series WHERE id = 1", Wrong.SERIES_RENAMED, "1"),
    ("UPDATE series SET device = 'AHU' WHERE id = 1", Wrong.SERIES_MOVED, "1"),
    ("UPDATE series SET records = true WHERE id = 1", Wrong.SERIES_MOVED, "1"),
    ("DELETE FROM quarantine WHERE seq = 9", Wrong.ASIDE_MISSING, "c/9"),
    (
        "INSERT INTO quarantine SELECT chain, 8, at, kind, series, body, reason, at FROM quarantine LIMIT 1",
        *(Wrong.ASIDE_INVENTED, "c/8"),
    ),
    ("UPDATE quarantine SET chain = 'b' WHERE seq = 7", Wrong.ASIDE_INVENTED, "b/7"),
    *(
        (f"UPDATE quarantine SET {changed} WHERE seq = 9", Wrong.ASIDE_CHANGED, "c/9")
        for changed in (
            *("at = '9999-12-31'", "kind = ''", "series = 'D'", "reason = ''", "quarantined_at = at"),
            "body = jsonb_set(body, '{seen}', '1.50000000000000000001')",
        )
    ),
    ("DELETE FROM alarm WHERE id = 'D/a/action'", Wrong.ALARM_MISSING, D_RAISED),
    (
        "UPDATE alarm SET raised_at = '9999-12-31' WHERE id = 'D/a/action'",
        Wrong.ALARM_INVENTED,
        "D/a/action ?",
    ),
    ("UPDATE alarm SET worst = 0, detail = '' WHERE id = 'D/a/action'", Wrong.ALARM_CHANGED, D_RAISED),
    ("UPDATE alarm SET id = 'A'", Wrong.ALARM_INVENTED, "A 2026-03-01T12:00:00Z"),
]


async def test_each_change_is_named(ledger: Ledger, sql: Connection) -> None:
    assert not (await look(sql)).findings
    assert ledger.signer is not None
    for lie, what, place in LIES:
        async with taken_back(sql):
            await sql.execute(lie)
            first = (await look(sql, most=1)).findings
        where = place.format(key=ledger.signer.key.fingerprint)
        assert [(one.what, one.place) for one in first] == [(what, where)], lie
        assert where in first[0].text().en, lie
        assert where in first[0].text().zh, lie


async def test_all_that_is_wrong_is_listed(ledger: Ledger, sql: Connection) -> None:
    await sql.execute("UPDATE book SET who = 'li' WHERE seq IN (4, 6)")
    await sql.execute("UPDATE sample SET flags = 8 WHERE at = '2026-03-01T12:01:10Z'")
    await sql.execute("UPDATE rollup_1m SET sum = min WHERE at = '2026-03-01T12:03:00Z'")
    await sql.execute("DELETE FROM alarm")
    found = said(await look(sql))
    assert found[:2] == [(Wrong.LINE_CHANGED, "c/4"), (Wrong.LINE_CHANGED, "c/6")]
    assert {place[-20:] for what, place in found if what is Wrong.ROWS_CHANGED} == {"2026-03-01T12:01:00Z"}
    assert {place[-20:] for what, place in found if what is Wrong.MINUTE_ROLLED_UP_WRONG} == {
        "2026-03-01T12:03:00Z"
    }
    # Of the alarm whose line is wrong nothing is said.
    assert [place for what, place in found if what is Wrong.ALARM_MISSING] == [
        "D/b/action 2026-03-01T12:01:40Z"
    ]


# --- What is signed -----------------------------------------------------------------------------------------


async def test_a_book_written_anew_is_found_by_its_signatures(
    ledger: Ledger, sql: Connection, tmp_path: Path
) -> None:
    """Whoever can write everything in the database can reckon every hash again, but signs nothing."""
    await rewrite(sql, after=4)
    found = said(await look(sql))
    assert found == [(Wrong.CHECKPOINT_MISPLACED, "c/18")]
    await rewrite(sql, after=4, is_pointed=True)
    assert said(await look(sql)) == [(Wrong.CHECKPOINT_UNSIGNED, "c/18")]


async def test_a_book_signed_anew_is_found_by_what_the_folder_remembers(
    ledger: Ledger, sql: Connection, tmp_path: Path
) -> None:
    """Also with a key of the forger's own, from the first line on."""
    forger = signing.signer_in(tmp_path / "forger", {})
    await rewrite(sql, after=0, signer=forger)
    assert (await look(sql)).findings == ()
    assert said(await look(sql, tmp_path)) == [(Wrong.REWRITTEN, "c/1"), (Wrong.REWRITTEN, "c/17")]
    assert ledger.signer is not None
    trusted = frozenset({ledger.signer.key.fingerprint})
    assert said(await look(sql, trusted=trusted)) == [(Wrong.KEY_NOT_TRUSTED, "c/1")]
    assert (await look(sql, trusted=frozenset({forger.key.fingerprint}))).findings == ()


async def test_a_tail_cut_and_forgotten_is_found_by_what_the_folder_remembers(
    ledger: Ledger, sql: Connection, tmp_path: Path
) -> None:
    await sql.execute("DELETE FROM book WHERE seq > 12")
    await sql.execute(
        "UPDATE forwarded SET book_seq = 12, book_hash = (SELECT hash FROM book WHERE seq = 12) WHERE chain = 'c'"
    )
    assert Wrong.TAIL_CUT not in {what for what, _ in said(await look(sql))}
    assert said(await look(sql, tmp_path))[0] == (Wrong.TAIL_CUT, "c/13")


async def test_a_chain_that_is_gone_is_found_by_what_the_folder_remembers(
    ledger: Ledger, sql: Connection, tmp_path: Path
) -> None:
    await sql.execute(
        "DELETE FROM book; DELETE FROM forwarded; DELETE FROM alarm; DELETE FROM quarantine; DELETE FROM signing_key"
    )
    assert said(await look(sql)) == []
    assert said(await look(sql, tmp_path)) == [(Wrong.TAIL_CUT, "c/1")]


async def test_a_line_written_anew_with_its_own_hash_leaves_the_next_one_behind(
    ledger: Ledger, sql: Connection
) -> None:
    (row,) = await sql.fetch("SELECT * FROM book WHERE seq = 4")
    facts = {key: row[key] for key in ("chain", "seq", "at", "kind")}
    hash_ = hashes.link(row["prev_hash"], **facts, who="li", body=json.loads(row["body"]))
    await sql.execute("UPDATE book SET who = 'li', hash = $1 WHERE seq = 4", hash_)
    assert said(await look(sql)) == [(Wrong.LINE_UNCHAINED, "c/5")]


async def test_a_key_takes_over_in_the_book(ledger: Ledger, sql: Connection, tmp_path: Path) -> None:
    old = ledger.signer
    new, _ = signing.rotate(tmp_path, {})
    ledger.signer = signing.signer_in(tmp_path, {})
    await ledger.introduce()
    await ledger.checkpoint(tmp_path)
    verified = await look(sql, tmp_path)
    assert (verified.findings, verified.checkpoints, verified.behind) == ((), 3, 0)
    assert old is not None
    assert verified.keys == (old.key.fingerprint,)
    # What the old key signs now is no longer of ours.
    ledger.signer = old
    await ledger.checkpoint()
    assert said(await look(sql)) == [(Wrong.CHECKPOINT_UNSIGNED, f"c/{ledger.seq}")]
    assert new.former == old.key.fingerprint


async def test_a_key_that_nobody_introduced_is_named(ledger: Ledger, sql: Connection) -> None:
    await ledger.add(NOON, "key", signature.introduce(Ed25519PrivateKey.generate()).body())
    assert said(await look(sql)) == [(Wrong.KEY_NOT_INTRODUCED, "c/20")]


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("key", {}),
        ("checkpoint", {"seq": 16}),
        ("checkpoint", [1]),
        ("sealing", {"series": {"x": "D"}}),
        ("seal", {"minute": "noon"}),
        ("channels", {"series": {"1": {"device": "D", "records": False}}}),
        ("quarantine", {"seq": 10}),
        ("quarantine", []),
        (
            "seal",
            {"minute": "2026-03-01T12:00:30+00:00", "series": 1, "rows": 1, "sha256": "", "again": True},
        ),
        ("transition", {"after": {"id": "D/a/action"}}),
    ],
)
async def test_a_line_that_says_nothing_is_named(
    ledger: Ledger, sql: Connection, kind: str, body: dict[str, Any]
) -> None:
    await ledger.add(NOON, kind, body)
    assert said(await look(sql)) == [(Wrong.LINE_UNREADABLE, "c/20")]


async def rewrite(
    sql: Connection, *, after: int, signer: signing.Signer | None = None, is_pointed: bool = False
) -> None:
    """Change the book from some line on and reckon all hashes again, as whoever owns the database can.

    With a signer the keys and checkpoints are its own; with `is_pointed` the checkpoints name the new hashes.
    """
    prev_hash, number = hashes.FIRST, 0
    for row in await sql.fetch("SELECT * FROM book ORDER BY seq"):
        facts = {key: row[key] for key in ("chain", "seq", "at", "kind", "who")}
        body = json.loads(row["body"])
        if number >= after and row["kind"] == "transition":
            facts["who"] = "li"
        if signer is not None and row["kind"] == "key":
            body = signer.key.body()
            await sql.execute(
                "UPDATE signing_key SET fingerprint = $1, public_key = $2", *list(body.values())[:2]
            )
        if signer is not None and row["kind"] == "checkpoint":
            body = signer.checkpoint("c", number, prev_hash).body()
        if is_pointed and row["kind"] == "checkpoint":
            body["hash"] = prev_hash
        hash_ = hashes.link(prev_hash, **facts, body=body)
        await sql.execute(
            "UPDATE book SET who = $2, body = $3, prev_hash = $4, hash = $5 WHERE seq = $1",
            *(row["seq"], facts["who"], hashes.canonical(body), prev_hash, hash_),
        )
        prev_hash, number = hash_, row["seq"]
    await sql.execute("UPDATE forwarded SET book_hash = $1 WHERE chain = 'c'", prev_hash)


# --- Minutes that are sealed again, or not yet --------------------------------------------------------------


async def test_a_minute_sealed_again_is_proved_by_its_last_seal(
    ledger: Ledger, url: str, sql: Connection
) -> None:
    await store(url, [sample(139, 1, 2, 3), sample(69, 1, 2, 3)])
    assert {what for what, _ in said(await look(sql))} == {Wrong.ROWS_CHANGED}
    for minute in (1, 2):
        await ledger.seal(NOON + minute * MINUTE, again=True)
    verified = await look(sql)
    assert (verified.findings, verified.minutes) == ((), FIVE)


async def test_another_journal_may_seal_what_the_first_has_sealed(
    ledger: Ledger, url: str, sql: Connection
) -> None:
    """A collector that begins a new journal within a minute, or hears late rows of an old one."""
    other = Ledger(sql, "d")
    await other.sealing()
    await store(url, [sample(139, 1, 2, 3), *(sample(number) for number in range(330, 480))])
    for minute in (5, 6, 7):
        await other.seal(NOON + minute * MINUTE)
    await other.seal(NOON + 2 * MINUTE, again=True)
    verified = await look(sql)
    assert (verified.findings, verified.minutes) == ((), FIVE + 3)


async def test_what_comes_late_before_a_chain_began_seals_that_alone(
    url: str, sql: Connection, ledger: Ledger
) -> None:
    """The rows that the journal before left unsealed stay so, and are no lie, though another series is sealed there."""
    other = Ledger(sql, "d")
    await store(url, [sample(3600 + number) for number in range(60)])
    await other.sealing()
    await other.seal(second(3600))
    late = sample(FIVE * 60 + 10, 1, 2, series="D#records", backfilled=True)
    await store(url, [late])
    id_ = await sql.fetchval("SELECT id FROM series WHERE name = 'D#records'")
    await other.seal(NOON + FIVE * MINUTE, again=True, series=[id_])
    verified = await look(sql)
    assert (verified.findings, verified.minutes) == ((), FIVE + 2)


async def test_rows_laid_between_sealed_minutes_are_named(ledger: Ledger, url: str, sql: Connection) -> None:
    """Hours later it goes on; in between there is no minute with rows, and so no seal."""
    later = 5 * 3600
    await ledger.seal(NOON + FIVE * MINUTE)
    await ledger.close_hour(NOON)
    await store(url, [sample(later + number) for number in range(60)])
    await ledger.seal(NOON + timedelta(seconds=later))
    assert (await look(sql)).findings == ()
    await store(url, [sample(3 * 3600)])
    assert said(await look(sql)) == [(Wrong.ROWS_NOT_SEALED, "D 2026-03-01T15:00:00Z")]


async def test_rows_before_sealing_and_after_it_are_counted(
    ledger: Ledger, url: str, sql: Connection
) -> None:
    before = (await look(sql)).unsealed
    await store(url, [sample(-4000), sample(-86_400), sample(FIVE * 60 + 31), sample(86_400)])
    verified = await look(sql)
    assert (verified.findings, verified.unsealed) == ((), before + 4)
    # Figures without a seal are still to be right: those of rows older than sealing.
    minute = second(-86_400)
    await sql.execute(
        ROLL_UP,
        minute,
    )
    assert (await look(sql)).findings == ()
    await sql.execute("UPDATE rollup_1m SET max = min WHERE at = $1", minute)
    await sql.execute("UPDATE rollup_1m SET sum = sum || sum WHERE at = $1", minute)
    assert said(await look(sql)) == [(Wrong.MINUTE_ROLLED_UP_WRONG, "D 2026-02-28T12:00:00Z")]


async def test_samples_forgotten_in_good_order_leave_their_seals_behind(
    ledger: Ledger, url: str, sql: Connection
) -> None:
    before = NOON + FIVE * MINUTE
    later = 1827 * 86_400 + FIVE * 60
    sealed = (await look(sql)).rows
    await ledger.close_hour(NOON)
    await store(url, [sample(later)])
    await sql.execute("DELETE FROM sample WHERE at < $1", NOON + 2 * FIVE * MINUTE)
    assert (await look(sql)).findings
    await sql.execute("INSERT INTO forgotten (before) VALUES ($1)", before)
    assert said(await look(sql, most=1)) == [(Wrong.FORGOTTEN_TOO_EARLY, "2026-03-01T12:05:00Z")]
    await ledger.seal(second(later))
    verified = await look(sql)
    assert (verified.findings, verified.rows, verified.forgotten) == ((), 1, sealed)
    # What is left of them is still proved.
    async with taken_back(sql):
        await sql.execute("UPDATE rollup_1m SET digest = '' WHERE at = $1", NOON)
        assert said(await look(sql, most=1)) == [(Wrong.MINUTE_CHANGED, "2026-03-01T12:00:00Z")]
    await store(url, [sample(3)])
    assert said(await look(sql, most=1)) == [(Wrong.ROWS_CHANGED, "D 2026-03-01T12:00:00Z")]


async def test_hours_have_their_minutes_figures(url: str, sql: Connection, tmp_path: Path) -> None:
    await whole(url, sql, tmp_path)
    hour = "2026-03-01T12:00:00Z"
    async with taken_back(sql):
        await sql.execute("UPDATE rollup_1h SET n = n + 1")
        assert said(await look(sql, most=1)) == [(Wrong.HOUR_ROLLED_UP_WRONG, f"D {hour}")]
    async with taken_back(sql):
        await sql.execute("DELETE FROM rollup_1h")
        assert said(await look(sql, most=1)) == [(Wrong.HOUR_NOT_ROLLED_UP, f"D {hour}")]
    async with taken_back(sql):
        await sql.execute("UPDATE rollup_1h SET at = at - INTERVAL '1 h'")
        assert {what for what, _ in said(await look(sql))} == {
            Wrong.HOUR_ROLLED_UP_WRONG,
            Wrong.HOUR_NOT_ROLLED_UP,
        }


# --- Alarms -------------------------------------------------------------------------------------------------


async def test_an_alarm_stands_as_it_was_changed_last_whatever_came_last(
    ledger: Ledger, sql: Connection
) -> None:
    """A clock that was behind after a restart: the table keeps what changed last, and so does `verify`."""
    told = transitions(1)
    early = replace(told[1].after, changed_at=second(1), active=True)
    body = json.loads(TypeAdapter(Transition).dump_json(replace(told[1], after=early)))
    await ledger.add(second(1), "transition", body)
    assert (await look(sql)).findings == ()


async def test_an_alarm_that_was_only_hidden_has_no_row(ledger: Ledger, sql: Connection) -> None:
    hidden = replace(transitions(1)[0].after, id="E/a/action", times=0)
    await alarms(ledger, [])
    body = json.loads(TypeAdapter(Transition).dump_json(replace(transitions(1)[0], after=hidden)))
    await ledger.add(second(1), "transition", body)
    assert (await look(sql)).findings == ()


async def test_numbers_are_compared_to_their_last_digit(ledger: Ledger, sql: Connection) -> None:
    """Jsonb keeps digits that a float does not: another text with the same hash is another text all the same."""
    await ledger.add(NOON, "note", {"value": 0.30000000000000004})
    assert (await look(sql)).findings == ()
    await sql.execute("UPDATE book SET body = '{\"value\": 0.30000000000000005}' WHERE seq = 20")
    assert said(await look(sql)) == [(Wrong.LINE_CHANGED, "c/20")]
