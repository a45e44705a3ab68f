"""How a process writes its figures for Prometheus: its own registry, and what holds for every process of ours."""

from collections.abc import Callable, Iterable, Iterator
from importlib.metadata import version

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector as Source


class _Asked(Source):
    """Asks for every figure at each scrape, so that between two of them it costs nothing."""

    def __init__(self, figures: Callable[[], Iterable[Metric]]) -> None:
        self._figures = figures

    def collect(self) -> Iterable[Metric]:
        return self._figures()


def registry_with(
    plant_sha256: Callable[[], str], figures: Callable[[], Iterable[Metric]]
) -> CollectorRegistry:
    """Make the registry of one process: what it knows of itself, its build, and its memory and processor time.

    Args:
        plant_sha256: of the plant in force, asked at each scrape.
        figures: called at each scrape.
    """
    registry = CollectorRegistry()
    registry.register(_Asked(lambda: _build(plant_sha256())))
    registry.register(_Asked(figures))
    ProcessCollector(registry=registry)
    return registry


def _build(plant_sha256: str) -> Iterator[Metric]:
    told = {"version": version("gradewatch"), "plant_sha256": plant_sha256}
    yield InfoMetricFamily("gradewatch_build", "What runs here, and with which plant", value=told)


def labelled(name: str, text: str, label: str, values: Iterable[tuple[str, float]]) -> Metric:
    """Make a gauge with one label from its values by that label."""
    family = GaugeMetricFamily(name, text, labels=[label])
    for key, value in values:
        family.add_metric([key], value)
    return family
