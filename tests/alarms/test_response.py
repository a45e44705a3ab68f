"""What the tower shows, for every way in which alarms can stand."""

from dataclasses import replace
from typing import Any

import pytest

from alarms.events import Alarm, ProtectionState, Running
from alarms.response import reassert, respond, towers, unanswered, wants
from alarms.state import State
from config.model import Quality, Sample
from config.plant import Plant
from config.rules import Level
from tests.alarms.building import ACTION, ALERT, COMMUNICATION, ISOLATOR, T0, TOWER, plant, sample
from tests.alarms.protecting import P1, Run, protected, protection

PLANT = plant()
(TOWER_OF_L1,) = towers(PLANT)
DARK = {"red": "off", "amber": "off", "buzzer": "off"}


def stands(*alarms: tuple[str, Level, bool, bool]) -> State:
    """Make a State of (id, level, active, acknowledged)."""
    return State({key: Alarm(key, level, active, seen, T0, T0) for key, level, active, seen in alarms})


@pytest.mark.parametrize(
    ("state", "shown"),
    [
        (stands(), DARK),
        (stands((ACTION, Level.ACTION, True, False)), DARK | {"red": "on", "buzzer": "pattern_1"}),
        (stands((ACTION, Level.ACTION, True, True)), DARK | {"red": "on"}),
        (stands((ACTION, Level.ACTION, False, False)), DARK | {"red": "on", "buzzer": "pattern_1"}),
        (stands((ALERT, Level.ALERT, True, False)), DARK | {"amber": "on"}),
        (stands((ALERT, Level.ALERT, False, False)), DARK | {"amber": "on"}),
        (stands((COMMUNICATION, Level.DIAGNOSTIC, True, False)), DARK | {"amber": "on"}),
        (
            stands((ACTION, Level.ACTION, True, True), (ALERT, Level.ALERT, True, False)),
            DARK | {"red": "on", "amber": "on"},
        ),
        (stands(("OTHER/x/action", Level.ACTION, True, False)), DARK),
        (stands(("service/forward", Level.DIAGNOSTIC, True, False)), DARK),
    ],
)
def test_what_the_tower_shows(state: State, shown: dict[str, str]) -> None:
    assert wants(TOWER_OF_L1, state) == shown


def test_a_tower_speaks_for_its_own_line_and_a_line_may_have_none() -> None:
    one = plant()
    lines = {**one.lines, "L2": replace(one.lines["L1"], id="L2", tower="")}
    elsewhere = replace(one.devices[ISOLATOR], id="OTHER", line="L2")
    (tower,) = towers(replace(one, lines=lines, devices={**one.devices, "OTHER": elsewhere}))
    assert tower.speaks_for == {ISOLATOR, TOWER}


def test_each_tower_of_a_workshop_speaks_for_what_its_lines_share() -> None:
    one = plant()
    (zone,) = one.zones.values()
    zones = {
        **one.zones,
        "CORR": replace(zone, id="CORR", line=""),
        "FAR": replace(zone, workshop="V", line=""),
    }
    shared = {
        name: replace(one.devices[ISOLATOR], id=name, zone=place, line="")
        for name, place in (("AHU", "CORR"), ("AHU-V", "FAR"))
    }
    (tower,) = towers(replace(one, zones=zones, devices={**one.devices, **shared}))
    assert tower.speaks_for == {ISOLATOR, TOWER, "AHU"}


def test_a_command_goes_out_only_when_what_should_be_shown_changes() -> None:
    calm, raised = stands(), stands((ACTION, Level.ACTION, True, False))
    (command,) = respond([TOWER_OF_L1], {}, calm, raised)
    assert (command.device, dict(command.outputs)) == (TOWER, DARK | {"red": "on", "buzzer": "pattern_1"})
    assert command.reason == ACTION
    second = stands((ACTION, Level.ACTION, True, False), ("ISO/humidity/action", Level.ACTION, True, False))
    assert respond([TOWER_OF_L1], {}, raised, second) == ()
    (off,) = respond([TOWER_OF_L1], {}, raised, calm)
    assert off.reason == "all NORM"


def test_a_tower_that_shows_something_else_is_told_again() -> None:
    raised = stands((ACTION, Level.ACTION, True, True))
    shows_red = Sample(TOWER, T0, (1.0, 0.0, 0.0), None, T0)
    shows_nothing = Sample(TOWER, T0, (0.0, 0.0, 0.0), None, T0)
    assert reassert(TOWER_OF_L1, raised, shows_red) is None
    command = reassert(TOWER_OF_L1, raised, shows_nothing)
    assert command is not None
    assert command.outputs["red"] == "on"


def test_a_tower_one_of_whose_channels_cannot_be_read_is_told_again_all_the_same() -> None:
    raised = stands((ACTION, Level.ACTION, True, True))
    blind_amber = (Quality.GOOD, Quality.CONFIGURATION, Quality.GOOD)
    nan = float("nan")
    assert reassert(TOWER_OF_L1, raised, Sample(TOWER, T0, (0.0, nan, 0.0), blind_amber, T0)) is not None
    # What cannot be read proves nothing: told for that alone, it would be told every second.
    assert reassert(TOWER_OF_L1, raised, Sample(TOWER, T0, (1.0, nan, 0.0), blind_amber, T0)) is None


