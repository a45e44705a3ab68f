"""The JSON schemas know every key that the demo plant and the profiles use, and tell a person what each means."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from config.load import GRADES_DIR, PROFILES_DIR
from config.schema import plant_schema, profile_schema, ruleset_schema
from config.source import read
from tests.config.conftest import LINE, RULED


def inner(schema: dict[str, Any], root: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Give a schema and all that it may stand for."""
    if "$ref" in schema:
        yield from inner(root["$defs"][schema["$ref"].rsplit("/", 1)[1]], root)
    for one in schema.get("anyOf", []):
        yield from inner(one, root)
    yield schema


def unknown(data: object, schema: dict[str, Any], root: dict[str, Any]) -> Iterator[str]:
    """Give every key of the data for which the schema has no place."""
    ways = list(inner(schema, root))
    if isinstance(data, list):
        items = next(way["items"] for way in ways if "items" in way)
        for item in data:
            yield from unknown(item, items, root)
    for key, value in data.items() if isinstance(data, dict) else ():
        known = [way["properties"][key] for way in ways if key in way.get("properties", {})]
        more = [
            inside
            for way in ways
            for pattern, inside in way.get("patternProperties", {}).items()
            if re.search(pattern, str(key))
        ]
        more += [
            way["additionalProperties"] for way in ways if isinstance(way.get("additionalProperties"), dict)
        ]
        if known or more:
            yield from unknown(value, (known or more)[0], root)
        elif not any(way == {"type": "object"} for way in ways):
            yield str(key)


SCHEMAS = {
    LINE: plant_schema(),
    RULED / "plant": plant_schema(),
    RULED / "profiles": profile_schema(),
    PROFILES_DIR: profile_schema(),
    GRADES_DIR: ruleset_schema(),
}


@pytest.mark.parametrize(
    "path", [path for folder in SCHEMAS for path in folder.glob("*.yaml")], ids=lambda path: str(path.name)
)
def test_the_schema_has_a_place_for_every_key_in_use(path: Path) -> None:
    schema = SCHEMAS[path.parent]
    source = read(path, [])
    assert source is not None
    assert not list(unknown(source.data, schema, schema))
    assert list(unknown({"nowhere": 1}, schema, schema)) == ["nowhere"]


@pytest.mark.parametrize(
    "schema", [plant_schema(), profile_schema(), ruleset_schema()], ids=["plant", "profile", "ruleset"]
)
def test_every_key_is_explained(schema: dict[str, Any]) -> None:
    assert schema["$schema"].startswith("https://json-schema.org/")
    for model in [schema, *schema["$defs"].values()]:
        for key, described in model.get("properties", {}).items():
            assert described.get("description"), key
            assert model.get("additionalProperties") is False


def test_a_repeated_entry_may_have_names_in_place_of_words_and_numbers() -> None:
    definitions = profile_schema()["$defs"]
    assert "each" in definitions["WrittenChannel"]["properties"]
    assert "each" in definitions["WrittenOutput"]["properties"]
    assert "each" in definitions["WrittenSelfTest"]["properties"]
    kinds = [one["type"] for one in definitions["WrittenRegister"]["properties"]["unit_id"]["anyOf"]]
    assert kinds == ["integer", "string"]
    assert "pattern" not in definitions["WrittenChannel"]["properties"]["key"]


def test_a_row_of_a_plant_may_be_written_out_for_many_devices() -> None:
    definitions = plant_schema()["$defs"]
    for row in ("Limit", "Derived", "Suppression", "Network", "Guidance", "Protection"):
        properties = definitions[f"Written{row}"]["properties"]
        assert {"each", "device"} <= set(properties), row
    assert "pattern" not in definitions["WrittenSuppression"]["properties"]["id"]
    assert definitions["WrittenAsk"]["properties"]["param"]["anyOf"][1]["pattern"] == "[{]"
    # What stands in the building itself is never repeated, so its forms are kept.
    assert "pattern" in definitions["WrittenDevice"]["properties"]["id"]
