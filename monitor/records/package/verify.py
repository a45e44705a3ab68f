"""Proves a Gradewatch package, or names the first thing in it that is not as it was made.

    python verify.py PACKAGE.zip [--key FINGERPRINT]

One file, which needs Python 3.11 and `pip install cryptography`, and nothing else: no Gradewatch, no database, no
network. It writes nothing to the disk. Status 0: everything holds; 1: something does not; 2: it was asked wrongly.
"""

import argparse
import csv
import hashlib
import math
import struct
import sys
import zipfile
import zlib
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import groupby, islice, pairwise
from pathlib import Path
from typing import Any

from monitor.records.package.verifier.book import Book, Seal, check_book
from monitor.records.package.verifier.file import Package
from monitor.records.package.verifier.rows import FACTS, Rows, rows_of, since_2000
from monitor.records.package.verifier.said import Fault, Json, exactly, instant

ALARM = ("level", "active", "acknowledged", "changed_at", "worst", "detail", "acknowledged_by")
SIGNED = ("who", "name", "role", "meaning", "what", "of")
ALMOST = 1e-9
"""A sum of floats depends on its order: means agree within this share."""
ROWS_AT_ONCE = 480
NO_ROW = (ValueError, IndexError, TypeError, OverflowError, struct.error, csv.Error)
Minutes = dict[str, tuple[int, bytes]]
"""By minute how many rows there are, and their digest."""
BySeries = Mapping[int, tuple[int, bytes]]
"""The same of one minute, by series."""
Progress = Callable[[float], object]
Told = tuple[str, str]
"""In English and Chinese."""


# --- The rows, the seals, the figures -------------------------------------------------------------------------------


class Figures:
    """Reckons again what the dossier says of a channel, from its raw values."""

    def __init__(self, told: Json, place: int) -> None:
        self._told, self._place = told, place
        self._since, self._until = since_2000(instant(told["since"])), since_2000(instant(told["until"]))
        self._n = self._valid = 0
        self._low, self._high = math.inf, -math.inf
        self._sums: list[float] = []

    def add(self, rows: Rows) -> None:
        """Take some rows."""
        first, end = bisect_left(rows.at, self._since), bisect_left(rows.at, self._until)
        usable = rows.usable(self._place, first, end)
        self._n += end - first
        if usable:
            self._valid += len(usable)
            self._low, self._high = min(self._low, *usable), max(self._high, *usable)
            self._sums.append(sum(usable))

    def check(self) -> None:
        """Hold what was reckoned against what is told."""
        told, where = self._told["statistics"], f"dossier.json {self._told['id']}"
        figures: dict[str, float] = {"n": self._n, "valid": self._valid}
        # Of a state only their number is told.
        if not told["min"] is told["mean"] is told["max"] is None and self._valid:
            mean = math.fsum(self._sums) / self._valid
            figures |= {"min": self._low, "max": self._high}
            if not math.isclose(mean, told["mean"], rel_tol=ALMOST, abs_tol=ALMOST):
                figures["mean"] = mean
        for name, value in figures.items():
            if told[name] != value:
                said = f"{name}: {told[name]} != {value}"
                raise Fault(where, f"not the figure of its raw values ({said})", f"与原始值不符（{said}）")


def check_series(
    package: Package, book: Book, told: Json, one: Json, seen: "Counter[str]"
) -> tuple[Minutes, list[Figures]]:
    """Build every row of a series again; give the digest of each minute, and the channels' figures."""
    name, channels = one["file"], one["channels"]
    for place, channel in enumerate(channels):
        if book.places.get(channel, (one["id"], place))[:2] != (one["id"], place):
            raise Fault(name, f"{channel} stands elsewhere by the book", f"按记录簿，{channel} 不在此位置")
    figures = [
        Figures(channel, channels.index(channel["id"]))
        for channel in told["channels"]
        if channel["id"] in channels and channel["statistics"] is not None and not channel["inputs"]
    ]
    last, number, minutes = b"", 0, dict[str, tuple[int, Any]]()
    found = package.raw_lines(name, [*FACTS, *channels])
    while lines := list(islice(found, ROWS_AT_ONCE)):
        rows = _built(one, lines, number)
        times = [last, *(line[:27] for line in lines)]
        if times != sorted(set(times)):
            at = next(after for before, after in pairwise(times) if before >= after)[:16].decode()
            raise Fault(f"{name} {at}", "the rows are not in the order of their times", "数据行未按时间排序")
        for minute, group in groupby(zip(times[1:], rows.forms, strict=True), key=lambda row: row[0][:16]):
            forms = [form for _, form in group]
            count, digest = minutes.setdefault(minute.decode(), (0, hashlib.sha256()))
            digest.update(b"".join(forms))
            minutes[minute.decode()] = count + len(forms), digest
        for figure in figures:
            figure.add(rows)
        last, number = times[-1], number + len(lines)
    seen.update(rows=number, channels=len(figures))
    return {minute: (count, digest.digest()) for minute, (count, digest) in minutes.items()}, figures


