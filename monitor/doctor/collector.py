"""The collector, if it runs: asked over its socket, as a server asks it."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx

from config.model import Text
from monitor.collector.collect import SOCKET, TOKEN
from monitor.doctor.finding import Finding, mend, note, well

COLLECTOR, POLLS, LOSSES = (
    Text("Collector", "采集进程"),
    Text("Polls", "轮询"),
    Text("Losses", "丢失"),
)
PATIENCE_S = 5.0
LATE_MS = 100.0
"""A poll whose 99th percentile is later than a tenth of a second shows a machine that is short of time."""


def health_of(data: Path) -> Mapping[str, Any] | None:
    """Ask the collector of this data folder how it is; None: it does not answer."""
    try:
        token = (data / TOKEN).read_text().strip()
        transport = httpx.HTTPTransport(uds=str(data / SOCKET))
        headers = {"Authorization": f"Bearer {token}"}
        with httpx.Client(
            transport=transport, base_url="http://collector", headers=headers, timeout=PATIENCE_S
        ) as client:
            document: Mapping[str, Any] = client.get("/health").raise_for_status().json()
    except (OSError, httpx.HTTPError, ValueError):
        return None
    return document


def collector(health: Mapping[str, Any] | None) -> Iterator[Finding]:
    """Say how the collector is."""
    if health is None:
        yield note(COLLECTOR, "does not run here, or does not answer", "未在此运行，或无响应")
        return
    live, devices = health["devices_live"], health["devices"]
    say = well if live == devices else mend
    yield say(COLLECTOR, f"{live} of {devices} devices live", f"{devices}台设备中{live}台在线")
    if not health["journal"]["ok"]:
        yield mend(
            COLLECTOR, f"journal: {health['journal']['detail']}", f"日志：{health['journal']['detail']}"
        )
    if not health["database"]["ok"]:
        detail, waiting = health["database"]["detail"], health["database"]["waiting"]
        yield mend(COLLECTOR, f"{detail}; {waiting} entries wait", f"{detail}；{waiting}条等待")
    yield _polls(health["poll_lateness_ms"])
    lost = health["inbox"]["lost"]
    yield (
        mend(LOSSES, f"{lost} events lost since the start", f"启动以来丢失{lost}个事件")
        if lost
        else well(LOSSES, "none since the start", "启动以来无丢失")
    )


def _polls(late_ms: Mapping[str, float | None]) -> Finding:
    p50, p99 = late_ms["p50"], late_ms["p99"]
    if p50 is None or p99 is None:
        return note(POLLS, "none yet", "暂无")
    figures = f"p50 {p50:g} ms, p99 {p99:g} ms"
    if p99 > LATE_MS:
        return mend(
            POLLS, f"late: {figures}; this machine is short of time", f"延迟：{figures}；本机负载过高"
        )
    return well(POLLS, f"on time: {figures}", f"准时：{figures}")
