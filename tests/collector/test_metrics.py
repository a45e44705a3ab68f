"""The collector's figures, as Prometheus reads them: all there, each with its meaning and in base units."""

import asyncio
import re
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from alarms.calls import Calls, Notice, NoticeKind, Outcome
from alarms.events import Alarm, Inhibited, ProtectionState, Running
from alarms.state import State
from config.rules import Level, Priority
from monitor.collector.collect import Collector, CollectSettings
from monitor.collector.health import LAG_EVERY_S, Lag
from monitor.collector.metrics import COUNTERS, GAUGES, registry_of
from monitor.store.write import Counts
from tests.alarms.building import after
from tests.collector.clock import HandClock
from tests.collector.protected import P01, protected

NOWHERE = "postgresql://nobody@127.0.0.1:1/none"
COUNTED = (
    "alarms",
    "backlog_entries",
    "buffered",
    "devices",
    "devices_live",
    "events",
    "inhibited",
    "undelivered",
    "waiting",
)
"""Gauges that count things rather than measure them end with what they count."""
UNITS = ("bytes", "ratio", "seconds", "up", "info", "writes", "protections", "synchronised")


@pytest.fixture
def collector() -> Iterator[Collector]:
    """A collector that knows how far the database is; nothing runs."""
    with tempfile.TemporaryDirectory(prefix="gw-") as folder:
        made = Collector(CollectSettings(protected(), Path(folder), NOWHERE), HandClock())
        assert made.forward is not None
        made.forward.ok = True
        yield made
        made._journal._connection.close()
        made._keeper.close()
        made._counting.close()


def figures(collector: Collector, state: State | None = None) -> dict[str, Any]:
    """Read them as a scraper does: name -> family."""
    registry = registry_of(
        lambda: collector.pipeline.plant, collector.health, lambda: state or collector.pipeline.state
    )
    families = text_string_to_metric_families(generate_latest(registry).decode())
    return {family.name: family for family in families}


def value(families: dict[str, Any], name: str, **labels: str) -> float:
    (found,) = [
        float(one.value)
        for one in families[name].samples
        if one.labels == labels and not one.name.endswith("_created")
    ]
    return found


def test_every_figure_is_known_of_a_real_collector_and_says_what_it_means(collector: Collector) -> None:
    collector.polls["ISO"].lateness_s.append(0.25)
    collector._lag.late_s.append(0.5)
    found = figures(collector)
    # Nothing was read yet, no canary has flown, and this plant has no heartbeat.
    lacking = {
        *("gradewatch_oldest_sample_age_seconds", "gradewatch_canary_seconds", "gradewatch_heartbeat_up")
    }
    by_the_kernel = {"gradewatch_host_clock_synchronised"}  # which may not tell
    assert {*GAUGES, *COUNTERS} - found.keys() - by_the_kernel == lacking
    for name, family in found.items():
        assert len(family.documentation) > 10, name
        if name.startswith("gradewatch_"):
            assert re.fullmatch(r"[a-z0-9_]+", name)
            assert family.type == "counter" or name.endswith(UNITS + COUNTED), name
            assert not re.search(r"_(ms|days|percent|mb)(_|$)", name), name
    assert value(found, "gradewatch_poll_lateness_p99_seconds") == 0.25
    assert value(found, "gradewatch_loop_lag_p99_seconds") == 0.5
    assert value(found, "gradewatch_journal_bound_bytes") > 0
    assert 0 < value(found, "gradewatch_journal_used_ratio") < 1
    assert value(found, "gradewatch_journal_room_seconds") > 0
    (build,) = found["gradewatch_build_info"].samples
    assert (build.labels["plant_sha256"], build.labels["version"] != "") == (collector._plant.sha256, True)


