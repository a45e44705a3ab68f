"""A database with an hour of a small plant in it, sealed and signed, for the tests of `verify`."""

import hashlib
import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from alarms.events import Alarm, Reason, Transition
from config.model import Quality, Sample
from monitor.store import chain as hashes
from monitor.store.book import BookEntry
from monitor.store.database import Connection
from monitor.store.signature import Checkpoint
from monitor.store.signing import Signer, remember, signer_in
from monitor.store.write import Writer
from tests.store.small import NOON, alarm, plant, sample, second, with_shared

MINUTE = timedelta(minutes=1)
PLANT = with_shared(plant())


class Ledger:
    """Writes one chain: lines, seals, checkpoints."""

    def __init__(self, sql: Connection, chain: str = "c", signer: Signer | None = None) -> None:
        """Begin, or go on where the chain ends."""
        self.sql = sql
        self.chain = chain
        self.signer = signer
        self.seq = 0
        self.hash = hashes.FIRST

    async def add(self, at: datetime, kind: str, body: Mapping[str, Any], who: str = "gradewatch") -> None:
        """Write one line."""
        facts = {"chain": self.chain, "seq": self.seq + 1, "at": at, "kind": kind, "who": who}
        hash_ = hashes.link(self.hash, **facts, body=body)  # type: ignore[arg-type] # the facts of one line
        await self.sql.execute(
            "INSERT INTO book VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            *(*facts.values(), hashes.canonical(body), self.hash, hash_),
        )
        self.seq, self.hash = self.seq + 1, hash_
        await self.sql.execute(
            "INSERT INTO forwarded (chain, seq, book_seq, book_hash) VALUES ($1, $2, $2, $3)"
            " ON CONFLICT (chain) DO UPDATE SET book_seq = excluded.book_seq, book_hash = excluded.book_hash",
            *(self.chain, self.seq, self.hash),
        )

    async def introduce(self) -> None:
        """Write the lines of the keys that have none yet."""
        assert self.signer is not None
        for key in self.signer.keys:
            done = await self.sql.execute(
                "INSERT INTO signing_key VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
                *(key.fingerprint, key.public_key, self.chain, NOON),
            )
            if done == "INSERT 0 1":
                await self.add(NOON, "key", key.body())

    async def checkpoint(self, data: Path | None = None) -> Checkpoint:
        """Sign the last line."""
        assert self.signer is not None
        signed = self.signer.checkpoint(self.chain, self.seq, self.hash)
        await self.add(NOON, "checkpoint", signed.body())
        if data is not None:
            remember(data, signed)
        return signed

    async def sealing(self) -> None:
        """Say which series are sealed: all."""
        rows = await self.sql.fetch("SELECT id, name FROM series ORDER BY id")
        await self.add(NOON, "sealing", {"series": {str(row["id"]): row["name"] for row in rows}})

    async def channels(self) -> None:
        """Say which channels stand in which places of the series: of all."""
        said: dict[str, Any] = {}
        for row in await self.sql.fetch("SELECT id, device, records FROM series"):
            said[str(row["id"])] = {"device": row["device"], "records": row["records"], "channels": {}}
        for row in await self.sql.fetch("SELECT series_id, place, id, unit FROM channel"):
            of = said[str(row["series_id"])]["channels"]
            of[str(row["place"])] = {"id": row["id"], "unit": row["unit"]}
        await self.add(NOON, "channels", {"series": said})

    async def put_aside(self, seq: int, body: Mapping[str, Any], series: str | None = None) -> None:
        """Put an entry aside, and say so."""
        facts = {
            "kind": "sample" if series else "note",
            "series": series,
            "reason": "no such series 无此序列",
        }
        written = hashes.canonical(body)
        said = {"seq": seq, "at": NOON.isoformat(), **facts}
        await self.add(
            second(7), "quarantine", {**said, "sha256": hashlib.sha256(written.encode()).hexdigest()}
        )
        await self.sql.execute(
            "INSERT INTO quarantine VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            *(self.chain, seq, NOON, facts["kind"], series, written, facts["reason"], second(7)),
        )

    async def seal(self, minute: datetime, *, again: bool = False, series: Sequence[int] = ()) -> None:
        """Reckon the figures of a minute, of all series or these, and seal it."""
        ids = series or [row["id"] for row in await self.sql.fetch("SELECT id FROM series")]
        former = {
            row["series_id"]: row["digest"].hex()
            for row in await self.sql.fetch("SELECT series_id, digest FROM rollup_1m WHERE at = $1", minute)
        }
        await self.sql.execute("SELECT roll_up_minutes($1, $2)", ids, [minute] * len(ids))
        rows = await self.sql.fetch(
            "SELECT series_id, n, digest FROM rollup_1m WHERE at = $1 ORDER BY series_id", minute
        )
        digests = b"".join(row["series_id"].to_bytes(4, "big") + row["digest"] for row in rows)
        body = {
            "minute": minute.astimezone(UTC).isoformat(),
            "series": len(rows),
            "rows": sum(row["n"] for row in rows),
            "sha256": hashlib.sha256(digests).hexdigest(),
            "again": again,
            "was": {str(id_): former.get(id_) for id_ in (ids if again else former)},
        }
        await self.add(minute + timedelta(days=again, seconds=65), "seal", body)

    async def close_hour(self, hour: datetime) -> None:
        """Reckon the figures of an hour."""
        ids = [row["id"] for row in await self.sql.fetch("SELECT id FROM series")]
        await self.sql.execute("SELECT roll_up_hours($1, $2)", ids, [hour] * len(ids))


