"""`verify` holds plates and their steps against the book: each changed, added or missing row is named."""

import asyncpg

from monitor.store.database import Connection
from monitor.store.finding import Finding, Wrong
from monitor.store.people import By
from monitor.store.verify import verify_in
from monitor.store.viable import add_step, plan_samples
from tests.plates import AT, counted, draft

LI = By(AT, "li", "operator", "", "people-x")
CHANGED = (
    ("viable_sample SET zone = 'PALI'", "viable_sample 1", "zone"),
    ("viable_sample SET grade = 'C'", "viable_sample 1", "grade"),
    ("viable_sample SET batch = NULL", "viable_sample 1", "batch"),
    ("viable_sample SET planned_by = 'cao', turn = 2", "viable_sample 1", "planned_by, turn"),
    ("viable_sample SET planned_at = now()", "viable_sample 1", "planned_at"),
    ("viable_sample SET plan = jsonb_set(plan, '{alert}', '50')", "viable_sample 1", "plan"),
    ("""viable_step SET facts = '{"cfu": 0}' WHERE state = 'read'""", "viable_step 1/3", "facts"),
    ("viable_step SET who = 'cao' WHERE number = 4", "viable_step 1/4", "who"),
    ("viable_step SET at = now() WHERE number = 1", "viable_step 1/1", "done_at"),
    ("viable_step SET reason = 'x', state = 'rejected' WHERE number = 2", "viable_step 1/2", "reason, state"),
    (
        "viable_step SET sha256 = 'ab', signature = 'S' WHERE number = 5",
        "viable_step 1/5",
        "sha256, signature",
    ),
)
INVENTED = (
    "INSERT INTO viable_step VALUES (1, 6, 'quarantined', now(), 'cao', '{}', 'why', '', '')",
    Wrong.ROW_INVENTED,
    "viable_step 1/6",
)
MISSING = ("DELETE FROM viable_step WHERE number = 5", Wrong.ROW_MISSING, "viable_step 1/5")


async def after(sql: Connection, statement: str) -> list[Finding]:
    """Say what is found after a change, which is taken back."""
    transaction = sql.transaction()
    await transaction.start()
    await sql.execute(statement)
    findings = list((await verify_in(sql, [], lambda *_: None, most=100)).findings)
    await transaction.rollback()
    return findings


async def test_plates_as_they_were_kept_are_proved_and_every_other_row_is_named(database_url: str) -> None:
    sql = await asyncpg.connect(database_url)
    (sample,) = await plan_samples(sql, LI, [draft()])
    for step in counted(3).steps:
        sample = await add_step(sql, LI, sample, step)
    for table in ("viable_sample", "viable_step"):
        await sql.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
    assert await after(sql, "SELECT 1") == []
    for change, place, columns in CHANGED:
        (one,) = await after(sql, f"UPDATE {change}")
        assert (one.what, one.place, dict(one.facts)["columns"]) == (Wrong.ROW_CHANGED, place, columns), (
            change
        )
    for statement, what, place in (INVENTED, MISSING):
        (one,) = await after(sql, statement)
        assert (one.what, one.place) == (what, place), statement
    await sql.close()
