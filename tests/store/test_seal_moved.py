"""A device that goes from one collector to another: each minute is proved, whoever sealed it, whatever came late."""

import random
from collections.abc import Sequence
from dataclasses import replace

import pytest

from config.model import Sample
from config.plant import Plant
from monitor.store.database import Connection
from monitor.store.finding import instant
from monitor.store.verify import Verified, verify_in
from monitor.store.write import Writer
from tests.store.small import NOON, many, plant, sample, second, with_shared

STAYS, OTHER = plant(), many(1, ("k",))
"""What either collector has for good: D, and D0. The device that moves is the AHU."""
PLANTS = {"a": STAYS, "b": OTHER}


def air(number: float, *, late_s: float = 0.25) -> Sample:
    return replace(sample(number, number, series="AHU"), received_at=second(number + late_s))


def own(chain: str, number: float) -> Sample:
    return sample(number, 1, 2, 3) if chain == "a" else sample(number, number, series="D0")


class Collectors:
    """Two collectors, each with its chain, and one of them with the AHU."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._writers: dict[str, Writer] = {}
        self._with_air: set[str] = set()

    async def start(self, chain: str, *, with_air: bool) -> None:
        """Begin, or begin anew under another plant."""
        if chain in self._writers:
            await self._writers.pop(chain).close()
        self._with_air = self._with_air - {chain} | ({chain} if with_air else set())
        of: Plant = with_shared(PLANTS[chain]) if with_air else PLANTS[chain]
        self._writers[chain] = await Writer.open(self._url, of, chain, NOON)

    def has_air(self, chain: str) -> bool:
        """Whether a collector has the AHU."""
        return chain in self._with_air

    async def write(self, chain: str, made: Sequence[Sample]) -> None:
        """Store one batch."""
        writer = self._writers[chain]
        passed = max(one.received_at for one in made)
        await writer.write(await writer.position() + 1, made, [], [], passed)

    async def live(self, chain: str, first: int, last: int, *, with_air: bool) -> None:
        """Store some seconds, ten at a time."""
        for start in range(first, last, 10):
            numbers = range(start, min(start + 10, last))
            made = [own(chain, number) for number in numbers]
            await self.write(chain, made + [air(number) for number in numbers if with_air])

    async def stop(self) -> None:
        """Close what is open."""
        for writer in self._writers.values():
            await writer.close()


async def look(sql: Connection) -> Verified:
    async with sql.transaction():
        return await verify_in(sql, [], lambda *_: None, most=10)


async def well(sql: Connection) -> None:
    """Nothing is wrong."""
    assert [one.text().en for one in (await look(sql)).findings] == []


async def not_proved(sql: Connection) -> set[str]:
    """Change each minute of each series, with and without its figures; give those of which `verify` says nothing."""
    silent = set()
    for row in await sql.fetch(
        "SELECT series_id, name, max(at) AS at, date_bin('1 minute', at, 'epoch') AS minute FROM sample"
        " JOIN series ON series.id = series_id GROUP BY series_id, name, minute"
    ):
        place = f"{row['name']} {instant(row['minute'])}"
        for figures in ("", "SELECT roll_up_minutes(array[$1::int], array[$2::timestamptz])"):
            change = sql.transaction()
            await change.start()
            await sql.execute(
                "UPDATE sample SET flags = 8 WHERE series_id = $1 AND at = $2", row["series_id"], row["at"]
            )
            if figures:
                await sql.execute(figures, row["series_id"], row["minute"])
            findings = (await look(sql)).findings
            await change.rollback()
            if not findings:
                silent.add(place)
            elif figures:
                assert {one.place for one in findings} == {instant(row["minute"])}
            else:
                assert [one.place for one in findings] == [place]
    return silent


async def begun(url: str, until: int = 150) -> Collectors:
    """A has the AHU until 12:02:30."""
    both = Collectors(url)
    await both.start("a", with_air=True)
    await both.start("b", with_air=False)
    for start in range(0, until, 10):
        await both.live("a", start, start + 10, with_air=True)
        await both.live("b", start, start + 10, with_air=False)
    return both


async def test_a_goes_on_without_it_before_b_has_it(url: str, sql: Connection) -> None:
    both = await begun(url)
    await both.start("a", with_air=False)
    await both.live("a", 150, 200, with_air=False)
    await both.start("b", with_air=True)
    for start in range(150, 300, 10):
        await both.live("b", start, start + 10, with_air=True)
        await well(sql)
    await both.live("a", 200, 300, with_air=False)
    await both.stop()
    await well(sql)
    assert await not_proved(sql) == {f"{name} 2026-03-01T12:04:00Z" for name in ("D", "D0", "AHU")}


async def test_b_has_it_and_has_sealed_the_minute_before_a_goes_on(url: str, sql: Connection) -> None:
    both = await begun(url)
    await both.start("b", with_air=True)
    for start in range(150, 250, 10):
        await both.live("b", start, start + 10, with_air=True)
        await well(sql)
    await both.start("a", with_air=False)
    for start in range(150, 250, 10):
        await both.live("a", start, start + 10, with_air=False)
        await well(sql)
    await both.stop()
    assert await not_proved(sql) == {f"{name} 2026-03-01T12:04:00Z" for name in ("D", "D0", "AHU")}
    # Whoever reads asks the chain that seals it now.
    last = await sql.fetchval(
        "SELECT chain FROM book WHERE kind = 'sealing' AND body -> 'series' ? $1 ORDER BY at DESC LIMIT 1",
        str(await sql.fetchval("SELECT id FROM series WHERE name = 'AHU'")),
    )
    assert last == "b"


async def test_what_a_still_had_of_it_comes_after_b_has_sealed_the_minute(url: str, sql: Connection) -> None:
    """A's way to the database was cut while the AHU went over."""
    both = await begun(url, until=130)
    await both.live("b", 130, 140, with_air=False)
    await both.start("b", with_air=True)
    await both.live("b", 150, 250, with_air=True)
    await well(sql)
    await both.live("a", 130, 150, with_air=True)
    await well(sql)
    await both.start("a", with_air=False)
    await both.live("a", 150, 250, with_air=False)
    await both.stop()
    await well(sql)
    assert await not_proved(sql) == {f"{name} 2026-03-01T12:04:00Z" for name in ("D", "D0", "AHU")}