def _built(series: Json, lines: Sequence[bytes], before: int) -> Rows:
    """Build some rows; say which line is none."""
    id_, width = series["id"], len(series["channels"])
    with suppress(*NO_ROW):
        return rows_of(id_, width, lines)
    for number, line in enumerate(lines, before + 2):
        try:
            rows_of(id_, width, [line])
        except NO_ROW:
            where = f"{series['file']}:{number}"
            raise Fault(where, "not a row as Gradewatch writes it", "不是 Gradewatch 写法的数据行") from None
    raise Fault(series["file"], "not rows as Gradewatch writes them", "不是 Gradewatch 写法的数据行")


def check_minutes(package: Package, book: Book, every: Mapping[int, Minutes], seen: "Counter[str]") -> None:
    """Hold each minute's rows against its digests, and the digests against the seals in the book."""
    lines = package.rows("digests.csv", ["minute", "series", "rows", "digest"])
    for minute, group in groupby(lines, key=lambda line: line[1][0][:16]):
        said = {int(series): (int(rows), bytes.fromhex(digest)) for _, (_, series, rows, digest) in group}
        for id_ in said.keys() & every.keys():
            if every[id_].pop(minute, None) != said[id_]:
                raise Fault(_place(package, id_, minute), *CHANGED)
        covered = check_seals(f"{minute}Z", book.seals.pop(minute, []), said)
        seen["minutes"] += bool(covered)
        seen["unsealed"] += sum(
            rows for id_, (rows, _) in said.items() if id_ in every and id_ not in covered
        )
    for id_, minutes in every.items():
        for minute, (rows, _) in minutes.items():
            if minute in book.closed:
                raise Fault(_place(package, id_, minute), *CHANGED)
            seen["unsealed"] += rows
    for minute, seals in book.seals.items():
        check_seals(f"{minute}Z", seals, {})


CHANGED = "the rows are not those of their digest", "数据行与其摘要不符"


def _place(package: Package, series: int, minute: str) -> str:
    name = next(one["name"] for one in package.manifest["series"] if one["id"] == series)
    return f"samples {name} {minute}Z"


def check_seals(minute: str, seals: Sequence[Seal], said: BySeries) -> set[int]:
    """Hold the seals of a minute against its digests, the last one first; give the series that they cover."""
    digests = {id_: digest for id_, (_, digest) in said.items()}
    stood, covered = dict(digests), set[int]()
    chains: dict[str, list[Seal]] = {}
    for seal in sorted(seals, key=lambda seal: seal.seq):
        chains.setdefault(seal.chain, []).append(seal)
    while chains:
        last = _last(chains, stood)
        if last.names - covered:
            is_of_now = all(stood.get(id_) == digests.get(id_) for id_ in last.names)
            rows = sum(count for id_, (count, _) in said.items() if id_ in last.names)
            if _sha256(last, stood) != last.sha256 or (is_of_now and rows != last.rows):
                en, zh = "the digests are not those that were sealed", "摘要与封存时不符"
                raise Fault(f"digests.csv {minute}", f"{en} ({last.chain}/{last.seq})", zh)
            covered |= last.names
        stood = _before(last, stood)
        chains[last.chain].pop()
        if not chains[last.chain]:
            del chains[last.chain]
    return covered & digests.keys()


def _last(chains: Mapping[str, Sequence[Seal]], stood: Mapping[int, bytes]) -> Seal:
    """Of several chains' last seals give the one that was written last: it holds, and has changed the others' least."""
    lasts = sorted((every[-1] for every in chains.values()), key=lambda seal: (seal.at, seal.chain))

    def is_early(seal: Seal) -> tuple[bool, int]:
        elsewhere = {
            id_
            for chain, every in chains.items()
            if chain != seal.chain
            for one in every
            for id_ in one.names
        }
        before = _before(seal, stood)
        return _sha256(seal, stood) != seal.sha256, sum(
            before.get(one) != stood.get(one) for one in elsewhere
        )

    return lasts[0] if len(lasts) == 1 else min(reversed(lasts), key=is_early)


def _sha256(seal: Seal, stood: Mapping[int, bytes]) -> str:
    names = sorted(seal.names & stood.keys())
    return hashlib.sha256(b"".join(id_.to_bytes(4, "big") + stood[id_] for id_ in names)).hexdigest()


