"""What belongs together: first-out, one root for a lost network, flood, chattering."""

from dataclasses import replace

from alarms import engine
from alarms.events import Fault, Reason, Tick
from alarms.group import FLOOD
from config.model import Device, Series, Text
from config.plant import Plant
from config.rules import Level, Network
from tests.alarms.building import ACTION, ALERT, ISOLATOR, after, bad, limit, plant, sample
from tests.alarms.test_life import Transcript, acknowledge

ROOT = "NET/communication"
_TEXT = Text("cell switch", "交换机")


def network(devices: int) -> Plant:
    """A plant of so many isolators behind one switch."""
    one = plant()
    isolator = one.devices[ISOLATOR]
    copies = {f"D{n}": _copy(isolator, f"D{n}") for n in range(devices)}
    series = {key: device.series[0] for key, device in copies.items()}
    return replace(
        one,
        lines={key: replace(line, tower="") for key, line in one.lines.items()},
        devices=copies,
        series=series,
        channels={channel.id: channel for row in series.values() for channel in row.channels},
        limits=(),
        networks={"NET": Network("NET", _TEXT, tuple(copies))},
    )


def _copy(device: Device, name: str) -> Device:
    channels = tuple(
        replace(channel, id=f"{name}/{channel.model.key}", device=name, series=name)
        for channel in device.series[0].channels
    )
    return replace(device, id=name, series=(Series(name, name, channels),))


def second_of(names: list[str], at: int, *, well: bool) -> list[object]:
    one = sample(at, 45.0) if well else bad(at)
    return [replace(one, series=name) for name in names] + [Tick(after(at))]


def test_a_lost_network_is_one_alarm_and_its_devices_stay_listed() -> None:
    names = [f"D{n}" for n in range(6)]
    run = Transcript(network(6))
    told = []
    for at in range(30):
        for event in second_of(names, at, well=at < 5):
            told += run.says(event)  # type: ignore[arg-type]  # Samples and Ticks
    assert told[0] == (ROOT, Reason.RAISED), "before any device's own"
    assert [one for one in told if one[1] is Reason.RAISED and run.stands()[one[0]] == "UNACK"] == [
        (ROOT, Reason.RAISED)
    ]
    assert run.stands() == {ROOT: "UNACK", **{f"{name}/communication": "DSUPR" for name in names}}
    assert run.state.alarms[ROOT].detail == "6 / 6"


def test_when_the_network_comes_back_nothing_is_left_but_its_acknowledgement() -> None:
    names = [f"D{n}" for n in range(6)]
    run = Transcript(network(6))
    for at in range(60):
        for event in second_of(names, at, well=at < 5 or at >= 30):
            run.says(event)  # type: ignore[arg-type]  # Samples and Ticks
    assert run.stands() == {ROOT: "RTNUN"}


def test_a_device_that_does_not_come_back_with_its_network_speaks_for_itself() -> None:
    names = [f"D{n}" for n in range(6)]
    run = Transcript(network(6))
    for at in range(60):
        here = [name for name in names if name != "D3" or at < 5]
        for event in second_of(here, at, well=at < 5 or at >= 30):
            run.says(event)  # type: ignore[arg-type]  # Samples and Ticks
        run.says(replace(bad(at), series="D3") if at >= 5 else Tick(after(at)))
    assert run.stands() == {ROOT: "RTNUN", "D3/communication": "UNACK"}


def test_two_of_six_are_two_alarms() -> None:
    names = [f"D{n}" for n in range(6)]
    run = Transcript(network(6))
    for at in range(30):
        for event in second_of(names[2:], at, well=True) + second_of(names[:2], at, well=at < 5):
            run.says(event)  # type: ignore[arg-type]  # Samples and Ticks
    assert run.stands() == {"D0/communication": "UNACK", "D1/communication": "UNACK"}


def test_first_out_is_the_first_of_what_follows_and_another_one_later_is_first_again() -> None:
    run = Transcript(plant())
    run.says(sample(0, 45.0))
    run.says(sample(1, 17.8))
    run.says(sample(2, 7.8))
    firsts = {key: alarm.first_out for key, alarm in run.state.alarms.items()}
    assert firsts == {ACTION: True, ALERT: False}
    late = Transcript(plant())
    late.says(sample(0, 45.0))
    late.says(sample(1, 25.0))
    late.says(sample(2, 25.0))
    late.says(sample(100, 17.8))
    assert {key: alarm.first_out for key, alarm in late.state.alarms.items()} == {ALERT: True, ACTION: True}


def test_an_old_alarm_takes_the_mark_from_nobody_in_another_line() -> None:
    run = Transcript(plant())
    assert run.says(Fault(after(0), "journal", "disk")) == [("service/journal", Reason.RAISED)]
    run.says(sample(1, 17.8))
    assert run.state.alarms[ACTION].first_out
    assert not run.state.alarms["service/journal"].first_out, "what is about the monitoring starts no cascade"


def test_however_many_instruments_come_due_on_one_day_it_is_no_flood() -> None:
    run = Transcript(plant())
    stages = ("calibration-overdue", "requalification-in-1-month")
    for n in range(30):
        assert len(run.says(Fault(after(0), f"{stages[n % 2]}-of-PC-{n}", "2027-02-26"))) == 1
    assert FLOOD.id not in run.stands()
    for n in range(11):
        run.says(Fault(after(1), f"part-{n}", "failed"))
    assert run.state.alarms[FLOOD.id].worst == 11, "what happens beside it still makes one"


def test_a_flood_begins_above_ten_in_ten_minutes_and_ends_below_five() -> None:
    run = Transcript(plant())
    for n in range(10):
        assert run.says(Fault(after(n), f"part-{n}", "failed"))[0][1] is Reason.RAISED
    assert FLOOD.id not in run.stands()
    assert run.says(Fault(after(10), "part-10", "failed")) == [
        ("service/part-10", Reason.RAISED),
        (FLOOD.id, Reason.RAISED),
    ]
    run.silently([Tick(after(600)), Tick(after(605))])
    assert run.says(Tick(after(606))) == [(FLOOD.id, Reason.CLEARED)], (
        "four are left: those of the seconds 7 to 10"
    )
    assert run.stands()[FLOOD.id] == "RTNUN"


def test_a_square_wave_is_one_occurrence_that_chatters() -> None:
    """H21: 0.5 Hz around the limit."""
    run = Transcript(plant(limit(Level.ACTION, 20, 90, deadband=0)))
    told = [one for at in range(60) for one in run.says(sample(at, 19.0 if at % 2 else 45.0))]
    assert [one for one in told if one[1] is Reason.RAISED] == [(ACTION, Reason.RAISED)]
    alarm = run.state.alarms[ACTION]
    assert (alarm.raised_at, alarm.times, alarm.chattering) == (after(1), 30, True)
    # One acknowledgement reaches it, although it has sounded thirty times.
    assert run.says(acknowledge(60, ACTION, 1)) == [(ACTION, Reason.ACKNOWLEDGED)]
    assert engine.handle(run.rules, run.state, Tick(after(61)))[0] == run.state
