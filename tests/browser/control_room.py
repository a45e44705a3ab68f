"""A line that protects itself, run whole, and a person at its screen who looks, listens, clicks and types."""

import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import pytest
from playwright.async_api import Page, expect

from bench.running import LINE
from tests.browser.calm import SLOW_MS
from tests.browser.chromium import Chromium
from tests.browser.test_sound import AUDIBLE, METER
from tests.database import Server
from tests.service import PASSWORD, Service, service, until

ISOLATOR, TOWER = "ISO-STM-L1", "ST-STM-L1"
ACTION, ALERT = (f"{ISOLATOR}/chamber_pressure/{level}" for level in ("action", "alert"))
P01 = f"{ISOLATOR}/P-01"
SHORT_MS, CRITICAL_ROUND_MS = 300, 1600
"""The second: longer than a round of the most urgent pattern."""
SPELL = """
window.acted = [];
new MutationObserver(() => {
    const text = document.querySelector("[data-testid=acting]")?.textContent ?? "";
    if (text !== (window.acted.at(-1) ?? "")) window.acted.push(text);
}).observe(document, {childList: true, characterData: true, subtree: true});
"""
"""Notes each text that the banner shows of protective actions."""
ROWS = """(rows) => Object.fromEntries(rows.map((row) => [
    row.dataset.testid,
    [...row.querySelectorAll("td")].map((cell) => cell.innerText),
]))"""


@pytest.fixture(scope="module")
def protected(timescale: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Run the line as a whole, with a protective action and few limits; nobody is called from it."""
    source = tmp_path_factory.mktemp("protected") / "plant"
    shutil.copytree(LINE.parent / "protected", source)
    for same in ("plant", "zones", "devices"):
        shutil.copy(LINE / f"{same}.yaml", source)
    with service(timescale, source) as one:
        yield one


@asynccontextmanager
async def at_the_screen(chromium: Chromium, one: Service, name: str) -> AsyncIterator[Page]:
    """Let a person sign in by hand."""
    async with chromium.page(script=METER + SPELL) as page:
        await page.goto(one.address)
        await page.get_by_test_id("name").fill(name)
        await page.get_by_test_id("password").fill(PASSWORD)
        await page.get_by_test_id("sign-in").click()
        await expect(page.get_by_test_id("person")).to_contain_text(name, timeout=SLOW_MS)
        await expect(page.get_by_test_id("health-devices_live")).to_contain_text("5 / 5", timeout=SLOW_MS)
        yield page


async def is_heard(page: Page) -> None:
    """Listen until something is heard."""
    await expect(page.get_by_test_id("silence")).to_be_visible(timeout=SLOW_MS)
    await until(lambda: _loud(page, SHORT_MS), "a sound")


async def fall_silent(page: Page) -> None:
    """Wait until nothing is to be heard, and nothing is heard for a round of the most urgent pattern."""
    await expect(page.get_by_test_id("silence")).to_have_count(0, timeout=SLOW_MS)
    while await _loud(page, CRITICAL_ROUND_MS):
        pass


async def _loud(page: Page, for_ms: int) -> bool:
    return bool(await page.evaluate(f"window.loudest({for_ms}, {AUDIBLE})") > AUDIBLE)


async def answer_for(page: Page, form: str, comment: str) -> None:
    """Acknowledge a critical alarm as a person does: say what is done, give the password, press Enter."""
    await page.get_by_test_id(f"{form}-comment").fill(comment)
    password = page.get_by_test_id(f"{form}-password")
    await password.fill(PASSWORD)
    await password.press("Enter")


async def book_since(one: Service, start: datetime) -> list[dict[str, Any]]:
    """Read the book by the API, as quality does, the first line first."""
    async with one.signed_in("qian") as client:
        now = (await client.get("/api/v1/health")).json()["at"]
        asked = {"start": start.isoformat(), "end": now, "limit": 200}
        answer = (await client.get("/api/v1/book", params=asked)).raise_for_status().json()
    assert answer["next"] is None
    return list(reversed(answer["lines"]))


async def rows_of_the_book(page: Page) -> dict[str, list[str]]:
    """Go to the book by the menu; return each row's cells as a person reads them, by the row's id."""
    await page.get_by_test_id("nav-more").click()
    await page.get_by_test_id("nav-book").click()
    rows = page.locator("[data-testid^=book-line-]")
    await expect(rows.first).to_be_visible(timeout=SLOW_MS)
    told: dict[str, list[str]] = await rows.evaluate_all(ROWS)
    return told
