"""A small plant for the store's tests: one device with an every-second row of three channels and a record of two.

Beside it stands a zone that the lines of the workshop share, with a device of one channel, where a test asks for it.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from alarms.events import Alarm
from config.model import (
    Channel,
    ChannelModel,
    Device,
    Grade,
    Kind,
    Profile,
    Protocol,
    Quality,
    Register,
    Sample,
    Series,
    Text,
)
from config.plant import Line, LineMode, Plant, Workshop, Zone
from config.rules import Level
from monitor.store.book import BookEntry
from monitor.store.write import Writer

NOON = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
LABEL = Text("Isolator", "隔离器")


def second(number: float) -> datetime:
    """Give the time so many seconds after noon."""
    return NOON + timedelta(seconds=number)


def channel_model(key: str, unit: str = "Pa", *, record: bool = False) -> ChannelModel:
    """Make the model of one channel."""
    address = Register(unit_id=1, table="holding", address=0, type="u16")
    return ChannelModel(key, unit, Kind.ANALOG, LABEL, address, record=record)


def plant(
    row: Sequence[str] = ("a", "b", "c"),
    records: Sequence[str] = ("x", "y"),
    unit: str = "Pa",
    sha256: str = "1" * 64,
) -> Plant:
    """Make the plant with these channel keys, in this order."""
    models = [channel_model(key, unit) for key in row] + [channel_model(key, record=True) for key in records]
    profile = Profile("small", Protocol.MODBUS, LABEL, "none", tuple(models))
    both = tuple(
        Series(
            name, "D", _channels(name, [model for model in models if model.record is record]), records=record
        )
        for name, record in (("D", False), ("D#records", True))
    )
    device = Device("D", profile, "Z", "L", LABEL, "127.0.0.1:1", both)
    return Plant(
        id="small",
        label=LABEL,
        time_zone="Asia/Shanghai",
        communication_delay_s=10,
        workshops={"W": Workshop("W", LABEL)},
        lines={"L": Line("L", "W", LineMode.C_ISOLATOR, "MSC", LABEL)},
        zones={"Z": Zone("Z", "W", "L", Grade.A, LABEL)},
        devices={"D": device},
        series={one.id: one for one in both},
        channels={channel.id: channel for one in both for channel in one.channels},
        limits=(),
        sha256=sha256,
    )


def with_shared(one: Plant) -> Plant:
    """Add a corridor that belongs to no line, and a device in it."""
    model = channel_model("supply")
    channel = Channel("AHU/supply", "AHU", "CORR", model, "AHU", 0)
    series = Series("AHU", "AHU", (channel,))
    profile = Profile("air", Protocol.MODBUS, LABEL, "none", (model,))
    device = Device("AHU", profile, "CORR", "", LABEL, "127.0.0.1:2", (series,))
    return replace(
        one,
        zones={**one.zones, "CORR": Zone("CORR", "W", "", Grade.C, LABEL)},
        devices={**one.devices, "AHU": device},
        series={**one.series, "AHU": series},
        channels={**one.channels, channel.id: channel},
    )


def many(count: int, keys: Sequence[str]) -> Plant:
    """Make a plant of so many devices alike, each with these channels."""
    one = plant(keys, ())
    model = {channel.model.key: channel.model for channel in one.channels.values()}
    devices = {}
    for name in (f"D{number}" for number in range(count)):
        channels = tuple(
            Channel(f"{name}/{key}", name, "Z", model[key], name, place) for place, key in enumerate(keys)
        )
        devices[name] = replace(one.devices["D"], id=name, series=(Series(name, name, channels),))
    series = {device.id: device.series[0] for device in devices.values()}
    channels_of = {channel.id: channel for row in series.values() for channel in row.channels}
    return replace(one, devices=devices, series=series, channels=channels_of)


def _channels(series: str, models: Sequence[ChannelModel]) -> tuple[Channel, ...]:
    return tuple(
        Channel(f"D/{model.key}", "D", "Z", model, series, place) for place, model in enumerate(models)
    )


def sample(
    number: float,
    *values: float,
    quality: Sequence[Quality] | None = None,
    series: str = "D",
    backfilled: bool = False,
) -> Sample:
    """Make the Sample of one second; without values, three that follow from the second."""
    return Sample(
        series=series,
        at=second(number),
        values=values or (number, number + 0.1, number + 0.2),
        quality=None if quality is None else tuple(quality),
        received_at=second(number + 0.25),
        backfilled=backfilled,
    )


def alarm(raised: float, changed: float, name: str = "D/a/action", **facts: object) -> Alarm:
    """Make one occurrence of an alarm."""
    known: dict[str, object] = {"active": True, "acknowledged": False, "detail": "12 Pa"} | facts
    return Alarm(id=name, level=Level.ACTION, raised_at=second(raised), changed_at=second(changed), **known)  # type: ignore[arg-type] # the facts of the call


async def store(url: str, samples: Sequence[Sample], *book: BookEntry, of: Plant | None = None) -> None:
    """Write Samples and lines of the book as a collector of the plant does."""
    writer = await Writer.open(url, of or plant(), "c", NOON)
    await writer.write(await writer.position() + 1, samples, book, [])
    await writer.close()
