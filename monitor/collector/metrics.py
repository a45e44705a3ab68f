"""The collector's health as Prometheus metrics."""

from collections.abc import Callable, Iterator
from typing import Any

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector as Source

GAUGES = {
    "gradewatch_devices": ("Devices of the plant", ("devices",)),
    "gradewatch_devices_live": ("Devices that gave a usable value within 3 s", ("devices_live",)),
    "gradewatch_oldest_sample_age_seconds": ("Age of the oldest last Sample", ("oldest_sample_age_s",)),
    "gradewatch_inbox_size": ("Events that wait to be judged", ("inbox", "size")),
    "gradewatch_journal_waiting": ("Writes that wait for the journal's disk", ("journal", "entries")),
    "gradewatch_database_up": ("Whether the forwarder reaches the database", ("database", "ok")),
    "gradewatch_database_waiting": ("Journal entries not yet in the database", ("database", "waiting")),
    "gradewatch_poll_lateness_p99_ms": ("Poll lateness, 99th percentile", ("poll_lateness_ms", "p99")),
}
COUNTERS = {
    "gradewatch_events": ("Events judged", ("taken",)),
    "gradewatch_events_lost": ("Events lost because the inbox or the journal was full", ("inbox", "lost")),
    "gradewatch_part_restarts": ("Parts of the collector started again after a failure", ("restarts",)),
}


class _FromHealth(Source):
    def __init__(self, health: Callable[[], dict[str, Any]]) -> None:
        self._health = health

    def collect(self) -> Iterator[Metric]:
        health = self._health()
        for name, (text, path) in GAUGES.items():
            value = _at(health, path)
            if value is not None:
                yield GaugeMetricFamily(name, text, value=float(value))
        for name, (text, path) in COUNTERS.items():
            yield CounterMetricFamily(name, text, value=float(_at(health, path) or 0))


def _at(health: dict[str, Any], path: tuple[str, ...]) -> float | None:
    value: Any = health
    for key in path:
        value = value[key]
    return None if value is None else float(value)


def registry_of(health: Callable[[], dict[str, Any]]) -> CollectorRegistry:
    """Return a registry that asks for the health document at each scrape."""
    registry = CollectorRegistry()
    registry.register(_FromHealth(health))
    return registry
