"""Another plant comes into force while the collector runs: no alarm is lost, and who did not change goes on."""

import asyncio
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from alarms.state import State
from config.model import Command, Device, Quality, Sample
from config.plant import Plant
from monitor.collector import codec
from monitor.collector.collect import JOURNAL, Collector, CollectSettings
from monitor.collector.journal import Entry, JournalReader
from monitor.collector.journal_bounds import Keeper
from monitor.collector.pipeline import TurnError
from monitor.collector.plants import PlantBody, what_runs_otherwise
from monitor.collector.restore import restore
from monitor.replay import Period, explain, replay
from monitor.versions import APPROVED, FIRST, PlantChange, Versions
from tests.alarms.protecting import Run as Protecting
from tests.changing import ACTION, LINE, PRESSURE, changed, line, looser
from tests.collector.clock import HandClock, settle
from tests.server.collector import sample_but_for

PLANT, FILES = line()
ISOLATOR, ROOM, TOWER = "ISO-STM-L1", "RM-STM-L1", "ST-STM-L1"


class Floor:
    """The devices: each answers well, but for what the test says; it counts who connects."""

    def __init__(self) -> None:
        self.plant = PLANT
        self.told: dict[str, float] = {}
        self.connects: Counter[str] = Counter()

    def opened(self, device: Device, now: object, **_: object) -> "Answering":
        return Answering(self, device)


class Answering:
    """One device."""

    def __init__(self, floor: Floor, device: Device) -> None:
        self.floor, self.device = floor, device

    async def connect(self) -> None:
        self.floor.connects[self.device.id] += 1

    async def read(self, at: object) -> list[Sample]:
        return [sample_but_for(self.floor.plant, self.device.id, at, self.floor.told)]  # type: ignore[arg-type]  # a time

    async def command(self, command: Command) -> None:
        pass

    async def beat(self, count: int) -> None:
        pass

    async def close(self) -> None:
        pass


@pytest.fixture
def floor(monkeypatch: pytest.MonkeyPatch) -> Floor:
    made = Floor()
    monkeypatch.setattr("monitor.collector.devices.open_driver", made.opened)
    return made


@pytest.fixture
def data() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="gw-") as folder:
        yield Path(folder)


@asynccontextmanager
async def collecting(
    data: Path, plant: Plant = PLANT, at_s: float = 0
) -> AsyncIterator[tuple[Collector, HandClock]]:
    clock = HandClock()
    await clock.advance(at_s)
    kept = Versions(data).begin(plant, LINE, clock.now())
    collector = Collector(CollectSettings(kept, data, "", LINE), clock)
    task = asyncio.create_task(collector.run())
    await settle()
    try:
        yield collector, clock
    finally:
        task.cancel()
        await asyncio.wait({task})
    assert task.cancelled(), task.exception()


def body(files: dict[str, str], sha256: str = "") -> PlantBody:
    with tempfile.TemporaryDirectory() as folder:
        sha256 = sha256 or Versions(Path(folder)).keep(files).sha256
    return PlantBody(
        sha256=sha256, files=files, who="li", second="wang", proposal=3, signature="9a", reason="noise"
    )


def entries(data: Path) -> list[Entry]:
    with closing(JournalReader(data / JOURNAL)) as reader:
        return reader.after(0, 100_000)


def is_active(collector: Collector, alarm: str = ACTION) -> bool:
    one = collector.pipeline.state.alarms.get(alarm)
    return one is not None and one.active


async def test_h23_a_standing_alarm_keeps_its_limit_over_the_change_and_no_device_is_let_go(
    floor: Floor, data: Path
) -> None:
    async with collecting(data) as (collector, clock):
        floor.told = {PRESSURE: 15.0}
        await clock.advance(3)
        assert is_active(collector)
        raised = collector.pipeline.state.alarms[ACTION]
        connects = floor.connects.copy()
        wanted = body(looser(FILES))
        assert await collector._plants.take(wanted) == wanted.sha256
        assert collector.pipeline.plant.sha256 == wanted.sha256
        await clock.advance(3)
        assert collector.pipeline.state.alarms[ACTION] == raised, (
            "15 Pa is within the new bound, not within its own"
        )
        floor.told = {PRESSURE: 45.0}
        await clock.advance(10)
        assert not is_active(collector)
        floor.told = {PRESSURE: 15.0}
        await clock.advance(3)
        assert not is_active(collector), "now the new limit holds"
        assert floor.connects == connects
    rows = [codec.sample_of(one) for one in entries(data) if one.series == ISOLATOR]
    assert all(one.quality is None for one in rows)
    gaps = {(after.at - before.at).total_seconds() for before, after in pairwise(rows)}
    assert gaps == {1.0}


