"""What every message is written with: times, examples, a refusal."""

from datetime import datetime, time
from typing import Annotated, Any, TypeAlias

from pydantic import AwareDatetime, BaseModel, ConfigDict, PlainSerializer, WithJsonSchema


def _iso(at: datetime) -> str:
    return at.isoformat(timespec="microseconds")


Time: TypeAlias = Annotated[
    AwareDatetime,
    PlainSerializer(_iso, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
"""ISO 8601 with microseconds and offset, always written the same way, so that screens may compare the strings."""

Clock: TypeAlias = Annotated[
    time,
    PlainSerializer(lambda at: f"{at:%H:%M}", return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": "^[0-2][0-9]:[0-5][0-9]$"}),
]
"""What a wall clock shows, `20:00`; JSON schema's own "time" would want an offset."""


def shown(*examples: dict[str, Any]) -> ConfigDict:
    """Make the config of a model that shows these examples in the OpenAPI document."""
    return ConfigDict(json_schema_extra={"examples": list(examples)})


AT = "2026-03-02T08:15:01.000000+00:00"
"""A time, for examples."""


NOUN = ConfigDict(from_attributes=True)


class Noun(BaseModel):
    """A noun of the plant, read from the noun itself, field by field."""

    model_config = NOUN


class Label(Noun):
    """A text in both languages."""

    en: str
    zh: str


class Detail(BaseModel):
    """Why a request was not carried out, in one sentence."""

    model_config = shown({"detail": "Sign in first."})

    detail: str


def refusals(*codes: int) -> dict[int | str, dict[str, Any]]:
    """Give what the API's document says of refusals with these statuses: each is one sentence."""
    return {code: {"model": Detail} for code in codes}
