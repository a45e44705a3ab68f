"""What is written of alarms, as it is loaded: rows written out for devices, patterns resolved, guidance found."""

from fnmatch import fnmatchcase

from hypothesis import given
from hypothesis import strategies as st

from config.guidance import NONE_WRITTEN, guidance_of
from config.model import Occupancy, Request, Text
from config.names import Names
from config.rules import Bounds, Check, Formula, Priority, ProtectionKind
from tests.config.conftest import LINE, Copy
from tests.loaded import loaded


def test_a_row_is_written_out_once_for_each_device_it_matches(ruled: Copy) -> None:
    plant = ruled.load()
    rates = [one for one in plant.derived.values() if one.formula is Formula.RATE]
    assert [one.id for one in rates] == ["ISO-L1/pressure_rate", "ISO-L2/pressure_rate"]
    assert [one.label.en for one in rates] == ["Fall of the pressure in A1", "Fall of the pressure in B2"]
    assert [one.inputs for one in rates] == [("ISO-L1/pressure",), ("ISO-L2/pressure",)]
    assert [one.zone for one in rates] == ["A1", "B2"]


def test_each_and_device_together_give_every_pair(ruled: Copy) -> None:
    rolling = [one for one in ruled.load().derived.values() if one.formula is Formula.ROLLING_VOLUME]
    assert [one.id for one in rolling] == [
        f"{device}/rolling_{size}" for size in ("0_5", "5_0") for device in ("PC-L1", "PC-L2", "PC-D")
    ]
    first = rolling[0]
    assert (first.series, first.zone) == ("PC-L1#records", "A1")
    # The counter's own sample time comes from the device.
    assert first.parameters == {"size_um": 0.5, "sample_time_s": 6}


def test_counts_left_are_left_of_what_the_rulesets_permit(ruled: Copy) -> None:
    assert ruled.load().derived["PC-L1/left_5_0"].parameters["per_m3"] == 20


def test_a_limit_keeps_what_its_row_says(ruled: Copy) -> None:
    limits = {limit.id: limit for limit in ruled.load().limits}
    alert, action = limits["ISO-L1/pressure/alert"], limits["ISO-L1/pressure/action"]
    assert (alert.at_rest, action.at_rest) == (Bounds(25, None), None)
    assert (alert.latching, alert.realarm_s) == (True, 1800)
    assert (alert.priority, action.priority) == (Priority.MEDIUM, Priority.CRITICAL)
    assert limits["ISO-L2/pressure/action"].priority is Priority.HIGH
    assert limits["ISO-L1/pressure_rate/action"].priority is Priority.HIGH
    assert limits["PC-D/sample_time/alert"].priority is Priority.LOW


def test_zones_have_their_own_rulesets_and_occupancy_or_the_plants(ruled: Copy) -> None:
    zones = ruled.load().zones
    assert zones["A1"].rulesets == ("eu_annex1_2022_monitoring", "cn_gmp_2010_annex1")
    assert zones["B2"].rulesets == ("eu_annex1_2022_monitoring",)
    assert (zones["A1"].occupancy, zones["B2"].occupancy) == (Occupancy.IN_OPERATION, Occupancy.AT_REST)


def test_a_suppression_hides_real_alarms(ruled: Copy) -> None:
    plant = ruled.load()
    vhp = plant.suppressions["ISO-L1/vhp"]
    assert (vhp.channel, vhp.states, vhp.restarts_windows) == ("ISO-L1/mode", frozenset({3.0}), True)
    assert {name.split("/")[0] for name in vhp.alarms} == {"ISO-L1", "PC-L1"}
    assert {
        "ISO-L1/pressure/action", "ISO-L1/pressure/blind", "PC-L1/rolling_5_0/action", "PC-L1/communication",
        "PC-L1/cnt_5_0/blind",
    } <= vhp.alarms  # fmt: skip
    assert "ISO-L1/pressure_rate/action" not in vhp.alarms
    falling = plant.suppressions["ISO-L1/falling"]
    assert (falling.alarm, falling.longest_s) == ("ISO-L1/pressure_rate/action", 60)


def test_a_network_has_its_devices(ruled: Copy) -> None:
    assert ruled.load().networks["NET-W"].devices == ("ISO-L1", "ISO-L2", "PC-L1")


def test_a_protection_keeps_what_its_row_says(ruled: Copy) -> None:
    protections = ruled.load().protections
    assert list(protections) == ["ISO-L1/P-01", "ISO-L2/P-01", "ISO-L1/P-02", "ISO-L2/P-02", "ISO-L1/P-05"]
    loss = protections["ISO-L2/P-01"]
    assert (loss.kind, loss.escalates_to, loss.reset_by) == (
        ProtectionKind.PROTECT,
        "ISO-L2/P-02",
        ("operator", "qa"),
    )
    assert loss.triggers == (
        ("ISO-L2/pressure/action",),
        ("ISO-L2/pressure_rate/action", "ISO-L2/pressure/alert"),
    )
    fan, lamp = loss.asks
    assert (fan.device, fan.request, fan.param) == ("ISO-L2", "fan_speed", 100)
    assert fan.checks == (Check("ISO-L2/fan_speed", 90, None, within_s=3),)
    assert (lamp.device, lamp.request, lamp.outputs) == ("ST-L1", "", {"red": "flash"})
    assert loss.release == (Check("ISO-L2/pressure", 30, None, for_s=60),)
    gas = protections["ISO-L1/P-05"]
    assert (gas.on_loss, gas.may_inhibit, gas.asks) == (True, False, ())


def test_a_profile_keeps_its_requests_and_its_handshake(ruled: Copy) -> None:
    profile = ruled.load().devices["ISO-L1"].profile
    assert profile.requests["fan_speed"] == Request("fan_speed", 1, Text("Fan speed", "风机转速"), 0, 100)
    assert profile.requests["safe_state"].param_high == 0
    assert profile.handshake is not None
    assert profile.handshake.beat.identifier == '"DB_Cmd"."EMS_Heartbeat"'
    assert profile.handshake.ticket.type == "UInt32"


def test_the_first_guidance_that_matches_counts(ruled: Copy) -> None:
    plant = ruled.load()
    assert guidance_of(plant, "ISO-L1/pressure/action").sop == "SOP-EM-012 v3"
    assert guidance_of(plant, "ISO-L1/communication").sop == "SOP-EM-001 v1"
    assert guidance_of(plant, "service/inbox").respond_within_s == 600
    assert guidance_of(loaded(LINE), "service/inbox") in {NONE_WRITTEN, *loaded(LINE).guidance}


LETTERS = st.text(alphabet="ab/*", min_size=1, max_size=5)


@given(names=st.lists(LETTERS, unique=True, max_size=20), pattern=LETTERS)
def test_patterns_find_what_looking_at_every_name_would_find(names: list[str], pattern: str) -> None:
    names = [name.replace("*", "c") for name in names]
    names = list(dict.fromkeys(names))
    assert Names(names).matching(pattern) == [name for name in names if fnmatchcase(name, pattern)]
