"""Who is called, from YAML to nouns; and every fault of it, at its line."""

from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import pytest
import yaml

import config.duty
from config.duty import (
    Canary,
    Contact,
    Escalation,
    Person,
    Rotation,
    Step,
    Substitution,
    Target,
    Way,
    WayKind,
    Who,
)
from config.load import load
from config.model import Text
from config.rules import Priority
from tests.config.conftest import LINE, Copy
from tests.loaded import loaded

CASES = yaml.safe_load((Path(__file__).parent / "duty_faults.yaml").read_text(encoding="utf-8"))
FILE = "duty.yaml"
DAY_HOURS = "hours: {from: 08:00, until: 20:00}"
VALIDATED = ("plant.yaml", "time_zone: Asia", "validated: true\ntime_zone: Asia")


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["case"]))
def test_a_fault_is_said_at_its_line_with_a_remedy(copy: Copy, case: dict[str, Any]) -> None:
    line = copy.change(FILE, case["old"], case["new"])
    (fault,) = copy.faults()
    assert case["says"] in fault.message
    assert (Path(fault.file).name, fault.line) == (FILE, line + case.get("at", 0))
    assert any(sign in fault.message for sign in ("; ", "?")), "no remedy"


def test_everything_that_is_written_is_in_the_nouns(copy: Copy) -> None:
    copy.change(
        FILE,
        DAY_HOURS,
        """time_zone: Europe/Berlin
    every_days: 1
    hours: {from: 08:30, until: 20:00}
    holidays: {2026-10-01: qian}
    substitutions:
      - {begins: 2026-12-24T20:00+08:00, ends: 2026-12-25T00:00Z, person: cao, reason: ill}""",
    )
    copy.change(FILE, "    stops_at_clear: true", '    zones: ["STM-*"]\n    stops_at_clear: true')
    copy.append(
        FILE,
        """  address: https://monitor.example/
  heartbeat: outside
  test_page: {weekday: wednesday, at: 10:00, receipt_within_s: 3600}
  canary: {way: canary, every_s: 3600, within_s: 30}
""",
    )
    way = "  - {id: canary, kind: dingtalk, label: {en: Canary, zh: 探测}, secret: none, timeout_s: 2}"
    copy.change(FILE, "\n# Each is tried", f"{way}\n\n# Each is tried")
    duty = copy.load().duty
    assert duty.ways["canary"] == Way("canary", WayKind.DINGTALK, Text("Canary", "探测"), "none", 2.0)
    assert duty.people["cao"] == Person("cao", "zh", (Contact("robot", "cao"), Contact("spare", "cao")))
    begins, ends = datetime(2026, 12, 24, 12, tzinfo=UTC), datetime(2026, 12, 25, tzinfo=UTC)
    assert duty.rotations["day"] == Rotation(
        id="day",
        label=Text("Day", "白班"),
        time_zone="Europe/Berlin",
        people=("li", "wang"),
        begins=date(2024, 1, 1),
        hand_over=time(8),
        every_days=1,
        hours=(time(8, 30), time(20)),
        holidays={date(2026, 10, 1): "qian"},
        substitutions=(Substitution("day", begins, ends, "cao", "ill"),),
    )
    assert duty.rotations["night"].time_zone == "Asia/Shanghai"
    assert [one.id for one in duty.escalations] == ["critical", "high", "medium"]
    step = Step(60.0, (Target(Who.ON_CALL, "day"), Target(Who.ON_CALL, "night")))
    assert duty.escalations[2] == Escalation(
        id="medium",
        priorities=frozenset({Priority.MEDIUM}),
        steps=(step,),
        zones=("STM-*",),
        stops_at_clear=True,
        quiet=(time(22), time(7)),
    )
    assert (duty.escalations[0].repeat_s, duty.escalations[0].repeats) == (300.0, 12)
    assert duty.escalations[0].steps[2].targets[2] == Target(Who.PERSON, "qian")
    assert (duty.group_s, duty.undelivered_s) == (10.0, 15.0)
    assert (duty.address, duty.heartbeat) == ("https://monitor.example", "outside")
    assert duty.test_page == config.duty.TestPage(2, time(10), 3600.0)
    assert duty.canary == Canary("canary", 3600.0, 30.0)


