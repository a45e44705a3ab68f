"""The ids of all alarms that a plant can raise, so that what is written of alarms can be held against them."""

from collections.abc import Iterable, Iterator, Mapping

from config.parts import Parts
from config.rules import Derived, Limit, Network, Protection

SERVICE = "service/*"
"""Alarms about the service itself: one for each of its parts, which no plant names."""


def watched_ids(parts: Parts, derived: Mapping[str, Derived], limits: Iterable[Limit]) -> Iterator[str]:
    """Give what a suppression may hide: limits, blind channels (also behind derived ones), silent devices."""
    judged: dict[str, None] = {}
    for limit in limits:
        yield limit.id
        judged.update(dict.fromkeys(_sources(limit.channel, derived)))
    for channel in judged:
        yield f"{channel}/blind"
    for device in parts.devices:
        yield f"{device}/communication"


def _sources(channel: str, derived: Mapping[str, Derived]) -> Iterator[str]:
    """Give the channels that a limited one comes from; a derived one only ever names those before it."""
    if channel not in derived:
        yield channel
        return
    for one in derived[channel].inputs:
        yield from _sources(one, derived)


def other_ids(parts: Parts, networks: Iterable[Network], protections: Iterable[Protection]) -> Iterator[str]:
    """Give what else a plant can raise: networks, commands that nothing came of, protective actions, the service."""
    for network in networks:
        yield f"{network.id}/communication"
    for device in parts.devices.values():
        if device.profile.outputs or device.profile.requests:
            yield f"{device.id}/command"
    for protection in protections:
        if protection.announces:
            yield protection.id
        yield f"{protection.id}/failed"
    yield SERVICE
