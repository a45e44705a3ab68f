"""How a device must be set: the settings its profile asks for, and the limits that watch them."""

from collections.abc import Collection, Iterator

from config.checked import Row
from config.faults import Fault, nearest
from config.model import Channel, Grade, Profile
from config.parts import Parts
from config.ruled import default_priority
from config.rules import Level, Limit
from config.written import WrittenDevice

SAMPLE_TIME_MAX_S = 86_399
"""Largest sample time of a counter (Lighthouse map, registers 40033/34)."""


def setting_faults(device: Row[WrittenDevice], profile: Profile) -> Iterator[Fault]:
    """Give the faults of a device's settings: they must be exactly those that its profile's channels read back."""
    known = {channel.setting: channel for channel in profile.channels if channel.setting}
    given = device.written.settings
    for key in given.keys() - known.keys():
        yield device.fault(
            f"profile {profile.name} has no setting {key!r}; {nearest(key, known) if known else 'leave it out'}",
            "settings",
            key,
        )
    for key in known.keys() - given.keys():
        yield device.fault(
            f"setting {key!r} is missing; write settings: {{{key}: …}}, what {known[key].key} must read"
            f"{f' in {known[key].unit}' if known[key].unit else ''}",
            "settings",
        )
    if "sample_time_s" in known and "sample_time_s" in given:
        yield from _sample_time(device, given["sample_time_s"])


def _sample_time(device: Row[WrittenDevice], sample_time_s: float) -> Iterator[Fault]:
    if not (sample_time_s.is_integer() and 1 <= sample_time_s <= SAMPLE_TIME_MAX_S):
        yield device.fault(
            f"sample_time_s is {sample_time_s:g}; write whole seconds from 1 to {SAMPLE_TIME_MAX_S}",
            "settings",
            "sample_time_s",
        )


def setting_limits(parts: Parts, limited: Collection[str]) -> Iterator[Limit]:
    """Give the limits of the channels that read a setting back: another value than the plant's is an alert.

    Args:
        parts: the sound building.
        limited: ids of channels that have limits of their own; these get none here.
    """
    for channel in parts.channels.values():
        if channel.model.setting and channel.id not in limited:
            value = parts.devices[channel.device].settings[channel.model.setting]
            yield _limit(channel, value, parts.zones[channel.zone].grade)


def _limit(channel: Channel, value: float, grade: Grade) -> Limit:
    setting = f"{channel.model.setting}: {value:g}"
    return Limit(
        id=f"{channel.id}/{Level.ALERT}",
        channel=channel.id,
        level=Level.ALERT,
        low=value,
        high=value,
        deadband=0.0,
        on_delay_s=0.0,
        off_delay_s=0.0,
        priority=default_priority(Level.ALERT, grade),
        rationale=(
            f"The plant says {setting}. Another value means that the device was reset or changed, and that what it"
            " measures is no longer what its limits were set for."
            f" / 工厂文件规定 {setting}。若读回其他数值，表示设备已复位或被更改，其测量结果不再符合设定限度时的条件。"
        ),
    )
