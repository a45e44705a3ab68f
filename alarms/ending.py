"""How one protective action ends: an interlock by its conditions, a protect at the word of persons.

What is asked at the end waits until no other running action protects by the same means: a machine that is told to go
back to work does so for all of them.
"""

from dataclasses import replace
from datetime import timedelta

from alarms.events import Asked, AskState, ProtectionState, ResetProtection, Running
from alarms.moves import Moves
from alarms.readback import proved
from config.rules import Ask, Protection, ProtectionKind

OPEN = frozenset({AskState.WAITING, AskState.REQUESTED})
STANDS = frozenset({ProtectionState.VERIFIED, ProtectionState.LATCHED, ProtectionState.FAILED})
"""Nothing more is asked; it waits for its end."""


def follow(moves: Moves, one: Protection) -> None:
    """Look at what is asked at its end; then note since when the conditions of its end hold, and end by them."""
    if moves.running[one.id].state is ProtectionState.RESET_PENDING:
        _read_back(moves, one)
        finish(moves, one)
    if one.id in moves.running:
        _look_at_end(moves, one)


def _read_back(moves: Moves, one: Protection) -> None:
    running = moves.running[one.id]
    asks = zip(one.release_asks, running.ending, strict=False)
    ended = tuple(_let_go(moves, one, ask, moves.answer_in_time(was)) for ask, was in asks)
    for was, now in zip(running.ending, ended, strict=True):
        if was.state is not now.state:
            moves.change(running, replace(running, ending=ended), f"ask_{now.state}")
            return


def _look_at_end(moves: Moves, one: Protection) -> None:
    """Let an interlock end once the conditions of its end have held for their time."""
    running = moves.running[one.id]
    held = proved(moves.rules.places, moves.before, one.release, moves.at)
    since = (running.holds_since or moves.at) if held else None
    if since != running.holds_since:
        running = moves.running[one.id] = replace(running, holds_since=since)
    if one.kind is not ProtectionKind.INTERLOCK or since is None or not _may_end(one, running):
        return
    for_s = max((check.for_s for check in one.release), default=0.0)
    if moves.at - since >= timedelta(seconds=for_s) and not _still_called(moves, one, running):
        _end(moves, one, "released")


def _may_end(one: Protection, running: Running) -> bool:
    """Whether nothing is on its way: what waits for a person's word may end without it."""
    waits = running.state is ProtectionState.TRIGGERED and one.needs_confirmation
    return running.state in STANDS or waits


def _still_called(moves: Moves, one: Protection, running: Running) -> bool:
    """Whether what called it is active, seen or not: an interlock never ends because its sight is lost."""
    own = {alarm for group in one.triggers for alarm in group}
    escalated = [(alarm,) for alarm in running.because if alarm not in own]
    return any(all(_calls(moves, key) for key in group) for group in (*one.triggers, *escalated))


def _calls(moves: Moves, key: str) -> bool:
    """Whether an alarm still calls; that of a protective action does not once the action ends: it may wait for us."""
    other = moves.running.get(key.removesuffix("/failed"))
    if other is not None and other.state is ProtectionState.RESET_PENDING:
        return False
    return key in moves.before.alarms and moves.before.alarms[key].active


def reset(moves: Moves, one: Protection, event: ResetProtection) -> None:
    """End it at the word of persons; whether it may end, and by these, was asked of `permit.py`."""
    _end(moves, one, "reset", event.who, event.comment)


def _end(moves: Moves, one: Protection, reason: str, who: tuple[str, ...] = (), comment: str = "") -> None:
    """Ask for what is asked at the end; with nothing to ask, it is over."""
    running = moves.running[one.id]
    asks = one.release_asks if _has_asked(one, running) else ()
    ending = tuple(_let_go(moves, one, ask, Asked()) for ask in asks)
    after = replace(running, state=ProtectionState.RESET_PENDING, ending=ending)
    moves.change(running, after, reason, who, comment)
    finish(moves, one)


def _let_go(moves: Moves, one: Protection, ask: Ask, was: Asked) -> Asked:
    """Ask for the end of something, once no other action protects by the same means: it would be undone as well."""
    if was.state is not AskState.WAITING:
        return was
    others = tuple(
        key
        for key, running in moves.running.items()
        if key != one.id and key in moves.rules.every and _holds(moves.rules.every[key], running, ask)
    )
    # An interlock that is called again while it waits still stands as it was asked for: nothing is let go.
    called = one.kind is ProtectionKind.INTERLOCK and _still_called(moves, one, moves.running[one.id])
    if not others and not called:
        return moves.request(ask)
    detail = f"waits for {', '.join(others)}" if others else "it is called for again"
    return replace(was, since=was.since or moves.at, detail=detail)


def _holds(one: Protection, running: Running, ask: Ask) -> bool:
    """Whether a running action protects by what an ask would change."""
    if running.state is ProtectionState.RESET_PENDING or not _has_asked(one, running):
        return False
    return any(_touch(ask, other) for other in one.asks)


def _touch(ask: Ask, other: Ask) -> bool:
    """Whether two asks concern the same: a machine that takes requests is one thing, an output is one each."""
    if ask.device != other.device:
        return False
    return bool(ask.request and other.request) or not ask.outputs.keys().isdisjoint(other.outputs)


def finish(moves: Moves, one: Protection) -> None:
    """Close it once all that is asked at its end has its answer, whatever that is."""
    running = moves.running[one.id]
    if any(asked.state in OPEN for asked in running.ending):
        return
    moves.change(running, replace(running, state=ProtectionState.CLOSED), "closed")
    del moves.running[one.id]
    if running.failed:
        moves.look(moves.rules.failed[one.id], active=False)
    if one.announces:
        moves.look(moves.rules.running[one.id], active=False)


def _has_asked(one: Protection, running: Running) -> bool:
    return running.state is not ProtectionState.TRIGGERED and not one.dry_run
