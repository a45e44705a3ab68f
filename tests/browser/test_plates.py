"""A plate's whole life on the screen: planned, scanned, laid open, incubated, read, verified by another, approved."""

import os
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from monitor.server.gate import COOKIE
from monitor.server.rights import Role
from tests.browser.calm import SLOW_MS, Calm, opened, served
from tests.browser.chromium import Chromium
from tests.loaded import loaded
from tests.people import PEOPLE
from tests.sampling import BATCH, begun, days, sampled
from tests.server.conftest import PASSWORD, Running
from tests.server.hands import Hands

LINE = Path(__file__).parents[1] / "plants" / "line"
PICTURES = os.environ.get("GRADEWATCH_PICTURES")


@pytest.fixture
def calm(folder: Path) -> Calm:
    return Calm(sampled(loaded(LINE)), folder, Hands())


@pytest_asyncio.fixture(loop_scope="session")
async def server(calm: Calm, database_url: str) -> AsyncIterator[Running]:
    """A server whose database knows a batch that runs."""
    async with served(calm, database_url) as made:
        await made.store(book=begun(calm.hands.at - timedelta(hours=1)))
        yield made


@pytest_asyncio.fixture(loop_scope="session")
async def page(server: Running, chromium: Chromium) -> AsyncIterator[Page]:
    async with opened(chromium, server, Role.OPERATOR) as page:
        await page.get_by_test_id("nav-more").click()
        await page.get_by_test_id("nav-samples").click()
        await expect(page.get_by_test_id("plates-page")).to_be_visible(timeout=SLOW_MS)
        yield page


async def become(page: Page, server: Running, name: str) -> None:
    """Let somebody else be signed in, who scans the code that is looked at."""
    token = server.sign_in(PEOPLE[name], name)
    await page.context.add_cookies([{"name": COOKIE, "value": token, "url": server.address}])
    await page.reload()
    await expect(page.get_by_test_id("person")).to_contain_text(name, timeout=SLOW_MS)


async def picture(page: Page, name: str) -> None:
    """Leave pictures in both languages and themes, where somebody wants to look at them."""
    if PICTURES is None:
        return
    for look in ("en-dark", "en-light", "zh-light", "zh-dark"):
        await page.screenshot(path=Path(PICTURES) / f"plates-{name}-{look}.png")
        await page.get_by_test_id("language" if look in {"en-light", "zh-dark"} else "theme").click()
    await page.set_viewport_size({"width": 390, "height": 844})
    await page.screenshot(path=Path(PICTURES) / f"plates-{name}-phone.png", full_page=True)
    await page.set_viewport_size({"width": 1920, "height": 1080})
    await page.get_by_test_id("theme").click()


