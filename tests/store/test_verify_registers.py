"""`verify` holds instruments, accounts, training and tokens against the book: each changed row is named."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import asyncpg
import pytest
import pytest_asyncio

from monitor.store.database import Connection
from monitor.store.finding import Finding, Wrong
from monitor.store.instruments import confirm_entry, note_entry
from monitor.store.people import (
    Account,
    By,
    Token,
    Training,
    add_person,
    change_person,
    link_person,
    make_token,
    note_training,
    revoke_token,
)
from monitor.store.record import record
from monitor.store.verify import verify_in
from tests.monitor.test_calibration import FACTS

AT = datetime(2026, 3, 1, 8, tzinfo=UTC)
LI = By(AT, "li", "engineer", "yearly calibration", "people-x")
WANG = By(AT + timedelta(minutes=5), "wang", "qa", "seen", "people-y")
NOTED = """INSERT INTO training (person, what, valid_from, valid_until, noted_by, noted_at)
VALUES ('wang', 'alarms', '2026-01-01', '2099-01-01', 'qian', now())"""
TABLES = ("book", "calibration", "calibration_confirmed", "person", "training", "token")


@pytest_asyncio.fixture
async def kept(database_url: str) -> AsyncIterator[Connection]:
    """A database in which every register was kept, in two chains, with the triggers off."""
    connection = await asyncpg.connect(database_url)
    for name, role in (("li", "engineer"), ("wang", "qa")):
        await add_person(
            connection, LI, Account(name, role, "x", AT - timedelta(microseconds=7), name.title())
        )
    await change_person(connection, WANG, "role_changed", "li", {"role": "operator"})
    await change_person(connection, WANG, "account_locked", "li", {"locked_at": AT})
    await change_person(
        connection, WANG, "password_changed", "li", {"password_hash": "y", "must_change": False}
    )
    await link_person(connection, WANG, "li", "https://id.example", "0017")
    trained = Training("li", "calibration", date(2026, 1, 1), date(2026, 6, 1), "wang", AT)
    await note_training(connection, WANG, trained)
    await note_training(connection, WANG, replace(trained, valid_until=date(2027, 6, 1)))
    token = Token("grafana", b"1" * 32, ("look", "export"), "wang", AT, AT + timedelta(days=30))
    await make_token(connection, WANG, token)
    await make_token(connection, WANG, replace(token, name="scraper", hash=b"2" * 32))
    await revoke_token(connection, WANG, "scraper")
    number = await note_entry(connection, LI, FACTS)
    await confirm_entry(connection, WANG, number, AT.date())
    await note_entry(connection, LI, replace(FACTS, certificate="C-2", qualified_until=date(2028, 1, 1)))
    for table in TABLES:
        await connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
    yield connection
    await connection.close()


async def found(sql: Connection) -> list[Finding]:
    async with sql.transaction():
        return list((await verify_in(sql, [], lambda *_: None, most=100)).findings)


async def after(sql: Connection, statement: str) -> list[Finding]:
    """Say what is found after a change, which is taken back."""
    transaction = sql.transaction()
    await transaction.start()
    await sql.execute(statement)
    findings = await found(sql)
    await transaction.rollback()
    return findings


async def test_registers_as_they_were_kept_are_proved_and_every_changed_row_is_named(
    kept: Connection,
) -> None:
    assert await found(kept) == []
    for change, place, columns in (
        ("calibration SET due_on = due_on + 365 WHERE number = 1", "calibration 1", "due_on"),
        ("calibration SET qualified_until = NULL WHERE number = 2", "calibration 2", "qualified_until"),
        ("calibration SET noted_by = 'wang' WHERE number = 2", "calibration 2", "noted_by"),
        ("calibration SET noted_at = now(), reason = 'x' WHERE number = 1", "calibration 1", "noted_at, reason"),
        ("calibration_confirmed SET confirmed_by = 'zhou'", "calibration_confirmed 1", "confirmed_by"),
        ("person SET role = 'engineer' WHERE name = 'li'", "person li", "role"),
        ("person SET locked_at = NULL WHERE name = 'li'", "person li", "locked_at"),
        ("person SET disabled_at = now() WHERE name = 'wang'", "person wang", "disabled_at"),
        ("person SET oidc_subject = '0018' WHERE name = 'li'", "person li", "oidc_subject"),
        ("person SET must_change = true WHERE name = 'li'", "person li", "must_change"),
        ("person SET created_at = now() WHERE name = 'wang'", "person wang", "created_at"),
        ("training SET valid_until = '2099-01-01' WHERE number = 1", "training li calibration", "valid_until"),
        ("training SET noted_by = 'li' WHERE number = 2", "training li calibration", "noted_by"),
        ("token SET deeds = deeds || '{acknowledge}'::text[] WHERE name = 'grafana'", "token grafana", "deeds"),
        ("token SET revoked_at = NULL WHERE name = 'scraper'", "token scraper", "revoked_at"),
        ("token SET ends_at = ends_at + INTERVAL '1 year' WHERE name = 'grafana'", "token grafana", "ends_at"),
    ):  # fmt: skip
        (one,) = await after(kept, f"UPDATE {change}")
        assert (one.what, one.place, dict(one.facts)["columns"]) == (Wrong.ROW_CHANGED, place, columns), (
            change
        )
        assert place in one.text().en
        assert place in one.text().zh


async def test_a_row_too_few_and_a_row_too_many_are_named(kept: Connection) -> None:
    for statement, what, place in (
        ("DELETE FROM calibration_confirmed", Wrong.ROW_MISSING, "calibration_confirmed 1"),
        ("DELETE FROM training WHERE number = 2", Wrong.ROW_MISSING, "training li calibration"),
        ("DELETE FROM token WHERE name = 'grafana'", Wrong.ROW_MISSING, "token grafana"),
        ("INSERT INTO calibration_confirmed VALUES (2, 'wang', now())", Wrong.ROW_INVENTED, "calibration_confirmed 2"),
        ("INSERT INTO person VALUES ('ghost', 'x', 'admin', now())", Wrong.ROW_INVENTED, "person ghost"),
        (NOTED, Wrong.ROW_INVENTED, "training wang alarms"),
    ):  # fmt: skip
        (one,) = await after(kept, statement)
        assert (one.what, one.place) == (what, place), statement


@pytest.mark.parametrize("kind", ["account_added", "instrument_noted", "signature"])
async def test_of_a_line_that_was_changed_nothing_is_concluded_but_the_line_is_named(
    kept: Connection, kind: str
) -> None:
    signed = {"id": "1", "meaning": "review", "what": "plant", "of": "1"}
    await record(kept, AT, "signature", "wang", signed, chain="people-x")
    first = await kept.fetchval("SELECT min(seq) FROM book WHERE kind = $1 AND chain = 'people-x'", kind)
    (one,) = await after(kept, f"UPDATE book SET who = 'zhou' WHERE chain = 'people-x' AND seq = {first}")
    assert (one.what, one.place) == (Wrong.LINE_CHANGED, f"people-x/{first}")
