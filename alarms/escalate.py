"""Who is told of what, and when: the fold that turns Transitions and time into Notices. A pure function of events.

Rules:
 1. The first step is taken with the Transition itself; every other one with the first tick behind its time.
 2. A call stops the moment its alarm is acknowledged or hidden (or over, where the plant says so). Whoever sends looks
    again at the moment of sending: `still_calls`.
 3. A person who was told a moment ago is told what follows in one message, at the end of a window that doubles while a
    storm lasts; what is more urgent goes at once. Nothing is left out of the record.
 4. A Notice that no way accepts in its time goes the person's next way, and behind the last one the next step is taken
    at once. Where no step has reached anybody, the towers sound.
 5. Each Notice has a key of its own, for ever: occurrence, step, person and way.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from alarms import proof_of_life, service
from alarms.alarm import Look, is_hidden
from alarms.calls import (
    CALLING_KINDS,
    Call,
    Calls,
    CanaryDue,
    Held,
    Notice,
    NoticeKind,
    NoticeResult,
    Occurrence,
    Outcome,
    Pending,
    Receipt,
    Substitute,
)
from alarms.draft import Draft
from alarms.events import Alarm, Event, Tick, Told, Transition
from alarms.judge import Standing
from alarms.ladder import URGENCY, Ladders, called, is_mutable, next_due, quiet_until
from alarms.notices import Desk, overdue
from alarms.state import State
from config.duty import Escalation
from config.model import Sample


def follow(ladders: Ladders, state: State, event: Event, told: Iterable[Told]) -> Calls:
    """Let the calls follow one event.

    Args:
        ladders: the plant's escalations.
        state: as it is behind the event; its calls are still those before it.
        event: which was judged.
        told: what came of it.
    """
    transitions = [one for one in told if isinstance(one, Transition)]
    if not ladders.every or (isinstance(event, Sample) and not transitions):
        return state.calls
    desk = Desk(ladders, state.calls)
    match event:
        case Tick():
            _by_time(desk, state, event.at)
        case NoticeResult():
            _ended(desk, state, event)
        case Substitute():
            desk.substitute(event)
        case Receipt():
            proof_of_life.received(desk, event)
        case CanaryDue():
            proof_of_life.sing(desk, event)
        case _:
            pass  # it moves calls by its Transitions alone
    _follow_alarms(desk, state, transitions)
    return desk.calls()


def _follow_alarms(desk: Desk, state: State, told: Iterable[Transition]) -> None:
    for one in told:
        _look(desk, state.alarms.get(one.alarm), one.alarm, one.at)


def taken_up(ladders: Ladders, state: State, at: datetime) -> Calls:
    """Go on calling under another plant, or with another start.

    What has no call gets one, and a Notice without an end, which is sent again, has its time again.
    """
    desk = Desk(ladders, state.calls)
    for key, call in tuple(desk.open.items()):
        if call.escalation not in ladders.every:
            desk.drop(call)
        elif key not in state.alarms:
            _look(desk, None, key, at)
    if ladders.every:
        for key, alarm in state.alarms.items():
            _look(desk, alarm, key, at)
    desk.pending = {key: Pending(one.notice, at) for key, one in desk.pending.items()}
    proof_of_life.taken_up(desk)
    return desk.calls()


def with_calls(
    ladders: Ladders, state: State, calls: Calls, at: datetime
) -> tuple[State, tuple[Transition, ...]]:
    """Take calls over, and hold the alarms about calling itself against what is wrong with it.

    Whatever has moved the calls, an event or another plant: what is wrong no more is an alarm no more.
    """
    draft = Draft(replace(state, calls=calls))
    for part in service.CALLING:
        words = calls.wrong.get(part, "")
        look = Look(at, Standing.OUTSIDE, None, words) if words else Look(at, Standing.INSIDE)
        draft.look(service.condition_of(part), look)
    after = draft.state()
    told = tuple(one for one in draft.told if isinstance(one, Transition))
    if not told:
        return after, ()
    desk = Desk(ladders, calls)
    _follow_alarms(desk, after, told)
    return replace(after, calls=desk.calls()), told


def still_calls(calls: Calls, alarms: Iterable[Occurrence]) -> tuple[Occurrence, ...]:
    """Return those of some occurrences for which people are still called."""
    return tuple(
        (alarm, raised_at)
        for alarm, raised_at in alarms
        if (call := calls.open.get(alarm)) is not None and call.raised_at == raised_at and call.climbing
    )


# --- by a Transition ---


def _look(desk: Desk, alarm: Alarm | None, key: str, at: datetime) -> None:
    """Open, stop or end the call of an alarm that may have changed."""
    call = desk.open.get(key)
    if call is not None and (alarm is None or alarm.raised_at != call.raised_at):
        _end(desk, call, at)
        call = None
    if alarm is None:
        return
    escalation = desk.ladders.of(alarm)
    if escalation is not None and _calls_for(alarm, escalation):
        if call is None or not call.climbing:
            _begin(desk, alarm, escalation, () if call is None else call.told, at)
    elif call is not None and not alarm.active:
        _end(desk, call, at)
    elif call is not None and call.climbing:
        desk.put(replace(call, climbing=False, due_at=None))


def _calls_for(alarm: Alarm, escalation: Escalation) -> bool:
    is_shown = not alarm.acknowledged and not is_hidden(alarm)
    return is_shown and (alarm.active or not escalation.stops_at_clear)


def _begin(desk: Desk, alarm: Alarm, escalation: Escalation, told: tuple[str, ...], at: datetime) -> None:
    due_at = at + timedelta(seconds=escalation.steps[0].after_s)
    call = Call(alarm.id, alarm.raised_at, escalation.id, at, due_at=due_at, told=told)
    desk.put(call)
    _climb(desk, call, alarm, at)


def _end(desk: Desk, call: Call, at: datetime) -> None:
    """The condition is over: whoever was called is told, where the plant says so."""
    desk.drop(call)
    escalation = desk.ladders.every.get(call.escalation)
    if escalation is not None and escalation.tells_clear:
        what = Held(call.alarm, call.raised_at, call.begun_at, call.taken, len(URGENCY))
        for person in call.told:
            if person in desk.ladders.duty.people:
                desk.tell(person, NoticeKind.CLEAR, what, at)


# --- by time ---


def _by_time(desk: Desk, state: State, at: datetime) -> None:
    for key, call in tuple(desk.open.items()):
        if call.due_at is not None and call.due_at <= at:
            _climb(desk, call, state.alarms[key], at)
    for notice in overdue(desk.pending, desk.ladders.duty.undelivered_s, at):
        _go_on(desk, state, NoticeResult(at, notice.key, Outcome.FAILED, detail="no answer in time"))
    desk.close_windows(at)
    proof_of_life.by_time(desk, at)


def _climb(desk: Desk, call: Call, alarm: Alarm, at: datetime) -> None:
    """Take the step that is due; where it calls nobody, the next one at once."""
    plant, escalation = desk.ladders.plant, desk.ladders.every[call.escalation]
    quiet = quiet_until(plant, escalation, at) if is_mutable(plant, alarm) else None
    if quiet is not None:
        desk.put(replace(call, due_at=quiet))
        return
    while call.due_at is not None and call.due_at <= at:
        number = call.taken + 1
        people = called(plant.duty, escalation, number, desk.substitutions, at)
        told = tuple(dict.fromkeys((*call.told, *people)))
        call = replace(call, taken=number, due_at=next_due(escalation, number, call.due_at, at), told=told)
        for person in people:
            what = Held(call.alarm, call.raised_at, call.begun_at, number, URGENCY[alarm.priority])
            desk.tell(person, NoticeKind.ALARM, what, at)
        if people:
            break
        _hasten(desk, call, at)
        call = desk.open[call.alarm]
    desk.put(call)


def _hasten(desk: Desk, call: Call, at: datetime) -> None:
    """Nobody was reached by a step: the next one at once. Where all were taken in vain, that is an alarm of its own."""
    desk.put(call if call.due_at is None else replace(call, due_at=at))
    if call.reached == 0 and call.taken >= len(desk.ladders.every[call.escalation].steps):
        desk.lose(call.alarm)


# --- by what became of a Notice ---


def _ended(desk: Desk, state: State, event: NoticeResult) -> None:
    if event.outcome in {Outcome.REFUSED, Outcome.FAILED}:
        _go_on(desk, state, event)
        return
    notice = desk.ended(event.key, event.outcome)
    if notice is not None and notice.kind is NoticeKind.CANARY:
        proof_of_life.sang(desk, notice, event)


def _go_on(desk: Desk, state: State, event: NoticeResult) -> None:
    """Go on where a Notice has not come through: the person's next way, or else the next step."""
    notice = desk.ended(event.key, event.outcome)
    if notice is None:
        return
    if notice.kind is NoticeKind.CANARY:
        proof_of_life.sang(desk, notice, event)
    elif notice.kind not in CALLING_KINDS:
        desk.onward(notice, event.detail, event.at)
    elif still_calls(desk.calls(), notice.alarms) and not desk.onward(notice, event.detail, event.at):
        for alarm in _unreached(desk, notice):
            _hasten(desk, desk.open[alarm], event.at)
            _climb(desk, desk.open[alarm], state.alarms[alarm], event.at)


def _unreached(desk: Desk, notice: Notice) -> list[str]:
    """Name the alarms of a lost Notice whose last step has reached nobody, and will not by another Notice."""
    others = {one for pending in desk.pending.values() for one in pending.notice.alarms}
    calls = [desk.open[alarm] for alarm, _ in still_calls(desk.calls(), notice.alarms)]
    return [
        call.alarm
        for call in calls
        if call.reached < call.taken and (call.alarm, call.raised_at) not in others
    ]
