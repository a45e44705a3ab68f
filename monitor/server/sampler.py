"""The runs of an air sampler that a plate may have lain under, so that nobody types in how much air was drawn."""

from datetime import datetime, timedelta

from config.model import Text
from monitor.records.plates.air_runs import AirRun, runs
from monitor.records.plates.life import Plate
from monitor.server.refusal import Refusal
from monitor.server.service import Here
from monitor.store.catalog import UnknownChannelError
from monitor.store.viable import plate_under

LOOKED_BACK = timedelta(hours=12)
"""So long a run is offered; demo proposal: a shift."""

_NO_RUN = Text(
    "The air sampler's record has no such run; choose another one, or say yourself how much air was drawn.",
    "采样器记录中没有该次采样，请另选或手工填写采样体积。",
)
_BAD_RUN = Text(
    "The air sampler was not well throughout this run: take the sample anew.",
    "该次采样期间采样器状态异常，请重新采样。",
)
_TAKEN = Text("Plate {} lay under this run; choose another one.", "该次采样已用于平皿 {}，请另选。")


async def runs_of(here: Here, plate: Plate) -> list[AirRun]:
    """Give the runs of a plate's sampler in the last hours, the last one first; none without a sampler of ours."""
    device = plate.sample.draft.plan.device
    if not device:
        return []
    now = here.settings.now()
    async with here.reads.pool() as pool:
        try:
            return (await runs(pool, device, now - LOOKED_BACK, now))[::-1]
        except UnknownChannelError:
            return []


async def linked(here: Here, plate: Plate, began: datetime) -> AirRun:
    """Give the run that began then.

    Raises:
        Refusal: 409, there was none, the sampler was not well, or another plate lay under it.
    """
    run = next((one for one in await runs_of(here, plate) if one.began == began), None)
    if run is None:
        raise Refusal(409, _NO_RUN)
    if not run.is_good:
        raise Refusal(409, _BAD_RUN)
    # A replica may not have heard yet of the plate that was laid under it a moment ago.
    async with here.database.pool() as pool:
        other = await plate_under(pool, plate.sample.draft.plan.device, began)
    if other not in {None, plate.sample.code}:
        raise Refusal(409, Text(_TAKEN.en.format(other), _TAKEN.zh.format(other)))
    return run
