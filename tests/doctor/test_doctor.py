"""What the doctor finds: on real databases of each kind, on certificates near their end, on a collector's word."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from config.model import Security
from config.plant import Plant
from drivers.keys import keys_in, make_own
from monitor.demo_register import make_register
from monitor.doctor.collector import LOOP, POLLS, collector, health_of
from monitor.doctor.collector import SAMPLES as WHERE_THE_SAMPLES_ARE
from monitor.doctor.database import (
    CALIBRATION,
    CLOCK,
    EDITION,
    INSTRUMENTS,
    RIGHTS,
    TABLES,
    database,
    of_versions,
)
from monitor.doctor.examine import report
from monitor.doctor.finding import Finding, Weight, mend, well
from monitor.doctor.host import CERTIFICATES, certificates, clock, disk, journal, of_state
from monitor.doctor.ways import WAYS, ways
from monitor.notify.secrets import variable
from tests.database import Server
from tests.loaded import loaded

LINE = Path(__file__).parents[1] / "plants" / "line"
SAMPLES = {"received": 100, "stored": 80, "repeated": 8, "quarantined": 0, "buffered": 12}
HEALTH: dict[str, Any] = {
    "devices": 5,
    "devices_live": 5,
    "journal": {"ok": True, "detail": "", "entries": 0},
    "database": {"ok": True, "detail": "", "waiting": 0, "samples": SAMPLES},
    "polls_skipped": 0,
    "loop_lag_ms": {"p50": 0.1, "p99": 2.0},
    "poll_lateness_ms": {"p50": 1.0, "p99": 4.0},
    "inbox": {"size": 0, "limit": 10_000, "lost": 0},
}


@pytest.fixture(scope="module")
def plant() -> Plant:
    return loaded(LINE)


def now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - a real database has a clock of its own


async def examined(url: str, plant: Plant, at: datetime) -> list[Finding]:
    """Look at a database beside a data folder that remembers nothing."""
    return await database(url, plant, Path("none"), {}, at)


def of(findings: list[Finding], what: object) -> list[Finding]:
    return [one for one in findings if one.what == what]


async def test_the_edition_is_told_with_what_it_costs(timescale: Server, plain: Server, plant: Plant) -> None:
    for server, weight, cost in (
        (timescale, Weight.NOTE, "no columnstore"),
        (plain, Weight.NOTE, "no chunks"),
    ):
        url = await server.fresh()
        (found,) = of(await examined(url, plant, now()), EDITION)
        assert (found.weight, cost in found.said.en) == (weight, True)
        await server.drop(url)


def test_an_extension_that_lags_behind_its_server_is_told() -> None:
    (found,) = of_versions("2.20.1", "2.28.3")
    assert (found.weight, "2.28.3" in found.said.en, "2.20.1" in found.said.zh) == (Weight.NOTE, True, True)
    for same in (("2.28.3", "2.28.3"), (None, "2.28.3"), (None, None), ("2.28.3", None)):
        assert list(of_versions(*same)) == []


async def test_missing_tables_and_missing_databases_are_found(timescale: Server, plant: Plant) -> None:
    empty = await timescale.empty()
    (found,) = of(await examined(empty, plant, now()), TABLES)
    assert (found.weight, found.said.en) == (Weight.MEND, "none: gradewatch migrate")
    await timescale.drop(empty)
    (gone,) = await examined(empty, plant, now())
    assert gone.weight is Weight.MEND
    assert "does not exist" in gone.said.en
    (none,) = await examined("", plant, now())
    assert none.weight is Weight.NOTE


async def test_a_superuser_is_found_and_a_role_that_may_change_the_record(
    timescale: Server, database_url: str, plant: Plant
) -> None:
    (found,) = of(await examined(database_url, plant, now()), RIGHTS)
    assert (found.weight, "may do everything" in found.said.en) == (Weight.MEND, True)
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute("CREATE ROLE doctored LOGIN")
        await connection.execute("GRANT SELECT, INSERT, DELETE ON ALL TABLES IN SCHEMA public TO doctored")
        url = timescale.url(database_url.rpartition("/")[2], "doctored")
        (found,) = of(await examined(url, plant, now()), RIGHTS)
        assert found.said.en == "doctored has DELETE on sample, DELETE on book: take it away"
        await connection.execute("REVOKE DELETE ON sample, book FROM doctored")
        (found,) = of(await examined(url, plant, now()), RIGHTS)
        assert found.weight is Weight.WELL
    finally:
        await connection.execute("DROP OWNED BY doctored")
        await connection.execute("DROP ROLE doctored")
        await connection.close()


async def test_a_database_of_another_time_is_found(database_url: str, plant: Plant) -> None:
    (same,) = of(await examined(database_url, plant, now()), CLOCK)
    (other,) = of(await examined(database_url, plant, now() - timedelta(hours=1)), CLOCK)
    assert (same.weight, other.weight) == (Weight.WELL, Weight.MEND)


@pytest.mark.parametrize(
    ("days", "weight"), [(-1, Weight.MEND), (5, Weight.NOTE), (200, Weight.WELL)], ids=["over", "soon", "far"]
)
async def test_what_a_counter_says_of_its_calibration_is_read(
    database_url: str, plant: Plant, days: int, weight: Weight
) -> None:
    connection = await asyncpg.connect(database_url)
    try:
        due = (now() + timedelta(days=days)).timestamp()
        await connection.execute(
            """
            INSERT INTO workshop VALUES ('W', '', '');
            INSERT INTO zone (id, grade, label_en, label_zh, workshop) VALUES ('Z', 'A', '', '', 'W');
            INSERT INTO device VALUES ('PC-1', 'Z', 'lighthouse_apexr', 1, '', '');
            INSERT INTO series (name, device, records) VALUES ('PC-1', 'PC-1', false);
            INSERT INTO channel SELECT 'PC-1/cal_due', id, 0, 'cal_due', 'Z', 's', 'time', '', '' FROM series;"""
        )
        await connection.execute(
            "INSERT INTO sample (series_id, at, received_at, values)"
            " SELECT id, now(), now(), ARRAY[$1::float8] FROM series",
            due,
        )
    finally:
        await connection.close()
    (found,) = of(await examined(database_url, plant, now()), CALIBRATION)
    assert (found.weight, found.said.en.startswith("PC-1: ")) == (weight, True)


async def test_what_the_register_says_of_the_instruments_is_told(database_url: str, plant: Plant) -> None:
    (found,) = of(await examined(database_url, plant, now()), INSTRUMENTS)
    assert (found.weight, found.said.en[:9]) == (Weight.NOTE, "4 of 4 ar")
    await make_register(database_url, plant, now())
    (found,) = of(await examined(database_url, plant, now()), INSTRUMENTS)
    assert (found.weight, found.said.en) == (Weight.WELL, "4 in order")
    (found,) = of(await examined(database_url, plant, now() + timedelta(days=60)), INSTRUMENTS)
    assert found.weight is Weight.MEND
    assert found.said.en == "2 overdue or not qualified: ISO-STM-L1, HCI-STM-L1"


def test_a_certificate_that_ends_is_found_in_time(plant: Plant, tmp_path: Path) -> None:
    assert [one.weight for one in certificates(plant, tmp_path, {}, now())] == [Weight.WELL]
    key, device = next((k, d) for k, d in plant.devices.items() if d.address.startswith("opc.tcp"))
    safe = replace(plant, devices={**plant.devices, key: replace(device, security=Security("ems"))})
    (lacking,) = certificates(safe, tmp_path, {}, now())
    assert (lacking.weight, "opcua-cert" in lacking.said.en) == (Weight.MEND, True)
    own = make_own(keys_in(tmp_path, {}), "localhost", now())
    weights = [
        next(iter(certificates(safe, tmp_path, {}, at))).weight
        for at in (now(), own.ends - timedelta(days=59), own.ends)
    ]
    assert weights == [Weight.WELL, Weight.MEND, Weight.MEND]
    trusted = keys_in(tmp_path, {}).trusted_dir
    trusted.mkdir(parents=True, exist_ok=True)
    (trusted / "plc.der").write_bytes(b"no certificate")
    assert [one.weight for one in certificates(safe, tmp_path, {}, now())] == [Weight.WELL, Weight.MEND]
    assert CERTIFICATES.zh == "证书"


def test_the_kernels_word_on_the_clock() -> None:
    assert [of_state(state).weight for state in (0, 5, -1)] == [Weight.WELL, Weight.MEND, Weight.NOTE]
    assert clock().weight in Weight


def test_a_disk_that_is_not_there_is_to_be_mended(tmp_path: Path) -> None:
    assert "free" in disk(tmp_path).said.en
    assert disk(tmp_path / "none").weight is Weight.MEND


def test_the_days_that_the_journal_has_room_for_are_told_and_too_few_are_to_be_mended(
    plant: Plant, tmp_path: Path
) -> None:
    assert "days without a database" in journal(plant, tmp_path, {}).said.en
    few = journal(plant, tmp_path, {"GRADEWATCH_JOURNAL_SHARE": "1e-6"})
    assert (few.weight, "larger disk" in few.said.en) == (Weight.MEND, True)
    wrong = journal(plant, tmp_path, {"GRADEWATCH_JOURNAL_SHARE": "half"})
    assert (wrong.weight, "give a number" in wrong.said.en) == (Weight.MEND, True)
    assert journal(plant, tmp_path / "none", {}).weight is Weight.MEND


def test_no_collector_is_no_fault_and_one_in_need_is(tmp_path: Path) -> None:
    assert health_of(tmp_path) is None
    assert [one.weight for one in collector(None)] == [Weight.NOTE]
    assert {one.weight for one in collector(HEALTH)} == {Weight.WELL}
    for change, count in (
        ({"devices_live": 4}, 1),
        ({"journal": {"ok": False, "detail": "full", "entries": 3}}, 1),
        ({"database": {"ok": False, "detail": "away", "waiting": 9, "samples": None}}, 1),
        ({"loop_lag_ms": {"p50": 1.0, "p99": 80.0}}, 1),
        ({"poll_lateness_ms": {"p50": 50.0, "p99": 400.0}}, 1),
        ({"inbox": {"size": 0, "limit": 1, "lost": 2}}, 1),
    ):
        changed: dict[str, Any] = {**HEALTH, **change}
        assert sum(one.weight is Weight.MEND for one in collector(changed)) == count, change


def told_of_samples(**counts: int) -> Finding:
    """Say what the doctor finds of such counts."""
    changed = {**HEALTH, "database": {**HEALTH["database"], "samples": {**SAMPLES, **counts}}}
    (found,) = of(list(collector(changed)), WHERE_THE_SAMPLES_ARE)
    return found


def test_what_was_received_is_held_against_what_became_of_it() -> None:
    well_ = told_of_samples()
    assert (well_.weight, well_.said.en) == (
        Weight.WELL,
        "100 received = 80 stored + 8 repeated + 0 quarantined + 12 buffered",
    )
    for counts, missing in (({"stored": 79}, "+1"), ({"buffered": 14}, "-2"), ({"received": 0}, "-100")):
        found = told_of_samples(**counts)
        assert found.weight is Weight.MEND
        assert f"does not hold: {missing}" in found.said.en
        assert f"相差{missing}" in found.said.zh
    assert told_of_samples(quarantined=2, stored=78).weight is Weight.NOTE
    away = {**HEALTH, "database": {"ok": True, "samples": None}}
    assert [one.weight for one in of(list(collector(away)), WHERE_THE_SAMPLES_ARE)] == [Weight.NOTE]


def test_the_poll_s_calibration_is_told_with_what_was_skipped() -> None:
    (found,) = of(list(collector({**HEALTH, "polls_skipped": 7})), POLLS)
    assert (found.weight, "7 skipped" in found.said.en, "跳过7次" in found.said.zh) == (
        Weight.NOTE,
        True,
        True,
    )
    none = {
        **HEALTH,
        "poll_lateness_ms": {"p50": None, "p99": None},
        "loop_lag_ms": {"p50": None, "p99": None},
    }
    assert [one.weight for one in of(list(collector(none)), POLLS)] == [Weight.NOTE]
    assert of(list(collector(none)), LOOP) == []


def test_the_report_counts_what_is_to_be_mended() -> None:
    findings = [well(EDITION, "good", "好"), mend(RIGHTS, "bad", "坏")]
    assert list(report(findings))[-1] == "\n1 to mend · 1项待处理"
    assert list(report(findings[:1]))[-1] == "\nNothing to mend. 无待处理项。"
    assert list(report(findings))[1] == "✗ Rights · 权限\n    bad\n    坏"


def test_each_way_without_its_secret_is_named_and_no_secret_is_told(plant: Plant, tmp_path: Path) -> None:
    assert [(one.weight, one.said.en.split(":")[0]) for one in ways(plant, tmp_path, {})] == [
        (Weight.MEND, "robot"),
        (Weight.MEND, "spare"),
    ]
    there = {variable(way.secret): "https://x.example/4711secret4711" for way in plant.duty.ways.values()}
    (found,) = ways(plant, tmp_path, there)
    assert found == well(WAYS, "2 secrets are there", "2个密钥均已就绪")
    plain = {**there, variable("test-spare"): "http://x.example/4711secret4711"}
    (found,) = ways(plant, tmp_path, plain)
    assert (found.weight, found.said.en) == (
        Weight.MEND,
        "spare: the address of secret 'test-spare' must begin with https://",
    )
    assert "4711" not in found.said.en + found.said.zh


def test_the_heartbeat_has_a_secret_too_and_who_calls_nobody_needs_none(plant: Plant, tmp_path: Path) -> None:
    beating = replace(plant, duty=replace(plant.duty, ways={}, heartbeat="outside"))
    (found,) = ways(beating, tmp_path, {})
    assert (found.weight, "secret 'outside' is missing" in found.said.en) == (Weight.MEND, True)
    assert list(ways(replace(plant, duty=replace(plant.duty, ways={})), tmp_path, {})) == []


def test_that_people_cannot_be_called_is_told() -> None:
    calling = {"notices": {"ok": False, "detail": "undelivered: ISO/pressure/action"}}
    (found,) = (one for one in collector(HEALTH | calling) if "calling" in one.said.en)
    assert (found.weight, found.said.en) == (Weight.MEND, "calling: undelivered: ISO/pressure/action")
