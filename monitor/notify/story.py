"""What one alarm is about, in words: where, what value against what limit, since when, what was done, what to do."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from alarms.events import Alarm, ProtectionState, Running
from alarms.ladder import zone_of
from alarms.state import State
from config.guidance import guidance_of
from config.model import USABLE, Channel, Kind, Occupancy
from config.plant import Plant
from config.rules import Derived, Limit, Protection
from monitor.notify.details import SERVICE, service_told
from monitor.notify.figures import (
    CLEAR,
    bits,
    duration,
    figure,
    moment,
    must_be_clear,
    permitted,
    permitted_states,
    said,
)
from monitor.notify.words import Words, words_of

_OVER = frozenset({ProtectionState.VERIFIED, ProtectionState.LATCHED, ProtectionState.RESET_PENDING})
_FAILED = "/failed"


@dataclass(frozen=True, slots=True)
class Story:
    """Tells of alarms of one plant, as they stand, in one language."""

    plant: Plant
    state: State
    language: str

    @property
    def words(self) -> Words:
        """The words of the language."""
        return words_of(self.language)

    @property
    def zone_info(self) -> ZoneInfo:
        """The plant's time zone, by which every time is written."""
        return ZoneInfo(self.plant.time_zone)

    # --- in short ---

    def spot(self, alarm: str) -> str:
        """Where it is, in short: `STM-L1 Isolator`; "" for the service itself."""
        zone = zone_of(self.plant, alarm)
        if zone is None:
            return ""
        return f"{zone.line or zone.workshop} {said(zone.label, self.language)}"

    def title(self, alarm: str) -> str:
        """What it is about, in short: the channel, or what has failed."""
        about, _, cause = alarm.rpartition("/")
        measured = self._measured(about)
        if alarm in self.plant.protections or about in self.plant.protections:
            return self._protection_title(alarm)
        if alarm.startswith(SERVICE):
            return service_told(alarm.removeprefix(SERVICE), self.words)
        if cause == "communication":
            return f"{self._named(about)} · {self.words.communication}"
        if measured is None:
            return alarm
        label = said(measured.model.label if isinstance(measured, Channel) else measured.label, self.language)
        return f"{label} · {self.words.blind}" if cause == "blind" else label

    def value(self, alarm: Alarm) -> str:
        """The value furthest outside, with its unit; "" where there is none."""
        return self._figure(alarm.id, alarm.worst)

    def short_permitted(self, alarm: Alarm) -> str:
        """What is permitted, without its name; "" where there is no limit."""
        limit = self._limit(alarm)
        measured = None if limit is None else self._measured(limit.channel)
        if limit is None or measured is None:
            return ""
        bounds = limit.at_rest if limit.at_rest and self._is_at_rest(measured.zone) else limit
        if isinstance(measured, Channel) and measured.model.states:
            return permitted_states(bounds.low, bounds.high, measured.model.states, self.language)
        if isinstance(measured, Channel) and must_be_clear(measured.model.kind, bounds.low, bounds.high):
            return said(CLEAR, self.language)
        return permitted(bounds.low, bounds.high, self._unit(measured))

    def line(self, alarm: Alarm) -> str:
        """All of it in one line, for a list."""
        value, limit = self.value(alarm), self.short_permitted(alarm)
        what = " ".join(filter(None, (self.title(alarm.id), value, f"({limit})" if value and limit else "")))
        at = f"{alarm.raised_at.astimezone(self.zone_info):%H:%M:%S}"
        parts = (self.words.priority[alarm.priority], self.spot(alarm.id), what, at)
        return " · ".join(filter(None, parts))

    # --- at length ---

    def whole(self, alarm: Alarm) -> Iterator[tuple[str, str]]:
        """Tell all of it, in lines of a heading and what stands under it ("" for a line without)."""
        words = self.words
        kind = [words.priority[alarm.priority], words.level[alarm.level]]
        kind += [words.first_out] if alarm.first_out else []
        kind += [words.chattering] if alarm.chattering else []
        yield "", " · ".join(kind)
        if where := self._where(alarm.id):
            yield words.where, where
        yield from self._batches(alarm.id)
        yield words.what, self._what(alarm)
        yield words.since, moment(alarm.raised_at, self.zone_info)
        if alarm.detail:
            yield words.detail, words.quoted.format(text=" ".join(alarm.detail.split()))
        yield from self._done(alarm.id)
        yield from self._guidance(alarm.id)

    def _where(self, alarm: str) -> str:
        zone = zone_of(self.plant, alarm)
        if zone is None:
            return ""
        line = self.plant.lines.get(zone.line)
        label = line.label if line else self.plant.workshops[zone.workshop].label
        grade = self.words.grade.format(grade=zone.grade)
        named = f"{said(zone.label, self.language)} ({zone.id})"
        return self.words.comma.join((named, grade, said(label, self.language)))

    def _batches(self, alarm: str) -> Iterator[tuple[str, str]]:
        """Tell which batch runs on the line; of what the lines of a workshop share, which batches of theirs."""
        zone = zone_of(self.plant, alarm)
        for key, batch in self.state.batches.items():
            line = self.plant.lines.get(key)
            if zone is None or line is None or zone.workshop != line.workshop or zone.line not in {"", key}:
                continue
            product = self.plant.products.get(batch.product)
            stages = {one.id: said(one.label, self.language) for one in product.stages} if product else {}
            yield (
                self.words.batch,
                self.words.batch_in.format(
                    batch=batch.id,
                    product=said(product.label, self.language) if product else batch.product,
                    stage=stages.get(batch.stage, batch.stage),
                    since=moment(batch.stage_since, self.zone_info),
                ),
            )

    def _what(self, alarm: Alarm) -> str:
        title, value, limit = self.title(alarm.id), self.value(alarm), self.short_permitted(alarm)
        if not value:
            return title
        told = value
        if limit:
            name = self.words.limit[alarm.level]
            told = self.words.limit_value.format(value=value, limit=name, permitted=limit)
        now = self._figure(alarm.id, self._last(alarm.id.rpartition("/")[0]))
        if now and now != value:
            told = f"{told} ({self.words.now.format(value=now)})"
        return f"{title} {told}"

    def _done(self, alarm: str) -> Iterator[tuple[str, str]]:
        about = alarm.removesuffix(_FAILED)
        running = [
            one for one in self.state.running.values() if alarm in one.because or one.id in {alarm, about}
        ]
        off = [
            one
            for key, one in self.plant.protections.items()
            if key in self.state.inhibited and any(alarm in group for group in one.triggers)
        ]
        for one in running:
            if one.id in self.plant.protections:
                yield from self._running(self.plant.protections[one.id], one)
        for protection in off:
            until = moment(self.state.inhibited[protection.id].until, self.zone_info)
            yield (
                self.words.done,
                f"{self._coded(protection)}{self.words.colon}{self.words.switched_off.format(until=until)}",
            )
        if not running and not off:
            yield self.words.done, self.words.nothing_done

    def _running(self, protection: Protection, one: Running) -> Iterator[tuple[str, str]]:
        words = self.words
        stands = words.protection[one.state]
        if one.state is ProtectionState.TRIGGERED and protection.dry_run:
            stands = words.dry_run
        elif one.state is ProtectionState.TRIGGERED and protection.needs_confirmation:
            stands = words.waits
        elif one.failed and one.state in _OVER:
            stands = words.comma.join((stands, words.has_failed))
        yield words.done, f"{self._coded(protection)}{words.colon}{stands}"
        yield words.instruction, said(protection.instruction, self.language)

    def _guidance(self, alarm: str) -> Iterator[tuple[str, str]]:
        words, guidance = self.words, guidance_of(self.plant, alarm)
        yield words.consequence, said(guidance.consequence, self.language)
        yield words.response, said(guidance.response, self.language)
        if guidance.respond_within_s > 0:
            yield words.respond_within, duration(guidance.respond_within_s)
        if guidance.sop:
            yield words.sop, guidance.sop

    # --- looking up ---

    def _measured(self, about: str) -> Channel | Derived | None:
        return self.plant.channels.get(about) or self.plant.derived.get(about)

    def _limit(self, alarm: Alarm) -> Limit | None:
        """The limit by which it was raised, where the plant's has changed since."""
        former = self.state.raised_under.get(alarm.id)
        return former or next((one for one in self.plant.limits if one.id == alarm.id), None)

    def _is_at_rest(self, zone: str) -> bool:
        said_of = self.state.occupancy.get(zone) or self.plant.zones[zone].occupancy
        return said_of is Occupancy.AT_REST

    def _unit(self, measured: Channel | Derived) -> str:
        return measured.model.unit if isinstance(measured, Channel) else measured.unit

    def _figure(self, alarm: str, value: float | None) -> str:
        """Write a value of what an alarm is about; "" where it is about no channel, or there is no value."""
        about, _, cause = alarm.rpartition("/")
        measured = None if cause == "blind" else self._measured(about)
        if value is None or measured is None or not math.isfinite(value):
            return ""
        if isinstance(measured, Derived):
            return figure(value, measured.unit, Kind.ANALOG)
        state = measured.model.states.get(round(value))
        if state is not None:
            return said(state, self.language)
        if measured.model.kind is Kind.BITS:
            return bits(value, measured.model, self.language)
        return figure(value, measured.model.unit, measured.model.kind)

    def _last(self, about: str) -> float | None:
        """The last usable value of a channel that was seen live."""
        channel = self.plant.channels.get(about)
        sample = None if channel is None else self.state.seen.get(channel.series)
        if channel is None or sample is None or channel.place >= len(sample.values):
            return None
        is_usable = sample.quality is None or sample.quality[channel.place] in USABLE
        return sample.values[channel.place] if is_usable else None

    def _named(self, about: str) -> str:
        found = self.plant.devices.get(about) or self.plant.networks.get(about)
        return about if found is None else said(found.label, self.language)

    def _coded(self, protection: Protection) -> str:
        return f"{protection.code} {said(protection.label, self.language)}"

    def _protection_title(self, alarm: str) -> str:
        found = self.plant.protections.get(alarm)
        if found is not None:
            return f"{self._coded(found)} · {self.words.running}"
        return f"{self._coded(self.plant.protections[alarm.rpartition('/')[0]])} · {self.words.failed}"
