"""How the report tells times, figures, places and persons of one dossier in one language."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from config.model import Kind, Text
from monitor.notify.figures import CLEAR, duration, must_be_clear, permitted, permitted_states
from monitor.notify.words import words_of
from monitor.records.report.blocks import TONES, Cell, cell
from monitor.records.report.figures import NOTHING, figure, laid_down, places_of, spelt
from monitor.records.report.words import Words

Told = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Telling:
    """A dossier, as `told` gives it, and the language it is told in.

    Attributes:
        at: aware; when the report is made.
    """

    told: Told
    words: Words
    at: datetime
    zone: ZoneInfo = field(init=False)
    channels: Mapping[str, Told] = field(init=False)
    zones: Mapping[str, Told] = field(init=False)
    _offset: timedelta | None = field(init=False)

    def __post_init__(self) -> None:
        zone = ZoneInfo(self.told["plant"]["time_zone"])
        object.__setattr__(self, "zone", zone)
        object.__setattr__(self, "channels", {one["id"]: one for one in self.told["channels"]})
        object.__setattr__(self, "zones", {one["id"]: one for one in self.told["zones"]})
        offsets = {at.astimezone(zone).utcoffset() for at in [*_times(self.told), self.at]}
        object.__setattr__(self, "_offset", next(iter(offsets)) if len(offsets) == 1 else None)

    # --- Times ------------------------------------------------------------------------------------------------------

    def time(self, at: str | None, otherwise: str = "") -> str:
        """Write an instant by the plant's clock; with its distance from UTC, unless that is the same throughout."""
        return otherwise if at is None else self.moment(datetime.fromisoformat(at))

    def moment(self, at: datetime) -> str:
        """Write an instant, as `time` does."""
        local = at.astimezone(self.zone)
        return f"{local:%Y-%m-%d %H:%M:%S}" + ("" if self._offset is not None else f" {_from_utc(local)}")

    @property
    def clock(self) -> str:
        """By which clock times are told: `Asia/Shanghai, UTC+08:00`."""
        if self._offset is None:
            return self.zone.key
        return f"{self.zone.key}, UTC{_from_utc(self.at.astimezone(self.zone))}"

    def lasted(self, since: str, until: str | None) -> str:
        """Write how long something took; "" where it is not over."""
        if until is None:
            return ""
        return duration((datetime.fromisoformat(until) - datetime.fromisoformat(since)).total_seconds())

    # --- Figures ----------------------------------------------------------------------------------------------------

    def value(self, value: float | None, channel: Told, *, finer: int = 0, unit: bool = False) -> str:
        """Write a value of a channel, with so many decimals more than usual."""
        written = figure(value, places_of(channel["unit"], Kind(channel["kind"])) + finer)
        return f"{written} {spelt(channel['unit'])}".rstrip() if unit and written != NOTHING else written

    def permitted(self, limit: Told, channel: Told) -> str:
        """Write what a limit permits, as it was laid down."""
        low, high = limit["low"], limit["high"]
        if channel["states"]:
            return permitted_states(low, high, _states(channel), self.words.language)
        if must_be_clear(Kind(channel["kind"]), low, high):
            return self.words.label(CLEAR)
        return permitted(low, high, channel["unit"])

    def worst(self, alarm: Told, channel: Told) -> Cell:
        """Write the value furthest outside, and below it what it was outside of; of states in words."""
        if not channel["states"]:
            bound = "" if alarm["limit"] is None else laid_down(alarm["limit"], channel["unit"])
            return cell(self.value(alarm["worst"], channel, unit=True), bound)
        value = alarm["worst"]
        state = None if value is None else channel["states"].get(f"{value:.0f}")
        own = [one for one in channel["limits"] if one["id"] == alarm["id"]]
        standing = next((one for one in own if one["since"] <= alarm["raised_at"] < one["until"]), None)
        limit = standing or next(iter(own), None)
        written = self.label(state) if state else figure(value, 0)
        return cell(written, self.permitted(limit, channel) if limit else "")

    # --- Places -----------------------------------------------------------------------------------------

    def label(self, text: Mapping[str, str]) -> str:
        """Give a text in the report's language."""
        return self.words.label(text)

    def stage_of(self, stage: str) -> str:
        """Name a stage of the batch."""
        known = (one for one in self.told["batch"]["stages"] if one["stage"] == stage)
        return next((self.label(one["label"]) for one in known), stage)

    def channel_of(self, channel: str) -> Cell:
        """Name a channel, with its id below."""
        known = self.channels.get(channel)
        return cell(self.label(known["label"]), channel) if known else channel

    def alarm_of(self, alarm: str) -> Cell:
        """Name what an alarm is about, with the alarm's id below."""
        about, _, cause = alarm.rpartition("/")
        known, words = self.channels.get(about), words_of(self.words.language)
        named = [self.label(known["label"])] if known else []
        if cause == "communication":
            named = [about, words.communication]
        elif cause == "blind" and known:
            named.append(words.blind)
        return cell(" · ".join(named), alarm) if named else alarm

    def zone_line(self, zone: str) -> str:
        """Name a zone with its grade, as the line over what lies in it."""
        known = self.zones.get(zone)
        if known is None:
            return zone
        say = self.words
        return say.colon.join((f"{self.label(known['label'])} ({zone})", f"{say('grade')} {known['grade']}"))

    def verdict(self, verdict: str, *below: str) -> Cell:
        """Write a verdict in its tone."""
        return cell(
            self.words.begun("verdict", verdict),
            *below,
            tone=TONES.get(verdict, "plain"),
            strong=verdict != "within",
        )

    def joined(self, parts: Iterable[str]) -> str:
        """Write what is there of some parts as a list."""
        return self.words.comma.join(part for part in parts if part)


def beyond(told: Told) -> frozenset[str]:
    """Give the channels that were beyond a limit, whatever else is wrong with them; what a mode explains is not."""
    judged = {one["id"] for one in told["channels"] if one["verdict"] in ("alert", "action")}
    raised = {
        one["channel"]
        for one in told["alarms"]
        if one["channel"] and one["level"] in ("alert", "action") and not one["explained"]
    }
    return frozenset(judged | raised)


def _states(channel: Told) -> Mapping[int, Text]:
    return {int(value): Text(**label) for value, label in channel["states"].items()}


def _from_utc(local: datetime) -> str:
    offset = f"{local:%z}"
    return f"{offset[:3]}:{offset[3:5]}"


def _times(value: Any) -> Iterable[datetime]:  # noqa: ANN401 - whatever JSON holds
    """Find every instant in a dossier: a text that is one begins like one, and has a distance from UTC."""
    match value:
        case str() if value[-6:] == "+00:00" and value[10:11] == "T":
            yield datetime.fromisoformat(value)
        case Mapping():
            for inner in value.values():
                yield from _times(inner)
        case list():
            for inner in value:
                yield from _times(inner)
        case _:
            return
