"""The control room over the whole service: a glove breach from its first sound to the book; one without a database."""

import asyncio
import os
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import httpx
from playwright.async_api import Page, expect

from monitor.run import DATABASE_VARIABLE
from tests.browser.calm import SLOW_MS
from tests.browser.chromium import Chromium
from tests.browser.control_room import (
    ACTION,
    ALERT,
    ISOLATOR,
    P01,
    TOWER,
    answer_for,
    at_the_screen,
    book_since,
    fall_silent,
    is_heard,
    protected,
    rows_of_the_book,
)
from tests.browser.test_screen import texts_of
from tests.scenarios.test_first_light import COUNTED, stored_until
from tests.service import BIN, PASSWORD, Service, until

__all__ = ["protected"]

PICTURE = "GRADEWATCH_BREACH_PICTURE"
TORN, CHANGED, CLOSED = "glove 3 is torn, ports shut", "glove 3 changed", "door of the core room shut"
DOOR = "RM-STM-L1/core_dp/action"
LIT, DARK = "red on, amber off, buzzer pattern_1", "red off, amber off, buzzer off"
TAKEN, HELD, OVER = "taken, not yet seen", "has its effect, held", "Over, held until reset"

DEEDS = [
    ("signature", ACTION, None, None, ""),
    ("acknowledge", ACTION, None, None, TORN),
    ("transition", ACTION, "UNACK", "ACKED", TORN),
    ("acknowledge", ALERT, None, None, ""),
    ("transition", ALERT, "UNACK", "ACKED", "acknowledged"),
    ("acknowledge", DOOR, None, None, CLOSED),
    ("transition", DOOR, "UNACK", "ACKED", CLOSED),
]
"""What the operator does while there is no database."""
KINDS = {kind for kind, *_ in DEEDS}


class Step(NamedTuple):
    """One line of the book as the API tells it, and in which words the page shows kind, change and reason."""

    kind: str
    who: str
    about: str
    old: str | None
    new: str | None
    reason: str
    shown: tuple[str, str, str]


def step_of(kind: str, about: str, shown: str) -> Callable[..., Step]:
    """Make the steps of one alarm or protective action: who, old, new, why, and the last three as they are shown."""

    def made(who: str, told: tuple[str, str, str], change: str, why: str) -> Step:
        return Step(kind, who, about, *told, (shown, change, why))

    return made


alarm = step_of("transition", ACTION, "alarm")
protection = step_of("change", P01, "protection")

STEPS = [
    alarm("gradewatch", ("NORM", "UNACK", "raised"), "Normal → Not acknowledged", "raised"),
    protection("gradewatch", ("ARMED", "REQUESTED", "triggered"), "armed → asked", "triggered"),
    Step("command", "gradewatch", TOWER, None, LIT, ACTION, ("command", LIT, ACTION)),
    protection("gradewatch", ("REQUESTED", "ACKED", "acked"), f"asked → {TAKEN}", "every ask was taken"),
    protection("gradewatch", ("ACKED", "LATCHED", "latched"), f"{TAKEN} → {HELD}", HELD),
    Step("signature", "cao", ACTION, None, None, "", ("signature", "", "")),
    Step("acknowledge", "cao", ACTION, None, None, TORN, ("acknowledge", "", TORN)),
    alarm("cao", ("UNACK", "ACKED", TORN), "Not acknowledged → Acknowledged", TORN),
    alarm("gradewatch", ("ACKED", "LATAK", "cleared"), f"Acknowledged → {OVER}", "back within limits"),
    Step("reset_protection", "cao, qian", P01, None, None, CHANGED, ("protection ended", "", CHANGED)),
    protection("cao, qian", ("LATCHED", "RESET_PENDING", CHANGED), f"{HELD} → ending", CHANGED),
    protection("gradewatch", ("RESET_PENDING", "ARMED", "closed"), "ending → armed", "over"),
    Step("reset", "cao", ACTION, None, None, "", ("reset", "", "")),
    alarm("cao", ("LATAK", "NORM", "reset"), f"{OVER} → Normal", "reset"),
    Step("command", "gradewatch", TOWER, None, DARK, "all NORM", ("command", DARK, "all NORM")),
]
"""Each step of the breach, in its order."""


def about(body: Mapping[str, Any]) -> str:
    """What a line is about: an alarm, a protective action, or a device."""
    return next((str(body[key]) for key in ("alarm", "protection", "of", "device") if body.get(key)), "")


def facts(line: Mapping[str, Any]) -> tuple[Any, ...]:
    """Give what a Step tells of a line before its words on the page."""
    body = line["body"]
    reason = body.get("comment") or body.get("reason") or ""
    return line["kind"], line["who"], about(body), line["old"], line["new"], reason