def _before(seal: Seal, stood: Mapping[int, bytes]) -> dict[int, bytes]:
    """Give the digests as they stood before a seal was written."""
    was = seal.was if seal.again else dict.fromkeys(seal.names) | seal.was
    left = {id_: digest for id_, digest in stood.items() if id_ not in was}
    return left | {id_: digest for id_, digest in was.items() if digest is not None}


# --- The batch, its alarms, its signatures ---------------------------------------------------------------------------


def check_batch(package: Package, book: Book, told: Json) -> None:
    """See that the batch is the one of which the book tells, under the plant that was in force."""
    batch, manifest = told["batch"], package.manifest
    started, plant = book.started.get(manifest["batch"], ({}, ""))
    ended = book.ended.get(manifest["batch"], {})
    said = (started.get("batch"), started.get("line"), started.get("product"), _at(started), _at(ended))
    here = (
        batch["id"],
        batch["line"],
        batch["product"],
        instant(batch["started_at"]),
        instant(batch["ended_at"]),
    )
    if said != here:
        raise Fault("dossier.json", "the batch is not as the book tells of it", "批次与记录簿所述不符")
    if not manifest["plant"] == told["plant"]["sha256"] == (plant or manifest["plant"]):
        raise Fault(
            "dossier.json", "the plant is not the version that was in force", "工厂配置并非当时生效的版本"
        )


def _at(line: Json) -> object:
    return instant(line["at"]) if line else None


def check_alarms(package: Package, book: Book, seen: "Counter[str]") -> None:
    """Hold the alarms against the last lines of the book that speak of them."""
    start, end = instant(package.manifest["start"]), instant(package.manifest["end"])
    left = {key: said for key, said in book.alarms.items() if start <= key[1] < end and said.get("times", 1)}
    for where, (id_, raised, *cells) in package.rows("alarms.csv", ["id", "raised_at", *ALARM]):
        key = id_, instant(raised)
        left.pop(key, None)
        said = book.alarms.get(key)
        row = dict(zip(ALARM, cells, strict=True))
        if said is None or (key[1] < start and instant(row["changed_at"]) > instant(said["changed_at"])):
            seen["alarms_elsewhere"] += 1
            if key[1] >= start:
                raise Fault(where, "no line of the book speaks of it", "记录簿中没有相应的行")
        elif different := [name for name in ALARM if not _same(name, row[name], said.get(name))]:
            raise Fault(
                where, f"{', '.join(different)} not as in the book", f"{', '.join(different)} 与记录簿不符"
            )
        else:
            seen["alarms"] += 1
    for id_, at in left:
        raise Fault(
            "alarms.csv", f"{id_} {at.isoformat()} is missing; the book has it", f"缺少 {id_}，记录簿中有"
        )


def _same(name: str, cell: str, said: object) -> bool:
    if name == "changed_at":
        return instant(cell) == instant(str(said))
    if name == "worst":
        return (float(cell) if cell else None) == said
    return cell == ("ft"[said] if isinstance(said, bool) else str(said))


def check_signatures(book: Book, told: Json, seen: "Counter[str]") -> None:
    """Hold the signatures in the dossier against their lines in the book."""
    for one in told["signatures"]:
        said = book.signatures.get(one["id"])
        seen["signatures" if said else "signatures_elsewhere"] += 1
        # One that holds no more was over other content than is there now, and says so.
        names = (*SIGNED, "sha256") if one["holds"] else SIGNED
        if said and any(str(said.get(name, "")) != str(one[name]) for name in names):
            raise Fault(
                f"dossier.json {one['id']}", "the signature is not as in the book", "签名与记录簿不符"
            )


# --- Everything -------------------------------------------------------------------------------------------------


def check(path: Path, trusted: Sequence[str], progress: Progress) -> "Counter[str] | Fault":
    """Prove a package.

    Args:
        path: of the file.
        trusted: fingerprints of first keys that are believed; none: any.
        progress: hears which share is done.

    Returns:
        How much was looked at; or the first fault.
    """
    where = path.name
    try:
        with zipfile.ZipFile(path) as zipped:
            package = Package(path, zipped)
            try:
                return _check(package, trusted, progress)
            finally:
                where = package.reading
    except Fault as fault:
        return fault.with_traceback(None)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, OSError) as error:
        return Fault(where, f"damaged, or not a zip file ({error})", f"文件损坏或不是 zip 文件（{error}）")
    except (
        ArithmeticError,
        KeyError,
        TypeError,
        ValueError,
        IndexError,
        AttributeError,
        RecursionError,
        csv.Error,
    ) as error:
        return Fault(where, f"not written as Gradewatch writes it ({error!r})", "不是 Gradewatch 的写法")


