"""From when to when a person asks: two times with their offset, in order, not too far apart."""

import re
from datetime import datetime, timedelta
from typing import Annotated, TypeAlias

from fastapi import Depends, Query
from pydantic import AwareDatetime, BeforeValidator

from config.model import Text
from monitor.server.refusal import Refusal

SPAN_MAX = timedelta(days=400)
"""A year with its leap day, and a month to compare with."""

_ISO = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d")


def _only_iso(value: object) -> object:
    if not (isinstance(value, str) and _ISO.match(value)):
        raise ValueError("write the time in ISO 8601 with its offset, for example 2026-03-02T08:15:00Z")
    return value


AskedTime: TypeAlias = Annotated[
    AwareDatetime,
    BeforeValidator(_only_iso),
    Query(description="ISO 8601 with offset; in a URL a + is written %2B", examples=["2026-03-02T08:15:00Z"]),
]


def _period(start: AskedTime, end: AskedTime) -> tuple[datetime, datetime]:
    """Check the two times of a question.

    Raises:
        Refusal: 422, they are in the wrong order or too far apart.
    """
    if start >= end:
        raise Refusal(422, Text(en="start must be before end.", zh="起始时间必须早于结束时间。"))
    if end - start > SPAN_MAX:
        raise Refusal(
            422,
            Text(
                en=f"The period is longer than {SPAN_MAX.days} days; ask for less at once.",
                zh=f"时间范围超过 {SPAN_MAX.days} 天，请缩小范围。",
            ),
        )
    return start, end


Period: TypeAlias = Annotated[tuple[datetime, datetime], Depends(_period)]
"""Start and end of what is asked for, in a route's arguments."""
