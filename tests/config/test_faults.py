"""Every fault a plant or a profile can have: said once, at its line, with what to write instead."""

from pathlib import Path

import pytest
import yaml

from config.load import PlantFaults, load
from tests.config.conftest import Copy

CASES = yaml.safe_load((Path(__file__).parent / "faults.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", [*CASES["plant"], *CASES["profile"]], ids=lambda case: str(case["case"]))
def test_a_fault_is_said_at_its_line_with_a_remedy(copy: Copy, case: dict[str, str]) -> None:
    first = copy.change(case["file"], case["old"], case["new"])
    last = first + case["new"].count("\n")
    at = range(first, last + 1) if "at" not in case else [first + int(case["at"])]
    faults = [fault for fault in copy.faults() if case["says"] in fault.message]
    assert len(faults) == 1, copy.faults()
    assert Path(faults[0].file).name == case["file"]
    assert faults[0].line in at
    assert str(faults[0]).startswith(f"{faults[0].file}:{faults[0].line}: ")
    assert any(sign in faults[0].message for sign in ("; ", "?")), "no remedy"


ROW = """
  - channel: {channel}
    unit: {unit}
    {levels}
    deadband: {deadband}
    on_delay_s: 0
    off_delay_s: 0
    rationale: {rationale}
"""

GOOD = {
    "channel": "ISO-STM-L1/comp_air",
    "unit": "bar",
    "levels": "alert: {low: 5}",
    "deadband": "0.1",
    "rationale": "demo proposal",
}

ROWS = {
    "bounds reversed": ({"levels": "alert: {low: 7, high: 5}"}, "low 7 is not below high 5"),
    "bounds equal": ({"levels": "alert: {low: 5, high: 5}"}, "low 5 is not below high 5"),
    "alert beyond, low": ({"levels": "{alert: {low: 4}, action: {low: 5}}"}, "low 4 is outside action low 5"),
    "alert beyond, high": ({"levels": "{alert: {high: 9}, action: {high: 8}}"}, "high 9 is outside action high 8"),
    "unit": ({"unit": "kPa"}, "unit 'kPa', but ISO-STM-L1/comp_air is in 'bar'; write unit: 'bar'"),
    "no level": ({"levels": "{}"}, "has no level; write alert, action or both"),
    "no bound": ({"levels": "alert: {}"}, "alert: has neither bound; write low, high or both"),
    "rationale empty": ({"rationale": '""'}, "rationale is '', empty; write why these figures"),
    "rationale missing": ({"rationale": ""}, "rationale is None, not text"),
    "level twice": ({"channel": '"*/rh"', "unit": '"%RH"', "levels": "alert: {high: 50}"}, "level already in"),
    "one pattern of two": ({"channel": "[ISO-STM-L1/comp_air, ISO-STM-L1/com_air]"}, "no channel 'ISO-STM-L1/com_air'"),
    "no pattern": ({"channel": "[]"}, "channel is [], shorter than 1; write <device>/<key>"),
    "pattern without a slash": ({"channel": "[comp_air]"}, "channel is 'comp_air', not in the right form"),
}  # fmt: skip


def row(**changes: str) -> str:
    written = GOOD | changes
    levels = written["levels"]
    if levels.startswith("{"):
        written["levels"] = levels[1:-1].replace("}, ", "}\n    ")
    return ROW.format(**written)


def test_the_row_that_is_broken_below_is_sound(copy: Copy) -> None:
    copy.append("limits.yaml", row())
    assert copy.faults() == ()


@pytest.mark.parametrize("case", ROWS)
def test_a_row_of_limits_is_held_against_itself_and_its_channels(copy: Copy, case: str) -> None:
    changes, message = ROWS[case]
    line = copy.append("limits.yaml", row(**changes))
    (fault,) = copy.faults()
    assert message in fault.message
    assert line < fault.line < line + 9


def test_a_row_of_limits_may_name_several_channels_and_each_counts_once(copy: Copy) -> None:
    before = len(load(copy.plant, copy.profiles).limits)
    copy.append("limits.yaml", row(channel="[ISO-STM-L1/seal_pressure, ISO-STM-L1/comp_air, ISO-*/comp_*]"))
    limits = load(copy.plant, copy.profiles).limits[before:]
    assert [limit.channel for limit in limits] == ["ISO-STM-L1/comp_air", "ISO-STM-L1/seal_pressure"]


def test_of_several_patterns_the_wrong_one_is_named_at_its_line(copy: Copy) -> None:
    several = "\n      - ISO-STM-L1/comp_air\n      - ISO-STM-L1/com_air"
    line = copy.append("limits.yaml", row(channel=several))
    (fault,) = copy.faults()
    assert "'ISO-STM-L1/com_air'" in fault.message
    assert fault.line == line + 3


def test_alert_and_action_of_a_channel_may_stand_in_two_rows(copy: Copy) -> None:
    copy.append("limits.yaml", row() + row(levels="action: {low: 4}"))
    assert copy.faults() == ()
    copy.append("limits.yaml", row(channel="ISO-STM-L1/seal_*", levels="alert: {low: 1}"))
    copy.append("limits.yaml", row(channel="ISO-STM-L1/seal_pressure", levels="action: {low: 2}"))
    (fault,) = copy.faults()
    assert "alert low 1 is outside action low 2" in fault.message


FILES = {
    "syntax": (b"zones:\n  - {id: STM\n", 3, "is not YAML"),
    "tab": (b"zones:\n\t- id: A\n", 2, "is not YAML"),
    "key twice": (b"# one\nplant: a\nplant: b\n", 3, "'plant' stands twice, first in line 2"),
    "not UTF-8": (
        "a: 1\nb: 隔离器\n".encode("gb18030"),
        2,
        "is not UTF-8; save the file in the encoding UTF-8",
    ),
    "control character": (b"a: 1\n\nb: \x00\n", 3, "holds '\\x00', which YAML does not allow"),
    "no such escape": (b'a: 1\nb: "\\UFFFFFFFF"\n', 2, "is not YAML"),
    "two documents": (b"a: 1\n---\nb: 1\n", 2, "is not YAML"),
    "a list": (b"\n- a\n", 1, "is not a mapping of keys"),
    "a word": (b"hello", 1, "is not a mapping of keys"),
    "anchor": (b"a: 1\nb: &c [1]\n", 2, "anchors and aliases are not used here"),
    "tag": (b"a: 1\nb: !!python/name:os.system x\n", 2, "is not used here; leave it out"),
    "tag that lies": (b"a: !!int x\n", 1, "is no value; write it plainly"),
    "list as key": (b"[a]: 1\n", 1, "a key must be a word or a whole number"),
    "truth as key": (b"true: 1\n", 1, "a key must be a word or a whole number"),
    "deep": (b"a: " + b"[" * 5000, 1, "nested more than 20 deep"),
    "long number": (b"a: 0x" + b"f" * 5000, 1, "a number of more than 40 digits"),
    "large": (b"#" * 1_000_001, 1, "larger than 1000000 bytes"),
}


@pytest.mark.parametrize("case", FILES)
def test_a_file_that_is_no_plain_yaml_is_a_fault_at_its_line(copy: Copy, case: str) -> None:
    raw, line, message = FILES[case]
    path = copy.plant / "zz.yaml"
    path.write_bytes(raw)
    fault = next(fault for fault in copy.faults() if message in fault.message)
    assert (fault.file, fault.line) == (str(path), line)


def test_a_folder_must_be_there_and_hold_yaml(tmp_path: Path) -> None:
    with pytest.raises(PlantFaults, match="is no folder; give the folder"):
        load(tmp_path / "nowhere")
    with pytest.raises(PlantFaults, match=r"holds no \*\.yaml file; write plant\.yaml there"):
        load(tmp_path)


def test_a_file_that_would_be_overlooked_is_a_fault(copy: Copy) -> None:
    (copy.plant / "more.yml").write_text("limits: []")
    (copy.plant / ".backup.yml").write_text("not read")
    (copy.plant / "folder.yaml").mkdir()
    messages = [fault.message for fault in copy.faults()]
    assert any("rename it to more.yaml" in message for message in messages)
    assert any("cannot be read" in message for message in messages)
    assert len(messages) == 2


def test_what_stands_once_stands_in_one_file(copy: Copy) -> None:
    (copy.plant / "zz.yaml").write_text("time_zone: Asia/Shanghai\n")
    (fault,) = copy.faults()
    assert "time_zone stands twice, first in" in fault.message
    assert "plant.yaml:4; leave one of them out" in fault.message


def test_a_plant_without_its_head_says_what_is_missing(tmp_path: Path) -> None:
    (tmp_path / "plant.yaml").write_text("zones: []\n")
    with pytest.raises(PlantFaults) as caught:
        load(tmp_path)
    missing = [fault.message.split("'")[1] for fault in caught.value.faults]
    assert sorted(missing) == ["communication_delay_s", "label", "plant", "time_zone"]


def test_every_fault_is_told_at_once_and_none_that_only_follows(copy: Copy) -> None:
    copy.change("plant.yaml", "mode: c_isolator", "mode: c")
    copy.change("zones.yaml", "MALI, line: STM-L1, grade: C", "MALI, line: STM-L1, grade: 3")
    copy.change("devices.yaml", "profile: isolator_s7", "profile: isolator")
    copy.change(
        "limits.yaml",
        'channel: HCI-STM-L1/ch*_rh\n    unit: "%RH"',
        "channel: HCI-STM-L1/ch*_rh\n    unit: Pa",
    )
    copy.change("patlite_la6.yaml", "address: 8, type: u16", "address: 8, type: u17")
    faults = copy.faults()
    rooms = sorted({Path(fault.file).name for fault in faults})
    assert rooms == ["devices.yaml", "limits.yaml", "patlite_la6.yaml", "plant.yaml", "zones.yaml"]
    # Eight chambers have the wrong unit; nothing is said of the isolator's limits, the line's zones or the tower.
    assert len([fault for fault in faults if "limits.yaml" not in fault.file]) == 4
    assert all("'Pa'" in fault.message for fault in faults if "limits.yaml" in fault.file)
    error = PlantFaults(faults)
    assert str(error).count("\n") == len(faults) - 1


def test_a_section_that_is_lost_is_one_fault_and_not_one_for_each_reference(copy: Copy) -> None:
    copy.change("zones.yaml", "zones:", "zone:")
    (fault,) = copy.faults()
    assert "unknown key 'zone'; did you mean 'zones'?" in fault.message


def test_a_rationale_may_have_several_lines(copy: Copy) -> None:
    copy.append("limits.yaml", row(rationale="|\n      one\n      two"))
    assert load(copy.plant, copy.profiles).limits[-1].rationale == "one\ntwo\n"


def test_a_profile_without_bounds_is_cut_short(copy: Copy) -> None:
    entry = 'each: {n: 1..100}\n    key: "{n}"\n    unit: ""\n'
    (copy.profiles / "patlite_la6.yaml").write_text("channels:\n" + f"  - {entry}" * 2000)
    assert any("longer than 1000" in fault.message for fault in copy.faults())
    (copy.profiles / "patlite_la6.yaml").write_text(f"channels:\n  - {entry}    label: {'a{n}' * 1000}\n")
    assert any("repeats a text of more than 1000 letters" in fault.message for fault in copy.faults())
    long = f"channels:\n  - each: [{{n: {'x' * 1001}}}]\n    key: a{{n}}\n"
    (copy.profiles / "patlite_la6.yaml").write_text(long)
    assert any("gives 'n' more than 1000 letters" in fault.message for fault in copy.faults())


def test_words_that_older_yaml_would_twist_stay_words(copy: Copy) -> None:
    copy.change("plant.yaml", "product: MSC", "product: no")
    assert load(copy.plant, copy.profiles).lines["STM-L1"].product == "no"
