"""The alarms page: what stands and is hidden, what was, what the book says of it, and how much alarms ask of people."""

import re
from collections.abc import AsyncIterator

import pytest_asyncio
from playwright.async_api import Page, expect

from monitor.server.rights import Role
from tests.browser.calm import SLOW_MS, Calm, opened
from tests.browser.chromium import Chromium
from tests.browser.past import calm, server
from tests.browser.shared import database_url, folder, no_task_left_running
from tests.server.collector import ALARM
from tests.server.conftest import Running

__all__ = ["calm", "database_url", "folder", "no_task_left_running", "server"]

TRANSFER = "ISO-STM-L1/transfer_pressure/alert"


@pytest_asyncio.fixture(loop_scope="session")
async def screen(server: Running, chromium: Chromium) -> AsyncIterator[Page]:
    async with opened(chromium, server, Role.ENGINEER) as page:
        yield page


async def look_at(page: Page, tab: str) -> None:
    await page.get_by_test_id("nav-alarms").click()
    await page.get_by_test_id(f"tab-{tab}").click()


async def test_what_was_is_searched_by_words_level_and_time(screen: Page) -> None:
    await look_at(screen, "history")
    past = screen.get_by_test_id(f"past-{ALARM}")
    await expect(past).to_be_visible(timeout=SLOW_MS)
    await expect(past).to_contain_text("worst 15.0 Pa")
    form = screen.get_by_test_id("history-search")
    rows, state = screen.locator(".occurrences > li"), screen.get_by_test_id("history-state")
    await form.locator("[name=level]").select_option("alert")
    await screen.get_by_test_id("history-ask").click()
    await expect(past).to_have_count(0, timeout=SLOW_MS)
    await expect(screen.locator(".occurrences > .alert").first).to_be_visible()
    await form.locator("[name=level]").select_option("")
    await form.locator("[name=text]").fill("舱室压力 action")
    await screen.get_by_test_id("history-ask").click()
    await expect(past).to_be_visible(timeout=SLOW_MS)
    await expect(state).to_contain_text(re.compile(rf"^{await rows.count()} found"))
    await form.locator("[name=text]").fill("no such words")
    await screen.get_by_test_id("history-ask").click()
    await expect(state).to_contain_text("Nothing was found.", timeout=SLOW_MS)
    await form.locator("[name=text]").fill("")
    await screen.get_by_test_id("span-from").fill("2026-03-02 16:00")
    await screen.get_by_test_id("span-to").fill("2026-03-02 16:20:00")
    await screen.get_by_test_id("history-ask").click()
    await expect(state).to_contain_text("Nothing was found.", timeout=SLOW_MS)
    await screen.get_by_test_id("span-to").fill("2026-03-02 16:30:00")
    await screen.get_by_test_id("history-ask").click()
    await expect(past).to_be_visible(timeout=SLOW_MS)


async def test_an_occurrence_tells_what_the_book_says_and_leads_to_its_trend(screen: Page) -> None:
    await look_at(screen, "history")
    await screen.get_by_test_id(f"past-{ALARM}").locator("button").click(timeout=SLOW_MS)
    story = screen.get_by_test_id(f"story-{ALARM}").get_by_role("list", name="What happened").locator("li")
    await expect(story).to_have_count(4, timeout=SLOW_MS)
    await expect(story.nth(0)).to_contain_text(re.compile(r"16:25:00.*raised"))
    for place, told in enumerate(("back within limits", "suppressed by design", "no longer suppressed"), 1):
        await expect(story.nth(place)).to_contain_text(told)
    await expect(screen.get_by_test_id(f"times-{ALARM}").locator("li")).to_have_count(7)
    await screen.get_by_test_id(f"trend-of-{ALARM}").click()
    await expect(screen.get_by_test_id("trends-plot").locator("canvas")).to_be_visible(timeout=SLOW_MS)
    await screen.go_back()
    await expect(screen.get_by_test_id("history")).to_be_visible()


async def test_the_load_stands_beside_its_aims_in_both_languages_and_themes(screen: Page) -> None:
    await look_at(screen, "load")
    per_hour = screen.get_by_test_id("load-of-per_hour")
    await expect(per_hour).to_contain_text("≤ 6", timeout=SLOW_MS)
    await expect(screen.get_by_test_id("load-of-critical")).to_contain_text("off the aim")
    await expect(screen.locator(".top li").first).to_contain_text("STM-L1 · Isolator")
    await screen.get_by_test_id("language").click()
    await screen.get_by_test_id("theme").click()
    await expect(screen.get_by_test_id("load-of-critical")).to_contain_text("偏离目标")


async def test_an_alarm_is_taken_out_of_service_for_a_work_order_and_given_back(
    screen: Page, calm: Calm
) -> None:
    calm.told["ISO-STM-L1/transfer_pressure"] = 12.0
    await look_at(screen, "standing")
    await screen.get_by_test_id(f"unfold-{TRANSFER}").click(timeout=SLOW_MS)
    form = screen.locator("form").filter(has=screen.get_by_test_id(f"take-out-{TRANSFER}"))
    await form.locator("[name=reason]").fill("the sensor is changed")
    await form.locator("[name=work_order]").fill("WO-17")
    await screen.get_by_test_id(f"take-out-{TRANSFER}").click()
    await screen.get_by_test_id("hidden-alarms").locator("summary").click(timeout=SLOW_MS)
    hidden = screen.get_by_test_id(f"hidden-{TRANSFER}")
    await expect(hidden).to_contain_text("WO-17", timeout=SLOW_MS)
    await screen.get_by_test_id(f"in-service-{TRANSFER}").click()
    await expect(hidden).to_have_count(0, timeout=SLOW_MS)
    await expect(screen.get_by_test_id(f"alarm-{TRANSFER}")).to_be_visible(timeout=SLOW_MS)


async def test_what_goes_on_in_a_zone_is_set_with_its_reason(
    server: Running, chromium: Chromium, calm: Calm
) -> None:
    async with opened(chromium, server, Role.OPERATOR) as page:
        await look_at(page, "standing")
        form = page.get_by_test_id("occupy")
        await form.locator("[name=zone]").select_option("STM-L1-A-ISO")
        await form.locator("[name=occupancy]").select_option("at_rest")
        await form.locator("[name=reason]").fill("end of the shift")
        await page.get_by_test_id("occupy-set").click()
        await expect(form).to_contain_text("STM-L1-A-ISO: At rest", timeout=SLOW_MS)
    assert calm.collector.state.occupancy["STM-L1-A-ISO"] == "at_rest"


async def test_who_may_not_read_the_past_is_offered_none_of_it(server: Running, chromium: Chromium) -> None:
    async with opened(chromium, server, Role.ADMIN) as page:
        await page.get_by_test_id("nav-alarms").click()
        await expect(page.get_by_test_id("tab-standing")).to_be_visible()
        for closed in ("tab-history", "tab-load", "nav-trends", "occupy"):
            await expect(page.get_by_test_id(closed)).to_have_count(0)
