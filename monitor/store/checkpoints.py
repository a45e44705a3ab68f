"""Signs the end of a chain: a checkpoint covers every line up to there."""

from datetime import datetime

from monitor.store.book import BookEntry, Tail, append
from monitor.store.database import Connection
from monitor.store.sealing import WHO
from monitor.store.signature import Checkpoint
from monitor.store.signing import Signer

_KNOWN = "SELECT body ->> 'fingerprint' AS key FROM book WHERE chain = $1 AND kind = 'key'"


async def sign(
    connection: Connection, chain: str, signer: Signer, tail: Tail, at: datetime
) -> tuple[Tail, Checkpoint | None]:
    """Introduce the keys that a chain does not know yet, and sign its last line.

    Args:
        connection: in a transaction that holds the chain's row of `forwarded`.
        chain: whose end is signed.
        signer: by whom.
        tail: its end.
        at: now.

    Returns:
        Its new end, and what was signed; None while the chain has no line.
    """
    known = {row["key"] for row in await connection.fetch(_KNOWN, chain)}
    unknown = [key for key in signer.keys if key.fingerprint not in known]
    await connection.executemany(
        "INSERT INTO signing_key VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        [(key.fingerprint, key.public_key, chain, at) for key in unknown],
    )
    tail = await append(connection, chain, tail, [BookEntry(at, "key", WHO, key.body()) for key in unknown])
    if not tail.seq:
        return tail, None
    signed = signer.checkpoint(chain, tail.seq, tail.hash)
    return await append(connection, chain, tail, [BookEntry(at, "checkpoint", WHO, signed.body())]), signed