async def test_only_a_device_that_changed_is_taken_up_anew_and_its_lost_seconds_have_rows(
    floor: Floor, data: Path
) -> None:
    async with collecting(data) as (collector, clock):
        await clock.advance(5)
        before = floor.connects.copy()
        poll = collector.polls[ISOLATOR]
        await collector._plants.take(
            body(changed(FILES, "devices.yaml", "127.0.0.1:15022", "127.0.0.1:15999"))
        )
        await clock.advance(5)
        assert floor.connects - before == Counter({ROOM: 1})
        assert collector.polls[ISOLATOR] is poll
        assert collector.polls[ROOM].device.address == "127.0.0.1:15999"
    rows = [codec.sample_of(one) for one in entries(data) if one.series == ROOM]
    gaps = {(after.at - before.at).total_seconds() for before, after in pairwise(rows)}
    assert gaps == {1.0}
    bad = [one for one in rows if one.quality is not None]
    assert len(bad) <= 2
    assert all(one.quality == (Quality.SKIPPED,) * len(one.values) for one in bad)


async def test_the_book_says_who_brought_it_and_a_replay_and_a_restart_agree_with_what_was_told(
    floor: Floor, data: Path
) -> None:
    async with collecting(data) as (collector, clock):
        floor.told = {PRESSURE: 15.0}
        await clock.advance(3)
        wanted = body(looser(FILES))
        await collector._plants.take(wanted)
        await clock.advance(3)
        state = collector.pipeline.state
    first, second = [codec.body_of(one) for one in entries(data) if one.kind == "plant"]
    assert (first["what"], first["plant"], first["before"]) == (FIRST, PLANT.sha256, "")
    assert (second["what"], second["plant"], second["before"]) == (APPROVED, wanted.sha256, PLANT.sha256)
    assert (second["who"], second["second"], second["proposal"], second["signature"]) == (
        "li",
        "wang",
        3,
        "9a",
    )
    assert explain(replay(data, Period())) == ()
    with closing(JournalReader(data / JOURNAL)) as reader:
        again = restore(PLANT, reader)
    assert again.wrote.sha256 == wanted.sha256
    assert again.state.alarms == state.alarms
    assert again.state.raised_under == state.raised_under != {}
    async with collecting(data, at_s=10) as (collector, _):
        assert collector.pipeline.plant.sha256 == wanted.sha256, "what is in force, whatever the folder says"
        assert collector.pipeline.state.raised_under == state.raised_under
    assert [one.kind for one in entries(data)].count("plant") == 2, "it is no news"


async def test_an_alarm_whose_limit_is_gone_ends_with_the_change_in_the_book_as_in_a_replay(
    floor: Floor, data: Path
) -> None:
    row = "  - channel: ISO-STM-L1/chamber_pressure_b\n    unit: Pa\n    alert: {low: 30, high: 70}\n"
    with_action = (
        row + "    action: {low: 20, high: 90}\n    deadband: 2\n    on_delay_s: {alert: 1, action: 0}\n"
    )
    files = changed(FILES, "limits.yaml", with_action, row + "    deadband: 2\n    on_delay_s: 1\n")
    gone = f"{PRESSURE}_b/action"
    async with collecting(data) as (collector, clock):
        floor.told = {f"{PRESSURE}_b": 15.0}
        await clock.advance(4)
        assert is_active(collector, gone)
        await collector._plants.take(body(files))
        assert not is_active(collector, gone)
        assert is_active(collector, f"{PRESSURE}_b/alert"), "this one has not changed"
        await clock.advance(2)
    told = entries(data)
    place = next(n for n, one in enumerate(told) if one.kind == "plant" and n > 0)
    ended = codec.transition_of(told[place + 1])
    assert (ended.alarm, str(ended.reason)) == (gone, "cleared")
    assert ended.after.detail == "the plant has no such limit any more"
    assert explain(replay(data, Period())) == ()


async def test_what_was_put_in_force_and_not_journalled_is_told_by_the_next_start(
    floor: Floor, data: Path
) -> None:
    async with collecting(data):
        pass
    versions = Versions(data)
    other = versions.keep(looser(FILES))
    change = versions.in_force()
    assert change is not None
    versions.put_in_force(PlantChange(change.at, other.sha256, PLANT.sha256, APPROVED, "li", "wang", 3))
    async with collecting(data, at_s=5):
        pass
    plants = [codec.body_of(one) for one in entries(data) if one.kind == "plant"]
    assert [(one["plant"], one["before"], one["second"]) for one in plants] == [
        (PLANT.sha256, "", ""),
        (other.sha256, PLANT.sha256, "wang"),
    ]
    assert explain(replay(data, Period())) == ()


