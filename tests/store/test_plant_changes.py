"""Proposals and what became of them: one decision each, never changed; and the plant in force, as the book tells it."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import asyncpg
import pytest
import pytest_asyncio

from monitor.collector import codec
from monitor.collector.portion import portion_of
from monitor.server.signatures import sha256_of
from monitor.store.catalog import snapshot_of
from monitor.store.database import Connection, Pool, open_pool
from monitor.store.force import in_force
from monitor.store.plant_changes import (
    Proposal,
    ProposalState,
    Step,
    add_proposal,
    add_step,
    proposal_of,
    proposals,
    signature_holds,
    signed_content,
)
from monitor.store.record import record
from monitor.store.register import register
from monitor.store.write import Writer
from monitor.versions import APPROVED, PlantChange
from tests.changing import line
from tests.store.small import NOON

PLANT, FILES = line()
PROPOSAL = Proposal(0, NOON, "li", "less noise", "1" * 64, PLANT.sha256, files=FILES)
APPROVAL = Step(ProposalState.APPROVED, NOON, "qian", "agreed", "5f")


@pytest_asyncio.fixture
async def pool(database_url: str) -> AsyncIterator[Pool]:
    pool = await open_pool(database_url)
    yield pool
    await pool.close()


async def made(connection: Connection) -> Proposal:
    number = await add_proposal(connection, PROPOSAL, "engineer", "people")
    return replace(PROPOSAL, number=number)


async def test_a_proposal_comes_back_whole_and_in_the_list_without_its_files(
    pool: Pool, database_url: str
) -> None:
    connection = await asyncpg.connect(database_url)
    one = await made(connection)
    assert await proposal_of(pool, one.number) == one
    assert await add_step(connection, one, APPROVAL, "qa", "people")
    assert (await proposals(pool)) == [replace(one, steps=(APPROVAL,), files={})]
    assert (await proposals(pool))[0].state is ProposalState.APPROVED
    assert await proposal_of(pool, one.number + 1) is None
    kinds = await connection.fetch("SELECT kind, who, body ->> 'role' AS role FROM book ORDER BY seq")
    assert [tuple(row) for row in kinds] == [
        ("plant_proposed", "li", "engineer"),
        ("plant_approved", "qian", "qa"),
    ]
    await connection.close()


async def test_of_two_decisions_at_the_same_moment_one_is_refused_and_leaves_no_line(
    database_url: str,
) -> None:
    first, second = await asyncpg.connect(database_url), await asyncpg.connect(database_url)
    one = await made(first)
    rejection = replace(APPROVAL, state=ProposalState.REJECTED)
    done = await asyncio.gather(
        add_step(first, one, APPROVAL, "qa", "people"), add_step(second, one, rejection, "qa", "people")
    )
    assert sorted(done) == [False, True]
    assert await first.fetchval("SELECT count(*) FROM book WHERE kind <> 'plant_proposed'") == 1
    assert await first.fetchval("SELECT count(*) FROM plant_step") == 1
    for connection in (first, second):
        await connection.close()


async def test_a_signature_holds_for_what_was_signed_and_for_nothing_else(
    pool: Pool, database_url: str
) -> None:
    connection = await asyncpg.connect(database_url)
    one = replace(await made(connection), steps=(APPROVAL,))
    assert await signature_holds(pool, one) is None, "it has not come into the book yet"
    signed = {"id": "5f", "what": "plant", "of": str(one.number), "sha256": sha256_of(signed_content(one))}
    await record(connection, NOON, "signature", "qian", signed)
    assert await signature_holds(pool, one) is True
    for other in (
        replace(one, sha256="2" * 64),
        replace(one, base="2" * 64),
        replace(one, reason="more noise"),
        replace(one, who="wang"),
    ):
        assert await signature_holds(pool, other) is False
    await connection.close()


@pytest.mark.parametrize("table", ["plant_proposal", "plant_step"])
async def test_nothing_of_it_is_ever_changed(database_url: str, table: str) -> None:
    connection = await asyncpg.connect(database_url)
    one = await made(connection)
    await add_step(connection, one, APPROVAL, "qa", "people")
    for statement in (f"UPDATE {table} SET who = 'x'", f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)
    await connection.close()


async def test_a_plant_that_came_into_force_while_the_collector_ran_holds_from_then_on(
    pool: Pool, database_url: str
) -> None:
    """What was permitted on a channel at a time is told by the book, and a change needs no start."""
    other = replace(PLANT, limits=PLANT.limits[1:], sha256="1" * 64)
    connection = await asyncpg.connect(database_url)
    await register(connection, PLANT, NOON)
    await register(connection, other, NOON)
    await connection.close()
    at = NOON + timedelta(hours=1)
    lines = [
        codec.entry_of(codec.Start(NOON, PLANT.sha256), NOON),
        codec.entry_of(PlantChange(at, other.sha256, PLANT.sha256, APPROVED, "li", "qian", 1), at),
    ]
    writer = await Writer.open(database_url, other, "chain", NOON)
    await writer.write(2, [], portion_of([replace(one, seq=n) for n, one in enumerate(lines, 1)]).book, [])
    await writer.close()
    async with snapshot_of(pool) as asked:
        found = await in_force(asked, PLANT.limits[0].id.split("/")[0], at + timedelta(hours=1))
    assert [(one.since, one.until) for one in found] == [(NOON, at), (at, None)]
    assert len(found[0].limits) == len(found[1].limits) + 1
