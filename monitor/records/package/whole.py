"""The package of a batch: everything that QA signs, in one file that can be proved without this service.

    manifest.json            what is in it, with the hash of every file; manifest.sig signs it, by the key in keys.jsonl
    dossier.json             the batch as the screen and the reports tell it
    report.en.pdf, .zh.pdf   the same, to be read
    samples/<series>.csv     whole rows, and the same as .parquet
    digests.csv              the digest of every minute of every series: what the seals in the book are over
    alarms.csv               the alarms of that time as they last stood
    book/<chain>.jsonl       the lines of the book that this rests on
    plant/<sha256>/          the plant's files, by version
    verify.py, README.txt    how it is proved

It is made beside, in a work folder, and gets its name once it is whole.
"""

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

from monitor.records.package import read_me as package_read_me
from monitor.records.package.archive import BLOCK_BYTES, Archive, Member, PackageError
from monitor.records.package.packed_verifier import packed
from monitor.records.package.parquet import WholeParquet
from monitor.records.package.pieces import Piece, blocks, copy_pieces, pieces_of
from monitor.store.catalog import Snapshot, snapshot_of
from monitor.store.chain import canonical
from monitor.store.database import Pool, explained
from monitor.store.signing import Signer
from monitor.store.whole_book import Extract, extracts, lines_before, lines_of
from monitor.store.whole_rows import (
    Out,
    WholeSeries,
    copy_alarms,
    copy_digests,
    every_state,
    series_with,
    settle,
)

FORMAT = 1
TRIES = 3
GROUP_BYTES = 4 * BLOCK_BYTES
"""So much text becomes one row group of Parquet."""
MINUTE = timedelta(minutes=1)

