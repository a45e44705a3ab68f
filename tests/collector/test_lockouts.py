"""What the server tells of locked accounts becomes alarms: one for each, until it is unlocked, and not without end."""

from pathlib import Path

from alarms.events import Alarm
from alarms.state import State
from config.rules import Level, Priority
from monitor.collector.lockouts import LOCKOUTS_MAX
from monitor.collector.restore import faults_over
from tests.alarms.building import T0, after
from tests.collector.test_calibrations import stands
from tests.collector.test_endpoint import endpoint

SINCE = "2026-03-02 08:15:00 UTC"
CAO = "service/lockout-of-cao"


async def test_an_account_has_one_alarm_until_it_is_unlocked(tmp_path: Path) -> None:
    async with endpoint(tmp_path) as served, served.http() as client:

        async def tell(*names: str) -> int:
            locked = [{"name": name, "told": SINCE} for name in names]
            return (await client.post("/lockouts", json={"locked": locked})).status_code

        assert await tell("cao") == 200
        alarm = served.line.pipeline.state.alarms[CAO]
        assert (alarm.detail, alarm.priority, alarm.level) == (SINCE, Priority.MEDIUM, Level.DIAGNOSTIC)
        changed_at = alarm.changed_at
        assert await tell("cao", "李明") == 200
        assert stands(served.line) == {CAO: "UNACK", "service/lockout-of-李明": "UNACK"}
        seen = {"alarm": CAO, "raised_at": alarm.raised_at.isoformat(), "who": "li"}
        assert (await client.post("/acknowledge", json=seen)).status_code == 200
        for _ in range(3):
            assert await tell("cao") == 200
        assert stands(served.line) == {CAO: "ACKED", "service/lockout-of-李明": "RTNUN"}
        assert (served.line.pipeline.state.alarms[CAO].times, alarm.changed_at) == (1, changed_at)
        assert await tell() == 200
        assert stands(served.line) == {"service/lockout-of-李明": "RTNUN"}
        many = [f"person {number}" for number in range(LOCKOUTS_MAX + 1)]
        assert await tell(*many) == 422, "the plant's own alarms must not be buried"
        assert await tell("") == 422


def test_a_restart_does_not_unlock() -> None:
    alarms = {CAO: Alarm(CAO, Level.DIAGNOSTIC, active=True, acknowledged=True, raised_at=T0, changed_at=T0)}
    assert list(faults_over(State(alarms), after(10))) == []
