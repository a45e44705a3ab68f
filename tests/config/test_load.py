"""The demo plant as loaded, and what its hash stands for."""

from collections.abc import Callable
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from config.load import load
from config.model import Grade
from config.plant import Plant
from config.rules import Level
from tests.config.calm import settled
from tests.config.conftest import LINE, Copy


def test_the_demo_plant_is_whole() -> None:
    plant = load(LINE)
    assert (plant.id, plant.time_zone, plant.communication_delay_s) == ("demo", "Asia/Shanghai", 10)
    assert list(plant.lines) == ["STM-L1"]
    assert (len(plant.zones), len(plant.devices), len(plant.channels)) == (7, 5, 203)
    assert sum(zone.grade is Grade.A for zone in plant.zones.values()) == 2
    assert {device.id: device.address for device in plant.devices.values()} == {
        "ISO-STM-L1": "opc.tcp://127.0.0.1:48010/",
        "HCI-STM-L1": "opc.tcp://127.0.0.1:48011/",
        "PC-A-STM-L1": "127.0.0.1:15021",
        "RM-STM-L1": "127.0.0.1:15022",
        "ST-STM-L1": "127.0.0.1:15023",
    }
    assert plant.lines["STM-L1"].tower == "ST-STM-L1"
    assert {device.line for device in plant.devices.values()} == {"STM-L1"}


def test_a_counter_has_a_second_series_for_its_records() -> None:
    plant = load(LINE)
    own, records = plant.devices["PC-A-STM-L1"].series
    assert (own.id, own.records, records.id, records.records) == (
        "PC-A-STM-L1",
        False,
        "PC-A-STM-L1#records",
        True,
    )
    counts = [channel.model.key for channel in records.channels][:4]
    assert counts == ["cnt_0_3", "cnt_0_5", "cnt_1_0", "cnt_5_0"]
    assert [channel.place for channel in records.channels] == [0, 1, 2, 3, 4, 5]
    assert plant.channels["PC-A-STM-L1/cnt_0_5"].series == "PC-A-STM-L1#records"
    assert plant.devices["PC-A-STM-L1"].settings == {"sample_time_s": 6}
    assert all(len(device.series) == 1 for name, device in plant.devices.items() if name != "PC-A-STM-L1")


def test_a_gateways_channels_stand_in_the_zones_of_their_rooms() -> None:
    plant = load(LINE)
    assert plant.channels["RM-STM-L1/exit_dp"].zone == "STM-L1-EXIT"
    assert plant.channels["RM-STM-L1/supply_flow"].zone == "STM-L1-CORE"
    assert plant.channels["ISO-STM-L1/chamber_pressure"].zone == "STM-L1-A-ISO"


def test_one_row_of_limits_gives_one_limit_for_each_channel_and_level() -> None:
    limits = {limit.id: limit for limit in load(LINE).limits}
    action, alert = (limits[f"ISO-STM-L1/chamber_pressure/{level}"] for level in ("action", "alert"))
    assert (action.low, action.high, action.on_delay_s, action.level) == (20, 90, 0, Level.ACTION)
    assert (alert.low, alert.high, alert.on_delay_s, alert.level) == (30, 70, 1, Level.ALERT)
    assert sum(name.startswith("HCI-STM-L1/") and "_co2/" in name for name in limits) == 8 * 2
    assert "HCI-STM-L1/ch1_temp_limiter/alert" not in limits
    assert (limits["PC-A-STM-L1/cnt_0_5/action"].high, limits["PC-A-STM-L1/cnt_0_5/alert"].high) == (9, 4)
    # 3520 per cubic metre in a record of 6 s at 1 cubic foot (28.317 L) a minute: nine pass, ten do not.
    assert 9 < 3520 * 28.317 / 1000 * 6 / 60 < 10


CALM = {
    "ISO-STM-L1/chamber_pressure*": 45,
    "ISO-STM-L1/transfer_pressure": 30,
    "ISO-STM-L1/air_velocity_*": 0.45,
    "ISO-STM-L1/temp": 22,
    "ISO-STM-L1/rh": 45,
    "ISO-STM-L1/hepa_dp_*": 120,
    "ISO-STM-L1/h2o2_room": 0,
    "PC-A-STM-L1/cnt_*": 0,
    "PC-A-STM-L1/volume": 2.83,
    "PC-A-STM-L1/flow": 1,
    "PC-A-STM-L1/sample_time": 6,
    "RM-STM-L1/core_dp": 27,
    "RM-STM-L1/*_dp": 15,
    "RM-STM-L1/*_temp": 21,
    "RM-STM-L1/*_rh": 50,
    "RM-STM-L1/*_h2o2": 0,
    "HCI-STM-L1/ch*_temp": 37.0,
    "HCI-STM-L1/ch*_co2": 5.0,
    "HCI-STM-L1/ch*_o2": 20.5,
    "HCI-STM-L1/ch*_rh": 93,
}
"""The set points of the simulated plant; the first pattern that matches counts."""


def calm(plant: Plant, channel: str) -> float:
    if channel in plant.derived:
        return settled(plant.derived[channel], lambda name: calm(plant, name))
    return next(value for pattern, value in CALM.items() if fnmatchcase(channel, pattern))


def test_the_calm_plant_is_well_inside_every_limit() -> None:
    plant = load(LINE)
    for limit in plant.limits:
        value = calm(plant, limit.channel)
        assert limit.low is None or value - limit.low > limit.deadband, limit
        assert limit.high is None or limit.high - value > limit.deadband, limit


def test_no_figure_poses_as_regulation() -> None:
    for limit in load(LINE).limits:
        assert "emo proposal" in limit.rationale or "maker's manual" in limit.rationale, limit
        assert any("\u4e00" <= letter <= "\u9fff" for letter in limit.rationale), limit


@pytest.mark.parametrize("name", ["plant.yaml", "limits.yaml", "patlite_la6.yaml"])
def test_any_byte_of_a_used_file_changes_the_hash(copy: Copy, name: str) -> None:
    path = next(folder / name for folder in (copy.plant, copy.profiles) if (folder / name).exists())
    raw = path.read_bytes()
    path.write_bytes(raw + b"# a\n")
    before = load(copy.plant, copy.profiles).sha256
    path.write_bytes(raw + b"# b\n")
    assert load(copy.plant, copy.profiles).sha256 != before


def test_the_hash_does_not_depend_on_the_place_nor_on_unused_files(make_copy: Callable[[], Copy]) -> None:
    one, other = make_copy(), make_copy()
    (other.profiles / "unused.yaml").write_text("not used")
    (other.plant / "README.md").write_text("not read")
    assert load(one.plant, one.profiles).sha256 == load(other.plant, other.profiles).sha256


def test_a_row_moved_to_another_file_changes_the_hash_but_not_the_plant(copy: Copy) -> None:
    before = load(copy.plant, copy.profiles)
    text = (copy.plant / "zones.yaml").read_text(encoding="utf-8")
    last = text.splitlines()[-1]
    (copy.plant / "zones.yaml").write_text(text.replace(last, ""), encoding="utf-8")
    (copy.plant / "zones2.yaml").write_text(f"zones:\n{last}\n", encoding="utf-8")
    after = load(copy.plant, copy.profiles)
    assert after.zones == before.zones
    assert after.sha256 != before.sha256


def test_the_same_plant_is_loaded_from_a_relative_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(LINE.parent)
    assert load(Path("line")) == load(LINE)