def test_a_tower_that_does_not_answer_or_of_which_the_past_is_told_is_not_told_again() -> None:
    raised = stands((ACTION, Level.ACTION, True, True))
    shows_nothing = Sample(TOWER, T0, (0.0, 0.0, 0.0), None, T0)
    failed = stands(("ST/command", Level.ALERT, True, False))
    for state in (raised, failed):
        assert (
            reassert(TOWER_OF_L1, state, replace(shows_nothing, quality=(Quality.UNREACHABLE,) * 3)) is None
        )
    assert reassert(TOWER_OF_L1, raised, replace(shows_nothing, backfilled=True)) is None


@pytest.mark.parametrize(("active", "again"), [(True, True), (False, False)])
def test_after_a_command_that_failed_the_next_answer_is_a_reason_to_prove_it(
    *, active: bool, again: bool
) -> None:
    """The tower was cut off after the write: it shows what it should, but the alarm of the command would stay."""
    failed = stands(("ST/command", Level.ALERT, active, False))
    shows = Sample(TOWER, T0, (0.0, 1.0, 0.0), None, T0)
    command = reassert(TOWER_OF_L1, failed, shows)
    assert (command is not None) == again


def two_toned(horn: int) -> Plant:
    """Give the tower a second tone, and the isolator a protective action that sounds so."""
    one = protected(protection(horn=horn))
    tower = one.devices[TOWER]
    buzzer = tower.profile.outputs["buzzer"]
    buzzer = replace(
        buzzer, words={**buzzer.words, "pattern_2": 0x0102}, reads={**buzzer.reads, "pattern_2": 2}
    )
    profile = replace(tower.profile, outputs={**tower.profile.outputs, "buzzer": buzzer})
    return replace(one, devices={**one.devices, TOWER: replace(tower, profile=profile)})


def running(*, failed: bool = False) -> dict[str, Running]:
    return {P1: Running(P1, ProtectionState.LATCHED, T0, T0, (ACTION,), (), failed=failed)}


@pytest.mark.parametrize(
    ("horn", "failed", "tone"),
    [(2, False, "pattern_2"), (1, False, "pattern_1"), (1, True, "pattern_2"), (0, True, "pattern_2")],
)
def test_the_second_tone_calls_people_out_until_they_have_seen_it(
    horn: int, tone: str, *, failed: bool
) -> None:
    (tower,) = towers(two_toned(horn))
    unseen, seen = (stands((ACTION, Level.ACTION, True, acked)) for acked in (False, True))
    assert wants(tower, replace(unseen, running=running(failed=failed)))["buzzer"] == tone
    assert wants(tower, replace(seen, running=running(failed=failed)))["buzzer"] == "off"
    assert wants(tower, unseen)["buzzer"] == "pattern_1"


def test_a_tower_without_a_second_tone_sounds_its_only_one_and_another_line_has_its_own() -> None:
    unseen = replace(stands((ACTION, Level.ACTION, True, False)), running=running(failed=True))
    assert wants(TOWER_OF_L1, unseen)["buzzer"] == "pattern_1"
    (tower,) = towers(two_toned(2))
    other = {"OTHER/P-01": replace(running(failed=True)[P1], id="OTHER/P-01")}
    assert wants(tower, replace(unseen, running=other))["buzzer"] == "pattern_1"
    far = protection(id="OTHER/P-01", device="OTHER", horn=2)
    (tower,) = towers(replace(two_toned(1), protections={far.id: far}))
    assert wants(tower, replace(unseen, running=other))["buzzer"] == "pattern_1"


def test_a_protective_action_that_begins_or_ends_changes_the_tone_though_no_alarm_has_changed() -> None:
    one = two_toned(2)
    unseen = stands((ACTION, Level.ACTION, True, False))
    runs = replace(unseen, running=running())
    (louder,) = respond(towers(one), one.protections, unseen, runs)
    assert louder.outputs["buzzer"] == "pattern_2"
    (quieter,) = respond(towers(one), one.protections, runs, unseen)
    assert quieter.outputs["buzzer"] == "pattern_1"
    assert respond(towers(one), one.protections, runs, replace(runs, raised=(T0,))) == ()


@pytest.mark.parametrize(
    "hidden", [{"shelved_until": T0}, {"suppressed_by": ("vhp",)}, {"out_of_service": "WO-1"}]
)
def test_what_is_hidden_is_not_shown_on_a_tower(hidden: dict[str, Any]) -> None:
    alarm = replace(Alarm(ACTION, Level.ACTION, True, False, T0, T0), **hidden)
    assert wants(TOWER_OF_L1, State({ACTION: alarm})) == DARK


def test_what_protective_actions_ask_goes_out_before_what_towers_show() -> None:
    run = Run()
    run.silently(sample(0, 45.0))
    before = run.state
    run.takes(sample(1, 10.0))
    commands = respond([TOWER_OF_L1], run.plant.protections, before, run.state)
    assert [(one.device, one.protection, one.ask) for one in commands] == [
        (ISOLATOR, P1, 0),
        (ISOLATOR, P1, 1),
        (TOWER, "", 0),
    ]


def test_of_what_the_plant_has_no_more_nothing_is_asked_again() -> None:
    run = Run()
    run.breach()
    assert unanswered(run.plant.protections, run.state) == run.unanswered() != ()
    assert unanswered({}, run.state) == ()
