"""Draws a chart as SVG: a channel over the time of its batch, with what was permitted, what is missing and the stages.

Pure: points in, text out. Lengths are points of print; Typst sets the picture without scaling it.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import escape
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from monitor.records.report.figures import figure

INK, GREY, HAIR = "#17384f", "#5c6670", "#dfe3e7"
LINES = {"alert": "#a86a00", "action": "#b3131b"}
OUTSIDE = {"alert": "#f5dca6", "action": "#f1b3b3"}
BANDS = ("#eceff2", "#dde3e8")
LEFT, RIGHT, TOP, BOTTOM = 30.0, 26.0, 9.0, 10.0
"""Room for figures, for limits, for stages and for times."""
LEAST = 1.2
"""Nothing that happened is drawn narrower than this, or it would be lost in print."""
STEPS_S = (
    60,
    120,
    300,
    600,
    900,
    1800,
    3600,
    7200,
    10800,
    21600,
    43200,
    86400,
    172800,
    345600,
    604800,
    1209600,
)
GAP = (
    '<pattern id="gap" width="3" height="3" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<rect width="3" height="3" fill="#d5dade"/><line x1="0" y1="0" x2="0" y2="3" stroke="#77828c" stroke-width="1.2"/>'
    "</pattern>"
)


@dataclass(frozen=True, slots=True)
class Points:
    """What is drawn of one channel, one entry per point in every list.

    Attributes:
        bucket_s: seconds that one point covers; 0: each is one value.
        at: seconds since 1970 (UTC), where the point begins.
        low: the least usable value; None: there is none.
        high: the greatest.
        beside: ids of channels that are this same value with other limits, which are drawn as well.
    """

    bucket_s: int
    at: Sequence[float]
    low: Sequence[float | None]
    high: Sequence[float | None]
    beside: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Bound:
    """What a limit permitted, for as long as it stayed the same; seconds since 1970 (UTC)."""

    level: str
    low: float | None
    high: float | None
    since: float
    until: float


@dataclass(frozen=True, slots=True)
class Frame:
    """What a chart is drawn in.

    Attributes:
        start: seconds since 1970 (UTC), of the left edge.
        end: of the right one.
        stages: name, beginning and end of each, in order.
        gaps: from when to when values are missing.
        zone: by whose clock times are written.
        places: decimals of the figures at the edge, at most.
        is_log: whether equal lengths are equal ratios.
        width: in points.
        height: in points.
    """

    start: float
    end: float
    bounds: Sequence[Bound]
    stages: Sequence[tuple[str, float, float]]
    gaps: Sequence[tuple[float, float]]
    zone: ZoneInfo
    is_log: bool
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class _Scale:
    """Where values and times lie on the paper."""

    frame: Frame
    low: float = field(init=False)
    high: float = field(init=False)

    def fit(self, values: Sequence[float]) -> None:
        """Make room for values, and a little more."""
        low, high = (self._eased(edge) for edge in (min(values), max(values)))
        room = (high - low) * 0.07 or 0.5
        object.__setattr__(self, "low", low if self.frame.is_log else low - room)
        object.__setattr__(self, "high", high + room)

    def x(self, at: float) -> float:
        """Where a time lies; what is outside lies on the edge."""
        frame = self.frame
        share = (min(max(at, frame.start), frame.end) - frame.start) / ((frame.end - frame.start) or 1)
        return LEFT + share * (frame.width - LEFT - RIGHT)

    def y(self, value: float) -> float:
        """Where a value lies."""
        room = self.frame.height - TOP - BOTTOM
        return self.frame.height - BOTTOM - (self._eased(value) - self.low) / (self.high - self.low) * room

    def _eased(self, value: float) -> float:
        # One is added, so that no particle at all has a place too.
        return math.log10(1 + max(0.0, value)) if self.frame.is_log else value


def drawn(points: Points, frame: Frame) -> str:
    """Draw a chart as SVG."""
    scale = _Scale(frame)
    edges = [edge for bound in frame.bounds for edge in (bound.low, bound.high) if edge is not None]
    scale.fit([*_known(points.low), *_known(points.high), *edges] or [0.0, 1.0])
    parts = [
        *_stages(scale),
        *_gaps(points, scale),
        *_outside(points, scale),
        *_ruled(scale),
        *_limits(scale),
        *_values(points, scale),
        _box(scale),
    ]
    return _svg(frame.width, frame.height, parts)


def legend(words: Mapping[str, str], width: float) -> str:
    """Draw what the signs of the charts mean.

    Args:
        words: for `value`, `alert`, `action`, `outside` and `gap`.
        width: in points.
    """
    signs = {
        "value": f'<line x1="0" y1="5" x2="16" y2="5" stroke="{INK}" stroke-width="1"/>',
        "alert": f'<line x1="0" y1="5" x2="16" y2="5" {_line("alert")}/>',
        "action": f'<line x1="0" y1="5" x2="16" y2="5" {_line("action")}/>',
        "outside": f'<rect y="1" width="8" height="8" fill="{OUTSIDE["alert"]}"/>'
        f'<rect x="8" y="1" width="8" height="8" fill="{OUTSIDE["action"]}"/>',
        "gap": '<rect y="1" width="16" height="8" fill="url(#gap)"/>',
    }
    parts = []
    for number, (key, sign) in enumerate(signs.items()):
        said = _text(20, 7.4, words[key], size=6.5)
        parts.append(f'<g transform="translate({number * width / len(signs):.1f} 0)">{sign}{said}</g>')
    return _svg(width, 10, parts)


def _svg(width: float, height: float, parts: Sequence[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}pt" height="{height}pt" '
        f'viewBox="0 0 {width} {height}"><defs>{GAP}</defs>{"".join(parts)}</svg>'
    )


def _known(values: Sequence[float | None]) -> Iterator[float]:
    return (value for value in values if value is not None)


def _text(x: float, y: float, said: str, *, fill: str = GREY, end: str = "start", size: float = 5.8) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-family="Noto Sans SC" font-size="{size}" fill="{fill}" '
        f'text-anchor="{end}">{escape(said)}</text>'
    )


def _line(level: str) -> str:
    dashed = ' stroke-dasharray="3 1.6"' if level == "alert" else ""
    return f'stroke="{LINES[level]}" stroke-width="0.7"{dashed}'


def _upright(scale: _Scale, since: float, until: float, fill: str) -> str:
    left = scale.x(since)
    width = max(scale.x(until) - left, LEAST)
    height = scale.frame.height - TOP - BOTTOM
    return f'<rect x="{left:.2f}" y="{TOP}" width="{width:.2f}" height="{height:.2f}" fill="{fill}"/>'


def _stages(scale: _Scale) -> Iterator[str]:
    for number, (name, since, until) in enumerate(scale.frame.stages):
        left, right = scale.x(since), scale.x(until)
        if right - left < LEAST:
            continue
        fill = BANDS[number % len(BANDS)]
        yield f'<rect x="{left:.2f}" y="0" width="{right - left:.2f}" height="{TOP - 1}" fill="{fill}"/>'
        yield f'<line x1="{left:.2f}" y1="0" x2="{left:.2f}" y2="{scale.frame.height - BOTTOM}" stroke="{HAIR}"/>'
        width = sum(5.8 if ord(sign) > 0x2E80 else 3.3 for sign in name)
        if width < right - left - 3:
            yield _text(left + 2, TOP - 3, name)


def _gaps(points: Points, scale: _Scale) -> Iterator[str]:
    """Draw what is told to be missing, and where no point has a value."""
    for since, until in [*scale.frame.gaps, *_empty(points)]:
        yield _upright(scale, since, until, "url(#gap)")


def _empty(points: Points) -> Iterator[tuple[float, float]]:
    since: float | None = None
    for at, value in zip(points.at, points.low, strict=True):
        if value is None and since is None:
            since = at
        elif value is not None and since is not None:
            yield since, at
            since = None
    if since is not None:
        yield since, points.at[-1] + points.bucket_s


def _outside(points: Points, scale: _Scale) -> Iterator[str]:
    """Shade what is beyond a limit: first what is beyond alert, then, over it, what is beyond action."""
    for level in ("alert", "action"):
        bounds = [one for one in scale.frame.bounds if one.level == level]
        for since, until in _joined(points, bounds):
            yield _upright(scale, since, until, OUTSIDE[level])


def _joined(points: Points, bounds: Sequence[Bound]) -> Iterator[tuple[float, float]]:
    """Give the times in which a point is beyond one of some limits; points that follow on one another are one time."""
    since = until = -math.inf
    for at, low, high in zip(points.at, points.low, points.high, strict=True):
        if not any(_is_beyond(one, at, points.bucket_s, low, high) for one in bounds):
            continue
        if at > until:
            if until > since:
                yield since, until
            since = at
        until = at + max(points.bucket_s, 1)
    if until > since:
        yield since, until


def _is_beyond(bound: Bound, at: float, bucket_s: int, low: float | None, high: float | None) -> bool:
    if low is None or high is None or at >= bound.until or at + bucket_s < bound.since:
        return False
    return (bound.low is not None and low < bound.low) or (bound.high is not None and high > bound.high)


def _limits(scale: _Scale) -> Iterator[str]:
    labels: dict[tuple[str, float], float] = {}
    for bound in scale.frame.bounds:
        if bound.level not in LINES:
            continue
        for edge in (bound.low, bound.high):
            if edge is None:
                continue
            y = scale.y(edge)
            left, right = scale.x(bound.since), scale.x(bound.until)
            yield f'<line x1="{left:.2f}" y1="{y:.2f}" x2="{right:.2f}" y2="{y:.2f}" {_line(bound.level)}/>'
            labels[bound.level, edge] = y
    taken: list[float] = []
    for (level, edge), y in sorted(labels.items(), key=lambda one: one[0][0]):
        if all(abs(y - other) > 5.5 for other in taken):
            taken.append(y)
            yield _text(scale.frame.width - RIGHT + 2, y + 2, f"{edge:.6g}", fill=LINES[level])


def _ruled(scale: _Scale) -> Iterator[str]:
    frame = scale.frame
    for value, said in _ticks(scale):
        y = scale.y(value)
        right = frame.width - RIGHT
        yield f'<line x1="{LEFT}" y1="{y:.2f}" x2="{right}" y2="{y:.2f}" stroke="{HAIR}" stroke-width="0.4"/>'
        yield _text(LEFT - 2.5, y + 2, said, end="end")
    for at, said in _times(scale):
        x = scale.x(at)
        foot = frame.height - BOTTOM
        yield f'<line x1="{x:.2f}" y1="{foot}" x2="{x:.2f}" y2="{foot + 2}" stroke="{GREY}" stroke-width="0.5"/>'
        yield _text(x, frame.height - 1.2, said, end="middle")


def _ticks(scale: _Scale) -> Iterator[tuple[float, str]]:
    if scale.frame.is_log:
        yield 0.0, "0"
        decades = range(math.ceil(scale.high))
        few = (1.0, 2.0, 5.0) if len(decades) < 2 else (1.0,)
        for decade in decades[:: max(1, math.ceil(len(decades) / 4))]:
            for value in (factor * 10.0**decade for factor in few):
                if math.log10(1 + value) <= scale.high:
                    yield value, figure(value, 0)
        return
    span = scale.high - scale.low
    rough = span / 4
    power = 10 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough)
    places = max(0, -math.floor(math.log10(step) + 1e-9) + (1 if step / power == 2.5 else 0))
    for number in range(math.ceil(scale.low / step), math.floor(scale.high / step) + 1):
        yield number * step, figure(number * step, places)


def _times(scale: _Scale) -> Iterator[tuple[float, str]]:
    """Give whole times of the plant's clock; where a day begins, or the chart does, its date."""
    frame = scale.frame
    most = (frame.width - LEFT - RIGHT) / 36
    step = next((one for one in STEPS_S if (frame.end - frame.start) / one <= most), STEPS_S[-1])
    first = datetime.fromtimestamp(frame.start, UTC).astimezone(frame.zone)
    ahead = (first.utcoffset() or first - first).total_seconds()
    at = math.ceil((frame.start + ahead) / step) * step - ahead
    day = None
    while at <= frame.end:
        local = datetime.fromtimestamp(at, UTC).astimezone(frame.zone)
        yield (
            at,
            f"{local:%m-%d %H:%M}"
            if day != local.date() and step < 86400
            else (f"{local:%m-%d}" if step >= 86400 else f"{local:%H:%M}"),
        )
        day = local.date()
        at += step


