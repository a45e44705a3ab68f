"""A Notice in the words of its receiver: what, where, since when, how bad, and what to do. Pure."""

from collections.abc import Iterable, Sequence
from urllib.parse import quote

from alarms.calls import CALLING_KINDS, Notice, NoticeKind, Occurrence
from alarms.escalate import still_calls
from alarms.events import Alarm
from alarms.state import State
from config.plant import Plant
from config.rules import Priority
from monitor.notify.figures import duration, moment, said
from monitor.notify.story import Story
from monitor.notify.way import Letter, clean

LISTED = 5
"""Alarms of a group that have a line each, besides the first, which is named whole."""
SUBJECT_MAX = 90
"""Characters: what a locked phone shows of it is about the first forty (demo proposal)."""
_MARKS = str.maketrans(
    {"<": "＜", ">": "＞", "[": "［", "]": "］", "*": "＊", "`": "｀", "_": "＿", "~": "～"}
)
"""What a service may take for a mark, a link or a tag stands there as itself: no device writes into our letters."""

Lines = Iterable[tuple[str, str]]
"""A heading and what stands under it; "" for a line without a heading."""


def letter_of(plant: Plant, state: State, notice: Notice) -> Letter:
    """Write a Notice for its receiver, by what is known at this moment.

    Args:
        plant: in force.
        state: as alarms stand now.
        notice: what is told, to whom.
    """
    person = plant.duty.people.get(notice.person)
    story = Story(plant, state, "en" if person is None else person.language)
    subject, lines = _told(story, notice)
    written = [(head, _one_line(rest)) for head, rest in lines]
    return Letter(
        key=notice.key,
        to=notice.to,
        subject=_shortened(_one_line(subject)),
        text="\n".join(_plain(story, head, rest) for head, rest in written),
        markdown="\n".join(_marked(story, head, rest) for head, rest in written),
        url=_url(story, notice),
        urgency=_urgency(state, notice),
        language=story.language,
    )


def _told(story: Story, notice: Notice) -> tuple[str, Lines]:
    match notice.kind:
        case NoticeKind.TEST:
            return story.words.test, _test(story, notice)
        case NoticeKind.CANARY:
            at = moment(notice.at, story.zone_info)
            return story.words.canary, [("", story.words.canary_text), (story.words.sent_at, at)]
        case NoticeKind.CLEAR:
            return _clear(story, notice)
        case NoticeKind.ALARM | NoticeKind.GROUP:
            return _call(story, notice)


def _test(story: Story, notice: Notice) -> Lines:
    words = story.words
    yield "", words.test_text
    yield "", words.test_receipt
    yield words.sent_at, moment(notice.at, story.zone_info)


# --- what is wrong ---


def _call(story: Story, notice: Notice) -> tuple[str, Lines]:
    called = still_calls(story.state.calls, notice.alarms)
    alarms = _standing(story.state, called or notice.alarms)
    left_out = len(notice.alarms) - len(alarms)
    if not alarms:
        return _unknown(story, notice), _why(story, notice)
    if len(notice.alarms) == 1:
        return _subject(story, alarms[0]), [*story.whole(alarms[0]), *_why(story, notice)]
    return _group_subject(story, alarms), _group(story, notice, alarms, left_out)


def _group(story: Story, notice: Notice, alarms: Sequence[Alarm], left_out: int) -> Lines:
    words, others = story.words, alarms[1 : 1 + LISTED]
    yield "", words.group_whole.format(n=len(alarms))
    yield from story.whole(alarms[0])
    for one in others:
        yield words.also, story.line(one)
    if len(alarms) > 1 + LISTED:
        yield "", words.others.format(n=len(alarms) - 1 - LISTED)
    if left_out:
        yield "", words.left_out.format(n=left_out)
    yield from _why(story, notice)


def _why(story: Story, notice: Notice) -> Lines:
    words = story.words
    if notice.step > 1:
        yield "", words.later_step.format(step=notice.step)
    if notice.because:
        way = story.plant.duty.ways.get(notice.because.partition(":")[0])
        if way is not None:
            yield "", words.other_way.format(way=said(way.label, story.language))


