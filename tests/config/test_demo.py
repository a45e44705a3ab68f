"""The demo plant: totals typed by hand, each room's channels in its zone, calm well inside all limits."""

from collections import Counter
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from config.load import PlantFaults, load
from config.model import Grade
from config.plant import LineMode, Plant
from tests.config.calm import settled
from tests.loaded import loaded

DEMO = Path(__file__).parents[2] / "config" / "plants" / "demo"

DEVICES = {
    "isolator_s7": (6, 66),
    "honeycomb_incubator_s7": (5, 94),
    "lighthouse_apexr": (12, 12),
    "pms_airnet": (4, 12),
    "room_gateway_c": (5, 23),
    "room_gateway_b": (5, 28),
    "room_gateway_q": (1, 13),
    "bsc_gateway": (5, 16),
    "co2_incubator_gateway": (5, 16),
    "pms_minicapt": (5, 9),
    "patlite_la6": (10, 8),
    "adam_doors_22": (1, 70),
    "adam_doors_17": (2, 55),
    "vhp_generator_s7": (3, 26),
    "ahu_gateway": (3, 22),
    "cold_gateway": (4, 8),
}
"""Profile -> how many devices of the plant have it, and how many channels each of them has."""

LINES = {
    "IMM-L1": ("NK", LineMode.C_ISOLATOR),
    "IMM-L2": ("NK", LineMode.C_ISOLATOR),
    "IMM-L3": ("CAR-T", LineMode.B_CABINET),
    "IMM-L4": ("CAR-T", LineMode.B_CABINET),
    "STM-L1": ("MSC", LineMode.C_ISOLATOR),
    "STM-L2": ("MSC", LineMode.C_ISOLATOR),
    "STM-L3": ("MSC", LineMode.C_ISOLATOR),
    "VIR-L1": ("plasmid", LineMode.B_CABINET),
    "VIR-L2": ("lentivirus", LineMode.B_CABINET),
    "VIR-L3": ("lentivirus", LineMode.B_CABINET),
}


@pytest.fixture(scope="module")
def plant() -> Plant:
    return loaded(DEMO)


def test_the_whole_facility_is_there(plant: Plant) -> None:
    assert (len(plant.workshops), len(plant.lines), len(plant.zones)) == (5, 10, 81)
    assert (len(plant.devices), len(plant.channels)) == (76, 1967)
    assert sum(number * channels for number, channels in DEVICES.values()) == 1967
    counts = Counter(device.profile.name for device in plant.devices.values())
    channels = {device.profile.name: len(device.profile.channels) for device in plant.devices.values()}
    assert {name: (counts[name], channels[name]) for name in counts} == DEVICES
    assert {name: (line.product, line.mode) for name, line in plant.lines.items()} == LINES


def test_every_line_has_its_zones_and_its_tower(plant: Plant) -> None:
    rooms = ("PALI", "MALI", "CORE", "EXIT", "MALO")
    grades = {
        LineMode.C_ISOLATOR: dict.fromkeys(rooms, "C") | {"A-ISO": "A", "A-HCI": "A"},
        LineMode.B_CABINET: dict.fromkeys(rooms, "B") | {"PREP": "C", "A-BSC": "A"},
    }
    for name, line in plant.lines.items():
        zones = {one.id: one.grade for one in plant.zones.values() if one.line == name}
        assert zones == {f"{name}-{room}": Grade(grade) for room, grade in grades[line.mode].items()}
        assert plant.devices[line.tower].line == name
        assert {plant.zones[zone].workshop for zone in zones} == {name.split("-")[0]}
    shared = {one.id for one in plant.zones.values() if not one.line}
    assert shared == {
        *(f"{workshop}-{room}" for workshop in ("IMM", "STM", "VIR") for room in ("CORR", "GOWN")),
        *("QC-CNC", "QC-STER", "QC-POS", "QC-A-ISO", "CS-STORE"),
    }


def test_a_device_stands_in_its_own_line_or_in_none(plant: Plant) -> None:
    for name, device in plant.devices.items():
        line = next((line for line in plant.lines if name.endswith(line)), "")
        assert device.line == line, name


FIRST_PORT_GIVEN_OUT = 32_768
"""Linux's ip_local_port_range; a listener from there on fails now and then, where a connection was there before."""


def test_no_device_listens_where_outgoing_connections_are_given_their_ports(plant: Plant) -> None:
    addresses = {name: device.address for name, device in plant.devices.items()}
    assert addresses["ISO-STM-L1"] == "opc.tcp://127.0.0.1:14840/"
    assert addresses["HCI-STM-L1"] == "opc.tcp://127.0.0.1:14841/"
    assert [addresses[f"{kind}-STM-L1"] for kind in ("PC-A", "RM", "ST")] == [
        "127.0.0.1:15021",
        "127.0.0.1:15022",
        "127.0.0.1:15023",
    ]
    ports = sorted(int(address.rstrip("/").rsplit(":", 1)[1]) for address in addresses.values())
    assert ports == [*range(14840, 14840 + 14), *range(15021, 15021 + 62)]
    assert ports[-1] < FIRST_PORT_GIVEN_OUT


