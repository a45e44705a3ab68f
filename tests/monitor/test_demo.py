"""The demo's own password: made once, never empty, readable by its owner alone."""

import stat
from datetime import UTC, datetime
from pathlib import Path

from bench.running import DEMO
from config.load import load
from monitor.demo import CONTROL, DemoSettings, _connect_phones, _password, ready, served
from monitor.notify.secrets import FOLDER, Secrets
from monitor.versions import APPROVED, PlantChange, Versions
from tests.changing import LINE, line, looser
from tests.loaded import loaded

AT = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)


def test_the_password_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "admin-password"
    password = _password(path)
    assert len(password) >= 16
    assert _password(path) == password
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_an_empty_password_is_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "admin-password"
    path.touch()
    assert len(_password(path)) >= 16


def test_every_way_of_the_demo_leads_to_the_simulated_telephones_with_a_key_of_its_own(
    tmp_path: Path,
) -> None:
    _connect_phones(tmp_path)
    secrets = Secrets({}, tmp_path / FOLDER)
    ways = [secrets.read(way.secret) for way in loaded(DEMO).duty.ways.values()]
    assert {one.url for one in ways} == {f"http://{CONTROL}/phone"}
    assert len({one.key for one in ways}) == len(ways) == 3
    _connect_phones(tmp_path)
    assert [secrets.read(one.name).key for one in ways] == [one.key for one in ways]


def test_the_simulators_serve_the_plant_that_is_in_force(tmp_path: Path) -> None:
    settings = DemoSettings(LINE, tmp_path, "127.0.0.1", 0)
    assert served(settings) == LINE
    plant, files = line()
    versions = Versions(tmp_path)
    versions.begin(plant, LINE, AT)
    other = versions.keep(looser(files))
    versions.put_in_force(PlantChange(AT, other.sha256, plant.sha256, APPROVED, "li", "qian", 1))
    assert load(served(settings)) == other


def test_whoever_starts_the_demo_is_told_where_its_database_is(tmp_path: Path) -> None:
    url = f"postgresql://gradewatch@/postgres?host={tmp_path}"
    settings = DemoSettings(LINE, tmp_path, "127.0.0.1", 8123)
    told = ready(settings, {"qa": "secret"}, tmp_path / "sim", {"devices_live": 3, "devices": 4}, url)
    assert url in told
    assert "http://127.0.0.1:8123" in told
    assert "qa / secret" in told
    assert "3 of 4 live" in told
