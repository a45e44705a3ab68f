"""What the demo plant hides, restarts, locks and asks: the things that a QA person would look for first."""

from collections import defaultdict
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from alarms.service import CALIBRATION
from config.guidance import guidance_of
from config.model import Grade, Occupancy
from config.plant import LineMode, Plant
from config.rules import Formula, Level, Priority, Ruleset, Word
from tests.loaded import loaded

DEMO = Path(__file__).parents[2] / "config" / "plants" / "demo"
GRADES = Path(__file__).parents[2] / "config" / "grades"


@pytest.fixture(scope="module")
def plant() -> Plant:
    return loaded(DEMO)


# --- rulesets ---------------------------------------------------------------------------------------


def figures(ruleset: Ruleset) -> dict[str, list[float | str]]:
    """Grade -> 0.5 um at rest and in operation, 5.0 um at rest and in operation."""
    rows: dict[str, list[float | str]] = defaultdict(list)
    for grade, states in ruleset.particles.items():
        for size_um in (0.5, 5.0):
            for occupancy in Occupancy:
                value = states[occupancy][size_um].value
                rows[grade].append(str(value) if isinstance(value, Word) else value)
    return dict(rows)


def test_the_plants_rulesets_are_those_printed(plant: Plant) -> None:
    """Typed by hand from EU GMP Annex 1 (2022) Table 5 and China GMP (2010) Annex 1 article 9."""
    open_ = "not_predetermined"
    assert {name: figures(one) for name, one in plant.rulesets.items()} == {
        "eu_annex1_2022_monitoring": {
            "A": [3520, 3520, 29, 29],
            "B": [3520, 352_000, 29, 2930],
            "C": [352_000, 3_520_000, 2930, 29_300],
            "D": [3_520_000, open_, 29_300, open_],
        },
        "cn_gmp_2010_annex1": {
            "A": [3520, 3520, 20, 20],
            "B": [3520, 352_000, 29, 2900],
            "C": [352_000, 3_520_000, 2900, 29_000],
            "D": [3_520_000, open_, 29_000, open_],
        },
    }
    chinese = plant.rulesets["cn_gmp_2010_annex1"].particles.values()
    cells = (cell for states in chinese for sizes in states.values() for cell in sizes.values())
    assert {cell.evidence for cell in cells} == {"memory"}


def test_no_superseded_ruleset_can_be_named(plant: Plant) -> None:
    old = (GRADES / "eu_annex1_2008.yaml").read_text(encoding="utf-8")
    assert "in_force: false" in old
    assert all(one.is_in_force for one in plant.rulesets.values())


# --- what is judged -----------------------------------------------------------------------------------


def test_action_alarms_of_grade_a_are_critical(plant: Plant) -> None:
    for limit in plant.limits:
        zone = (plant.derived.get(limit.channel) or plant.channels[limit.channel]).zone
        if limit.level is Level.ACTION and plant.zones[zone].grade is Grade.A:
            assert limit.priority is Priority.CRITICAL, limit.id


def test_every_line_has_what_its_grade_a_needs(plant: Plant) -> None:
    derived = set(plant.derived)
    for line in plant.lines:
        for key in (
            "conc_0_5",
            "rolling_60s_0_5",
            "rolling_m3_0_5",
            "rolling_m3_5_0",
            "counts_left_5_0",
            "hits_5_0",
        ):
            assert f"PC-A-{line}/{key}" in derived
        for room in ("pali", "mali", "core", "exit", "malo"):
            assert {f"RM-{line}/{room}_dp_frozen", f"RM-{line}/{room}_dp_reversed"} <= derived


def test_every_alarm_says_what_to_do(plant: Plant) -> None:
    ids = [limit.id for limit in plant.limits]
    ids += [f"{device}/communication" for device in plant.devices]
    ids += [f"{network}/communication" for network in plant.networks]
    ids += [name for one in plant.protections.values() for name in (one.id, f"{one.id}/failed")]
    for name in ids:
        guidance = guidance_of(plant, name)
        assert guidance.sop.startswith("SOP-"), name
        assert guidance.respond_within_s > 0, name


def test_each_stage_of_a_calibration_says_what_to_do_about_it(plant: Plant) -> None:
    told = [guidance_of(plant, f"service/{stage}-of-PC-A-STM-L1/cnt_0_5") for stage in CALIBRATION]
    assert len({one.response.en for one in told}) == len({one.response.zh for one in told}) == 6
    months, month, overdue = (one.respond_within_s for one in told[:3])
    assert months == month > overdue
    assert [one.respond_within_s for one in told[3:]] == [months, month, overdue]


def test_every_device_hangs_on_one_network(plant: Plant) -> None:
    members = [device for network in plant.networks.values() for device in network.devices]
    assert sorted(members) == sorted(plant.devices)


# --- what is hidden ---------------------------------------------------------------------------------------


def test_the_rooms_hydrogen_peroxide_is_never_hidden(plant: Plant) -> None:
    hidden = {alarm for one in plant.suppressions.values() for alarm in one.alarms}
    assert not [
        alarm for alarm in hidden if fnmatchcase(alarm, "RM-*h2o2*") or fnmatchcase(alarm, "ISO-*/h2o2_room*")
    ]


def test_no_sight_of_a_device_and_no_limiter_is_ever_hidden(plant: Plant) -> None:
    hidden = {alarm for one in plant.suppressions.values() for alarm in one.alarms}
    for pattern in (
        "*/communication",
        "*temp_limiter/*",
        "*/ch*_overtemp_trip/*",
        "*/power_ok/*",
        "*/ups_on/*",
    ):
        assert not [alarm for alarm in hidden if fnmatchcase(alarm, pattern)], pattern


