"""Every profile against figures typed by hand from the maker's manual.

Driver and simulator read the same profile and would share its mistake, so this is the only place where one shows.
"""

from pathlib import Path

import pytest

from config.load import PROFILES_DIR, PlantFaults, load_profile
from config.model import ChannelModel, Handshake, Kind, Node, Profile, Protocol, Register


def channels(profile: Profile) -> dict[str, ChannelModel]:
    return {channel.key: channel for channel in profile.channels}


def register(profile: Profile, key: str) -> tuple[int, str, int, str, str, float]:
    address = channels(profile)[key].address
    assert isinstance(address, Register)
    return (address.unit_id, address.table, address.address, address.type, address.word_order, address.scale)


def node(profile: Profile, key: str) -> tuple[str, str]:
    address = channels(profile)[key].address
    assert isinstance(address, Node)
    return (address.identifier, address.type)


@pytest.mark.parametrize(
    ("name", "protocol", "count"),
    [
        ("isolator_s7", Protocol.OPCUA, 66),
        ("honeycomb_incubator_s7", Protocol.OPCUA, 94),
        ("lighthouse_apexr", Protocol.LIGHTHOUSE, 12),
        ("room_gateway_c", Protocol.MODBUS, 23),
        ("patlite_la6", Protocol.MODBUS, 8),
        ("room_gateway_b", Protocol.MODBUS, 28),
        ("room_gateway_q", Protocol.MODBUS, 13),
        ("pms_airnet", Protocol.PMS, 12),
        ("pms_minicapt", Protocol.PMS, 9),
        ("bsc_gateway", Protocol.MODBUS, 16),
        ("co2_incubator_gateway", Protocol.MODBUS, 16),
        ("adam_doors_17", Protocol.MODBUS, 17 * 3 + 4),
        ("adam_doors_22", Protocol.MODBUS, 22 * 3 + 4),
        ("vhp_generator_s7", Protocol.OPCUA, 26),
        ("ahu_gateway", Protocol.MODBUS, 22),
        ("cold_gateway", Protocol.MODBUS, 8),
    ],
)
def test_each_profile_has_its_channels_in_both_languages(name: str, protocol: Protocol, count: int) -> None:
    profile = load_profile(PROFILES_DIR / f"{name}.yaml")
    assert (profile.name, profile.protocol, len(profile.channels)) == (name, protocol, count)
    for channel in profile.channels:
        texts = [channel.label, *channel.states.values()]
        texts += (*channel.bits.values(), *channel.clear_bits.values())
        assert all(any("\u4e00" <= letter <= "\u9fff" for letter in text.zh) for text in texts), channel
        assert not any("\u4e00" <= letter <= "\u9fff" for text in texts for letter in text.en), channel
        assert (channel.kind is Kind.STATE) == bool(channel.states), channel.key


def test_a_counters_state_is_told_in_words_and_each_maker_means_a_set_bit_in_its_own_way() -> None:
    lighthouse, pms = (
        channels(load_profile(PROFILES_DIR / f"{name}.yaml")) for name in ("lighthouse_apexr", "pms_airnet")
    )
    device, record = lighthouse["device_status"], lighthouse["sample_status"]
    assert [device.bits[bit].en for bit in (11, 12, 13)] == ["laser alert", "flow alert", "service alert"]
    assert [record.bits[bit].en for bit in (0, 1, 3)] == ["laser alert", "flow alert", "service alert"]
    assert not device.clear_bits
    status = pms["packet_status"]
    assert (status.bits[0].en, status.clear_bits[0].en) == ("laser good", "laser not good")
    assert (status.bits[1].zh, status.clear_bits[1].zh) == ("流量正常", "流量异常")


@pytest.mark.parametrize(
    ("wrong", "says"),
    [("16: {en: x, zh: 甲}", "no bit 16 in 16"), ("32: {en: x, zh: 甲}", "less than or equal to 31|31")],
)
def test_a_bit_that_the_register_has_not_is_a_fault(tmp_path: Path, wrong: str, says: str) -> None:
    text = (PROFILES_DIR / "lighthouse_apexr.yaml").read_text()
    copy = tmp_path / "lighthouse_apexr.yaml"
    copy.write_text(text.replace("0: {en: running, zh: 运行}", wrong, 1))
    with pytest.raises(PlantFaults, match=says):
        load_profile(copy)


