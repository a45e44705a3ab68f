"""The life of one alarm.

Theory of operation. An alarm is a set of separate facts; its ISA-18.2 state is derived from them. Whether anything
may happen to it in that state is said by one table (`table.py`), and by nothing else. Rules:
 1. Only a condition seen OUTSIDE without a break for the on-delay raises. The alarm's `raised_at` is the end of that
    delay, whatever later moment brought the news: so live, replayed and restarted runs agree.
 2. Only a condition seen INSIDE without a break for the off-delay clears; BETWEEN breaks the off-delay.
 3. Seeing nothing changes nothing: where no usable value came there is no look, so it neither raises, nor clears,
    nor resets a running delay. An on-delay that runs goes on by itself: what was last seen was outside.
 4. Acknowledging never clears an active alarm, and clearing never acknowledges: NORM needs both, and a reset where
    the alarm latches.
 5. `raised_at` names the occurrence, which lasts until NORM, however often the condition comes back. An
    acknowledgement of an earlier occurrence does nothing.
 6. What is hidden goes on being judged. When nothing hides it any more, what holds sounds again, and what was owed
    is still owed.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from alarms.events import Acknowledge, Alarm, AlarmState, InService, OutOfService, Reset, Shelve, Transition
from alarms.judge import Condition, Standing
from alarms.state import Delay
from alarms.table import HIDDEN, TABLE, Happening, Stay

CHATTER_S, CHATTERS_FROM = 60.0, 3
"""Raised so often within so long (ISA-18.2 practice; from memory, to be verified)."""


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
    """Derive the ISA-18.2 state from the facts; out of service goes before suppressed, and that before shelved."""
    if alarm.out_of_service:
        return AlarmState.OOSRV
    if alarm.suppressed_by:
        return AlarmState.DSUPR
    if alarm.shelved_until is not None:
        return AlarmState.SHLVD
    if alarm.active:
        return AlarmState.ACKED if alarm.acknowledged else AlarmState.UNACK
    if alarm.latched:
        return AlarmState.LATAK if alarm.acknowledged else AlarmState.LATUN
    return AlarmState.NORM if alarm.acknowledged else AlarmState.RTNUN


def annunciated(alarm: Alarm) -> bool:
    """Whether people are shown it."""
    return state(alarm) is not AlarmState.NORM and not is_hidden(alarm)


def is_hidden(alarm: Alarm) -> bool:
    """Whether it is shelved, suppressed by design or out of service."""
    return state(alarm) in HIDDEN


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


# --- what is seen --------------------------------------------------------------------------------------


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
    before = life.alarm or _calm(condition, ends)
    # What waits for a person goes on; what was calm begins anew.
    goes_on = before.latched or not before.acknowledged
    recent = (*(one for one in before.recent if one > ends - timedelta(seconds=CHATTER_S)), ends)
    facts = {
        "active": True,
        "acknowledged": False,
        "changed_at": at,
        "worst": delay.worst,
        "detail": delay.detail,
        "acknowledged_by": "",
        "latched": condition.latching,
        "times": before.times + 1 if goes_on else 1,
        "raised_at": before.raised_at if goes_on else ends,
        "recent": recent,
        "chattering": (goes_on and before.chattering) or len(recent) >= CHATTERS_FROM,
        "first_out": goes_on and before.first_out,
        "unseen": is_hidden(before) and not goes_on,
    }
    return _happen(Life(life.alarm, None), before, Happening.RAISE, at, facts)


def _while_active(condition: Condition, life: Life, look: Look) -> Step:
    before = life.alarm
    assert before is not None  # noqa: S101 - is_active has just said so
    if look.standing is not Standing.INSIDE:
        return Life(_worsened(before, look), None), None
    since = look.at if life.delay is None else life.delay.since
    if since + timedelta(seconds=condition.off_delay_s) > look.at:
        return Life(before, Delay(since)), None
    facts: dict[str, Any] = {"active": False, "changed_at": look.at}
    if before.unseen:
        # Nobody was ever shown it: it ends where it is, and leaves nothing to be seen.
        facts |= {"acknowledged": True, "latched": False, "unseen": False}
    return _happen(Life(before, None), before, Happening.CLEAR, look.at, facts)


def _worsened(alarm: Alarm, look: Look) -> Alarm:
    if look.standing is not Standing.OUTSIDE or look.worst == alarm.worst:
        return alarm
    return replace(alarm, worst=look.worst, detail=look.detail)


# --- what people and modes do --------------------------------------------------------------------------


def acknowledge(life: Life, event: Acknowledge) -> Step:
    """Mark one occurrence as seen by a person; anything else leaves the life as it is."""
    before = life.alarm
    if before is None or before.raised_at != event.raised_at:
        return life, None
    facts = {"acknowledged": True, "acknowledged_by": event.who, "changed_at": event.at}
    return _happen(life, before, Happening.ACKNOWLEDGE, event.at, facts, who=event.who, comment=event.comment)


def reset(life: Life, event: Reset) -> Step:
    """Let a latched occurrence go, whose condition is over and which was acknowledged."""
    before = life.alarm
    if before is None or before.raised_at != event.raised_at:
        return life, None
    facts = {"latched": False, "changed_at": event.at}
    return _happen(life, before, Happening.RESET, event.at, facts, who=event.who, comment=event.comment)


def realarm(condition: Condition, life: Life, at: datetime) -> Step:
    """Let an acknowledged alarm sound again that has held for the condition's `realarm_s` since it last changed."""
    before = life.alarm
    if before is None or condition.realarm_s is None:
        return life, None
    if at - before.changed_at < timedelta(seconds=condition.realarm_s):
        return life, None
    facts = {"acknowledged": False, "acknowledged_by": "", "changed_at": at}
    return _happen(life, before, Happening.REALARM, at, facts)


