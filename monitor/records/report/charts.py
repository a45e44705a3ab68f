"""The charts of the report: what is drawn of a channel, and what stands above it."""

from collections.abc import Iterator
from datetime import datetime

from monitor.notify.figures import duration
from monitor.records.report.blocks import Block
from monitor.records.report.drawn import Bound, Frame, Points, drawn
from monitor.records.report.drawn import legend as legend_drawn
from monitor.records.report.figures import spelt
from monitor.records.report.telling import Telling, Told

WHOLE, HALF = (493.0, 118.0), (238.0, 84.0)
"""Width and height in points: as wide as the page, and half of it."""


def chart(telling: Telling, channel: Told, points: Points, *, half: bool = False) -> Block:
    """Draw a channel over the batch."""
    say = telling.words
    width, height = HALF if half else WHOLE
    batch = telling.told["batch"]
    frame = Frame(
        start=_seconds(batch["started_at"]),
        end=_seconds(telling.told["told_at"]),
        bounds=list(_bounds(telling, channel, points)),
        stages=[
            (
                telling.label(one["label"]),
                _seconds(one["began_at"]),
                _seconds(one["ended_at"] or telling.told["told_at"]),
            )
            for one in batch["stages"]
        ],
        gaps=list(_gaps(telling, channel)),
        zone=telling.zone,
        is_log=is_log(channel),
        width=width,
        height=height,
    )
    each = say("bucket", s=duration(points.bucket_s)) if points.bucket_s else say("bucket_raw")
    label = telling.label(channel["label"])
    unit = spelt(channel["unit"])
    return {
        "title": f"{label} ({unit})" if unit else label,
        "says": " · ".join(
            [channel["id"], channel["zone"], each, *([say("log_axis")] if is_log(channel) else [])]
        ),
        "verdict": "" if channel["verdict"] == "within" else say.begun("verdict", channel["verdict"]),
        "tone": channel["verdict"],
        "svg": drawn(points, frame),
        "alt": say("chart_alt", channel=label),
    }


def is_log(channel: Told) -> bool:
    """Whether a channel counts particles: they come by powers of ten."""
    return bool(channel["kind"] == "count" or channel["unit"] == "1/m3")


def legend(telling: Telling) -> Block:
    """Draw what the signs of the charts mean."""
    say = telling.words
    words = {one: say(f"legend_{one}") for one in ("value", "alert", "action", "outside", "gap")}
    said = telling.joined(words.values())
    return {"kind": "picture", "svg": legend_drawn(words, WHOLE[0]), "alt": said}


def _bounds(telling: Telling, channel: Told, points: Points) -> Iterator[Bound]:
    for id_ in (channel["id"], *points.beside):
        for limit in telling.channels[id_]["limits"]:
            yield Bound(
                limit["level"],
                limit["low"],
                limit["high"],
                _seconds(limit["since"]),
                _seconds(limit["until"]),
            )


def _gaps(telling: Telling, channel: Told) -> Iterator[tuple[float, float]]:
    """What is missing of a channel, or of what it is reckoned from."""
    for id_ in (channel["id"], *channel["inputs"]):
        for gap in telling.channels[id_]["gaps"] if id_ in telling.channels else ():
            yield _seconds(gap["from"]), _seconds(gap["until"])


def _seconds(at: str) -> float:
    return datetime.fromisoformat(at).timestamp()
