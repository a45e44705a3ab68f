"""Protective actions: from a trigger through requests and their read-backs to the end, as a pure sequence.

    armed ─► TRIGGERED ─► REQUESTED ─► ACKED ─► VERIFIED (an interlock) | LATCHED (a protect) | FAILED
                                                       └─► RESET_PENDING ─► CLOSED

Rules:
 1. Only active alarms that are not hidden by their mode trigger, and only from Good, live, fresh values; what is about
    the loss of values is exempt. What the machine has done by itself is recorded, not asked for.
 2. Every request has a number of its own, which never goes back; it is repeated with the same number.
 3. An ask is verified by an independent read-back within its time. What fails goes on protecting, is alarmed, and calls
    what it escalates to.
 4. An interlock ends when its triggers are over and its conditions hold; a protect when persons reset it. Nothing is
    asked twice for one trigger; another one only adds to the record.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from alarms.alarm import Look
from alarms.catalogue import ProtectionRules
from alarms.events import (
    ActionResult,
    Alarm,
    Asked,
    AskState,
    ConfirmProtection,
    Event,
    Inhibit,
    Inhibited,
    ProtectionChange,
    ProtectionState,
    Rearm,
    ResetProtection,
    Running,
    Tick,
)
from alarms.judge import Condition, Standing
from alarms.readback import FRESH_S, holds, is_good, last_value, proved
from alarms.state import State
from config.model import Ask, Protection, ProtectionKind, Sample

SEQ_MAX = 65_535
"""The handshake's number is an unsigned word; behind it comes 1."""
ANSWER_S = 30.0
"""Longer than all tries of a request: an ask without any answer by then has failed."""

SETTLED = frozenset({AskState.VERIFIED, AskState.FAILED, AskState.ALREADY})
STANDS = frozenset({ProtectionState.VERIFIED, ProtectionState.LATCHED, ProtectionState.FAILED})
"""Nothing more is asked; it waits for its end."""

News = tuple[Condition, Look]


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
    if not rules.every or (isinstance(event, Sample) and event.backfilled):
        return state, (), ()
    moves = _Moves(rules, state, event.at)
    if isinstance(event, Tick | Sample):
        _by_time(moves, state, event)
    else:
        _by_word(moves, event)
    return moves.state(), tuple(moves.changes), tuple(moves.news)


def _by_time(moves: "_Moves", state: State, event: Tick | Sample) -> None:
    if state.inhibited:
        moves.end_inhibits()
    if state.running:
        moves.follow_all()
    if state.alarms and (isinstance(event, Tick) or _is_live(event)):
        moves.trigger_all()


def _by_word(moves: "_Moves", event: Event) -> None:
    """Take what a machine or a person says."""
    match event:
        case ActionResult():
            moves.answered(event)
        case ConfirmProtection():
            moves.confirmed(event)
        case ResetProtection():
            moves.reset(event)
        case Inhibit():
            moves.inhibit(event)
        case Rearm():
            moves.rearm(event.protection)
        case _:
            pass  # it concerns alarms alone, and their judging is behind us


def _is_live(sample: Sample) -> bool:
    return sample.received_at - sample.at <= timedelta(seconds=FRESH_S)