def test_words_of_bits_belong_to_bits(tmp_path: Path) -> None:
    text = (PROFILES_DIR / "lighthouse_apexr.yaml").read_text()
    copy = tmp_path / "lighthouse_apexr.yaml"
    copy.write_text(text.replace("kind: bits", "kind: count", 1))
    with pytest.raises(PlantFaults, match="bits belong to kind bits"):
        load_profile(copy)


def test_a_key_that_stands_twice_is_a_fault_of_the_profile(tmp_path: Path) -> None:
    text = (PROFILES_DIR / "isolator_s7.yaml").read_text()
    copy = tmp_path / "isolator_s7.yaml"
    copy.write_text(text.replace("heartbeat: heartbeat", "heartbeat: heartbeat\nheartbeat: mode", 1))
    with pytest.raises(PlantFaults, match="'heartbeat' stands twice, first in line 8"):
        load_profile(copy)


def test_lighthouse_registers_are_the_manuals() -> None:
    profile = load_profile(PROFILES_DIR / "lighthouse_apexr.yaml")
    # Register as printed, less 40001 or 30001; the high word stands at the lower address.
    assert register(profile, "device_status") == (1, "holding", 40003 - 40001, "u16", "big", 1)
    assert register(profile, "flow") == (1, "holding", 40023 - 40001, "u16", "big", 0.01)
    assert register(profile, "rec_count") == (1, "holding", 40024 - 40001, "s16", "big", 1)
    assert register(profile, "sample_time") == (1, "holding", 40033 - 40001, "u32", "big", 1)
    assert register(profile, "cal_due") == (1, "holding", 40047 - 40001, "s32", "big", 1)
    assert register(profile, "ext_status") == (1, "holding", 40056 - 40001, "u16", "big", 1)
    assert register(profile, "volume") == (1, "input", 30003 - 30001, "u32", "big", 1)
    assert register(profile, "sample_status") == (1, "input", 30007 - 30001, "u32", "big", 1)
    assert register(profile, "cnt_0_3") == (1, "input", 30009 - 30001, "u32", "big", 1)
    assert register(profile, "cnt_0_5") == (1, "input", 30011 - 30001, "u32", "big", 1)
    assert register(profile, "cnt_1_0") == (1, "input", 30013 - 30001, "u32", "big", 1)
    assert register(profile, "cnt_5_0") == (1, "input", 30015 - 30001, "u32", "big", 1)
    records = [channel.key for channel in profile.channels if channel.record]
    assert records == ["cnt_0_3", "cnt_0_5", "cnt_1_0", "cnt_5_0", "sample_status", "volume"]


def test_room_gateway_registers_are_the_manuals() -> None:
    profile = load_profile(PROFILES_DIR / "room_gateway_c.yaml")
    # Vaisala: RH at register 1, T at 3, status at 513, low word first; HPP272: H2O2 at 1, low word first.
    assert register(profile, "pali_rh") == (1, "holding", 0, "float32", "little", 1)
    assert register(profile, "malo_temp") == (5, "holding", 2, "float32", "little", 1)
    assert register(profile, "core_status") == (3, "holding", 512, "u16", "big", 1)
    assert register(profile, "mali_h2o2") == (21, "holding", 0, "float32", "little", 1)
    assert register(profile, "core_h2o2") == (22, "holding", 0, "float32", "little", 1)
    # Dwyer MS2: Pa at registers 5 and 6.
    assert register(profile, "pali_dp") == (11, "holding", 4, "float32", "big", 1)
    assert register(profile, "malo_dp") == (15, "holding", 4, "float32", "big", 1)
    assert register(profile, "supply_flow") == (31, "holding", 0, "float32", "big", 1)
    rooms = ["pali", "mali", "core", "exit", "malo"]
    keys = [f"{room}_{what}" for what in ("dp", "temp", "rh", "status") for room in rooms]
    assert [channel.key for channel in profile.channels] == [*keys, "mali_h2o2", "core_h2o2", "supply_flow"]
    units = [register(profile, f"{room}_{what}")[0] for what in ("temp", "dp") for room in rooms]
    assert units == [1, 2, 3, 4, 5, 11, 12, 13, 14, 15]
    assert channels(profile)["core_status"].states[1].en == "no errors"


