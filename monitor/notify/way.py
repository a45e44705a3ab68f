"""What carries a notice to a person, and what it answers. No way raises: whatever happens becomes an Answer."""

import json
import re
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from itertools import accumulate
from typing import Protocol, TypeAlias

from alarms.calls import Outcome
from config.rules import Priority

_LINK = {"en": "Open in Gradewatch", "zh": "在 Gradewatch 中打开"}
_CUT = {"en": "\n… (shortened)", "zh": "\n……（已截断）"}
_MOBILE = re.compile(r"\+?[0-9]{8,15}")
_NAME = re.compile(r"[A-Za-z0-9_.@+-]+")
_USER = "user:"

Size: TypeAlias = Callable[[str], int]


@dataclass(frozen=True, slots=True)
class Letter:
    """A notice in words, as a way gets it.

    Attributes:
        key: the Notice's; where the service takes such a key, it delivers what is sent twice once.
        to: what the way calls the person; "" where it leads to one place only.
        subject: one line.
        text: what stands below the subject, without marks.
        markdown: the same with marks.
        url: a page about it, which each way shows as it can; "" where there is none.
        urgency: as urgent as the alarm it tells of.
        language: `en` or `zh`.
    """

    key: str
    to: str
    subject: str
    text: str
    markdown: str
    url: str
    urgency: Priority
    language: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one try.

    Attributes:
        outcome: ACCEPTED, REFUSED or FAILED.
        is_retry_useful: the same may be accepted a little later.
        detail: in plain words, with the service's own code; nothing secret stands in it.
        retry_after_s: how long the service wants to be left alone; None: it did not say.
    """

    outcome: Outcome
    is_retry_useful: bool
    detail: str
    retry_after_s: float | None = None


class Way(Protocol):
    """Carries a Letter to its person, or says why not."""

    async def send(self, letter: Letter) -> Answer:
        """Try once, within the way's time. Never raises but for being cancelled."""


def accepted(detail: str) -> Answer:
    """The service has taken it."""
    return Answer(Outcome.ACCEPTED, False, detail)


def refused(detail: str) -> Answer:
    """It was answered, and another try would be answered alike."""
    return Answer(Outcome.REFUSED, False, detail)


def failed(detail: str, retry_after_s: float | None = None) -> Answer:
    """It did not come through this time."""
    return Answer(Outcome.FAILED, True, detail, retry_after_s)


def json_bytes(text: str) -> int:
    """How long it is as UTF-8 in JSON, where a quote or the end of a line takes two."""
    return len(json.dumps(text, ensure_ascii=False).encode()) - 2


def cut(text: str, limit: int, language: str, *, size: Size = json_bytes) -> str:
    """The text, or as many whole characters of it as fit, and that it was cut.

    Args:
        text: of any length; what no service takes (control characters, halves of characters) is left out.
        limit: how long it may be, in what `size` counts.
        language: in which it is said that it was cut.
        size: of a text; of two together it is the sum.
    """
    text = clean(text)
    if size(text) <= limit:
        return text
    note = _CUT[language]
    sizes = list(accumulate(size(character) for character in text[:limit]))
    return text[: bisect_right(sizes, limit - size(note))] + note


def fit(head: str, middle: str, tail: str, limit: int, language: str, *, size: Size = json_bytes) -> str:
    """All three, of which only the middle is cut, as long as that is enough."""
    left = limit - size(clean(head)) - size(clean(tail))
    if left < size(_CUT[language]):
        return cut(head + middle + tail, limit, language, size=size)
    return clean(head) + cut(middle, left, language, size=size) + clean(tail)


def link(letter: Letter) -> str:
    """The letter's page as a last line in markdown; "" where it has none."""
    return f"\n\n[{_LINK[letter.language]}]({letter.url})" if letter.url else ""


def link_label(letter: Letter) -> str:
    """What to write on a button that leads to the letter's page."""
    return _LINK[letter.language]


def clean(text: str) -> str:
    """The text without control characters (but line ends and tabs) and without halves of characters."""
    return "".join(
        one
        for one in text
        if one in "\n\t" or (one >= " " and one != "\x7f" and not "\ud800" <= one <= "\udfff")
    )


def mobile(to: str) -> str:
    """The person's mobile number, or "" where `to` is something else."""
    return to if _MOBILE.fullmatch(to) else ""


def user_id(to: str) -> str:
    """What the service calls the person, or "". An id of digits alone is written with `user:` before it."""
    name = to.removeprefix(_USER)
    return name if _NAME.fullmatch(name) and not mobile(to) else ""