async def test_what_comes_late_after_it_went_leaves_the_others_of_that_minute_proved(
    url: str, sql: Connection
) -> None:
    both = await begun(url)
    await both.start("a", with_air=False)
    await both.start("b", with_air=True)
    for chain in "ab":
        await both.live(chain, 150, 250, with_air=chain == "b")
    late = [replace(air(number), backfilled=True, received_at=second(251)) for number in (-30.5, 10.5, 70.5)]
    await both.write("b", [*late, own("b", 251)])
    await well(sql)
    await both.write("a", [replace(own("a", 10.5), received_at=second(252)), own("a", 252)])
    await both.write("b", [replace(air(11.5), backfilled=True, received_at=second(253)), own("b", 253)])
    await both.stop()
    await well(sql)
    assert await not_proved(sql) == {f"{name} 2026-03-01T12:04:00Z" for name in ("D", "D0", "AHU")}


async def test_what_leaves_has_its_last_minute_closed_although_nobody_has_it_for_a_while(
    url: str, sql: Connection
) -> None:
    both = await begun(url)
    await both.live("b", 150, 250, with_air=False)
    await both.start("a", with_air=False)
    await both.live("a", 150, 250, with_air=False)
    await well(sql)
    await both.start("b", with_air=True)
    await both.live("b", 300, 400, with_air=True)
    await both.stop()
    await well(sql)
    assert await not_proved(sql) == {f"{name} 2026-03-01T12:06:00Z" for name in ("D0", "AHU")} | {
        "D 2026-03-01T12:04:00Z"
    }


async def test_it_may_come_back(url: str, sql: Connection) -> None:
    both = await begun(url)
    for turn, owner in enumerate("bab"):
        for chain in "ab":
            await both.start(chain, with_air=chain == owner)
        for start in range(150 + 100 * turn, 250 + 100 * turn, 10):
            for chain in "ab":
                await both.live(chain, start, start + 10, with_air=chain == owner)
            await well(sql)
    await both.stop()
    assert await not_proved(sql) == {f"{name} 2026-03-01T12:07:00Z" for name in ("D", "D0", "AHU")}


@pytest.mark.parametrize("seed", range(2))
async def test_whenever_it_goes_and_whatever_comes_late_it_is_proved(
    url: str, sql: Connection, seed: int
) -> None:
    draw, both, owner = random.Random(seed), Collectors(url), "a"
    for chain in "ab":
        await both.start(chain, with_air=chain == owner)
    for start in range(0, 900, 10):
        if draw.random() < 0.1:
            owner = draw.choice("ab")
        for chain in draw.sample("ab", 2):
            if draw.random() < 0.1 or (owner == chain) != both.has_air(chain):
                await both.start(chain, with_air=chain == owner)
            await both.live(chain, start, start + 10, with_air=chain == owner)
            if draw.random() < 0.1:
                await both.write(chain, [late(chain, owner, draw, start), own(chain, start + 9.5)])
    await both.stop()
    verified = await look(sql)
    assert [one.text().en for one in verified.findings] == []
    assert verified.unsealed == await sql.fetchval("SELECT count(*) FROM sample WHERE at >= $1", second(840))


def late(chain: str, owner: str, draw: random.Random, now: float) -> Sample:
    number = draw.uniform(-60, now)
    one = air(number) if chain == owner and draw.random() < 0.5 else own(chain, number)
    return replace(one, backfilled=True, received_at=second(now + 9.5))