def test_patlite_registers_and_words_are_the_manuals() -> None:
    profile = load_profile(PROFILES_DIR / "patlite_la6.yaml")
    for tier in (1, 2, 3, 4):
        assert register(profile, f"tier_{tier}") == (1, "holding", 40000 + tier - 40001, "u16", "big", 1)
    assert register(profile, "buzzer") == (1, "holding", 40006 - 40001, "u16", "big", 1)
    assert register(profile, "mute") == (1, "holding", 40009 - 40001, "u16", "big", 1)
    assert register(profile, "ack_button") == (1, "discrete", 0, "bool", "big", 1)
    for place, colour in enumerate(("red", "amber", "green", "blue")):
        output = profile.outputs[colour]
        assert (output.address.table, output.address.address) == ("holding", place)
        # The manual's own figures: 257 turns a tier on, 258 makes it flash; read back without the high byte.
        assert output.words == {"off": 256, "on": 257, "flash": 258}
        assert (output.channel, output.reads) == (f"tier_{place + 1}", {"off": 0, "on": 1, "flash": 2})
    buzzer = profile.outputs["buzzer"]
    assert (buzzer.address.address, buzzer.words) == (5, {"off": 256, "pattern_1": 257, "pattern_2": 258})
    assert (buzzer.channel, buzzer.reads) == ("buzzer", {"off": 0, "pattern_1": 1, "pattern_2": 2})
    assert set(profile.outputs) == {"red", "amber", "green", "blue", "buzzer"}


def test_isolator_nodes_are_those_agreed() -> None:
    profile = load_profile(PROFILES_DIR / "isolator_s7.yaml")
    assert profile.namespace_uri == "http://www.siemens.com/simatic-s7-opcua"
    assert node(profile, "chamber_pressure") == ('"DB_Env"."Chamber_Pressure"', "Float")
    assert node(profile, "air_velocity_2") == ('"DB_Env"."Air_Velocity"[2]', "Float")
    assert node(profile, "h2o2_low") == ('"DB_Env"."H2O2_Low_ppm"', "Float")
    assert node(profile, "seal_pressure") == ('"DB_Door"."Seal_bar"', "Float")
    assert node(profile, "rtp_lock_2") == ('"DB_Door"."RTP_Lock"[2]', "Int16")
    assert node(profile, "glove_1_leak") == ('"DB_Glove"."Leak"[1]', "Float")
    assert node(profile, "glove_8_leak") == ('"DB_Glove"."Leak"[8]', "Float")
    assert node(profile, "glove_last_test") == ('"DB_Glove"."Last_Test"', "Int64")
    assert node(profile, "alarm_1") == ('"DB_Sys"."Alarm_1"', "UInt32")
    assert node(profile, "heartbeat") == ('"DB_Sys"."Heartbeat"', "UInt16")
    assert node(profile, "power_ok") == ('"DB_Sys"."Power_OK"', "Boolean")
    assert node(profile, "ack_seq") == ('"DB_Cmd"."Ack_Seq"', "UInt16")
    assert channels(profile)["mode"].states[2].en == "production"
    assert channels(profile)["vhp_phase"].states[4].en == "dwell"
    blocks = [node(profile, key)[0].split(".")[0].strip('"') for key in channels(profile)]
    counts = {block: blocks.count(block) for block in blocks}
    assert counts == {
        "DB_Env": 16,
        "DB_Fan": 4,
        "DB_Door": 13,
        "DB_Glove": 9,
        "DB_VHP": 8,
        "DB_Valve": 4,
        "DB_MAS": 3,
        "DB_Sys": 6,
        "DB_Cmd": 3,
    }


