"""What goes out to whom: at once, in one message at the end of a window, or by the next way of that person."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from alarms.calls import (
    Call,
    Calls,
    Held,
    Notice,
    NoticeKind,
    Occurrence,
    Outcome,
    Pending,
    Substitute,
    Window,
)
from alarms.draft import put
from alarms.ladder import Ladders
from config.duty import Contact, Substitution

WINDOW_MAX_S = 160.0
"""However long a storm lasts, nobody hears less often of what is new (demo proposal)."""
CLEAR = "|clear"
"""What is over waits in a window of its own: it holds back nothing that is raised."""


class Desk:
    """The calls in the making: a mapping is copied only once something in it changes."""

    def __init__(self, ladders: Ladders, calls: Calls) -> None:
        self.ladders = ladders
        self._before = calls
        self.open = calls.open
        self.pending = calls.pending
        self.windows = calls.windows
        self.substitutions = calls.substitutions
        self.lost = calls.lost
        self.tested_at = calls.tested_at
        self.unconfirmed = calls.unconfirmed
        self.wrong = calls.wrong

    def calls(self) -> Calls:
        """Return the calls; those before, if nothing has changed."""
        before = self._before
        if self.lost is not before.lost:
            self.say("undelivered", ", ".join(sorted(self.lost)))
        if all(getattr(self, name) is getattr(before, name) for name in _FIELDS):
            return before
        return Calls(**{name: getattr(self, name) for name in _FIELDS})

    def say(self, what: str, words: str) -> None:
        """Note what is wrong with calling itself ("": nothing)."""
        self.wrong = put(self.wrong, what, words or None)

    def substitute(self, event: Substitute) -> None:
        """Note that somebody else has the duty for a while, or that it is taken back."""
        self.substitutions = with_substitution(self.substitutions, event)

    def put(self, call: Call) -> None:
        """Note how a call stands."""
        self.open = put(self.open, call.alarm, call)
        if not call.climbing:
            self._found(call.alarm)

    def drop(self, call: Call) -> None:
        """Let a call go that is over."""
        self.open = put(self.open, call.alarm, None)
        self._found(call.alarm)

    def lose(self, alarm: str) -> None:
        """Note an alarm of which nobody could be told."""
        if alarm not in self.lost:
            self.lost = self.lost | {alarm}

    def _found(self, alarm: str) -> None:
        if alarm in self.lost:
            self.lost = self.lost - {alarm}

    # --- telling ---

    def tell(self, person: str, kind: NoticeKind, what: Held, at: datetime) -> None:
        """Tell a person of an occurrence, now or at the end of the window."""
        key = person + CLEAR if kind is NoticeKind.CLEAR else person
        self._close_if_over(key, at)
        window = self.windows.get(key)
        if window is not None and what.urgency >= window.urgency:
            self.windows = put(self.windows, key, replace(window, held=(*window.held, what)))
            return
        occurrence = (what.alarm, what.raised_at)
        self._send(person, kind, what, (occurrence,), at)
        if window is not None:
            after = replace(window, urgency=what.urgency, told=(*window.told, occurrence))
        else:
            length_s = self.ladders.duty.group_s
            after = Window(at + timedelta(seconds=length_s), length_s, what.urgency, (occurrence,))
        self.windows = put(self.windows, key, after)

    def close_windows(self, at: datetime) -> None:
        """Tell what waited for the windows that are over."""
        for key in tuple(self.windows):
            self._close_if_over(key, at)

    def _close_if_over(self, key: str, at: datetime) -> None:
        window = self.windows.get(key)
        if window is None or at < window.ends_at:
            return
        person, is_clear = key.removesuffix(CLEAR), key.endswith(CLEAR)
        held = window.held if is_clear else tuple(self._still_called(window.held))
        if not held:
            self.windows = put(self.windows, key, None)
            return
        told = (*window.told, *((one.alarm, one.raised_at) for one in held))
        self._send(person, NoticeKind.CLEAR if is_clear else NoticeKind.GROUP, held[0], told, at)
        length_s = min(2 * window.length_s, max(WINDOW_MAX_S, window.length_s))
        urgency = min(one.urgency for one in held)
        after = Window(at + timedelta(seconds=length_s), length_s, urgency, told[:1])
        self.windows = put(self.windows, key, after)

    def _still_called(self, held: Iterable[Held]) -> Iterable[Held]:
        for one in held:
            call = self.open.get(one.alarm)
            if call is not None and call.begun_at == one.begun_at and call.climbing:
                yield one

    def _send(
        self, person: str, kind: NoticeKind, what: Held, alarms: tuple[Occurrence, ...], at: datetime
    ) -> None:
        first = self.ladders.duty.people[person].contacts[0]
        about = f"{what.alarm}|{what.begun_at:%Y-%m-%dT%H:%M:%S.%fZ}|{what.step}"
        if kind is NoticeKind.CLEAR:
            about += CLEAR
        self.post(
            Notice(f"{about}|{person}|{first.way}", at, kind, person, first.way, first.to, alarms, what.step)
        )

    def post(self, notice: Notice) -> None:
        """Let a Notice go out."""
        self.pending = put(self.pending, notice.key, Pending(notice, notice.at))

    # --- what becomes of it ---

    def ended(self, key: str, outcome: Outcome) -> Notice | None:
        """Take a Notice off that has ended; return it, if it was still waited for."""
        pending = self.pending.get(key)
        if pending is None:
            return None
        self.pending = put(self.pending, key, None)
        if outcome is Outcome.ACCEPTED:
            for alarm, raised_at in pending.notice.alarms:
                call = self.open.get(alarm)
                if call is not None and call.raised_at == raised_at:
                    reached = max(call.reached, pending.notice.step)
                    self.open = put(self.open, alarm, replace(call, reached=reached))
                    self._found(alarm)
        return pending.notice

    def onward(self, notice: Notice, because: str, at: datetime) -> bool:
        """Send a Notice by the next way of its person; False: there is none."""
        contact = self._next_contact(notice)
        if contact is None:
            return False
        key = f"{notice.key.removesuffix(notice.way)}{contact.way}"
        why = f"{notice.way}: {because}"
        self.post(replace(notice, key=key, at=at, way=contact.way, to=contact.to, because=why))
        return True

    def _next_contact(self, notice: Notice) -> Contact | None:
        person = self.ladders.duty.people.get(notice.person)
        contacts = () if person is None else person.contacts
        ways = [one.way for one in contacts]
        if notice.way not in ways:
            return None
        place = ways.index(notice.way) + 1
        return contacts[place] if place < len(contacts) else None


def with_substitution(noted: tuple[Substitution, ...], event: Substitute) -> tuple[Substitution, ...]:
    """Give the substitutions that are noted behind an event."""
    others = tuple(one for one in noted if not is_same(one, event.substitution))
    return others if event.is_over else (*others, event.substitution)


def is_same(one: Substitution, other: Substitution) -> bool:
    """Whether two stand for the same, whoever noted them and why: so one is taken back."""
    names = ("rotation", "begins", "ends", "person")
    return all(getattr(one, name) == getattr(other, name) for name in names)


def overdue(pending: Mapping[str, Pending], within_s: float, at: datetime) -> list[Notice]:
    """Return the Notices that nothing has accepted in their time."""
    oldest = at - timedelta(seconds=within_s)
    return [one.notice for one in pending.values() if one.since <= oldest]


_FIELDS = ("open", "pending", "windows", "substitutions", "lost", "tested_at", "unconfirmed", "wrong")
