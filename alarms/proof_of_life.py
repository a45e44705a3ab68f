"""That calling itself works: a test page once a week, which its receivers confirm, and a made alarm once an hour."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from alarms.calls import CanaryDue, Notice, NoticeKind, NoticeResult, Outcome, Receipt
from alarms.notices import Desk
from config.duty import TestPage

TEST_PAGE, CANARY = "test-page", "canary"


def by_time(desk: Desk, at: datetime) -> None:
    """Send the week's test page when it is time, and look whether the last one was confirmed."""
    test = desk.ladders.duty.test_page
    if test is None:
        return
    due_at = _last(test, ZoneInfo(desk.ladders.plant.time_zone), at)
    if desk.tested_at is None:
        desk.tested_at = due_at  # the first one is next week's
    elif due_at > desk.tested_at:
        _send(desk, due_at, at)
    if desk.unconfirmed and at >= desk.tested_at + timedelta(seconds=test.receipt_within_s):
        desk.say(TEST_PAGE, ", ".join(desk.unconfirmed))


def taken_up(desk: Desk) -> None:
    """Let go of what another plant no longer asks for: its canary, its test, and people whom it does not call."""
    duty = desk.ladders.duty
    if duty.canary is None:
        desk.say(CANARY, "")
    still = () if duty.test_page is None else tuple(one for one in desk.unconfirmed if one in duty.people)
    if still != desk.unconfirmed:
        desk.unconfirmed = still
        if TEST_PAGE in desk.wrong:
            desk.say(TEST_PAGE, ", ".join(still))


def _last(test: TestPage, zone: ZoneInfo, at: datetime) -> datetime:
    """Give the last instant up to now at which a test page was due."""
    day = at.astimezone(zone).date()
    day -= timedelta(days=(day.weekday() - test.weekday) % 7)
    due_at = datetime.combine(day, test.at, zone).astimezone(UTC)
    if due_at > at:
        due_at = datetime.combine(day - timedelta(days=7), test.at, zone).astimezone(UTC)
    return due_at


def _send(desk: Desk, due_at: datetime, at: datetime) -> None:
    desk.tested_at = due_at
    desk.unconfirmed = tuple(desk.ladders.duty.people)
    desk.say(TEST_PAGE, "")
    for person in desk.ladders.duty.people.values():
        first = person.contacts[0]
        key = f"{_name(due_at)}|{person.id}|{first.way}"
        desk.post(Notice(key, at, NoticeKind.TEST, person.id, first.way, first.to, ()))


def _name(due_at: datetime) -> str:
    return f"test|{due_at:%Y-%m-%dT%H:%M:%SZ}"


def received(desk: Desk, event: Receipt) -> None:
    """Take a person's word that a page has come; only the last test's counts."""
    if desk.tested_at is not None and event.key.startswith(f"{_name(desk.tested_at)}|"):
        desk.unconfirmed = tuple(person for person in desk.unconfirmed if person != event.who)
        if not desk.unconfirmed:
            desk.say(TEST_PAGE, "")


def sing(desk: Desk, event: CanaryDue) -> None:
    """Send the canary; one before it that is still on its way is too late."""
    canary = desk.ladders.duty.canary
    if canary is not None:
        key = f"canary|{event.at:%Y-%m-%dT%H:%M:%S.%fZ}|{canary.way}"
        desk.post(Notice(key, event.at, NoticeKind.CANARY, "", canary.way, "", ()))


def sang(desk: Desk, notice: Notice, event: NoticeResult) -> None:
    """See whether the canary has come through in its time."""
    canary = desk.ladders.duty.canary
    if canary is None:
        return
    took_s = (event.at - notice.at).total_seconds()
    if event.outcome is not Outcome.ACCEPTED:
        desk.say(CANARY, f"{notice.way}: {event.detail or event.outcome}")
    elif took_s > canary.within_s:
        desk.say(CANARY, f"{notice.way}: {took_s:.1f} s")
    else:
        desk.say(CANARY, "")
