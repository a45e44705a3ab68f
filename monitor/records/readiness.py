"""What a batch still lacks before it can begin on a line, each in words with what to do about it. Pure.

A batch does not begin while a decontamination is unfinished, a test of gloves or a leak test is missing, an instrument
is overdue, or a zone is blind (the site's demand). What is lacking can be passed over with a signature and a reason.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from config.batches import EquipmentTest, Readiness, ReadinessKind
from config.model import Channel, Text
from config.plant import Plant
from monitor.calibration import MEASURES, InstrumentState, Register, measuring
from monitor.store.equipment_tests import EquipmentOutcome, NotedTest

UNFIT = frozenset({InstrumentState.OVERDUE, InstrumentState.UNQUALIFIED, InstrumentState.UNKNOWN})


class NotReadyKind(StrEnum):
    """Of which kind it is."""

    STATE = "state"
    TEST = "test"
    INSTRUMENT = "instrument"
    BLIND = "blind"
    RECORDS = "records"
    """What is kept cannot be looked up."""


@dataclass(frozen=True, slots=True)
class Lack:
    """One thing that is not as it must be; `id` is of a readiness, an instrument, a channel or a device."""

    kind: NotReadyKind
    id: str
    text: Text

    @property
    def key(self) -> str:
        """By what it is passed over."""
        return f"{self.kind}:{self.id}"


@dataclass(frozen=True, slots=True)
class Live:
    """What is live, as the server hears it.

    Attributes:
        values: by id of the channel; only what can be relied on now.
        heard: ids of the devices of which something has come lately.
        alarms: ids of the alarms that are active.
    """

    values: Mapping[str, float] = field(default_factory=dict)
    heard: frozenset[str] = frozenset()
    alarms: frozenset[str] = frozenset()


TESTS: Mapping[EquipmentTest, Text] = {
    EquipmentTest.GLOVE: Text("glove test", "手套检漏"),
    EquipmentTest.LEAK: Text("leak test", "泄漏测试"),
    EquipmentTest.VHP_LOAD: Text("VHP load", "VHP装载灭菌"),
    EquipmentTest.CI: Text("chemical indicators", "化学指示剂"),
    EquipmentTest.BI: Text("biological indicators", "生物指示剂"),
    EquipmentTest.FILTER: Text("filter test", "过滤器检漏"),
}
"""What each is called."""

_INSTRUMENTS: Mapping[InstrumentState, Text] = {
    InstrumentState.OVERDUE: Text(
        "its calibration is overdue. Have it calibrated, note it, and have it confirmed.",
        "校准已过期。请完成校准、登记并由他人复核。",
    ),
    InstrumentState.UNQUALIFIED: Text(
        "it is not qualified. Note IQ, OQ and PQ, and have them confirmed.",
        "未完成确认。请登记 IQ、OQ、PQ 并由他人复核。",
    ),
    InstrumentState.UNKNOWN: Text(
        "it is not in the register of instruments. Note it there, and have it confirmed.",
        "仪器台账中无记录。请登记并由他人复核。",
    ),
}


_PASSED_OVER: Mapping[str, Text] = {
    NotReadyKind.INSTRUMENT: Text("instrument not in order", "仪器状态不合格"),
    NotReadyKind.BLIND: Text("not heard, or no value that can be used", "无响应或没有可用数值"),
    NotReadyKind.RECORDS: Text("not looked up", "未能查询"),
}
"""Of what has no label of its own, what was lacking."""


def not_ready(
    plant: Plant, line: str, live: Live, register: Register, tests: Sequence[NotedTest], *, at: datetime
) -> list[Lack]:
    """Say what a line lacks for a batch to begin.

    Args:
        plant: with `line`, and what must be ready on it.
        line: id of the line.
        live: what is live.
        register: of instruments.
        tests: of the equipment that readiness names, done up to `at`.
        at: when the batch would begin, aware.

    Returns:
        What people do first first: tests and cycles, then blind zones, then instruments.
    """
    day = at.astimezone(ZoneInfo(plant.time_zone)).date()
    asked = [one for one in plant.readiness.values() if line in one.lines]
    states = {one: register.state(one, day) for one in _measuring(plant, line, register)}
    return [
        *(lack for one in asked for lack in _lacking(plant, one, live, tests, at)),
        *_blind(plant, line, live),
        *_unfit(plant, states),
    ]


def passed_over(plant: Plant, key: str) -> Text:
    """Name what was lacking, by its key; what the plant does not know is called by its id."""
    kind, _, id_ = key.partition(":")
    if asked := plant.readiness.get(id_):
        return asked.label
    device = plant.devices.get(id_.partition("/")[0])
    named = Text(f"{device.label.en} ({id_})", f"{device.label.zh}（{id_}）") if device else Text(id_, id_)
    of = _PASSED_OVER.get(kind)
    return _joined(of, named) if of else named


def used(plant: Plant, line: str, tests: Sequence[NotedTest], at: datetime) -> list[NotedTest]:
    """Give the tests by which a line was ready for a batch that began at `at`, without those that say it was not."""
    asked = [one for one in plant.readiness.values() if line in one.lines and one.kind is ReadinessKind.TEST]
    found = [counting(one, tests, at) for one in asked]
    return [one for one in found if isinstance(one, NotedTest)]


def counting(asked: Readiness, tests: Iterable[NotedTest], at: datetime) -> NotedTest | Text:
    """Give the test that says that something is ready, by what was known at `at`; or say why there is none.

    The last that was not passed counts at once; a passed one only when another person has confirmed it.
    """
    known = [one for one in tests if max(one.facts.at, one.noted_at) <= at]
    of = [one for one in known if (one.facts.kind, one.facts.equipment) == (asked.test, asked.equipment)]
    of.sort(key=lambda one: (one.facts.at, one.number), reverse=True)
    if not of:
        return _none_of(asked)
    if of[0].facts.outcome is EquipmentOutcome.FAILED:
        return Text("The last one failed. Repair, and test again.", "最近一次不合格。请处理后重新测试。")
    if of[0].facts.outcome is EquipmentOutcome.PENDING:
        return Text("Its result is not known yet. Wait for it, and note it.", "结果待定。请等待结果并登记。")
    fresh = [one for one in _since_a_failure(of) if _in_time(asked, one, at)]
    if not fresh:
        return _too_old(asked, of[0], at)
    confirmed = next((one for one in fresh if one.confirmed_at is not None and one.confirmed_at <= at), None)
    return confirmed or Text("It waits for another person to confirm it.", "待他人复核确认。")


def _lacking(
    plant: Plant, asked: Readiness, live: Live, tests: Sequence[NotedTest], at: datetime
) -> Iterator[Lack]:
    if asked.kind is ReadinessKind.STATE:
        why = _not_in_state(plant, asked, live)
    else:
        found = counting(asked, tests, at)
        why = None if isinstance(found, NotedTest) else found
    if why is not None:
        yield Lack(NotReadyKind(asked.kind.value), asked.id, _joined(asked.label, why))


def _not_in_state(plant: Plant, asked: Readiness, live: Live) -> Text | None:
    channel, value = plant.channels[asked.channel], live.values.get(asked.channel)
    name = channel.model.label
    if value is None:
        return Text(
            f"{asked.channel} ({name.en}) has no live value. See to its connection.",
            f"{asked.channel}（{name.zh}）没有实时值。请检查通信。",
        )
    if value in asked.states:
        return None
    now = _state(channel.model.states, value)
    wanted = [_state(channel.model.states, one) for one in sorted(asked.states)]
    en, zh = (" / ".join(one) for one in zip(*((one.en, one.zh) for one in wanted), strict=True))
    return Text(
        f"{name.en} is now: {now.en}. It must be: {en}. Wait for it, or see to the machine.",
        f"{name.zh}当前为“{now.zh}”，须为“{zh}”。请等待或处理设备。",
    )


def _state(states: Mapping[int, Text], value: float) -> Text:
    return states.get(int(value), Text(f"{value:g}", f"{value:g}"))


def _since_a_failure(latest_first: Sequence[NotedTest]) -> list[NotedTest]:
    passed: list[NotedTest] = []
    for one in latest_first:
        if one.facts.outcome is not EquipmentOutcome.PASSED:
            break
        passed.append(one)
    return passed


def _in_time(asked: Readiness, one: NotedTest, at: datetime) -> bool:
    return asked.within_s is None or at - one.facts.at <= timedelta(seconds=asked.within_s)


def _none_of(asked: Readiness) -> Text:
    name = TESTS[asked.test] if asked.test else asked.label
    return Text(
        f"No {name.en} of {asked.equipment} is noted. Do it, note it, and have it confirmed.",
        f"{asked.equipment} 尚无{name.zh}记录。请完成测试、登记并由他人复核。",
    )


def _too_old(asked: Readiness, last: NotedTest, at: datetime) -> Text:
    hours, most = (at - last.facts.at) / timedelta(hours=1), (asked.within_s or 0) / 3600
    return Text(
        f"The last one was {hours:.0f} h ago; it holds for {most:g} h. Test again, note it, and have it confirmed.",
        f"最近一次在 {hours:.0f} 小时前，有效期 {most:g} 小时。请重新测试、登记并由他人复核。",
    )


def _blind(plant: Plant, line: str, live: Live) -> Iterator[Lack]:
    """Give the devices that are silent, and of those that are not the channels that are blind."""
    for id_ in measuring(plant):
        device = plant.devices[id_]
        own = [
            one for series in device.series for one in series.channels if plant.zones[one.zone].line == line
        ]
        if own and (id_ not in live.heard or f"{id_}/communication" in live.alarms):
            label = device.label
            text = Text(
                f"{label.en} ({id_}) is not heard. See to its power and network.",
                f"{label.zh}（{id_}）无响应。请检查电源和网络。",
            )
            yield Lack(NotReadyKind.BLIND, id_, text)
        else:
            yield from (_without_sight(one) for one in own if f"{one.id}/blind" in live.alarms)


def _without_sight(channel: Channel) -> Lack:
    name = channel.model.label
    text = Text(
        f"{channel.zone}: {name.en} gives no value that can be used. See to the sensor.",
        f"{channel.zone}：{name.zh}没有可用数值。请检查传感器。",
    )
    return Lack(NotReadyKind.BLIND, channel.id, text)


def _measuring(plant: Plant, line: str, register: Register) -> list[str]:
    """Give the instruments of a line's zones: devices, and channels that have entries of their own."""
    own = frozenset(register.instruments)
    of_line: dict[str, list[str]] = defaultdict(list)
    for channel in plant.channels.values():
        if channel.model.kind in MEASURES and plant.zones[channel.zone].line == line:
            of_line[channel.device].append(channel.id)
    return [
        one for id_, channels in of_line.items() for one in (id_, *(each for each in channels if each in own))
    ]


def _unfit(plant: Plant, states: Mapping[str, InstrumentState]) -> Iterator[Lack]:
    for instrument, state in states.items():
        if state in UNFIT:
            label = plant.devices[instrument.partition("/")[0]].label
            named = Text(f"{label.en} ({instrument})", f"{label.zh}（{instrument}）")
            yield Lack(NotReadyKind.INSTRUMENT, instrument, _joined(named, _INSTRUMENTS[state]))


def _joined(what: Text, why: Text) -> Text:
    return Text(f"{what.en}: {why.en}", f"{what.zh}：{why.zh}")
