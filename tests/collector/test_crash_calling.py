"""H13: the collector is killed at every single thing that it has written, and whoever is to be told is told.

One run holds a whole escalation over the real collector and a real signed webhook. Its journal is cut behind each
entry, and each piece is started from. Nobody knows whether what has no answer had arrived: it goes again under the same
key, by which a service delivers it once.
"""

import json
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from alarms.events import Acknowledge
from config.duty import Step
from config.plant import Plant
from config.rules import Priority
from monitor.collector import codec
from monitor.collector.journal import Entry
from monitor.notify.secrets import variable
from tests.alarms.building import ACTION, after
from tests.alarms.calling import NEXT, ON_CALL, TEAM, duty, escalation
from tests.collector.telling import KEY, called, keys_of
from tests.collector.test_crash import Floor, Run, cut, data, entries_of, running
from tests.notify.standins import Gateway, service

__all__ = ["data"]
CHAIN = (Step(0, (ON_CALL,)), Step(2, (NEXT,)), Step(4, (TEAM,)))
CHAIN_S = 8


@dataclass
class Told:
    """Whom a run has told: by key, each once, and how often altogether."""

    keys: list[str]
    heard: int


def calling() -> Plant:
    """Make the plant; what the service says of itself calls nobody here."""
    of_the_plant = replace(escalation(*CHAIN), priorities=frozenset({Priority.MEDIUM}))
    return called(duty(of_the_plant, undelivered_s=15.0, group_s=0.0))


async def lives(
    plant: Plant, folder: Path, at_us: int, monkeypatch: pytest.MonkeyPatch, *, whole: bool
) -> Told:
    """Run the collector for as long as the chain takes; a whole life begins calm, and ends with somebody who comes."""
    floor = Floor(plant)
    monkeypatch.setattr("monitor.collector.devices.open_driver", floor.opened)
    gateway = Gateway(lambda: after(0), KEY)
    async with service(gateway) as url:
        for way in plant.duty.ways:
            monkeypatch.setenv(variable(way), json.dumps({"url": url, "key": KEY}))
        async with running(plant, folder, max(codec.from_us(at_us), after(0))) as run:
            if whole:
                await run.go_on(1)
            floor.machine.values = (10.0, 45.0)
            await run.go_on(CHAIN_S)
            if whole:
                await _comes(run)
    return Told(keys_of(gateway), gateway.heard)


async def _comes(run: Run) -> None:
    raised_at = run.collector.pipeline.state.alarms[ACTION].raised_at
    await run.collector.pipeline.ask(Acknowledge(run.clock.now(), ACTION, raised_at, "bo"))
    await run.go_on(1)


def keys(entries: list[Entry], kind: str) -> set[str]:
    """Return the keys that entries of one kind speak of."""
    return {codec.body_of(entry)["key"] for entry in entries if entry.kind == kind}


async def test_h13_killed_behind_each_entry_everybody_is_told_and_nobody_of_what_was_answered(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant = calling()
    (data / "whole").mkdir()
    told = await lives(plant, data / "whole", 0, monkeypatch, whole=True)
    assert [(key.split("|")[2], key.split("|")[3]) for key in told.keys] == [
        *(("1", "ann"), ("2", "bo"), ("3", "ann"), ("3", "bo"))
    ]
    assert told.heard == len(told.keys)
    entries = entries_of(data / "whole")
    begun = next(entry.seq for entry in entries if entry.kind == "transition")
    pieces = [entry for entry in entries if entry.seq >= begun and entry.kind != "sample"]
    assert {entry.kind for entry in pieces} >= {"transition", "notice", "notice_result", "acknowledge"}
    for last in pieces:
        before = entries[: last.seq]
        answered, seen = keys(before, "notice_result"), any(one.kind == "acknowledge" for one in before)
        cut(data / "whole", data / str(last.seq), last.seq)
        again = await lives(plant, data / str(last.seq), last.at_us, monkeypatch, whole=False)
        missing = set() if seen else set(told.keys) - answered
        assert set(again.keys) == missing, f"killed behind entry {last.seq}, {last.kind}"
        assert again.heard == len(again.keys)
