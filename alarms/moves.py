"""The protective actions of the next State in the making: what runs, the numbers that were given, what is told."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from alarms.alarm import Look
from alarms.catalogue import ProtectionRules
from alarms.events import Asked, AskState, Inhibited, ProtectionChange, Running
from alarms.judge import Condition, Standing
from alarms.readback import last_value, proved
from alarms.state import State
from config.rules import Ask

SEQ_MAX = 65_535
"""The handshake's number is an unsigned word; behind it comes 1."""

ANSWER = timedelta(seconds=30)
"""Longer than all tries of a request (demo proposal): an ask without any answer by then has failed."""

News = tuple[Condition, Look]


class Moves:
    """What one event makes of the protective actions.

    Attributes:
        rules: the plant's protective actions.
        before: the State whose alarms have been judged.
        at: when the event reached us.
        running: the protective actions that run, by id.
        inhibited: those that are switched off, by id.
        changes: what has changed so far, in order.
        news: what is to be seen of the actions' own alarms.
    """

    def __init__(self, rules: ProtectionRules, before: State, at: datetime) -> None:
        self.rules = rules
        self.before = before
        self.at = at
        self.running: dict[str, Running] = dict(before.running)
        self.inhibited: dict[str, Inhibited] = dict(before.inhibited)
        self.changes: list[ProtectionChange] = []
        self.news: list[News] = []
        self._seqs = dict(before.seqs)

    def state(self) -> State:
        """Return the State; the one before, if nothing has changed."""
        before = self.before
        if (
            self.running == before.running
            and self.inhibited == before.inhibited
            and self._seqs == before.seqs
        ):
            return before
        return replace(before, running=self.running, inhibited=self.inhibited, seqs=self._seqs)

    def change(
        self,
        before: Running | None,
        after: Running,
        reason: str,
        who: tuple[str, ...] = (),
        comment: str = "",
    ) -> None:
        """Take over how a protective action stands now, and tell it."""
        after = replace(after, changed_at=self.at)
        self.running[after.id] = after
        self.changes.append(ProtectionChange(self.at, after.id, before, after, reason, who, comment))

    def look(self, condition: Condition, *, active: bool, detail: str = "") -> None:
        """Let one of the actions' own alarms be seen."""
        facts: dict[str, Any] = {"worst": None, "detail": detail} if active else {}
        standing = Standing.OUTSIDE if active else Standing.INSIDE
        self.news.append((condition, Look(self.at, standing, **facts)))

    def ask(self, ask: Ask) -> Asked:
        """Ask for one thing, if it does not stand already."""
        if ask.checks and proved(self.rules.places, self.before, ask.checks, self.at):
            return Asked(AskState.ALREADY, since=self.at)
        return self.request(ask)

    def request(self, ask: Ask) -> Asked:
        """Ask for one thing, whatever stands."""
        seq = self._next_seq(ask.device) if ask.request else 0
        return Asked(AskState.REQUESTED, seq, self.at, self.at)

    def answer_in_time(self, asked: Asked) -> Asked:
        """Return an ask as it stands now; without an answer for too long it has failed."""
        if asked.state is not AskState.REQUESTED or asked.requested_at is None:
            return asked
        if self.at - asked.requested_at <= ANSWER:
            return asked
        return replace(asked, state=AskState.FAILED, since=self.at, detail="no answer")

    def _next_seq(self, device: str) -> int:
        """Return a number behind all that we and the machine have used; without any, one that is hardly known to it."""
        last = self._seqs.get(device, int(self.at.timestamp()) % SEQ_MAX)
        taken = self.rules.acks.get(device)
        shown = last_value(self.before, self.rules.places[taken]) if taken else 0.0
        if shown == shown and device not in self._seqs:  # noqa: PLR0124 - NaN: nothing is shown
            last = max(last, int(shown))
        self._seqs[device] = last % SEQ_MAX + 1
        return self._seqs[device]
