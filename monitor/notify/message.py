"""A Notice in the words of its receiver: what, where, since when, how bad, and what to do."""

from alarms.events import Notice, NoticeKind
from alarms.state import State
from config.plant import Plant
from config.rules import Priority
from monitor.notify.way import Letter

_SUBJECTS = {
    NoticeKind.ALARM: {"en": "Alarm", "zh": "报警"},
    NoticeKind.GROUP: {"en": "Alarms", "zh": "多个报警"},
    NoticeKind.CLEAR: {"en": "Over", "zh": "已恢复"},
    NoticeKind.TEST: {"en": "Test page, nothing is wrong", "zh": "测试通知，一切正常"},
    NoticeKind.CANARY: {"en": "Canary, nothing is wrong", "zh": "通道自检，一切正常"},
}


def letter_of(plant: Plant, state: State, notice: Notice) -> Letter:
    """Write a Notice for its receiver.

    Args:
        plant: in force.
        state: as alarms stand now.
        notice: what is told, to whom.
    """
    person = plant.duty.people.get(notice.person)
    language = "en" if person is None else person.language
    standing = [state.alarms[alarm] for alarm, _ in notice.alarms if alarm in state.alarms]
    urgency = min((one.priority for one in standing), key=list(Priority).index, default=Priority.LOW)
    names = ", ".join(alarm for alarm, _ in notice.alarms[:1])
    subject = f"{_SUBJECTS[notice.kind][language]} {names}".strip()
    return Letter(
        key=notice.key,
        to=notice.to,
        subject=subject,
        text=subject,
        markdown=subject,
        url="",
        urgency=urgency,
        language=language,
    )
