"""A package of a small batch, made of a real database; and made again by somebody who has the key."""

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg

from monitor.records.package.archive import Archive
from monitor.records.package.whole import Wanted, make_package
from monitor.store.chain import canonical
from monitor.store.database import open_pool
from monitor.store.signing import Signer, signer_in
from tests.store.sealed import Ledger, whole
from tests.store.small import NOON, second

BATCH = "B-26-001"
MINUTES = 4
FILES = {
    "plant/plant.yaml": b"plant: small\n",
    "profiles/small.yaml": b"name: small\n",
    "grades/a.yaml": b"x: 1\n",
}
END = second(60 * MINUTES - 20.5)
SIGNED = {
    "who": "li",
    "name": "Li Na",
    "role": "operator",
    "meaning": "responsibility",
    "what": "x",
    "of": "y",
}
CHANNELS = ("D/a", "D/b", "D/c", "D/x", "D/y")


def plant_sha256(files: Mapping[str, bytes] = FILES) -> str:
    """Name a version of the plant, as loading it does."""
    digest = hashlib.sha256()
    for name, raw in files.items():
        kind = {"plant": "plant", "profiles": "profile", "grades": "grade"}[name.split("/")[0]]
        digest.update(f"{kind}/{name.split('/')[1]}\n{len(raw)}\n".encode() + raw)
    return digest.hexdigest()


async def told_of(sql: Any, start: datetime = NOON, end: datetime = END) -> dict[str, Any]:
    """Tell what a dossier tells, as far as a package is about it; the figures are reckoned by the database."""
    times = {"started_at": _written(start), "ended_at": _written(end)}
    return {
        "batch": {"id": BATCH, "line": "L", "product": "MSC", **times},
        "plant": {"sha256": plant_sha256(), "versions": [{"sha256": plant_sha256()}]},
        "channels": [
            {
                "id": channel,
                "inputs": [],
                "since": _written(start),
                "until": _written(end),
                "statistics": await _statistics(sql, channel, start, end),
            }
            for channel in CHANNELS
        ],
        "signatures": [
            {"id": "s-1", **SIGNED, "sha256": "1" * 64, "holds": True},
            {"id": "s-2", **SIGNED, "sha256": "3" * 64, "holds": False},
            {"id": "s-0", **SIGNED, "sha256": "1" * 64, "holds": True},
        ],
    }


def _written(at: datetime) -> str:
    return at.isoformat(timespec="microseconds")


async def _statistics(sql: Any, channel: str, start: datetime, end: datetime) -> dict[str, Any]:
    row = await sql.fetchrow(
        "SELECT (SELECT count(*) FROM sample WHERE series_id = (SELECT series_id FROM channel WHERE id = $1)"
        " AND at >= $2 AND at < $3) AS n, count(value) FILTER (WHERE quality < 2) AS valid,"
        " min(value) FILTER (WHERE quality < 2),"
        " max(value) FILTER (WHERE quality < 2), avg(value) FILTER (WHERE quality < 2) AS mean"
        " FROM reading WHERE channel = $1 AND at >= $2 AND at < $3",
        *(channel, start, end),
    )
    return dict(row)


async def batch_of(url: str, data: Path) -> Ledger:
    """Write a small plant's minutes with a batch in them, sealed and signed."""
    sql = await asyncpg.connect(url)
    ledger = await whole(url, sql, data, MINUTES)
    await ledger.add(NOON, "start", {"plant": plant_sha256()})
    begun = {"batch": BATCH, "line": "L", "product": "MSC", "at": _written(NOON)}
    await ledger.add(NOON, "batch_started", begun, "zhang")
    await ledger.add(END, "batch_ended", {"batch": BATCH, "at": _written(END)}, "zhang")
    await ledger.checkpoint(data)
    people = Ledger(sql, "people-1")
    body = {key: said for key, said in SIGNED.items() if key != "who"}
    for number in (1, 2):
        await people.add(END, "signature", {"id": f"s-{number}", **body, "sha256": str(number) * 64}, "li")
    return ledger


def wanted(sql: Any, data: Path, told: Mapping[str, Any] | None = None) -> Wanted:
    """Say what is to be made."""

    async def tell() -> Mapping[str, Any]:
        return told or await told_of(sql)

    return Wanted(
        batch=BATCH,
        file=data / f"{BATCH}.zip",
        work=data / "work",
        at=END + timedelta(hours=1),
        who="wang",
        signer=signer_in(data, {}),
        tell=tell,
        plant=lambda _: FILES,
        reports=_reports,
    )


async def _reports(_: Mapping[str, Any]) -> Mapping[str, bytes]:
    return {"report.en.pdf": b"%PDF-1.7 report", "report.zh.pdf": "%PDF-1.7 报告".encode()}


async def packed(url: str, data: Path) -> Path:
    """Make the package of the small batch."""
    ledger = await batch_of(url, data)
    pool = await open_pool(url)
    try:
        one = wanted(ledger.sql, data)
        await make_package(pool, one, (NOON, END), lambda *_: None)
    finally:
        await pool.close()
        await ledger.sql.close()
    return one.file


@dataclass
class Forger:
    """Somebody who has the key, and makes the package again with other files."""

    signer: Signer

    def forge(self, files: Mapping[str, bytes], path: Path) -> None:
        """Write these files under a new manifest that holds, and sign it."""
        manifest = json.loads(files["manifest.json"])
        with Archive(path) as archive:
            for name, content in files.items():
                if name not in {"manifest.json", "manifest.sig"}:
                    archive.add(name, [content])
            manifest["files"] = {
                name: {"sha256": one.sha256, "bytes": one.bytes} for name, one in archive.members.items()
            }
            written = canonical(manifest).encode()
            archive.add("manifest.json", [written])
            signed = {"key": self.signer.key.fingerprint, "signature": self.signer.sign(written)}
            archive.add("manifest.sig", [canonical(signed).encode()])
            archive.end(self.signer.sign)


def files_in(package: bytes) -> dict[str, bytes]:
    """Take a package apart."""
    with zipfile.ZipFile(io.BytesIO(package)) as zipped:
        return {name: zipped.read(name) for name in zipped.namelist()}
