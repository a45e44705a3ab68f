"""A YAML file as plain data that remembers the line of every key and item.

The YAML read here is a small, plain one, because QA reads and signs these files: the scalars of YAML 1.2 (`off`, `no`
and `1:30` are words, not booleans and seconds), no anchors or aliases (what counts stands where it is read), no
tags, no key twice.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias, cast

import yaml

from config.faults import Fault

SIZE_MAX_BYTES = 1_000_000
DEPTH_MAX = 20
DIGITS_MAX = 40

Keys: TypeAlias = tuple[str | int, ...]
"""The way to a place in a file: keys of mappings and indices of lists."""


@dataclass(frozen=True, slots=True)
class Source:
    """One file as read: its data, the line of every key and item (counted from 1), and its bytes."""

    file: str
    data: object
    lines: Mapping[Keys, int]
    raw: bytes

    def fault(self, message: str, *keys: str | int) -> Fault:
        """Make a Fault at a place, or at the nearest place around it that is written."""
        while keys not in self.lines:
            keys = keys[:-1]
        return Fault(self.file, self.lines[keys], message)


class _UnreadableError(Exception):
    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


_FLOAT = r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
_PLAIN = re.compile(
    rf"(?P<null>~|null|)|(?P<bool>true|false)|(?P<int>[-+]?[0-9]+|0x[0-9a-fA-F]+)|(?P<float>{_FLOAT})"
)
"""What a scalar without quotes is, by the core schema of YAML 1.2; any other is text."""
_TAG = "tag:yaml.org,2002:"


def read(path: Path, faults: list[Fault]) -> Source | None:
    """Read one YAML file.

    Args:
        path: the file.
        faults: what is wrong is added here.

    Returns:
        The file as data (an empty one as an empty mapping), or None if it cannot be read as YAML at all.
    """
    try:
        raw = _bytes(path)
        reading = _Reading(str(path), _text(raw))
        data = reading.data()
    except _UnreadableError as error:
        faults.append(Fault(str(path), error.line, str(error)))
        return None
    faults.extend(reading.faults)
    return Source(str(path), data, reading.lines, raw)


def _bytes(path: Path) -> bytes:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise _UnreadableError(1, f"cannot be read ({error.strerror}); make it a readable file") from error
    if len(raw) > SIZE_MAX_BYTES:
        raise _UnreadableError(1, f"larger than {SIZE_MAX_BYTES} bytes; split it into several files")
    return raw


def _text(raw: bytes) -> str:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise _UnreadableError(line, "is not UTF-8; save the file in the encoding UTF-8") from error
    if odd := yaml.reader.Reader.NON_PRINTABLE.search(text):
        line = text.count("\n", 0, odd.start()) + 1
        raise _UnreadableError(line, f"holds {odd[0]!r}, which YAML does not allow; remove it")
    return text


class _Reading:
    """Turns the parser's events into plain data as they come, and notes the lines on the way."""

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.lines: dict[Keys, int] = {(): 1}
        self.faults: list[Fault] = []
        self._parser = yaml.CSafeLoader(text)

    def data(self) -> object:
        """Read the one document of the file; an empty file is an empty mapping."""
        self._next()
        if isinstance(self._next(), yaml.StreamEndEvent):
            return {}
        data = self._plain(self._next(), ())
        self._next()
        after = self._next()
        if not isinstance(after, yaml.StreamEndEvent):
            raise _UnreadableError(
                _line(after), "is not YAML of one document; write what follows into a file of its own"
            )
        return data

    def _next(self) -> yaml.Event:
        try:
            event = cast("yaml.Event", self._parser.get_event())
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line = mark.line + 1 if mark else 1
            why = " ".join(filter(None, (error.context, error.problem)))
            message = f"is not YAML: {why}; check indentation and brackets, and put quotes around signs"
            raise _UnreadableError(line, message) from error
        if getattr(event, "anchor", None) is not None:
            message = "anchors and aliases are not used here; write the text out where it counts"
            raise _UnreadableError(_line(event), message)
        return event

    def _plain(self, event: yaml.Event, keys: Keys) -> object:
        if isinstance(event, yaml.ScalarEvent):
            return _scalar(event)
        if len(keys) >= DEPTH_MAX:
            raise _UnreadableError(_line(event), f"nested more than {DEPTH_MAX} deep; write it flatter")
        is_mapping = isinstance(event, yaml.MappingStartEvent)
        tag = cast("yaml.CollectionStartEvent", event).tag
        if tag not in {None, "!", f"{_TAG}{'map' if is_mapping else 'seq'}"}:
            raise _not_used(event, tag)
        return self._mapping(keys) if is_mapping else self._list(keys)

    def _list(self, keys: Keys) -> list[object]:
        data: list[object] = []
        while not isinstance(event := self._next(), yaml.SequenceEndEvent):
            place = (*keys, len(data))
            self.lines[place] = _line(event)
            data.append(self._plain(event, place))
        return data

    def _mapping(self, keys: Keys) -> dict[str | int, object]:
        data: dict[str | int, object] = {}
        while not isinstance(event := self._next(), yaml.MappingEndEvent):
            key = _key(event)
            place = (*keys, key)
            if key in data:
                message = f"{key!r} stands twice, first in line {self.lines[place]}; leave one of them out"
                self.faults.append(Fault(self.file, _line(event), message))
                self._pass_over()
                continue
            self.lines[place] = _line(event)
            data[key] = self._plain(self._next(), place)
        return data

    def _pass_over(self) -> None:
        """Leave out a whole value."""
        depth = 0
        while True:
            event = self._next()
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth == 0:
                return


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1


def _not_used(event: yaml.Event, tag: str) -> _UnreadableError:
    return _UnreadableError(_line(event), f"the tag {tag!r} is not used here; leave it out")


def _key(event: yaml.Event) -> str | int:
    key = _scalar(event) if isinstance(event, yaml.ScalarEvent) else None
    if isinstance(key, str) or type(key) is int:
        return key
    message = "a key must be a word or a whole number; put it in quotes if it is meant as text"
    raise _UnreadableError(_line(event), message)


def _kind(event: yaml.ScalarEvent) -> str:
    """Say what a scalar is: by its tag, or as it looks if it stands without quotes."""
    if event.tag not in {None, "!"}:
        return str(event.tag).removeprefix(_TAG)
    found = _PLAIN.fullmatch(event.value) if event.implicit[0] else None
    return found.lastgroup or "str" if found else "str"


def _scalar(event: yaml.ScalarEvent) -> object:
    text = str(event.value)
    try:
        match _kind(event):
            case "str":
                text.encode()  # half of a surrogate pair can be written as an escape, but never kept
                return text
            case "int" | "float" if len(text) > DIGITS_MAX:
                message = f"a number of more than {DIGITS_MAX} digits; write it shorter"
                raise _UnreadableError(_line(event), message)
            case "int":
                return int(text, 16 if text.startswith("0x") else 10)
            case "float":
                return float(text)
            case "bool":
                return {"true": True, "false": False}[text]
            case "null":
                return None
            case _:
                raise _not_used(event, str(event.tag))
    except (ValueError, KeyError) as error:
        message = f"{text[:40]!r} is no value; write it plainly, without a tag"
        raise _UnreadableError(_line(event), message) from error
