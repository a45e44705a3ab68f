"""JSON schemas of what is written in YAML, for an editor that completes and checks while one types."""

from typing import Any

from config.written import WrittenPlant
from config.written_profile import WrittenProfile

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def plant_schema() -> dict[str, Any]:
    """Give the JSON schema of one file of a plant's folder."""
    return {"$schema": _DIALECT, **WrittenPlant.model_json_schema(), "title": "Gradewatch plant"}


def profile_schema() -> dict[str, Any]:
    """Give the JSON schema of a profile.

    It accepts what stands in a repeated entry too: `each`, and a name in braces where a word or a number belongs.
    """
    schema = WrittenProfile.model_json_schema()
    for entry in ("WrittenChannel", "WrittenOutput", "WrittenSelfTest"):
        schema["$defs"][entry]["properties"]["each"] = _EACH
    return {"$schema": _DIALECT, **schema, "title": "Gradewatch profile"}


_EACH = {
    "description": "repeats this entry: {n: 1..8}, or a list of mappings whose names stand in braces elsewhere in it",
    "anyOf": [
        {
            "type": "object",
            "minProperties": 1,
            "maxProperties": 1,
            "additionalProperties": {"type": "string"},
        },
        {"type": "array", "minItems": 1, "items": {"type": "object"}},
    ],
}
