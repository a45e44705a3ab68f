"""Lies in a package, one at a time: by anybody who has the file, and by somebody who has the key as well."""

import hashlib
import io
import json
import random
import warnings
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from monitor.store.chain import canonical
from tests.records.packing import FILES, Forger, files_in, plant_sha256

Files = dict[str, bytes]
ROWS, BOOK = "samples/D.csv", "book/c.jsonl"


@dataclass
class Lie:
    """What was done, and a word that must stand in the fault that is found ("" where any will do)."""

    text: str
    named: str = ""

    def is_named_in(self, fault: str) -> bool:
        """Whether the fault speaks of it; a bit behind the last one of what is packed is the zip's own."""
        return self.named in fault or (self.text.startswith("bit") and fault.startswith("zip: "))


class Liar:
    """Draws lies about one package."""

    def __init__(self, package: bytes, forger: Forger, draw: random.Random) -> None:
        self._package = package
        self._files = files_in(package)
        self._forger = forger
        self._draw = draw
        with zipfile.ZipFile(io.BytesIO(package)) as zipped:
            self._infos = zipped.infolist()

    def lie(self, path: Path) -> Lie:
        """Write a package with one lie in it."""
        if self._draw.random() < 0.4:
            return self._forged(path)
        package, lie = self._draw.choice(
            (self._flipped, self._flipped, self._flipped, self._cut, self._zipped)
        )()
        path.write_bytes(package)
        return lie

    # --- Without the key ----------------------------------------------------------------------------------

    def _flipped(self) -> tuple[bytes, Lie]:
        """Flip one bit, anywhere."""
        place = self._draw.randrange(8 * len(self._package))
        changed = bytearray(self._package)
        changed[place // 8] ^= 1 << place % 8
        return bytes(changed), Lie(f"bit {place % 8} of byte {place // 8}", self._at(place // 8))

    def _at(self, place: int) -> str:
        """Say in whose content a byte lies; "" in none."""
        for info in self._infos:
            end = info.header_offset + 30 + len(info.filename) + 20 + info.compress_size
            if end - info.compress_size <= place < end:
                # What it says of keys and signatures is found where it is used.
                return "" if info.filename.startswith(("keys", "manifest")) else info.filename
        return ""

    def _cut(self) -> tuple[bytes, Lie]:
        """Cut bytes out, put some in, at the beginning, the end, or anywhere."""
        whole = self._package
        place = self._draw.choice([0, len(whole), self._draw.randrange(len(whole))])
        size = self._draw.randint(1, 40)
        if self._draw.random() < 0.5:
            return whole[:place] + self._draw.randbytes(size) + whole[place:], Lie(
                f"{size} bytes put in at {place}"
            )
        place = min(place, len(whole) - size)
        return whole[:place] + whole[place + size :], Lie(f"{size} bytes cut at {place}")

    def _zipped(self) -> tuple[bytes, Lie]:
        """Pack it again with one file dropped, added, renamed, there twice, exchanged or changed."""
        files = list(self._files.items())
        place = self._draw.randrange(len(files))
        name, content = files[place]
        what = self._draw.choice(["drop", "add", "rename", "twice", "order", "change", "move"])
        named = name
        match what:
            case "drop":
                del files[place]
            case "add":
                named = f"{name}.bak"
                files.insert(place, (named, content))
            case "rename":
                files[place] = (f"{name}.x", content)
                named = ""
            case "twice":
                files.insert(self._draw.choice([0, len(files)]), (name, b"another"))
            case "order":
                self._draw.shuffle(files)
                named = "zip"
            case "change":
                files[place] = (name, content + b"\n")
                named = "manifest" if name.startswith("manifest") else name
            case _:
                other = (place + 1) % len(files)
                files[place], files[other] = (name, files[other][1]), (files[other][0], content)
                named = ""
        return _zip(files), Lie(f"{what} {name}", named)

    # --- With the key --------------------------------------------------------------------------------------

    def _forged(self, path: Path) -> Lie:
        files = dict(self._files)
        lie = self._draw.choice(self._ways())(files)
        self._forger.forge(files, path)
        return lie

    def _ways(self) -> list[Callable[[Files], Lie]]:
        return [
            *(
                self._cell,
                self._cell,
                self._row_gone,
                self._rows_exchanged,
                self._row_added,
                self._digest,
                self._line,
            ),
            *(self._line_gone, self._lines_exchanged, self._checkpoint, self._plant, self._plant_swapped),
            *(
                self._figure,
                self._signature,
                self._alarm,
                self._batch,
                self._header,
                self._tail,
                self._series,
            ),
        ]

    def _lines(self, files: Files, name: str) -> list[bytes]:
        return files[name].splitlines(keepends=True)

    def _cell(self, files: Files) -> Lie:
        """Change one cell of a row."""
        lines = self._lines(files, ROWS)
        place = self._draw.randrange(1, len(lines))
        cells = lines[place].decode().rstrip("\n").split(",")
        filled = [number for number, cell in enumerate(cells) if cell]
        column = self._draw.choice(filled)
        cell = cells[column]
        cells[column] = (
            str(float(cell) + 0.1) if column >= 8 and "." in cell else f"{cell[:-1]}{_other(cell[-1])}"
        )
        lines[place] = (",".join(cells) + "\n").encode()
        files[ROWS] = b"".join(lines)
        return Lie(f"row {place}, column {column}: {cell} -> {cells[column]}", "D")

    def _row_gone(self, files: Files) -> Lie:
        lines = self._lines(files, ROWS)
        place = self._draw.randrange(1, len(lines))
        files[ROWS] = b"".join(lines[:place] + lines[place + 1 :])
        return Lie(f"row {place} removed", "D")

    def _rows_exchanged(self, files: Files) -> Lie:
        lines = self._lines(files, ROWS)
        a, b = self._draw.sample(range(1, len(lines)), 2)
        lines[a], lines[b] = lines[b], lines[a]
        files[ROWS] = b"".join(lines)
        return Lie(f"rows {a} and {b} exchanged", "samples/D.csv")

    def _row_added(self, files: Files) -> Lie:
        lines = self._lines(files, ROWS)
        place = self._draw.randrange(1, len(lines))
        lines.insert(place, lines[place].replace(b".000000Z", b".000001Z", 1))
        self._draw.shuffle(lines[place : place + 2])
        files[ROWS] = b"".join(lines)
        return Lie(f"a row put in at {place}", "D")

    def _digest(self, files: Files) -> Lie:
        """Change, remove or repeat what is said of a minute."""
        lines = self._lines(files, "digests.csv")
        place = self._draw.randrange(1, len(lines))
        minute, series, rows, digest = lines[place].decode().strip().split(",")
        match self._draw.randrange(3):
            case 0:
                lines[place] = f"{minute},{series},{rows},{digest[:-1]}{_other(digest[-1])}\n".encode()
            case 1:
                lines[place] = f"{minute},{series},{int(rows) + 1},{digest}\n".encode()
            case _:
                del lines[place]
        files["digests.csv"] = b"".join(lines)
        return Lie(f"digest {place} of series {series}", minute[:16])

    def _line(self, files: Files) -> Lie:
        """Change one line of the book, and its hash with it."""
        lines = self._lines(files, BOOK)
        place = self._draw.randrange(len(lines))
        line = json.loads(lines[place])
        match self._draw.randrange(3):
            case 0:
                line["who"] += "x"
            case 1:
                line["body"] = {**line["body"], "more": 1}
            case _:
                line["at"] = line["at"].replace("2026", "2025")
        lines[place] = canonical(line).encode() + b"\n"
        files[BOOK] = b"".join(lines)
        return Lie(f"line {place + 1} of the book", f"{BOOK}:{place + 1}")

    def _line_gone(self, files: Files) -> Lie:
        lines = self._lines(files, BOOK)
        place = self._draw.randrange(len(lines) - 1)
        files[BOOK] = b"".join(lines[:place] + lines[place + 1 :])
        return Lie(f"line {place + 1} of the book removed", "" if place == 0 else f"{BOOK}:{place + 1}")

    def _lines_exchanged(self, files: Files) -> Lie:
        lines = self._lines(files, BOOK)
        a, b = sorted(self._draw.sample(range(len(lines)), 2))
        lines[a], lines[b] = lines[b], lines[a]
        files[BOOK] = b"".join(lines)
        return Lie(f"lines {a + 1} and {b + 1} of the book exchanged", BOOK)

    def _checkpoint(self, files: Files) -> Lie:
        """Move a signature to another checkpoint, with all hashes reckoned anew."""
        lines = [json.loads(line) for line in self._lines(files, BOOK)]
        places = [number for number, line in enumerate(lines) if line["kind"] == "checkpoint"]
        a, b = self._draw.sample(places, 2)
        lines[a]["body"]["signature"] = lines[b]["body"]["signature"]
        files[BOOK] = b"".join(canonical(line).encode() + b"\n" for line in _chained(lines))
        return Lie(f"signature of line {b + 1} moved to line {a + 1}", f"{BOOK}:{min(a, places[-1]) + 1}")

    def _plant(self, files: Files) -> Lie:
        """Change the plant's files."""
        name = self._draw.choice([name for name in files if name.startswith("plant/")])
        files[name] += b"# less strict\n"
        return Lie(f"{name} changed", "plant/")

    def _plant_swapped(self, files: Files) -> Lie:
        """Put another version in its place, whole and with its right hash."""
        other = {**FILES, "plant/plant.yaml": b"plant: another\n"}
        for name in [name for name in files if name.startswith("plant/")]:
            del files[name]
        manifest, told = json.loads(files["manifest.json"]), json.loads(files["dossier.json"])
        manifest["plant"] = told["plant"]["sha256"] = plant_sha256(other)
        files |= {f"plant/{plant_sha256(other)}/{name}": content for name, content in other.items()}
        files["manifest.json"], files["dossier.json"] = canonical(manifest).encode(), canonical(told).encode()
        return Lie("another plant", "dossier.json")

    def _figure(self, files: Files) -> Lie:
        """Change a figure of the dossier."""
        told = json.loads(files["dossier.json"])
        channel = self._draw.choice(told["channels"])
        figure = self._draw.choice(["n", "valid", "min", "max", "mean"])
        channel["statistics"][figure] += 0.001
        files["dossier.json"] = canonical(told).encode()
        return Lie(f"{figure} of {channel['id']}", f"dossier.json {channel['id']}")

    def _signature(self, files: Files) -> Lie:
        """Give a signature another person, meaning, or content."""
        told = json.loads(files["dossier.json"])
        told["signatures"][0][self._draw.choice(["who", "name", "meaning", "sha256"])] = "another"
        files["dossier.json"] = canonical(told).encode()
        return Lie("a signature", "dossier.json s-1")

    def _alarm(self, files: Files) -> Lie:
        """Change or remove an alarm, or put one in."""
        lines = self._lines(files, "alarms.csv")
        place = self._draw.randrange(1, len(lines))
        match self._draw.randrange(4):
            case 0:
                del lines[place]
            case 1:
                lines[place] = lines[place].replace(b"action,", b"alert,")
            case 2:
                lines[place] = lines[place].replace(b"zhang", b"wang")
            case _:
                lines.append(lines[place].replace(b"D/", b"E/"))
        files["alarms.csv"] = b"".join(lines)
        return Lie(f"alarm {place}", "alarms.csv")

    def _batch(self, files: Files) -> Lie:
        """Give the batch another time, product or line."""
        told = json.loads(files["dossier.json"])
        key = self._draw.choice(["started_at", "ended_at", "product", "line", "id"])
        told["batch"][key] = told["batch"][key].replace("2026", "2025") if key.endswith("_at") else "another"
        files["dossier.json"] = canonical(told).encode()
        return Lie(f"{key} of the batch", "dossier.json")

    def _header(self, files: Files) -> Lie:
        """Exchange the names of two channels, here and in the manifest."""
        manifest = json.loads(files["manifest.json"])
        channels = next(one["channels"] for one in manifest["series"] if one["file"] == ROWS)
        channels[0], channels[1] = channels[1], channels[0]
        header, _, rows = files[ROWS].partition(b"\n")
        swapped = header.replace(b"D/a", b"D/?").replace(b"D/b", b"D/a").replace(b"D/?", b"D/b")
        files[ROWS] = swapped + b"\n" + rows
        files["manifest.json"] = canonical(manifest).encode()
        return Lie("two channels exchanged", ROWS)

    def _tail(self, files: Files) -> Lie:
        """Add a line behind the last checkpoint that ends the batch another time; or a file beside."""
        files["samples/E.csv"] = files[ROWS]
        manifest = json.loads(files["manifest.json"])
        manifest["series"].append({**manifest["series"][0], "file": "samples/E.csv", "id": 77, "name": "E"})
        files["manifest.json"] = canonical(manifest).encode()
        return Lie("a series invented", "samples")

    def _series(self, files: Files) -> Lie:
        """Give the rows of a series to another."""
        manifest = json.loads(files["manifest.json"])
        first, second = manifest["series"][:2]
        first["id"], second["id"] = second["id"], first["id"]
        files["manifest.json"] = canonical(manifest).encode()
        return Lie("two series exchanged", "samples")


def _other(character: str) -> str:
    return "2" if character == "1" else "1"


def _chained(lines: list[dict[str, object]]) -> list[dict[str, object]]:
    """Reckon all hashes anew."""
    last = lines[0]["prev_hash"]
    for line in lines:
        line["prev_hash"] = last
        said = canonical({name: line[name] for name in ("at", "body", "chain", "kind", "seq", "who")})
        line["hash"] = last = hashlib.sha256((str(last) + said).encode()).hexdigest()
    return lines


def _zip(files: list[tuple[str, bytes]]) -> bytes:
    made = io.BytesIO()
    with (
        warnings.catch_warnings(),
        zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as zipped,
    ):
        warnings.simplefilter("ignore")
        for name, content in files:
            zipped.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return made.getvalue()
