"""The database: what it can do, what it may do, and whether the counts agree."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import asyncpg

from config.model import Text
from config.plant import Plant
from monitor.calibration import InstrumentState, measuring
from monitor.doctor.finding import Finding, Weight, mend, note, well
from monitor.doctor.keeping import keeping
from monitor.store.database import Connection, DatabaseError, Edition, close, connect, edition
from monitor.store.instruments import read_register
from monitor.store.migrate import migrations

EDITION, SPACE, TABLES, RIGHTS, CLOCK, CALIBRATION, INSTRUMENTS = (
    Text("Database", "数据库"),
    Text("Space", "空间"),
    Text("Tables", "数据表"),
    Text("Rights", "权限"),
    Text("Clock of the database", "数据库时钟"),
    Text("Calibration", "校准"),
    Text("Instruments", "仪器台账"),
)
BYTES_PER_READING = {Edition.COMMUNITY: 1.5, Edition.APACHE: 11.0, Edition.PLAIN: 11.0}
"""On the disk with the key, measured with rows of 20 channels; the Community edition's once it has been compressed."""
APART = timedelta(seconds=2)
DUE_WITHIN = timedelta(days=30)
NAMED_MAX = 5
KEPT_FOR_GOOD = ("sample", "book")


async def database(
    url: str, plant: Plant, data: Path, environment: Mapping[str, str], at: datetime
) -> list[Finding]:
    """Look at a database as its user sees it; a database that is away is a finding too."""
    if not url:
        return [note(EDITION, "none is configured: nothing is kept beyond the journal", "未配置：仅保留日志")]
    try:
        connection = await connect(url)
    except DatabaseError as error:
        return [mend(EDITION, str(error), str(error))]
    found: list[Finding] = []
    try:
        found += await _edition(connection, plant)
        found.append(await _tables(connection))
        if found[-1].weight is Weight.WELL:
            found += await _rights(connection)
            found.append(await _clock(connection, at))
            found += await _calibration(connection, at)
            found.append(await _instruments(connection, plant, at))
            found += await keeping(connection, data, environment, at)
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
        said = " ".join(str(error).split())
        found.append(mend(EDITION, said, said))
    finally:
        await close(connection)
    return found


async def _edition(connection: Connection, plant: Plant) -> list[Finding]:
    which = await edition(connection)
    postgres = await connection.fetchval("SHOW server_version")
    version = await connection.fetchval("SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'")
    name = f"PostgreSQL {postgres}" + (f", TimescaleDB {version}" if version else "")
    found = {
        Edition.COMMUNITY: well(EDITION, f"{name} (Community)", f"{name}（社区版）"),
        Edition.APACHE: note(
            EDITION,
            f"{name} (Apache): no columnstore, so old readings keep their full size",
            f"{name}（Apache版）：无列存压缩，历史数据占用全部空间",
        ),
        Edition.PLAIN: note(
            EDITION,
            f"{name} without TimescaleDB: no chunks, so what is forgotten goes row by row; for small sites",
            f"{name}，无TimescaleDB：无分块，到期数据逐行清除；仅适合试用与小型现场",
        ),
    }[which]
    newest = await connection.fetchval(
        "SELECT default_version FROM pg_available_extensions WHERE name = 'timescaledb'"
    )
    return [found, *of_versions(version, newest), _space(which, plant)]


def of_versions(used: str | None, newest: str | None) -> Iterator[Finding]:
    """Say where the server has another version of the extension than this database uses; None: it has none."""
    if used is not None and newest is not None and used != newest:
        yield note(
            EDITION,
            f"the server has TimescaleDB {newest}, this database uses {used}: ALTER EXTENSION timescaledb UPDATE",
            f"服务器已有TimescaleDB {newest}，本库仍用{used}：ALTER EXTENSION timescaledb UPDATE",
        )


def _space(which: Edition, plant: Plant) -> Finding:
    a_second = sum(
        len(series.channels) / plant.devices[series.device].period_s
        for series in plant.series.values()
        if not series.records
    )
    gigabytes = a_second * 86_400 * BYTES_PER_READING[which] / 1e9
    return note(
        SPACE,
        f"this plant gives {a_second:.0f} readings a second: about {gigabytes:.2f} GB a day",
        f"本工厂每秒{a_second:.0f}个读数：每天约{gigabytes:.2f} GB",
    )


