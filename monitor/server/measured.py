"""Counts requests and how long they took: by the route's own template, so that no address makes a new figure."""

import asyncio
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from monitor.server.gate import API

BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
"""On a plant's own network the way takes less than a millisecond: what is slow is slow here. A database is waited
for ten seconds at most."""
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
OTHER = "other"
"""The dashboard's files, what the gate refused, and methods that nobody uses."""


@dataclass(slots=True)
class _Timing:
    counts: list[int] = field(default_factory=lambda: [0] * (len(BUCKETS_S) + 1))
    sum_s: float = 0.0


class Requests:
    """What was asked since the start. Plain numbers of one event loop: a request costs it a few microseconds.

    A route answers 401 to a wrong name or password only, and 429 where too many were wrong before; who has no session
    does not come as far as a route.
    """

    def __init__(self) -> None:
        self._passwords: Counter[int] = Counter()
        self._counts: Counter[tuple[str, str, str]] = Counter()
        self._timings: dict[tuple[str, str], _Timing] = {}

    def note(self, route: str, method: str, status: int, took_s: float) -> None:
        """Count one request."""
        if status in {401, 429} and route != OTHER:
            self._passwords[status] += 1
        self._counts[route, method, f"{status // 100}xx"] += 1
        timing = self._timings.get((route, method))
        if timing is None:
            timing = self._timings[route, method] = _Timing()
        timing.counts[bisect_left(BUCKETS_S, took_s)] += 1
        timing.sum_s += took_s

    def figures(self) -> Iterator[Metric]:
        """Write them for Prometheus."""
        counted = CounterMetricFamily(
            "gradewatch_http_requests",
            "Requests answered, by route, method and class of status",
            labels=["route", "method", "status"],
        )
        for key, count in self._counts.items():
            counted.add_metric(key, count)
        took = HistogramMetricFamily(
            "gradewatch_http_request_duration_seconds",
            "Time from a request's arrival to the end of its answer",
            labels=["route", "method"],
        )
        for pair, timing in self._timings.items():
            took.add_metric(pair, _cumulative(timing.counts), timing.sum_s)
        yield counted
        yield took
        text = "Sign-ins and signatures refused: a wrong name or password"
        yield CounterMetricFamily("gradewatch_sign_in_failures", text, value=self._passwords[401])
        text = "Sign-ins and signatures not looked at: too many were wrong before"
        yield CounterMetricFamily("gradewatch_sign_in_lockouts", text, value=self._passwords[429])


def _cumulative(counts: list[int]) -> list[tuple[str, float]]:
    names = [*(str(bound) for bound in BUCKETS_S), "+Inf"]
    return [(name, float(sum(counts[: place + 1]))) for place, name in enumerate(names)]


class Measured:
    """ASGI middleware before everything else: what is refused counts too."""

    def __init__(self, app: ASGIApp, requests: Requests) -> None:
        self._app = app
        self._requests = requests

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and count it once its answer has ended."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = 500  # whoever raises has answered nothing yet

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        clock = asyncio.get_running_loop().time
        began = clock()
        try:
            await self._app(scope, receive, noted)
        finally:
            method = scope["method"] if scope["method"] in METHODS else OTHER
            self._requests.note(_template(scope), method, status, clock() - began)


def _template(scope: Scope) -> str:
    """Name the route as it is written, without what stands in it; of a router's it holds what follows the prefix."""
    route = scope.get("route")
    if route is None:
        return OTHER
    path: str = route.path
    is_under = scope["path"].startswith(f"{API}/") and not path.startswith(f"{API}/")
    return f"{API}{path}" if is_under else path
