"""What the forwarder writes is proved by `verify`: late, twice, in pieces, by one journal after another."""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from config.model import Sample
from monitor.collector.portion import HEARD_WITHIN
from monitor.store.database import Connection
from monitor.store.signing import Signer, remember, signer_in
from monitor.store.verify import Verified, verify
from monitor.store.write import Writer
from tests.store.sealed import PLANT, note, rows
from tests.store.small import NOON, sample, second


def passed(samples: Sequence[Sample]) -> datetime | None:
    """When the last row was received that was heard in its time, as the forwarder says it."""
    heard = [one.received_at for one in samples if one.received_at - one.at <= HEARD_WITHIN]
    return max(heard, default=None)


class Collector:
    """Writes what it is given, as a forwarder does."""

    def __init__(self, url: str, data: Path, chain: str = "c") -> None:
        self._url = url
        self._data = data
        self._chain = chain
        self._signer: Signer = signer_in(data, {})
        self._writer: Writer | None = None

    async def write(self, made: Sequence[Sample]) -> None:
        """Store one batch, with a line of the book."""
        if self._writer is None:
            self._writer = await Writer.open(self._url, PLANT, self._chain, NOON, self._signer)
        seq = await self._writer.position() + 1
        await self._writer.write(seq, made, [note(seq)], [], passed=passed(made))
        while self._writer.signed:
            remember(self._data, self._writer.signed.pop(0))

    async def stop(self) -> None:
        """Close the connection; the next batch opens another."""
        if self._writer is not None:
            await self._writer.close()
        self._writer = None


async def proved(url: str, data: Path) -> Verified:
    verified = await verify(url, data, lambda *_: None, most=100)
    assert [one.text().en for one in verified.findings] == []
    return verified


@pytest.mark.parametrize("seed", [1, 2])
async def test_however_it_comes_it_is_proved(url: str, sql: Connection, tmp_path: Path, seed: int) -> None:
    draw = random.Random(seed)
    collector = Collector(url, tmp_path)
    live = rows(65 * 60)
    waiting: list[Sample] = []
    while live:
        size = draw.choice([1, 50, 300, 1_500])
        batch, live = live[:size], live[size:]
        # Some come late, and some twice.
        held = [one for one in batch if draw.random() < 0.01]
        waiting += [replace(one, received_at=one.at + timedelta(hours=2)) for one in held]
        await collector.write([one for one in batch if one not in held])
        if draw.random() < 0.2:
            late, waiting = waiting[:5], waiting[5:]
            await collector.write([*late, *batch[:10]])
        if draw.random() < 0.2:
            await collector.stop()
    await proved(url, tmp_path)
    await collector.write(waiting)
    await collector.stop()
    verified = await proved(url, tmp_path)
    assert verified.minutes >= 64
    assert verified.checkpoints >= 2
    assert verified.rows + verified.unsealed == await sql.fetchval("SELECT count(*) FROM sample")
    assert await sql.fetchval("SELECT count(*) FROM rollup_1h") == 3


async def test_late_rows_that_come_alone_are_sealed(url: str, tmp_path: Path) -> None:
    """A counter's buffer after an hour away: nothing in that batch says that time has passed."""
    collector = Collector(url, tmp_path)
    await collector.write([sample(number) for number in range(300)])
    late = [replace(sample(30, 1, 2, series="D#records", backfilled=True), received_at=second(3_600))]
    await collector.write(late)
    await collector.stop()
    verified = await proved(url, tmp_path)
    assert (verified.minutes, verified.rows) == (4, 241)


async def test_one_journal_after_another_is_proved(url: str, tmp_path: Path) -> None:
    first, other = Collector(url, tmp_path), Collector(url, tmp_path, "d")
    await first.write([sample(number) for number in range(200)])
    await first.stop()
    await other.write([sample(number) for number in range(400, 600)])
    await other.write(
        [replace(sample(210), received_at=second(3_600)), *(sample(n) for n in range(600, 700))]
    )
    await other.stop()
    assert (await proved(url, tmp_path)).unsealed == 40