def shelve(condition: Condition, life: Life, event: Shelve) -> Step:
    """Hide an alarm until a time that a person has given; whether that person may is said by `permit.py`."""
    before = life.alarm or _calm(condition, event.at)
    if before.shelved_until == event.until:
        return life, None
    facts = {"shelved_until": event.until, "changed_at": event.at}
    return _happen(
        life,
        before,
        Happening.SHELVE,
        event.at,
        facts,
        who=event.who,
        comment=event.reason,
        second=event.second,
    )


def unshelve(life: Life, at: datetime, who: str) -> Step:
    """Show a shelved alarm again."""
    return _unshelve(life, Happening.UNSHELVE, at, who)


def end_shelve(life: Life, at: datetime) -> Step:
    """Show a shelved alarm again whose time is over by `at`."""
    if life.alarm is None or life.alarm.shelved_until is None or at < life.alarm.shelved_until:
        return life, None
    return _unshelve(life, Happening.SHELVE_ENDS, at, "")


def _unshelve(life: Life, what: Happening, at: datetime, who: str) -> Step:
    if life.alarm is None or life.alarm.shelved_until is None:
        return life, None
    return _happen(life, life.alarm, what, at, {"shelved_until": None, "changed_at": at}, who=who)


def suppress(condition: Condition, life: Life, at: datetime, suppression: str) -> Step:
    """Hide an alarm by one more Suppression."""
    before = life.alarm or _calm(condition, at)
    if suppression in before.suppressed_by:
        return life, None
    by = tuple(sorted((*before.suppressed_by, suppression)))
    return _happen(
        life, before, Happening.SUPPRESS, at, {"suppressed_by": by, "changed_at": at}, comment=suppression
    )


def unsuppress(life: Life, at: datetime, suppression: str) -> Step:
    """Let one Suppression go."""
    if life.alarm is None or suppression not in life.alarm.suppressed_by:
        return life, None
    by = tuple(one for one in life.alarm.suppressed_by if one != suppression)
    facts = {"suppressed_by": by, "changed_at": at}
    return _happen(life, life.alarm, Happening.UNSUPPRESS, at, facts, comment=suppression)


def remove(condition: Condition, life: Life, event: OutOfService) -> Step:
    """Take an alarm out of service."""
    before = life.alarm or _calm(condition, event.at)
    facts = {"out_of_service": f"{event.work_order}: {event.reason}", "changed_at": event.at}
    return _happen(
        life,
        before,
        Happening.REMOVE,
        event.at,
        facts,
        who=event.who,
        comment=event.reason,
        second=event.second,
    )


def return_(life: Life, event: InService) -> Step:
    """Give an alarm back to service."""
    if life.alarm is None:
        return life, None
    facts = {"out_of_service": "", "changed_at": event.at}
    return _happen(life, life.alarm, Happening.RETURN, event.at, facts, who=event.who)


# --- the table decides ---------------------------------------------------------------------------------


def _happen(
    life: Life,
    before: Alarm,
    what: Happening,
    at: datetime,
    facts: dict[str, Any],
    *,
    who: str = "",
    comment: str = "",
    second: str = "",
) -> Step:
    """Change the facts if the table has a move for it; otherwise the life stays as it is."""
    row = TABLE[state(before), what]
    if isinstance(row, Stay):
        return life, None
    after = replace(before, **facts)
    if is_hidden(before) and not is_hidden(after) and after.active:
        # What still holds when nothing hides it any more sounds again, and sounds for the first time if it was unseen.
        after = replace(after, acknowledged=False, acknowledged_by="", unseen=False)
    transition = Transition(at, before.id, life.alarm, after, row.reason, who, comment, second)
    return Life(_unless_norm(after), life.delay), transition


def _calm(condition: Condition, at: datetime) -> Alarm:
    """Return the facts of an alarm that is NORM and at rest."""
    return Alarm(
        id=condition.id,
        level=condition.level,
        active=False,
        acknowledged=True,
        raised_at=at,
        changed_at=at,
        priority=condition.priority,
        times=0,
    )


def _unless_norm(alarm: Alarm) -> Alarm | None:
    return None if state(alarm) is AlarmState.NORM else alarm