class _Moves:
    """The next State's protective actions in the making."""

    def __init__(self, rules: ProtectionRules, state: State, at: datetime) -> None:
        self._rules = rules
        self._state = state
        self._at = at
        self._running = dict(state.running)
        self._inhibited = dict(state.inhibited)
        self._seqs = dict(state.seqs)
        self.changes: list[ProtectionChange] = []
        self.news: list[News] = []

    def state(self) -> State:
        """Return the State; the one before, if nothing has changed."""
        before = self._state
        if (
            self._running == before.running
            and self._inhibited == before.inhibited
            and self._seqs == before.seqs
        ):
            return before
        return replace(before, running=self._running, inhibited=self._inhibited, seqs=self._seqs)

    # --- triggers ---

    def trigger_all(self) -> None:
        """Trigger whatever the alarms that stand call for."""
        for alarm in self._state.alarms:
            for one in self._rules.by_alarm.get(alarm, ()):
                self._try(one)

    def _try(self, one: Protection) -> None:
        because = self._because(one)
        running = self._running.get(one.id)
        if running is not None:
            added = tuple(alarm for alarm in because if alarm not in running.because)
            if added:
                after = replace(running, because=(*running.because, *added), changed_at=self._at)
                self._change(running, after, "triggered_again")
        elif because and (not one.after or one.after in self._running):
            self._begin(one, because)

    def _because(self, one: Protection) -> tuple[str, ...]:
        """Return the alarms of every group that calls for it now."""
        met = [group for group in one.triggers if all(self._calls(one, alarm) for alarm in group)]
        return tuple(dict.fromkeys(alarm for group in met for alarm in group))

    def _calls(self, one: Protection, key: str) -> bool:
        alarm = self._state.alarms.get(key)
        if alarm is None or not _is_in_force(alarm):
            return False
        if one.on_loss:
            return True
        channel = self._rules.channel_of.get(key)
        return channel is not None and is_good(self._state, self._rules.places[channel], self._at)

    def _begin(self, one: Protection, because: tuple[str, ...], by: str = "triggered") -> None:
        if one.id in self._running or one.id in self._inhibited or not holds(self._state, one.only_while):
            return
        waits = one.needs_confirmation or one.dry_run
        state = ProtectionState.TRIGGERED if waits else ProtectionState.REQUESTED
        asked = tuple(Asked() for _ in one.asks) if waits else tuple(self._ask(ask) for ask in one.asks)
        running = Running(one.id, state, self._at, self._at, because, asked)
        self._change(None, running, by)
        if one.announces:
            self._look(self._rules.running[one.id], active=True, detail=", ".join(because))
        if one.dry_run:
            self._change(running, replace(running, state=_stands(one), detail="dry run"), "dry_run")
        elif not waits:
            self._settle(one)

    def _ask(self, ask: Ask) -> Asked:
        if ask.checks and proved(self._rules.places, self._state, ask.checks, self._at):
            return Asked(AskState.ALREADY, since=self._at)
        seq = self._next_seq(ask.device) if ask.request else 0
        return Asked(AskState.REQUESTED, seq, self._at, self._at)

    def _next_seq(self, device: str) -> int:
        """Return a number behind all that we and the machine have used; without any, one that is hardly known to it."""
        last = self._seqs.get(device, int(self._at.timestamp()) % SEQ_MAX)
        taken = self._rules.acks.get(device)
        shown = last_value(self._state, self._rules.places[taken]) if taken else 0.0
        if shown == shown and device not in self._seqs:  # noqa: PLR0124 - NaN: nothing is shown
            last = max(last, int(shown))
        self._seqs[device] = last % SEQ_MAX + 1
        return self._seqs[device]

    # --- what comes of the asks ---

    def answered(self, event: ActionResult) -> None:
        """Take the answer to one ask."""
        command = event.command
        running, one = self._running.get(command.protection), self._rules.every.get(command.protection)
        if running is None or one is None:
            return
        ends = command.ask >= len(one.asks)
        index = command.ask - len(one.asks) if ends else command.ask
        asked = running.ending if ends else running.asked
        if (
            index >= len(asked)
            or asked[index].state is not AskState.REQUESTED
            or asked[index].seq != command.seq
        ):
            return  # an answer to a former time
        state = AskState.ACKED if event.verified else AskState.FAILED
        now = replace(asked[index], state=state, since=self._at, detail=event.detail)
        after = (*asked[:index], now, *asked[index + 1 :])
        changed = replace(running, ending=after) if ends else replace(running, asked=after)
        self._change(running, changed, f"ask_{state}")
        self._settle(one)

    def follow_all(self) -> None:
        """Look at the read-backs, the deadlines and the conditions of the end of all that run."""
        for key in tuple(self._running):
            one = self._rules.every.get(key)
            if one is None:
                continue  # the plant has lost it: it stays visible until its end is seen to by a person
            self._read_back(one)
            self._settle(one)
            self._look_at_end(one)

    def _read_back(self, one: Protection) -> None:
        running = self._running[one.id]
        after = tuple(self._read(ask, asked) for ask, asked in zip(one.asks, running.asked, strict=True))
        for was, now in zip(running.asked, after, strict=True):
            if was.state is not now.state:
                self._change(running, replace(running, asked=after), f"ask_{now.state}")
                return

    def _read(self, ask: Ask, asked: Asked) -> Asked:
        if asked.requested_at is None or asked.state in SETTLED or _is_settled(ask, asked):
            return asked
        if asked.state is AskState.ACKED and proved(self._rules.places, self._state, ask.checks, self._at):
            return replace(asked, state=AskState.VERIFIED, since=self._at)
        within_s = max((check.within_s for check in ask.checks), default=0.0)
        longest_s = within_s if asked.state is AskState.ACKED else ANSWER_S
        if self._at - asked.requested_at <= timedelta(seconds=longest_s):
            return asked
        detail = "it does not read back" if asked.state is AskState.ACKED else "no answer"
        return replace(asked, state=AskState.FAILED, since=self._at, detail=detail)

    def _settle(self, one: Protection) -> None:
        """Let the whole follow its asks."""
        running = self._running[one.id]
        if running.state is ProtectionState.RESET_PENDING:
            if all(asked.state is not AskState.REQUESTED for asked in running.ending):
                self._close(one)
            return
        if running.state not in {ProtectionState.REQUESTED, ProtectionState.ACKED}:
            return
        if not running.failed and any(asked.state is AskState.FAILED for asked in running.asked):
            self._fail(one, _told(one, running))
        running = self._running[one.id]
        if any(asked.state is AskState.REQUESTED for asked in running.asked):
            return
        if running.state is ProtectionState.REQUESTED:
            self._change(running, replace(running, state=ProtectionState.ACKED), "acked")
        if all(_is_settled(ask, asked) for ask, asked in zip(one.asks, running.asked, strict=True)):
            self._look_at_outcome(one)

    def _look_at_outcome(self, one: Protection) -> None:
        running = self._running[one.id]
        if not proved(self._rules.places, self._state, one.outcome, self._at):
            within_s = max(check.within_s for check in one.outcome)
            if self._at - running.triggered_at <= timedelta(seconds=within_s):
                return
            if not running.failed:
                self._fail(one, "it has not come to what it was meant for")
        running = self._running[one.id]
        state = ProtectionState.FAILED if running.failed else _stands(one)
        self._change(running, replace(running, state=state), state.lower())

    def _fail(self, one: Protection, detail: str) -> None:
        running = self._running[one.id]
        self._change(running, replace(running, failed=True, detail=detail), "failed")
        self._look(self._rules.failed[one.id], active=True, detail=detail)
        if one.escalates_to:
            following = self._rules.every[one.escalates_to]
            self._begin(following, (f"{one.id}/failed",), "escalated")

    # --- the end ---

    def _look_at_end(self, one: Protection) -> None:
        running = self._running.get(one.id)
        if running is None:
            return
        held = proved(self._rules.places, self._state, one.release, self._at)
        since = (running.holds_since or self._at) if held else None
        if since != running.holds_since:
            running = self._running[one.id] = replace(running, holds_since=since)
        may_end = running.state in STANDS or (
            running.state is ProtectionState.TRIGGERED and one.needs_confirmation
        )
        if (
            one.kind is not ProtectionKind.INTERLOCK
            or not may_end
            or since is None
            or self._still_called(one)
        ):
            return
        for_s = max((check.for_s for check in one.release), default=0.0)
        if self._at - since >= timedelta(seconds=for_s):
            self._end(one, "released")

    def _still_called(self, one: Protection) -> bool:
        """Whether a group of its triggers is active, seen or not: an interlock never ends because its sight is lost."""
        alarms = self._state.alarms
        return any(
            all(key in alarms and alarms[key].active for key in group) for group in one.triggers
        ) or any(key in alarms and alarms[key].active for key in self._running[one.id].because)

    def _end(self, one: Protection, reason: str, who: tuple[str, ...] = (), comment: str = "") -> None:
        running = self._running[one.id]
        asked = running.state is not ProtectionState.TRIGGERED and not one.dry_run
        ending = tuple(
            Asked(AskState.REQUESTED, self._next_seq(ask.device) if ask.request else 0, self._at, self._at)
            for ask in (one.release_asks if asked else ())
        )
        after = replace(running, state=ProtectionState.RESET_PENDING, ending=ending)
        self._change(running, after, reason, who, comment)
        if not ending:
            self._close(one)

    def _close(self, one: Protection) -> None:
        running = self._running[one.id]
        self._change(running, replace(running, state=ProtectionState.CLOSED), "closed")
        del self._running[one.id]
        if running.failed:
            self._look(self._rules.failed[one.id], active=False)
        if one.announces:
            self._look(self._rules.running[one.id], active=False)

    # --- people ---

    def confirmed(self, event: ConfirmProtection) -> None:
        """Ask for what waited for a person's word."""
        running, one = self._running.get(event.protection), self._rules.every.get(event.protection)
        if one is None or running is None or running.state is not ProtectionState.TRIGGERED or one.dry_run:
            return
        asked = tuple(self._ask(ask) for ask in one.asks)
        after = replace(running, state=ProtectionState.REQUESTED, asked=asked)
        self._change(running, after, "confirmed", (event.who,))
        self._settle(one)

    def reset(self, event: ResetProtection) -> None:
        """End a latched action; whether these persons may was asked of `permit.py`."""
        running, one = self._running.get(event.protection), self._rules.every.get(event.protection)
        if one is not None and running is not None and running.state in STANDS:
            self._end(one, "reset", event.who, event.comment)

    def inhibit(self, event: Inhibit) -> None:
        """Switch an action off for a while."""
        self._inhibited[event.protection] = Inhibited(
            event.at, event.until, event.who, event.second, event.reason
        )

    def rearm(self, protection: str) -> None:
        """Switch an action on again."""
        self._inhibited.pop(protection, None)

    def end_inhibits(self) -> None:
        """Switch on again whatever was switched off for a time that is over."""
        for key, one in tuple(self._inhibited.items()):
            if self._at >= one.until:
                del self._inhibited[key]

    # --- records ---

    def _change(
        self,
        before: Running | None,
        after: Running,
        reason: str,
        who: tuple[str, ...] = (),
        comment: str = "",
    ) -> None:
        after = replace(after, changed_at=self._at)
        self._running[after.id] = after
        self.changes.append(ProtectionChange(self._at, after.id, before, after, reason, who, comment))

    def _look(self, condition: Condition, *, active: bool, detail: str = "") -> None:
        facts: dict[str, Any] = {"worst": None, "detail": detail} if active else {}
        standing = Standing.OUTSIDE if active else Standing.INSIDE
        self.news.append((condition, Look(self._at, standing, **facts)))


def _is_in_force(alarm: Alarm) -> bool:
    """Whether an alarm may trigger: not what a mode explains or maintenance has taken away; a shelved one may."""
    return alarm.active and not alarm.suppressed_by and not alarm.out_of_service


def _is_settled(ask: Ask, asked: Asked) -> bool:
    """Whether nothing more is awaited of an ask; one that nothing reads back is proved by its answer."""
    return asked.state in SETTLED or (asked.state is AskState.ACKED and not ask.checks)


def _stands(one: Protection) -> ProtectionState:
    return ProtectionState.LATCHED if one.kind is ProtectionKind.PROTECT else ProtectionState.VERIFIED


def _told(one: Protection, running: Running) -> str:
    """Say which asks have failed, and how."""
    return "; ".join(
        f"{ask.request or ', '.join(ask.outputs)} of {ask.device}: {asked.detail}"
        for ask, asked in zip(one.asks, running.asked, strict=True)
        if asked.state is AskState.FAILED
    )
