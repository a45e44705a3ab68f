"""Guidance rows -> Guidance, and which guidance goes with an alarm."""

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase

from config.checked import Row
from config.faults import Fault
from config.model import Text
from config.names import Names
from config.plant import Plant
from config.profile import text_of
from config.rules import Guidance
from config.written_rules import WrittenGuidance

NONE_WRITTEN = Guidance(
    alarms=(),
    consequence=Text("Not written in this plant.", "本工厂未编写。"),
    response=Text(
        "Look at the place, and tell QA that no guidance is written.",
        "查看现场，并告知QA该报警没有处置指引。",
    ),
    respond_within_s=0.0,
    sop="",
)
"""What stands where a plant, not validated, says nothing of an alarm."""


def guidance_of(plant: Plant, alarm: str) -> Guidance:
    """Give what a person is told with an alarm: the first guidance that matches its id."""
    return next(
        (one for one in plant.guidance if any(fnmatchcase(alarm, pattern) for pattern in one.alarms)),
        NONE_WRITTEN,
    )


def make_guidance(rows: Sequence[Row[WrittenGuidance]]) -> tuple[Guidance, ...]:
    """Make the guidance of a plant, in the order written."""
    return tuple(
        Guidance(
            alarms=tuple(row.written.alarms),
            consequence=text_of(row.written.consequence),
            response=text_of(row.written.response),
            respond_within_s=row.written.respond_within_s,
            sop=row.written.sop,
        )
        for row in rows
    )


def guidance_faults(rows: Sequence[Row[WrittenGuidance]], alarms: Names) -> Iterator[Fault]:
    """Give a fault for each pattern that matches nothing, and for the first alarm that has no guidance.

    Args:
        rows: the rows of `guidance`; without any, nothing is asked of the plant here.
        alarms: ids of all alarms that the plant can raise.
    """
    guided: set[str] = set()
    for row in rows:
        for place, pattern in enumerate(row.written.alarms):
            found = alarms.matching(pattern)
            if not found and not pattern.startswith("service/"):
                message = f"no alarm {pattern!r} in this plant; {alarms.nearest(pattern)}"
                yield row.fault(message, "alarms", place)
            guided.update(found)
    lacking = [name for name in alarms if name not in guided]
    if rows and lacking:
        others = f" (and {len(lacking) - 1} others)" if len(lacking) > 1 else ""
        yield rows[0].source.fault(
            f"{lacking[0]}{others} has no guidance; write a row of guidance whose alarms match it", "guidance"
        )
