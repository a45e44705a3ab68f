"""Plates in the database: planned once, every step added with its line, own work refused whichever way."""

import json
from dataclasses import replace
from datetime import timedelta

import asyncpg
import pytest

from monitor.store.database import Connection
from monitor.store.people import By
from monitor.store.viable import (
    OwnPlateError,
    Sample,
    StaleSampleError,
    State,
    Step,
    add_step,
    plan_samples,
    read_sample,
    read_samples,
    samples_of_batch,
    samples_open,
    samples_planned,
    samples_within,
)
from tests.plates import APPROVED, AT, EXPOSED, INCUBATING, VERIFIED, counted, draft, hours, read, step

LI = By(AT, "li", "operator", "", "people-x")


async def planned(sql: Connection, **changes: object) -> Sample:
    (new,) = await plan_samples(sql, LI, [draft(**changes)])
    return new


async def lived(sql: Connection, sample: Sample, *steps: Step) -> Sample:
    for one in steps:
        sample = await add_step(sql, LI, sample, one)
    return sample


async def test_what_is_written_is_read_back(sql: Connection) -> None:
    done = counted(3).steps
    sample = await lived(sql, await planned(sql), *done)
    assert sample.steps == done
    assert await read_sample(sql, sample.code) == sample
    assert await read_samples(sql, [sample.number]) == [sample]
    assert await samples_of_batch(sql, "B-1") == [sample]
    assert await samples_planned(sql, AT, AT + hours(1)) == [sample]
    assert await samples_open(sql) == []
    assert await read_sample(sql, "V000001-00") is None


async def test_a_plate_is_planned_once_on_each_occasion(sql: Connection) -> None:
    first = await planned(sql)
    again = [draft(), draft(turn=2), draft(place=2), draft(occasion="B-2/fill", batch="B-2")]
    new = await plan_samples(sql, LI, again)
    assert [(one.draft.turn, one.draft.place, one.draft.batch) for one in new] == [
        (2, 1, "B-1"),
        (1, 2, "B-1"),
        (1, 1, "B-2"),
    ]
    assert await samples_open(sql) == [first, *new]
    assert [one.number for one in await samples_open(sql, 2)] == [first.number, new[0].number]


async def test_the_code_ends_in_the_check_digits_of_its_number(sql: Connection) -> None:
    for place in (1, 2, 3):
        sample = await planned(sql, place=place)
        number, _, check = sample.code.removeprefix("V").partition("-")
        assert int(number) == sample.number
        assert int(number + check) % 97 == 1  # ISO 7064 MOD 97-10


async def test_plates_are_found_by_their_zone_and_time(sql: Connection) -> None:
    of_batch = await planned(sql)
    by_plan = await planned(sql, batch="", stage="", occasion="2026-03-01")
    early: dict[str, object] = {"planned_at": AT - timedelta(days=1), "batch": "", "stage": ""}
    taken = await lived(sql, await planned(sql, occasion="2026-02-28", **early), EXPOSED)
    await planned(sql, occasion="2026-02-28", turn=2, **early)
    elsewhere = await planned(sql, batch="", stage="", occasion="2026-03-01", position="P2", zone="PALI")
    assert await samples_within(sql, ["CORE"], AT, AT + hours(1)) == [of_batch, by_plan, taken]
    assert await samples_within(sql, ["CORE"], AT + hours(0.9), AT + hours(2)) == [taken]
    assert await samples_within(sql, ["CORE"], AT - hours(0.5), AT) == []
    assert await samples_within(sql, ["PALI"], AT, AT + hours(1)) == [elsewhere]