@pytest.mark.parametrize("what", ["other files", "a fault", "another plant's name", "a path that leads out"])
async def test_what_is_not_the_plant_that_was_approved_is_refused_and_all_goes_on(
    floor: Floor, data: Path, what: str
) -> None:
    files = {
        "other files": looser(FILES, 12),
        "a fault": changed(FILES, "limits.yaml", "low: 20", "low: twenty"),
        "another plant's name": changed(FILES, "plant.yaml", "\nplant: ", "\nplant: other-"),
        "a path that leads out": {**FILES, "plant/../../x.yaml": ""},
    }[what]
    async with collecting(data) as (collector, clock):
        wanted = body(looser(FILES)).sha256 if what != "another plant's name" else body(files).sha256
        refused = PlantBody(sha256=wanted, files=files, who="li", second="wang", proposal=1, reason="")
        with pytest.raises(TurnError):
            await collector._plants.take(refused)
        assert collector.pipeline.plant == PLANT
        await clock.advance(3)
        assert collector.health()["devices_live"] == len(PLANT.devices)
    assert Versions(data).plant_in_force() == PLANT


async def test_a_journal_that_takes_nothing_takes_no_plant_either(
    floor: Floor, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # It looks once a second by the host's time, and would find room.
    monkeypatch.setattr(Keeper, "look", lambda *_: [])
    wanted = body(changed(FILES, "devices.yaml", "127.0.0.1:15022", "127.0.0.1:15999"))
    async with collecting(data) as (collector, clock):
        await clock.advance(2)
        collector._journal.full = "it is full"
        with pytest.raises(TurnError, match="the journal does not take it"):
            await collector._plants.take(wanted)
        collector._journal.full = ""
        assert collector.pipeline.plant == PLANT
        assert Versions(data).plant_in_force() == PLANT
        await clock.advance(3)
        assert collector.health()["devices_live"] == len(PLANT.devices), "what was let go is taken up again"
        assert await collector._plants.take(wanted) == wanted.sha256
        assert await collector._plants.take(wanted) == wanted.sha256, "a second time it is no news"
    assert [one.kind for one in entries(data)].count("plant") == 2


async def test_listeners_are_shown_everything_anew_under_the_new_plant(floor: Floor, data: Path) -> None:
    async with collecting(data) as (collector, clock):
        await clock.advance(3)
        async with collector.feed.listen() as listener:
            wanted = body(looser(FILES))
            await collector._plants.take(wanted)
            while f'"plant_sha256": "{wanted.sha256}"' not in await listener.next():
                pass


def test_a_protective_action_that_runs_and_would_change_holds_the_change_back() -> None:
    run = Protecting()
    run.breach()
    before, state = run.plant, run.state
    (key,) = state.running
    dry = replace(before.protections[key], dry_run=True)
    changed_one = replace(before, protections={**before.protections, key: dry})
    without = replace(before, protections={})
    asked = before.protections[key].asks[0].device
    told = f"{key} is running and would change"
    assert what_runs_otherwise(before, changed_one, state, ()) == told
    assert what_runs_otherwise(before, without, state, ()) == told
    assert what_runs_otherwise(before, before, state, {asked}) == told, "its device would be let go"
    assert what_runs_otherwise(before, before, state, {"elsewhere"}) == ""
    assert what_runs_otherwise(before, changed_one, State(), {asked}) == "", "nothing runs"


async def test_what_begins_to_run_while_the_change_is_on_its_way_holds_it_back_at_the_last_moment(
    floor: Floor, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked once before anything is let go, and again between the two events."""
    answers = ["", "ISO/P-01 is running and would change"]
    monkeypatch.setattr("monitor.collector.plants.what_runs_otherwise", lambda *_: answers.pop(0))
    wanted = body(changed(FILES, "devices.yaml", "127.0.0.1:15022", "127.0.0.1:15999"))
    async with collecting(data) as (collector, clock):
        await clock.advance(2)
        with pytest.raises(TurnError, match="is running and would change"):
            await collector._plants.take(wanted)
        assert collector.pipeline.plant == PLANT
        await clock.advance(3)
        assert collector.health()["devices_live"] == len(PLANT.devices)
    assert Versions(data).plant_in_force() == PLANT
