"""The server's figures for Prometheus, asked of its parts at each scrape."""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from monitor.metrics import labelled, registry_with
from monitor.server.relay import Relay
from monitor.server.replica import Source
from monitor.server.service import Service


def registry_of(service: Service) -> CollectorRegistry:
    """Make the registry of one application; nothing in it is shared with another."""

    def figures() -> Iterator[Metric]:
        yield from service.requests.figures()
        yield from _relay(service)
        yield from _databases(service)
        yield from _upkeep(service)

    return registry_with(lambda: service.settings.plant.sha256, figures)


def _relay(service: Service) -> Iterator[Metric]:
    relay: Relay = service.relay
    yield GaugeMetricFamily("gradewatch_websockets", "Open live screens", value=relay.screens)
    yield CounterMetricFamily(
        "gradewatch_relay_messages", "Messages put in line for a live screen", value=relay.relayed
    )
    yield CounterMetricFamily(
        "gradewatch_relay_dropped_messages",
        "Messages for which a screen that fell behind had no room; it is cut off then",
        value=relay.dropped,
    )
    yield GaugeMetricFamily(
        "gradewatch_collector_up", "Whether the collector is heard", value=float(relay.collector)
    )
    if relay.heard_at is not None:
        age_s = (service.settings.now() - relay.heard_at).total_seconds()
        text = "Time since the collector's last message"
        yield GaugeMetricFamily("gradewatch_collector_message_age_seconds", text, value=max(0.0, age_s))


def _databases(service: Service) -> Iterator[Metric]:
    replica = service.reads.replica
    watched = [(Source.PRIMARY, service.database), *([(Source.REPLICA, replica)] if replica else [])]
    yield labelled(
        "gradewatch_database_up",
        "Whether the database answered when it was last looked at",
        "database",
        [(name, float(one.up.is_set())) for name, one in watched],
    )
    yield labelled(
        "gradewatch_database_pool_connections",
        "Open connections of the pool",
        "database",
        [(name, one.connections()[0]) for name, one in watched],
    )
    yield labelled(
        "gradewatch_database_pool_used_connections",
        "Connections of the pool that somebody uses",
        "database",
        [(name, one.connections()[1]) for name, one in watched],
    )
    if replica is None:
        return
    in_use = float(service.reads.source is Source.REPLICA)
    yield GaugeMetricFamily(
        "gradewatch_replica_in_use", "Whether the past is read from the replica", value=in_use
    )
    if replica.lag_s is not None:
        text = "How old the last change is that the replica has"
        yield GaugeMetricFamily("gradewatch_replica_lag_seconds", text, value=replica.lag_s)


def _upkeep(service: Service) -> Iterator[Metric]:
    yield labelled(
        "gradewatch_upkeep_last_run_timestamp_seconds",
        "When the database was last looked after, by how that ended",
        "result",
        [(result, at.timestamp()) for result, at in service.upkeep.ended.items()],
    )