async def test_a_plates_life_from_the_plan_to_the_approval(page: Page, server: Running, calm: Calm) -> None:
    following = page.get_by_test_id("plate-next")
    scan, card, state = (page.get_by_test_id(one) for one in ("plates-scan", "plate-card", "plate-state"))
    await expect(scan).to_be_focused()
    await page.get_by_test_id("plates-plan").click()
    await page.locator(".plate-plan [name=batch]").fill(BATCH)
    await page.get_by_test_id("plan-batch").click()
    await expect(page.get_by_test_id("plan-made")).to_have_text("Planned: 3.", timeout=SLOW_MS)
    await page.get_by_test_id("plates-plan").click()
    await scan.fill("V000001-96")
    await scan.press("Enter")
    await expect(page.locator(".scan .failure")).to_be_empty()
    await expect(page.get_by_test_id("plate-failure")).to_contain_text("look at the label", timeout=SLOW_MS)
    # A scanner types and presses Enter.
    row = page.get_by_test_id("plates-expose").locator(".plate-row", has_text="settle")
    code = (await row.locator("b").inner_text()).strip()
    await picture(page, "list")
    await scan.fill(code.lower())
    await scan.press("Enter")
    await expect(page.get_by_test_id("plate-code")).to_have_text(code, timeout=SLOW_MS)
    await expect(page.get_by_test_id("plate-batch")).to_have_attribute("href", f"#/batch/{BATCH}")
    await page.get_by_test_id("plate-expose").click()
    await expect(state).to_have_text("Exposed", timeout=SLOW_MS)
    await expect(scan).to_be_focused()
    calm.hands.pass_s(3600)
    await page.get_by_test_id("plate-collect").click()
    await expect(state).to_have_text("Collected", timeout=SLOW_MS)
    await following.locator("[name=lot]").fill("TSA 26-114")
    await picture(page, "incubate")
    await following.locator("[name=lot]").fill("TSA 26-114")
    await page.get_by_test_id("plate-incubate").click()
    await expect(state).to_have_text("Incubating", timeout=SLOW_MS)
    calm.hands.at += days(1)
    await become(page, server, "li")
    await following.locator("[name=cfu]").fill("0")
    await page.get_by_test_id("plate-read").click()
    await expect(page.get_by_test_id("plate-read-failure")).to_contain_text("takes 2 days", timeout=SLOW_MS)
    calm.hands.at += days(1)
    await become(page, server, "li")
    await following.locator("[name=cfu]").fill("2")
    await following.locator("[name=organism]").fill("Staphylococcus")
    await following.locator("[name=species]").fill("S. epidermidis")
    await picture(page, "read")
    await following.locator("[name=cfu]").fill("2")
    await page.get_by_test_id("plate-read").click()
    await expect(page.get_by_test_id("plate-own")).to_be_visible(timeout=SLOW_MS)
    await become(page, server, "wang")
    await expect(card).to_contain_text("hidden until you have counted too", timeout=SLOW_MS)
    await expect(card).not_to_contain_text("epidermidis")
    await following.locator("[name=cfu]").fill("3")
    await page.get_by_test_id("plate-verify").click()
    await expect(page.get_by_test_id("plate-verify-failure")).to_contain_text(
        "counted otherwise", timeout=SLOW_MS
    )
    await following.locator("[name=cfu]").fill("2")
    await page.get_by_test_id("plate-verify").click()
    await expect(state).to_have_text("Verified", timeout=SLOW_MS)
    await become(page, server, "qian")
    await page.get_by_test_id("plates-tick-all").click(timeout=SLOW_MS)
    await page.locator(".plates-approve [name=password]").fill(PASSWORD)
    await picture(page, "approve")
    await page.locator(".plates-approve [name=password]").fill(PASSWORD)
    await page.get_by_test_id("plates-sign").click()
    await expect(page.get_by_test_id(f"plate-{code}")).to_have_count(0, timeout=SLOW_MS)
    await page.reload()
    await expect(state).to_have_text("Approved", timeout=SLOW_MS)
    await expect(page.get_by_test_id("plate-verdict")).to_contain_text("action limit exceeded")
    await expect(page.get_by_test_id("plate-history").locator("li")).to_have_count(6)
    await picture(page, "approved")


async def test_a_day_is_typed_in_the_order_of_iso_by_the_plants_clock(page: Page) -> None:
    """Whatever the browser's language: day and month cannot be taken for one another, and whose day it is stands by."""
    field = page.get_by_test_id("plates-day")
    await expect(page.locator(".plates-choice .day-field small")).to_have_text("YYYY-MM-DD, Asia/Shanghai")
    for language, nothing, between in (
        ("en", "There is no such day", "From 1950-01-01 to 2199-12-31 only."),
        ("zh", "没有这一天", "仅限 1950-01-01 至 2199-12-31。"),
    ):
        for wrong, why in (("2026-04-31", nothing), ("03/02/2026", nothing), ("1026-03-02", between)):
            await field.fill(wrong)
            said = await field.evaluate("field => field.validationMessage")
            assert why in said, (language, wrong)
        await page.get_by_test_id("language").click()
    await field.fill("2026-03-02")
    async with page.expect_request("**/api/v1/samples?day=2026-03-02"):
        await field.press("Enter")
    assert await page.locator("input[type=date], input[type=time], input[type=datetime-local]").count() == 0


async def test_who_may_not_is_offered_nothing_and_a_label_is_printed(page: Page, server: Running) -> None:
    await become(page, server, "cao")
    await page.get_by_test_id("plates-plan").click()
    await page.get_by_test_id("plan-day").click()
    await expect(page.get_by_test_id("plan-made")).to_have_text("Planned: 1.", timeout=SLOW_MS)
    await page.locator(".plate-row a").first.click()
    async with page.context.expect_page() as printed:
        await page.get_by_test_id("plates-labels").click()
    labels = await printed.value
    await expect(labels.locator("svg")).to_have_count(1, timeout=SLOW_MS)
    await labels.close()
    await become(page, server, "kan")
    await expect(page.get_by_test_id("plate-next")).to_contain_text("no right", timeout=SLOW_MS)
    await expect(page.locator(".plate-card form, .plate-plan")).to_have_count(0)
