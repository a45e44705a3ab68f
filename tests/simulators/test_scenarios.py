"""The scripted faults as data: each names what the demo plant has, and is written so that a mistake is told."""

import re
from fnmatch import fnmatchcase
from itertools import chain
from pathlib import Path

import pytest
import yaml

from alarms.engine import rules
from config.plant import Plant
from simulators.air_handling import REQUESTS, AirHandling
from simulators.couplings import ROOMS_OF_A_LINE
from simulators.errors import BadScenario
from simulators.expectation import Label, Place, Who
from simulators.faults import FAULTS, FOLDER, load_faults
from simulators.machine import Machine
from simulators.plant import SimulatedPlant
from simulators.plc import Plc
from simulators.scenario import Scenario, Step, load_scenario, place_of
from simulators.trial import Trial
from tests.loaded import loaded
from tests.simulators.conftest import START

DEMO = Path(__file__).parents[2] / "config" / "plants" / "demo"
CHINESE = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture(scope="module")
def demo() -> Plant:
    return loaded(DEMO)


@pytest.fixture(scope="module")
def demo_machines(demo: Plant) -> SimulatedPlant:
    return SimulatedPlant(demo, START)


def places(plant: Plant) -> list[Place]:
    return [place_of(plant, device) for device in plant.devices.values()]


def trial_of(scenario: Scenario, plant: Plant) -> Trial:
    return Trial(scenario, place_of(plant, plant.devices[scenario.device]), places(plant), 900)


def known_of(plant: Plant) -> set[str]:
    """Every alarm that the service can raise for this plant, and every protective action."""
    clocks = (f"service/clock-of-{device}" for device in plant.devices)
    return {*rules(plant).conditions, *plant.protections, *clocks}


def texts(scenario: Scenario) -> list[Label]:
    pending = [one.pending for one in scenario.expect if one.pending]
    return [scenario.label, *(one.what for one in scenario.expect), *pending]


def test_there_are_twelve_numbered_from_one() -> None:
    assert sorted({one.number for one in FAULTS.values()}) == list(range(1, 13))
    assert {"glove-breach", "door-open-room", "co2-valve-stuck", "counter-flow"} <= set(FAULTS)
    assert {one.source for one in FAULTS.values()} == {"demo proposal"}


@pytest.mark.parametrize("scenario", FAULTS.values(), ids=FAULTS)
def test_what_is_moved_is_there(scenario: Scenario, demo: Plant, demo_machines: SimulatedPlant) -> None:
    own = place_of(demo, demo.devices[scenario.device])
    assert scenario.profile in {"", own.profile}
    for step in scenario.shape:
        chosen = step.who.choose(own, places(demo))
        assert chosen, step
        for device in (place.device for place in chosen):
            assert step.keys() <= set(demo_machines.machine(device).quantities), device
            assert step.door is None or step.door in ROOMS_OF_A_LINE
            channels = {one.key for one in demo.devices[device].profile.channels}
            assert step.restart is None or set(step.restart.without) <= channels


@pytest.mark.parametrize("scenario", FAULTS.values(), ids=FAULTS)
def test_what_is_expected_can_be_seen(scenario: Scenario, demo: Plant, demo_machines: SimulatedPlant) -> None:
    known = known_of(demo)
    for row in trial_of(scenario, demo).rows:
        one = row.expectation
        assert row.devices, one
        for pattern in chain.from_iterable(row.ids(template) for template in one.templates):
            assert any(fnmatchcase(id_, pattern) for id_ in known), pattern
        for device in row.devices:
            machine = demo_machines.machine(device)
            assert set(one.shows or ()) <= set(machine.values())
            assert one.executed is None or one.executed.request in can_do(machine), one


def can_do(machine: Machine) -> set[str]:
    """What a machine can be asked for, as it counts it."""
    if isinstance(machine, AirHandling):
        return set(REQUESTS)
    return {deed.name for deed in machine.deeds().values()} if isinstance(machine, Plc) else set()


@pytest.mark.parametrize("scenario", FAULTS.values(), ids=FAULTS)
def test_every_text_is_there_in_both_languages(scenario: Scenario) -> None:
    for text in texts(scenario):
        assert text.en.isascii() or "°" in text.en or "μ" in text.en
        assert CHINESE.search(text.zh)


