"""Which plant was in force when: what a device was, and what was permitted on its channels, at that time."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Any, TypeAlias

import asyncpg

from monitor.store.catalog import Snapshot

Span: TypeAlias = tuple[datetime | None, datetime | None, str]
"""Since when, until when (None: no end that is known), and which plant version, by its sha256."""


@dataclass(frozen=True, slots=True)
class Force:
    """A plant version, for as long as it was in force for one device.

    Attributes:
        since: None: from before anything is known.
        until: None: to this day.
        device: the device as that version has it, as JSON.
        limits: those on its channels, as JSON.
        occupancy: what goes on in each zone until a person says otherwise.
    """

    since: datetime | None
    until: datetime | None
    device: Mapping[str, Any]
    limits: Sequence[Mapping[str, Any]]
    occupancy: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Start:
    """A collector began to run under a plant version."""

    chain: str
    at: datetime
    sha256: str


# Each version is read once, for all devices that are asked for: it may be megabytes of JSON.
_VERSIONS = """
SELECT sha256, first_seen,
       (SELECT jsonb_object_agg(device, body #> ARRAY['devices', device])
        FROM unnest($1::text[]) AS device WHERE body -> 'devices' ? device) AS devices,
       (SELECT jsonb_agg(one) FROM jsonb_array_elements(body -> 'limits') AS one
        WHERE split_part(one ->> 'channel', '/', 1) = ANY ($1)) AS limits,
       (SELECT jsonb_object_agg(key, value ->> 'occupancy') FROM jsonb_each(body -> 'zones')) AS occupancy
FROM plant_version
WHERE body -> 'devices' ?| $1
ORDER BY first_seen, sha256"""

# Two questions, each with an index of its own.
_STARTS = """
SELECT chain, at, sha256
FROM (SELECT chain, at, seq, body ->> 'plant' AS sha256 FROM book WHERE kind = 'start' AND at < $1
      UNION ALL
      SELECT chain, at, seq, body ->> 'plant' AS sha256 FROM book WHERE kind = 'plant' AND at < $1) AS begun
ORDER BY at, chain, seq"""


async def in_force(snapshot: Snapshot, device: str, until: datetime) -> list[Force]:
    """Tell the versions of a device up to a time, oldest first; as `in_force_of_all` does for several."""
    return (await in_force_of_all(snapshot, (device,), until))[device]


async def in_force_of_all(
    snapshot: Snapshot, devices: Collection[str], until: datetime
) -> dict[str, list[Force]]:
    """Tell the versions of devices up to a time, oldest first.

    The book tells when a collector began to run under which version. Of a database that has no such line only the
    times are known at which the versions were first seen there; what came before the first is taken to be under it.

    Args:
        snapshot: of a migrated database.
        devices: their ids.
        until: later starts are not looked at.
    """
    versions = [_Version.of(row) for row in await snapshot.fetch(_VERSIONS, list(devices))]
    starts = [Start(**row) for row in await snapshot.fetch(_STARTS, until)]
    return {
        device: _of_device(device, [one for one in versions if device in one.devices], starts)
        for device in devices
    }


@dataclass(frozen=True, slots=True)
class _Version:
    """A plant version, as far as some devices go."""

    sha256: str
    first_seen: datetime
    devices: Mapping[str, Mapping[str, Any]]
    limits: Sequence[Mapping[str, Any]]
    occupancy: Mapping[str, str]

    @classmethod
    def of(cls, row: asyncpg.Record) -> "_Version":
        parts = (json.loads(row[name] or empty) for name, empty in _PARTS.items())
        return cls(row["sha256"], row["first_seen"], *parts)


_PARTS = {"devices": "{}", "limits": "[]", "occupancy": "{}"}


def _of_device(device: str, known: Sequence[_Version], starts: Sequence[Start]) -> list[Force]:
    versions = {one.sha256: one for one in known}
    spans = spans_of(starts, versions.keys())
    if versions and not spans:
        seen = [one.first_seen for one in known]
        spans = [(*span, key) for span, key in zip(pairwise([None, *seen[1:], None]), versions, strict=True)]
    limits = {
        one.sha256: [limit for limit in one.limits if limit["channel"].startswith(f"{device}/")]
        for one in known
    }
    return [
        Force(since, end, versions[key].devices[device], limits[key], versions[key].occupancy)
        for since, end, key in spans
    ]


def spans_of(starts: Sequence[Start], with_device: Collection[str]) -> list[Span]:
    """Turn starts, in the order of time, into the spans in which one of the versions with a device was in force.

    A device has one collector at a time: a start with it ends what was before, whoever's. A start without it ends
    only what its own collector had.
    """
    spans: list[Span] = []
    chain = ""
    for start in starts:
        has = start.sha256 in with_device
        running = bool(spans) and spans[-1][1] is None
        if running and (has or start.chain == chain):
            since, _, sha256 = spans[-1]
            if sha256 == start.sha256:
                chain = start.chain
                continue
            spans[-1] = (since, start.at, sha256)
        if has:
            spans.append((start.at, None, start.sha256))
            chain = start.chain
    return spans
