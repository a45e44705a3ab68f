"""The font of the report, made at set-up: nothing is fetched, and no font of the machine is used."""

from functools import cache
from pathlib import Path

import typst

FOLDER = Path(__file__).with_name("fonts")
FONT = "NotoSansSC.ttc"
SIGNS = "signs.txt"


class FontError(Exception):
    """The font is not there; the message says what to do."""


@cache
def fonts(folder: Path = FOLDER) -> typst.Fonts:
    """Give the font to Typst, read once.

    Raises:
        FontError: it is not there.
    """
    if not (folder / FONT).is_file():
        raise FontError(f"{folder / FONT} is not there, so that no report can be set: run `make setup`")
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[folder])


@cache
def signs(folder: Path = FOLDER) -> frozenset[str]:
    """Give every sign that the font can show.

    Raises:
        FontError: it is not there.
    """
    try:
        return frozenset((folder / SIGNS).read_text("utf-8"))
    except OSError:
        raise FontError(
            f"{folder / SIGNS} is not there, so that no report can be set: run `make setup`"
        ) from None


def shown(text: str) -> str:
    """Write a text so that the font can show all of it: a sign that it has not stands as its number, `[U+4DAE]`.

    So nothing is ever left out, or printed as an empty box that could be anything.
    """
    if text.isascii() and text.isprintable():
        return text
    known = signs()
    lines = text.replace("\r\n", "\n").replace("\t", " ")
    return "".join(sign if sign in known or sign == "\n" else f"[U+{ord(sign):04X}]" for sign in lines)