def _subject(story: Story, alarm: Alarm) -> str:
    value, limit = story.value(alarm), story.short_permitted(alarm)
    what = " ".join(filter(None, (story.title(alarm.id), value, f"({limit})" if value and limit else "")))
    return _joined(story.words.priority[alarm.priority], story.spot(alarm.id), what)


def _group_subject(story: Story, alarms: Sequence[Alarm]) -> str:
    worst = min((one.priority for one in alarms), key=list(Priority).index)
    first = f"{story.spot(alarms[0].id)} {story.title(alarms[0].id)} {story.value(alarms[0])}".strip()
    count = story.words.group.format(n=len(alarms))
    return _joined(story.words.priority[worst], count, story.words.group_first.format(first=first))


def _unknown(story: Story, notice: Notice) -> str:
    """Nothing of it stands any more: it is named all the same."""
    first = _name(story, notice.alarms[0]) if notice.alarms else story.words.nothing_done
    return _joined(story.words.group.format(n=len(notice.alarms)), first)


# --- what is over ---


def _clear(story: Story, notice: Notice) -> tuple[str, Lines]:
    words, first = story.words, _name(story, notice.alarms[0]) if notice.alarms else ""
    if len(notice.alarms) <= 1:
        return _joined(words.is_over, first), _over(story, notice)
    count = words.over_group.format(n=len(notice.alarms))
    return _joined(words.is_over, count, words.group_first.format(first=first)), _over(story, notice)


def _over(story: Story, notice: Notice) -> Lines:
    words, is_one = story.words, len(notice.alarms) == 1
    # One that waited in a window tells when that ended: what was over was over by then.
    yield words.over_since if is_one else words.over_latest, moment(notice.at, story.zone_info)
    for occurrence in notice.alarms[: 1 + LISTED]:
        lasted_s = (notice.at - occurrence[1]).total_seconds()
        yield words.what, _name(story, occurrence)
        yield words.since, moment(occurrence[1], story.zone_info)
        yield words.lasted if is_one else words.lasted_most, duration(lasted_s)
    if len(notice.alarms) > 1 + LISTED:
        yield "", words.others.format(n=len(notice.alarms) - 1 - LISTED)
    if any(not one.acknowledged for one in _standing(story.state, notice.alarms)):
        yield "", words.not_seen


# --- in general ---


def _standing(state: State, alarms: Iterable[Occurrence]) -> list[Alarm]:
    """Return those occurrences that stand, in the order told."""
    found = ((state.alarms.get(key), raised_at) for key, raised_at in alarms)
    return [alarm for alarm, raised_at in found if alarm is not None and alarm.raised_at == raised_at]


def _name(story: Story, occurrence: Occurrence) -> str:
    return _joined(story.spot(occurrence[0]), story.title(occurrence[0]))


def _urgency(state: State, notice: Notice) -> Priority:
    if notice.kind not in CALLING_KINDS:
        return Priority.LOW
    standing = _standing(state, still_calls(state.calls, notice.alarms) or notice.alarms)
    return min((one.priority for one in standing), key=list(Priority).index, default=Priority.LOW)


def _url(story: Story, notice: Notice) -> str:
    address = story.plant.duty.address.rstrip("/")
    if not address or notice.kind is NoticeKind.CANARY:
        return ""
    if notice.kind is NoticeKind.TEST:
        return f"{address}/#/on-call/{quote(notice.key, safe='')}"
    about = still_calls(story.state.calls, notice.alarms) or notice.alarms
    if not about:
        return ""
    first = about[0]
    return f"{address}/#/call/{quote(first[0], safe='')}/{quote(first[1].isoformat(), safe='')}"


def _joined(*parts: str) -> str:
    return " · ".join(filter(None, parts))


def _one_line(text: str) -> str:
    return " ".join(clean(text).split())


def _shortened(subject: str) -> str:
    return subject if len(subject) <= SUBJECT_MAX else f"{subject[: SUBJECT_MAX - 1].rstrip()}…"


def _plain(story: Story, head: str, rest: str) -> str:
    return f"{head}{story.words.colon}{rest}" if head else rest


def _marked(story: Story, head: str, rest: str) -> str:
    safe = rest.translate(_MARKS)
    return f"- **{head}**{story.words.colon}{safe}" if head else f"- {safe}"
