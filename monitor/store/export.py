"""Readings out of the database as a file, as they are stored: CSV or Parquet, one row per channel and time.

Rows come by COPY, channel after channel, all of one moment, and go on as they come, so that a year needs no more memory
than a minute. Whoever takes them says when the next may come, by returning.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeAlias
from zoneinfo import ZoneInfo

from config.model import Quality
from monitor.calibration import InstrumentState, Span
from monitor.store.catalog import Snapshot, Stored, channels, snapshot_of
from monitor.store.database import Pool, explained
from monitor.store.instruments import read_register

if TYPE_CHECKING:
    from monitor.store.parquet import ParquetFile

LONGEST_S = 3600.0
"""Longest time for one channel: whoever takes it more slowly is cut off."""
BLOCK_BYTES = 4 * 1024 * 1024
"""So much text becomes one row group of Parquet: some hundred thousand readings."""

Out: TypeAlias = Callable[[bytes], Coroutine[Any, Any, None]]
"""Takes a piece of the file, and returns once it is ready for the next."""


Write: TypeAlias = Callable[[Pool, "Asked", Out], Coroutine[Any, Any, None]]
"""Writes a file of what is asked."""


Piece: TypeAlias = tuple[Stored, Span]
"""A channel, for as long as its instrument stood the same."""


class OutputError(Exception):
    """Whoever takes the file cannot go on. It is not the database's fault."""


class Language(StrEnum):
    """In which a CSV file's header and its qualities are written."""

    EN = "en"
    ZH = "zh"


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be exported.

    Attributes:
        channels: ids, in the order in which they come.
        start: aware.
        end: aware, not included.
        time_zone: the plant's, an IANA name; local times are told in it, with their offset.
    """

    channels: Sequence[str]
    start: datetime
    end: datetime
    time_zone: str


HEADERS = {
    Language.EN: "time,time_utc,channel,value,unit,quality,instrument\n",
    # Behind a byte order mark, without which spreadsheets take it for another encoding.
    Language.ZH: "\ufeff时间,UTC时间,通道,数值,单位,质量,仪器\n",
}
QUALITIES = {
    Language.EN: tuple(quality.name.lower() for quality in Quality),
    Language.ZH: (
        *("良好", "存疑", "设备重复旧值", "无数值", "传感器故障", "点表与设备不符"),
        *("无法连接", "应答无效", "本次轮询被跳过", "采集器曾停止", "模拟值"),
    ),
}
"""By the number of the quality."""
INSTRUMENTS = {
    Language.EN: {state: state.value for state in InstrumentState},
    Language.ZH: {
        InstrumentState.IN_ORDER: "正常",
        InstrumentState.OVERDUE: "校准过期",
        InstrumentState.UNQUALIFIED: "未完成确认",
        InstrumentState.UNKNOWN: "台账无记录",
    },
}
"""How the instrument stood when the reading was taken."""

_FIELDS = 'YYYY-MM-DD"T"HH24:MI:SS.US'

# As the view `reading`: not the times before a channel was added, nor those after it was retired.
_ROWS = """
FROM sample
WHERE series_id = $1 AND at >= $3 AND at < $4
  AND $2 <= cardinality(values) AND (quality IS NULL OR quality[$2] IS NOT NULL)
