"""Labels for plates: each one drawing with its code in figures and as a QR code, many of them on a page to print.

Drawn with SVG's own attributes alone: the gate's policy lets no style into a page, and a file that is sent on to a
label printer needs none.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import escape
from itertools import groupby
from unicodedata import east_asian_width

import segno

WIDTH_MM, HEIGHT_MM = 60, 30
"""Demo proposal: a small label, which a 55 mm plate still carries on its lid's edge."""
QR_MM = 22
QUIET = 4
"""Light modules around a QR code (ISO/IEC 18004:2015, 6.3.8); without them a scanner does not find it."""
TEXT_MM = WIDTH_MM - QR_MM - 5

SAFE = "m"
"""Its level M mends what 15 % of damage hides (ISO/IEC 18004:2015, 6.5.1): a plate is handled wet."""


@dataclass(frozen=True, slots=True)
class Label:
    """What stands on one plate.

    Attributes:
        code: by which it is found again; what the QR code says, and nothing else.
        lines: position, zone, batch, day, medium; in the reader's language.
    """

    code: str
    lines: tuple[str, ...]


def page(title: str, language: str, labels: Iterable[Label]) -> str:
    """Write a page of labels, which a browser prints as it is; a label is not cut by the end of a sheet."""
    drawn = "\n".join(drawing(label) for label in labels)
    head = f'<meta charset="utf-8"><title>{escape(title)}</title>'
    return (
        f'<!doctype html>\n<html lang="{language}">\n<head>{head}</head>\n<body>\n{drawn}\n</body>\n</html>\n'
    )


def drawing(label: Label) -> str:
    """Draw one label, in millimetres."""
    drawn = "".join(_line(text, size, bold, at) for text, size, bold, at in _laid_out(label))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH_MM}mm" height="{HEIGHT_MM}mm"'
        f' viewBox="0 0 {WIDTH_MM} {HEIGHT_MM}" role="img" aria-label="{escape(label.code)}">'
        f'<rect x=".3" y=".3" width="{WIDTH_MM - 0.6}" height="{HEIGHT_MM - 0.6}" rx="1.5" fill="#fff" stroke="#bbb"'
        f' stroke-width=".2"/>{_qr(label.code)}{drawn}</svg>'
    )


def _laid_out(label: Label) -> Iterator[tuple[str, float, bool, float]]:
    yield label.code, 4.2, True, 6.2
    for row, text in enumerate(label.lines):
        yield text, 3.0, row == 0, 10.8 + row * 4.2


def _line(text: str, size_mm: float, bold: bool, at_mm: float) -> str:
    # What is too long is drawn narrower: cut off, one position would look like another.
    narrow = f' textLength="{TEXT_MM}" lengthAdjust="spacingAndGlyphs"' * (_wide(text) * size_mm > TEXT_MM)
    weight = ' font-weight="700"' * bold
    return (
        f'<text x="{QR_MM + 3}" y="{at_mm:.1f}" font-size="{size_mm}"{weight}{narrow} fill="#000"'
        f' font-family="Noto Sans SC, Noto Sans CJK SC, Microsoft YaHei, sans-serif">{escape(text)}</text>'
    )


def _wide(text: str) -> float:
    """About how wide a text is, in heights of it."""
    return sum(1.0 if east_asian_width(one) in "WF" else 0.62 for one in text)


def _qr(code: str) -> str:
    """Draw a QR code: its dark modules as runs, on the label's own light ground."""
    rows = [list(row) for row in segno.make_qr(code, error=SAFE).matrix_iter(border=QUIET)]
    path = "".join(
        _run(start, row, length) for row, cells in enumerate(rows) for start, length in _dark(cells)
    )
    scale = QR_MM / len(rows)
    return (
        f'<path transform="translate(1 {(HEIGHT_MM - QR_MM) / 2}) scale({scale:.4f})" fill="#000"'
        f' shape-rendering="crispEdges" d="{path}"/>'
    )


def _run(start: int, row: int, length: int) -> str:
    return f"M{start} {row}h{length}v1h-{length}z"


def _dark(cells: list[int]) -> Iterator[tuple[int, int]]:
    """Where each run of dark modules begins, and how long it is."""
    start = 0
    for is_dark, run in groupby(cells):
        length = len(list(run))
        if is_dark:
            yield start, length
        start += length
