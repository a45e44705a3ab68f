"""The machines beside the isolator line: what an open door, a fan, a cycle or a lost supply does to them."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.model import Grade
from simulators.air_handling import AirHandling
from simulators.air_sampler import HEAD, PLACES, AirSampler
from simulators.cabinet import Cabinet
from simulators.cold import COLDS, ColdStore
from simulators.doors import Doors, door_places
from simulators.incubator import Co2Incubator, Incubator
from simulators.isolator import Isolator
from simulators.machine import Machine
from simulators.particles import CALM_PER_M3, AirnetCounter, ParticleCounter
from simulators.registers import MapUnit
from simulators.rooms import B_ROOMS, C_ROOMS, Q_ROOMS, Rooms
from simulators.tower import Tower
from simulators.vhp import COURSES, Phase, VhpGenerator
from tests.simulators.conftest import START

EMS_LOST = 1 << 23


def rng() -> Random:
    return Random(1)


def run(machine: Machine, seconds: float, step_s: float = 1.0) -> None:
    for _ in range(round(seconds / step_s)):
        machine.step(step_s)


MACHINES = [
    Isolator(START, rng()),
    Incubator(START, rng()),
    Co2Incubator(START, rng()),
    Cabinet(START, rng()),
    AirHandling(START, rng()),
    ColdStore(START, rng(), COLDS["COLD--80C"]),
    VhpGenerator(START, rng()),
    AirSampler(START, rng()),
    Doors(START, rng(), doors=17),
    *(Rooms(START, rng(), rooming) for rooming in (C_ROOMS, B_ROOMS, Q_ROOMS)),
]


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: type(machine).__name__)
def test_a_calm_hour_changes_no_steady_state(machine: Machine) -> None:
    before = {key: quantity.true for key, quantity in machine.quantities.items()}
    run(machine, 3600)
    after = {key: quantity.true for key, quantity in machine.quantities.items()}
    assert after == pytest.approx(before, abs=1e-6)


def test_an_open_incubator_loses_its_co2_in_20_s_and_a_degree_and_a_half() -> None:
    machine = Co2Incubator(START, rng())
    calm = machine.quantities["temp_1"].normal
    machine.force("door_outer", 0)
    run(machine, 30)
    assert machine.quantities["co2"].true == 5.0, "the inner door still holds"
    machine.force("door_inner", 0)
    run(machine, 20)
    assert machine.quantities["co2"].true == pytest.approx(5 * 0.3679, abs=0.02)
    run(machine, 3600)
    assert machine.quantities["temp_1"].true == pytest.approx(calm - 1.5, abs=0.01)
    assert machine.values()["alarm_word"] == 1
    machine.release()
    run(machine, 90)
    assert machine.quantities["co2"].true == pytest.approx(5 - 5 * 0.3679, abs=0.02)


def test_a_chamber_of_the_honeycomb_breathes_alone_and_sets_its_own_bit() -> None:
    machine = Incubator(START, rng())
    machine.force("ch3_door", 0)
    run(machine, 60)
    assert machine.quantities["ch3_co2"].true == pytest.approx(0.25, abs=0.02)
    assert machine.quantities["ch4_co2"].true == 5.0
    assert machine.values()["alarm_1"] == 1 << 2


def test_a_manifold_without_gas_says_so() -> None:
    machine = Incubator(START, rng())
    machine.force("n2_pressure", 0.5)
    run(machine, 2)
    assert machine.values()["alarm_1"] == 1 << 8


def test_a_cabinet_without_its_fan_has_no_air_curtain() -> None:
    machine = Cabinet(START, rng())
    machine.force("fan_speed", 0)
    run(machine, 20)
    values = machine.values()
    assert values["inflow"] == pytest.approx(0, abs=0.02)
    assert values["downflow_1"] == pytest.approx(0, abs=0.02)
    assert values["alarm_word"] == 0b11


def test_a_tripped_supply_fan_takes_the_supply_with_it() -> None:
    machine = AirHandling(START, rng())
    machine.force("supply_fan_state", 2)
    run(machine, 60)
    assert machine.quantities["supply_flow"].true == pytest.approx(0, abs=1)
    assert machine.quantities["exhaust_fan_speed"].true == 45.0
    assert machine.values()["alarm_word"] == 1
    machine.release()
    run(machine, 60)
    assert machine.quantities["supply_flow"].true == pytest.approx(24_000, abs=1)


def test_the_product_of_an_open_freezer_warms_an_hour_behind_its_air() -> None:
    machine = ColdStore(START, rng(), COLDS["COLD--20C"])
    machine.force("door", 0)
    run(machine, 240)
    assert machine.quantities["temp_air"].true == pytest.approx(22 - 42 * 0.3679, abs=0.1)
    assert machine.quantities["temp_product"].true == pytest.approx(-19, abs=0.5)
    run(machine, 1200)
    assert int(machine.values()["alarm_word"]) == 0b11


def test_a_freezer_without_power_warms_slowly() -> None:
    machine = ColdStore(START, rng(), COLDS["COLD--20C"])
    machine.force("power", 0)
    run(machine, 3600)
    assert machine.quantities["temp_air"].true == pytest.approx(22 - 42 * 0.3679, abs=0.1)
    assert int(machine.values()["alarm_word"]) & 0b100


def test_a_vhp_cycle_runs_through_its_phases_and_doses() -> None:
    machine = VhpGenerator(START, rng())
    assert machine.values()["phase"] == Phase.IDLE
    machine.start()
    number = machine.values()["cycle_no"]
    seen: list[float] = []
    most = 0.0
    for _ in range(sum(course.length_s for course in COURSES.values()) + 60):
        machine.step(1.0)
        values = machine.values()
        most = max(most, values["h2o2_1"])
        seen += [values["phase"]] if not seen or seen[-1] != values["phase"] else []
        if seen[-1] == Phase.IDLE:
            break
        machine.start()
        assert values["cycle_no"] == number, "a cycle that runs is not begun again"
        if values["phase"] == Phase.DWELL:
            assert 300 < values["h2o2_1"] < 800
    assert seen == [1, 2, 3, 4, 5, 0]
    values = machine.values()
    assert values["cycle_result"] == 1
    assert values["liquid_used"] == pytest.approx(300 / 60 * 8 + 1200 / 60 * 4)
    assert most > 450


def test_an_aborted_cycle_aerates_and_says_so() -> None:
    machine = VhpGenerator(START, rng())
    machine.start()
    run(machine, 1200)
    assert machine.phase is Phase.DWELL
    machine.abort()
    values = machine.values()
    assert (values["phase"], values["cycle_result"], values["valve_1"]) == (Phase.AERATE, 3, 1)
    run(machine, 2)
    assert machine.values()["valve_1"] == 0
    run(machine, 1800)
    assert (machine.phase, machine.values()["cycle_result"]) == (Phase.IDLE, 3)


@settings(max_examples=20)
@given(steps_s=st.lists(st.floats(0.1, 900), min_size=1, max_size=8))
def test_cycles_and_runs_do_not_depend_on_the_step(steps_s: list[float]) -> None:
    many, one = VhpGenerator(START, rng()), VhpGenerator(START, rng())
    pumps = AirSampler(START, rng()), AirSampler(START, rng())
    many.start()
    one.start()
    for step_s in steps_s:
        many.step(step_s)
        pumps[0].step(step_s)
    one.step(sum(steps_s))
    pumps[1].step(sum(steps_s))
    assert many.phase is one.phase
    assert many.quantities["h2o2_1"].true == pytest.approx(one.quantities["h2o2_1"].true, abs=1e-3)
    assert pumps[0].volume_m3 == pytest.approx(pumps[1].volume_m3, abs=1e-6)


def test_the_sampler_draws_a_cubic_metre_and_rests() -> None:
    machine = AirSampler(START, rng())
    volumes = []
    was = machine.running
    for _ in range(4000):
        machine.step(1.0)
        if was and not machine.running:
            volumes.append(
                (machine.values()["volume"], machine.values()["elapsed"], machine.values()["flow"])
            )
        was = machine.running
    assert volumes == [(1.0, 600.0, 0.0)] * 2
    assert machine.finished == 2


def test_the_samplers_data_block_is_scaled_as_its_own_registers_say() -> None:
    machine = AirSampler(START, rng())
    unit = MapUnit(PLACES, machine, HEAD)
    while not machine.running:
        machine.step(1.0)
    run(machine, 300)
    block = unit.read("input", 30212 - 30001, 21)
    values = machine.values()
    assert unit.read("input", 30011 - 30001, 2) == [2, 5]
    assert block[:3] == [0, 1, 1], "collecting data, sampling"
    assert (block[10] << 16 | block[11]) / 100 == values["flow"]
    assert (block[12] << 16 | block[13]) / 10**5 == pytest.approx(values["volume"])
    assert (block[6] << 16 | block[7]) / 100 == values["elapsed"]
    assert block[9] == 0b111


def test_a_weak_pump_says_so_and_leaves_the_volume_short() -> None:
    machine = AirSampler(START, rng())
    machine.force("flow", 80.0)
    while not machine.running:
        machine.step(1.0)
    run(machine, 300)
    values = machine.values()
    assert values["packet_status"] == 0b101
    assert values["volume"] == pytest.approx(0.4, abs=0.01)


def test_no_lock_holds_an_open_door() -> None:
    machine = Doors(START, rng(), doors=22)
    machine.force("door_3_closed", 0)
    run(machine, 2)
    values = machine.values()
    assert (values["door_3_closed"], values["door_3_locked"], values["door_2_locked"]) == (0, 0, 1)


def test_the_contacts_stand_in_the_order_of_the_inputs() -> None:
    places = {key: register.address for key, register in door_places(22)}
    assert [places[key] for key in ("door_1_closed", "door_1_locked", "door_1_fault", "door_2_closed")] == [
        0,
        1,
        2,
        3,
    ]
    assert [places[key] for key in ("door_22_fault", "fire_alarm", "power")] == [65, 66, 69]


def test_the_isolator_misses_a_heartbeat_that_stands_still_for_5_s_once_it_has_heard_one() -> None:
    machine = Isolator(START, rng())

    def lost() -> bool:
        return bool(int(machine.values()["alarm_1"]) & EMS_LOST)

    for _ in range(20):
        machine.hear(0)
        machine.step(1.0)
    assert not lost(), "nobody ever spoke to it"
    for beat in range(1, 11):
        machine.hear(beat)
        machine.step(1.0)
    for _ in range(3):
        machine.hear(10)
        machine.step(1.0)
    assert not lost()
    machine.step(1.0)
    assert lost()
    machine.hear(11)
    machine.step(1.0)
    assert not lost()


@pytest.mark.parametrize("make", [ParticleCounter, AirnetCounter])
def test_after_a_power_dip_a_counter_has_the_makers_settings_and_its_old_records(
    make: type[ParticleCounter],
) -> None:
    machine = make(START, rng(), 6)
    run(machine, 20)
    machine.new_data = False
    machine.power_down()
    run(machine, 30)
    assert len(machine.records) == 3
    machine.power_up()
    assert (machine.sample_time_s, machine.new_data, machine.running) == (60, True, True)
    run(machine, 61)
    assert machine.records[-1].at_unix_s == int(START.timestamp()) + 110


def test_a_tower_comes_back_dark() -> None:
    machine = Tower(START, rng())
    machine.show("tier_1", 2)
    machine.power_up()
    assert machine.values()["tier_1"] == 0


@pytest.mark.parametrize(
    ("grade", "permitted_0_5", "permitted_5_0"),
    [
        (Grade.A, 3520, 29),
        (Grade.B, 352_000, 2930),
        (Grade.C, 3_520_000, 29_300),
        (Grade.D, 3_520_000, 29_300),
    ],
)
def test_calm_air_is_far_inside_its_grade(grade: Grade, permitted_0_5: int, permitted_5_0: int) -> None:
    per_m3 = CALM_PER_M3[grade]
    assert list(per_m3) == sorted(per_m3, reverse=True)
    assert per_m3[1] < permitted_0_5 / 10
    assert per_m3[3] < permitted_5_0 / 10


def test_a_record_says_how_much_air_it_is_of_or_nothing_when_the_flow_was_wrong() -> None:
    machine = ParticleCounter(START, rng(), 6)
    run(machine, 6)
    assert machine.values()["volume"] == pytest.approx(2.83, abs=0.1)
    machine.force("flow", 0.62)
    run(machine, 12)
    assert machine.values()["volume"] != machine.values()["volume"]
