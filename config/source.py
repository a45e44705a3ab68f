"""A YAML file as plain data that remembers the line of every key and item.

The YAML read here is a small, plain one, because QA reads and signs these files: the scalars of YAML 1.2 (`off`, `no`
and `1:30` are words, not booleans and seconds), no anchors or aliases (what counts stands where it is read), no
tags, no key twice.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

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


class _Loader(yaml.CSafeLoader):
    """Composes nodes only; the scalars are those of the YAML 1.2 core schema."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - PyYAML's own


_FLOAT = r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
for _tag, _pattern in (
    ("null", r"~|null|"),
    ("bool", r"true|false"),
    ("int", r"[-+]?[0-9]+|0x[0-9a-fA-F]+"),
    ("float", _FLOAT),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})$"), None)


def read(path: Path, faults: list[Fault]) -> Source | None:
    """Read one YAML file.

    Args:
        path: the file.
        faults: what is wrong is added here.

    Returns:
        The file as data (an empty one as an empty mapping), or None if it cannot be read as YAML at all.
    """
    walk = _Walk(str(path))
    try:
        raw = _bytes(path)
        node = _compose(_text(raw))
        data = walk.plain(node, ()) if node else {}
    except _UnreadableError as error:
        faults.append(Fault(str(path), error.line, str(error)))
        return None
    faults.extend(walk.faults)
    return Source(str(path), data, walk.lines, raw)


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
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise _UnreadableError(line, "is not UTF-8; save the file in the encoding UTF-8") from error


def _compose(text: str) -> yaml.Node | None:
    if odd := yaml.reader.Reader.NON_PRINTABLE.search(text):
        line = text.count("\n", 0, odd.start()) + 1
        raise _UnreadableError(line, f"holds {odd[0]!r}, which YAML does not allow; remove it")
    try:
        _look_through(text)
        return _Loader(text).get_single_node()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        why = " ".join(filter(None, (error.context, error.problem)))
        message = f"is not YAML: {why}; check indentation and brackets, and put quotes around signs"
        raise _UnreadableError(line, message) from error


def _look_through(text: str) -> None:
    """Refuse what could grow without end before any node is made of it."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        line = event.start_mark.line + 1 if event.start_mark else 1
        if getattr(event, "anchor", None) is not None:
            raise _UnreadableError(
                line, "anchors and aliases are not used here; write the text out where it counts"
            )
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEPTH_MAX:
            raise _UnreadableError(line, f"nested more than {DEPTH_MAX} deep; write it flatter")


class _Walk:
    """Turns nodes into plain data and notes the lines on the way."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.lines: dict[Keys, int] = {(): 1}
        self.faults: list[Fault] = []

    def plain(self, node: yaml.Node, keys: Keys) -> object:
        match node:
            case yaml.MappingNode(tag="tag:yaml.org,2002:map"):
                return self._mapping(node, keys)
            case yaml.SequenceNode(tag="tag:yaml.org,2002:seq"):
                return [self._item(item, (*keys, place)) for place, item in enumerate(node.value)]
            case yaml.ScalarNode():
                return _scalar(node)
            case _:
                raise _UnreadableError(_line(node), f"the tag {node.tag!r} is not used here; leave it out")

    def _item(self, node: yaml.Node, keys: Keys) -> object:
        self.lines[keys] = _line(node)
        return self.plain(node, keys)

    def _mapping(self, node: yaml.MappingNode, keys: Keys) -> dict[str | int, object]:
        data: dict[str | int, object] = {}
        for key_node, value_node in node.value:
            key = _key(key_node)
            if key in data:
                first = self.lines[*keys, key]
                message = f"{key!r} stands twice, first in line {first}; leave one of them out"
                self.faults.append(Fault(self.file, _line(key_node), message))
                continue
            self.lines[*keys, key] = _line(key_node)
            data[key] = self.plain(value_node, (*keys, key))
        return data


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def _key(node: yaml.Node) -> str | int:
    key = _scalar(node) if isinstance(node, yaml.ScalarNode) else None
    if isinstance(key, str) or type(key) is int:
        return key
    raise _UnreadableError(
        _line(node), "a key must be a word or a whole number; put it in quotes if it is meant as text"
    )


def _scalar(node: yaml.ScalarNode) -> object:
    text = str(node.value)
    try:
        match node.tag.removeprefix("tag:yaml.org,2002:"):
            case "str":
                text.encode()  # half of a surrogate pair can be written as an escape, but never kept
                return text
            case "int" | "float" if len(text) > DIGITS_MAX:
                raise _UnreadableError(
                    _line(node), f"a number of more than {DIGITS_MAX} digits; write it shorter"
                )
            case "int":
                return int(text, 16 if text.startswith("0x") else 10)
            case "float":
                return float(text)
            case "bool":
                return {"true": True, "false": False}[text]
            case "null":
                return None
            case _:
                raise _UnreadableError(_line(node), f"the tag {node.tag!r} is not used here; leave it out")
    except (ValueError, KeyError) as error:
        raise _UnreadableError(
            _line(node), f"{text[:40]!r} is no value; write it plainly, without a tag"
        ) from error