async def test_a_glove_breach_is_answered_for_on_the_screen_and_the_book_tells_each_step(
    protected: Service, chromium: Chromium
) -> None:
    start = datetime.now(UTC)  # noqa: TID251 - the wall clock is what the service goes by
    async with at_the_screen(chromium, protected, "cao") as page:
        await protected.fault("glove-breach", ISOLATOR)
        await see_the_breach(page, protected)
        await acknowledge_it(page, protected)
        await end_it(page, protected)
    lines = await until(lambda: told_whole(protected, start), "the whole story in the book")
    times = [datetime.fromisoformat(line["at"]) for line in lines]
    assert times == sorted(times)
    assert start <= times[0]
    async with at_the_screen(chromium, protected, "qian") as page:
        rows = await rows_of_the_book(page)
        for step, line in zip(STEPS, lines, strict=True):
            when = f"{datetime.fromisoformat(line['at']).astimezone(ZoneInfo('Asia/Shanghai')):%F %T}"
            kind, change, why = step.shown
            shown = rows[f"book-line-{line['chain']}-{line['seq']}"]
            assert shown == [when, kind, step.who, step.about, change, why, ""]
        await is_signed_by_cao(page, lines[6])


async def see_the_breach(page: Page, one: Service) -> None:
    """Banner, first-out, sound, tower, and a protective action that is asked and then verified."""
    banner, row = page.get_by_test_id("banner"), page.get_by_test_id(f"alarm-{ACTION}")
    await expect(banner).to_contain_text("STM-L1 · Isolator · Chamber pressure · low", timeout=SLOW_MS)
    await expect(banner.locator(".first-out")).to_contain_text("first-out")
    await expect(row).to_contain_text("first-out")
    await is_heard(page)
    acting = page.get_by_test_id("acting")
    await expect(acting).to_contain_text(
        "P-01 Isolator pressure lost · has its effect, held", timeout=SLOW_MS
    )
    await expect(acting).to_contain_text("Supply fan at 100 % (verified)")
    first, *_ = [text for text in await page.evaluate("window.acted") if text]
    assert re.search(r"P-01 .* · (asked|taken, not yet seen)", first), "it was seen before it had its effect"
    await expect(page.get_by_test_id(f"alarm-{ALERT}")).to_be_visible(timeout=SLOW_MS)
    if PICTURE in os.environ:
        await page.screenshot(path=os.environ[PICTURE])
    await page.get_by_test_id("open-line/STM-L1").click()
    await expect(page.get_by_test_id(f"lamp-{TOWER}/tier_1")).to_have_class(
        re.compile("lamp red on"), timeout=SLOW_MS
    )
    await until(lambda: _is(one, {"red": 1, "amber": 1, "horn": 1}), "the tower's own registers say so too")


async def acknowledge_it(page: Page, one: Service) -> None:
    """The form asks for words and the password; once every alarm is answered for, nothing sounds any more."""
    button = page.get_by_test_id("banner-acknowledge")
    await button.click()
    await page.get_by_test_id("banner-acknowledge-comment").fill(TORN)
    await button.click()
    assert {state for _, state in (await standing(one)).items()} == {"UNACK"}, (
        "without a password nothing is sent"
    )
    await answer_for(page, "banner-acknowledge", TORN)
    await expect(page.get_by_test_id(f"alarm-{ACTION}")).to_contain_text("by cao", timeout=SLOW_MS)
    await page.get_by_test_id(f"ack-{ALERT}").click()
    await fall_silent(page)
    await until(lambda: _is(one, {"red": 1, "amber": 1, "horn": 0}), "the horn on the floor silent too")


async def end_it(page: Page, one: Service) -> None:
    """Two end the protective action, but not before the pressure is back; then the alarms are reset."""
    await page.get_by_test_id("open-protections").click()
    end = page.get_by_test_id(f"end-{P01}")
    form = page.locator("form").filter(has=end)
    await form.locator("[name=comment]").fill(CHANGED)
    await form.locator("fieldset input").nth(0).fill("qian")
    await form.locator("fieldset input").nth(1).fill(PASSWORD)
    await end.click()
    await expect(page.get_by_test_id(f"end-{P01}-failure")).to_contain_text(
        "is still active", timeout=SLOW_MS
    )
    await one.clear()
    row = page.get_by_test_id(f"alarm-{ACTION}")
    await expect(row).to_contain_text("Over, held until reset", timeout=SLOW_MS)
    await end.click()
    await expect(page.get_by_test_id(f"armed-{P01}")).to_be_visible(timeout=SLOW_MS)
    for key in (ACTION, ALERT):
        await page.get_by_test_id(f"reset-{key}").click(timeout=SLOW_MS)
    await expect(page.get_by_test_id("banner")).to_contain_text("No alarms", timeout=SLOW_MS)
    await expect(page.get_by_test_id("acting")).to_have_count(0)
    await until(lambda: _is(one, {"red": 0, "amber": 0, "horn": 0}), "a dark tower")


async def told_whole(one: Service, start: datetime) -> list[dict[str, Any]]:
    """Give the line of each step, once each is there; none is there twice."""
    lines = await book_since(one, start)
    found = [[line for line in lines if facts(line) == step[:6]] for step in STEPS]
    assert all(len(each) <= 1 for each in found), found
    return [line for (line,) in found] if all(found) else []