async def test_each_step_gives_a_line_with_what_was_and_what_is(sql: Connection) -> None:
    sample = await planned(sql)
    quarantine = step(State.QUARANTINED, "wang", hours(3), "lid was cracked")
    await lived(sql, sample, EXPOSED, replace(quarantine, signature="S-1", sha256="ab"))
    lines = await sql.fetch("SELECT kind, who, at, body FROM book WHERE chain = 'people-x' ORDER BY seq")
    assert [(line["kind"], line["who"]) for line in lines] == [
        ("viable_planned", "li"), ("viable_step", "li"), ("viable_step", "wang"),
    ]  # fmt: skip
    assert lines[2]["at"] == AT + hours(3)
    body = json.loads(lines[2]["body"])
    new = body.pop("new")
    assert body == {"role": "operator", "what": sample.code, "old": "exposed", "reason": "lid was cracked"}
    assert (new.pop("number"), new.pop("sample")) == (2, sample.number)
    assert new == {"state": "quarantined", "facts": {}, "signature": "S-1", "sha256": "ab"}


async def test_of_two_who_act_at_once_one_is_told_to_look_again(sql: Connection) -> None:
    sample = await planned(sql)
    await add_step(sql, LI, sample, EXPOSED)
    with pytest.raises(StaleSampleError, match="look again"):
        await add_step(sql, LI, sample, EXPOSED)
    assert await sql.fetchval("SELECT count(*) FROM book WHERE kind = 'viable_step'") == 1


@pytest.mark.parametrize("who", ["li", "LI"])
@pytest.mark.parametrize("state", [State.VERIFIED, State.REJECTED])
async def test_the_database_lets_nobody_check_what_they_have_read(
    sql: Connection, state: State, who: str
) -> None:
    sample = await lived(sql, await planned(sql), EXPOSED, INCUBATING, read(0))
    with pytest.raises(OwnPlateError, match="read it"):
        await add_step(sql, LI, sample, step(state, who, hours(61)))
    assert (await add_step(sql, LI, sample, step(state, "wang", hours(61)))).steps[-1].who == "wang"


@pytest.mark.parametrize("who", ["li", "wang", "Wang"])
async def test_the_database_wants_a_third_person_to_approve(sql: Connection, who: str) -> None:
    sample = await lived(sql, await planned(sql), EXPOSED, INCUBATING, read(0))
    with pytest.raises(OwnPlateError):
        await add_step(sql, LI, sample, APPROVED)  # nobody has verified it
    sample = await lived(sql, sample, VERIFIED)
    with pytest.raises(OwnPlateError):
        await add_step(sql, LI, sample, step(State.APPROVED, who, hours(62)))
    assert (await add_step(sql, LI, sample, APPROVED)).steps[-1] == APPROVED


async def test_after_a_correction_what_was_verified_before_counts_no_longer(sql: Connection) -> None:
    sample = await lived(sql, await planned(sql), EXPOSED, INCUBATING, read(0), VERIFIED)
    sample = await lived(sql, sample, read(1, "cao", hours(61.5), "one at the rim"))
    with pytest.raises(OwnPlateError):
        await add_step(sql, LI, sample, APPROVED)
    with pytest.raises(OwnPlateError):
        await add_step(sql, LI, sample, step(State.VERIFIED, "cao", hours(63)))
    await lived(sql, sample, step(State.VERIFIED, "li", hours(63)), step(State.APPROVED, "qian", hours(64)))


async def test_a_role_that_may_not_write_is_not_taken_for_a_person_who_may_not(sql: Connection) -> None:
    sample = await planned(sql)
    await sql.execute(
        "CREATE ROLE nobody_here; GRANT USAGE ON SCHEMA public TO nobody_here; SET ROLE nobody_here"
    )
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied"):
        await add_step(sql, LI, sample, EXPOSED)
    await sql.execute("RESET ROLE; DROP OWNED BY nobody_here; DROP ROLE nobody_here")


async def test_neither_is_ever_changed(sql: Connection) -> None:
    await lived(sql, await planned(sql), EXPOSED)
    for change in (
        "UPDATE viable_sample SET zone = 'PALI'",
        "UPDATE viable_step SET who = 'wang'",
        "DELETE FROM viable_sample",
        "DELETE FROM viable_step",
        "TRUNCATE viable_sample CASCADE",
        "TRUNCATE viable_step",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="only ever added to"):
            await sql.execute(change)
