"""JSON schemas of what is written in YAML, for an editor that completes and checks while one types."""

from typing import Any

from config.written_plant import REPEATED, WrittenPlant
from config.written_profile import WrittenProfile
from config.written_ruleset import WrittenRuleset

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def plant_schema() -> dict[str, Any]:
    """Give the JSON schema of one file of a plant's folder.

    It accepts what stands in a repeated row too: `each`, `device`, and a name in braces for a word or a number.
    """
    schema = WrittenPlant.model_json_schema()
    building = _reached(schema, ("workshops", "lines", "zones", "devices"))
    for name in _reached(schema, REPEATED) - building:
        schema["$defs"][name] = _template(schema["$defs"][name])
    for section in REPEATED:
        for name in _named(schema["properties"][section]["items"]):
            properties = schema["$defs"][name]["properties"]
            properties["each"] = _EACH
            properties.setdefault("device", _DEVICE)
    return {"$schema": _DIALECT, **schema, "title": "Gradewatch plant"}


def profile_schema() -> dict[str, Any]:
    """Give the JSON schema of a profile.

    It accepts what stands in a repeated entry too: `each`, and a name in braces where a word or a number belongs.
    """
    schema = WrittenProfile.model_json_schema()
    for entry in ("WrittenChannel", "WrittenOutput", "WrittenSelfTest", "WrittenRequest"):
        schema["$defs"][entry]["properties"]["each"] = _EACH
    return {"$schema": _DIALECT, **schema, "title": "Gradewatch profile"}


def ruleset_schema() -> dict[str, Any]:
    """Give the JSON schema of a ruleset."""
    return {"$schema": _DIALECT, **WrittenRuleset.model_json_schema(), "title": "Gradewatch ruleset"}


def _named(schema: Any) -> set[str]:  # noqa: ANN401 - any part of a JSON schema
    """Give the definitions that a part of a schema names itself."""
    if isinstance(schema, list):
        return set().union(*map(_named, schema))
    if not isinstance(schema, dict):
        return set()
    own = {schema["$ref"].rsplit("/", 1)[1]} if isinstance(schema.get("$ref"), str) else set()
    return own.union(*map(_named, schema.values()))


def _reached(schema: dict[str, Any], sections: tuple[str, ...]) -> set[str]:
    """Give the definitions that are used somewhere within some sections."""
    found: set[str] = set()
    ahead = _named([schema["properties"][section] for section in sections])
    while ahead - found:
        found |= ahead
        ahead = _named([schema["$defs"][name] for name in found])
    return found


def _template(schema: Any) -> Any:  # noqa: ANN401 - any part of a JSON schema
    """Let a name in braces stand for a word or a number."""
    if isinstance(schema, list):
        return [_template(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("type") in {"number", "integer"}:
        about = {key: schema[key] for key in ("description", "title", "default") if key in schema}
        return {**about, "anyOf": [{key: one for key, one in schema.items() if key not in about}, _BRACES]}
    return {
        key: _template(one) for key, one in schema.items() if key != "pattern" or not isinstance(one, str)
    }


_BRACES = {"type": "string", "pattern": "[{]"}
_DEVICE = {
    "description": "repeats this row for each device it matches: an id or a pattern with *, or a list of them;"
    " {device}, {line}, {workshop} and {zone} stand for the device's own",
    "anyOf": [{"type": "string"}, {"type": "array", "minItems": 1, "items": {"type": "string"}}],
}
_EACH = {
    "description": "repeats this entry: {n: 1..8}, {line: [A, B]}, or a list of mappings whose names stand in braces"
    " elsewhere in it",
    "anyOf": [
        {
            "type": "object",
            "minProperties": 1,
            "maxProperties": 1,
            "additionalProperties": {
                "anyOf": [
                    {"type": "string"},
                    {"type": "array", "minItems": 1, "items": {"type": ["string", "number"]}},
                ]
            },
        },
        {"type": "array", "minItems": 1, "items": {"type": "object"}},
    ],
}
