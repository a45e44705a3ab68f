"""The life of one alarm.

Theory of operation. An alarm is a set of separate facts; its ISA-18.2 state is derived from two of them:

                    acknowledged      not acknowledged
    active          ACKED             UNACK
    not active      NORM              RTNUN (returned, unacknowledged)

Rules:
 1. Only a condition seen OUTSIDE without a break for the on-delay raises. The alarm's `raised_at` is the end of that
    delay, whatever later moment brought the news: so live, replayed and restarted runs agree.
 2. Only a condition seen INSIDE without a break for the off-delay clears; BETWEEN breaks the off-delay.
 3. Seeing nothing changes nothing: where no usable value came there is no look, so it neither raises, nor clears,
    nor resets a running delay. An on-delay that runs goes on by itself: what was last seen was outside.
 4. Acknowledging never clears an active alarm, and clearing never acknowledges: NORM needs both.
 5. `raised_at` names the occurrence. An acknowledgement of an earlier occurrence does nothing.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from alarms.events import Acknowledge, Alarm, AlarmState, Reason, Transition
from alarms.judge import Condition, Standing
from alarms.state import Delay


@dataclass(frozen=True, slots=True)
class Life:
    """One condition's alarm (None: NORM and at rest) and the delay that runs, if one does."""

    alarm: Alarm | None = None
    delay: Delay | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen of a condition at one time."""

    at: datetime
    standing: Standing
    worst: float | None = None
    detail: str = ""


Step = tuple[Life, Transition | None]


def state(alarm: Alarm) -> AlarmState:
    """Derive the ISA-18.2 state from the facts."""
    if alarm.active:
        return AlarmState.ACKED if alarm.acknowledged else AlarmState.UNACK
    return AlarmState.NORM if alarm.acknowledged else AlarmState.RTNUN


def is_active(life: Life) -> bool:
    """Whether the condition holds now (its delay run out)."""
    return life.alarm is not None and life.alarm.active


def so_far(life: Life) -> float | None:
    """Return the worst value of what goes on now: the active alarm's, else the running on-delay's."""
    if life.alarm is not None and life.alarm.active:
        return life.alarm.worst
    return None if life.delay is None else life.delay.worst


def deadline(condition: Condition, life: Life) -> datetime | None:
    """When a running on-delay ends; None when none is running."""
    if life.delay is None or is_active(life):
        return None
    return life.delay.since + timedelta(seconds=condition.on_delay_s)


def observe(condition: Condition, life: Life, look: Look) -> Step:
    """Take one look at a condition into its alarm's life.

    A delay that ended strictly before this look must have been dealt with by `mature`; the engine sees to it.
    """
    return _while_active(condition, life, look) if is_active(life) else _while_calm(condition, life, look)


def mature(condition: Condition, life: Life, at: datetime) -> Step:
    """Raise the alarm if its on-delay has ended by `at`; otherwise nothing changes."""
    ends = deadline(condition, life)
    if ends is None or life.delay is None or ends > at:
        return life, None
    return _raise(condition, life, life.delay, ends, at)


def acknowledge(life: Life, event: Acknowledge) -> Step:
    """Mark one occurrence as seen by a person; anything else leaves the life as it is."""
    before = life.alarm
    if before is None or before.acknowledged or before.raised_at != event.raised_at:
        return life, None
    after = replace(before, acknowledged=True, acknowledged_by=event.who, changed_at=event.at)
    transition = Transition(
        event.at, before.id, before, after, Reason.ACKNOWLEDGED, who=event.who, comment=event.comment
    )
    return Life(_unless_norm(after), life.delay), transition


def _while_calm(condition: Condition, life: Life, look: Look) -> Step:
    if look.standing is not Standing.OUTSIDE:
        return Life(life.alarm, None), None
    since = look.at if life.delay is None else life.delay.since
    delay = Delay(since, look.worst, look.detail)
    ends = since + timedelta(seconds=condition.on_delay_s)
    if ends > look.at:
        return Life(life.alarm, delay), None
    return _raise(condition, life, delay, ends, look.at)


def _raise(condition: Condition, life: Life, delay: Delay, ends: datetime, at: datetime) -> Step:
    before = life.alarm
    after = Alarm(
        id=condition.id,
        level=condition.level,
        active=True,
        acknowledged=False,
        raised_at=ends,
        changed_at=at,
        worst=delay.worst,
        detail=delay.detail,
    )
    reason = Reason.RAISED if before is None else Reason.RAISED_AGAIN
    return Life(after, None), Transition(at, condition.id, before, after, reason)


def _while_active(condition: Condition, life: Life, look: Look) -> Step:
    before = life.alarm
    assert before is not None  # noqa: S101 - is_active has just said so
    if look.standing is not Standing.INSIDE:
        return Life(_worsened(before, look), None), None
    since = look.at if life.delay is None else life.delay.since
    if since + timedelta(seconds=condition.off_delay_s) > look.at:
        return Life(before, Delay(since)), None
    after = replace(before, active=False, changed_at=look.at)
    return Life(_unless_norm(after), None), Transition(look.at, before.id, before, after, Reason.CLEARED)


def _worsened(alarm: Alarm, look: Look) -> Alarm:
    if look.standing is not Standing.OUTSIDE or look.worst == alarm.worst:
        return alarm
    return replace(alarm, worst=look.worst, detail=look.detail)


def _unless_norm(alarm: Alarm) -> Alarm | None:
    return None if state(alarm) is AlarmState.NORM else alarm
