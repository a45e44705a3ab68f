"""The collector's figures for Prometheus: base units in the names, everything since the start or ever as a counter."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from itertools import product
from typing import Any

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from alarms.alarm import state as alarm_state
from alarms.events import AlarmState, ProtectionState
from alarms.state import State
from config.plant import Plant
from config.rules import Priority
from monitor.collector.journal_bounds import DAY_S, days_for
from monitor.collector.shown import ARMED
from monitor.metrics import labelled, registry_with

MS = 1e-3

GAUGES: Mapping[str, tuple[str, float, tuple[str, ...]]] = {
    "gradewatch_devices": ("Devices of the plant", 1, ("devices",)),
    "gradewatch_devices_live": ("Devices that gave a usable value within 3 s", 1, ("devices_live",)),
    "gradewatch_oldest_sample_age_seconds": (
        "Age of the oldest among the last Samples of all devices",
        1,
        ("oldest_sample_age_s",),
    ),
    "gradewatch_inbox_events": ("Events that wait to be judged", 1, ("inbox", "size")),
    "gradewatch_journal_up": ("Whether the journal takes what is written", 1, ("journal", "ok")),
    "gradewatch_journal_pending_writes": ("Writes that wait for its disk", 1, ("journal", "entries")),
    "gradewatch_journal_used_bytes": ("What the journal takes", 1, ("journal", "used_bytes")),
    "gradewatch_journal_bound_bytes": ("How large it may become", 1, ("journal", "bound_bytes")),
    "gradewatch_journal_used_ratio": ("The share of its bound that it takes", 1, ("journal", "used_share")),
    "gradewatch_journal_backlog_entries": ("Entries not yet in the database", 1, ("database", "waiting")),
    "gradewatch_database_up": ("Whether the database takes what is forwarded", 1, ("database", "ok")),
    "gradewatch_samples_buffered": (
        "Samples of the journal that are not yet in the database",
        1,
        ("database", "samples", "buffered"),
    ),
    "gradewatch_poll_lateness_p50_seconds": (
        "Poll lateness, median of the last minute",
        MS,
        ("poll_lateness_ms", "p50"),
    ),
    "gradewatch_poll_lateness_p99_seconds": (
        "Poll lateness, 99th percentile of the last minute",
        MS,
        ("poll_lateness_ms", "p99"),
    ),
    "gradewatch_notices_waiting": ("Notices on their way", 1, ("notices", "waiting")),
    "gradewatch_notices_undelivered": (
        "Alarms of which nobody could be told by any step",
        1,
        ("notices", "undelivered"),
    ),
    "gradewatch_canary_seconds": (
        "Time from the last canary to its acceptance, through the whole chain",
        1,
        ("notices", "canary_s"),
    ),
    "gradewatch_heartbeat_up": (
        "Whether the outside address has heard the last heartbeat",
        1,
        ("notices", "heartbeat_up"),
    ),
    "gradewatch_host_clock_ahead_seconds": (
        "By how much the host's clock was set since the start",
        1,
        ("clock", "ahead_s"),
    ),
    "gradewatch_host_clock_synchronised": (
        "Whether anything keeps the host's clock right, by its kernel",
        1,
        ("clock", "synchronised"),
    ),
    "gradewatch_loop_lag_p50_seconds": (
        "Time by which the event loop is late, median of the last minute",
        MS,
        ("loop_lag_ms", "p50"),
    ),
    "gradewatch_loop_lag_p99_seconds": (
        "Time by which the event loop is late, 99th percentile of the last minute",
        MS,
        ("loop_lag_ms", "p99"),
    ),
}
"""Name -> text, factor to the base unit, path in the health document."""

COUNTERS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    # received = stored + repeated + quarantined + buffered, always.
    "gradewatch_samples_received": (
        "Samples ever written to the journal",
        ("database", "samples", "received"),
    ),
    "gradewatch_samples_stored": ("Samples stored in the database", ("database", "samples", "stored")),
    "gradewatch_samples_repeated": ("Samples that were there already", ("database", "samples", "repeated")),
    "gradewatch_samples_quarantined": ("Samples put aside", ("database", "samples", "quarantined")),
    "gradewatch_journal_entries": ("Entries ever written to the journal", ("journal", "written")),
    "gradewatch_journal_forwarded_entries": (
        "Entries of the journal that the database has: its rate is the drain rate",
        ("database", "forwarded"),
    ),
    "gradewatch_events": ("Events judged", ("taken",)),
    "gradewatch_events_lost": ("Events lost because the inbox or the journal was full", ("inbox", "lost")),
    "gradewatch_polls_skipped": ("Polls that did not run in their second", ("polls_skipped",)),
    "gradewatch_part_restarts": ("Parts of the collector started again after a failure", ("restarts",)),
}
ALARM_STATES = [one for one in AlarmState if one is not AlarmState.NORM]
PROTECTION_STATES = [ARMED, *(one for one in ProtectionState if one is not ProtectionState.CLOSED)]


def registry_of(
    plant: Callable[[], Plant], health: Callable[[], dict[str, Any]], state: Callable[[], State]
) -> CollectorRegistry:
    """Make a registry that asks for the health document and the State at each scrape."""

    def figures() -> Iterator[Metric]:
        document = health()
        yield from _of_health(document)
        yield from _notices(document.get("notices", {}))
        yield from _room(plant(), document)
        yield _alarms(state())
        yield from _protections(plant(), state())

    return registry_with(lambda: plant().sha256, figures)


def _of_health(health: dict[str, Any]) -> Iterator[Metric]:
    """Write what is known; what is not has no figure, rather than a false zero."""
    for name, (text, factor, path) in GAUGES.items():
        value = _at(health, path)
        if value is not None:
            yield GaugeMetricFamily(name, text, value=factor * value)
    for name, (text, path) in COUNTERS.items():
        counted = _at(health, path)
        if counted is not None:
            yield CounterMetricFamily(name, text, value=counted)


def _at(health: dict[str, Any], path: tuple[str, ...]) -> float | None:
    value: Any = health
    for key in path:
        value = None if value is None else value.get(key)
    return None if value is None else float(value)


def _room(plant: Plant, health: dict[str, Any]) -> Iterator[Metric]:
    used, bound = (_at(health, ("journal", key)) for key in ("used_bytes", "bound_bytes"))
    if used is not None and bound is not None:
        room_s = DAY_S * days_for(plant, max(0.0, bound - used))
        text = "For how long the journal has room without a database, at this plant's rate"
        yield GaugeMetricFamily("gradewatch_journal_room_seconds", text, value=room_s)


def _notices(notices: dict[str, Any]) -> Iterator[Metric]:
    ended = CounterMetricFamily(
        "gradewatch_notices", "Notices that have ended, by way and outcome", labels=["way", "outcome"]
    )
    for way, counts in notices.get("ended", {}).items():
        for outcome, count in counts.items():
            ended.add_metric([way, outcome], count)
    yield ended
    text = "Time from what a notice tells of to its acceptance; quantiles of the last 1000"
    took = Metric("gradewatch_notice_seconds", text, "summary")
    quantiles = notices.get("seconds_ms", {})
    for share, name in (("0.5", "p50"), ("0.99", "p99")):
        if quantiles.get(name) is not None:
            took.add_sample("gradewatch_notice_seconds", {"quantile": share}, MS * quantiles[name])
    took.add_sample("gradewatch_notice_seconds_count", {}, notices.get("accepted", 0))
    took.add_sample("gradewatch_notice_seconds_sum", {}, notices.get("accepted_s", 0.0))
    yield took


def _alarms(state: State) -> Metric:
    counts = Counter((alarm.priority, alarm_state(alarm)) for alarm in state.alarms.values())
    text = "Alarms that stand, by priority and ISA-18.2 state"
    family = GaugeMetricFamily("gradewatch_alarms", text, labels=["priority", "state"])
    for priority, one in product(Priority, ALARM_STATES):
        family.add_metric([priority, one], counts[priority, one])
    return family


def _protections(plant: Plant, state: State) -> Iterator[Metric]:
    running = [one for key, one in state.running.items() if key in plant.protections]
    counts = Counter(str(one.state) for one in running)
    counts[ARMED] = len(plant.protections) - len(running)
    yield labelled(
        "gradewatch_protections",
        "Protective actions, by how far they have come",
        "state",
        [(one, counts[one]) for one in PROTECTION_STATES],
    )
    text = "Protective actions that two persons have switched off"
    yield GaugeMetricFamily("gradewatch_protections_inhibited", text, value=len(state.inhibited))