async def is_signed_by_cao(page: Page, line: Mapping[str, Any]) -> None:
    """Unfold the line of acknowledging: it shows the signature by name, role, time and meaning."""
    await page.get_by_test_id(f"book-open-{line['chain']}-{line['seq']}").click()
    signature = page.get_by_test_id("book-signature")
    await expect(signature).to_contain_text(
        re.compile(r"Signed by Cao \(cao\), operator, .*: took responsibility"), timeout=SLOW_MS
    )


async def standing(one: Service) -> dict[str, str]:
    """Ask which alarms stand, and how."""
    async with one.signed_in("kan") as client:
        alarms = (await client.get("/api/v1/alarms")).json()["alarms"]
    return {each["id"]: each["state"] for each in alarms}


async def _is(one: Service, tower: dict[str, int]) -> bool:
    return await one.tower() == tower


async def test_without_a_database_the_screen_is_live_and_what_was_done_is_in_the_book_afterwards(
    protected: Service, chromium: Chromium
) -> None:
    async with at_the_screen(chromium, protected, "cao") as page:
        await protected.fault("glove-breach", ISOLATOR)
        await expect(page.get_by_test_id(f"ack-{ALERT}")).to_be_visible(timeout=SLOW_MS)
        async with protected.database.away(protected.database_url):
            start = datetime.now(UTC)  # noqa: TID251 - as above
            await protected.fault("door-open-room", "RM-STM-L1")
            await expect(page.get_by_test_id("history-away")).to_contain_text("No history", timeout=SLOW_MS)
            await is_live(page)
            await answer_for(page, "banner-acknowledge", TORN)
            await page.get_by_test_id(f"ack-{ALERT}").click()
            await expect(page.get_by_test_id(f"alarm-{ACTION}")).to_contain_text("by cao", timeout=SLOW_MS)
            await expect(page.get_by_test_id(f"alarm-{DOOR}")).to_be_visible(timeout=SLOW_MS)
            await is_heard(page)
            await page.get_by_test_id(f"ack-{DOOR}-comment").fill(CLOSED)
            await page.get_by_test_id(f"ack-{DOOR}").click()
            await expect(page.get_by_test_id(f"alarm-{DOOR}")).to_contain_text("by cao", timeout=SLOW_MS)
            await fall_silent(page)
            end = datetime.now(UTC)  # noqa: TID251 - as above
        await expect(page.get_by_test_id("history-away")).to_have_count(0, timeout=SLOW_MS)
    lines = await until(lambda: told_of_deeds(protected, start), "what was done in the book")
    assert sorted([(line["kind"], *facts(line)[2:]) for line in lines], key=str) == sorted(DEEDS, key=str)
    assert {line["who"] for line in lines} == {"cao"}
    assert all(start <= datetime.fromisoformat(line["at"]) <= end for line in lines), (
        "when it was done, not written"
    )
    await nothing_is_missing(protected, start.replace(microsecond=0), end.replace(microsecond=0))
    await verify(protected)


async def is_live(page: Page) -> None:
    """Values go on, none is old, and the banner tells what stands."""
    beats = [int(text.replace(",", "")) for text in await texts_of(page, f"value-{ISOLATOR}/heartbeat", 3)]
    assert len(set(beats)) >= 2
    assert beats == sorted(beats)
    await expect(page.locator(".channels .untrusted")).to_have_count(0, timeout=SLOW_MS)
    await expect(page.get_by_test_id("not-live")).to_have_count(0)
    await expect(page.get_by_test_id("banner")).to_contain_text("STM-L1 · Isolator · Chamber pressure · low")


async def told_of_deeds(one: Service, start: datetime) -> list[dict[str, Any]]:
    """Give what the book says of the operator's deeds, once it is as much as was done."""
    try:
        book = await book_since(one, start)
    except httpx.HTTPStatusError as error:
        if error.response.status_code == httpx.codes.SERVICE_UNAVAILABLE:
            return []  # a connection to the database that has just come back was still the old one
        raise
    lines = [line for line in book if line["who"] == "cao" and line["kind"] in KINDS]
    return lines if len(lines) >= len(DEEDS) else []


async def nothing_is_missing(one: Service, start: datetime, end: datetime) -> None:
    """Of each device there is one row for each second."""
    await stored_until(one, end)
    length = int((end - start).total_seconds())
    rows = await one.rows(COUNTED, start, end)
    assert [(n, distinct, span) for _, n, distinct, span in rows] == [(length, length, length)] * 5


async def verify(one: Service) -> None:
    """Run `gradewatch verify`, which must find nothing."""
    words = [str(BIN / "gradewatch"), "verify", "--data", str(one.data)]
    environment = {**os.environ, DATABASE_VARIABLE: one.database_url}
    process = await asyncio.create_subprocess_exec(*words, env=environment, stdout=asyncio.subprocess.PIPE)
    told, _ = await process.communicate()
    assert process.returncode == 0, told.decode()
