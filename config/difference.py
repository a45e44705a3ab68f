"""What differs between two plants, field by field: limits first, and whatever watches less closely is marked."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, TypeAlias

from config.batches import Stage
from config.duty import Duty
from config.duty_told import told
from config.model import Device, Text
from config.plant import Plant
from config.rules import Bounds, Limit, Priority

Key: TypeAlias = tuple[str, ...]

KINDS: Mapping[str, Text] = {
    "limit": Text("limit", "限度"),
    "suppression": Text("suppression", "设计抑制"),
    "protection": Text("protective action", "保护动作"),
    "derived": Text("derived channel", "派生通道"),
    "device": Text("device", "设备"),
    "profile": Text("device profile", "设备型号配置"),
    "zone": Text("zone", "区域"),
    "line": Text("line", "生产线"),
    "workshop": Text("workshop", "车间"),
    "network": Text("network", "网络"),
    "edge": Text("edge of the pressure cascade", "压差梯度的边"),
    "guidance": Text("guidance", "处置指导"),
    "escalation": Text("escalation", "升级"),
    "rotation": Text("rotation", "轮值"),
    "person": Text("person", "人员"),
    "way": Text("way of notice", "通知方式"),
    "duty": Text("being on call", "值班"),
    "readiness": Text("readiness for a batch", "批次准备条件"),
    "product": Text("product", "产品"),
    "review": Text("review of batches", "批次审核"),
    "position": Text("sampling position", "采样点"),
    "shift": Text("shift", "班次"),
    "ruleset": Text("ruleset", "法规限度表"),
    "plant": Text("plant", "工厂"),
}
"""Every kind of thing that may differ, in the order in which it is told."""

FIELDS: Mapping[str, Text] = {
    "": Text("the whole of it", "整项"),
    "low": Text("lower bound", "下限"),
    "high": Text("upper bound", "上限"),
    "at_rest.low": Text("lower bound at rest", "静态下限"),
    "at_rest.high": Text("upper bound at rest", "静态上限"),
    "deadband": Text("deadband", "回差"),
    "on_delay_s": Text("delay before it is raised, s", "触发延时（秒）"),
    "off_delay_s": Text("delay before it clears, s", "恢复延时（秒）"),
    "rationale": Text("rationale", "依据"),
    "priority": Text("priority", "优先级"),
    "latching": Text("stays until it is reset", "自锁，须复位"),
    "realarm_s": Text("sounds again after, s", "再次报警间隔（秒）"),
    "basis": Text("ruleset that it rests on", "所依据的法规限度"),
    "alarms": Text("alarms", "报警"),
    "longest_s": Text("longest time, s", "最长时间（秒）"),
    "triggers": Text("triggers", "触发条件"),
    "asks": Text("what it asks for", "请求内容"),
    "outcome": Text("what must come of it", "预期结果"),
    "release": Text("what must hold before it ends", "解除条件"),
    "reset_by": Text("who resets it", "复位人员"),
    "may_inhibit": Text("may be switched off", "可停用"),
    "needs_confirmation": Text("waits for a confirmation", "须人工确认"),
    "dry_run": Text("only tells what it would ask", "仅演练"),
    "only_while": Text("only while", "仅当"),
    "formula": Text("formula", "公式"),
    "inputs": Text("inputs", "输入通道"),
    "parameters": Text("parameters", "参数"),
    "address": Text("address", "地址"),
    "profile": Text("profile", "型号配置"),
    "period_s": Text("seconds between polls", "轮询间隔（秒）"),
    "timeout_s": Text("longest wait for an answer, s", "应答超时（秒）"),
    "settings": Text("settings", "设置"),
    "security": Text("encryption", "加密"),
    "zone": Text("zone", "区域"),
    "line": Text("line", "生产线"),
    "grade": Text("grade", "级别"),
    "rulesets": Text("rulesets", "法规"),
    "occupancy": Text("occupancy", "占用状态"),
    "label": Text("name", "名称"),
    "channels": Text("channels", "通道"),
    "priorities": Text("priorities", "优先级"),
    "zones": Text("zones", "区域"),
    "steps": Text("steps", "步骤"),
    "repeat_s": Text("last step again after, s", "末步骤重复间隔（秒）"),
    "repeats": Text("how often again at most", "最多重复次数"),
    "stops_at_clear": Text("stops once the condition is over", "恢复后停止"),
    "tells_clear": Text("tells that the condition is over", "恢复后告知"),
    "quiet": Text("quiet hours", "免打扰时段"),
    "people": Text("people", "人员"),
    "begins": Text("first day", "起始日期"),
    "starts": Text("starts at", "开始时刻"),
    "hand_over": Text("hand-over", "交接时间"),
    "every_days": Text("days of one turn", "每班天数"),
    "hours": Text("hours", "值班时段"),
    "holidays": Text("holiday", "节假日"),
    "substitutions": Text("substitutions", "替班"),
    "time_zone": Text("time zone", "时区"),
    "language": Text("language", "语言"),
    "contacts": Text("contacts, in order", "联系方式（按顺序）"),
    "kind": Text("kind", "类型"),
    "secret": Text("name of its secret", "密钥名称"),
    "order": Text("escalations, in order", "升级（按顺序）"),
    "group_s": Text("goes in one message within, s", "合并通知时段（秒）"),
    "undelivered_s": Text("undelivered after, s", "未送达判定时间（秒）"),
    "heartbeat": Text("secret of the outside heartbeat", "外部心跳的密钥"),
    "test_page": Text("weekly test", "每周测试"),
    "canary": Text("canary", "链路探测"),
    "lines": Text("lines", "生产线"),
    "stages": Text("stages, in order", "阶段（按顺序）"),
    "window_s": Text("all is done within, s", "完成时限（秒）"),
    "window_from": Text("stage from which that counts", "时限起算阶段"),
    "channel": Text("channel", "通道"),
    "states": Text("states", "状态"),
    "equipment": Text("equipment", "设备"),
    "test": Text("test", "检测"),
    "within_s": Text("done at most so long before, s", "此前最长时间（秒）"),
    "levels": Text("persons who review", "审核人数"),
    "key_levels": Text("persons who review key data", "关键数据审核人数"),
    "key_grades": Text("grades with key data", "关键数据级别"),
    "medium": Text("medium", "培养基"),
    "per": Text("sampled once per", "采样频次"),
    "places": Text("plates on one occasion", "每次平皿数"),
    "volume_l": Text("air that is drawn, L", "采样体积（升）"),
    "exposure_max_s": Text("lies open at most, s", "最长暴露时间（秒）"),
    "incubation": Text("incubation", "培养条件"),
    "alert": Text("alert level, CFU", "警戒限（CFU）"),
    "action": Text("action limit, CFU", "纠偏限（CFU）"),
    "device": Text("device", "设备"),
    "viable": Text("limit of microbes", "微生物限度"),
    "validated": Text("makes product for people", "已验证（用于产品）"),
    "communication_delay_s": Text("silence before it is an alarm, s", "通信报警延时（秒）"),
}
"""What a field is called; a longer path is called as its longest beginning that stands here."""

PRIORITIES = (Priority.LOW, Priority.MEDIUM, Priority.HIGH, Priority.CRITICAL)

_LOOSER: Mapping[str, tuple[int, float]] = {
    "low": (-1, -math.inf),
    "high": (1, math.inf),
    **dict.fromkeys(("on_delay_s", "realarm_s", "longest_s", "communication_delay_s"), (1, math.inf)),
    **dict.fromkeys(("repeat_s", "undelivered_s", "window_s", "within_s"), (1, math.inf)),
    **dict.fromkeys(("alert", "action", "exposure_max_s"), (1, math.inf)),
    **dict.fromkeys(("may_inhibit", "needs_confirmation", "dry_run", "stops_at_clear"), (1, 0.0)),
    **dict.fromkeys(("levels", "key_levels", "places", "volume_l"), (-1, 0.0)),
    **dict.fromkeys(("deadband", "off_delay_s", "latching", "validated", "priority", "repeats"), (-1, 0.0)),
}
"""What is looser when it grows (1) or shrinks (-1), and what it counts as where it is not given."""

_MEASURED = frozenset({"", "low", "high", "at_rest.low", "at_rest.high", "deadband"})
"""Fields of a limit that are told in the unit of what it judges; "" tells both bounds."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that differs.

    Attributes:
        kind: a key of KINDS.
        id: of the thing.
        field: its path with dots; "": the whole thing was added or taken away.
        old: as text, a limit's figures with their unit; None: there is none.
        new: as text; None: there is none.
        is_looser: True: less is seen, or later; False: more, or sooner; None: that cannot be said.
    """

    kind: str
    id: str
    field: str
    old: str | None
    new: str | None
    is_looser: bool | None = None


def difference(old: Plant, new: Plant) -> tuple[Difference, ...]:
    """Tell what differs: limits first, in each kind what is looser first, then by id."""
    before, after = _things(old), _things(new)
    found = [
        _with_units(old, new, one)
        for kind in KINDS
        for id_ in sorted(before[kind].keys() | after[kind].keys())
        for one in _compare(kind, id_, before[kind].get(id_), after[kind].get(id_))
    ]
    order = {kind: place for place, kind in enumerate(KINDS)}
    return tuple(sorted(found, key=lambda one: (order[one.kind], one.is_looser is not True)))


def field_words(field: str) -> Text:
    """Say what a field is called; what no word is known for, by its path."""
    known, rest = field, ""
    while known and known not in FIELDS:
        known, _, last = known.rpartition(".")
        rest = f" {last}{rest}"
    if not known and rest:
        return Text(field, field)
    words = FIELDS[known]
    return Text(words.en + rest, words.zh + rest)


def limits_that_differ(old: Plant, new: Plant) -> frozenset[str]:
    """Name the limits that judge otherwise, or are in one of the two only; other words alone are no difference."""
    before, after = ({limit.id: limit for limit in plant.limits} for plant in (old, new))
    return frozenset(
        key
        for key in before.keys() | after.keys()
        if not is_alike(before.get(key), after.get(key))
        or old.derived.get(key.rpartition("/")[0]) != new.derived.get(key.rpartition("/")[0])
    )


def is_alike(one: Limit | None, other: Limit | None) -> bool:
    """Whether two limits judge alike, whatever reasons are given for them."""
    if one is None or other is None:
        return one is other
    return all(getattr(one, name) == getattr(other, name) for name in _JUDGED)


_JUDGED = tuple(one.name for one in fields(Limit) if one.name not in {"rationale", "basis"})


def _things(plant: Plant) -> dict[str, Mapping[str, Any]]:
    profiles = {device.profile.name: device.profile for device in plant.devices.values()}
    head = ("label", "time_zone", "communication_delay_s", "validated")
    return {
        "limit": {limit.id: limit for limit in plant.limits},
        "suppression": plant.suppressions,
        "protection": plant.protections,
        "derived": plant.derived,
        "device": plant.devices,
        "profile": profiles,
        "zone": plant.zones,
        "line": plant.lines,
        "workshop": plant.workshops,
        "network": plant.networks,
        "edge": {edge.channel: edge for edge in plant.cascade},
        "guidance": {", ".join(one.alarms): one for one in plant.guidance},
        "escalation": {one.id: one for one in plant.duty.escalations},
        "rotation": plant.duty.rotations,
        "person": plant.duty.people,
        "way": plant.duty.ways,
        "duty": {plant.id: _duty(plant.duty)},
        "readiness": plant.readiness,
        "product": plant.products,
        "review": {plant.id: plant.review},
        "position": plant.positions,
        "shift": {one.id: one for one in plant.shifts},
        "ruleset": plant.rulesets,
        "plant": {plant.id: {name: getattr(plant, name) for name in head}},
    }


def _duty(duty: Duty) -> Mapping[str, Any]:
    """Give what holds for all that is called, and the order of the escalations: the first that fits counts."""
    single = ("group_s", "undelivered_s", "address", "heartbeat", "test_page", "canary")
    return {
        "order": tuple(one.id for one in duty.escalations),
        **{name: getattr(duty, name) for name in single},
    }


def _compare(kind: str, id_: str, old: object, new: object) -> Iterator[Difference]:
    if old is None or new is None:
        gone = new is None
        needed = dict.fromkeys(("limit", "protection", "escalation", "position", "readiness"), gone)
        looser = {**needed, "suppression": not gone}.get(kind)
        yield Difference(kind, id_, "", _brief(old), _brief(new), looser)
        return
    for path, was, becomes in _walk(old, new, ()):
        yield Difference(kind, id_, ".".join(path), _told(was), _told(becomes), _looser(path, was, becomes))


def _with_units(old: Plant, new: Plant, one: Difference) -> Difference:
    """Put the unit of what a limit judges behind its figures: nobody signs for a bare number."""
    if one.kind != "limit" or one.field not in _MEASURED:
        return one
    channel = one.id.rpartition("/")[0]
    return replace(one, old=_in_unit(old, channel, one.old), new=_in_unit(new, channel, one.new))


def _in_unit(plant: Plant, channel: str, figure: str | None) -> str | None:
    if figure is None or not (channel in plant.channels or channel in plant.derived):
        return figure
    unit = plant.channels[channel].model.unit if channel in plant.channels else plant.derived[channel].unit
    return f"{figure} {unit}".rstrip()


def _walk(old: object, new: object, path: Key) -> Iterator[tuple[Key, object, object]]:
    """Yield each leaf that differs."""
    if old == new:
        return
    if isinstance(old, Limit) and isinstance(new, Limit):
        yield from _bounds(old, new)
    before, after = _parts(old), _parts(new)
    if before is None or after is None:
        yield path, old, new
        return
    for key in [*before, *(key for key in after if key not in before)]:
        yield from _walk(before.get(key), after.get(key), (*path, key))


def _bounds(old: Limit, new: Limit) -> Iterator[tuple[Key, object, object]]:
    """Compare what holds at rest, whether it is written or follows from the other bounds."""
    if old.at_rest is None and new.at_rest is None:
        return
    was, becomes = (one.at_rest or Bounds(one.low, one.high) for one in (old, new))
    for side in ("low", "high"):
        if getattr(was, side) != getattr(becomes, side):
            yield ("at_rest", side), getattr(was, side), getattr(becomes, side)


def _parts(value: object) -> Mapping[str, Any] | None:
    if isinstance(value, Mapping):
        return {str(key): one for key, one in value.items()}
    if is_dataclass(value):
        skipped = {"id"}
        if isinstance(value, Limit):
            skipped |= {"at_rest"}
        named = {one.name: getattr(value, one.name) for one in fields(value) if one.name not in skipped}
        if isinstance(value, Device):
            named |= {"profile": value.profile.name}
            named.pop("series")
        return named
    if isinstance(value, tuple) and value and all(hasattr(one, "key") for one in value):
        return {one.key: one for one in value}
    return None


def _looser(path: Key, old: object, new: object) -> bool | None:
    name = path[-1]
    if isinstance(old, frozenset) and isinstance(new, frozenset):
        # A Suppression that hides more, a Readiness that takes more; an Escalation, or a longer review, for less.
        return bool(old - new if name in {"priorities", "key_grades"} else new - old)
    if name == "quiet" and (old is None or new is None):
        return old is None
    if name not in _LOOSER or (len(path) > 1 and path[0] != "at_rest"):
        return None
    sign, if_none = _LOOSER[name]
    return sign * _number(new, if_none) > sign * _number(old, if_none)


def _number(value: object, if_none: float) -> float:
    if isinstance(value, Priority):
        return PRIORITIES.index(value)
    return float(value) if isinstance(value, (int, float)) else if_none


def _told(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if (of_duty := told(value)) is not None:
        return of_duty
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, bool | int):
        return str(value).lower()
    return ", ".join(sorted(_items(value)) if isinstance(value, frozenset) else _items(value))


def _items(value: object) -> Iterator[str]:
    match value:
        case Stage():
            named = f"{value.id} ({value.label.en} · {value.label.zh}{', set-up' * value.is_set_up})"
            yield " ".join((named, *value.zones))
        case frozenset() | tuple():
            yield from (str(_told(one)) for one in value)
        case Mapping():
            yield from (f"{key}={_told(one)}" for key, one in value.items())
        case _ if is_dataclass(value):
            given = {one.name: getattr(value, one.name) for one in fields(value)}
            yield from (
                f"{key}={_told(one)}" for key, one in given.items() if one not in (None, "", (), False)
            )
        case _:
            yield str(value)


def _brief(value: object) -> str | None:
    """Say what was added or taken away: a limit by its bounds, everything else by its name."""
    if value is None:
        return None
    if isinstance(value, Limit):
        return f"{_told(value.low) or '−∞'} … {_told(value.high) or '∞'}"
    label = getattr(value, "label", None)
    return f"{label.en} · {label.zh}" if isinstance(label, Text) else (_told(value) or "")[:200]
