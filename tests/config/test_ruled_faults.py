"""Every fault of what is written of alarms: said at its line, with what to write instead."""

from pathlib import Path

import pytest
import yaml

from tests.config.conftest import Copy

CASES = [
    case | {"case": f"{section}: {case['case']}"}
    for section, cases in yaml.safe_load(
        (Path(__file__).parent / "ruled_faults.yaml").read_text(encoding="utf-8")
    ).items()
    for case in cases
]


def test_the_plant_that_is_broken_below_is_sound(ruled: Copy) -> None:
    assert ruled.faults() == ()


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["case"]))
def test_a_fault_is_said_at_its_line_with_a_remedy(ruled: Copy, case: dict[str, str]) -> None:
    line = ruled.change(case["file"], case["old"], case["new"])
    faults = [fault for fault in ruled.faults() if case["says"] in fault.message]
    # A row that is written out for two devices may have its fault twice; the same words at one line are told once.
    assert 1 <= len(faults) <= (2 if case.get("twice") else 1), ruled.faults()
    first = line + int(case.get("at", 0))
    last = first + int(case.get("lines", case["new"].count("\n") + 1)) - 1
    for fault in faults:
        assert Path(fault.file).name == case.get("elsewhere", case["file"])
        assert "elsewhere" in case or first <= fault.line <= last, fault
        assert any(sign in fault.message for sign in ("; ", "?")), "no remedy"


def test_a_row_that_could_not_be_written_out_is_one_fault_and_not_one_for_each_reference(ruled: Copy) -> None:
    ruled.change(
        "rules.yaml", "- device: ISO-*\n    key: pressure_rate", "- device: ISO_*\n    key: pressure_rate"
    )
    (fault,) = ruled.faults()
    assert "no device 'ISO_*' in this plant" in fault.message
