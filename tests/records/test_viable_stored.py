"""Results of a batch, and runs of an air sampler, as they are stored."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import cast

import asyncpg
import pytest
import pytest_asyncio

from config.sampling import SampleKind
from monitor.records.dossier.found import plates_of
from monitor.records.plates.air_runs import KEYS, AirRun, runs
from monitor.records.plates.life import ViableResult
from monitor.records.plates.results import Window, viable_of, zones_of
from monitor.records.verdicts import Verdict
from monitor.store.batches import Batch, BatchStage
from monitor.store.catalog import Snapshot, UnknownChannelError
from monitor.store.database import Connection, Pool, open_pool
from monitor.store.people import By
from monitor.store.viable import Sample, State, Step, add_step, plan_samples
from tests.config.conftest import LINE
from tests.loaded import loaded
from tests.plates import APPROVED, AT, EXPOSED, INCUBATING, VERIFIED, counted, draft, hours, read, step, when
from tests.store.small import plant, sample, second, store

LI = By(AT, "li", "operator", "", "people-x")
CORE, ISO = "STM-L1-CORE", "STM-L1-A-ISO"
STAGES = (
    BatchStage(1, "set-up", (), AT, AT + hours(1), "li"),
    BatchStage(2, "fill", (CORE, ISO), AT + hours(1), AT + hours(10), "li"),
)
ENDED = AT + hours(10)
MIDNIGHT = AT - hours(16)
"""In Shanghai: 2026-03-01, on which the batch began at 16:00."""
BATCH = Batch("B-1", "STM-L1", "MSC", AT, "li", ENDED, "li", False, "", (), "", "", "", "", "c", STAGES)
PLANT = loaded(LINE)


@pytest_asyncio.fixture
async def pool(database_url: str) -> AsyncIterator[Pool]:
    made = await open_pool(database_url)
    yield made
    await made.close()


@pytest_asyncio.fixture
async def sql(database_url: str) -> AsyncIterator[Connection]:
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


async def taken(sql: Connection, *steps: Step, **changes: object) -> Sample:
    (new,) = await plan_samples(sql, LI, [draft(**changes)])
    for one in steps:
        new = await add_step(sql, LI, new, one)
    return new


async def test_a_batch_has_its_own_plates_and_those_of_its_zones_and_time(
    sql: Connection, pool: Pool
) -> None:
    day = {"batch": "", "stage": "", "kind": SampleKind.CONTACT, "zone": CORE}
    of_the_day = {**day, "occasion": "2026-03-01", "planned_at": MIDNIGHT}
    own = await taken(sql, *counted(12).steps, zone=ISO)
    due = await taken(sql, position="P-DAY", **of_the_day)
    weekly = {**day, "occasion": "2026-W09", "planned_at": MIDNIGHT - timedelta(days=6)}
    open_then = await taken(sql, EXPOSED, position="P-WEEK", **weekly)
    other = await taken(sql, zone=ISO, batch="B-2", occasion="B-2/fill")
    for position, changes in {
        "P-WEEK-2": {**weekly, "planned_at": MIDNIGHT},  # its week is not over
        "P-BEFORE": {**of_the_day, "planned_at": MIDNIGHT - timedelta(days=1)},
        "P-AFTER": {**of_the_day, "planned_at": ENDED},
        "P-QC": {**of_the_day, "zone": "QC"},
    }.items():
        await taken(sql, position=position, **changes)
    late = step(State.EXPOSED, "li", hours(11), **{"from": when(hours(10.5))})
    await taken(sql, late, position="P-LATE", **of_the_day)
    found = await viable_of(pool, PLANT, BATCH)
    assert [one.number for one in found] == [own.number, due.number, open_then.number]
    window = await viable_of(pool, PLANT, Window((CORE, ISO), MIDNIGHT, ENDED))
    assert [one.number for one in window] == [own.number, due.number, open_then.number, other.number]
    assert found[0] == ViableResult(
        number=own.number,
        code=own.code,
        position="CORE-AIR-1",
        place=1,
        turn=1,
        zone=ISO,
        grade=own.draft.grade,
        kind=SampleKind.ACTIVE_AIR,
        label=own.draft.plan.label,
        batch="B-1",
        stage="fill",
        occasion="B-1/fill",
        planned_at=AT,
        state=State.APPROVED,
        exposed_from=AT + hours(0.5),
        exposed_until=AT + hours(1),
        volume_l=1000,
        cfu=12,
        is_too_many=False,
        value=12,
        unit="CFU/m3",
        organism="Gram-positive coccus",
        species="Staphylococcus epidermidis",
        read_by="li",
        read_at=AT + hours(60),
        verified_by="wang",
        approved_by="qian",
        verdicts={"average": Verdict.ACTION, "each": Verdict.ACTION},
        verdict=Verdict.ACTION,
        needs_investigation=True,
        is_late=True,
        is_changed=False,
    )
    assert (found[1].state, found[1].verdict, found[1].cfu, found[1].unit) == (
        *(State.PLANNED, Verdict.INCOMPLETE),
        *(None, "CFU/plate"),
    )


async def test_a_late_result_turns_the_verdict_of_both_plates_of_one_average(
    sql: Connection, pool: Pool
) -> None:
    """Two plates of one occasion: before the second is read nobody can say, then the average is (0 + 24) / 2 = 12."""
    first = [EXPOSED, INCUBATING, read(0), VERIFIED, APPROVED]
    await taken(sql, *first)
    second_plate = await taken(sql, EXPOSED, INCUBATING, place=2)
    before = await viable_of(pool, PLANT, BATCH)
    assert [one.verdicts for one in before] == [
        {"average": Verdict.INCOMPLETE, "each": Verdict.WITHIN},
        {"average": Verdict.INCOMPLETE, "each": Verdict.INCOMPLETE},
    ]
    await add_step(sql, LI, second_plate, read(24))
    after = await viable_of(pool, PLANT, BATCH)
    assert [one.verdicts for one in after] == [
        {"average": Verdict.ACTION, "each": Verdict.WITHIN},
        {"average": Verdict.ACTION, "each": Verdict.ACTION},
    ]
    assert [(one.is_late, one.needs_investigation) for one in after] == [(True, True), (True, True)]


async def test_a_dossier_has_the_value_that_is_judged_beside_what_was_counted(sql: Connection) -> None:
    """6 colonies from 500 L are 12 CFU/m3, and more than 10."""
    half = replace(EXPOSED, facts={**EXPOSED.facts, "volume_l": 500.0})
    await taken(sql, half, *counted(6).steps[1:])
    await taken(sql, *counted(None).steps, place=2)
    snapshot = cast("Snapshot", sql)
    (counted_6, too_many), _ = await plates_of(snapshot, await viable_of(snapshot, PLANT, BATCH))
    assert (counted_6.cfu, counted_6.value, counted_6.unit, counted_6.is_too_many) == (6, 12, "CFU/m3", False)
    assert (too_many.cfu, too_many.value, too_many.is_too_many) == (None, None, True)
    assert {counted_6.verdict, too_many.verdict} == {Verdict.ACTION}


async def test_the_plan_of_the_day_counts_whatever_the_plant_says_later(sql: Connection, pool: Pool) -> None:
    await taken(sql, *counted(6).steps)  # alert 5
    gone = replace(PLANT, positions={}, rulesets={})
    (one,) = await viable_of(pool, gone, BATCH)
    assert one.verdict is Verdict.ALERT


async def test_a_batch_that_runs_has_its_plates_too(sql: Connection, pool: Pool) -> None:
    await taken(sql, step(State.REJECTED, "li", hours(1), "fell down"))
    (one,) = await viable_of(pool, PLANT, replace(BATCH, ended_at=None))
    assert (one.state, one.verdict, one.is_late) == (State.REJECTED, Verdict.INCOMPLETE, False)


def test_the_zones_of_a_batch_are_those_of_its_stages_or_of_its_line() -> None:
    assert zones_of(PLANT, replace(BATCH, stages=STAGES[1:])) == [ISO, CORE]
    assert zones_of(PLANT, BATCH) == sorted(PLANT.zones)


async def test_runs_are_found_in_the_readings_of_the_sampler(database_url: str, pool: Pool) -> None:
    said = [(0, 0, 0), *((1, n / 100, n) for n in range(60)), (0, 0.6, 60), (0, 0.6, 60)]
    sampler = plant(row=("flow", *KEYS))
    rows = [sample(n, 9, state, volume, elapsed, 7, 2) for n, (state, volume, elapsed) in enumerate(said)]
    await store(database_url, rows, of=sampler)
    assert await runs(pool, "D", second(0), second(100)) == [AirRun(second(1), second(61), 0.6, True, 2)]
    assert await runs(pool, "D", second(0), second(30)) == []
    with pytest.raises(UnknownChannelError):
        await runs(pool, "E", second(0), second(1))
