"""The alarms of a time as a file, each with how soon it came how far: CSV, in either language."""

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from alarms.alarm import state
from alarms.events import Alarm
from config.model import Text
from monitor.server.csv_file import ANSWERS, HeaderLanguage, csv_file
from monitor.server.may import may
from monitor.server.period import Period
from monitor.server.refusal import Refusal
from monitor.server.rights import Deed
from monitor.server.routes.exports import check_free
from monitor.server.service import Here
from monitor.store.export import Language
from monitor.store.history import alarm_history
from monitor.store.times import Times, shown_at, times

ALARMS_MAX = 2000
"""Each costs three questions to the database."""

router = APIRouter(tags=["exports"], responses=ANSWERS)

_TOO_MANY = Text(
    en=f"More than {ALARMS_MAX} alarms were raised in this time: choose a shorter one.",
    zh=f"该时段报警超过 {ALARMS_MAX} 个，请缩短时间范围。",
)
_COLUMNS = (
    Text("alarm", "报警"),
    Text("level", "级别"),
    Text("state", "状态"),
    Text("raised", "发生时间"),
    Text("worst value", "最差值"),
    Text("acknowledged by", "确认人"),
)
_STEPS = (
    (Text("sample", "采样"), "sample_at"),
    (Text("judged", "判定"), "judged_at"),
    (Text("stored", "落盘"), "stored_at"),
    (Text("on screen", "上屏"), "shown_at"),
    (Text("sent", "发出"), "sent_at"),
    (Text("accepted", "接受"), "accepted_at"),
    (Text("acknowledged", "确认"), "acknowledged_at"),
)


@router.get(
    "/exports/alarms.csv",
    dependencies=[Depends(may(Deed.EXPORT))],
    response_class=Response,
    responses=ANSWERS,
)
async def export_alarms(
    period: Period,
    here: Here,
    language: HeaderLanguage = Language.EN,
) -> Response:
    """The alarms raised from `start` to `end`, the latest first: each time in the plant's zone, and in seconds.

    A time that did not come, or was not noted, is empty.
    """
    check_free(here)
    zone = ZoneInfo(here.settings.plant.time_zone)
    async with here.exports, here.reads.pool() as pool:
        found = await alarm_history(pool, *period, ALARMS_MAX + 1)
        if len(found) > ALARMS_MAX:
            raise Refusal(422, _TOO_MANY)
        rows = [
            _row(
                one,
                await times(pool, one.id, one.raised_at),
                await shown_at(pool, one.id, one.raised_at),
                zone,
            )
            for one in found
        ]
    return csv_file(_head(), rows, language)


def _head() -> Iterator[Text]:
    yield from _COLUMNS
    for name, _ in _STEPS:
        yield from (name, Text(f"{name.en} (s after the sample)", f"{name.zh}（采样后秒数）"))


def _row(alarm: Alarm, known: Times, drawn: datetime | None, zone: ZoneInfo) -> list[str]:
    worst = "" if alarm.worst is None else repr(alarm.worst)
    row = [alarm.id, alarm.level, state(alarm), _iso(alarm.raised_at, zone), worst, alarm.acknowledged_by]
    for _, name in _STEPS:
        at = drawn if name == "shown_at" else getattr(known, name)
        row += [_iso(at, zone), _after(at, known.sample_at)]
    return row


def _iso(at: datetime | None, zone: ZoneInfo) -> str:
    return "" if at is None else at.astimezone(zone).isoformat(timespec="milliseconds")


def _after(at: datetime | None, sample_at: datetime | None) -> str:
    return "" if at is None or sample_at is None else f"{(at - sample_at).total_seconds():.3f}"