def _values(points: Points, scale: _Scale) -> Iterator[str]:
    """Draw each stretch without a hole as the surface between its least and greatest values."""
    for stretch in _stretches(points):
        middle = points.bucket_s / 2
        upper = [(scale.x(at + middle), scale.y(high)) for at, _, high in stretch]
        lower = [(scale.x(at + middle), scale.y(low)) for at, low, _ in reversed(stretch)]
        path = " ".join(f"{x:.2f},{y:.2f}" for x, y in [*upper, *lower])
        yield (
            f'<polygon points="{path}" fill="{INK}" stroke="{INK}" stroke-width="0.5" stroke-linejoin="round" '
            'stroke-linecap="round"/>'
        )


def _stretches(points: Points) -> Iterator[list[tuple[float, float, float]]]:
    late = points.bucket_s * 1.5 or _usual(points.at) * 1.5
    stretch: list[tuple[float, float, float]] = []
    for at, low, high in zip(points.at, points.low, points.high, strict=True):
        if low is None or high is None:
            continue
        if stretch and at - stretch[-1][0] > late:
            yield stretch
            stretch = []
        stretch.append((at, low, high))
    if stretch:
        yield stretch


def _usual(times: Sequence[float]) -> float:
    """Say how far apart values usually are."""
    apart = sorted(behind - before for before, behind in pairwise(times))
    return apart[len(apart) // 2] if apart else 0.0


def _box(scale: _Scale) -> str:
    width, height = scale.frame.width - LEFT - RIGHT, scale.frame.height - TOP - BOTTOM
    place = f'x="{LEFT}" y="{TOP}" width="{width}" height="{height}"'
    return f'<rect {place} fill="none" stroke="{GREY}" stroke-width="0.5"/>'


def has_chart(channel: Mapping[str, Any], points: Mapping[str, Points]) -> bool:
    """Whether there is anything of a channel to draw."""
    return channel["id"] in points and any(True for _ in _known(points[channel["id"]].low))
