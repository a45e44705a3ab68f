"""The plant as it is configured, as screens read it: what they need to name and place every value."""

from collections.abc import Mapping
from datetime import time
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, Field

from config.model import Channel, Device, Grade, Kind, Series, Text
from config.plant import LineMode, Plant
from config.rules import Formula, Level, Priority, ProtectionKind
from monitor.server.written import Label, Noun, shown

LineId = Annotated[str | None, BeforeValidator(lambda line: line or None)]
"""A line's id, or null; the plant's own nouns say "" instead."""


class PlantWorkshop(Noun):
    """A part of the plant with its own air handling."""

    id: str
    label: Label


class PlantLine(Noun):
    """A production line; `tower` is the device that shows its alarms on the floor."""

    id: str
    workshop: str
    mode: LineMode
    product: str
    label: Label
    tower: str


class PlantZone(Noun):
    """A room or an enclosure with a grade; no `line`: the lines of the workshop share it."""

    id: str
    workshop: str
    line: LineId
    grade: Grade
    label: Label


class PlantChannel(BaseModel):
    """A measured quantity; `place` is where its value stands in its series' Samples.

    `states` are its values in words; `bits` and `clear_bits` say, by the number of a bit, what that one says while it
    is set, and while it is not.
    """

    id: str
    key: str
    unit: str
    kind: Kind
    label: Label
    zone: str
    place: int
    states: dict[str, Label]
    bits: dict[str, Label]
    clear_bits: dict[str, Label]


class PlantSeries(BaseModel):
    """A device's row of channels; `records`: one row per record of a counter, not per second."""

    id: str
    records: bool
    channels: list[PlantChannel]


class PlantDevice(BaseModel):
    """What answers on one wire; where it answers is not told. No `line`: the lines of the workshop share it."""

    id: str
    label: Label
    zone: str
    workshop: str
    line: LineId
    profile: str
    period_s: float
    series: list[PlantSeries]


class PlantLimit(Noun):
    """What is permitted on a channel; a value on the bound is permitted."""

    id: str
    channel: str
    level: Level
    low: float | None
    high: float | None
    deadband: float
    on_delay_s: float
    off_delay_s: float
    rationale: str
    priority: Priority
    latching: bool


class PlantDerived(Noun):
    """A channel that is reckoned from others; its value comes with the Samples of its series."""

    id: str
    device: str
    series: str
    zone: str
    unit: str
    label: Label
    formula: Formula
    inputs: list[str]


class PlantEdge(Noun):
    """Where air flows from one zone to another, by so much as the channel says; below zero it flows back."""

    channel: str
    higher: str
    lower: str


class PlantSuppression(Noun):
    """What hides alarms by design, and why: while `channel`, if it is not empty, reads one of `states`."""

    id: str
    reason: Label
    channel: str
    states: list[float]


class PlantStage(Noun):
    """One part of making a product, done in these zones; none named: in every zone of the line."""

    id: str
    label: Label
    is_set_up: bool
    zones: list[str]


class PlantProduct(Noun):
    """What is made, on which lines, in which stages; all within `window_s` of when the stage `window_from` begins."""

    id: str
    label: Label
    lines: list[str]
    stages: list[PlantStage]
    window_s: float | None
    window_from: str


class PlantAsk(Noun):
    """One thing that a protective action asks of a device."""

    device: str
    label: Label


class PlantProtection(Noun):
    """What the plant asks of its machines when alarms trigger it; `reset_by` is empty where it ends by itself."""

    id: str
    code: str
    device: str
    label: Label
    kind: ProtectionKind
    asks: list[PlantAsk]
    instruction: Label
    fail_safe: Label
    reset_by: list[str]
    may_inhibit: bool
    needs_confirmation: bool
    dry_run: bool


_PRESSURE = {
    "id": "ISO-STM-L1/chamber_pressure",
    "key": "chamber_pressure",
    "unit": "Pa",
    "kind": "analog",
    "label": {"en": "Chamber pressure", "zh": "舱室压力"},
    "zone": "STM-L1-A-ISO",
    "place": 0,
    "states": {},
    "bits": {},
    "clear_bits": {},
}


class PlantShift(Noun):
    """A shift of every day, from when it starts by the plant's wall clock until the next one starts."""

    id: str
    label: Label
    starts: time


