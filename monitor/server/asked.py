"""What people ask with, as far as it can be kept: every route takes its times, passwords, names and words from here.

A number is no time: pydantic would read one as seconds or milliseconds, as it finds likelier.
"""

import re
from datetime import UTC, date, datetime
from typing import Annotated, TypeAlias

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field, SecretStr, StringConstraints

from alarms.batches import BATCH_ID

FIRST_DAY, LAST_DAY = date(1950, 1, 1), date(2200, 1, 1)
EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
"""Demo proposals. Near the first and the last year of all, an offset leads to where no calendar goes."""

# No NUL: PostgreSQL cannot keep one, and would look as if it were down.
WRITABLE = r"^[^\x00]*$"

_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


def moment(written: str) -> datetime | None:
    """Read a time that we wrote ourselves, as a page's end; None: it is none of ours."""
    try:
        at = datetime.fromisoformat(written)
    except ValueError:
        return None
    return at if at.tzinfo is not None and EARLIEST <= at < LATEST else None


def _only_iso(value: object) -> object:
    if isinstance(value, datetime) or (isinstance(value, str) and _TIME.match(value)):
        return value
    raise ValueError("write the time in ISO 8601 with its offset, for example 2026-03-02T08:15:00Z")


def _within(at: datetime) -> datetime:
    if EARLIEST <= at < LATEST:
        return at
    raise ValueError(f"choose a time from {EARLIEST.year} to {LATEST.year - 1}")


def _only_day(value: object) -> object:
    if isinstance(value, date) or (isinstance(value, str) and _DAY.fullmatch(value)):
        return value
    raise ValueError("write the day in ISO 8601, for example 2026-03-02")


def _encodable(password: SecretStr) -> SecretStr:
    try:
        password.get_secret_value().encode()
    except UnicodeEncodeError:
        raise ValueError("half a character is no text") from None  # without the password
    return password


Moment: TypeAlias = Annotated[AwareDatetime, BeforeValidator(_only_iso), AfterValidator(_within)]
"""A time with its offset."""

Day: TypeAlias = Annotated[date, BeforeValidator(_only_day), Field(ge=FIRST_DAY, le=LAST_DAY)]
"""A day."""

WHOLE = AfterValidator(_encodable)
"""For a password: no half of a character, which nothing can be made of but an error."""

Password: TypeAlias = Annotated[SecretStr, Field(min_length=1, max_length=256), WHOLE]
"""A password, which is not shown again."""

Id: TypeAlias = Annotated[str, Field(min_length=1, max_length=200, pattern=WRITABLE)]
"""What an alarm, a zone or a protective action is called."""

BatchId: TypeAlias = Annotated[str, Field(pattern=BATCH_ID)]
"""What a batch is called."""

Words: TypeAlias = Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000, pattern=WRITABLE)]
"""A remark, be it empty."""

Reason: TypeAlias = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=3, max_length=1000, pattern=WRITABLE)
]
"""Why something is done."""

Prose: TypeAlias = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000, pattern=WRITABLE)]
"""What a judgement rests on, be it empty."""
