"""Whatever is changed in sample, book, alarm, quarantine, series, channel or figures, `verify` finds and names it."""

import random
from pathlib import Path

from monitor.store.database import Connection
from monitor.store.signing import remembered
from monitor.store.verify import verify_in
from tests.store.mutation import Liar
from tests.store.sealed import MINUTE, whole
from tests.store.small import NOON

MUTATIONS = 30
"""On each kind of database; `bench/bench_verify.py` does a thousand."""


async def test_every_change_is_found_and_named(url: str, sql: Connection, tmp_path: Path) -> None:
    await whole(url, sql, tmp_path)
    kept = remembered(tmp_path)
    outer = sql.transaction()
    await outer.start()
    liar = Liar(sql, random.Random(20261121))
    await liar.begin(NOON + 60 * MINUTE)
    for _ in range(MUTATIONS):
        one = sql.transaction()
        await one.start()
        lie = await liar.lie()
        findings = (await verify_in(sql, kept, lambda *_: None)).findings
        assert findings, lie.text
        assert lie.is_named_by(findings[0].place), (lie.text, findings[0].text().en)
        await one.rollback()
    assert not (await verify_in(sql, kept, lambda *_: None)).findings
    await outer.rollback()
