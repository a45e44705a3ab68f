"""Trends for prevention, by zone and month: as JSON for the screen, as a file for whoever reckons further."""

from collections.abc import Iterator
from typing import Any

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from config.model import Text
from config.sampling import SampleKind
from monitor.server.csv_file import ANSWERS, HeaderLanguage, csv_file
from monitor.server.may import ReadingPast, may
from monitor.server.messages import refusals
from monitor.server.period import Period
from monitor.server.prevented import Prevention, Took, ZoneMonth, prevention_of
from monitor.server.rights import Deed
from monitor.server.routes.exports import check_free
from monitor.server.service import Here
from monitor.store.catalog import snapshot_of
from monitor.store.database import explained
from monitor.store.export import Language

PATIENCE_S = 60.0

router = APIRouter(tags=["prevention"])

_KINDS = {
    SampleKind.ACTIVE_AIR: Text("active air", "浮游菌"),
    SampleKind.SETTLE: Text("settle plates", "沉降菌"),
    SampleKind.CONTACT: Text("contact plates", "接触碟"),
    SampleKind.GLOVE: Text("glove prints", "手套印"),
}
_HEAD = (
    Text("zone", "区域"),
    Text("line", "产线"),
    Text("grade", "级别"),
    Text("month", "月份"),
    Text("alert excursions", "警戒限偏移"),
    Text("action excursions", "纠偏限偏移"),
    Text("most consecutive alert excursions", "最长连续警戒限偏移"),
    Text("alarms", "报警数"),
    Text("alarms a day", "日均报警"),
    Text("most alarms in 10 min", "10分钟最多报警"),
    Text("floods", "报警泛滥"),
    Text("alarms of more than 24 h", "超过24小时的报警"),
    Text("acknowledged", "已确认"),
    Text("time to acknowledge: median (s)", "确认用时中位数（秒）"),
    Text("time to acknowledge: 95th percentile (s)", "确认用时第95百分位（秒）"),
    Text("unacknowledged", "未确认"),
    Text("deviations opened", "登记偏差"),
    Text("of these not closed", "其中未关闭"),
    Text("opened to assessed: median (s)", "登记至评估中位数（秒）"),
    Text("opened to assessed: 95th percentile (s)", "登记至评估第95百分位（秒）"),
    Text("opened to closed: median (s)", "登记至关闭中位数（秒）"),
    Text("opened to closed: 95th percentile (s)", "登记至关闭第95百分位（秒）"),
)
_OF_KIND = (
    Text("{}: plates read", "{}：已读平皿"),
    Text("{}: with growth", "{}：有菌生长"),
    Text("{}: recovery rate (%)", "{}：检出率（%）"),
    Text("{}: suggested below (%)", "{}：建议低于（%）"),
)


_FLORA = (Text("organisms: plates", "菌种：平皿数"), Text("organisms that are new", "新出现的菌种"))


@router.get("/prevention", dependencies=[ReadingPast], responses=refusals(401, 403, 422, 503))
async def read_prevention(period: Period, here: Here) -> Prevention:
    """Excursions, alarm load, recovery rates, flora, and how soon people acted, by zone and month (Annex 1 9.11)."""
    async with here.reads.pool(PATIENCE_S) as pool:
        with explained("server"):
            async with snapshot_of(pool) as snapshot:
                return await prevention_of(snapshot, here.settings.plant, *period)


@router.get(
    "/exports/prevention.csv",
    dependencies=[Depends(may(Deed.EXPORT))],
    response_class=Response,
    responses=ANSWERS,
)
async def export_prevention(
    period: Period,
    here: Here,
    language: HeaderLanguage = Language.EN,
) -> Response:
    """The same figures as a file: one row for each zone and month. What was never done is empty."""
    check_free(here)
    async with here.exports:
        told = await read_prevention(period, here)
    return csv_file(_head(), _rows(told), language)


def _head() -> Iterator[Text]:
    yield from _HEAD
    for kind in _KINDS.values():
        yield from (Text(one.en.format(kind.en), one.zh.format(kind.zh)) for one in _OF_KIND)
    yield from _FLORA


def _rows(told: Prevention) -> Iterator[list[Any]]:
    for zone in told.zones:
        for month in zone.months:
            yield [
                zone.zone,
                zone.line,
                zone.grade,
                month.month,
                *_figures(month),
                *_rates(month),
                *_grown(month),
            ]


def _figures(month: ZoneMonth) -> Iterator[Any]:
    alarms, deviations = month.alarms, month.deviations
    yield from (alarms.alert, alarms.action, alarms.consecutive)
    yield from (alarms.alarms, alarms.per_day, alarms.peak_10_min, alarms.floods, alarms.stale)
    yield from (alarms.acknowledging.n, *_took(alarms.acknowledging), alarms.unacknowledged)
    yield from (deviations.opened, deviations.open, *_took(deviations.assessing), *_took(deviations.closing))


def _took(one: Took) -> tuple[float | None, float | None]:
    return one.median_s, one.p95_s


def _rates(month: ZoneMonth) -> Iterator[Any]:
    of = {one.kind: one for one in month.recovery}
    for kind in _KINDS:
        one = of.get(kind)
        yield from (one.taken, one.grown, one.percent, one.below_percent) if one else ("", "", "", "")


def _grown(month: ZoneMonth) -> Iterator[str]:
    named = [(one.species or one.organism or "?", one) for one in month.flora]
    yield "; ".join(f"{name}: {one.plates}" for name, one in named)
    yield "; ".join(name for name, one in named if one.is_new)
