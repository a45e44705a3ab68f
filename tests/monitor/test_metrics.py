"""The figures that the page on running names are those that the processes tell, in both languages."""

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCES = ("metrics.py", "collector/metrics.py", "server/measured.py", "server/metrics.py")
NAMED = re.compile(r"gradewatch_[a-z0-9_]+(?:\{[a-z0-9,]+\}[a-z0-9_]+)?")


def told() -> set[str]:
    """Give the names in the code; a counter's without the end that its writing adds."""
    code = "".join((ROOT / "monitor" / source).read_text() for source in SOURCES)
    return set(re.findall(r'"(gradewatch_[a-z0-9_]+)"', code))


ROLES = {"gradewatch_reader"}
"""Of the database, on the same page."""


def named(page: str) -> set[str]:
    """Give the names on a page; `a_{b,c}_d` are two."""
    return {name for found in NAMED.findall((ROOT / "docs" / page).read_text()) for name in _each(found)}


def _each(found: str) -> Iterator[str]:
    before, brace, rest = found.partition("{")
    if not brace:
        yield found
        return
    middle, _, after = rest.partition("}")
    yield from (f"{before}{one}{after}" for one in middle.split(","))


def test_the_page_names_what_is_told() -> None:
    names = named("operations.md")
    assert names == named("operations.zh-CN.md")
    names -= ROLES
    assert len(names) > 40
    known = told()
    unknown = {
        name for name in names if not {name, name.removesuffix("_total"), name.removesuffix("_info")} & known
    }
    assert unknown == set()
    ends = ("", "_total", "_info")
    missing = {name for name in known if not any(name + end in names for end in ends)}
    # Named on the page by their ends only, or of interest to nobody who is called.
    assert (
        missing
        == {
            "gradewatch_journal_entries",
            "gradewatch_journal_pending_writes",
            "gradewatch_journal_room_seconds",
            "gradewatch_journal_used_ratio",
        }
        - names
    )