ROOMS = {
    "room_gateway_c": {"pali": 4, "mali": 5, "core": 6, "exit": 4, "malo": 4},
    "room_gateway_b": {"prep": 4, "pali": 4, "mali": 4, "core": 6, "exit": 4, "malo": 4},
    "room_gateway_q": {"lab": 4, "ster": 5, "pos": 4},
}
"""Profile -> room -> channels: pressure, temperature, humidity, transmitter; H2O2 and the supply air where they are."""

QC_ROOMS = {"lab": "QC-CNC", "ster": "QC-STER", "pos": "QC-POS"}


def test_every_channel_of_a_room_gateway_stands_in_its_rooms_zone(plant: Plant) -> None:
    for device in plant.devices.values():
        if device.profile.name not in ROOMS:
            continue
        zones = Counter(channel.zone for channel in device.series[0].channels)
        line = device.line
        expected = {
            QC_ROOMS.get(room, f"{line}-{room.upper()}"): number
            for room, number in ROOMS[device.profile.name].items()
        }
        cabinet = {f"{line}-A-BSC": 2} if device.profile.name == "room_gateway_b" else {}
        assert zones == expected | cabinet, device.id
        for channel in device.series[0].channels:
            room = channel.model.key.split("_")[0]
            if room in ROOMS[device.profile.name]:
                assert channel.zone == QC_ROOMS.get(room, f"{line}-{room.upper()}"), channel.id


def test_grade_a_counts_for_six_seconds_and_the_background_for_sixty(plant: Plant) -> None:
    settings = {name: dict(device.settings) for name, device in plant.devices.items() if device.settings}
    assert len(settings) == 16
    assert all(settings[name] == {"sample_time_s": 60 if name.startswith("PC-B") else 6} for name in settings)
    limits = {limit.id: limit for limit in plant.limits}
    for name, setting in settings.items():
        (limit,) = (one for one in plant.limits if one.channel == f"{name}/sample_time")
        assert (limit.low, limit.high) == (setting["sample_time_s"],) * 2
        assert f"{name}/conc_0_5/action" in limits
        assert any(one in limits for one in (f"{name}/hits_5_0/alert", f"{name}/conc_5_0/alert"))


def test_particles_are_judged_per_cubic_metre_by_the_strictest_ruleset(plant: Plant) -> None:
    limits = {limit.id: limit for limit in plant.limits}
    for name, in_operation, at_rest in (
        ("PC-A-VIR-L1/conc_0_5/action", 3_520, 3_520),
        ("PC-A-VIR-L1/conc_0_5/alert", 1_760, 1_760),
        ("PC-A-VIR-L1/rolling_m3_0_5/action", 3_520, 3_520),
        ("PC-A-VIR-L1/rolling_m3_5_0/action", 20, 20),
        ("PC-B-VIR-L1/conc_0_5/action", 352_000, 3_520),
        ("PC-B-VIR-L1/conc_0_5/alert", 176_000, 1_760),
        ("PC-B-VIR-L1/conc_5_0/action", 2_900, 29),
        ("PC-B-VIR-L1/conc_5_0/alert", 1_450, 14),
    ):
        limit = limits[name]
        assert (limit.high, limit.at_rest.high if limit.at_rest else limit.high) == (in_operation, at_rest), (
            name
        )
        assert {one.ruleset for one in limit.basis} >= {"eu_annex1_2022_monitoring", "cn_gmp_2010_annex1"}


