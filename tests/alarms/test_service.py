"""Alarms about the service itself: how grave each part's is, and that each stage of a calibration is one of its own."""

import pytest

from alarms import service
from alarms.events import Fault, Reason
from config.rules import Level, Priority
from tests.alarms.building import after, plant
from tests.alarms.test_life import Transcript, acknowledge

SOON, DUE, OVERDUE, *REQUALIFY = (f"{sort}-of-PC-A/cnt_0_5" for sort in service.CALIBRATION)


@pytest.mark.parametrize(
    ("part", "level", "priority"),
    [
        ("journal", Level.DIAGNOSTIC, Priority.HIGH),
        ("clock-of-PC-A", Level.DIAGNOSTIC, Priority.HIGH),
        (SOON, Level.DIAGNOSTIC, Priority.LOW),
        (DUE, Level.DIAGNOSTIC, Priority.MEDIUM),
        (OVERDUE, Level.ALERT, Priority.HIGH),
        (REQUALIFY[0], Level.DIAGNOSTIC, Priority.LOW),
        (REQUALIFY[2], Level.ALERT, Priority.HIGH),
    ],
)
def test_how_grave_an_alarm_of_the_service_is(part: str, level: Level, priority: Priority) -> None:
    run = Transcript(plant())
    assert run.says(Fault(after(0), part, "told")) == [(f"service/{part}", Reason.RAISED)]
    alarm = run.state.alarms[f"service/{part}"]
    assert (alarm.level, alarm.priority, alarm.detail) == (level, priority, "told")


def test_a_calibration_sounds_again_at_each_stage_though_the_one_before_was_seen() -> None:
    run = Transcript(plant())
    run.says(Fault(after(0), SOON, "2027-02-26"))
    run.says(acknowledge(1, f"service/{SOON}", raised=0))
    assert run.says(Fault(after(2), SOON, "")) == [(f"service/{SOON}", Reason.CLEARED)]
    assert run.says(Fault(after(2), DUE, "2027-02-26")) == [(f"service/{DUE}", Reason.RAISED)]
    assert run.stands() == {f"service/{DUE}": "UNACK"}


def test_only_what_a_collector_does_not_know_by_itself_outlives_its_run() -> None:
    assert [
        part for part in ("journal", "clock-of-PC-A", SOON, DUE, OVERDUE) if service.outlives_a_run(part)
    ] == [
        SOON,
        DUE,
        OVERDUE,
    ]


def test_an_overdue_calibration_starts_no_cascade() -> None:
    run = Transcript(plant())
    run.says(Fault(after(0), OVERDUE, "2027-02-26"))
    assert not run.state.alarms[f"service/{OVERDUE}"].first_out