async def _tables(connection: Connection) -> Finding:
    if not await connection.fetchval("SELECT to_regclass('migration') IS NOT NULL"):
        return mend(TABLES, "none: gradewatch migrate", "无：请运行 gradewatch migrate")
    landed = {row["name"] for row in await connection.fetch("SELECT name FROM migration")}
    missing = sorted(migrations().keys() - landed)
    if missing:
        return mend(
            TABLES,
            f"{', '.join(missing)} not applied: gradewatch migrate",
            f"{', '.join(missing)}未应用：请运行 gradewatch migrate",
        )
    return well(TABLES, f"as of {max(landed)}", f"版本{max(landed)}")


async def _rights(connection: Connection) -> list[Finding]:
    user = await connection.fetchval("SELECT current_user")
    if await connection.fetchval("SELECT rolsuper FROM pg_roles WHERE rolname = current_user"):
        return [
            mend(
                RIGHTS,
                f"{user} may do everything here; give the service a role of its own",
                f"{user}为超级用户；请为服务单独建立角色",
            )
        ]
    too_much = [
        f"{right} on {table}"
        for table in KEPT_FOR_GOOD
        for right in ("UPDATE", "DELETE", "TRUNCATE")
        if await connection.fetchval("SELECT has_table_privilege(current_user, $1, $2)", table, right)
    ]
    if too_much:
        said = ", ".join(too_much)
        return [mend(RIGHTS, f"{user} has {said}: take it away", f"{user}拥有{said}：请收回")]
    return [well(RIGHTS, f"{user} can only add to what is kept", f"{user}只能追加记录")]


async def _clock(connection: Connection, at: datetime) -> Finding:
    apart = await connection.fetchval("SELECT clock_timestamp()") - at
    seconds = f"{apart.total_seconds():+.1f} s"
    if abs(apart) > APART:
        return mend(CLOCK, f"{seconds} from ours", f"与本机相差{seconds}")
    return well(CLOCK, "as ours", "与本机一致")


_DUE = """
SELECT series.device, last.due
FROM channel
JOIN series ON series.id = channel.series_id
CROSS JOIN LATERAL (
    SELECT values[channel.place + 1] AS due FROM sample
    WHERE sample.series_id = series.id AND sample.quality IS NULL
    ORDER BY at DESC LIMIT 1
) AS last
WHERE channel.key = 'cal_due' AND last.due > 0
ORDER BY 1"""


async def _calibration(connection: Connection, at: datetime) -> list[Finding]:
    """Look at what each counter itself says of its calibration."""
    rows = await connection.fetch(_DUE)
    return [_due(row["device"], datetime.fromtimestamp(row["due"], UTC), at) for row in rows]


async def _instruments(connection: Connection, plant: Plant, at: datetime) -> Finding:
    """Look at what the register says of each: readings of one that is overdue or unqualified are marked everywhere."""
    register = await read_register(connection)
    today = at.astimezone(ZoneInfo(plant.time_zone)).date()
    own = (one for one in register.instruments if one in plant.channels)
    every = dict.fromkeys((*measuring(plant), *own))
    states = {one: register.state(one, today) for one in every}
    bad = [one for one in every if states[one] in {InstrumentState.OVERDUE, InstrumentState.UNQUALIFIED}]
    unknown = sum(state is InstrumentState.UNKNOWN for state in states.values())
    if bad:
        named = ", ".join(bad[:NAMED_MAX]) + (" …" if len(bad) > NAMED_MAX else "")
        return mend(
            INSTRUMENTS,
            f"{len(bad)} overdue or not qualified: {named}",
            f"{len(bad)} 台过期或未完成确认：{named}",
        )
    if unknown:
        return note(
            INSTRUMENTS,
            f"{unknown} of {len(every)} are not in the register: their readings are marked",
            f"{len(every)} 台中 {unknown} 台台账无记录：其数据被标记",
        )
    return well(INSTRUMENTS, f"{len(every)} in order", f"{len(every)} 台正常")


def _due(device: str, due: datetime, at: datetime) -> Finding:
    day = f"{due:%Y-%m-%d}"
    if due <= at:
        return mend(CALIBRATION, f"{device}: was due on {day}", f"{device}：应于{day}前校准，已过期")
    if due - at < DUE_WITHIN:
        return note(CALIBRATION, f"{device}: due on {day}", f"{device}：{day}前校准")
    return well(CALIBRATION, f"{device}: not before {day}", f"{device}：{day}前有效")