Told = Mapping[str, Any]
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be made.

    Attributes:
        batch: its id; the batch is over.
        file: gets this name once it is whole.
        work: folder in which it is made; kept when it is cut off, so that the next try goes on there.
        at: now.
        who: makes it.
        signer: signs it.
        tell: tells the dossier, as JSON.
        plant: gives the files of a version of the plant, by its sha256.
        reports: makes of the dossier what is to be read, by the names of the files.
    """

    batch: str
    file: Path
    work: Path
    at: datetime
    who: str
    signer: Signer = field(repr=False)
    tell: Callable[[], Awaitable[Told]]
    plant: Callable[[str], Mapping[str, bytes]]
    reports: Callable[[Told], Awaitable[Mapping[str, bytes]]]


@dataclass(frozen=True, slots=True)
class _Copied:
    """What came out of the database, all of one moment: series, their pieces, and the part of the book."""

    series: Sequence[WholeSeries]
    pieces: Sequence[Piece]
    book: Sequence[Extract]


@dataclass(frozen=True, slots=True)
class _Whole:
    """Everything that goes into the file."""

    told: Told
    reports: Mapping[str, bytes]
    copied: _Copied
    start: datetime
    end: datetime


async def make_package(
    pool: Pool, wanted: Wanted, window: tuple[datetime, datetime], progress: Progress
) -> Member:
    """Make a package; go on with one that was cut off.

    Args:
        pool: of a migrated database.
        wanted: what is to be made.
        window: from when to when the batch was.
        progress: hears how much is done, of how much.

    Returns:
        Hash and size of the file.

    Raises:
        PackageError: it cannot be made, or not now.
        DatabaseError: the database cannot be reached, or refuses.
    """
    start, end = _minute(window[0]), _minute(window[1] + MINUTE)
    try:
        wanted.work.mkdir(parents=True, exist_ok=True)
        for _ in range(TRIES):
            with explained("package"):
                stood = await every_state(pool, start, end)
                told = await wanted.tell()
                copied = await _copy(pool, wanted.work, told, (start, end), progress)
                if stood == await every_state(pool, start, end):
                    break
        else:
            raise PackageError(
                f"{wanted.batch}: late readings keep coming in; make the package once they are stored"
            )
        reports = await wanted.reports(told)
        made = await asyncio.to_thread(_pack, wanted, _Whole(told, reports, copied, start, end), progress)
        shutil.rmtree(wanted.work)
    except OSError as error:
        raise PackageError(
            f"{wanted.work}: {error.strerror or error}; make room, and the folder writable"
        ) from error
    return made


def _minute(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(second=0, microsecond=0)


async def _copy(
    pool: Pool, work: Path, told: Told, window: tuple[datetime, datetime], progress: Progress
) -> _Copied:
    """Copy everything out of the database, as it stands at one moment."""
    done = 0
    channels = [one["id"] for one in told["channels"]]
    async with snapshot_of(pool) as snapshot:
        await settle(snapshot)
        series = await series_with(snapshot, channels)
        pieces = pieces_of(series, *window)

        def step() -> None:
            nonlocal done
            done += 1
            progress(done, 2 * len(pieces))

        await copy_pieces(snapshot, pieces, work, step)
        for name, copy in (("digests.csv", copy_digests), ("alarms.csv", copy_alarms)):
            with (work / name).open("wb") as file:
                await copy(snapshot, *window, _into(file.write))
        book = await extracts(snapshot, *window)
        for number, extract in enumerate(book):
            await _copy_lines(snapshot, extract, work / f"book-{number}")
    return _Copied(series, pieces, book)


def _into(write: Callable[[bytes], int]) -> Out:
    async def out(piece: bytes) -> None:
        write(piece)

    return out


async def _copy_lines(snapshot: Snapshot, extract: Extract, file: Path) -> None:
    file.with_suffix(".before").write_bytes(b"".join(await lines_before(snapshot, extract)))
    with file.open("wb") as taken:
        async for line in lines_of(snapshot, extract):
            taken.write(line)


def _pack(wanted: Wanted, whole: _Whole, progress: Progress) -> Member:
    """Write the file from what was copied. For a thread."""
    part, told, copied = wanted.work / "package.zip", whole.told, whole.copied
    done = len(copied.pieces)

    def step() -> None:
        nonlocal done
        done += 1
        progress(done, 2 * len(copied.pieces))

    with Archive(part) as archive:
        archive.add("README.txt", [package_read_me.TEXT.format(batch=wanted.batch).encode()])
        archive.add("verify.py", [packed().encode()])
        archive.add("dossier.json", [canonical(told).encode()])
        for name, content in whole.reports.items():
            archive.add(name, [content])
        for series in copied.series:
            _pack_series(archive, series, copied.pieces, wanted.work, step)
        for name in ("digests.csv", "alarms.csv"):
            archive.add_file(name, wanted.work / name)
        for number, extract in enumerate(copied.book):
            file = wanted.work / f"book-{number}"
            archive.add_file(_book_file(extract), file)
            archive.add_file(_before_file(extract), file.with_suffix(".before"))
        archive.add("keys.jsonl", [canonical(key.body()).encode() + b"\n" for key in wanted.signer.keys])
        for sha256 in _versions(told):
            for name, content in wanted.plant(sha256).items():
                archive.add(f"plant/{sha256}/{name}", [content])
        manifest = canonical(_manifest(wanted, whole, archive)).encode()
        archive.add("manifest.json", [manifest])
        signed = {"key": wanted.signer.key.fingerprint, "signature": wanted.signer.sign(manifest)}
        archive.add("manifest.sig", [canonical(signed).encode()])
        made = archive.end(wanted.signer.sign)
    wanted.file.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(part, wanted.file)
    return made


def _pack_series(
    archive: Archive, series: WholeSeries, pieces: Iterable[Piece], work: Path, step: Callable[[], None]
) -> None:
    """Write the rows of a series as CSV, and the same blocks as Parquet beside."""
    beside = work / "series.parquet"

    def lines(into: WholeParquet) -> Iterator[bytes]:
        yield series.header().encode()
        for piece in pieces:
            if piece.series == series:
                with piece.file(work).open("rb") as file:
                    for block in blocks(file, GROUP_BYTES):
                        into.add(block)
                        yield block
                step()

    with WholeParquet(beside, series) as parquet:
        archive.add(f"{_series_file(series)}.csv", lines(parquet))
    archive.add_file(f"{_series_file(series)}.parquet", beside)


def _series_file(series: WholeSeries) -> str:
    return f"samples/{quote(series.name, safe='#')}"


def _book_file(extract: Extract) -> str:
    return f"book/{quote(extract.chain, safe='')}.jsonl"


def _before_file(extract: Extract) -> str:
    return f"book/{quote(extract.chain, safe='')}.before.jsonl"


def _versions(told: Told) -> list[str]:
    """Name the versions of the plant that were in force, the batch's own first."""
    plant = told["plant"]
    return list(dict.fromkeys([plant["sha256"], *(one["sha256"] for one in plant["versions"])]))


def _manifest(wanted: Wanted, whole: _Whole, archive: Archive) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "batch": wanted.batch,
        "made_at": wanted.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "made_by": wanted.who,
        "start": whole.start.isoformat(timespec="microseconds"),
        "end": whole.end.isoformat(timespec="microseconds"),
        "plant": whole.told["plant"]["sha256"],
        "series": [
            {
                "id": one.id,
                "name": one.name,
                "file": f"{_series_file(one)}.csv",
                "channels": list(one.channels),
            }
            for one in whole.copied.series
        ],
        "chains": [
            {"chain": one.chain, "file": _book_file(one), "before": _before_file(one)}
            for one in whole.copied.book
        ],
        "files": {name: asdict(member) for name, member in archive.members.items()},
    }
