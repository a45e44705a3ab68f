"""The digests of a package's minutes, held against its rows and against the seals in the book."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import TypeAlias

from monitor.records.package.verifier.book import Book, Seal
from monitor.records.package.verifier.file import Package
from monitor.records.package.verifier.said import Fault
from monitor.records.package.verifier.series import Minutes

BySeries: TypeAlias = Mapping[int, tuple[int, bytes]]
"""Of one minute, by series, how many rows there are, and their digest."""
CHANGED = "the rows are not those of their digest", "数据行与其摘要不符"


def check_minutes(package: Package, book: Book, every: Mapping[int, Minutes], seen: Counter[str]) -> None:
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
