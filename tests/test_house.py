"""The house rules that a machine can keep: sizes, and that nothing stands in the pages or on the screen unread."""

import ast
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("alarms", "bench", "config", "drivers", "monitor", "simulators", "tests")
ELSEWHERE = {"node_modules", "dist", "__pycache__"}
"""Folders of what others wrote, or of what is made."""
LINES_MAX, FUNCTION_MAX = 500, 70
SOURCE = ROOT / "monitor" / "dashboard" / "src"
MADE = SOURCE / "schema.d.ts"
DECISIONS = ROOT / "docs" / "decisions"
PAGES = [
    page for page in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))) if "zh-CN" not in page.name
]
OF_UPLOT = "u-"
"""The chart library names its own parts so."""


def files(*endings: str) -> Iterator[Path]:
    for room in ROOMS:
        for path in (ROOT / room).rglob("*"):
            if path.suffix in endings and path != MADE and ELSEWHERE.isdisjoint(path.parts):
                yield path


def screen() -> str:
    """Give all the code of the screen but its words, its comments and what is made."""
    paths = (path for path in files(".ts", ".tsx") if path.is_relative_to(SOURCE))
    code = "\n".join(path.read_text() for path in paths if path.parent.name != "words")
    return re.sub(r"/\*[\s\S]*?\*/|(?<!:)//.*", "", code)


def unread(names: Iterable[str], between: str) -> list[str]:
    """Name what stands nowhere in the code, whole or as a beginning that a template goes on from: `reason_${…}`."""
    code = screen()
    whole = set(re.findall(r"[\w-]+", code))
    begins = tuple(re.findall(rf"([\w-]+{between})\$\{{", code))
    return sorted(name for name in names if name not in whole and not name.startswith(begins))


def test_no_file_and_no_function_is_too_long() -> None:
    long = [
        f"{path.relative_to(ROOT)}: {lines} lines"
        for path in files(".py", ".ts", ".tsx", ".css", ".sql")
        if (lines := len(path.read_text().splitlines())) > LINES_MAX
    ]
    for path in files(".py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                long += [f"{path.relative_to(ROOT)}: {node.name}, {lines} lines"] * (lines > FUNCTION_MAX)
    assert long == []


def test_every_decision_is_listed_in_its_place_and_under_its_name() -> None:
    listed = re.findall(
        r"^\| \[(\d{4})\]\((.+?)\) \| (.+) \|$", (DECISIONS / "README.md").read_text(), re.MULTILINE
    )
    written = sorted(path for path in DECISIONS.glob("*.md") if path.name != "README.md")
    assert [name for _, name, _ in listed] == [path.name for path in written]
    titles = [f"# {int(number)}. {title}" for number, _, title in listed]
    assert titles == [path.read_text().partition("\n")[0] for path in written]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_says_as_much_in_both_languages(page: Path) -> None:
    twin = page.with_name(f"{page.stem}.zh-CN.md")
    shapes = [
        [
            len(re.findall(mark, path.read_text(), re.MULTILINE))
            for mark in (r"^#", r"^\|", r"^```", r"^- ", r"^\d+\.", r"\]\(")
        ]
        for path in (page, twin)
    ]
    assert shapes[0] == shapes[1], "headings, rows, code, items, numbered items, links"


def test_every_link_of_a_page_leads_somewhere() -> None:
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    lost = [
        f"{page.relative_to(ROOT)}: {link}"
        for page in pages
        for link in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text())
        if "://" not in link and not (page.parent / link).exists()
    ]
    assert lost == []


def test_every_word_of_the_screen_is_read() -> None:
    keys = {
        key
        for path in (SOURCE / "words").glob("*.ts")
        for key in re.findall(r'^  "?([\w-]+)"?:', path.read_text(), re.MULTILINE)
    }
    sets = json.loads((SOURCE / "words" / "members.json").read_text())
    keys |= {f"{of}_{member}" for of, members in sets.items() for member in members}
    assert len(keys) > 500
    assert unread(keys, "_") == []


def test_every_class_and_every_colour_of_the_styles_is_used() -> None:
    styles = "\n".join(
        re.sub(r"/\*.*?\*/|url\([^)]*\)", "", path.read_text(), flags=re.DOTALL) for path in files(".css")
    )
    classes = {one for one in re.findall(r"\.([a-zA-Z_][\w-]*)", styles) if not one.startswith(OF_UPLOT)}
    colours = set(re.findall(r"--([\w-]+)\s*:", styles))
    assert len(classes) > 200
    assert unread(classes, "-") == []
    assert unread((one for one in colours if f"var(--{one}" not in styles), "-") == []


def test_the_map_leads_to_what_is_there() -> None:
    rows = re.findall(
        r"^\| \d+ \| `([\w/.]+)`((?:,? `[\w.]+`)*)", (ROOT / "ARCHITECTURE.md").read_text(), re.MULTILINE
    )
    assert len(rows) > 30
    for where, names in rows:
        assert (ROOT / where).exists(), where
        for name in re.findall(r"\w+(?=`)", names):
            assert re.search(
                rf"^\s*(async )?(def|class) {name}\b", (ROOT / where).read_text(), re.MULTILINE
            ), (
                where,
                name,
            )
