"""What the server tells of instruments becomes alarms: each stage its own, over once it is not told any more."""

from pathlib import Path
from typing import Any

from alarms.alarm import state
from alarms.events import Alarm
from alarms.state import State
from config.rules import Level
from monitor.collector.restore import faults_over
from tests.alarms.building import T0, after
from tests.collector.building import Line
from tests.collector.test_endpoint import endpoint

SOON = {"instrument": "ISO/pressure", "stage": "calibration-in-3-months", "told": "2027-02-26"}
OVERDUE = SOON | {"stage": "calibration-overdue"}


def stands(line: Line) -> dict[str, str]:
    return {key: str(state(alarm)) for key, alarm in line.pipeline.state.alarms.items()}


async def test_what_is_told_is_raised_once_and_over_when_it_is_not_told(tmp_path: Path) -> None:
    async with endpoint(tmp_path) as served, served.http() as client:

        async def tell(*due: dict[str, Any]) -> None:
            (await client.post("/calibrations", json={"due": due})).raise_for_status()

        await tell(SOON)
        await tell(SOON)
        soon = "service/calibration-in-3-months-of-ISO/pressure"
        assert stands(served.line) == {soon: "UNACK"}
        alarm = served.line.pipeline.state.alarms[soon]
        assert (alarm.detail, alarm.times) == ("2027-02-26", 1)
        seen = {"alarm": soon, "raised_at": alarm.raised_at.isoformat(), "who": "li"}
        assert (await client.post("/acknowledge", json=seen)).status_code == 200
        await tell(SOON)
        assert stands(served.line) == {soon: "ACKED"}
        await tell(OVERDUE)
        overdue = "service/calibration-overdue-of-ISO/pressure"
        assert stands(served.line) == {overdue: "UNACK"}
        await tell()
        assert stands(served.line) == {overdue: "RTNUN"}
        await tell(OVERDUE)
        assert stands(served.line) == {overdue: "UNACK"}, "it was not renewed after all"
        wrong = await client.post("/calibrations", json={"due": [SOON | {"stage": "journal"}]})
        assert wrong.status_code == 422


def test_a_restart_does_not_end_what_only_the_server_can_end() -> None:
    keys = ("service/calibration-overdue-of-ISO", "service/journal")
    alarms = {
        key: Alarm(key, Level.ALERT, active=True, acknowledged=True, raised_at=T0, changed_at=T0)
        for key in keys
    }
    assert [fault.part for fault in faults_over(State(alarms), after(10))] == ["journal"]
