"""What outlives this database: its last backup, and the signature at the end of what the collectors have written."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

import asyncpg

from config.model import Text
from monitor.doctor.finding import Finding, Weight, mend, note, soon, well
from monitor.store.database import Connection
from monitor.store.record import CHAIN
from monitor.store.signature import Checkpoint, Key, is_signed
from monitor.store.signing import SigningError, keys_of, remembered

BACKUP, SIGNATURE = Text("Backup", "备份"), Text("Signature of the book", "记录簿签名")
BACKUP_VARIABLE = "GRADEWATCH_BACKUP_DAYS"
BACKUP_DAYS = 7.0
"""A backup may be so old, unless the environment says otherwise (demo proposal)."""
UNSIGNED_MOST = timedelta(hours=2)
"""A chain is signed once an hour: what is sealed and has no signature for longer shows that nobody signs."""
CHAINS_MOST = 50

_BACKUP = "SELECT at, body ->> 'name' AS name FROM book WHERE chain = $1 AND kind = 'backup' ORDER BY seq DESC LIMIT 1"
_BEGAN = "SELECT least((SELECT min(at) FROM book), (SELECT min(first_seen) FROM plant_version))"
_CHAIN_BEGAN = "SELECT at FROM book WHERE chain = $1 ORDER BY seq LIMIT 1"
_CHAINS = """
SELECT chain, sealed_until FROM forwarded WHERE sealed_until IS NOT NULL ORDER BY sealed_until DESC LIMIT $1"""
_SIGNED = """
SELECT line.seq, line.at, line.body, former.hash AS former, key.public_key
FROM book AS line
LEFT JOIN book AS former ON former.chain = line.chain AND former.seq = line.seq - 1
LEFT JOIN signing_key AS key ON key.fingerprint = line.body ->> 'key'
WHERE line.chain = $1 AND line.kind = 'checkpoint'
ORDER BY line.seq DESC LIMIT 1"""
_HASH = "SELECT hash FROM book WHERE chain = $1 AND seq = $2"


async def keeping(
    connection: Connection, data: Path, environment: Mapping[str, str], at: datetime
) -> list[Finding]:
    """Look at the last backup and the last signatures.

    Args:
        connection: to a migrated database.
        data: the collector's data folder, which remembers what was signed.
        environment: where the age that a backup may have may stand.
        at: now.
    """
    return [await _backup(connection, environment, at), *await _signatures(connection, data, at)]


async def _backup(connection: Connection, environment: Mapping[str, str], at: datetime) -> Finding:
    given = environment.get(BACKUP_VARIABLE, "")
    days = _days(given)
    if days is None:
        said = f"{BACKUP_VARIABLE}={given}"
        return mend(BACKUP, f"{said}: give a number of days above 0", f"{said}：请给出大于0的天数")
    last = await connection.fetchrow(_BACKUP, CHAIN)
    if last is None:
        return await _no_backup(connection, timedelta(days=days), at)
    age = at - last["at"]
    en, zh = f"{last['name']}, {_ago(age)[0]}", f"{last['name']}，{_ago(age)[1]}"
    if age > timedelta(days=days):
        return mend(BACKUP, f"{en}: more than {days:g} days old", f"{zh}：已超过{days:g}天")
    return well(BACKUP, en, zh)


async def _no_backup(connection: Connection, within: timedelta, at: datetime) -> Finding:
    """Say that there is none: no fault before the first thing that is kept is as old as a backup may be."""
    began: datetime | None = await connection.fetchval(_BEGAN)
    due = (began or at) + within
    if at > due:
        return mend(
            BACKUP,
            "none stands in the book: if this disk is lost, so is all that the journals no longer have;"
            " gradewatch backup",
            "记录簿中没有备份：磁盘一旦损坏，日志中已清除的数据将全部丢失；请运行 gradewatch backup",
        )
    day = f"{due:%Y-%m-%d %H:%M} UTC"
    return soon(
        BACKUP,
        f"none yet, and until there is one a lost disk is a lost record; by {day}: gradewatch backup",
        f"尚无备份，此前磁盘损坏即丢失记录；请在{day}前运行 gradewatch backup",
    )


def _days(given: str) -> float | None:
    try:
        days = float(given) if given else BACKUP_DAYS
    except ValueError:
        return None
    return days if days > 0 else None


async def _signatures(connection: Connection, data: Path, at: datetime) -> list[Finding]:
    """Look at each chain's end; of those that are well only the one that is written to, or was last, is told."""
    try:
        kept, keys = remembered(data), keys_of(data)
    except SigningError as error:
        return [mend(SIGNATURE, str(error), str(error))]
    found = [
        await _signature(connection, row["chain"], row["sealed_until"], keys, at)
        for row in await connection.fetch(_CHAINS, CHAINS_MOST)
    ]
    told = [one for one in found[1:] if one.weight is not Weight.WELL]
    if not found:
        told = [note(SIGNATURE, "nothing is sealed yet", "尚无封存内容")]
    if kept:
        told += await _remembered(connection, kept[-1])
    return [*found[:1], *told]


