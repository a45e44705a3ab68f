"""Compares the series, and the channels in their places, with what the book says of them.

What a line says of them holds for ever, so each line must still be true, whoever seals them now.
"""

from collections.abc import AsyncGenerator, Iterator

from monitor.store.database import Connection
from monitor.store.finding import Finding, Wrong, found
from monitor.store.verify_book import SLOW_S, Walked


async def check_channels(connection: Connection, walked: Walked) -> AsyncGenerator[Finding, None]:
    """Compare each name, and each place, that the book has ever spoken of.

    Args:
        connection: in a transaction.
        walked: what walking the book has taught.

    Yields:
        What is wrong: of the series first, then of the channels.
    """
    rows = await connection.fetch("SELECT id, name, device, records FROM series", timeout=SLOW_S)
    names = {row["id"]: row["name"] for row in rows}
    for (id_, name), line in sorted(walked.names.items()):
        if names.get(id_) != name:
            yield found(Wrong.SERIES_RENAMED, str(id_), name=name, line=line)
    owners = {(row["id"], row["device"], row["records"]) for row in rows}
    for owner, line in sorted(walked.owners.items()):
        if owner not in owners:
            device = owner[1] + " (records)" * owner[2]
            yield found(Wrong.SERIES_MOVED, str(owner[0]), device=device, line=line)
    there = await connection.fetch("SELECT id, series_id, place, unit FROM channel", timeout=SLOW_S)
    channels = {row["id"]: (row["series_id"], row["place"], row["unit"]) for row in there}
    for finding in _moved(channels, walked):
        yield finding


def _moved(channels: dict[str, tuple[int, int, str]], walked: Walked) -> Iterator[Finding]:
    for (id_, *said), line in sorted(walked.places.items()):
        now = channels.get(id_)
        if now != tuple(said):
            yield found(Wrong.CHANNEL_MOVED, id_, said=_written(*said), now=_written(*now or ()), line=line)


def _written(*where: object) -> str:
    """Write series, place and unit."""
    return "/".join(map(str, where)) or "-"
