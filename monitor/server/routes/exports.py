"""Readings as a file, every one as it is stored: CSV or Parquet."""

from datetime import UTC
from enum import StrEnum
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response

from config.model import Text
from monitor.server.may import may
from monitor.server.messages import refusals
from monitor.server.period import Period
from monitor.server.pushed import Pushed
from monitor.server.refusal import Refusal
from monitor.server.rights import Deed
from monitor.server.routes.readings import ChannelIds, unknown
from monitor.server.service import Here, Service
from monitor.store.catalog import UnknownChannelError
from monitor.store.export import Asked, Language, Out, Write, write_csv, write_parquet

PATIENCE_S = 3600.0
"""Longest time that an export may take: it holds a connection to the database, of which there are few."""


class Format(StrEnum):
    """What kind of file."""

    CSV = "csv"
    PARQUET = "parquet"


MEDIA_TYPES = {Format.CSV: "text/csv; charset=utf-8", Format.PARQUET: "application/vnd.apache.parquet"}


ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The file",
        "content": {
            media: {"schema": {"type": "string", "format": "binary"}} for media in MEDIA_TYPES.values()
        },
    },
    **refusals(401, 403, 404, 422, 503),
}

router = APIRouter(tags=["exports"])


@router.get(
    "/exports/readings.{kind}",
    dependencies=[Depends(may(Deed.EXPORT))],
    response_class=Response,
    responses=ANSWERS,
)
async def export_readings(
    kind: Format,
    channel: ChannelIds,
    period: Period,
    here: Here,
    language: Annotated[Language, Query(description="of a CSV file's header and qualities")] = Language.EN,
) -> Response:
    """Every reading of these channels from `start` to `end`, channel after channel, oldest first.

    One row per channel and time: the time in the plant's zone with its offset, the channel, the value as it is stored,
    its unit and its quality, and whether the instrument was in order then, overdue, unqualified or unknown to the
    register; in a CSV file the time in UTC too.
    """
    asked = Asked(channel, *period, here.settings.plant.time_zone)
    write: Write = write_parquet if kind is Format.PARQUET else partial(write_csv, language=language)
    first, last = (f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}" for at in period)
    return Pushed(partial(_export, here, asked, write), MEDIA_TYPES[kind], f"readings_{first}_{last}.{kind}")


def check_free(here: Service) -> None:
    """See that one more file may be written now.

    Raises:
        Refusal: 503, others are being written.
    """
    if here.exports.locked():
        raise Refusal(
            503,
            Text(
                en="Other exports are being written; try again in a few minutes.",
                zh="正在导出其他数据，请几分钟后重试。",
            ),
            {"Retry-After": "60"},
        )


async def _export(here: Service, asked: Asked, write: Write, out: Out) -> None:
    check_free(here)
    try:
        async with here.exports, here.reads.pool(PATIENCE_S) as pool:
            await write(pool, asked, out)
    except UnknownChannelError as error:
        raise unknown(error) from error
