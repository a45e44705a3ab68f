"""The report of a batch as PDF, made of its dossier and of chart points alone, in English or Chinese.

Python writes every text and figure, Typst sets them: `pages/report.typ`. The file is PDF/A-2a, so
that it can be read for as long as the record must be kept.
"""

import asyncio
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import typst

from config.plant import Plant
from monitor.records.report import sections as parts
from monitor.records.report.blocks import Block, Cell, section, side_by_side
from monitor.records.report.charts import chart, legend
from monitor.records.report.drawn import Points, has_chart
from monitor.records.report.font import fonts, shown
from monitor.records.report.front import exceptions, front
from monitor.records.report.pades import Seal
from monitor.records.report.points import charts
from monitor.records.report.telling import Telling, Told, beyond
from monitor.records.report.words import Words
from monitor.store.chain import canonical
from monitor.store.database import Pool

LANGUAGES = ("en", "zh")
PAGES = Path(__file__).with_name("pages") / "report.typ"


class ReportError(Exception):
    """The report could not be set; the message says why."""


@dataclass(frozen=True, slots=True)
class Made:
    """How a report comes to be.

    Attributes:
        at: aware; when it is made.
        by: who asked for it.
        seal: what it is sealed with; None: it is not.
    """

    at: datetime
    by: str
    seal: Seal | None = None


def report(told: Told, points: Mapping[str, Points], language: str, made: Made) -> bytes:
    """Make the report of a batch. It takes seconds and is for a thread, not for an event loop.

    Args:
        told: the dossier, as `dossier.told` gives it.
        points: of each channel that has a chart, by its id.
        language: `en` or `zh`.
        made: when and by whom.

    Returns:
        The PDF, sealed if there is a seal.

    Raises:
        FontError: the font was never made.
        SealError: the seal's certificate is not valid at that time.
        ReportError: it could not be set.
    """
    telling = Telling(told, Words(language), made.at)
    document = json.dumps(_shown(_document(telling, points, language, made)), ensure_ascii=False)
    try:
        pdf = typst.compile(
            PAGES,
            root=PAGES.parent,
            font_paths=fonts(),
            format="pdf",
            sys_inputs={"data": document},
            pdf_standards="a-2a",
            timestamp=made.at.astimezone(UTC).replace(microsecond=0),
        )
    except typst.TypstError as error:
        raise ReportError(f"batch {told['batch']['id']}: {error.message}") from error
    if not isinstance(pdf, bytes):
        raise ReportError(f"batch {told['batch']['id']}: no PDF came of it")
    return (
        made.seal.put_on(pdf, f"{telling.words('title')} {told['batch']['id']}", made.at)
        if made.seal
        else pdf
    )


async def reports(pool: Pool, plant: Plant, told: Told, made: Made) -> dict[str, bytes]:
    """Make the report in every language, by the names that the files have in the package.

    Args:
        pool: of a migrated database, which the charts' points come from.
        plant: of the batch's time.
        told: the dossier.
        made: when and by whom.

    Raises:
        DatabaseError: the database cannot be reached, or refuses.
        FontError, SealError, ReportError: as `report` does.
    """
    points = await charts(pool, plant, told)
    return {
        f"report.{language}.pdf": await asyncio.to_thread(report, told, points, language, made)
        for language in LANGUAGES
    }


def _document(telling: Telling, points: Mapping[str, Points], language: str, made: Made) -> Mapping[str, Any]:
    say, told = telling.words, telling.told
    batch = told["batch"]["id"]
    local = made.at.astimezone(telling.zone)
    return {
        "language": language,
        "title": f"{say('title')} {batch}",
        "author": "Gradewatch",
        "date": {"year": local.year, "month": local.month, "day": local.day},
        "head": f"{say('title')} {batch}",
        "plant": telling.label(told["plant"]["label"]),
        "footer": {
            "batch": f"{say('batch')} {batch}",
            "page": say("page_of", page="{page}", pages="{pages}"),
            "digest": f"{say('dossier_sha256')}{say.colon}{_digest(told)}",
            "times": say("times_in", zone=telling.clock),
            "main_data": say("main_data"),
            "made": say("made", at=telling.moment(made.at), who=made.by),
        },
        "front": front(telling),
        "sections": list(_sections(telling, points, made)),
    }


def _sections(telling: Telling, points: Mapping[str, Points], made: Made) -> Iterator[Block]:
    say = telling.words
    drawn = [one for one in telling.told["channels"] if has_chart(one, points)]
    far = beyond(telling.told)
    is_far = {one["id"]: not far.isdisjoint((one["id"], *points[one["id"]].beside)) for one in drawn}
    first = [chart(telling, one, points[one["id"]]) for one in drawn if is_far[one["id"]]]
    rest = [chart(telling, one, points[one["id"]], half=True) for one in drawn if not is_far[one["id"]]]
    yield exceptions(telling, [legend(telling), side_by_side(first, across=1)] if first else [])
    yield parts.batch(telling)
    yield parts.channels(telling)
    if rest:
        yield section(say("s_charts"), [legend(telling), side_by_side(rest, across=2)], say("charts_say"))
    yield parts.happened(telling)
    yield parts.viable(telling)
    yield parts.equipment(telling)
    yield parts.plant(telling)
    yield parts.complete(telling)
    yield parts.assessed(telling)
    yield parts.signed(telling, _seal(telling, made))
    yield parts.how(telling)


def _seal(telling: Telling, made: Made) -> Sequence[tuple[str, Cell]]:
    if made.seal is None:
        return []
    say = telling.words
    return [(say("seal_subject"), made.seal.subject), (say("seal_fingerprint"), made.seal.fingerprint)]


def _digest(told: Told) -> str:
    """The sha256 of `dossier.json` in the package, which holds just this text."""
    return hashlib.sha256(canonical(told).encode()).hexdigest()


def _shown(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Write every text so that the font has all of it."""
    match value:
        case str():
            return shown(value)
        case Mapping():
            return {key: _shown(inner) for key, inner in value.items()}
        case list() | tuple():
            return [_shown(inner) for inner in value]
        case _:
            return value
