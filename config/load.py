"""The plant's YAML -> Plant, or every fault there is, each with file and line."""

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

from config.draft import Draft, read_draft
from config.faults import Fault, PlantFaults
from config.limits import make_limits
from config.model import (
    Channel,
    ChannelModel,
    Device,
    Limit,
    Line,
    Plant,
    Profile,
    Security,
    Series,
    Workshop,
    Zone,
)
from config.profile import load_profile, text_of
from config.references import reference_faults
from config.settings import setting_limits
from config.written import WrittenDevice, WrittenHead, WrittenLine, WrittenSecurity, WrittenZone

__all__ = ["PROFILES_DIR", "Fault", "PlantFaults", "load", "load_profile"]

PROFILES_DIR = Path(__file__).parent / "profiles"


def load(plant_dir: Path, profiles_dir: Path | None = None) -> Plant:
    """Load a plant.

    Args:
        plant_dir: the folder of `*.yaml` files, merged by top-level key.
        profiles_dir: where the profiles are; those of this package if not given.

    Raises:
        PlantFaults: with every fault of the folder and of the profiles it names.
    """
    faults: list[Fault] = []
    written = read_draft(plant_dir, profiles_dir or PROFILES_DIR, faults)
    if written is None:
        raise PlantFaults(faults)
    faults.extend(reference_faults(written))
    limits = make_limits(written.limits, *_channels(written), faults)
    if faults:
        raise PlantFaults(faults)
    return _plant(written, limits)


def _channels(written: Draft) -> tuple[dict[str, ChannelModel], list[str]]:
    """Give every channel that is known, and the devices whose channels are not."""
    known = {
        row.written.id: written.profiles[row.written.profile]
        for row in written.devices
        if row.written.profile in written.profiles
    }
    channels = {f"{name}/{model.key}": model for name, profile in known.items() for model in profile.channels}
    return channels, [name for name in written.ids("devices") if name not in known]


def _plant(written: Draft, limits: tuple[Limit, ...]) -> Plant:
    zones = {row.written.id: row.written for row in written.zones}
    workshops = {row.written.id: row.written.workshop for row in written.lines}
    devices = [
        _device(row.written, written.profiles[row.written.profile], zones[row.written.zone].line or "")
        for row in written.devices
    ]
    series = [one for device in devices for one in device.series]
    head = WrittenHead.model_validate(written.head())
    return Plant(
        id=head.plant,
        label=text_of(head.label),
        time_zone=head.time_zone,
        communication_delay_s=head.communication_delay_s,
        workshops={
            row.written.id: Workshop(row.written.id, text_of(row.written.label)) for row in written.workshops
        },
        lines={row.written.id: _line(row.written) for row in written.lines},
        zones={name: _zone(zone, workshops) for name, zone in zones.items()},
        devices={device.id: device for device in devices},
        series={one.id: one for one in series},
        channels={channel.id: channel for one in series for channel in one.channels},
        limits=(*limits, *setting_limits(devices, {limit.channel for limit in limits})),
        sha256=_sha256(written),
        validated=head.validated,
    )


def _line(written: WrittenLine) -> Line:
    label = text_of(written.label)
    return Line(written.id, written.workshop, written.mode, written.product, label, written.tower or "")


def _zone(written: WrittenZone, workshops: Mapping[str, str]) -> Zone:
    workshop = written.workshop or workshops[written.line or ""]
    return Zone(written.id, workshop, written.line or "", written.grade, text_of(written.label))


def _device(written: WrittenDevice, profile: Profile, line: str) -> Device:
    own = _series(written, written.id, (model for model in profile.channels if not model.record))
    records = _series(
        written, f"{written.id}#records", (model for model in profile.channels if model.record), True
    )
    return Device(
        id=written.id,
        profile=profile,
        zone=written.zone,
        line=line,
        label=text_of(written.label),
        address=written.address,
        series=(own, records) if records.channels else (own,),
        period_s=written.period_s,
        timeout_s=written.timeout_s,
        settings=dict(written.settings),
        security=_security(written.security),
    )


def _security(written: WrittenSecurity | None) -> Security | None:
    return Security(written.policy, written.user or "") if written else None


def _series(
    written: WrittenDevice, name: str, models: Iterable[ChannelModel], records: bool = False
) -> Series:
    channels = (
        Channel(
            id=f"{written.id}/{model.key}",
            device=written.id,
            zone=written.rooms[model.room] if model.room else written.zone,
            model=model,
            series=name,
            place=place,
        )
        for place, model in enumerate(models)
    )
    return Series(name, written.id, tuple(channels), records)


def _sha256(written: Draft) -> str:
    """Hash every file that counts: the plant's in the order of names, then the profiles used, in the order of names.

    Each goes in as `plant/<name>` or `profile/<name>`, a line break, its length in bytes, a line break, its bytes:
    so that no byte can move from one file to another unseen.
    """
    digest = hashlib.sha256()
    plant = [sheet.source for sheet in written.sheets]
    for kind, sources in (("plant", plant), ("profile", written.profile_sources)):
        for source in sources:
            digest.update(f"{kind}/{Path(source.file).name}\n{len(source.raw)}\n".encode())
            digest.update(source.raw)
    return digest.hexdigest()
