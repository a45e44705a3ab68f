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
    "gradewatch_samples_buffered": ("Samples that wait in the journal", ("database", "samples", "buffered")),
    "gradewatch_poll_lateness_p99_ms": ("Poll lateness, 99th percentile", ("poll_lateness_ms", "p99")),
}
COUNTERS = {
    # received = stored + repeated + quarantined + buffered, always.
    "gradewatch_samples_received": ("Samples received", ("database", "samples", "received")),
    "gradewatch_samples_stored": ("Samples stored in the database", ("database", "samples", "stored")),
    "gradewatch_samples_repeated": ("Samples that were there already", ("database", "samples", "repeated")),
    "gradewatch_samples_quarantined": ("Samples put aside", ("database", "samples", "quarantined")),
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
            counted = _at(health, path)
            if counted is not None:
                yield CounterMetricFamily(name, text, value=counted)


def _at(health: dict[str, Any], path: tuple[str, ...]) -> float | None:
    value: Any = health
    for key in path:
        value = None if value is None else value.get(key)
    return None if value is None else float(value)


def registry_of(health: Callable[[], dict[str, Any]]) -> CollectorRegistry:
    """Return a registry that asks for the health document at each scrape."""
    registry = CollectorRegistry()
    registry.register(_FromHealth(health))
    return registry