async def _signature(
    connection: Connection, chain: str, sealed_until: datetime, keys: tuple[Key, ...], at: datetime
) -> Finding:
    last = await connection.fetchrow(_SIGNED, chain)
    if last is None:
        began: datetime | None = await connection.fetchval(_CHAIN_BEGAN, chain)
        due = (began or at) + UNSIGNED_MOST
        if at <= due:
            return soon(
                SIGNATURE,
                f"{chain} began {_ago(at - (began or at))[0]} and is signed once an hour: by {due:%H:%M} UTC",
                f"{chain}始于{_ago(at - (began or at))[1]}，每小时签名一次：应在{due:%H:%M} UTC前",
            )
        return mend(
            SIGNATURE,
            f"{chain} is not signed: who can write everything in the database could write it anew",
            f"{chain}没有签名：有权改写整个数据库的人可以重写它",
        )
    line = f"{chain}/{last['seq']}"
    if not _holds(last, chain, keys):
        return mend(
            SIGNATURE,
            f"{line} does not hold; look with: gradewatch verify",
            f"{line}签名不符；请运行 gradewatch verify",
        )
    en, zh = _ago(at - last["at"])
    if sealed_until - last["at"] > UNSIGNED_MOST:
        return mend(
            SIGNATURE,
            f"{line}, {en}: what was written since is not signed; is there a signing key?",
            f"{line}，{zh}：此后写入的内容没有签名；签名密钥是否可用？",
        )
    return well(SIGNATURE, f"{line} holds, {en}", f"{line}有效，{zh}")


def _holds(last: asyncpg.Record, chain: str, keys: tuple[Key, ...]) -> bool:
    """Whether a checkpoint signs the line before it, by the folder's key of that name, or else by the table's."""
    body = json.loads(last["body"])
    try:
        signed = Checkpoint(chain, **body)
    except TypeError:
        return False
    by = next((key for key in keys if key.fingerprint == signed.key), None)
    if by is None and last["public_key"] is not None:
        by = Key(signed.key, last["public_key"])
    is_of_former = (signed.seq, signed.hash) == (last["seq"] - 1, last["former"])
    return is_of_former and by is not None and is_signed(signed, by)


async def _remembered(connection: Connection, kept: Checkpoint) -> list[Finding]:
    """Hold the last signature that the folder remembers against the book."""
    if await connection.fetchval(_HASH, kept.chain, kept.seq) == kept.hash:
        return []
    line = f"{kept.chain}/{kept.seq}"
    return [
        mend(
            SIGNATURE,
            f"{line} was signed and is not in this database as it was; look with: gradewatch verify --data",
            f"{line}曾被签名，但与此数据库中的内容不符；请运行 gradewatch verify --data",
        )
    ]


def _ago(age: timedelta) -> tuple[str, str]:
    hours = age.total_seconds() / 3600
    if hours < 1:
        return f"{60 * hours:.0f} minutes ago", f"{60 * hours:.0f}分钟前"
    if hours < 48:
        return f"{hours:.1f} hours ago", f"{hours:.1f}小时前"
    return f"{hours / 24:.0f} days ago", f"{hours / 24:.0f}天前"
