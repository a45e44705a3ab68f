"""From when to when a person asks: two times with their offset, in order, not too far apart."""

from datetime import datetime, timedelta
from typing import Annotated, TypeAlias

from fastapi import Depends, Query

from config.model import Text
from monitor.server.asked import Moment
from monitor.server.refusal import Refusal

SPAN_MAX = timedelta(days=400)
"""A year with its leap day, and a month to compare with."""

_HOW = "ISO 8601 with offset; in a URL a + is written %2B"


def _period(
    start: Annotated[Moment, Query(description=_HOW, examples=["2026-03-02T08:00:00Z"])],
    end: Annotated[Moment, Query(description=_HOW, examples=["2026-03-02T09:00:00Z"])],
) -> tuple[datetime, datetime]:
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