def test_what_is_pending_has_no_deadline_that_could_be_taken_for_checked() -> None:
    pending = [one for scenario in FAULTS.values() for one in scenario.expect if one.pending]
    assert pending
    assert {one.within_s for one in pending} == {0}


def test_a_workshop_without_its_network_is_24_devices(demo: Plant) -> None:
    first = trial_of(FAULTS["network-loss"], demo).rows[0]
    assert len(first.devices) == 24
    assert {demo.zones[demo.devices[one].zone].workshop for one in first.devices} == {"VIR"}


def test_who_is_meant() -> None:
    line = [
        Place("ISO", "isolator", "A", "L1", "W"),
        Place("PC", "counter", "A", "L1", "W"),
        Place("RM", "rooms", "C", "L1", "W"),
        Place("PC2", "counter", "B", "L2", "W"),
        Place("AHU", "ahu", "C", "", "W"),
    ]
    isolator = line[0]

    def chosen(who: Who) -> list[str]:
        return [place.device for place in who.choose(isolator, line)]

    assert chosen(Who()) == ["ISO"]
    assert chosen(Who(beside="zone", profile="counter")) == ["PC"]
    assert chosen(Who(beside="line")) == ["ISO", "PC", "RM"]
    assert chosen(Who(beside="workshop", profile="counter")) == ["PC", "PC2"]
    assert isolator.fill("{device} {zone} {line} {workshop}") == "ISO A L1 W"


def test_a_step_is_on_from_its_beginning_to_before_its_end() -> None:
    step = Step(at_s=90, until_s=93, door="pali")
    assert [step.holds(at_s, 0) for at_s in (89.9, 90, 92.9, 93)] == [False, True, True, False]
    whole = Step(until_s="length", network="down")
    assert [whole.holds(at_s, 180) for at_s in (0, 179.9, 180)] == [True, True, False]
    assert Step(freeze=("core_dp",)).holds(1e6, 0)


def test_only_a_scenario_with_a_length_can_be_given_one() -> None:
    assert FAULTS["network-loss"].lasts_s(None) == 900
    assert FAULTS["network-loss"].lasts_s(180) == 180
    with pytest.raises(BadScenario, match=r"network-loss: --length must be from 180 to 86400 s"):
        FAULTS["network-loss"].lasts_s(60)
    with pytest.raises(BadScenario, match="glove-breach has no length to choose"):
        FAULTS["glove-breach"].lasts_s(60)


EXPECTED = {"what": {"en": "seen", "zh": "已见"}, "alarm": "{device}/flow/action", "within_s": 8}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"shape": [{"force": {"flow": "much"}}]}, "shape.0.force.flow: "),
        ({"shape": [{"froce": {"flow": 0.6}}]}, "shape.0.froce: Extra inputs are not permitted"),
        ({"shape": [{"at_s": 3}]}, "shape.0: Value error, write exactly one of force, "),
        ({"shape": [{"force": {"flow": 1}, "network": "down"}]}, "here: force, network"),
        ({"shape": []}, "shape: "),
        ({"expect": [EXPECTED | {"over": "{device}/flow/action"}]}, "here: alarm, over"),
        ({"expect": [EXPECTED | {"within_s": 0}]}, "expect.0: Value error, give within_s, later than from_s"),
        ({"expect": [EXPECTED | {"what": {"en": "seen"}}]}, "expect.0.what.zh: Field required"),
        ({"expect": [EXPECTED | {"after_length": True}]}, "need length_s"),
        ({"name": "other"}, "name: write 'counter-flow', as the file is called"),
    ],
)
def test_a_mistake_is_told_with_file_and_key(tmp_path: Path, change: dict[str, object], told: str) -> None:
    path = tmp_path / "counter-flow.yaml"
    written = yaml.safe_load((FOLDER / path.name).read_text())
    path.write_text(yaml.safe_dump(written | change, allow_unicode=True))
    with pytest.raises(BadScenario, match=rf"^{re.escape(str(path))}: .*{re.escape(told)}"):
        load_scenario(path)


@pytest.mark.parametrize("text", ["shape: [", "", "- 1", "5"])
def test_what_is_no_scenario_at_all_is_told_with_its_file(tmp_path: Path, text: str) -> None:
    (tmp_path / "odd.yaml").write_text(text)
    with pytest.raises(BadScenario, match=r"odd\.yaml: "):
        load_faults(tmp_path)
