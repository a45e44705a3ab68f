"""The points of charts from a real database: the screens' figures, and the concentration of each record."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest_asyncio

from config.model import Quality, Text
from config.plant import Plant
from config.rules import Derived, Formula, Suppression
from monitor.records.report.points import charts
from monitor.store.database import Pool, open_pool
from tests.database import Server
from tests.store.small import NOON, plant, sample, second, store

GOOD = Quality.GOOD
LIMIT = {"id": "D/a/action", "level": "action", "low": None, "high": 50, "since": "", "until": ""}


@pytest_asyncio.fixture
async def url(plain: Server) -> AsyncIterator[str]:
    """A fresh, migrated database."""
    url = await plain.fresh()
    yield url
    await plain.drop(url)


@pytest_asyncio.fixture
async def pool(url: str) -> AsyncIterator[Pool]:
    """The service's pool on it."""
    made = await open_pool(url)
    yield made
    await made.close()


def reckoned() -> Plant:
    """A plant in which the records' concentration and the pressure itself are judged as channels of their own."""
    small = plant()
    again = Derived("D/again", "D", "Z", "D", "Pa", Text("Again", "再判"), Formula.VALUE, ("D/a",))
    label = Text("Particles", "粒子")
    per_m3 = Derived("D/conc", "D", "Z", "D#records", "1/m3", label, Formula.CONCENTRATION, ("D/x", "D/y"))
    cubic = Derived("D/m3", "D", "Z", "D#records", "1/m3", label, Formula.ROLLING_VOLUME, ("D/x", "D/y"))
    device = replace(small.devices["D"], settings={"sample_time_s": 6.0})
    return replace(small, devices={"D": device}, derived={one.id: one for one in (again, per_m3, cubic)})


def channel(key: str, *, limited: bool = True, stored: bool = True, minutes: int = 40) -> dict[str, Any]:
    return {
        "id": f"D/{key}",
        "kind": "analog",
        "unit": "Pa",
        "verdict": "action",
        "since": NOON.isoformat(),
        "until": (NOON + timedelta(minutes=minutes)).isoformat(),
        "limits": [LIMIT] if limited else [],
        "inputs": [] if stored else ["D/a"],
        "statistics": {"n": 2400},
    }


async def test_a_second_is_not_lost_and_limits_of_the_same_value_stand_beside(url: str, pool: Pool) -> None:
    rows = [sample(n, 45.0 if n != 1234 else 99.0, 1, 2) for n in range(2400) if not 600 <= n < 700]
    await store(url, rows, of=reckoned())
    told: dict[str, Any] = {
        "alarms": [],
        "channels": [channel("a"), channel("again", stored=False), channel("b", limited=False)],
    }
    found = await charts(pool, reckoned(), told)
    assert list(found) == ["D/a"], "no limit is laid down for the other"
    points = found["D/a"]
    assert points.bucket_s == 5
    assert max(value for value in points.high if value is not None) == 99
    assert points.high[1234 // 5] == 99
    assert [points.low[n] for n in (119, 120, 139, 140)] == [45, None, None, 45]
    assert points.beside == ("D/again",)


async def test_a_concentration_is_reckoned_from_each_record(url: str, pool: Pool) -> None:
    rows = [sample(6 * n, 6.0 if n == 40 else 0.0, 2.83, series="D#records") for n in range(1, 400)]
    rows[10] = replace(rows[10], quality=(GOOD, Quality.SENSOR_FAULT))
    await store(url, rows, of=reckoned())
    told = {"alarms": [], "channels": [channel("conc", stored=False)]}
    points = (await charts(pool, reckoned(), told))["D/conc"]
    assert points.bucket_s == 6
    assert points.at[0] == second(6).timestamp()
    most = max(value for value in points.high if value is not None)
    assert most == points.high[points.at.index(second(240).timestamp())]
    assert round(most, 6) == round(6 / 2.83 * 1000, 6)
    assert second(66).timestamp() not in points.at, "its volume may not be used"


async def test_a_rolling_cubic_metre_begins_anew_where_zone_or_mode_changed(url: str, pool: Pool) -> None:
    """20 L a record: fifty make a cubic metre."""
    reason = Text("Decontamination", "灭菌")
    mode = Suppression("VHP", frozenset({"D/m3/action"}), reason, "demo", restarts_windows=True)
    small = replace(reckoned(), suppressions={"VHP": mode})
    rows = [sample(6 * n, 1.0, 20.0, series="D#records") for n in range(1, 400)]
    await store(url, rows, of=reckoned())
    stays = [{"since": NOON.isoformat()}, {"since": second(1200).isoformat()}]
    told = {
        "alarms": [],
        "channels": [channel("m3", stored=False)],
        "hidden": [
            {
                "alarm": "D/m3/action",
                "how": "suppressed",
                "since": second(1800).isoformat(),
                "until": second(1860).isoformat(),
                "reason": "Decontamination / 灭菌",
            }
        ],
        "zones": [{"id": "Z", "occupancy": stays}],
    }
    points = (await charts(pool, small, told))["D/m3"]
    by_time = dict(zip(points.at, points.high, strict=True))
    assert [by_time[second(6 * n).timestamp()] for n in (1, 49, 50, 199, 200, 201, 250)] == [
        *(1, 49, 50, 50),
        *(1, 2, 50),
    ]
    assert second(1830).timestamp() not in by_time
    assert by_time[second(1860).timestamp()] == 1


async def test_what_was_never_stored_has_no_chart(url: str, pool: Pool) -> None:
    await store(url, [sample(1)], of=plant())
    elsewhere = reckoned()
    strange = replace(elsewhere.derived["D/conc"], inputs=("D/x", "D/nothing"))
    elsewhere = replace(elsewhere, derived={"D/conc": strange})
    told = {
        "alarms": [],
        "channels": [channel("conc", stored=False), channel("a") | {"statistics": {"n": 0}}],
    }
    assert await charts(pool, elsewhere, told) == {}
