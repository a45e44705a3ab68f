"""A plant small enough to judge by hand: one isolator, one tower, one chamber pressure with its two limits."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from config.model import (
    Channel,
    ChannelModel,
    Device,
    Grade,
    Kind,
    Node,
    Output,
    Profile,
    Protocol,
    Quality,
    Register,
    Sample,
    Series,
    Text,
)
from config.plant import Line, LineMode, Plant, Workshop, Zone
from config.rules import Level, Limit

T0 = datetime(2026, 11, 21, 8, 0, 0, tzinfo=UTC)
ISOLATOR = "ISO"
TOWER = "ST"
PRESSURE = "ISO/pressure"
HUMIDITY = "ISO/humidity"
ACTION = "ISO/pressure/action"
ALERT = "ISO/pressure/alert"
COMMUNICATION = "ISO/communication"
RECORDS = "ISO#records"
_TEXT = Text("", "")


def after(seconds: float) -> datetime:
    """Return the time so many seconds after T0."""
    return T0 + timedelta(seconds=seconds)


def sample(seconds: float, pressure: float, humidity: float = 45.0, **kept: object) -> Sample:
    """Make a Good Sample of the isolator."""
    at = after(seconds)
    return Sample(ISOLATOR, at, (pressure, humidity), None, at, **kept)  # type: ignore[arg-type]  # test shorthand


def record(seconds: float, *, catching_up: bool = False, backfilled: bool = False) -> Sample:
    """Make a record of the series that `with_records` adds."""
    at = after(seconds)
    return Sample(RECORDS, at, (1.0, 2.0), None, at, backfilled=backfilled, catching_up=catching_up)


def bad(seconds: float, reason: str = "no answer", *, only_pressure: bool = False) -> Sample:
    """Make a Sample in which nothing (or only the humidity) may be used."""
    nan = float("nan")
    lost = Quality.UNREACHABLE
    quality = (lost, Quality.GOOD if only_pressure else lost)
    values = (nan, 45.0 if only_pressure else nan)
    return Sample(ISOLATOR, after(seconds), values, quality, after(seconds), reason=reason)


def limit(
    level: Level,
    low: float | None,
    high: float | None,
    *,
    deadband: float = 2.0,
    on_s: float = 0,
    off_s: float = 0,
) -> Limit:
    """Make a limit on the pressure."""
    return Limit(f"{PRESSURE}/{level}", PRESSURE, level, low, high, deadband, on_s, off_s, "worked example")


def plant(*limits: Limit, communication_delay_s: float = 10.0) -> Plant:
    """Make the plant; without limits of its own it has action at 20..90 Pa and alert at 30..70 Pa."""
    chosen = limits or (limit(Level.ACTION, 20, 90), limit(Level.ALERT, 30, 70, on_s=1, off_s=5))
    isolator = _device(ISOLATOR, {"pressure": "Pa", "humidity": "%RH"}, {})
    read_back = {"tier_1": "", "tier_2": "", "buzzer": ""}
    tower = _device(TOWER, read_back, _outputs())
    series = {one.id: one for device in (isolator, tower) for one in device.series}
    return Plant(
        id="worked",
        label=_TEXT,
        time_zone="Asia/Shanghai",
        communication_delay_s=communication_delay_s,
        workshops={"W": Workshop("W", _TEXT)},
        lines={"L1": Line("L1", "W", LineMode.C_ISOLATOR, "MSC", _TEXT, tower=TOWER)},
        zones={"Z": Zone("Z", "W", "L1", Grade.A, _TEXT)},
        devices={ISOLATOR: isolator, TOWER: tower},
        series=series,
        channels={channel.id: channel for one in series.values() for channel in one.channels},
        limits=chosen,
        sha256="0" * 64,
    )


def with_records(one: Plant) -> Plant:
    """Give the plant a series of records beside those that are read every second."""
    records = replace(one.series[ISOLATOR], id=RECORDS, records=True)
    return replace(one, series={**one.series, RECORDS: records})


def _outputs() -> Mapping[str, Output]:
    lamp = {"off": 0.0, "on": 1.0}
    words = {"off": 0x0100, "on": 0x0101}
    register = Register(1, "holding", 0, "u16")
    return {
        "red": Output("red", register, words, "tier_1", lamp),
        "amber": Output("amber", register, words, "tier_2", lamp),
        "buzzer": Output(
            "buzzer", register, {"off": 0x0100, "pattern_1": 0x0101}, "buzzer", {"off": 0, "pattern_1": 1}
        ),
    }


def _device(name: str, units: Mapping[str, str], outputs: Mapping[str, Output]) -> Device:
    models = tuple(
        ChannelModel(key, unit, Kind.ANALOG, _TEXT, Node(key, "Float")) for key, unit in units.items()
    )
    channels = tuple(
        Channel(f"{name}/{model.key}", name, "Z", model, name, place) for place, model in enumerate(models)
    )
    profile = Profile(f"{name}-model", Protocol.OPCUA, _TEXT, "worked example", models, outputs)
    return Device(name, profile, "Z", "L1", _TEXT, "127.0.0.1:1", (Series(name, name, channels),))
