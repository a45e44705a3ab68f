"""The collector, if it runs: asked over its socket, as a server asks it."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx

from config.model import Text
from monitor.collector.collect import SOCKET, TOKEN
from monitor.doctor.finding import Finding, mend, note, well

COLLECTOR, POLLS, LOOP, LOSSES, SAMPLES = (
    Text("Collector", "采集进程"),
    Text("Polls", "轮询"),
    Text("Event loop", "事件循环"),
    Text("Losses", "丢失"),
    Text("Samples", "样本"),
)
PARTS = ("stored", "repeated", "quarantined", "buffered")
PATIENCE_S = 5.0
LATE_MS = 100.0
"""A poll whose 99th percentile is later than a tenth of a second shows a machine that is short of time."""
LAG_MS = 50.0
"""An event loop that is held for longer than this delays every alarm by as much (demo proposal)."""


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
    calling = health.get("notices", {})
    if not calling.get("ok", True):
        yield mend(COLLECTOR, f"calling: {calling['detail']}", f"通知：{calling['detail']}")
    yield _polls(health)
    yield from _loop(health.get("loop_lag_ms", {}))
    yield from _samples(health["database"])
    lost = health["inbox"]["lost"]
    yield (
        mend(LOSSES, f"{lost} events lost since the start", f"启动以来丢失{lost}个事件")
        if lost
        else well(LOSSES, "none since the start", "启动以来无丢失")
    )


def _polls(health: Mapping[str, Any]) -> Finding:
    p50, p99 = health["poll_lateness_ms"]["p50"], health["poll_lateness_ms"]["p99"]
    skipped = health.get("polls_skipped", 0)
    if p50 is None or p99 is None:
        return note(POLLS, "none yet", "暂无")
    en = f"p50 {p50:g} ms, p99 {p99:g} ms in the last minute; {skipped} skipped since the start"
    zh = f"最近一分钟 p50 {p50:g} ms，p99 {p99:g} ms；启动以来跳过{skipped}次"
    if p99 > LATE_MS:
        return mend(
            POLLS,
            f"late: {en}; this machine is short of time, and every alarm comes later by as much",
            f"延迟：{zh}；本机负载过高，报警也会相应延迟",
        )
    # A skipped poll is a device that answers more slowly than it is asked, or a machine that stood still.
    say = note if skipped else well
    return say(POLLS, f"on time: {en}", f"准时：{zh}")


def _loop(lag_ms: Mapping[str, float | None]) -> Iterator[Finding]:
    p99 = lag_ms.get("p99")
    if p99 is None:
        return
    if p99 > LAG_MS:
        yield mend(
            LOOP,
            f"late by {p99:g} ms (p99): something else takes this machine's time",
            f"延迟{p99:g} ms（p99）：本机时间被其他程序占用",
        )
    else:
        yield well(LOOP, f"late by {p99:g} ms (p99)", f"延迟{p99:g} ms（p99）")


def _samples(database: Mapping[str, Any]) -> Iterator[Finding]:
    """Hold what was received against what became of it: not one Sample may be missing."""
    counts = database.get("samples")
    if counts is None:
        yield note(
            SAMPLES,
            "cannot be counted: the database has not yet said what it has",
            "无法核对：数据库尚未告知已存内容",
        )
        return
    received, parts = counts["received"], [counts[key] for key in PARTS]
    stored, repeated, quarantined, buffered = parts
    en = (
        f"{received} received = {stored} stored + {repeated} repeated + {quarantined} quarantined"
        f" + {buffered} buffered"
    )
    zh = f"接收{received} = 已存{stored} + 重复{repeated} + 隔离{quarantined} + 待存{buffered}"
    missing = received - sum(parts)
    if missing:
        yield mend(
            SAMPLES,
            f"{en} does not hold: {missing:+d}. Is this another database than before, or one restored from an older"
            " backup? Look with: gradewatch verify",
            f"{zh} 不成立：相差{missing:+d}。是否换了数据库，或由较旧的备份恢复？请运行 gradewatch verify",
        )
    elif quarantined:
        yield note(SAMPLES, f"{en}: see table quarantine", f"{zh}：请查看 quarantine 表")
    else:
        yield well(SAMPLES, en, zh)
