"""Labels: what is drawn is the code, and nothing of a text is lost or becomes markup."""

import re
from xml.etree import ElementTree as ET

import segno
from hypothesis import given
from hypothesis import strategies as st

from monitor.server.labels import HEIGHT_MM, QUIET, SAFE, TEXT_MM, WIDTH_MM, Label, drawing, page

SVG = "{http://www.w3.org/2000/svg}"
LABEL = Label(
    "V-26-000123",
    ("Active air, filling side", "STM-L1-A-ISO · A", "B-2026-0117", "2026-03-02", "TSA 90 mm"),
)


def modules(path: str) -> set[tuple[int, int]]:
    """Read back which squares a path fills: column and row."""
    runs = re.findall(r"M(\d+) (\d+)h(\d+)v1h-(\d+)z", path)
    assert "".join(f"M{x} {y}h{right}v1h-{left}z" for x, y, right, left in runs) == path
    assert all(right == left for _, _, right, left in runs)
    return {(int(x) + step, int(y)) for x, y, length, _ in runs for step in range(int(length))}


@given(st.text("0123456789ABCDEFGHJKMNPQRSTVWXYZ-", min_size=4, max_size=20))
def test_what_is_drawn_is_the_code_with_its_quiet_zone(code: str) -> None:
    svg = ET.fromstring(drawing(Label(code, ())))
    path = svg.find(f"{SVG}path")
    assert path is not None
    wanted = segno.make_qr(code, error=SAFE)
    dark = {
        (x + QUIET, y + QUIET) for y, row in enumerate(wanted.matrix) for x, cell in enumerate(row) if cell
    }
    assert modules(path.attrib["d"]) == dark


def test_every_line_stands_on_the_label_below_the_one_before() -> None:
    svg = ET.fromstring(drawing(LABEL))
    texts = svg.findall(f"{SVG}text")
    assert [one.text for one in texts] == [LABEL.code, *LABEL.lines]
    places = [float(one.attrib["y"]) for one in texts]
    assert places == sorted(set(places))
    assert places[-1] < HEIGHT_MM
    assert svg.attrib["width"] == f"{WIDTH_MM}mm"


def test_what_is_too_long_is_narrower_and_whole() -> None:
    long = "左侧操作区沉降菌采样点位于灌装针与转盘之间"
    (text,) = ET.fromstring(drawing(Label("V", (long,)))).findall(f"{SVG}text")[1:]
    assert (text.text, text.attrib["textLength"]) == (long, str(TEXT_MM))


@given(st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=30))
def test_no_text_becomes_markup(text: str) -> None:
    told = page(text, "zh", [Label("V-1", (text,))])
    body = told[told.index("<svg") : told.rindex("</svg>") + len("</svg>")]
    (_, line) = ET.fromstring(body).findall(f"{SVG}text")
    assert (line.text or "") == text
    assert "<style" not in told
    assert " style=" not in told.replace(body, "")
