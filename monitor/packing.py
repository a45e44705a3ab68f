"""A process of its own that makes the package of a batch: `python -m monitor.packing`, asked on its input.

It runs at the lowest priority, so that neither the server nor the collector waits for it, and may be ended at any time:
the next one goes on where it was. Its output is one JSON object a line: `{"done": 0.42}` now and then, at the end
`{"result": …}` or `{"error": "…"}`.
"""

import asyncio
import fcntl
import json
import os
import re
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from alarms.batches import BATCH_ID
from monitor.records.dossier.remembered import Remembered
from monitor.records.dossier.whole import UnknownBatchError, dossier, told
from monitor.records.package.archive import Member, PackageError
from monitor.records.package.whole import Wanted, make_package
from monitor.records.report.font import FontError
from monitor.records.report.pades import SealError, seal_in
from monitor.records.report.whole import Made, ReportError, reports
from monitor.store.batches import Batch, read_batch
from monitor.store.database import DatabaseError, Pool, explained, open_pool, place
from monitor.store.packages import note_package
from monitor.store.people import ELSEWHERE, By
from monitor.store.signing import Signer, SigningError, keys_of, signer_in
from monitor.versions import Versions, VersionsError

NICE = 19
FORGOTTEN_AFTER = timedelta(days=7)
"""What was cut off so long ago is not gone on with any more."""
STEP = 0.01
FOLDER = "packages"
"""In the data folder: packages that the server has made, and those that are being made."""

Progress = Callable[[int, int], None]
Told = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Packing:
    """What is asked.

    Attributes:
        data: the collector's data folder: its plants, its signing key, and room to work in.
        batch: its id.
        file: gets this name once it is whole.
        at: now.
        who: makes it, in this `role`.
        chain: of the book, in which that stands.
    """

    database_url: str = field(repr=False)
    data: str
    batch: str
    file: str
    at: str
    who: str
    role: str = ""
    chain: str = ELSEWHERE


def main() -> None:
    """Read what is asked, make it, and tell."""
    os.nice(NICE)
    asked = Packing(**json.loads(sys.stdin.readline()))
    last = 0.0

    def progress(done: int, of: int) -> None:
        nonlocal last
        if done / of - last >= STEP:
            last = done / of
            _say({"done": round(last, 3)})

    try:
        made = asyncio.run(pack(asked, os.environ, progress))
    except PackageError as error:
        _say({"error": str(error)})
    else:
        _say({"result": asdict(made)})


def work_folder(data: Path, batch: str) -> Path:
    """Say where the package of a batch is made."""
    return data / FOLDER / f"{batch}.work"


async def pack(asked: Packing, environment: Mapping[str, str], progress: Progress) -> Member:
    """Make the package of a batch, and note in the book that it was made.

    Args:
        asked: what is asked.
        environment: the process's: it may name the keys.
        progress: hears how much is done, of how much.

    Returns:
        Hash and size of the file.

    Raises:
        PackageError: it cannot be made; one line that says why and what to do.
    """
    if not re.fullmatch(BATCH_ID, asked.batch):
        raise PackageError(f"there is no batch {asked.batch}")
    try:
        with _alone(work_folder(Path(asked.data), asked.batch)):
            pool = await open_pool(asked.database_url)
            try:
                with explained(place(asked.database_url)):
                    return await _pack(pool, asked, environment, progress)
            finally:
                await pool.close()
    except (
        DatabaseError,
        FontError,
        ReportError,
        SealError,
        SigningError,
        UnknownBatchError,
        VersionsError,
    ) as error:
        raise PackageError(str(error)) from error


def _forget(folder: Path, before: datetime) -> None:
    """Remove what was cut off long ago, and nobody has asked for since."""
    for work in folder.glob("*.work"):
        if work.stat().st_mtime < before.timestamp():
            shutil.rmtree(work, ignore_errors=True)


@contextmanager
def _alone(work: Path) -> Iterator[None]:
    """See that nobody else makes the same package meanwhile; whoever dies lets it go."""
    try:
        work.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with work.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
    except BlockingIOError:
        raise PackageError(f"{work.stem}: its package is being made already; wait for it") from None
    except OSError as error:
        raise PackageError(f"{work}: {error.strerror or error}; make the folder writable") from error


async def _pack(pool: Pool, asked: Packing, environment: Mapping[str, str], progress: Progress) -> Member:
    batch = await read_batch(pool, asked.batch)
    if batch is None:
        raise PackageError(f"there is no batch {asked.batch}")
    if batch.ended_at is None:
        raise PackageError(f"batch {asked.batch} is running; end it first")
    wanted = _wanted(pool, batch, asked, _signer(Path(asked.data), environment), environment)
    made = await make_package(pool, wanted, (batch.started_at, batch.ended_at), progress)
    by = By(wanted.at, asked.who, asked.role, "", asked.chain)
    async with pool.acquire() as connection:
        await note_package(connection, by, batch.id, made.sha256, made.bytes)  # type: ignore[arg-type] # a pool lends one
    return made


def _signer(data: Path, environment: Mapping[str, str]) -> Signer:
    if not keys_of(data):
        raise PackageError(f"{data}: no collector has signed here yet; give the collector's data folder")
    return signer_in(data, environment)


def _wanted(
    pool: Pool, batch: Batch, asked: Packing, signer: Signer, environment: Mapping[str, str]
) -> Wanted:
    data, at = Path(asked.data), datetime.fromisoformat(asked.at)
    _forget(data / FOLDER, at - FORGOTTEN_AFTER)
    versions = Versions(data)
    plant = versions.load(batch.plant)

    # Goes with the rest once the package is made; until then one that was cut off need not count again.
    counted = Remembered(work_folder(data, batch.id) / "figures")

    async def tell() -> Told:
        return told(await dossier(pool, plant, batch.id, at, counted))

    async def read(said: Told) -> Mapping[str, bytes]:
        made = Made(at, asked.who, seal_in(data, environment, f"Gradewatch {plant.id}", at))
        return await reports(pool, plant, said, made)

    return Wanted(
        batch=batch.id,
        file=Path(asked.file),
        work=work_folder(data, batch.id),
        at=at,
        who=asked.who,
        signer=signer,
        tell=tell,
        plant=lambda sha256: _files(versions, sha256),
        reports=read,
    )


def _files(versions: Versions, sha256: str) -> dict[str, bytes]:
    """Read the files over which a version of the plant is hashed: its own, and those that it names."""
    plant, folder = versions.load(sha256), versions.folder_of(sha256)
    names = [f"plant/{path.name}" for path in sorted((folder / "plant").glob("*.yaml"))]
    names += sorted({f"profiles/{device.profile.name}.yaml" for device in plant.devices.values()})
    names += sorted({f"grades/{ruleset}.yaml" for ruleset in plant.rulesets})
    try:
        return {name: (folder / name).read_bytes() for name in names}
    except OSError as error:
        raise VersionsError(f"{folder}: {error.strerror}; restore it from a backup") from error


def _say(message: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
