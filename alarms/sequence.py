"""One protective action from its beginning to its end: what is asked, what comes of it, and when it is over.

    TRIGGERED ─► REQUESTED ─► ACKED ─► VERIFIED (an interlock) | LATCHED (a protect) | FAILED ─► RESET_PENDING ─► CLOSED

An ask that its machine has taken is proved by read-backs, each within its own time. That time is over only once the
channel has been heard behind it: a Sample of another device, or the first event behind a restart, proves nothing.
"""

from dataclasses import replace
from datetime import datetime

from alarms import ending
from alarms.events import (
    ActionResult,
    Asked,
    AskState,
    ConfirmProtection,
    ProtectionState,
    Running,
)
from alarms.moves import Moves
from alarms.readback import holds, overdue, proved
from config.rules import Ask, Protection, ProtectionKind

SETTLED = frozenset({AskState.VERIFIED, AskState.FAILED, AskState.ALREADY})
ASKING = frozenset({ProtectionState.REQUESTED, ProtectionState.ACKED})
"""An ask is on its way; most of what runs has that behind it, for most of its time."""


# --- the beginning ---


def begin(moves: Moves, one: Protection, because: tuple[str, ...], by: str = "triggered") -> None:
    """Let an armed protective action begin; of a running one only the record grows."""
    running = moves.running.get(one.id)
    if running is not None:
        _add(moves, running, because)
    elif may_begin(moves, one):
        _start(moves, one, because, by)


def may_begin(moves: Moves, one: Protection) -> bool:
    """Whether an armed protective action is switched on, and its mode is the one that it is for."""
    return one.id not in moves.inhibited and holds(moves.before, one.only_while)


def _add(moves: Moves, running: Running, because: tuple[str, ...]) -> None:
    added = tuple(alarm for alarm in because if alarm not in running.because)
    if added:
        moves.change(running, replace(running, because=(*running.because, *added)), "triggered_again")


def _start(moves: Moves, one: Protection, because: tuple[str, ...], by: str) -> None:
    waits = one.needs_confirmation or one.dry_run
    state = ProtectionState.TRIGGERED if waits else ProtectionState.REQUESTED
    asked = tuple(Asked() if waits else moves.ask(ask) for ask in one.asks)
    running = Running(one.id, state, moves.at, moves.at, because, asked)
    moves.change(None, running, by)
    if one.announces:
        moves.look(moves.rules.running[one.id], active=True, detail=", ".join(because))
    if one.dry_run:
        moves.change(running, replace(running, state=_done(one), detail="dry run"), "dry_run")
    elif not waits:
        _settle(moves, one)


def confirm(moves: Moves, one: Protection, event: ConfirmProtection) -> None:
    """Ask for what waited for a person's word."""
    running = moves.running[one.id]
    if running.state is not ProtectionState.TRIGGERED:
        return
    asked = tuple(moves.ask(ask) for ask in one.asks)
    after = replace(running, state=ProtectionState.REQUESTED, asked=asked)
    moves.change(running, after, "confirmed", (event.who,))
    _settle(moves, one)


# --- what comes of the asks ---


def answer(moves: Moves, one: Protection, event: ActionResult) -> None:
    """Take the answer to one ask; what answers a former time is none."""
    running, command = moves.running[one.id], event.command
    asked = (*running.asked, *running.ending)
    if (
        command.ask >= len(asked)
        or asked[command.ask].state is not AskState.REQUESTED
        or asked[command.ask].seq != command.seq
    ):
        return
    state = AskState.ACKED if event.verified else AskState.FAILED
    now = replace(asked[command.ask], state=state, since=moves.at, detail=event.detail)
    after = (*asked[: command.ask], now, *asked[command.ask + 1 :])
    count = len(running.asked)
    moves.change(running, replace(running, asked=after[:count], ending=after[count:]), f"ask_{state}")
    _settle(moves, one)


