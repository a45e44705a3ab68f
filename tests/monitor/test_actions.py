"""Each protective action: armed or not, what it would ask, and when it was last proved."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from alarms.events import (
    Asked,
    AskState,
    Inhibited,
    ProtectionChange,
    ProtectionState,
    Running,
)
from alarms.state import State
from config.rules import Check, ProtectionKind
from monitor.actions import last_proved, standing, table
from monitor.collector import codec
from monitor.collector.journal import Journal, Stood
from tests.alarms.building import ACTION, HUMIDITY, PRESSURE, after
from tests.collector.building import JOURNAL
from tests.collector.protected import P01, P03, ask, protected, protection
from tests.command import gradewatch
from tests.monitor.test_cli import LINE

PLANT = protected(
    protection(
        "P-01",
        triggers=((ACTION,), ("ISO/pressure/alert", "ISO/humidity/action")),
        only_while=(Check(HUMIDITY, 2.0, 2.0),),
        asks=(ask("fan_speed", Check(HUMIDITY, 90.0, None, within_s=3), param=100), ask("hold")),
        escalates_to=P03,
        release=(Check(PRESSURE, 30.0, None, for_s=60),),
        reset_by=("operator", "qa"),
    ),
    protection(
        "P-03", kind=ProtectionKind.INTERLOCK, may_inhibit=False, release=(Check(PRESSURE, None, 70.0),)
    ),
)


def running(state: ProtectionState, *asked: AskState, failed: bool = False) -> Running:
    return Running(
        P01, state, after(0), after(0), (ACTION,), tuple(Asked(one) for one in asked), failed=failed
    )


def change(second: float, to: Running) -> ProtectionChange:
    return ProtectionChange(after(second), P01, None, to, "tested")


def written(state: State, proved: Sequence[str] = ()) -> list[str]:
    return list(table(PLANT, state, dict.fromkeys(proved, after(0))))


def test_what_would_be_asked_and_read_back_and_who_ends_it() -> None:
    lines = "\n".join(written(State(), [P01]))
    for told in (
        "ISO/P-01  ARMED",
        "ISO/pressure/action",
        "ISO/pressure/alert and ISO/humidity/action",
        "ISO/humidity = 2",
        "ISO fan_speed(100) [ISO/humidity >= 90 within 3 s]",
        "ISO hold(0) [no read-back 无回读]",
        "ISO/P-03",
        "reset by operator + qa 复位, once ISO/pressure >= 30 for 60 s",
        "by itself 自动, once ISO/pressure <= 70",
        "never 不可",
        "2026-11-21 08:00:00 UTC",
        "never in this journal 本日志中无",
        "2 ARMED",
    ):
        assert told in lines


def test_whether_it_is_armed_inhibited_running_or_only_a_dry_run() -> None:
    inhibited = Inhibited(after(0), after(60), "li", "wang", "filter change")
    assert "ISO/P-01  INHIBITED" in "\n".join(written(State(inhibited={P01: inhibited})))
    assert "li, wang until 2026-11-21 08:01:00 UTC: filter change" in "\n".join(
        written(State(inhibited={P01: inhibited}))
    )
    runs = running(ProtectionState.LATCHED, AskState.VERIFIED, failed=True)
    assert "ISO/P-01  RUNNING LATCHED (failed)" in "\n".join(written(State(running={P01: runs})))
    dry = {key: replace(one, dry_run=True) for key, one in PLANT.protections.items()}
    assert list(table(replace(PLANT, protections=dry), State(), {}))[-2] == "2 DRY RUN"


def test_it_is_proved_only_where_all_that_was_asked_for_was_read_back() -> None:
    good, half = AskState.VERIFIED, AskState.ACKED
    changes = [
        change(9, running(ProtectionState.LATCHED, good, half)),
        change(8, running(ProtectionState.LATCHED, good, good, failed=True)),
        change(7, running(ProtectionState.REQUESTED, good, good)),
        change(6, running(ProtectionState.VERIFIED, good, AskState.ALREADY)),
        change(5, running(ProtectionState.LATCHED, good, good)),
    ]
    assert last_proved(changes) == {P01: after(6)}
    assert last_proved(changes[:3]) == {}


async def test_how_it_stands_is_read_from_the_journal(tmp_path: Path) -> None:
    assert standing(PLANT, tmp_path) == (State(), {})
    runs = running(ProtectionState.LATCHED, AskState.VERIFIED, AskState.VERIFIED)
    journal = Journal(tmp_path / JOURNAL)
    journal.enter_plant(PLANT.sha256, codec.plant_json(PLANT))
    journal.start()
    state = State(running={P01: runs})
    await journal.append([codec.entry_of(change(1, runs), after(1))], Stood(codec.state_json(state)))
    await journal.close()
    assert standing(PLANT, tmp_path) == (state, {P01: after(1)})


def test_the_command_lists_them(tmp_path: Path) -> None:
    done = gradewatch("actions", "--plant", str(LINE), "--data", str(tmp_path))
    assert (done.returncode, done.stderr) == (0, "")
    assert "已验证" in done.stdout
