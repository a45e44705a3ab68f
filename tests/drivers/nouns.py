"""Devices built by hand, so that these tests rest on no profile file."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from config.model import (
    Channel,
    ChannelModel,
    Device,
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

AT = datetime(2026, 11, 21, 8, 30, tzinfo=UTC)
RECEIVED_AT = AT.replace(microsecond=4000)
NAME = Text("name", "名称")


def now() -> datetime:
    """A clock that stands."""
    return RECEIVED_AT


def channel_model(
    key: str, address: Register | Node, *, record: bool = False, kind: Kind = Kind.ANALOG
) -> ChannelModel:
    return ChannelModel(key, "", kind, NAME, address, record=record)


def holding(address: int, kind: str = "u16", unit_id: int = 1, **more: str | float) -> Register:
    return Register(
        unit_id,
        str(more.get("table", "holding")),
        address,
        kind,
        word_order=str(more.get("word_order", "big")),
        scale=float(more.get("scale", 1.0)),
    )


def series(models: Sequence[ChannelModel], series_id: str = "D", *, records: bool = False) -> Series:
    channels = tuple(
        Channel(f"D/{model.key}", "D", "Z", model, series_id, place) for place, model in enumerate(models)
    )
    return Series(series_id, "D", channels, records)


def device(
    protocol: Protocol,
    models: Sequence[ChannelModel],
    address: str,
    *,
    timeout_s: float = 5.0,
    outputs: Mapping[str, Output] | None = None,
    namespace_uri: str = "",
) -> Device:
    """A device `D`; its timeout is long, because tests share the machine."""
    rows = [series([model for model in models if not model.record])]
    if any(model.record for model in models):
        rows.append(series([model for model in models if model.record], "D#records", records=True))
    profile = Profile("hand", protocol, NAME, "written by hand", tuple(models), outputs or {}, namespace_uri)
    return Device("D", profile, "Z", "L", NAME, address, tuple(rows), timeout_s=timeout_s)


def registers(registers_: Mapping[str, Register], address: str, **more: float) -> Device:
    """A Modbus device of these registers, key -> register."""
    models = [channel_model(key, register) for key, register in registers_.items()]
    return device(Protocol.MODBUS, models, address, **more)  # type: ignore[arg-type]  # timeout_s only


def qualities(sample: Sample) -> tuple[Quality, ...]:
    """The quality of every place, also when none is written down."""
    return sample.quality or (Quality.GOOD,) * len(sample.values)
