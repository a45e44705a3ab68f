"""What a plant says of how its devices are set, shared, secured and verified."""

import pytest

from config.load import load
from config.model import Security
from config.rules import Level
from tests.config.conftest import Copy

COUNTER = "PC-A-STM-L1"
ROW = "  - channel: PC-A-STM-L1/sample_time"


def without_row(copy: Copy) -> None:
    """Take the limits' own row of the counter's sample time out."""
    text = (copy.plant / "limits.yaml").read_text(encoding="utf-8")
    start = text.index(ROW)
    end = text.index("\n\n", start)
    (copy.plant / "limits.yaml").write_text(text[:start] + text[end:], encoding="utf-8")


def test_a_setting_that_is_read_back_is_judged_against_the_plant(copy: Copy) -> None:
    without_row(copy)
    plant = load(copy.plant, copy.profiles)
    (limit,) = [limit for limit in plant.limits if limit.channel == f"{COUNTER}/sample_time"]
    assert (limit.id, limit.level) == (f"{COUNTER}/sample_time/alert", Level.ALERT)
    assert (limit.low, limit.high, limit.deadband, limit.on_delay_s, limit.off_delay_s) == (6, 6, 0, 0, 0)
    assert "sample_time_s: 6" in limit.rationale
    assert any("\u4e00" <= letter <= "\u9fff" for letter in limit.rationale)


@pytest.mark.parametrize("level", ["alert: {high: 60}", "action: {high: 60}"])
def test_a_row_for_the_channel_stands_instead(copy: Copy, level: str) -> None:
    without_row(copy)
    row = f"{ROW}\n    unit: s\n    {level}\n    deadband: 0\n    on_delay_s: 0\n    off_delay_s: 0\n"
    copy.append("limits.yaml", f"\n{row}    rationale: site\n")
    (limit,) = [
        one for one in load(copy.plant, copy.profiles).limits if one.channel == f"{COUNTER}/sample_time"
    ]
    assert (limit.low, limit.high, limit.rationale) == (None, 60, "site")


def test_a_zone_that_lines_share_has_a_workshop_and_no_line_nor_have_its_devices(copy: Copy) -> None:
    copy.change("zones.yaml", "STM-L1-A-HCI, line: STM-L1", "STM-L1-A-HCI, workshop: STM")
    plant = load(copy.plant, copy.profiles)
    assert (plant.zones["STM-L1-A-HCI"].workshop, plant.zones["STM-L1-A-HCI"].line) == ("STM", "")
    assert (plant.zones["STM-L1-CORE"].workshop, plant.zones["STM-L1-CORE"].line) == ("STM", "STM-L1")
    assert (plant.devices["HCI-STM-L1"].line, plant.devices["ISO-STM-L1"].line) == ("", "STM-L1")


@pytest.mark.parametrize(
    ("written", "security"),
    [
        ("{policy: Basic256Sha256, user: gradewatch}", Security("Basic256Sha256", "gradewatch")),
        ("{policy: Aes256Sha256RsaPss}", Security("Aes256Sha256RsaPss", "")),
    ],
)
def test_an_opc_ua_server_may_be_spoken_to_securely(copy: Copy, written: str, security: Security) -> None:
    address = 'address: "opc.tcp://127.0.0.1:48011/", '
    copy.change("devices.yaml", address, f"{address}security: {written}, ")
    devices = load(copy.plant, copy.profiles).devices
    assert devices["HCI-STM-L1"].security == security
    assert devices["ISO-STM-L1"].security is None


VALIDATED = ("time_zone: Asia", "validated: true\ntime_zone: Asia")
GUIDANCE = """
guidance:
  - alarms: ["*/*"]
    consequence: {en: typed here, zh: 此处键入}
    response: {en: typed here, zh: 此处键入}
    respond_within_s: 60
    sop: SOP-0 v1
"""


def test_a_plant_is_not_validated_unless_it_says_so(copy: Copy) -> None:
    (copy.plant / "judging.yaml").unlink(missing_ok=True)
    assert load(copy.plant, copy.profiles).validated is False
    for path in copy.profiles.iterdir():
        path.write_text(
            path.read_text(encoding="utf-8").replace("verified: none", "verified: inferred"), encoding="utf-8"
        )
    copy.change("plant.yaml", *VALIDATED)
    (fault,) = copy.faults()
    assert "this plant is validated, but no alarm has guidance; write guidance" in fault.message
    (copy.plant / "guidance.yaml").write_text(GUIDANCE, encoding="utf-8")
    assert load(copy.plant, copy.profiles).validated is True


def test_validated_with_nothing_behind_it_is_as_if_not_written(copy: Copy) -> None:
    copy.change("plant.yaml", "time_zone: Asia", "validated:\ntime_zone: Asia")
    assert load(copy.plant, copy.profiles).validated is False


def test_a_validated_plant_refuses_each_profile_that_rests_on_nothing(copy: Copy) -> None:
    copy.change("plant.yaml", *VALIDATED)
    iso, *_ = faults = [fault for fault in copy.faults() if fault.message.startswith("profile isolator_s7")]
    assert len(faults) == 1
    assert iso.message == (
        "profile isolator_s7 rests on nothing for chamber_pressure, chamber_pressure_b, transfer_pressure,"
        " air_velocity_1, air_velocity_2 and 68 others, and this plant is validated; check them on the device,"
        " then write verified: manual or inferred in the profile"
    )
    lines = (copy.plant / "devices.yaml").read_text(encoding="utf-8").splitlines()
    assert "id: ISO-STM-L1" in lines[iso.line - 1]
    named = [fault.message.split()[1] for fault in copy.faults()]
    assert len(named) == len(set(named))
    assert {"isolator_s7", "honeycomb_incubator_s7", "room_gateway_c"} <= set(named)
    assert "lighthouse_apexr" not in named


def test_outputs_and_self_tests_must_rest_on_something_too(copy: Copy) -> None:
    for path in copy.profiles.iterdir():
        path.write_text(
            path.read_text(encoding="utf-8").replace("verified: none", "verified: manual"), encoding="utf-8"
        )
    copy.change("plant.yaml", *VALIDATED)
    test = "{register: {unit_id: 1, table: holding, address: 7, type: u16, verified: none}, equals: 1}"
    copy.change("patlite_la6.yaml", "channels:", f"self_tests:\n  - {test}\nchannels:")
    buzzer = "- key: buzzer\n    register: {unit_id: 1, table: holding, address: 5, type: u16, verified: "
    copy.change("patlite_la6.yaml", buzzer + "manual", buzzer + "none")
    (fault,) = copy.faults()
    assert "rests on nothing for output buzzer, self test of unit 1, and this plant" in fault.message
