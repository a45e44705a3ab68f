"""Notices in the database: each once, as its lines say; and the times of an alarm from Sample to acknowledgement."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from alarms.calls import Notice, NoticeKind, NoticeResult, Outcome, Receipt, Try
from alarms.events import Reason, Transition
from monitor.collector import codec
from monitor.collector.journal import Entry
from monitor.collector.portion import portion_of
from monitor.store.database import Connection, open_pool
from monitor.store.finding import Wrong
from monitor.store.notices_read import Asked, notices_of
from monitor.store.times import Times, times
from monitor.store.verify import verify_in
from monitor.store.write import PoisonError, Writer
from tests.store.small import NOON, alarm, plant, second

ALARM = alarm(1, 1)
KEY = f"{ALARM.id}|2026-03-01T12:00:01.000000Z|1|li|robot"
NOTICE = Notice(
    KEY,
    second(1),
    NoticeKind.ALARM,
    "li",
    "robot",
    "to li",
    ((ALARM.id, second(1)), ("D/b/action", second(0.5))),
)
BUSY = Try(second(1.2), second(1.3), Outcome.FAILED, "HTTP 503")
TAKEN = Try(second(2.2), second(2.3), Outcome.ACCEPTED, "HTTP 202")
RESULT = NoticeResult(second(2.4), KEY, Outcome.ACCEPTED, (BUSY, TAKEN), "", second(1.15))
RAISED = Transition(second(1), ALARM.id, None, ALARM, Reason.RAISED)
SEEN = replace(ALARM, acknowledged=True, acknowledged_by="li", changed_at=second(30))
ACKNOWLEDGED = Transition(second(30), ALARM.id, ALARM, SEEN, Reason.ACKNOWLEDGED, "li")
OTHER = replace(NOTICE, key="other", at=second(7), person="wang", alarms=(("D/b/action", second(0.5)),))
LINES = [
    codec.told_entry(RAISED, second(1.05), second(1.1)),
    codec.entry_of(NOTICE, second(1.1)),
    codec.entry_of(RESULT, second(2.4)),
    codec.told_entry(ACKNOWLEDGED, None, second(30.001)),
    codec.entry_of(Receipt(second(40), KEY, "li"), second(40)),
    codec.entry_of(OTHER, second(8)),
]


async def store(url: str, *batches: Sequence[Entry]) -> None:
    """Store entries, batch by batch, each batch twice: its answer was lost."""
    writer = await Writer.open(url, plant(), "c", NOON)
    seq = 0
    try:
        for entries in batches:
            numbered = [replace(one, seq=seq + number) for number, one in enumerate(entries, 1)]
            seq += len(entries)
            portion = portion_of(numbered)
            for _ in range(2):
                await writer.write(seq, portion.samples, portion.book, portion.alarms)
    finally:
        await writer.close()


async def rows(sql: Connection) -> list[dict[str, Any]]:
    return [dict(row) for row in await sql.fetch("SELECT * FROM notice ORDER BY at")]


@pytest.mark.parametrize("size", [1, len(LINES)], ids=["line by line", "in one piece"])
async def test_a_notice_is_one_row_as_its_lines_say(url: str, sql: Connection, size: int) -> None:
    again = codec.entry_of(NOTICE, second(60))  # a restart has sent it again
    lines = [*LINES, again, codec.entry_of(replace(RESULT, outcome=Outcome.FAILED), second(61))]
    await store(url, *(lines[start : start + size] for start in range(0, len(lines), size)))
    first, other = await rows(sql)
    assert (first["key"], first["at"], first["judged_at"]) == (KEY, second(1), second(1.1))
    assert json.loads(first["alarms"])[0] == [ALARM.id, "2026-03-01T12:00:01Z"]
    assert (first["outcome"], first["ended_at"], first["stored_at"]) == (
        "accepted",
        second(2.4),
        second(1.15),
    )
    assert [one["detail"] for one in json.loads(first["tries"])] == ["HTTP 503", "HTTP 202"]
    assert (first["receipt_at"], first["receipt_by"]) == (second(40), "li")
    assert (other["outcome"], other["tries"], other["ended_at"]) == (None, None, None)
    assert await wrong(sql) == []


async def test_what_is_said_of_a_notice_that_nobody_knows_is_in_the_book_only(
    url: str, sql: Connection
) -> None:
    await store(url, LINES[2:3])
    assert await rows(sql) == []
    assert await wrong(sql) == []


async def wrong(sql: Connection) -> list[tuple[Wrong, str, str]]:
    async with sql.transaction():
        found = (await verify_in(sql, [], lambda *_: None, most=100)).findings
    return [(one.what, one.place, str(dict(one.facts).get("columns", ""))) for one in found]


HERE = f"notice c {KEY}"
LIES = [
    ("DELETE FROM notice WHERE person = 'li'", (Wrong.ROW_MISSING, HERE, "")),
    ("UPDATE notice SET person = 'wu' WHERE person = 'li'", (Wrong.ROW_CHANGED, HERE, "person")),
    ("UPDATE notice SET judged_at = at WHERE person = 'li'", (Wrong.ROW_CHANGED, HERE, "judged_at")),
    ("UPDATE notice SET alarms = '[]' WHERE person = 'li'", (Wrong.ROW_CHANGED, HERE, "alarms")),
    ("UPDATE notice SET alarms = '{}' WHERE person = 'li'", (Wrong.ROW_CHANGED, HERE, "alarms")),
    ("UPDATE notice SET tries = tries - 0 WHERE person = 'li'", (Wrong.ROW_CHANGED, HERE, "tries")),
    ("UPDATE notice SET detail = 'x' WHERE person = 'li'", (Wrong.ROW_CHANGED, HERE, "detail")),
    ("UPDATE notice SET receipt_by = 'wu' WHERE person = 'li'", (Wrong.ROW_CHANGED, HERE, "receipt_by")),
    (
        "UPDATE notice SET outcome = 'accepted', ended_at = at WHERE person = 'wang'",
        (Wrong.ROW_CHANGED, "notice c other", "outcome, ended_at"),
    ),
    ("UPDATE notice SET at = '9999-12-31' WHERE person = 'li'", (Wrong.ROW_CHANGED, HERE, "at")),
    (
        "INSERT INTO notice SELECT chain, 'more', at, at, kind, person, way, step, alarms, because FROM notice LIMIT 1",
        (Wrong.ROW_INVENTED, "notice c more", ""),
    ),
]


async def test_each_change_of_a_row_is_named(url: str, sql: Connection) -> None:
    await store(url, LINES)
    assert await wrong(sql) == []
    for lie, finding in LIES:
        taken_back = sql.transaction()
        await taken_back.start()
        await sql.execute(lie)
        assert await wrong(sql) == [finding], lie
        await taken_back.rollback()


async def test_of_a_notice_whose_line_was_changed_only_the_line_is_told(url: str, sql: Connection) -> None:
    await store(url, LINES)
    await sql.execute("ALTER TABLE book DISABLE TRIGGER ALL")
    await sql.execute(
        "UPDATE book SET body = body || '{\"person\": \"wu\"}' WHERE kind = 'notice' AND seq = 2"
    )
    assert [(what, place) for what, place, _ in await wrong(sql)] == [(Wrong.LINE_CHANGED, "c/2")]


async def test_a_body_that_is_no_notice_is_poison_and_not_stored(url: str) -> None:
    body = json.loads(LINES[1].body)
    del body["person"]
    with pytest.raises(PoisonError):
        await store(url, [replace(LINES[1], body=json.dumps(body))])


async def test_notices_are_found_by_occurrence_and_person(url: str) -> None:
    await store(url, LINES)
    pool = await open_pool(url)
    try:
        (one,) = await notices_of(pool, Asked(ALARM.id, second(1)), 9)
        assert (one.key, one.alarms[0], one.outcome) == (KEY, (ALARM.id, second(1)), "accepted")
        both = await notices_of(pool, Asked("D/b/action", second(0.5)), 9)
        assert [each.key for each in both] == ["other", KEY]
        assert await notices_of(pool, Asked(ALARM.id, second(2)), 9) == []
        assert await notices_of(pool, Asked("D/b"), 9) == []
        assert [each.key for each in await notices_of(pool, Asked(), 1)] == ["other"]
        assert [each.key for each in await notices_of(pool, Asked(person="li"), 9)] == [KEY]
    finally:
        await pool.close()


async def test_the_times_of_an_alarm_go_from_its_sample_to_who_saw_it(url: str) -> None:
    later: datetime = second(9)
    await store(url, LINES)
    pool = await open_pool(url)
    try:
        assert await times(pool, ALARM.id, second(1)) == Times(
            sample_at=second(1),
            heard_at=second(1.05),
            judged_at=second(1.1),
            stored_at=second(1.15),
            sent_at=second(1.2),
            accepted_at=second(2.3),
            acknowledged_at=second(30),
            acknowledged_by="li",
        )
        assert await times(pool, ALARM.id, later) == Times()
    finally:
        await pool.close()
