"""A rotation's turns as an iCalendar (RFC 5545), for the calendar of whoever has them."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from uuid import NAMESPACE_URL, uuid5

from alarms.roster import Because, Turn
from config.duty import Rotation
from config.model import Text
from config.plant import Plant

LINE_MAX_OCTETS = 75
"""RFC 5545 3.1: longer lines should be folded; the line break does not count."""
WHY = {
    Because.TURN: Text("turn", "轮值"),
    Because.HOLIDAY: Text("holiday", "节假日"),
    Because.SUBSTITUTION: Text("substitution", "替班"),
}
ON_CALL = Text("on call", "值班")


def calendar(
    plant: Plant, rotation: Rotation, turns: Iterable[Turn], stamped_at: datetime, language: str
) -> str:
    """Write turns as a calendar; every line ends with CR LF.

    An event is named by plant, rotation and the instant at which its turn begins: a calendar that is fetched again
    finds the same events, and a swapped night changes its event and leaves no second one.

    Args:
        plant: whose rotation it is.
        rotation: whose turns they are.
        turns: whole ones, as `alarms.roster.turns` gives them.
        stamped_at: now, aware.
        language: `en` or `zh`.
    """
    name = f"{_in(plant.label, language)}: {_in(rotation.label, language)}"
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Gradewatch//On call//EN",
        "CALSCALE:GREGORIAN",
        f"NAME:{_escaped(name)}",
        f"X-WR-CALNAME:{_escaped(name)}",
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
    ]
    for turn in turns:
        lines += _event(plant, rotation, turn, stamped_at, language)
    lines.append("END:VCALENDAR")
    return "".join(f"{part}\r\n" for line in lines for part in _folded(line))


def _event(
    plant: Plant, rotation: Rotation, turn: Turn, stamped_at: datetime, language: str
) -> Iterator[str]:
    summary = f"{turn.person}: {_in(rotation.label, language)} ({_in(ON_CALL, language)})"
    yield "BEGIN:VEVENT"
    yield f"UID:{uuid5(NAMESPACE_URL, f'gradewatch:{plant.id}/{rotation.id}/{_utc(turn.begins)}')}"
    yield f"DTSTAMP:{_utc(stamped_at)}"
    yield f"DTSTART:{_utc(turn.begins)}"
    yield f"DTEND:{_utc(turn.ends)}"
    yield f"SUMMARY:{_escaped(summary)}"
    yield f"CATEGORIES:{_escaped(_in(WHY[turn.because], language))}"
    # Who is on call may be asked to a meeting all the same.
    yield "TRANSP:TRANSPARENT"
    yield "END:VEVENT"


def _in(text: Text, language: str) -> str:
    return text.zh if language == "zh" else text.en


def _utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _escaped(text: str) -> str:
    for sign in ("\\", ";", ","):
        text = text.replace(sign, f"\\{sign}")
    return text.replace("\n", "\\n")


def _folded(line: str) -> Iterator[str]:
    """Cut a line into parts of at most 75 octets, never within a character; each but the first begins with a space."""
    part, octets = "", 0
    for letter in line:
        size = len(letter.encode())
        if octets + size > LINE_MAX_OCTETS:
            yield part
            part, octets = " ", 1
        part, octets = part + letter, octets + size
    yield part
