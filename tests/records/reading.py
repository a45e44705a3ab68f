"""Reads a PDF as a stranger does: with poppler, which knows nothing of who wrote it."""

import shutil
import subprocess
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext


def text_of(pdf: bytes, page: int | None = None) -> str:
    """Give the text of a page, or of all of them, each line as it stands on the paper."""
    pages = [] if page is None else ["-f", str(page), "-l", str(page)]
    return _asked("pdftotext", "-layout", *pages, "-", "-", given=pdf)


def pages_of(pdf: bytes) -> list[str]:
    """Give the text of each page."""
    return text_of(pdf).removesuffix("\f").split("\f")


def fonts_of(file: Path) -> dict[str, bool]:
    """Give every font of a file, without the letters before its name, and whether it is embedded."""
    lines = _asked("pdffonts", str(file)).splitlines()[2:]
    return {line.split()[0].partition("+")[2]: line.split()[-5] == "yes" for line in lines}


def seal_of(pdf: bytes, at: datetime) -> Any:
    """What pyHanko says of the one seal of a file at a time, if its own certificate is trusted."""
    (seal,) = PdfFileReader(BytesIO(pdf)).embedded_signatures
    trusted = ValidationContext(trust_roots=[seal.signer_cert], moment=at)
    return validate_pdf_signature(seal, trusted)


def _asked(program: str, *arguments: str, given: bytes = b"") -> str:
    path = shutil.which(program)
    assert path, f"no {program}: run .ci/poppler"
    return subprocess.run([path, *arguments], input=given, capture_output=True, check=True).stdout.decode()
