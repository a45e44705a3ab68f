"""Proves a Gradewatch package, or names the first thing in it that is not as it was made.

    python verify.py PACKAGE.zip [--key FINGERPRINT]

One file, which needs Python 3.11 and `pip install cryptography`, and nothing else: no Gradewatch, no database, no
network. It writes nothing to the disk. Status 0: everything holds; 1: something does not; 2: it was asked wrongly.
"""

import argparse
import csv
import sys
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from monitor.records.package.verifier.account import check_alarms, check_batch, check_signatures
from monitor.records.package.verifier.book import check_book
from monitor.records.package.verifier.file import Package
from monitor.records.package.verifier.said import Fault, exactly
from monitor.records.package.verifier.seals import check_minutes
from monitor.records.package.verifier.series import Figures, Minutes, check_series

Progress: TypeAlias = Callable[[float], object]
Told: TypeAlias = tuple[str, str]
"""In English and Chinese."""


@dataclass(frozen=True)
class Proved:
    """A package in which everything holds: signed by the key that follows from the first one; how much was seen."""

    first_key: str
    seen: Counter[str]


def check(path: Path, trusted: Sequence[str], progress: Progress) -> Proved | Fault:
    """Prove a package.

    Args:
        path: of the file.
        trusted: fingerprints of first keys that are believed; none: any.
        progress: hears which share is done.

    Returns:
        What was looked at; or the first fault.
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


def _check(package: Package, trusted: Sequence[str], progress: Progress) -> Proved:
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
    return Proved(first_key, seen)


def report(package: str, proved: Proved) -> Iterator[Told]:
    """Say in words what holds, and what cannot be known."""
    key, seen = proved.first_key, proved.seen
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
