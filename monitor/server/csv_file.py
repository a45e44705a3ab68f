"""A table as a CSV file, with a header in either language."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import Annotated, Any, TypeAlias

from fastapi import Query
from fastapi.responses import Response

from config.model import Text
from monitor.server.messages import refusals
from monitor.store.export import Language

ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"description": "The file", "content": {"text/csv": {"schema": {"type": "string"}}}},
    **refusals(401, 403, 422, 503),
}

_FORMULA = re.compile(r"[=+@\t\r]|-(?![\d.]+$)")
"""How a formula begins; a number may be below zero."""

HeaderLanguage: TypeAlias = Annotated[Language, Query(description="of the header")]


def csv_file(head: Iterable[Text], rows: Iterable[Sequence[Any]], language: Language) -> Response:
    """Write a table: None is an empty cell, a number is written so that it reads back the same."""
    titles = [one.zh if language is Language.ZH else one.en for one in head]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([titles, *([_inert(cell) for cell in row] for row in rows)])
    # Behind a byte order mark, without which spreadsheets take Chinese for another encoding.
    mark = "\ufeff" if language is Language.ZH else ""
    return Response(mark + text.getvalue(), media_type="text/csv; charset=utf-8")


def _inert(cell: Any) -> Any:  # noqa: ANN401 - whatever a table may hold
    """What a spreadsheet would take for a formula is a text to it."""
    return f"'{cell}" if isinstance(cell, str) and _FORMULA.match(cell) else cell
