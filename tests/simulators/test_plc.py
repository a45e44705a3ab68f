"""What a PLC does with a request: once, if nothing forbids it; and what it does when nobody speaks to it any more."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.incubator import Incubator
from simulators.isolator import EMS_LOST_BIT, Isolator
from simulators.machine import Machine
from simulators.plc import Answer, Plc
from simulators.vhp import Phase, VhpGenerator
from tests.simulators.conftest import START

FAN, SAFE, INHIBIT, ABORT, HOLD, HORN, RELEASE = range(1, 8)
CLOSE_CO2, LOCK, HEATER_OFF, MANIFOLD, PORT, EXHAUST, INJECTION, RESET = 8, 9, 10, 11, 12, 13, 14, 100


def isolator() -> Isolator:
    return Isolator(START, Random(1))


def honeycomb() -> Incubator:
    return Incubator(START, Random(1))


def generator() -> VhpGenerator:
    return VhpGenerator(START, Random(1))


def run(machine: Machine, seconds: float, step_s: float = 0.1) -> None:
    for _ in range(round(seconds / step_s)):
        machine.step(step_s)


def ask(machine: Plc, code: int, param: int = 0) -> int:
    machine.request(code, param, machine.ack_seq + 1)
    return machine.ack_code


# --- The handshake ---------------------------------------------------------------------------------------


def test_a_request_is_carried_out_once_and_its_answer_stays() -> None:
    machine = isolator()
    machine.request(FAN, 100, 1)
    machine.request(FAN, 80, 1)
    assert (machine.values()["ack_seq"], machine.values()["ack_code"]) == (1, Answer.ACCEPTED)
    assert machine.quantities["supply_fan_speed"].normal == 100
    assert machine.executed == {"fan_speed": 1}


def test_the_number_that_is_nobodys_asks_for_nothing() -> None:
    machine = isolator()
    machine.request(FAN, 100, 500)
    machine.request(RESET, 0, 0)
    assert (machine.ack_seq, machine.executed) == (500, {"fan_speed": 1})


def test_an_asker_that_begins_again_is_answered_as_before() -> None:
    """After a crash it does not know how far it had come, and sends what was unanswered anew, in order."""
    machine = isolator()
    requests = [(FAN, 100, 65534), (FAN, 101, 65535), (HOLD, 0, 1)]
    answers = []
    for _ in range(2):
        for code, param, seq in requests:
            machine.request(code, param, seq)
            answers.append((machine.ack_seq, machine.ack_code))
    assert answers[:3] == answers[3:]
    assert [code for _, code in answers[:3]] == [Answer.ACCEPTED, Answer.INTERLOCK, Answer.ACCEPTED]
    assert machine.executed == {"fan_speed": 1, "hold_process": 1}


@given(st.lists(st.integers(1, 60), max_size=40))
def test_no_number_is_carried_out_twice(seqs: list[int]) -> None:
    machine = isolator()
    for seq in seqs:
        machine.request(HOLD, 0, seq)
    assert machine.executed["hold_process"] == len(set(seqs))


def test_what_is_long_ago_is_forgotten() -> None:
    machine = isolator()
    for seq in range(1, 100):
        machine.request(HOLD, 0, seq)
    machine.request(HOLD, 0, 99 - 63)
    assert machine.executed["hold_process"] == 99
    machine.request(HOLD, 0, 1)
    assert machine.executed["hold_process"] == 100


def test_what_it_does_not_know_and_what_is_out_of_range_is_not_done() -> None:
    machine = isolator()
    assert ask(machine, 77) == Answer.UNKNOWN
    assert ask(machine, CLOSE_CO2, 3) == Answer.UNKNOWN, "it has no chambers"
    assert ask(machine, FAN, 101) == Answer.INTERLOCK
    assert ask(machine, HORN, 3) == Answer.INTERLOCK
    assert machine.executed == {}
    assert machine.ack_seq == 4


@pytest.mark.parametrize(("key", "value"), [("mode", 5), ("local", 1)])
def test_who_works_at_the_machine_is_not_disturbed(key: str, value: float) -> None:
    machine = isolator()
    machine.force(key, value)
    machine.step(0.1)
    assert ask(machine, FAN, 100) == Answer.LOCAL_MODE
    assert machine.quantities["supply_fan_speed"].normal == 55
    machine.let_go(key)
    machine.step(0.1)
    assert ask(machine, FAN, 100) == Answer.ACCEPTED


# --- The isolator ------------------------------------------------------------------------------------------


def test_the_boosted_fan_is_at_90_percent_after_2_3_s_and_lifts_the_torn_chamber_to_8_pa() -> None:
    """55 + 45 (1 - exp(-t / 1.5 s)) is 90 % at 2.26 s."""
    machine = isolator()
    machine.force("chamber_pressure", 2.0)
    run(machine, 3)
    assert ask(machine, FAN, 100) == Answer.ACCEPTED
    run(machine, 2.2)
    assert machine.quantities["supply_fan_speed"].true < 90
    run(machine, 0.1)
    assert machine.quantities["supply_fan_speed"].true > 90
    run(machine, 20)
    assert machine.quantities["chamber_pressure"].true == pytest.approx(8, abs=0.01)


def test_inhibited_transfers_lock_every_way_in_until_they_are_released() -> None:
    machine = isolator()
    ways = ("rtp_lock_1", "rtp_lock_2", "transfer_outer", "transfer_inner", "incubator_port_lock")
    calm = {key: machine.values()[key] for key in (*ways, "permit")}
    assert ask(machine, INHIBIT) == Answer.ACCEPTED
    machine.step(0.1)
    assert {key: machine.values()[key] for key in (*ways, "permit")} == {
        **dict.fromkeys(ways, 2),
        "permit": 0,
    }
    assert ask(machine, RELEASE) == Answer.ACCEPTED
    machine.step(0.1)
    assert {key: machine.values()[key] for key in (*ways, "permit")} == calm


def test_a_door_that_stands_open_does_not_lock() -> None:
    machine = isolator()
    machine.force("transfer_outer", 0)
    machine.step(0.1)
    ask(machine, INHIBIT)
    machine.step(0.1)
    assert (machine.values()["transfer_outer"], machine.values()["transfer_inner"]) == (0, 2)


def test_over_pressure_goes_through_the_exhaust_in_5_s() -> None:
    machine = isolator()
    for key in ("chamber_pressure", "chamber_pressure_b"):
        machine.force(key, 95.0)
    run(machine, 10)
    for code, param in ((FAN, 60), (EXHAUST, 0), (INJECTION, 0)):
        assert ask(machine, code, param) == Answer.ACCEPTED
    run(machine, 5)
    assert machine.quantities["chamber_pressure"].true < 70
    assert machine.values()["valve_exhaust"] == 1


def test_port_mode_process_and_horn() -> None:
    machine = isolator()
    machine.force("incubator_port", 0)
    machine.step(0.1)
    machine.let_go("incubator_port")
    for code, param in ((PORT, 0), (SAFE, 0), (HOLD, 0), (HORN, 2)):
        assert ask(machine, code, param) == Answer.ACCEPTED
    machine.step(0.1)
    wanted = {"incubator_port": 1, "incubator_port_lock": 2, "mode": 6, "held": 1, "horn": 2}
    assert wanted.items() <= machine.values().items()
    assert ask(machine, RESET) == Answer.ACCEPTED
    machine.step(0.1)
    assert {"mode": 2, "held": 0, "horn": 0}.items() <= machine.values().items()


def test_a_cycle_in_the_isolator_is_aborted_and_its_inlet_shut() -> None:
    machine = isolator()
    machine.force("vhp_phase", 4)
    machine.force("valve_vhp_in", 1)
    machine.step(0.1)
    ask(machine, ABORT)
    machine.step(0.1)
    assert (machine.values()["vhp_phase"], machine.values()["valve_vhp_in"]) == (7, 0)


def test_with_its_own_protection_on_it_has_done_it_all_before_anybody_asks() -> None:
    machine = isolator()
    machine.force("own_protection", 1)
    machine.force("chamber_pressure", 2.0)
    run(machine, 0.6)
    assert machine.values()["permit"] == 1, "it is 25.6 Pa yet"
    run(machine, 0.2)
    shown = machine.values()
    assert (shown["rtp_lock_1"], shown["transfer_inner"], shown["permit"], shown["held"]) == (2, 2, 0, 1)
    assert machine.executed == {}, "nobody has asked"
    run(machine, 3)
    assert machine.quantities["supply_fan_speed"].true > 90


def test_without_its_own_protection_it_waits_to_be_asked() -> None:
    machine = isolator()
    machine.force("chamber_pressure", 2.0)
    run(machine, 5)
    assert (machine.values()["permit"], machine.quantities["supply_fan_speed"].normal) == (1, 55)


# --- Honeycomb and generator --------------------------------------------------------------------------------


def test_a_closed_valve_lets_its_chamber_alone_lose_its_co2() -> None:
    machine = honeycomb()
    assert ask(machine, CLOSE_CO2, 3) == Answer.ACCEPTED
    run(machine, 120, 1.0)
    assert machine.values()["ch3_co2_valve"] < 1
    assert machine.quantities["ch3_co2"].true == pytest.approx(5 * 0.8752, abs=0.01)
    assert machine.quantities["ch4_co2"].true == 5


def test_a_stuck_valve_does_not_obey_and_the_manifold_ends_it() -> None:
    """Without gas 8 % falls by half a percent in a minute."""
    machine = honeycomb()
    machine.force("ch3_co2", 12.0)
    machine.force("ch3_co2_valve", 80.0)
    run(machine, 25)
    assert ask(machine, CLOSE_CO2, 3) == Answer.ACCEPTED
    run(machine, 25.4)
    assert machine.values()["ch3_co2_valve"] > 70
    assert machine.quantities["ch3_co2"].true == pytest.approx(8.0, abs=0.02)
    assert ask(machine, MANIFOLD) == Answer.ACCEPTED
    run(machine, 60)
    assert machine.quantities["ch3_co2"].true == pytest.approx(7.5, abs=0.05)
    machine.release()
    run(machine, 900, 1.0)
    assert machine.quantities["ch3_co2"].true == pytest.approx(5, abs=0.01)


def test_a_chamber_that_overheats_cools_once_its_heater_is_off() -> None:
    machine = honeycomb()
    machine.force("ch2_temp", 45.0)
    run(machine, 200)
    hot = machine.quantities["ch2_temp"].true
    assert hot > 38.5
    assert ask(machine, HEATER_OFF, 2) == Answer.ACCEPTED
    run(machine, 120)
    assert machine.quantities["ch2_temp"].true < hot
    assert machine.quantities["ch2_heater"].true == pytest.approx(0, abs=0.01)


def test_a_chamber_is_locked_out_unless_its_door_is_open() -> None:
    machine = honeycomb()
    machine.force("ch1_door", 0)
    machine.step(0.1)
    assert ask(machine, LOCK, 1) == Answer.INTERLOCK
    assert (
        ask(machine, LOCK, 9) == ask(machine, CLOSE_CO2, 0) == ask(machine, HEATER_OFF, 9) == Answer.INTERLOCK
    )
    assert ask(machine, LOCK, 2) == Answer.ACCEPTED
    machine.step(0.1)
    assert (machine.values()["ch2_door"], machine.values()["ch2_state"]) == (2, 5)
    ask(machine, RELEASE)
    machine.step(0.1)
    assert machine.values()["ch2_state"] == 1


def test_an_aborted_cycle_aerates_with_its_inlet_shut() -> None:
    machine = generator()
    machine.force("dwell", 1)
    machine.force("leak", 3.5)
    run(machine, 2)
    assert (machine.phase, machine.values()["valve_1"], machine.quantities["leak"].true) == (
        Phase.DWELL,
        1,
        3.5,
    )
    assert ask(machine, ABORT) == Answer.ACCEPTED
    run(machine, 0.2)
    shown = machine.values()
    assert (shown["phase"], shown["valve_1"], shown["valve_2"], shown["leak"]) == (Phase.AERATE, 0, 0, 0)
    machine.release()
    machine.let_go("dwell")
    machine.start()
    assert machine.phase is Phase.LEAK_TEST


def test_stopped_injection_lets_the_vapour_out_of_the_pass_box() -> None:
    machine = generator()
    machine.force("dwell", 1)
    run(machine, 300, 1.0)
    assert machine.values()["h2o2_1"] > 400
    ask(machine, INJECTION)
    run(machine, 300, 1.0)
    assert machine.values()["h2o2_1"] < 10


@pytest.mark.parametrize(
    ("machine", "word", "bit"),
    [
        (isolator(), "alarm_1", EMS_LOST_BIT),
        (honeycomb(), "alarm_1", EMS_LOST_BIT),
        (generator(), "alarm_word", 3),
    ],
    ids=["isolator", "honeycomb", "generator"],
)
def test_unheard_for_5_s_it_says_so_sounds_its_horn_and_lets_nothing_new_begin(
    machine: Plc, word: str, bit: int
) -> None:
    machine.hear(1)
    run(machine, 4.9)
    assert (int(machine.values()[word]) >> bit & 1, machine.values()["horn"]) == (0, 0)
    run(machine, 0.2)
    machine.step(1.0)
    assert (int(machine.values()[word]) >> bit & 1, machine.values()["horn"]) == (1, 1)
    if isinstance(machine, Isolator):
        assert machine.values()["permit"] == 0
    if isinstance(machine, VhpGenerator):
        machine.start()
        assert machine.phase is Phase.IDLE
    machine.hear(2)
    machine.step(1.0)
    assert (int(machine.values()[word]) >> bit & 1, machine.values()["horn"]) == (0, 0)