def test_a_plant_may_call_nobody(copy: Copy) -> None:
    (copy.plant / FILE).unlink()
    duty = copy.load().duty
    assert (duty.ways, duty.people, duty.rotations, duty.escalations) == ({}, {}, {}, ())
    assert (duty.address, duty.heartbeat, duty.test_page, duty.canary) == ("", "", None, None)


def test_nothing_that_calls_nobody_is_left_standing(copy: Copy) -> None:
    night = "{next: night}]}\n      - {after_s: 900, call: [{team: day}, {team: night}]}"
    copy.change(FILE, night, "{next: day}]}")
    for step in ("{after_s: 300, call: [{team: day}, ", "{after_s: 120, call: [{next: day}, "):
        text = (copy.plant / FILE).read_text(encoding="utf-8")
        place = text.index(step) + len(step)
        end = text.index("}", place)
        (copy.plant / FILE).write_text(text[:place] + "{team: day" + text[end:], encoding="utf-8")
    text = (copy.plant / FILE).read_text(encoding="utf-8").replace(", {on_call: night}", "")
    (copy.plant / FILE).write_text(
        text.replace(", {way: spare, to: ", ", {way: robot, to: other-"), encoding="utf-8"
    )
    assert sorted(fault.message.split(";")[0] for fault in copy.faults()) == [
        "no step calls rotation night",
        "nobody is reached by way spare",
    ]


def test_a_canary_is_heard_by_nobody(copy: Copy) -> None:
    copy.change(FILE, "group_s: 10", "canary: {way: spare, every_s: 3600, within_s: 30}")
    message = "way spare is the canary's, which nobody is to hear; write another way"
    assert [(fault.line, fault.message) for fault in copy.faults()] == [
        (line, message) for line in range(8, 12)
    ]


def test_nobody_is_next_where_one_does_it_alone(copy: Copy) -> None:
    copy.change(FILE, "people: [li, wang]", "people: [li, li]")
    faults = copy.faults()
    assert {fault.message for fault in faults} == {
        "rotation day has one person, and nobody is next; write a person"
    }
    assert len(faults) == 2


def test_a_validated_plant_calls_somebody_for_whatever_is_critical(copy: Copy) -> None:
    line = copy.change(*VALIDATED)
    vouch(copy)
    assert copy.faults() == ()
    copy.change(FILE, "priorities: [critical]", "priorities: [low]")
    (fault,) = copy.faults()
    assert (Path(fault.file).name, fault.line) == ("plant.yaml", line)
    assert fault.message.startswith(
        "this plant is validated, but nobody is called for critical alarms in STM-L1-A-"
    )
    copy.change("plant.yaml", "validated: true", "validated: false")
    assert copy.faults() == ()


def test_of_a_validated_plant_no_hour_of_the_day_calls_nobody_for_what_is_critical(copy: Copy) -> None:
    copy.change(*VALIDATED)
    vouch(copy)
    text = (copy.plant / FILE).read_text(encoding="utf-8")
    alone = text.replace("{next: day}, {next: night}", "{on_call: day}")
    alone = alone.replace("{team: day}, {team: night}, {person: qian}", "{on_call: day}, {on_call: night}")
    alone = alone.replace(
        "language: zh, contacts: [{way: robot, to: qian}", "language: zh, contacts: [{way: robot}"
    )
    alone = alone.replace("people: [wang, cao]", "people: [wang, cao, qian]")
    (copy.plant / FILE).write_text(alone, encoding="utf-8")
    assert copy.faults() == ()
    copy.change(FILE, DAY_HOURS, "hours: {from: 08:00, until: 19:59}")
    (fault,) = copy.faults()
    assert "at some hours no step of it calls anybody" in fault.message
    copy.change(FILE, "hours: {from: 08:00, until: 19:59}", "time_zone: Europe/Berlin")
    assert copy.faults() == ()


def vouch(copy: Copy) -> None:
    """Let every register of the copy's profiles rest on something."""
    for path in copy.profiles.glob("*.yaml"):
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("verified: none", "verified: inferred"), encoding="utf-8")


def test_both_plants_of_this_house_say_whom_they_call() -> None:
    demo = load(LINE.parents[2] / "config" / "plants" / "demo").duty
    assert set(demo.people) == {"operator", "engineer", "qa"}
    for duty in (demo, loaded(LINE).duty):
        assert [one.id for one in duty.escalations] == ["critical", "high", "medium"]
        assert {one.time_zone for one in duty.rotations.values()} == {"Asia/Shanghai"}
