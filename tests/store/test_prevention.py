"""What trends for prevention are made of, as it is stored: held against the half hour whose every figure is known."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import timedelta

import asyncpg
import pytest
import pytest_asyncio

from config.rules import Level
from config.sampling import SampleKind
from monitor.records.plates.results import results
from monitor.records.prevention import MARKED_FROM
from monitor.server.prevented import prevention_of
from monitor.store.database import Connection, Pool, open_pool
from monitor.store.deviations import (
    About,
    AboutKind,
    Assessment,
    Deviation,
    DeviationClass,
    DeviationState,
    DeviationStep,
    add_deviation_step,
    open_deviation,
)
from monitor.store.people import By
from monitor.store.prevention import (
    AlarmSeen,
    DeviationLife,
    PlatesOfMonth,
    alarms_seen,
    deviation_lives,
    grown_in_months,
    plates_of_months,
)
from monitor.store.viable import Sample, State, add_step, plan_samples
from tests.database import Server
from tests.plates import AT, counted, draft, hours, read, recovery_rates, step
from tests.records.played import OVER_S, play, played_plant
from tests.store.small import NOON, second

pytestmark = pytest.mark.asyncio(loop_scope="module")
PLANT = played_plant()
DERIVED = {one.id: one.zone for one in PLANT.derived.values()}
END = second(OVER_S)
BY = By(AT, "li", "operator", "", "people-x")
DAY = timedelta(days=1)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def url(timescale: Server) -> AsyncIterator[str]:
    made = await timescale.fresh()
    await play(made, PLANT)
    yield made
    await timescale.drop(made)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sql(url: str) -> AsyncIterator[Connection]:
    connection = await asyncpg.connect(url)
    yield connection
    await connection.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pool(url: str) -> AsyncIterator[Pool]:
    made = await open_pool(url)
    yield made
    await made.close()


async def seen(pool: Pool, **derived: str) -> list[AlarmSeen]:
    async with pool.acquire() as connection, connection.transaction():
        return [one async for one in alarms_seen(connection, NOON, END, DERIVED | derived)]


async def test_an_alarm_is_told_with_its_zone_who_hides_it_and_when_it_was_seen(pool: Pool) -> None:
    every = await seen(pool)
    assert [(one.zone, one.raised_at) for one in every] == sorted((one.zone, one.raised_at) for one in every)
    (alert,) = [one for one in every if one.alarm == "D/a/alert"]
    assert alert == AlarmSeen(
        "Z", "D/a/alert", Level.ALERT, second(700), second(741), True, second(741), False
    )
    (explained,) = [one for one in every if one.alarm == "D/b/action"]
    assert (explained.is_explained, explained.acknowledged_at) == (True, None)
    derived = [one for one in every if one.alarm == "D/conc/alert"]
    assert derived
    assert all((one.zone, one.is_measured) == ("Z", True) for one in derived)
    silent = [one for one in every if one.alarm.endswith("/communication")]
    assert silent
    assert {one.is_measured for one in silent} == {False}


async def test_of_an_occurrence_only_its_own_changes_count(pool: Pool, sql: Connection) -> None:
    later = second(741)  # at which the first one was seen
    again = (
        "INSERT INTO alarm SELECT id, $1, level, true, false, $1, worst, detail, '' "
        "FROM alarm WHERE id = 'D/a/alert'"
    )
    async with sql.transaction():
        await sql.execute(again, later)
        told = [one async for one in alarms_seen(sql, NOON, later + DAY, DERIVED)]  # type: ignore[arg-type] # a connection of its own
        await sql.execute("DELETE FROM alarm WHERE raised_at = $1", later)
    first, second_one = [one for one in told if one.alarm == "D/a/alert"]
    assert first.acknowledged_at == second(741)
    assert (second_one.acknowledged_at, second_one.over_at) == (None, None)


async def taken(sql: Connection, one: Sample, number: int) -> None:
    changes = {"place": number, "zone": "Z", "kind": one.draft.kind}
    (new,) = await plan_samples(sql, BY, [draft(**changes)])
    for each in one.steps:
        new = await add_step(sql, BY, new, each)


async def test_plates_are_counted_as_the_recovery_rates_count_them(pool: Pool, sql: Connection) -> None:
    aside = counted(3)
    back = step(State.RETURNED, "wang", hours(64), "seen")
    away = step(State.QUARANTINED, "wang", hours(63), "lid")
    capitals = read(1, organism="GRAM-POSITIVE coccus", species="STAPHYLOCOCCUS epidermidis")
    plates: Sequence[Sample] = (
        *(counted(cfu) for cfu in (0, 0, 4)),
        replace(aside, steps=(*aside.steps[:2], capitals)),
        replace(aside, steps=(*aside.steps[:2], read(None))),
        replace(aside, steps=(*aside.steps, away)),
        replace(aside, steps=(*aside.steps, away, back)),
        counted(0, kind=SampleKind.CONTACT),
        replace(aside, steps=aside.steps[:2]),
    )
    for number, one in enumerate(plates, 1):
        await taken(sql, one, number)
    found = await plates_of_months(pool, AT - DAY, AT + DAY, "Asia/Shanghai")  # type: ignore[arg-type] # asks alike
    assert found == [
        PlatesOfMonth("Z", SampleKind.ACTIVE_AIR, "2026-03", 6, 4),
        PlatesOfMonth("Z", SampleKind.CONTACT, "2026-03", 1, 0),
    ]
    numbered = [
        replace(one, number=n, draft=replace(one.draft, place=n, zone="Z")) for n, one in enumerate(plates, 1)
    ]
    rates = recovery_rates(PLANT, results(numbered, None))
    assert [(one.kind, one.taken, one.grown) for one in rates] == [
        (one.kind, one.taken, one.grown) for one in found
    ]
    grown = await grown_in_months(pool, AT - DAY, AT + DAY, "Asia/Shanghai")  # type: ignore[arg-type] # asks alike
    assert [(one.species.lower(), one.plates) for one in grown] == [
        ("staphylococcus epidermidis", 3),
        ("", 1),
    ]
    assert {(one.zone, one.month, one.organism.lower()) for one in grown} == {
        ("Z", "2026-03", "gram-positive coccus"),
        ("Z", "2026-03", ""),
    }
    assert await plates_of_months(pool, AT + hours(0.6), AT + DAY, "UTC") == []  # type: ignore[arg-type] # asks alike


async def test_a_deviation_stands_where_that_is_what_it_is_about(pool: Pool, sql: Connection) -> None:
    code = await sql.fetchval("SELECT code FROM viable_sample LIMIT 1")
    abouts = (
        (About(AboutKind.ALARM, "D/conc/alert", NOON), About(AboutKind.PLATE, code)),
        (About(AboutKind.GAP, "D/a"),),
        (About(AboutKind.OTHER, "glove"),),
        (About(AboutKind.PLATE, "CORE-AIR-1/fill"),),
    )
    for number, about in enumerate(abouts, 1):
        name = f"DEV-2026-{number:04}"
        one = Deviation(name, "", "torn", about, "cao", second(number), signature="s", sha256="h")
        await open_deviation(sql, one, "operator", "people-x")
        said = Assessment(DeviationClass.MINOR, "c", "i", "a")
        lives = [
            DeviationStep(
                DeviationState.ASSESSED, second(100), "li", assessment=said, signature="s", sha256="h"
            ),
            DeviationStep(DeviationState.CLOSED, second(200), "qian", signature="s", sha256="h"),
            DeviationStep(DeviationState.REOPENED, second(300), "qian", "again", signature="s", sha256="h"),
        ][: 4 - number]
        for each in lives:
            assert await add_deviation_step(sql, one, each, "qa", "people-x")
            one = replace(one, steps=(*one.steps, each))
    found = await deviation_lives(pool, NOON, END, DERIVED)  # type: ignore[arg-type] # asks alike
    assert found == [
        DeviationLife(second(1), second(100), None, ("Z",)),
        DeviationLife(second(2), second(100), second(200), ("Z",)),
        DeviationLife(second(3), second(100), None, ()),
        DeviationLife(second(4), None, None, ("Z",)),
    ]


async def test_the_whole_by_zone_and_month(pool: Pool) -> None:
    async with pool.acquire() as connection, connection.transaction():
        told = await prevention_of(connection, PLANT, NOON - DAY, END)
    assert [one.id for one in told.months] == ["2026-02", "2026-03"]
    by_zone = {one.zone: one for one in told.zones}
    assert by_zone["Z"].line == "L"
    february, march = by_zone["Z"].months
    assert (february.alarms.alarms, february.alarms.acknowledging.n) == (0, 0)
    conc = [one for one in await seen(pool) if one.alarm == "D/conc/alert"]
    assert march.alarms.alert == 1 + len(conc)
    assert march.alarms.action == 0, "a mode explains it"
    assert march.alarms.acknowledging.median_s == 41.0
    assert march.deviations.opened == 3
    assert {one.kind: one.percent for one in march.recovery} == {
        SampleKind.ACTIVE_AIR: 100 * 4 / 6,
        SampleKind.CONTACT: 0.0,
    }
    assert [(one.plates, one.percent, one.is_new) for one in march.flora] == [
        (3, 75.0, False),
        (1, 25.0, False),
    ]
    assert told.marked_from == MARKED_FROM
    assert None in by_zone, "a deviation about nothing that stands anywhere"
