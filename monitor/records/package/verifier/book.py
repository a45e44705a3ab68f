"""The lines of the book that a package has: their hashes, their signatures, and what they say."""

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from monitor.records.package.verifier.file import Package
from monitor.records.package.verifier.said import (
    Fault,
    Json,
    canonical,
    check_key,
    exactly,
    instant,
    is_signed,
)


@dataclass
class Seal:
    """A minute's seal in the book: over which series' digests, and which of them it has changed from what."""

    chain: str
    seq: int
    at: str
    sha256: str
    rows: int
    again: bool
    was: dict[int, bytes | None]
    names: frozenset[int]


@dataclass
class Book:
    """What the lines say that the rest is held against; `closed`: every minute that was sealed."""

    seals: dict[str, list[Seal]] = field(default_factory=dict)
    places: dict[str, tuple[int, int, str]] = field(default_factory=dict)
    alarms: dict[tuple[str, datetime], Json] = field(default_factory=dict)
    signatures: dict[str, Json] = field(default_factory=dict)
    started: dict[str, tuple[Json, str]] = field(default_factory=dict)
    ended: dict[str, Json] = field(default_factory=dict)
    roots: set[str] = field(default_factory=set)
    closed: frozenset[str] = frozenset()


class Chain:
    """One chain of the book, line by line."""

    def __init__(self, name: str, book: Book, window: tuple[str, str]) -> None:
        self._name, self._book, self._window = name, book, window
        self._last: Json | None = None
        self._key: Json | None = None
        self._names: frozenset[int] = frozenset()
        self._plant = ""
        self.counted: Counter[str] = Counter()

    def before(self, where: str, text: str) -> None:
        """Take a line from before: it is whole, and that it stood there only the manifest's signature says."""
        self._take(where, self._read(where, text))

    def line(self, where: str, text: str) -> None:
        """Take the next line."""
        line, last = self._read(where, text), self._last
        if last and line["seq"] != last["seq"] + 1:
            raise Fault(
                where, f"line {last['seq'] + 1} of the chain is missing", f"缺少该链第 {last['seq'] + 1} 行"
            )
        first = "0" * 64 if line["seq"] == 1 else line["prev_hash"]
        if line["prev_hash"] != (last["hash"] if last else first):
            raise Fault(where, "the line does not follow from the one before it", "该行与上一行不相接")
        self.counted.update(lines=1, behind=1)
        if line["kind"] == "checkpoint":
            self._checkpoint(where, line)
        self._take(where, line)
        self._last = line

    def _read(self, where: str, text: str) -> Json:
        line: Json = exactly(text, where)
        said = canonical({name: line[name] for name in ("at", "body", "chain", "kind", "seq", "who")})
        if hashlib.sha256((line["prev_hash"] + said).encode()).hexdigest() != line["hash"]:
            raise Fault(where, "the line is not what its hash says", "该行内容与其哈希不符")
        if line["chain"] != self._name:
            raise Fault(where, "the line is of another chain", "该行属于另一条链")
        return line

    def _checkpoint(self, where: str, line: Json) -> None:
        body = line["body"]
        said = canonical({"chain": self._name, "hash": line["prev_hash"], "seq": line["seq"] - 1}).encode()
        told = (body["hash"], body["seq"], body["key"])
        key = self._key or {}
        if told != (line["prev_hash"], line["seq"] - 1, key.get("fingerprint")) or not is_signed(
            key, body["signature"], said
        ):
            raise Fault(where, "the checkpoint's signature does not hold", "检查点的签名无效")
        self.counted["checkpoints"] += 1
        self.counted["behind"] = 0

    def _take(self, where: str, line: Json) -> None:
        kind, body, book = line["kind"], line["body"], self._book
        if kind == "key":
            check_key(body, self._key, where)
            book.roots |= set() if self._key else {body["fingerprint"]}
            self._key = body
        elif kind == "sealing":
            self._names = frozenset(map(int, body["series"]))
        elif kind == "channels":
            self._channels(where, body["series"])
        elif kind == "seal" and self._window[0] <= body["minute"][:16] < self._window[1]:
            was = {int(id_): bytes.fromhex(one) if one else None for id_, one in body["was"].items()}
            seal = Seal(
                self._name,
                line["seq"],
                line["at"],
                body["sha256"],
                body["rows"],
                body["again"],
                was,
                self._names,
            )
            book.seals.setdefault(body["minute"][:16], []).append(seal)
        elif kind in ("start", "plant"):
            self._plant = body.get("plant", "")
        elif kind == "transition" and body["after"].get("raised_at"):
            self._alarm(body["after"])
        elif kind == "signature":
            book.signatures[str(body.get("id"))] = {**body, "who": line["who"]}
        elif kind.startswith("batch_"):
            self._batch(kind, body)

    def _alarm(self, after: Json) -> None:
        key = after["id"], instant(after["raised_at"])
        if instant(self._book.alarms.setdefault(key, after)["changed_at"]) <= instant(after["changed_at"]):
            self._book.alarms[key] = after

    def _batch(self, kind: str, body: Json) -> None:
        if kind == "batch_started":
            self._book.started[body["batch"]] = body, self._plant
        elif kind == "batch_ended":
            self._book.ended[body["batch"]] = body

    def _channels(self, where: str, series: Json) -> None:
        for id_, said in series.items():
            for place, one in said["channels"].items():
                now = (int(id_), int(place), one["unit"])
                if self._book.places.setdefault(one["id"], now) != now:
                    raise Fault(where, f"{one['id']} stands elsewhere than before", "通道的位置与此前不同")


def check_book(package: Package, first_key: str, seen: Counter[str]) -> Book:
    """Walk every chain; give what its lines say."""
    book, window = Book(), (package.manifest["start"][:16], package.manifest["end"][:16])
    for one in package.manifest["chains"]:
        chain = Chain(one["chain"], book, window)
        for where, text in package.lines(one["before"]):
            chain.before(where, text)
        for where, text in package.lines(one["file"]):
            chain.line(where, text)
        seen.update(chain.counted)
    if book.roots and first_key not in book.roots:
        raise Fault("keys.jsonl", "no chain of the book begins with this key", "记录簿各链均非始于该密钥")
    return book