def test_what_became_of_the_samples_is_told_and_nothing_while_nobody_knows(
    collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert collector.forward is not None
    collector.forward.counts, collector.forward.position = Counts(5, 2, 1), 9
    monkeypatch.setattr(collector._counting, "counted", lambda seq: (12, 4) if seq == 9 else (0, 0))
    collector._journal.last_seq = 14
    found = figures(collector)
    told = {
        what: value(found, f"gradewatch_samples_{what}")
        for what in ("received", "stored", "repeated", "quarantined", "buffered")
    }
    assert told == {"received": 12, "stored": 5, "repeated": 2, "quarantined": 1, "buffered": 4}
    assert value(found, "gradewatch_journal_forwarded_entries") == 9
    assert value(found, "gradewatch_journal_entries") == 14
    assert value(found, "gradewatch_journal_backlog_entries") == 5
    collector.forward.ok, collector.forward.position = False, 0
    found = figures(collector)
    # As a counter a false zero would be taken for a restart, and all that was ever stored for stored at once.
    assert {"gradewatch_samples_stored", "gradewatch_journal_forwarded_entries"}.isdisjoint(found)
    assert value(found, "gradewatch_database_up") == 0


def standing(id_: str, priority: Priority, **facts: Any) -> Alarm:
    alarm = Alarm(id_, Level.ACTION, active=True, acknowledged=False, raised_at=after(0), changed_at=after(0))
    return replace(alarm, priority=priority, **facts)


def test_alarms_and_protective_actions_are_counted_by_their_state(collector: Collector) -> None:
    alarms: Sequence[Alarm] = (
        standing("a", Priority.CRITICAL),
        standing("b", Priority.CRITICAL),
        standing("c", Priority.CRITICAL, acknowledged=True),
        standing("d", Priority.LOW, shelved_until=after(60)),
    )
    run = Running(P01, ProtectionState.VERIFIED, after(0), after(0), ("a",), ())
    off = Inhibited(after(0), after(60), "li", "wang", "serviced")
    state = State(alarms={one.id: one for one in alarms}, running={P01: run}, inhibited={P01: off})
    found = figures(collector, state)
    counted = {
        (one.labels["priority"], one.labels["state"]): one.value
        for one in found["gradewatch_alarms"].samples
        if one.value
    }
    assert counted == {("critical", "UNACK"): 2, ("critical", "ACKED"): 1, ("low", "SHLVD"): 1}
    assert len(found["gradewatch_alarms"].samples) == len(Priority) * 8, (
        "none of them is missing while it is 0"
    )
    assert value(found, "gradewatch_protections", state="VERIFIED") == 1
    assert value(found, "gradewatch_protections", state="ARMED") == len(collector._plant.protections) - 1
    assert value(found, "gradewatch_protections_inhibited") == 1


def test_what_became_of_notices_and_how_long_they_took_is_told(collector: Collector) -> None:
    told = collector.notifier.tally
    notice = Notice("k", after(0), NoticeKind.ALARM, "ann", "robot", "", ())
    for took_s in (0.5, 1.5):
        told.note(notice, Outcome.ACCEPTED, after(took_s))
    told.note(replace(notice, way="mail"), Outcome.FAILED, after(9))
    told.note(replace(notice, way="canary", kind=NoticeKind.CANARY), Outcome.ACCEPTED, after(0.25))
    collector.alive.up = False
    calls = Calls(lost=frozenset({"a"}), wrong={"undelivered": "a"})
    collector.pipeline.state = State(calls=calls)
    found = figures(collector)
    assert value(found, "gradewatch_notices", way="robot", outcome="accepted") == 2
    assert value(found, "gradewatch_notices", way="mail", outcome="failed") == 1
    assert value(found, "gradewatch_notices", way="mail", outcome="accepted") == 0
    taken = {
        (one.name, one.labels.get("quantile")): one.value
        for one in found["gradewatch_notice_seconds"].samples
    }
    assert taken == {
        ("gradewatch_notice_seconds", "0.5"): 1.5,
        ("gradewatch_notice_seconds", "0.99"): 1.5,
        ("gradewatch_notice_seconds_count", None): 2,
        ("gradewatch_notice_seconds_sum", None): 2.0,
    }
    assert value(found, "gradewatch_canary_seconds") == 0.25
    assert value(found, "gradewatch_heartbeat_up") == 0
    assert value(found, "gradewatch_notices_undelivered") == 1
    notices = collector.health()["notices"]
    assert (notices["ok"], notices["detail"], notices["waiting"]) == (False, "undelivered: a", 0)


async def test_an_event_loop_that_is_held_is_late() -> None:
    lag = Lag()
    task = asyncio.create_task(lag.run())
    loop = asyncio.get_running_loop()
    await asyncio.sleep(0)
    until = loop.time() + 2 * LAG_EVERY_S
    while loop.time() < until:
        pass  # held
    while not lag.late_s:  # noqa: ASYNC110 - filled by the other task
        await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.wait({task})
    assert max(lag.late_s) >= 0.9 * LAG_EVERY_S
