"""What a line lacks for a batch to begin, as it is known here: by what is live, the register, and the tests noted."""

from datetime import datetime, timedelta

from config.batches import ReadinessKind
from config.model import USABLE, Quality, Text
from config.plant import Plant
from monitor.calibration import Register
from monitor.records.readiness import Lack, Live, NotReadyKind, not_ready
from monitor.server.database import DatabaseDown
from monitor.server.relay import Relay
from monitor.server.service import Service
from monitor.store.equipment_tests import NotedTest, read_tests_of
from monitor.store.instruments import read_register

_NO_RECORDS = Lack(
    NotReadyKind.RECORDS,
    "database",
    Text(
        "The database does not answer: neither tests nor instruments can be looked up. Wait, or see to it.",
        "数据库无响应：无法查询设备测试和仪器台账。请稍候或联系维护。",
    ),
)


async def lacks_of(here: Service, line: str, at: datetime) -> list[Lack]:
    """Say what a line of the plant lacks now. Without the database this is one thing more, and what is live."""
    plant, live = here.settings.plant, live_of(here.relay, here.settings.plant, at)
    try:
        async with here.database.pool() as pool:
            register, tests = await read_register(pool), await read_tests_of(pool, tested_on(plant, line), at)
    except DatabaseDown:
        lacks = not_ready(plant, line, live, Register(()), (), at=at)
        return [_NO_RECORDS, *(one for one in lacks if one.kind in {NotReadyKind.STATE, NotReadyKind.BLIND})]
    return not_ready(plant, line, live, register, tests, at=at)


async def tests_of(here: Service, line: str, at: datetime) -> list[NotedTest]:
    """Give the tests of what is tested for a line, done up to `at`.

    Raises:
        DatabaseDown: it does not answer.
    """
    async with here.reads.pool() as pool:
        return await read_tests_of(pool, tested_on(here.settings.plant, line), at)


def tested_on(plant: Plant, line: str) -> list[str]:
    """Say what is tested for a line."""
    asked = plant.readiness.values()
    return sorted({one.equipment for one in asked if line in one.lines and one.kind is ReadinessKind.TEST})


def live_of(relay: Relay, plant: Plant, at: datetime) -> Live:
    """Say what is live; of a collector that is not heard nothing is."""
    if not relay.collector:
        return Live()
    values: dict[str, float] = {}
    heard: set[str] = set()
    for series in plant.series.values():
        sample, device = relay.samples.get(series.id), plant.devices[series.device]
        # So long a device may be silent before that is an alarm.
        old = timedelta(seconds=plant.communication_delay_s + 2 * device.period_s)
        if series.records or sample is None or at - sample.at > old:
            continue
        heard.add(device.id)
        for channel in series.channels:
            quality = Quality.GOOD if sample.quality is None else sample.quality[channel.place]
            value = sample.values[channel.place]
            if value is not None and quality in USABLE:
                values[channel.id] = value
    return Live(values, frozenset(heard), frozenset(one.id for one in relay.alarms.values() if one.active))
