"""The register of instruments on the screen: found, noted by one person, confirmed by another, and what is due."""

import os
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from config.load import load
from monitor.server.gate import COOKIE
from monitor.server.instruments import day_of
from monitor.server.rights import Role
from monitor.store.instruments import confirm_entry, note_entry
from monitor.store.people import By
from tests.browser.calm import SLOW_MS, Calm, opened, served
from tests.browser.chromium import Chromium
from tests.browser.looks import LOOKS, turn
from tests.browser.shared import database_url, folder, no_task_left_running
from tests.monitor.test_calibration import FACTS
from tests.server.conftest import Running
from tests.server.hands import Hands
from tests.service import until

__all__ = ["database_url", "folder", "no_task_left_running"]

LINE = Path(__file__).parents[1] / "plants" / "line"
PICTURES = os.environ.get("GRADEWATCH_PICTURES")
COUNTER, GATEWAY, ISOLATOR = "PC-A-STM-L1", "RM-STM-L1", "ISO-STM-L1"


@pytest.fixture(scope="module")
def calm(folder: Path) -> Calm:
    return Calm(load(LINE), folder, Hands())


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def server(calm: Calm, database_url: str) -> AsyncIterator[Running]:
    """A server in whose register the counter is due in 20 days, and the isolator a day over."""
    async with served(calm, database_url) as made:
        for instrument, days in ((COUNTER, 20), (ISOLATOR, -1)):
            await _known(made, instrument, days)
        made.service.instruments.change()
        yield made


async def _known(server: Running, instrument: str, days: int) -> None:
    at = server.service.settings.now()
    today = day_of(at, server.service.settings.plant.time_zone)
    facts = replace(FACTS, instrument=instrument, due_on=today + timedelta(days=days))
    async with server.service.database.connection() as connection:
        number = await note_entry(connection, By(at, "li", "engineer", "first entry"), facts)
        await confirm_entry(connection, By(at, "wang", "engineer", ""), number, today)


@pytest_asyncio.fixture(loop_scope="session")
async def page(server: Running, chromium: Chromium) -> AsyncIterator[Page]:
    async with opened(chromium, server, Role.ENGINEER) as page:
        await page.get_by_test_id("open-instruments").click()
        await expect(page.get_by_test_id("instruments-page")).to_be_visible(timeout=SLOW_MS)
        yield page


async def become(page: Page, server: Running, name: str, role: Role = Role.ENGINEER) -> None:
    """Let somebody else be signed in."""
    await page.context.add_cookies(
        [{"name": COOKIE, "value": server.sign_in(role, name), "url": server.address}]
    )
    await page.reload()
    await expect(page.get_by_test_id("instruments-page")).to_be_visible(timeout=SLOW_MS)


async def test_the_worst_stands_first_and_each_is_found_in_both_languages(page: Page) -> None:
    rows = page.locator(".instrument-table tbody")
    await expect(rows).to_have_count(4, timeout=SLOW_MS)
    states = page.locator(".instrument-state")
    await expect(states).to_contain_text(
        ["Overdue", "Not in the register", "Not in the register", "Due within 1 month"]
    )
    await expect(page.locator("tbody .instrument-mark path")).to_have_count(4)
    search = page.get_by_test_id("instruments-search")
    await search.fill("overdue iso")
    await expect(rows).to_have_count(1)
    await expect(page.get_by_test_id("instruments-found")).to_have_text("1 of 4")
    await expect(rows.first).to_contain_text("1 d over")
    await page.get_by_test_id("language").click()
    await search.fill("粒子 SN")
    await expect(states).to_contain_text(["一个月内到期"])
    await search.fill("nothing is called so")
    await expect(rows).to_have_count(0)
    await search.fill("")
    await page.get_by_test_id("instruments-only").check()
    await expect(rows).to_have_count(4)


async def test_a_counter_that_says_another_day_is_worth_a_look(page: Page, calm: Calm) -> None:
    row = page.get_by_test_id(f"instrument-{COUNTER}")
    await expect(row).to_contain_text("20 d left", timeout=SLOW_MS)
    await expect(row.locator(".told")).to_have_count(0)
    calm.told[f"{COUNTER}/cal_due"] = datetime(2026, 9, 30, 20, tzinfo=UTC).timestamp()
    calm.pass_second()

    async def told() -> bool:
        await page.reload()
        await expect(row).to_be_visible(timeout=SLOW_MS)
        return await row.locator(".told").count() == 1

    await until(told, "what the counter says itself")
    await expect(row.locator(".told")).to_have_text("device says 2026-10-01")


