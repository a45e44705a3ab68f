"""Tables of channels: their figures, why they are not within their limits, and what was permitted."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby

from monitor.notify.figures import duration
from monitor.records.report.blocks import Block, Cell, Column, cell, table
from monitor.records.report.figures import NOTHING, figure, percentage, spelt
from monitor.records.report.telling import Telling, Told

_FINER = 1
"""More decimals of what is reckoned from many values than of one value."""
_ANALOG = ("analog", "count")


def statistics(telling: Telling, channels: Sequence[Told]) -> Block:
    """Set the figures of channels whose values are stored, by zone."""
    say = telling.words
    return table(
        [
            Column(say("channel"), 3.1),
            Column(say("valid_of"), 1.4, right=True),
            *(Column(say(one), 0.8, right=True) for one in ("min", "mean", "max", "sd", "p5_p50", "p95_p99")),
            *(Column(say(one), 1.0, right=True) for one in ("mkt_m3", "outside")),
            Column(say("verdict"), 1.2),
        ],
        _by_zone(telling, channels, lambda one: _figures(telling, one)),
        empty=say("none"),
    )


def _figures(telling: Telling, channel: Told) -> Sequence[Cell]:
    found = channel["statistics"]
    is_number = channel["kind"] in _ANALOG

    def one(name: str, finer: int = 0) -> str:
        return telling.value(found[name], channel, finer=finer) if is_number else NOTHING

    share = found["completeness"]
    special = (
        figure(found["mkt_c"], 2)
        if found["mkt_c"] is not None
        else ""
        if found["rolling_m3"] is None
        else figure(found["rolling_m3"], 0)
    )
    finer = 2 if channel["kind"] == "count" else _FINER
    unit = spelt(channel["unit"])
    return [
        cell(telling.label(channel["label"]), f"{channel['id']} · {unit}" if unit else channel["id"]),
        cell(
            f"{found['valid']} / {found['expected']}",
            "" if share is None else telling.words("percent", percent=percentage(100 * share, 2)),
            tone="plain" if share in (None, 1) else "incomplete",
        ),
        one("min"),
        one("mean", finer),
        one("max"),
        one("sd", finer),
        cell(one("p5"), one("p50")),
        cell(one("p95"), one("p99")),
        special,
        cell(*(duration(found["outside_s"][level]) for level in ("alert", "action"))),
        telling.verdict(channel["verdict"]),
    ]


def exceptional(telling: Telling, channels: Sequence[Told]) -> Block:
    """Set why channels are not within their limits, or not complete."""
    say = telling.words
    return table(
        [
            Column(say("channel"), 1.2),
            Column(say("min"), right=True),
            Column(say("max"), right=True),
            Column(say("outside"), right=True),
            Column(say("verdict")),
            Column(say("reason"), 1.0),
        ],
        _by_zone(telling, channels, lambda one: _exception(telling, one)),
        empty=say("none"),
    )


def _exception(telling: Telling, channel: Told) -> Sequence[Cell]:
    found = channel["statistics"]
    is_number = found is not None and channel["kind"] in _ANALOG
    outside = found["outside_s"] if found else {"alert": 0, "action": 0}
    return [
        telling.channel_of(channel["id"]),
        telling.value(found["min"], channel, unit=True) if is_number else NOTHING,
        telling.value(found["max"], channel, unit=True) if is_number else NOTHING,
        cell(*(duration(outside[level]) for level in ("alert", "action"))) if found else NOTHING,
        telling.verdict(channel["verdict"]),
        " ".join(telling.label(reason) for reason in channel["reasons"]),
    ]


def reckoned(telling: Telling, channels: Sequence[Told]) -> Block:
    """Set how channels that are judged and not stored are made from others, and their verdicts."""
    say = telling.words
    return table(
        [
            Column(say("channel"), 1.2),
            Column(say("made_from"), 1.0),
            Column(say("verdict")),
            Column(say("reason"), 0.8),
        ],
        _by_zone(
            telling,
            channels,
            lambda one: [
                telling.channel_of(one["id"]),
                cell(telling.label(one["how"]), telling.joined(one["inputs"])),
                telling.verdict(one["verdict"]),
                " ".join(telling.label(reason) for reason in one["reasons"]),
            ],
        ),
        empty=say("none"),
    )


def limits(telling: Telling, channels: Sequence[Told]) -> Block:
    """Set what was permitted, and when where it was not the same throughout."""
    say = telling.words
    levels = ("alert", "action", "diagnostic")
    having = [one for one in channels if one["limits"]]
    shown = [
        level for level in levels if any(level == one["level"] for its in having for one in its["limits"])
    ]
    return table(
        [Column(say("channel"), 1.3), *(Column(say.member("level", level), 1.0) for level in shown)],
        _by_zone(
            telling,
            having,
            lambda one: [
                telling.channel_of(one["id"]),
                *(_permitted(telling, one, level) for level in shown),
            ],
        ),
        empty=say("none"),
    )


def _permitted(telling: Telling, channel: Told, level: str) -> str:
    lines = []
    for limit in channel["limits"]:
        if limit["level"] != level:
            continue
        line = telling.permitted(limit, channel)
        if (limit["since"], limit["until"]) != (channel["since"], channel["until"]):
            line += f"{telling.words.colon}{telling.time(limit['since'])} – {telling.time(limit['until'])}"
        lines.append(line)
    return "\n".join(lines)


def _by_zone(
    telling: Telling, channels: Iterable[Told], row: Callable[[Told], Sequence[Cell]]
) -> Iterator[Sequence[Cell] | str]:
    for zone, own in groupby(channels, key=lambda one: one["zone"]):
        yield telling.zone_line(zone)
        for channel in own:
            yield row(channel)