CALM = {
    "ISO-*/chamber_pressure*": 45,
    "ISO-*/transfer_pressure": 30,
    "ISO-*/air_velocity_*": 0.45,
    "ISO-*/temp": 22,
    "ISO-*/rh": 45,
    "ISO-*/hepa_dp_*": 120,
    "ISO-*/h2o2_low": 0.05,
    "ISO-*/h2o2_room": 0.02,
    "ISO-*/air_flow": 280,
    "ISO-*/leak_rate": 0.21,
    "ISO-*/*_fan_speed": 55,
    "ISO-*/*_fan_current": 1.8,
    "ISO-*/seal_pressure": 2,
    "ISO-*/glove_*_leak": 1.4,
    "ISO-*/comp_air": 6,
    "ISO-*/vhp_phase": 0,
    "ISO-*/valve_*": 1,
    "ISO-*/power_ok": 1,
    "ISO-*/ups_on": 0,
    "ISO-*/alarm_*": 0,
    "ISO-*/*": 2,
    "HCI-*/ch*_temp": 37,
    "HCI-*/ch*_temp_limiter": 37,
    "HCI-*/ch*_co2": 5,
    "HCI-*/ch*_o2": 20.5,
    "HCI-*/ch*_rh": 93,
    "HCI-*/ch*_overtemp_trip": 0,
    "HCI-*/ch*_co2_valve": 8,
    "HCI-*/ch*_heater": 35,
    "HCI-*/ch*_door": 2,
    "HCI-*/ch*_state": 1,
    "HCI-*/transfer_box_pressure": 30,
    "HCI-*/dock_seal_pressure": 2,
    "HCI-*/*_pressure": 1.2,
    "HCI-*/power_ok": 1,
    "HCI-*/transfer_box_door": 2,
    "HCI-*/dock_port": 2,
    "HCI-*/*": 0,
    "INC-*/temp_*": 37,
    "INC-*/co2": 5,
    "INC-*/o2": 20.5,
    "INC-*/rh": 93,
    "INC-*/co2_valve": 4,
    "INC-*/heater": 20,
    "INC-*/gas_pressure_*": 1.2,
    "INC-*/water": 1,
    "INC-*/power": 1,
    "INC-*/*": 0,
    "PC-B-*/volume": 28.3,
    "PC-*/volume": 2.83,
    "PC-B-*/cnt_0_5": 1000,
    "PC-B-*/cnt_5_0": 8,
    "PC-*/cnt_*": 0,
    "PC-*/flow": 1,
    "PC-B-*/sample_time": 60,
    "PC-*/sample_time": 6,
    "PC-*/*_status": 0,
    "RM-*/*_dp": 15,
    "RM-*/*_temp": 21,
    "RM-*/*_rh": 50,
    "RM-*/*_h2o2": 0,
    "RM-*/*_status": 1,
    "RM-*/velocity_*": 0.45,
    "RM-IMM-L1/supply_flow": 1800,
    "RM-IMM-L2/supply_flow": 1800,
    "RM-STM-*/supply_flow": 1800,
    "RM-*/supply_flow": 2600,
    "BSC-*/downflow_*": 0.35,
    "BSC-*/inflow": 0.53,
    "BSC-*/sash_height": 200,
    "BSC-*/hepa_dp_*": 140,
    "BSC-*/fan_speed": 60,
    "BSC-*/fan_current": 2.1,
    "BSC-*/exhaust_flow": 420,
    "BSC-*/temp": 23,
    "BSC-*/power": 1,
    "BSC-*/alarm_word": 0,
    "VAS-*/state": 1,
    "ST-*/pcb_alive": 1,
    "DI-*/watchdog_ok": 1,
    "DI-*/power": 1,
    "DI-*/door_*_closed": 1,
    "DI-*/*": 0,
    "VHP-*/heater_*": 110,
    "VHP-*/valve_*": 1,
    "VHP-*/*": 0,
    "AHU-*/*_fan_speed": 45,
    "AHU-*/*_fan_state": 1,
    "AHU-*/mode": 1,
    "AHU-*/filter_dp_3": 220,
    "AHU-*/*": 0,
    "COLD-2-8C/temp_*": 5,
    "COLD--20C/temp_product": -20,
    "COLD--80C/temp_product": -80,
    "COLD-LN2/plant": 80,
    "COLD-*/power": 1,
    "COLD-*/alarm_word": 0,
    "COLD-*/battery": 12.6,
}
"""The set points of the simulated plant; the first pattern that matches counts."""


def calm(plant: Plant, channel: str) -> float:
    if channel in plant.derived:
        return settled(plant.derived[channel], lambda name: calm(plant, name))
    return next(value for pattern, value in CALM.items() if fnmatchcase(channel, pattern))


def test_the_calm_plant_is_well_inside_every_limit(plant: Plant) -> None:
    for limit in plant.limits:
        value = calm(plant, limit.channel)
        margin = limit.deadband
        assert limit.low is None or value - limit.low >= margin, limit
        assert limit.high is None or limit.high - value >= margin, limit


def test_no_figure_poses_as_regulation(plant: Plant) -> None:
    for limit in plant.limits:
        named = ("emo proposal", "maker's manual", "The plant says", "grade B in operation")
        assert limit.basis or any(name in limit.rationale for name in named), limit
        assert any("\u4e00" <= letter <= "\u9fff" for letter in limit.rationale), limit


def test_the_demo_plant_rests_on_proposals_and_says_so(plant: Plant, tmp_path: Path) -> None:
    assert not plant.validated
    for path in DEMO.iterdir():
        text = path.read_text(encoding="utf-8").replace("validated: false", "validated: true")
        (tmp_path / path.name).write_text(text, encoding="utf-8")
    with pytest.raises(PlantFaults) as caught:
        load(tmp_path)
    named = [fault.message.split()[1] for fault in caught.value.faults]
    assert len(named) == len(set(named)), "one fault for a profile, however many devices have it"
    assert {"isolator_s7", "bsc_gateway", "cold_gateway"} <= set(named)