async def test_what_is_due_is_an_alarm_with_its_own_words_and_counted_below(page: Page) -> None:
    overdue = page.get_by_test_id(f"alarm-service/calibration-overdue-of-{ISOLATOR}")
    await expect(overdue).to_contain_text("Calibration overdue: Isolator", timeout=SLOW_MS)
    soon = page.get_by_test_id(f"alarm-service/calibration-in-1-month-of-{COUNTER}")
    await expect(soon).to_contain_text("Calibration due within 1 month")
    await expect(page.get_by_test_id("open-instruments")).to_have_text("2 due")
    await page.get_by_test_id("language").click()
    await expect(overdue).to_contain_text("校准已过期：隔离器")
    await page.get_by_test_id(f"ack-service/calibration-in-1-month-of-{COUNTER}").click()
    await expect(soon).to_contain_text("li", timeout=SLOW_MS)


async def test_an_entry_is_noted_by_one_and_confirmed_by_another(page: Page, server: Running) -> None:
    await page.get_by_test_id(f"instrument-open-{ISOLATOR}").click()
    card = page.get_by_test_id(f"instrument-card-{ISOLATOR}")
    await expect(card).to_contain_text("noted by li", timeout=SLOW_MS)
    await card.get_by_test_id("instrument-new").click()
    await expect(card.locator("[name=serial]")).to_have_value("SN 1")
    await card.locator("[name=certificate]").fill("C-2026-99")
    await card.locator("[name=qualified_until]").fill("2028-03-20")
    await card.locator("[name=reason]").fill("yearly calibration")
    await card.get_by_test_id("instrument-note").click()
    failure = card.get_by_test_id("instrument-note-failure")
    await expect(failure).to_have_text("", timeout=SLOW_MS)
    await expect(card.get_by_test_id("instrument-own")).to_have_text("Another person has to confirm it.")
    await card.get_by_test_id("instrument-new").click()
    await card.locator("[name=calibrated_on]").fill("2026-03-01")
    await card.locator("[name=due_on]").fill("2026-03-01")
    await card.locator("[name=reason]").fill("yearly calibration")
    await card.get_by_test_id("instrument-note").click()
    await expect(failure).to_have_text("It is due after the calibration.", timeout=SLOW_MS)
    await card.locator("[name=due_on]").fill("2027-03-01")
    await card.get_by_test_id("instrument-note").click()
    state = page.get_by_test_id(f"instrument-state-{ISOLATOR}")
    await expect(card.locator(".instrument-history li")).to_have_count(3, timeout=SLOW_MS)
    await expect(state).to_contain_text("Overdue")
    await become(page, server, "wang")
    await page.get_by_test_id(f"instrument-open-{ISOLATOR}").click()
    await card.get_by_test_id("instrument-confirm").click(timeout=SLOW_MS)
    await expect(state).to_have_text(re.compile("^ ?In order$"), timeout=SLOW_MS)
    await expect(page.get_by_test_id("open-instruments")).to_have_text("1 due", timeout=SLOW_MS)
    await expect(card).to_contain_text("replaced before it was confirmed")
    await expect(card).to_contain_text("confirmed by wang")
    await expect(page.get_by_test_id(f"instrument-qualified-{ISOLATOR}")).to_contain_text("until 2028-03-20")


async def test_who_does_not_keep_the_register_is_offered_nothing(page: Page, server: Running) -> None:
    await become(page, server, "kan", Role.VIEWER)
    await page.get_by_test_id(f"instrument-open-{COUNTER}").click()
    await expect(page.get_by_test_id(f"instrument-card-{COUNTER}")).to_contain_text(
        "first entry", timeout=SLOW_MS
    )
    await expect(page.locator(".instruments form")).to_have_count(0)


async def test_the_page_holds_in_each_language_and_theme(page: Page) -> None:
    await page.get_by_test_id(f"instrument-open-{COUNTER}").click()
    await page.get_by_test_id("instrument-new").click()
    for language, theme in LOOKS:
        await turn(page, language, theme)
        await expect(page.locator(".instruments form").first).to_be_visible()
        panel = await page.get_by_test_id("instruments-page").bounding_box()
        table = await page.locator(".instrument-table").bounding_box()
        assert panel is not None
        assert table is not None
        assert table["x"] + table["width"] <= panel["x"] + panel["width"], "nothing is cut on the right"
        if PICTURES:
            await page.screenshot(path=Path(PICTURES) / f"instruments-{language}-{theme}.png")