def follow(moves: Moves, one: Protection) -> None:
    """Look at the read-backs and the deadlines of what is asked at the beginning."""
    if moves.running[one.id].state in ASKING:
        _read_back(moves, one)
        _settle(moves, one)


def _read_back(moves: Moves, one: Protection) -> None:
    running = moves.running[one.id]
    asked = tuple(_read(moves, ask, was) for ask, was in zip(one.asks, running.asked, strict=True))
    for was, now in zip(running.asked, asked, strict=True):
        if was.state is not now.state:
            moves.change(running, replace(running, asked=asked), f"ask_{now.state}")
            return


def _read(moves: Moves, ask: Ask, asked: Asked) -> Asked:
    if asked.state is not AskState.ACKED or not ask.checks or asked.requested_at is None:
        return moves.answer_in_time(asked)
    known, state = moves.rules.places, moves.before
    if proved(known, state, ask.checks, moves.at):
        return replace(asked, state=AskState.VERIFIED, since=moves.at)
    if overdue(known, state, ask.checks, asked.requested_at, moves.at):
        return replace(asked, state=AskState.FAILED, since=moves.at, detail="it does not read back")
    return asked


def _settle(moves: Moves, one: Protection) -> None:
    """Let the whole follow its asks."""
    running = moves.running[one.id]
    if running.state is ProtectionState.RESET_PENDING:
        ending.finish(moves, one)
        return
    if running.state not in ASKING:
        return
    if not running.failed and any(asked.state is AskState.FAILED for asked in running.asked):
        _fail(moves, one, _told(one, running))
    running = moves.running[one.id]
    if any(asked.state is AskState.REQUESTED for asked in running.asked):
        return
    if running.state is ProtectionState.REQUESTED:
        moves.change(running, replace(running, state=ProtectionState.ACKED), "acked")
    if all(_is_settled(ask, asked) for ask, asked in zip(one.asks, running.asked, strict=True)):
        _look_at_outcome(moves, one)


def _look_at_outcome(moves: Moves, one: Protection) -> None:
    known, running = moves.rules.places, moves.running[one.id]
    if not proved(known, moves.before, one.outcome, moves.at):
        if not overdue(known, moves.before, one.outcome, _asked_at(running), moves.at):
            return
        if not running.failed:
            _fail(moves, one, "it has not come to what it was meant for")
    running = moves.running[one.id]
    state = ProtectionState.FAILED if running.failed else _done(one)
    moves.change(running, replace(running, state=state), state.lower())


def _asked_at(running: Running) -> datetime:
    """Return when it was asked for: not when it began, if it waited for a person."""
    times = [asked.requested_at or asked.since for asked in running.asked]
    return min((at for at in times if at is not None), default=running.triggered_at)


def _fail(moves: Moves, one: Protection, detail: str) -> None:
    running = moves.running[one.id]
    moves.change(running, replace(running, failed=True, detail=detail), "failed")
    moves.look(moves.rules.failed[one.id], active=True, detail=detail)
    if one.escalates_to:
        begin(moves, moves.rules.every[one.escalates_to], (f"{one.id}/failed",), "escalated")


# --- words for states ---


def _is_settled(ask: Ask, asked: Asked) -> bool:
    """Whether nothing more is awaited of an ask; one that nothing reads back is proved by its answer."""
    return asked.state in SETTLED or (asked.state is AskState.ACKED and not ask.checks)


def _done(one: Protection) -> ProtectionState:
    return ProtectionState.LATCHED if one.kind is ProtectionKind.PROTECT else ProtectionState.VERIFIED


def _told(one: Protection, running: Running) -> str:
    """Say which asks have failed, and how."""
    return "; ".join(
        f"{ask.request or ', '.join(ask.outputs)} of {ask.device}: {asked.detail}"
        for ask, asked in zip(one.asks, running.asked, strict=True)
        if asked.state is AskState.FAILED
    )