def _check(package: Package, trusted: Sequence[str], progress: Progress) -> "Counter[str]":
    seen: Counter[str] = Counter()
    package.check_names()
    first_key = package.check_manifest(trusted)
    seen["files"] = package.check_files(lambda share: progress(share / 4))
    seen["plants"] = package.check_plants()
    book = check_book(package, first_key, seen)
    told = exactly(package.text("dossier.json"), "dossier.json")
    check_batch(package, book, told)
    every: dict[int, Minutes] = {}
    figures: list[Figures] = []
    series = package.manifest["series"]
    for number, one in enumerate(series, 1):
        every[one["id"]], reckoned = check_series(package, book, told, one, seen)
        figures += reckoned
        progress(0.25 + 0.7 * number / len(series))
    book.closed = frozenset(book.seals)
    check_minutes(package, book, every, seen)
    if len(figures) != sum(
        channel["statistics"] is not None and not channel["inputs"] for channel in told["channels"]
    ):
        raise Fault(
            "dossier.json", "it has figures of channels whose rows are not here", "有通道的数据行不在包内"
        )
    for figure in figures:
        figure.check()
    check_alarms(package, book, seen)
    check_signatures(book, told, seen)
    package.check_whole()
    progress(1.0)
    seen[first_key] = 0
    return seen


def report(package: str, seen: "Counter[str]") -> Iterator[Told]:
    """Say in words what holds, and what cannot be known."""
    key = next(name for name in seen if len(name) == 64)
    yield f"{package}: everything holds.", f"{package}：全部成立。"
    yield (
        f"Signed by the key that follows from {key}. Compare this with the validation file on paper.",
        f"签名密钥源自 {key}，请与纸质验证文件核对。",
    )
    yield (
        f"{seen['files']} files are as they were packed, and the plant's files in {seen['plants']} versions.",
        f"{seen['files']} 个文件与打包时一致，含 {seen['plants']} 个工厂配置版本。",
    )
    yield (
        f"{seen['lines']} lines of the book hang together, with {seen['checkpoints']} signed checkpoints.",
        f"记录簿 {seen['lines']} 行前后相接，含 {seen['checkpoints']} 个已签名检查点。",
    )
    yield (
        f"{seen['rows']} rows are those that were sealed, in {seen['minutes']} minutes.",
        f"{seen['rows']} 行数据与封存时一致，共 {seen['minutes']} 分钟。",
    )
    yield (
        f"Number, minimum, maximum and mean of {seen['channels']} channels are those of the raw values;"
        f" {seen['alarms']} alarms and {seen['signatures']} signatures are as in the book.",
        f"{seen['channels']} 个通道的数目、最小值、最大值和平均值与原始值一致；"
        f"{seen['alarms']} 条报警和 {seen['signatures']} 个签名与记录簿一致。",
    )
    yield (
        f"What it cannot know: {seen['unsealed']} rows are not sealed, {seen['behind']} lines follow the last"
        f" checkpoint of their chain, {seen['alarms_elsewhere']} alarms and {seen['signatures_elsewhere']} signatures"
        " stand in lines that are not here: for these, as for the reports and the Parquet files, there is the package's"
        " own signature alone. And a sensor that lied lies here too.",
        f"无法得知：{seen['unsealed']} 行数据未封存，{seen['behind']} 行在所属链最后检查点之后，"
        f"{seen['alarms_elsewhere']} 条报警和 {seen['signatures_elsewhere']} 个签名所在的行不在包内："
        "这些以及报告和 Parquet 文件仅由数据包自身的签名保证。传感器若失真，此处同样失真。",
    )


def main() -> int:
    """Read what is asked, prove, and tell."""
    parser = argparse.ArgumentParser(description="Proves a Gradewatch package. 核验 Gradewatch 批次数据包。")
    parser.add_argument("package", type=Path)
    parser.add_argument(
        "--key", action="append", default=[], help="a first key to be trusted 受信任的首个密钥指纹"
    )
    asked = parser.parse_args()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    shown = sys.stderr.write if sys.stderr.isatty() else lambda _: 0
    found = check(asked.package, asked.key, lambda share: shown(f"\r{share:4.0%}"))
    shown("\r")
    if isinstance(found, Fault):
        sys.stdout.write(f"{found}\n")
        return 1
    for en, zh in report(asked.package.name, found):
        sys.stdout.write(f"{en}\n{zh}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