def rows(seconds: int) -> list[Sample]:
    """Make Samples of so many seconds after noon: two each second, with gaps and faults, and records."""
    draw = random.Random(5)
    made = []
    for number in range(seconds):
        values = [round(draw.gauss(30, 2), 1) for _ in range(3)]
        if number % 50 == 49:
            bad = (Quality.UNREACHABLE,) * 3
            made.append(replace(sample(number, *[float("nan")] * 3, quality=bad), reason="timed out 超时"))
        elif number % 70 != 69:
            quality = None if number % 3 else [Quality.GOOD, Quality.UNCERTAIN, Quality.SENSOR_FAULT]
            made.append(sample(number, *values, quality=quality))
        made.append(sample(number, draw.gauss(12, 1), series="AHU"))
        if number % 60 == 30:
            made.append(replace(sample(number, 3520, 20, series="D#records"), source_at=second(number + 7)))
    return made


def transitions(count: int) -> list[Transition]:
    """Make alarms that are raised, seen and over, one every hundred seconds."""
    made = []
    for number in range(count):
        name = f"D/{'abc'[number % 3]}/action"
        raised = alarm(100 * number, 100 * number, name, worst=17.25 + number / 3, detail="17.3 Pa 压差")
        seen = replace(
            raised, acknowledged=True, acknowledged_by="zhang", changed_at=second(100 * number + 20.5)
        )
        over = replace(seen, active=False, changed_at=second(100 * number + 40))
        made += [
            Transition(raised.changed_at, name, None, raised, Reason.RAISED),
            Transition(seen.changed_at, name, raised, seen, Reason.ACKNOWLEDGED, "zhang"),
            Transition(over.changed_at, name, seen, over, Reason.CLEARED),
        ]
    return made


async def alarms(ledger: Ledger, told: list[Transition]) -> None:
    """Write Transitions into the book, and the alarms as they last stood."""
    adapter = TypeAdapter(Transition)
    last: dict[tuple[str, datetime], Alarm] = {}
    for one in told:
        await ledger.add(one.at, "transition", json.loads(adapter.dump_json(one)), one.who or "gradewatch")
        last[one.alarm, one.after.raised_at] = one.after
    for after in last.values():
        facts = asdict(after)
        columns = ("id", "raised_at", "level", "active", "acknowledged", "changed_at", "worst", "detail")
        await ledger.sql.execute(
            "INSERT INTO alarm VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            *(facts[column] for column in (*columns, "acknowledged_by")),
        )


async def store(url: str, made: list[Sample]) -> None:
    """Write Samples as a collector without a book does."""
    writer = await Writer.open(url, PLANT, "rows alone", NOON)
    await writer.write(await writer.position() + 1, made, [], [])
    await writer.close()


async def whole(url: str, sql: Connection, data: Path, minutes: int = 60) -> Ledger:
    """Write so many minutes of everything, with two checkpoints, and a last minute that is not sealed yet."""
    await store(url, rows(60 * minutes + 30))
    ledger = Ledger(sql, "c", signer_in(data, {}))
    await ledger.introduce()
    await ledger.checkpoint(data)
    await ledger.sealing()
    await alarms(ledger, transitions(minutes // 2))
    for number in range(minutes):
        await ledger.seal(NOON + number * MINUTE)
    if minutes >= 60:
        await ledger.close_hour(NOON)
    await ledger.channels()
    await ledger.put_aside(7, {"vals": "00ff", "at_us": 17, "body": "坏"}, "GONE")
    await ledger.put_aside(9, {"body": '{"value": 0.30000000000000004}', "seen": 1.5})
    await ledger.checkpoint(data)
    await ledger.add(NOON, "note", {"number": 1e22, "text": "末行"})
    return ledger


def note(number: int) -> BookEntry:
    """Make a line that says nothing."""
    return BookEntry(second(number), "note", "zhang", {"number": number})