ROOM_OF_DOOR = {1: "pali", 2: "mali", 3: "core", 4: "exit", 0: "malo"}
"""Of a line's five doors; the next line goes on at 6."""


def test_a_door_hides_its_own_rooms_alert_for_a_minute_and_nothing_else(plant: Plant) -> None:
    masks = [one for one in plant.suppressions.values() if one.longest_s is not None]
    assert len(masks) == 10 * 5
    for one in masks:
        module, _, door = one.channel.partition("/door_")
        number = int(door.removesuffix("_closed"))
        line = f"{module.removeprefix('DI-')}-L{(number - 1) // 5 + 1}"
        assert one.alarms == {f"RM-{line}/{ROOM_OF_DOOR[number % 5]}_dp/alert"}
        assert one.longest_s == 60
        assert one.states == {0}


def test_no_particle_window_spans_a_decontamination(plant: Plant) -> None:
    isolators = {one.zone for one in plant.devices.values() if one.profile.name == "isolator_s7"}
    windows = {
        one.id
        for one in plant.derived.values()
        if one.formula in {Formula.ROLLING_TIME, Formula.ROLLING_VOLUME, Formula.OCCURRENCES}
        and one.device.startswith("PC-")
        and one.zone in isolators
    }
    restarted = {
        alarm.rsplit("/", 1)[0]
        for one in plant.suppressions.values()
        if one.restarts_windows and 3 in one.states
        for alarm in one.alarms
    }
    assert len(windows) == 6 * 4
    assert windows <= restarted


# --- what is asked -------------------------------------------------------------------------------------------


CATALOGUE = {
    "isolator_s7": "P-01 P-02 P-03 P-04 P-05 P-08 P-11 P-12",
    "honeycomb_incubator_s7": "P-09 P-10",
    "room_gateway_c": "P-05 P-07",
    "room_gateway_b": "P-05 P-07",
    "room_gateway_q": "P-05 P-07",
    "bsc_gateway": "P-04 P-08 P-13",
    "vhp_generator_s7": "P-11",
    "adam_doors_17": "P-06",
    "adam_doors_22": "P-06",
    "ahu_gateway": "P-15",
    "cold_gateway": "P-14",
}
"""Profile -> the numbers of the catalogue that every device of it has; P-16 is the service's own heartbeat."""


def test_every_device_that_has_the_signals_has_the_protective_action(plant: Plant) -> None:
    codes = defaultdict(set)
    for one in plant.protections.values():
        codes[one.device].add(one.code[:4])
    for device in plant.devices.values():
        assert set(CATALOGUE.get(device.profile.name, "").split()) <= codes[device.id], device.id


def test_the_guard_of_people_cannot_be_switched_off(plant: Plant) -> None:
    guards = [one for one in plant.protections.values() if one.code.startswith("P-05")]
    assert len(guards) == 5 * 2 + 5 + 5 + 1 + 1
    assert not [one.id for one in guards if one.may_inhibit or one.only_while or one.needs_confirmation]
    assert {one.horn for one in guards} == {2}
    assert {check.for_s for one in guards for check in one.release} == {900}


def test_no_action_ever_locks_a_way_out(plant: Plant) -> None:
    for one in plant.protections.values():
        for ask in (*one.asks, *one.release_asks):
            for output, state in ask.outputs.items():
                if output.startswith("lock_") and state == "on":
                    assert ROOM_OF_DOOR[int(output.removeprefix("lock_")) % 5] != "exit", one.id


def test_a_line_locks_its_own_doors_only(plant: Plant) -> None:
    for one in plant.protections.values():
        line = plant.devices[one.device].line
        for ask in one.asks:
            for output in ask.outputs:
                if line and output.startswith("lock_"):
                    number = int(output.removeprefix("lock_"))
                    assert line.endswith(f"-L{(number - 1) // 5 + 1}"), (one.id, output)


def test_what_interrupts_production_is_triggered_in_production_alone(plant: Plant) -> None:
    for one in plant.protections.values():
        if plant.devices[one.device].profile.name == "isolator_s7" and one.code in {
            "P-01",
            "P-02",
            "P-03",
            "P-04",
            "P-08",
        }:
            mode = [(check.channel, check.low, check.high) for check in one.only_while]
            assert (f"{one.device}/mode", 2, 2) in mode, one.id


def test_too_high_a_pressure_does_not_raise_what_speeds_the_fan_up(plant: Plant) -> None:
    limits = {limit.id: limit for limit in plant.limits}
    for one in plant.protections.values():
        if one.code == "P-01":
            triggers = [limits[alarm] for group in one.triggers for alarm in group]
            assert [limit.high for limit in triggers] == [None] * len(triggers)


def test_an_action_that_ends_lets_nothing_go_that_a_latched_one_holds(plant: Plant) -> None:
    """A reset undoes all that a machine was asked for: only what follows the worst may end with it."""
    for one in plant.protections.values():
        if any(ask.request == "reset" and ask.device.startswith("ISO-") for ask in one.release_asks):
            assert one.code in {"P-02", "P-03"}, one.id


def test_the_instructions_are_there_in_both_languages(plant: Plant) -> None:
    for one in plant.protections.values():
        for text in (one.label, one.instruction, one.fail_safe, *(ask.label for ask in one.asks)):
            assert text.en.isascii(), one.id
            assert any("\u4e00" <= letter <= "\u9fff" for letter in text.zh), one.id


def test_lines_with_isolators_stop_transfers_when_their_mains_fail(plant: Plant) -> None:
    for name, line in plant.lines.items():
        if line.mode is LineMode.C_ISOLATOR:
            one = plant.protections[f"ISO-{name}/P-12"]
            assert one.triggers == ((f"ISO-{name}/ups_on/alert",), (f"HCI-{name}/ups_on/alert",))
