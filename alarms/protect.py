"""Protective actions: what triggers them, what switches them off, and who moves them on. A pure function of events.

Rules:
 1. Only active alarms that are not hidden by their mode trigger, and only from Good, live, fresh values; what is about
    the loss of values is exempt. What the machine has done by itself is recorded, not asked for.
 2. Every request has a number of its own, which never goes back; it is repeated with the same number.
 3. An ask is verified by an independent read-back within its time. What fails goes on protecting, is alarmed, and calls
    what it escalates to.
 4. An interlock ends when its triggers are over and its conditions hold; a protect when persons reset it. Nothing is
    asked twice for one trigger; another one only adds to the record.
 5. Time is when a Sample reached us: the time of a counter's record is by the counter's own clock.
"""

from datetime import datetime

from alarms import ending, sequence
from alarms.catalogue import ProtectionRules
from alarms.events import (
    ActionResult,
    Alarm,
    ConfirmProtection,
    Event,
    Inhibit,
    Inhibited,
    ProtectionChange,
    Rearm,
    ResetProtection,
    StartBatch,
    Tick,
)
from alarms.moves import Moves, News
from alarms.readback import is_good
from alarms.state import State
from config.model import Sample
from config.rules import Protection


def advance(
    rules: ProtectionRules, state: State, event: Event
) -> tuple[State, tuple[ProtectionChange, ...], tuple[News, ...]]:
    """Let the protective actions follow one event, whose alarms have been judged already.

    Args:
        rules: see above.
        state: with the alarms, Samples and derived values as they are behind the event.
        event: which was judged.

    Returns:
        The State behind it, what changed, and what is to be seen of the actions' own alarms.
    """
    if isinstance(event, Tick | Sample):
        if _is_calm(rules, state) or not _was_judged(state, event):
            return state, (), ()
        moves = Moves(rules, state, _now(event))
        _by_time(moves)
    else:
        moves = Moves(rules, state, event.at)
        _by_word(moves, event)
    return moves.state(), tuple(moves.changes), tuple(moves.news)


def _is_calm(rules: ProtectionRules, state: State) -> bool:
    """Whether there is nothing that could move: nearly always."""
    return (
        not state.running
        and not state.inhibited
        and (not state.alarms or rules.by_alarm.keys().isdisjoint(state.alarms))
    )


def _was_judged(state: State, event: Tick | Sample) -> bool:
    """Whether it is not a Sample that was left alone: a backfilled one, or one that came behind a later one."""
    return isinstance(event, Tick) or state.seen.get(event.series) is event


def _now(event: Tick | Sample) -> datetime:
    return event.received_at if isinstance(event, Sample) else event.at


def _by_time(moves: Moves) -> None:
    """Let begin what is called for and called upon, before anything ends: an end lets go what nothing else holds."""
    _end_inhibits(moves)
    stood = [moves.rules.every[key] for key in moves.running if key in moves.rules.every]
    _trigger(moves)
    for one in stood:
        sequence.follow(moves, one)
    for one in stood:
        ending.follow(moves, one)


def _by_word(moves: Moves, event: Event) -> None:
    """Take what a machine or a person says."""
    match event:
        case Inhibit():
            moves.inhibited[event.protection] = Inhibited(
                event.at, event.until, event.who, event.second, event.reason
            )
        case Rearm():
            moves.inhibited.pop(event.protection, None)
        case StartBatch():
            _arm_line(moves, event.line)
        case ActionResult():
            one = _running(moves, event.command.protection)
            if one is not None:
                sequence.answer(moves, one, event)
        case ConfirmProtection() | ResetProtection():
            one = _running(moves, event.protection)
            if one is not None:
                _by_a_person(moves, one, event)
        case _:
            pass  # it concerns alarms alone, and their judging is behind us


def _by_a_person(moves: Moves, one: Protection, event: ConfirmProtection | ResetProtection) -> None:
    if isinstance(event, ConfirmProtection):
        sequence.confirm(moves, one, event)
    else:
        ending.reset(moves, one, event)


def _running(moves: Moves, key: str) -> Protection | None:
    return moves.rules.every.get(key) if key in moves.running else None


def _end_inhibits(moves: Moves) -> None:
    """Switch on again whatever was switched off for a time that is over."""
    for key, one in tuple(moves.inhibited.items()):
        if moves.at >= one.until:
            del moves.inhibited[key]


def _arm_line(moves: Moves, line: str) -> None:
    """Switch on again whatever of a line was switched off: no product is opened behind it (demo proposal)."""
    for key in tuple(moves.inhibited):
        if moves.rules.lines.get(key) == line:
            del moves.inhibited[key]


# --- triggers ---


def _trigger(moves: Moves) -> None:
    """Trigger whatever the alarms that stand call for."""
    by_alarm = moves.rules.by_alarm
    for alarm in filter(by_alarm.__contains__, moves.before.alarms):
        for one in by_alarm[alarm]:
            because = _because(moves, one) if _may_matter(moves, one, alarm) else ()
            if because:
                sequence.begin(moves, one, because)


def _may_matter(moves: Moves, one: Protection, alarm: str) -> bool:
    """Whether an alarm that stands could change anything: asked first, for it costs less than what triggers read."""
    running = moves.running.get(one.id)
    if running is not None:
        return alarm not in running.because
    return (not one.after or one.after in moves.running) and sequence.may_begin(moves, one)


def _because(moves: Moves, one: Protection) -> tuple[str, ...]:
    """Return the alarms of every group that calls for it now."""
    met = [group for group in one.triggers if all(_calls(moves, one, alarm) for alarm in group)]
    return tuple(dict.fromkeys(alarm for group in met for alarm in group))


def _calls(moves: Moves, one: Protection, key: str) -> bool:
    alarm = moves.before.alarms.get(key)
    if alarm is None or not _is_in_force(alarm):
        return False
    if one.on_loss:
        return True
    channel = moves.rules.channel_of.get(key)
    return channel is not None and is_good(moves.before, moves.rules.places[channel], moves.at)


def _is_in_force(alarm: Alarm) -> bool:
    """Whether an alarm may trigger: not what a mode explains or maintenance has taken away; a shelved one may."""
    return alarm.active and not alarm.suppressed_by and not alarm.out_of_service
