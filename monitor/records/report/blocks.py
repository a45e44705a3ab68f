"""What a page of the report is made of: blocks of finished text. Typst sets them and reckons nothing.

A block is a Mapping with `kind`, as `pages/report.typ` takes it; a cell is a text, or a text with a tone and smaller
lines below it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

Cell: TypeAlias = "str | Mapping[str, Any]"
Block: TypeAlias = Mapping[str, Any]

TONES = {"within": "plain", "alert": "alert", "action": "action", "incomplete": "incomplete"}
"""In what tone a verdict is printed; the word itself says it too, so that nothing rests on colour."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its head, its width (a share, or as wide as it needs) and the side its text stands on."""

    head: str
    share: float | None = None
    right: bool = False


def cell(text: str, *below: str, tone: str = "plain", strong: bool = False) -> Cell:
    """Make a cell; lines that are empty are left out."""
    lines = [one for one in below if one]
    if not lines and tone == "plain" and not strong:
        return text
    return {"text": text, "below": lines, "tone": tone, "strong": strong}


def table(columns: Sequence[Column], rows: Iterable[Sequence[Cell] | str], *, empty: str) -> Block:
    """Make a table whose head is repeated on every page; a row that is one text stands over all columns.

    Args:
        columns: from left to right.
        rows: each with a cell for every column, or a text that begins a group.
        empty: said instead if there is no row.
    """
    body = list(rows)
    if not any(not isinstance(row, str) for row in body):
        return text(empty)
    return {
        "kind": "table",
        "columns": [{"head": one.head, "share": one.share, "right": one.right} for one in columns],
        "rows": body,
    }


def facts(rows: Iterable[tuple[str, Cell]]) -> Block:
    """Make a list of names and what is said of each."""
    return {"kind": "facts", "rows": [list(row) for row in rows]}


def text(said: str) -> Block:
    """Make a paragraph."""
    return {"kind": "text", "text": said}


def heading(title: str, says: str = "") -> Block:
    """Begin a part of a section."""
    return {"kind": "heading", "title": title, "says": says}


def section(title: str, blocks: Iterable[Block], says: str = "") -> Block:
    """Make a numbered section that stands in the contents."""
    return {"kind": "section", "title": title, "says": says, "blocks": list(blocks)}


def side_by_side(drawn: Iterable[Block], *, across: int) -> Block:
    """Make charts, so many beside one another."""
    return {"kind": "charts", "across": across, "charts": list(drawn)}