ORDER BY at"""

_CSV = f"""
SELECT to_char(at, '{_FIELDS}TZH:TZM'), to_char(at AT TIME ZONE 'UTC', '{_FIELDS}"Z"'), $5::text, values[$2], $6::text,
       ($7::text[])[1 + coalesce(quality[$2], 0)], $8::text
{_ROWS}"""

_NUMBERS = f"SELECT (extract(epoch FROM at) * 1000000)::bigint, values[$2], coalesce(quality[$2], 0) {_ROWS}"  # noqa: S608


async def write_csv(pool: Pool, asked: Asked, out: Out, language: Language = Language.EN) -> None:
    """Write readings as CSV in UTF-8: local time with its offset, UTC, channel, value, unit, quality, instrument.

    Args:
        pool: of a migrated database.
        asked: what is to be exported.
        out: takes the file piece by piece.
        language: of the header and the qualities.

    Raises:
        UnknownChannelError: one of the channels is not stored; nothing was written.
        DatabaseError: the database cannot be reached, or refuses; what was written ends there.
        OutputError: `out` failed by an OSError.
    """
    async with _asking(pool, asked) as (snapshot, pieces):
        out = _apart(out)
        await out(HEADERS[language].encode())
        for channel, span in pieces:
            instrument = INSTRUMENTS[language][span.state]
            words = (channel.id, channel.unit, list(QUALITIES[language]), instrument)
            await _copy(snapshot, _CSV, (channel, span), words, out=out)


async def write_parquet(pool: Pool, asked: Asked, out: Out) -> None:
    """Write readings as Parquet: time (instants, shown in the plant's zone), channel, value, unit, quality, instrument.

    Args:
        pool: of a migrated database.
        asked: what is to be exported.
        out: takes the file piece by piece.

    Raises:
        UnknownChannelError: one of the channels is not stored; nothing was written.
        DatabaseError: the database cannot be reached, or refuses; what was written ends there.
        OutputError: `out` failed by an OSError.
    """
    # Its library takes 40 MB of memory, which only who asks for such a file shall need.
    from monitor.store.parquet import ParquetFile  # noqa: PLC0415

    async with _asking(pool, asked) as (snapshot, pieces):
        out = _apart(out)
        file = ParquetFile(asked.time_zone, QUALITIES[Language.EN])
        for channel, span in pieces:
            text = _Text(file, (channel, span), out)
            await _copy(snapshot, _NUMBERS, (channel, span), (), out=text.take)
            await text.end()
        await out(await asyncio.to_thread(file.end))


class _Text:
    """Gathers the rows of one piece until they make a row group."""

    def __init__(self, file: "ParquetFile", of: "Piece", out: Out) -> None:
        self._file = file
        self._channel, self._span = of
        self._out = out
        self._text = bytearray()

    async def take(self, piece: bytes) -> None:
        self._text += piece
        if len(self._text) >= BLOCK_BYTES:
            await self._write(self._text.rfind(b"\n") + 1)

    async def end(self) -> None:
        if self._text:
            await self._write(len(self._text))

    async def _write(self, size: int) -> None:
        rows = bytes(self._text[:size])
        del self._text[:size]
        words = (self._channel.id, self._channel.unit, self._span.state)
        await self._out(await asyncio.to_thread(self._file.add, words, rows))


def _apart(out: Out) -> Out:
    """Tell its errors from the database's, which are OSErrors too."""

    async def taken(piece: bytes) -> None:
        try:
            await out(piece)
        except OSError as error:
            raise OutputError(error.strerror or str(error)) from error

    return taken


@asynccontextmanager
async def _asking(pool: Pool, asked: Asked) -> AsyncIterator[tuple[Snapshot, list[Piece]]]:
    with explained("server"):
        async with snapshot_of(pool) as snapshot:
            await snapshot.execute("SELECT set_config('TimeZone', $1, true)", asked.time_zone)
            found, register = await channels(snapshot, asked.channels), await read_register(snapshot)
            zone = ZoneInfo(asked.time_zone)
            yield (
                snapshot,
                [
                    (one, span)
                    for one in found
                    for span in register.spans(one.id, asked.start, asked.end, zone)
                ],
            )


async def _copy(snapshot: Snapshot, query: str, of: Piece, words: Sequence[object], *, out: Out) -> None:
    channel, span = of
    window = (channel.series_id, channel.place, span.since, span.until)
    await snapshot.copy_from_query(query, *window, *words, output=out, format="csv", timeout=LONGEST_S)
