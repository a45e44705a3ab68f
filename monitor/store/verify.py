"""Proves that the database holds what was written into it, or names the first thing that it does not.

Seven parts, in this order: the book by its own hashes, its end and its signatures; series and channels by the lines of
the book; the rows of every minute by the seal in the book; the figures of minutes and hours by the rows; what was put
aside, the alarms, and the registers of instruments and people, by the lines of the book. It only reads, in one
transaction that sees one moment, and holds no more than an hour's figures at once.
"""

from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path

from config.model import Text
from monitor.store.database import Connection, close, connect, explained, place
from monitor.store.finding import Finding
from monitor.store.signature import Checkpoint
from monitor.store.signing import remembered
from monitor.store.verify_alarms import check_alarms
from monitor.store.verify_batches import check_batches
from monitor.store.verify_book import SLOW_S, Walked, check_book
from monitor.store.verify_channels import check_channels
from monitor.store.verify_equipment_tests import EQUIPMENT_TESTS
from monitor.store.verify_kept import check_kept
from monitor.store.verify_notices import check_notices
from monitor.store.verify_packages import PACKAGES
from monitor.store.verify_quarantine import check_quarantine
from monitor.store.verify_registers import REGISTERS
from monitor.store.verify_reviews import check_reviews
from monitor.store.verify_rows import Rows
from monitor.store.verify_viable import VIABLE

FINDINGS_MAX = 10_000
"""Whoever has changed more than this has changed everything."""

_TOTAL = """
SELECT count(*) AS lines, count(*) FILTER (WHERE kind = 'seal') AS seals,
       (SELECT count(*) FROM quarantine) AS aside, (SELECT count(*) FROM alarm) AS alarms
FROM book"""

SHAPES = (REGISTERS, EQUIPMENT_TESTS, PACKAGES, VIABLE)
"""Of the registers that rest on nothing but their lines of the book."""

Progress = Callable[[int, int], None]
Step = Callable[[int], None]
Findings = AsyncGenerator[Finding, None]


@dataclass(frozen=True, slots=True)
class Verified:
    """What came of it.

    Attributes:
        findings: what is wrong, in the order in which it was found; empty if nothing is.
        lines: of the book; `checkpoints` of them are signed, and `behind` come after the last one that is.
        keys: fingerprints of the keys with which the chains begin.
        minutes: that are sealed, with so many `rows`.
        forgotten: rows that were sealed and are gone in good order, being older than what is kept.
        unsealed: rows of which nothing can be proved yet: their minute is not over, or older than sealing.
        aside: rows of the quarantine; and alarms: rows of the alarm table.
    """

    findings: tuple[Finding, ...]
    lines: int
    checkpoints: int
    behind: int
    keys: tuple[str, ...]
    minutes: int
    rows: int
    forgotten: int
    unsealed: int
    aside: int
    alarms: int

    def text(self) -> Text:
        """Say how much was looked at, in both languages."""
        keys = ", ".join(self.keys) or "-"
        return Text(
            f"{self.lines} lines of the book, {self.checkpoints} signed checkpoints (first key {keys}), {self.behind}"
            f" lines after the last; {self.rows} rows in {self.minutes} sealed minutes, {self.forgotten} rows"
            f" forgotten in good order, {self.unsealed} not sealed; {self.aside} rows put aside; {self.alarms} alarms",
            f"记录簿 {self.lines} 行，已签名检查点 {self.checkpoints} 个（首个密钥 {keys}），其后 {self.behind} 行；"
            f"已封存 {self.minutes} 分钟共 {self.rows} 行，依规清除 {self.forgotten} 行，未封存 {self.unsealed} 行；"
            f"隔离 {self.aside} 行；报警 {self.alarms} 条",
        )


async def verify(
    url: str, data: Path | None, progress: Progress, *, trusted: frozenset[str] = frozenset(), most: int = 1
) -> Verified:
    """Walk the whole database.

    Args:
        url: of a migrated database; a standby will do, and a user who may only read.
        data: a collector's data folder, whose checkpoints the book must agree with; None: only what the database says.
        progress: hears how much is done, of how much.
        trusted: fingerprints of signing keys with which a chain may begin; empty: any.
        most: stop at so many findings.

    Raises:
        DatabaseError: it cannot be reached, or refuses.
        SigningError: the data folder's checkpoints cannot be read.
    """
    kept = [] if data is None else remembered(data)
    connection = await connect(url)
    try:
        with explained(place(url)):
            async with connection.transaction(isolation="repeatable_read", readonly=True):
                return await verify_in(connection, kept, progress, trusted=trusted, most=most)
    finally:
        await close(connection)


async def verify_in(
    connection: Connection,
    kept: Sequence[Checkpoint],
    progress: Progress,
    *,
    trusted: frozenset[str] = frozenset(),
    most: int = 1,
) -> Verified:
    """Walk the whole database as this connection's transaction sees it.

    Args:
        connection: in a transaction.
        kept: checkpoints from outside the database.
        progress: as in `verify`.
        trusted: as in `verify`.
        most: as in `verify`.
    """
    lines, every_seal, aside, alarms = (await connection.fetch(_TOTAL, timeout=SLOW_S))[0]
    steps = lines + every_seal + aside + alarms
    done = 0

    def step(count: int) -> None:
        nonlocal done
        done += count
        progress(done, steps)

    walked = Walked()
    rows = Rows(connection, walked, step)
    findings: list[Finding] = []
    for part in (
        check_book(connection, kept, trusted, walked, step),
        check_channels(connection, walked),
        rows.check(),
        *_registers(connection, walked.wrong, step),
    ):
        async with aclosing(part) as ahead:
            while len(findings) < most and (finding := await anext(ahead, None)):
                findings.append(finding)
    return Verified(
        findings=tuple(findings),
        lines=walked.lines,
        checkpoints=walked.checkpoints,
        behind=walked.behind,
        keys=tuple(sorted(walked.roots)),
        minutes=rows.counted.minutes,
        rows=rows.counted.rows,
        forgotten=rows.counted.forgotten,
        unsealed=rows.counted.unsealed,
        aside=aside,
        alarms=alarms,
    )


def _registers(connection: Connection, wrong: set[tuple[str, int]], step: Step) -> Iterator[Findings]:
    """Give the walks through what the lines of the book say of tables of their own."""
    yield check_quarantine(connection, wrong, step)
    yield check_alarms(connection, wrong, step)
    yield check_notices(connection, wrong)
    yield check_batches(connection, wrong)
    yield check_reviews(connection, wrong)
    yield from (check_kept(connection, wrong, shape) for shape in SHAPES)
