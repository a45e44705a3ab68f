"""Whatever the bytes: a Plant, or faults that each name a file that is there and a line; never anything else."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from config.addresses import endpoint
from config.load import Fault, PlantFaults, load
from config.model import Protocol
from tests.config.conftest import Copy

LIGHT = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

SPLINTERS = [
    b"", b"\x00", b"\xff\xfe", b"\t", b"\r", b"\xe2\x80\xa8", b":", b": ", b"- ", b"[", b"]", b"{",
    b"}", b"'", b'"', b"&a ", b"*a", b"!!binary ", b"<<: ", b"? ", b">-\n", b"#", b"---\n",
    b"...\n", b"%YAML 1.2\n", b"null", b"true", b"~", b"-1", b"1e400", b"0x" + b"f" * 41, b"9" * 41,
    b"9" * 30, b".inf", b"2026-02-30", b"1:30", b'"\\ud800"', b'"\\0"', b'"\\U99999999"', b"{n}",
    b"{}",
    b"{n.__class__}", b"{device}", b"device: '*'\n", b"ruleset",
    b"not_specified", b"each: {n: 1..99}\n", b"[key]", b"../..", b"*/*", b"*", b"states",
]  # fmt: skip


def faults_of(plant: Path, profiles: Path, grades: Path | None = None) -> tuple[Fault, ...] | None:
    """Load; give None for a plant."""
    try:
        load(plant, profiles, grades)
    except PlantFaults as error:
        return error.faults
    return None


def holds(plant: Path, profiles: Path, grades: Path | None = None) -> None:
    """Load; whatever comes must be a plant or proper faults, which can be printed."""
    faults = faults_of(plant, profiles, grades)
    assert faults is None or faults
    for fault in faults or ():
        assert Path(fault.file).exists(), fault
        assert fault.line >= 1, fault
        assert str(fault).encode("utf-8").decode().isprintable(), fault


@pytest.fixture(scope="module")
def spare(make_copy: Callable[[], Copy]) -> Copy:
    """Give one copy for all examples; each restores what it changed."""
    return make_copy()


@pytest.fixture(scope="module")
def spare_ruled(make_ruled: Callable[[], Copy]) -> Copy:
    """Give one copy of the plant with rules, likewise."""
    return make_ruled()


@given(
    raw=st.binary(max_size=200)
    | st.text(alphabet="abc:-{}[]\"'&*!|>#?%@,\n 019\x00\u2028é", max_size=80).map(str.encode)
)
@example(raw=b"")
@example(raw=b"\xef\xbb\xbfplant: demo")
@example(raw=b"{1: {2: 3}}")
@example(raw=b"zones: {}\ndevices: 5\nlimits: [null, 1, [], {}]\nlabel: null")
@example(raw=b"devices: [{id: [], profile: {}, rooms: {1: 2}, settings: {a: b}}]")
@example(raw=b'plant: "\\ud800"\n"\\ud800": 1\n"\\0": 2')
@example(raw=b"validated: 1\nzones: [{id: A, line: [], workshop: {}}]\nlimits: [{channel: [[1], {}, null]}]")
@example(
    raw=b"devices: [{security: [], address: 1}, {security: {policy: [], user: {}}, settings: {a: .nan}}]"
)
@example(
    raw=b"limits: [{each: {n: [[]]}}, {each: [{n: {}}], '{n}': 1}, {device: [], channel: 1}]\n"
    b"derived: [{device: {}}, {device: '*', inputs: ['{x}']}]\nrulesets: [1, [], null]\nprotections: [{trigger: [1]}]"
)
@example(
    raw=b"devices: [{id: A}, {id: B}]\nguidance: [{device: '*', each: {n: 1..9}, '{n}': {}}]\nnetworks: [{}]"
)
@example(
    raw=b"ways: [{id: A, kind: []}]\npeople: [{id: [], contacts: [{}]}, 1]\nduty: [1]\n"
    b"rotations: [{begins: 2024-02-30, hand_over: 8, holidays: {1: a, 2026-13-01: b}, substitutions: [{begins: 0}]}]\n"
    b"escalations: [{steps: [{call: [{}]}]}]"
)
@LIGHT
def test_any_bytes_as_a_plant_are_faults(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "plant.yaml").write_bytes(raw)
    with pytest.raises(PlantFaults):
        load(tmp_path)
    holds(tmp_path, tmp_path)


@given(protocol=st.sampled_from(Protocol), address=st.text(alphabet="rtu+cp:/?=&.[]-019aZ٣%\n ", max_size=40))
@example(protocol=Protocol.MODBUS, address="rtu:/d?baudrate=9600&parity=N&stopbits=1&" + "a=1&" * 200)
@LIGHT
def test_any_text_as_an_address_is_a_place_or_a_fault(protocol: Protocol, address: str) -> None:
    said = place_or_fault(protocol, address)
    assert said
    assert said.isprintable()


def place_or_fault(protocol: Protocol, address: str) -> str:
    """Give where an address leads to, or what is said against it."""
    try:
        return endpoint(protocol, address)
    except ValueError as error:
        return str(error) if "; write " in str(error) else ""


@given(seed=st.integers(0, 2**32), changes=st.integers(1, 5))
@LIGHT
def test_a_plant_or_profile_broken_anywhere_gives_faults_or_a_plant(
    spare: Copy, seed: int, changes: int
) -> None:
    chance = random.Random(seed)
    path = chance.choice(sorted([*spare.plant.iterdir(), *spare.profiles.iterdir()]))
    whole = path.read_bytes()
    try:
        path.write_bytes(broken(whole, chance, changes))
        holds(spare.plant, spare.profiles)
    finally:
        path.write_bytes(whole)


@given(seed=st.integers(0, 2**32), changes=st.integers(1, 5))
@LIGHT
def test_rules_and_rulesets_broken_anywhere_give_faults_or_a_plant(
    spare_ruled: Copy, seed: int, changes: int
) -> None:
    chance = random.Random(seed)
    used = [spare_ruled.profiles / "small_plc.yaml", spare_ruled.grades / "cn_gmp_2010_annex1.yaml"]
    path = chance.choice([*sorted(spare_ruled.plant.iterdir()), *used])
    whole = path.read_bytes()
    try:
        path.write_bytes(broken(whole, chance, changes))
        holds(spare_ruled.plant, spare_ruled.profiles, spare_ruled.grades)
    finally:
        path.write_bytes(whole)


def broken(raw: bytes, chance: random.Random, changes: int) -> bytes:
    """Cut, double, and put splinters in, at places that chance names."""
    for _ in range(changes):
        start = chance.randrange(len(raw) + 1)
        end = min(len(raw), start + chance.choice([0, 1, 2, 5, 20, 200]))
        piece = chance.choice([*SPLINTERS, raw[start:end] * 2, bytes([chance.randrange(256)])])
        raw = raw[:start] + piece + raw[end:]
    return raw
