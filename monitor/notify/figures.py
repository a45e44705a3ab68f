"""Figures, bounds and times as a notice writes them: the same decimals and signs as on the screen."""

import math
from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from config.model import ChannelModel, Kind, Text

DECIMALS: Mapping[str, int] = {
    "": 0,
    "Pa": 1,
    "m/s": 2,
    "°C": 1,
    "%": 1,
    "%RH": 1,
    "Pa/min": 1,
    "Pa/s": 1,
    "°C/h": 3,
    "1/m3": 0,
    "ppm": 2,
    "A": 2,
    "bar": 2,
    "s": 0,
    "L/min": 1,
    "m3/h": 0,
    "g/min": 1,
    "mm": 0,
    "h": 0,
    "Hz": 1,
    "V": 1,
    "g": 0,
}
OTHERWISE = 2
SPELLING: Mapping[str, str] = {
    "m3/h": "m³/h",
    "m3": "m³",
    "1/m3": "/m³",
    "%vol/h": "% vol/h",
    "%RH": "% RH",
    "count": "",
    "records": "",
    "samples": "",
    "readings": "",
}
"""Units as they are printed; a count of things has none."""
CLEAR = Text(en="must be clear", zh="须无置位")
"""What holds of bits, as alarm words are, of which none may be set."""
NOTHING_SET = Text(en="none", zh="无")
_FLOAT_WHOLE = 1e15
"""Beyond this a number is written with its exponent."""


def figure(value: float, unit: str, kind: Kind) -> str:
    """Write a value with its unit, for example `12.4 Pa`; "" where it is no number."""
    if not math.isfinite(value):
        return ""
    places = 0 if kind is Kind.COUNT else DECIMALS.get(unit, OTHERWISE)
    written = f"{value:.{places}f}" if abs(value) < _FLOAT_WHOLE else f"{value:.6g}"
    if float(written) == 0:
        written = written.lstrip("-")
    return _with_unit(written.replace("-", "−", 1) if written.startswith("-") else written, unit)


def bits(value: float, model: ChannelModel, language: str) -> str:
    """Write which bits are set, by what they say, for example `low airflow, #7`; a number where none has a word."""
    if not math.isfinite(value):
        return ""
    number = round(value)
    if not model.bits and not model.clear_bits:
        return f"0x{number:X}" if number else "0"
    words = []
    for bit in range(32):
        is_set = bool(number >> bit & 1)
        word = (model.bits if is_set else model.clear_bits).get(bit)
        if word is not None or is_set:
            words.append(said(word, language) if word else f"#{bit}")
    return ", ".join(words) or said(NOTHING_SET, language)


def permitted(low: float | None, high: float | None, unit: str) -> str:
    """Write what a limit permits, for example `≥ 20 Pa` or `20 – 90 Pa`; "" where it bounds nothing."""
    if low is not None and high is not None:
        return _with_unit(f"{_bound(low)} – {_bound(high)}", unit)
    if high is not None:
        return _with_unit(f"≤ {_bound(high)}", unit)
    return "" if low is None else _with_unit(f"≥ {_bound(low)}", unit)


def permitted_states(low: float | None, high: float | None, states: Mapping[int, Text], language: str) -> str:
    """Write which states a limit permits, or which it does not, whichever is shorter: `= closed`, `≠ fault`."""
    good: list[str] = []
    bad: list[str] = []
    for value, label in states.items():
        is_good = (low is None or value >= low) and (high is None or value <= high)
        (good if is_good else bad).append(said(label, language))
    if not good or not bad:
        return permitted(low, high, "")
    return f"= {', '.join(good)}" if len(good) < len(bad) else f"≠ {', '.join(bad)}"


def must_be_clear(kind: Kind, low: float | None, high: float | None) -> bool:
    """Whether a limit permits no bit to be set: then it is told as CLEAR, for its figures say nothing."""
    return kind is Kind.BITS and low is None and high is not None and 0 <= high < 1


def moment(at: datetime, zone: ZoneInfo) -> str:
    """Write an instant by a wall clock, with its distance from UTC: `2026-11-21 16:03:42 UTC+08:00`."""
    local = at.astimezone(zone)
    offset = f"{local:%z}"
    return f"{local:%Y-%m-%d %H:%M:%S} UTC{offset[:3]}:{offset[3:5]}"


def duration(seconds: float) -> str:
    """Write how long something takes: `28 s`, `2 min 05 s`, `3 h 07 min`, `2 d 3 h`."""
    whole = max(0, round(seconds))
    minutes, rest = divmod(whole, 60)
    hours, minutes_rest = divmod(minutes, 60)
    if whole < 120:
        return f"{whole} s"
    if hours == 0:
        return f"{minutes} min {rest:02d} s" if rest else f"{minutes} min"
    if hours < 48:
        return f"{hours} h {minutes_rest:02d} min"
    return f"{hours // 24} d {hours % 24} h"


def said(text: Text, language: str) -> str:
    """Give a text in one language."""
    return text.zh if language == "zh" else text.en


def _bound(value: float) -> str:
    return f"{value:.12g}".replace("-", "−", 1) if value < 0 else f"{value:.12g}"


def _with_unit(written: str, unit: str) -> str:
    return f"{written} {SPELLING.get(unit, unit)}".rstrip()
