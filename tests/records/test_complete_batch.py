"""A batch is complete where nothing is lacking, and only there."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime

import asyncpg
import pytest
import pytest_asyncio

from config.batches import EquipmentTest
from config.model import Text
from config.plant import Plant
from config.sampling import Incubation, Per, Position, SampleKind
from monitor.records.dossier.parts import LackKind
from monitor.records.dossier.whole import WAITS_FOR, Dossier, dossier
from monitor.records.plates.plan import planned
from monitor.records.verdicts import Verdict
from monitor.store.batches import read_batch
from monitor.store.database import Pool, open_pool
from monitor.store.equipment_tests import EquipmentFacts, EquipmentOutcome, note_test
from monitor.store.people import By
from monitor.store.viable import State, Step, add_step, plan_samples
from tests.database import Server
from tests.records.played import BATCH, BEGAN_S, ENDED_S, calm, play, played_plant, register
from tests.store.small import second

pytestmark = pytest.mark.asyncio(loop_scope="module")
PLANT = played_plant()
LATER = datetime(2026, 3, 5, tzinfo=UTC)
SETTLE = Position(
    "Z-S1",
    "Z",
    SampleKind.SETTLE,
    Text("Beside", "旁"),
    "TSA",
    Per.BATCH,
    (Incubation(30, 35, 2, 5),),
    "here",
)
WITH_PLATES = replace(PLANT, positions={"Z-S1": SETTLE})


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def url(timescale: Server) -> AsyncIterator[str]:
    """A database with half an hour in which nothing happened."""
    url = await timescale.fresh()
    await play(url, PLANT, calm())
    yield url
    await timescale.drop(url)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pool(url: str) -> AsyncIterator[Pool]:
    """The service's pool on it."""
    made = await open_pool(url)
    yield made
    await made.close()


async def ask(pool: Pool, plant: Plant = PLANT) -> Dossier:
    return await dossier(pool, plant, BATCH, LATER)


def lacking(one: Dossier) -> set[tuple[LackKind, str]]:
    assert one.is_complete == (not one.lacks)
    assert (one.verdict is Verdict.WITHIN) == (not one.lacks)
    return {(lack.kind, lack.id) for lack in one.lacks}


async def test_a_batch_lacks_one_thing_after_the_other(url: str, pool: Pool) -> None:
    """In their order, because registers are only ever added to."""
    sql = await asyncpg.connect(url)
    instrument = (LackKind.OVERDUE_INSTRUMENT, "D")
    assert lacking(await ask(pool)) == {instrument}
    await register(sql)
    assert lacking(await ask(pool)) == set()

    open_all_through = {(LackKind.SETTLE_UNCOVERED, f"Z-S1/{stage}") for stage in ("set_up", "fill")}
    assert lacking(await ask(pool, WITH_PLATES)) == {(LackKind.PENDING_PLATE, "Z-S1")} | open_all_through
    batch = await read_batch(pool, BATCH)
    assert batch is not None
    by = By(second(60), "sun", "operator", "")
    (plate,) = await plan_samples(sql, by, planned(WITH_PLATES, batch))
    pending = {(LackKind.PENDING_PLATE, plate.code)}
    assert lacking(await ask(pool, WITH_PLATES)) == pending | open_all_through
    spans = [one.text.en for one in (await ask(pool, WITH_PLATES)).lacks if one.id == "Z-S1/fill"]
    assert spans == [
        "At Z-S1/fill no settle plate lay open: #1 2026-03-01 20:10:00 – 2026-03-01 20:25:00 (Asia/Shanghai)."
    ]
    laid = {"from": second(BEGAN_S).isoformat(), "until": second(ENDED_S).isoformat()}
    await add_step(sql, by, plate, Step(State.EXPOSED, second(ENDED_S), "sun", laid))
    assert lacking(await ask(pool, WITH_PLATES)) == pending

    await sql.execute("UPDATE forwarded SET sealed_until = $1", second(1500))
    late = {
        (LackKind.LATE_MINUTES, "D"),
        (LackKind.LATE_MINUTES, "D#records"),
        (LackKind.PENDING_PLATE, plate.code),
    }
    assert lacking(await ask(pool)) == late
    await sql.execute("UPDATE forwarded SET sealed_until = $1", second(1560))

    facts = EquipmentFacts(EquipmentTest.GLOVE, "D", second(50), EquipmentOutcome.PASSED, batch=BATCH)
    number = await note_test(sql, by, facts)
    plates = {(LackKind.PENDING_PLATE, plate.code)}
    assert lacking(await ask(pool)) == plates | {(LackKind.PENDING_TEST, str(number))}
    await sql.execute("INSERT INTO equipment_test_confirmed VALUES ($1, 'qian', $2)", number, second(70))
    assert lacking(await ask(pool)) == plates

    await register(sql, date(2026, 2, 28))
    assert lacking(await ask(pool)) == plates | {instrument}
    await sql.execute("UPDATE batch SET ended_at = NULL, ended_by = '', comment = ''")
    running = await ask(pool)
    assert (LackKind.OPEN_BATCH, BATCH) in lacking(running)
    # For two days nothing has been closed: that is a lack. What was closed a moment ago is all there is.
    assert running.told_at == LATER - WAITS_FOR
    assert (LackKind.LATE_MINUTES, "D") in lacking(running)
    running = await dossier(pool, PLANT, BATCH, second(1600))
    assert running.told_at == second(1560)
    assert lacking(running) == plates | {instrument, (LackKind.OPEN_BATCH, BATCH)}
    await sql.close()
