"""Every shipped profile against words that a person typed from the maker's manual.

Driver and simulator read the same profile and would share its mistake: a vector rests on neither. It says which words
stand where, and what each channel of the profile must read from them; `raw` is for a channel that a driver derives, and
gives what its register alone reads. An OPC UA profile has no words: its vector names each node and its type.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import pytest
import yaml

from config.load import PROFILES_DIR, load_profile
from config.model import ChannelModel, Kind, Node, Profile, Protocol
from drivers.registers import Plan, Request, plan
from drivers.row import Row
from tests.drivers.nouns import channel_model, series

VECTORS = Path(__file__).parent / "vectors"
PROFILES = {path.stem: load_profile(path) for path in sorted(PROFILES_DIR.glob("*.yaml"))}
OPCUA = [name for name, profile in PROFILES.items() if profile.protocol is Protocol.OPCUA]
MODBUS = [name for name in PROFILES if name not in OPCUA]

Vector: TypeAlias = Mapping[str, Any]
Place: TypeAlias = tuple[int, str, int]
"""Unit, table and address of one word, or bit."""

FLOAT32 = 1e-7
"""How near a decimal number is to its float32, relative."""

WORDS = {"u16": 1, "s16": 1, "byte_high": 1, "byte_low": 1, "bool": 1, "u32": 2, "s32": 2, "float32": 2}

WHOLE = {
    "Int16": range(-(1 << 15), 1 << 15),
    "UInt16": range(1 << 16),
    "UInt32": range(1 << 32),
    "Int64": range(-(1 << 63), 1 << 63),
}
"""What the whole numbers of OPC UA can be (Part 6, 5.2.2.2)."""


def vector_of(name: str) -> Vector:
    vector: Vector = yaml.safe_load((VECTORS / f"{name}.yaml").read_text(encoding="utf-8"))
    return vector


def words_of(vector: Vector) -> dict[Place, int]:
    """Every word of a vector by its place."""
    typed = [
        ((unit_id, table, place), word)
        for unit_id, tables in vector["words"].items()
        for table, rows in tables.items()
        for address, run in rows.items()
        for place, word in enumerate(run, address)
    ]
    assert len(dict(typed)) == len(typed), "a word is typed twice"
    return dict(typed)


def live_and_records(profile: Profile) -> list[list[ChannelModel]]:
    """The channels of a profile's rows: its own, and a counter's records."""
    return [[model for model in profile.channels if model.record is record] for record in (False, True)]


def self_tests(profile: Profile) -> list[ChannelModel]:
    """The self tests as channels, their keys being their places in the profile."""
    return [channel_model(str(n), test.address) for n, test in enumerate(profile.self_tests)]


def places_read(request: Request) -> list[Place]:
    unit_id, table, first = request.unit_id, request.table, request.address
    return [(unit_id, table, address) for address in range(first, first + request.count)]


def places_named(models: Iterable[ChannelModel]) -> set[Place]:
    """Every word that these channels stand in."""
    named = set()
    for model in models:
        at = model.address
        assert not isinstance(at, Node)
        named |= {(at.unit_id, at.table, at.address + offset) for offset in range(WORDS[at.type])}
    return named


def plans_of(models: Iterable[ChannelModel]) -> tuple[Plan, ...]:
    return plan(series(list(models)).channels)


def read(models: list[ChannelModel], words: Mapping[Place, int]) -> dict[str, float]:
    """What these channels read from the words, by key."""
    row = Row(series(models))
    for part in plans_of(models):
        part.decode([words[place] for place in places_read(part.request)], row)
    return {model.key: value for model, value in zip(models, row.values, strict=True)}


def requests_of(profile: Profile) -> list[Request]:
    return [part.request for models in live_and_records(profile) for part in plans_of(models)]


def test_every_shipped_profile_has_a_vector_and_every_vector_a_profile() -> None:
    assert {path.stem for path in VECTORS.iterdir()} == PROFILES.keys()


@pytest.mark.parametrize("name", MODBUS)
def test_the_words_of_the_manual_read_what_the_manual_says(name: str) -> None:
    profile, vector = PROFILES[name], vector_of(name)
    typed = [*vector["values"].items(), *vector.get("raw", {}).items()]
    expected = dict(typed)
    assert Counter(key for key, _ in typed) == Counter(model.key for model in profile.channels)
    words = words_of(vector)
    values = {
        key: value for models in live_and_records(profile) for key, value in read(models, words).items()
    }
    assert values == {key: pytest.approx(value, rel=FLOAT32, abs=0) for key, value in expected.items()}
    for model in profile.channels:
        assert model.kind is not Kind.STATE or expected[model.key] in model.states, model.key


@pytest.mark.parametrize("name", MODBUS)
def test_every_word_that_is_read_belongs_to_a_channel_and_none_is_typed_in_vain(name: str) -> None:
    profile = PROFILES[name]
    named = places_named(profile.channels)
    asked = [place for request in requests_of(profile) for place in places_read(request)]
    assert Counter(asked) == Counter(named), "each word once"
    assert words_of(vector_of(name)).keys() == named | places_named(self_tests(profile))


@pytest.mark.parametrize("name", MODBUS)
def test_a_device_is_asked_as_few_questions_as_its_map_allows(name: str) -> None:
    assert len(requests_of(PROFILES[name])) == vector_of(name)["requests"]


@pytest.mark.parametrize("name", [name for name in MODBUS if PROFILES[name].self_tests])
def test_the_words_of_the_manual_pass_the_self_tests(name: str) -> None:
    profile = PROFILES[name]
    results = read(self_tests(profile), words_of(vector_of(name)))
    assert list(results.values()) == pytest.approx([test.equals for test in profile.self_tests], FLOAT32, 0)


@pytest.mark.parametrize("name", OPCUA)
def test_every_node_is_the_one_that_was_typed(name: str) -> None:
    profile, vector = PROFILES[name], vector_of(name)
    nodes = {
        model.key: (model.address.identifier, model.address.type)
        for model in profile.channels
        if isinstance(model.address, Node)
    }
    assert nodes == {key: (identifier, kind) for key, (identifier, kind, _) in vector["nodes"].items()}
    assert profile.namespace_uri == vector["namespace_uri"]


@pytest.mark.parametrize("name", OPCUA)
def test_every_node_has_room_for_its_value_and_every_state_a_name(name: str) -> None:
    models = {model.key: model for model in PROFILES[name].channels}
    for key, (_, kind, value) in vector_of(name)["nodes"].items():
        if kind in WHOLE:
            assert value in WHOLE[kind], key
        else:
            assert type(value) is {"Float": float, "Boolean": bool}[kind], key
        assert models[key].kind is not Kind.STATE or value in models[key].states, key