class PlantDocument(BaseModel):
    """The whole plant; `sha256` names exactly what was loaded."""

    model_config = shown(
        {
            "id": "demo",
            "label": {"en": "Demo plant", "zh": "演示工厂"},
            "time_zone": "Asia/Shanghai",
            "sha256": "9f2c…",
            "workshops": [{"id": "STM", "label": {"en": "Stem cells", "zh": "干细胞车间"}}],
            "lines": [
                {
                    "id": "STM-L1",
                    "workshop": "STM",
                    "mode": "c_isolator",
                    "product": "MSC",
                    "label": {"en": "Line 1", "zh": "1号线"},
                    "tower": "ST-STM-L1",
                }
            ],
            "zones": [
                {
                    "id": "STM-L1-A-ISO",
                    "workshop": "STM",
                    "line": "STM-L1",
                    "grade": "A",
                    "label": {"en": "Isolator", "zh": "隔离器"},
                }
            ],
            "devices": [
                {
                    "id": "ISO-STM-L1",
                    "label": {"en": "Isolator", "zh": "隔离器"},
                    "zone": "STM-L1-A-ISO",
                    "workshop": "STM",
                    "line": "STM-L1",
                    "profile": "isolator_s7",
                    "period_s": 1.0,
                    "series": [{"id": "ISO-STM-L1", "records": False, "channels": [_PRESSURE]}],
                }
            ],
            "limits": [
                {
                    "id": "ISO-STM-L1/chamber_pressure/action",
                    "channel": "ISO-STM-L1/chamber_pressure",
                    "level": "action",
                    "low": 20.0,
                    "high": 90.0,
                    "deadband": 2.0,
                    "on_delay_s": 0.0,
                    "off_delay_s": 5.0,
                    "rationale": "a breached glove must be seen within seconds",
                    "priority": "critical",
                    "latching": False,
                }
            ],
            "derived": [
                {
                    "id": "ISO-STM-L1/chamber_pressure_rate",
                    "device": "ISO-STM-L1",
                    "series": "ISO-STM-L1",
                    "zone": "STM-L1-A-ISO",
                    "unit": "Pa/s",
                    "label": {"en": "Fall of the chamber pressure", "zh": "舱室压力变化率"},
                    "formula": "rate",
                    "inputs": ["ISO-STM-L1/chamber_pressure"],
                }
            ],
            "cascade": [
                {"channel": "ISO-STM-L1/chamber_pressure", "higher": "STM-L1-A-ISO", "lower": "STM-L1-CORE"}
            ],
            "suppressions": [
                {
                    "id": "ISO-STM-L1/vhp",
                    "reason": {"en": "VHP cycle", "zh": "灭菌循环"},
                    "channel": "ISO-STM-L1/mode",
                    "states": [3.0],
                }
            ],
            "protections": [
                {
                    "id": "ISO-STM-L1/P-01",
                    "code": "P-01",
                    "device": "ISO-STM-L1",
                    "label": {"en": "Pressure lost", "zh": "压力丧失"},
                    "kind": "protect",
                    "asks": [{"device": "ISO-STM-L1", "label": {"en": "Fan at 100 %", "zh": "风机100 %"}}],
                    "instruction": {"en": "Stop open handling.", "zh": "停止开放操作。"},
                    "fail_safe": {"en": "Its own controller holds it.", "zh": "由设备自身控制器维持。"},
                    "reset_by": ["operator", "qa"],
                    "may_inhibit": True,
                    "needs_confirmation": False,
                    "dry_run": False,
                }
            ],
            "products": [
                {
                    "id": "MSC",
                    "label": {"en": "Mesenchymal stem cells", "zh": "间充质干细胞"},
                    "lines": ["STM-L1"],
                    "stages": [
                        {
                            "id": "set-up",
                            "label": {"en": "Set-up", "zh": "准备"},
                            "is_set_up": True,
                            "zones": [],
                        }
                    ],
                    "window_s": 28800.0,
                    "window_from": "set-up",
                }
            ],
            "shifts": [
                {"id": "day", "label": {"en": "Day shift", "zh": "白班"}, "starts": "08:00:00"},
            ],
        }
    )

    id: str
    label: Label
    time_zone: str
    sha256: str
    workshops: list[PlantWorkshop]
    lines: list[PlantLine]
    zones: list[PlantZone]
    devices: list[PlantDevice]
    limits: list[PlantLimit]
    derived: list[PlantDerived]
    cascade: list[PlantEdge]
    suppressions: list[PlantSuppression]
    protections: list[PlantProtection]
    products: list[PlantProduct]
    shifts: list[PlantShift] = Field(description="the first one first; none: they are numbered only")


def describe(plant: Plant) -> PlantDocument:
    """Write the plant down for screens."""
    return PlantDocument(
        id=plant.id,
        label=Label.model_validate(plant.label),
        time_zone=plant.time_zone,
        sha256=plant.sha256,
        workshops=[PlantWorkshop.model_validate(workshop) for workshop in plant.workshops.values()],
        lines=[PlantLine.model_validate(line) for line in plant.lines.values()],
        zones=[PlantZone.model_validate(zone) for zone in plant.zones.values()],
        devices=[_device(device, plant.zones[device.zone].workshop) for device in plant.devices.values()],
        limits=[PlantLimit.model_validate(limit) for limit in plant.limits],
        derived=[PlantDerived.model_validate(one) for one in plant.derived.values()],
        cascade=[PlantEdge.model_validate(edge) for edge in plant.cascade],
        suppressions=[PlantSuppression.model_validate(one) for one in plant.suppressions.values()],
        protections=[PlantProtection.model_validate(one) for one in plant.protections.values()],
        products=[PlantProduct.model_validate(one) for one in plant.products.values()],
        shifts=[PlantShift.model_validate(one) for one in plant.shifts],
    )


def _device(device: Device, workshop: str) -> PlantDevice:
    return PlantDevice(
        id=device.id,
        label=Label.model_validate(device.label),
        zone=device.zone,
        workshop=workshop,
        line=device.line,
        profile=device.profile.name,
        period_s=device.period_s,
        series=[_series(series) for series in device.series],
    )


def _series(series: Series) -> PlantSeries:
    channels = [_channel(channel) for channel in series.channels]
    return PlantSeries(id=series.id, records=series.records, channels=channels)


def _channel(channel: Channel) -> PlantChannel:
    model = channel.model
    return PlantChannel(
        id=channel.id,
        key=model.key,
        unit=model.unit,
        kind=model.kind,
        label=Label.model_validate(model.label),
        zone=channel.zone,
        place=channel.place,
        states=_words(model.states),
        bits=_words(model.bits),
        clear_bits=_words(model.clear_bits),
    )


def _words(told: Mapping[int, Text]) -> dict[str, Label]:
    return {str(number): Label.model_validate(text) for number, text in told.items()}