def test_incubator_nodes_are_those_agreed() -> None:
    profile = load_profile(PROFILES_DIR / "honeycomb_incubator_s7.yaml")
    assert node(profile, "ch1_temp") == ('"DB_HCI"."Ch"[1]."Temp"', "Float")
    assert node(profile, "ch3_co2_valve") == ('"DB_HCI"."Ch"[3]."CO2_Valve"', "Float")
    assert node(profile, "ch8_temp_limiter") == ('"DB_HCI"."Ch"[8]."Temp_Lim"', "Float")
    assert node(profile, "ch8_state") == ('"DB_HCI"."Ch"[8]."State"', "Int16")
    assert node(profile, "ch5_overtemp_trip") == ('"DB_HCI"."Ch"[5]."OverTemp"', "Boolean")
    assert node(profile, "co2_a_pressure") == ('"DB_HCI_Sys"."CO2_A_bar"', "Float")
    assert node(profile, "heartbeat") == ('"DB_HCI_Sys"."Heartbeat"', "UInt16")
    assert sum(key.startswith("ch") for key in channels(profile)) == 8 * 10
    assert channels(profile)["ch1_state"].states[5].en == "locked out"


def test_the_building_takes_requests_in_one_register() -> None:
    profile = load_profile(PROFILES_DIR / "ahu_gateway.yaml")
    (output,) = profile.outputs.values()
    assert (output.key, output.address.table, output.address.address) == ("request", "holding", 40101 - 40001)
    assert output.words == {"release": 0, "boost": 1, "setback": 2, "exhaust_max": 3}
    assert {
        state: channels(profile)["mode"].states[int(value)].en for state, value in output.reads.items()
    } == {
        "release": "normal",
        "boost": "boost",
        "setback": "set back",
        "exhaust_max": "boost",
    }


@pytest.mark.parametrize("doors", [17, 22])
def test_each_door_has_a_coil_that_locks_it(doors: int) -> None:
    profile = load_profile(PROFILES_DIR / f"adam_doors_{doors}.yaml")
    assert [output.key for output in profile.outputs.values()] == [f"lock_{n}" for n in range(1, doors + 1)]
    for n, output in enumerate(profile.outputs.values(), 1):
        assert (output.address.table, output.address.address) == ("coil", 100 + n)
        assert (output.words, output.channel) == ({"off": 0, "on": 1}, f"door_{n}_locked")


REQUESTS = {
    "fan_speed": (1, 0, 100),
    "safe_state": (2, 0, 0),
    "inhibit_transfer": (3, 0, 0),
    "vhp_abort": (4, 0, 0),
    "hold_process": (5, 0, 0),
    "horn": (6, 0, 2),
    "release_inhibit": (7, 0, 0),
    "close_co2": (8, 1, 8),
    "lock_chamber": (9, 1, 8),
    "heater_off": (10, 1, 8),
    "close_manifold": (11, 0, 0),
    "close_port": (12, 0, 0),
    "open_exhaust": (13, 0, 0),
    "stop_injection": (14, 0, 0),
    "reset": (100, 0, 0),
}
"""Every request of the demo proposal: its code, and what its parameter may be."""


@pytest.mark.parametrize(
    ("name", "block", "codes"),
    [
        ("isolator_s7", "DB_Cmd", {1, 2, 3, 4, 5, 6, 7, 12, 13, 14, 100}),
        ("honeycomb_incubator_s7", "DB_HCI_Cmd", {6, 7, 8, 9, 10, 11, 100}),
        ("vhp_generator_s7", "DB_VHPG_Cmd", {4, 6, 14, 100}),
    ],
)
def test_what_a_plc_may_be_asked_is_what_was_agreed(name: str, block: str, codes: set[int]) -> None:
    profile = load_profile(PROFILES_DIR / f"{name}.yaml")
    asked = {key: (one.code, one.param_low, one.param_high) for key, one in profile.requests.items()}
    assert asked == {key: row for key, row in REQUESTS.items() if row[0] in codes}
    assert profile.handshake == Handshake(
        param=Node(f'"{block}"."Param"', "Int16"),
        ticket=Node(f'"{block}"."Ticket"', "UInt32"),
        code=Node(f'"{block}"."Code"', "Int16"),
        seq=Node(f'"{block}"."Seq"', "UInt16"),
        beat=Node(f'"{block}"."EMS_Heartbeat"', "UInt16"),
        ack_seq=Node(f'"{block}"."Ack_Seq"', "UInt16"),
        ack_code=Node(f'"{block}"."Ack_Code"', "Int16"),
    )
