"""The package as a file: what is in it, its manifest, the plant."""

import csv
import hashlib
import io
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from pathlib import Path

from monitor.records.package.verifier.said import Fault, Json, check_key, exactly, is_signed

COMMENT, SIGNATURE_CHARACTERS = b"gradewatch-package 1 ", 88
BLOCK_BYTES, TEXT_BYTES_MAX = 1 << 20, 256 << 20
CHANGED_FILE = "the file is not what the manifest says", "该文件与清单不符"


class Package:
    """A package that is read: first `check_names`, then `check_manifest`. `reading` is the file that it is at."""

    def __init__(self, path: Path, zipped: zipfile.ZipFile) -> None:
        self._path, self._zip = path, zipped
        self._key: Json = {}
        self.manifest: Json = {}
        self.reading = path.name

    def text(self, name: str) -> str:
        """Read one file whole."""
        self.reading = name
        if self._zip.getinfo(name).file_size > TEXT_BYTES_MAX:
            raise Fault(name, "too large", "过大")
        return self._zip.read(name).decode("utf-8")

    def _open(self, name: str) -> io.TextIOWrapper:
        self.reading = name
        return io.TextIOWrapper(self._zip.open(name), "utf-8", newline="")

    def lines(self, name: str) -> Iterator[tuple[str, str]]:
        """Yield every line of a file, with its place."""
        with self._open(name) as text:
            for number, line in enumerate(text, 1):
                yield f"{name}:{number}", line.removesuffix("\n")

    def raw_lines(self, name: str, header: list[str]) -> Iterator[bytes]:
        """Yield every line of a CSV file behind its header, as bytes; at its end see that it is what the manifest says.

        Of so many it would take twice as long to read them once for their hash and then as text.
        """
        self.reading = name
        digest, size, left = hashlib.sha256(), 0, b""
        with closing(self._zip.open(name)) as member:
            if member.readline() != (first := ",".join(header).encode() + b"\n"):
                raise Fault(name, "the header is not that of such a file", "表头不符")
            digest.update(first)
            while block := member.read(BLOCK_BYTES):
                digest.update(block)
                size += len(block)
                *lines, left = (left + block).split(b"\n")
                yield from lines
        told = self.manifest["files"][name]
        if left or (digest.hexdigest(), size + len(first)) != (told["sha256"], told["bytes"]):
            raise Fault(name, *CHANGED_FILE)

    def rows(self, name: str, header: list[str]) -> Iterator[tuple[str, list[str]]]:
        """Yield every row of a CSV file behind its header, with its place."""
        with self._open(name) as text:
            rows = csv.reader(text, strict=True)
            if next(rows, []) != header:
                raise Fault(name, "the header is not that of such a file", "表头不符")
            for number, row in enumerate(rows, 2):
                if len(row) != len(header):
                    raise Fault(f"{name}:{number}", "not a row of this table", "不是该表的行")
                yield f"{name}:{number}", row

    def check_names(self) -> None:
        """See that every file is there once, and packed as such files are."""
        there = Counter(info.filename for info in self._zip.infolist())
        for info in self._zip.infolist():
            if there[info.filename] > 1:
                raise Fault(info.filename, "there are two files of this name", "存在两个同名文件")
            if info.flag_bits & 1 or info.compress_type != zipfile.ZIP_DEFLATED or info.is_dir():
                raise Fault(info.filename, "not packed as Gradewatch packs", "不是 Gradewatch 的打包方式")
        if self._zip.infolist() and self._zip.infolist()[0].header_offset:
            raise Fault("zip", "bytes were put in or cut out", "有字节被插入或删除")
        for name in ("manifest.json", "manifest.sig", "keys.jsonl"):
            if name not in there:
                raise Fault(name, "the file is missing", "缺少该文件")

    def check_manifest(self, trusted: Iterable[str]) -> str:
        """See that the key to which the keys lead has signed the manifest; give the first key's fingerprint."""
        keys: list[Json] = []
        for where, line in self.lines("keys.jsonl"):
            keys.append(exactly(line, where))
            check_key(keys[-1], keys[-2] if len(keys) > 1 else None, where)
        written = self.text("manifest.json")
        signed = exactly(self.text("manifest.sig"), "manifest.sig")
        self._key = keys[-1] if keys else {}
        if signed["key"] != self._key.get("fingerprint") or not is_signed(
            self._key, signed["signature"], written.encode()
        ):
            raise Fault("manifest.json", "the signature over it does not hold", "对其的签名无效")
        if trusted and keys[0]["fingerprint"] not in trusted:
            raise Fault("keys.jsonl", "the first key is none of those you trust", "首个密钥不在受信任之列")
        self.manifest = exactly(written, "manifest.json")
        if self.manifest["format"] != 1:
            raise Fault("manifest.json", "a newer verifier is needed", "需要更新版本的核验程序")
        return str(keys[0]["fingerprint"])

    def check_files(self, progress: Callable[[float], object]) -> int:
        """See that each file but the rows is what the manifest says, and that there is no other; give their number."""
        told: dict[str, Json] = self.manifest["files"]
        there = {info.filename for info in self._zip.infolist()} - {"manifest.json", "manifest.sig"}
        for name in sorted(told.keys() ^ there):
            missing = (
                ("the file is missing", "缺少该文件"),
                ("the manifest knows no such file", "清单中无该文件"),
            )
            raise Fault(name, *missing[name in there])
        # Those are looked at as they are read; see `raw_lines`.
        others = {name: told[name] for name in told.keys() - {one["file"] for one in self.manifest["series"]}}
        done, whole = 0, sum(one["bytes"] for one in others.values()) or 1
        for name, one in sorted(others.items()):
            digest, size = hashlib.sha256(), 0
            self.reading = name
            with closing(self._zip.open(name)) as member:
                while block := member.read(BLOCK_BYTES):
                    digest.update(block)
                    size += len(block)
                    progress((done + size) / whole)
            if (digest.hexdigest(), size) != (one["sha256"], one["bytes"]):
                raise Fault(name, *CHANGED_FILE)
            done += size
        return len(told)

    def check_whole(self) -> None:
        """See that no byte beside the files is another: those of the zip's own tables, before and behind."""
        with self._path.open("rb") as file:
            size = file.seek(0, 2) - SIGNATURE_CHARACTERS
            digest, left = hashlib.sha256(), size
            file.seek(0)
            while block := file.read(min(BLOCK_BYTES, left)):
                digest.update(block)
                left -= len(block)
            signature = file.read().decode("latin-1")
        is_at_end = self._zip.comment == COMMENT + signature.encode("latin-1")
        if not is_at_end or not is_signed(self._key, signature, digest.digest()):
            raise Fault("zip", "a byte beside its files is not as it was made", "文件内容之外的字节有改动")

    def check_plants(self) -> int:
        """See that the files of each version of the plant are those of its hash; give how many there are."""
        versions: dict[str, list[tuple[int, str, str]]] = {}
        kinds = {"plant": (0, "plant"), "profiles": (1, "profile"), "grades": (2, "grade")}
        for path in (name for name in self.manifest["files"] if name.startswith("plant/")):
            _, sha256, folder, name = path.split("/")
            order, kind = kinds[folder]
            versions.setdefault(sha256, []).append((order, f"{kind}/{name}", path))
        for sha256, files in versions.items():
            digest = hashlib.sha256()
            for _, said, path in sorted(files):
                raw = self._zip.read(path)
                digest.update(f"{said}\n{len(raw)}\n".encode() + raw)
            if digest.hexdigest() != sha256:
                raise Fault(
                    f"plant/{sha256}", "these are not the files of this version", "不是该版本的配置文件"
                )
        if self.manifest["plant"] not in versions:
            raise Fault(
                "plant", "the version in force at the beginning is missing", "缺少批次开始时的配置版本"
            )
        return len(versions)
