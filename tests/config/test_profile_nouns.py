"""What a profile may say besides its channels, as it is loaded."""

from pathlib import Path

import pytest

from config.load import PlantFaults, load_profile
from config.model import Protocol, Register, SelfTest

PROFILE = """
profile: small
protocol: {protocol}
label: {{en: Small, zh: 小}}
source: typed here
heartbeat: beat
clock_tolerance_s: {tolerance}
self_tests:
  - each: {{unit: 1..2}}
    register: {{unit_id: "{{unit}}", table: holding, address: 7936, type: s16, verified: manual}}
    equals: -12345
  - register: {{unit_id: 1, table: input, address: 7937, type: float32, word_order: little, verified: manual}}
    equals: -123.45
channels:
  - each: {{unit: 1..2}}
    key: alive_{{unit}}
    unit: ""
    kind: count
    label: {{en: Alive, zh: 在线}}
    register: {{unit_id: "{{unit}}", table: diagnostic, address: 0, type: u16, verified: manual}}
  - key: beat
    unit: ""
    kind: count
    setting: beat_at_rest
    label: {{en: Beat, zh: 心跳}}
    register: {{unit_id: 1, table: holding, address: 1, type: u16, verified: manual}}
"""


def written(folder: Path, protocol: str, tolerance: str = "2") -> Path:
    path = folder / "small.yaml"
    path.write_text(PROFILE.format(protocol=protocol, tolerance=tolerance), encoding="utf-8")
    return path


COUNTERS = [Protocol.LIGHTHOUSE, Protocol.PMS, Protocol.MET_ONE, Protocol.NIOTRONIC]


@pytest.mark.parametrize("protocol", COUNTERS)
def test_a_profile_keeps_what_it_says(tmp_path: Path, protocol: Protocol) -> None:
    profile = load_profile(written(tmp_path, protocol))
    assert (profile.protocol, profile.heartbeat, profile.clock_tolerance_s) == (protocol, "beat", 2)
    assert profile.self_tests == (
        SelfTest(Register(1, "holding", 7936, "s16", verified="manual"), -12345),
        SelfTest(Register(2, "holding", 7936, "s16", verified="manual"), -12345),
        SelfTest(Register(1, "input", 7937, "float32", "little", verified="manual"), -123.45),
    )
    alive = {channel.key: channel for channel in profile.channels}["alive_2"]
    assert alive.address == Register(2, "diagnostic", 0, "u16", verified="manual")
    assert [channel.setting for channel in profile.channels] == ["", "", "beat_at_rest"]


@pytest.mark.parametrize("protocol", COUNTERS)
def test_every_counter_may_have_records(tmp_path: Path, protocol: Protocol) -> None:
    path = written(tmp_path, protocol)
    path.write_text(
        path.read_text(encoding="utf-8").replace("key: alive_{unit}", "key: alive_{unit}\n    record: true")
    )
    assert [channel.record for channel in load_profile(path).channels] == [True, True, False]


@pytest.mark.parametrize(("protocol", "tolerance"), [("modbus", "0"), ("modbus", "2"), ("pms", "-1")])
def test_a_tolerance_that_cannot_be_is_one_fault(tmp_path: Path, protocol: str, tolerance: str) -> None:
    with pytest.raises(PlantFaults) as caught:
        load_profile(written(tmp_path, protocol, tolerance))
    assert len(caught.value.faults) == 1
