"""On call, by a telephone and at a desk: signed in on the alarm's own page, seen by PIN, confirmed; a turn swapped.

It takes no database: so it also shows that calling goes on without one.
"""

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote

import pytest
import pytest_asyncio
from playwright.async_api import Locator, Page, expect

from bench.running import LINE
from monitor.server.rights import Role
from tests.browser.calm import SLOW_MS, Calm, opened, served
from tests.browser.chromium import PHONE, Chromium
from tests.loaded import loaded
from tests.people import TRAINING, accounts
from tests.server.collector import ALARM, PRESSURE
from tests.server.conftest import PASSWORD, Running
from tests.server.hands import Hands

PIN, CALLED = "480913", "wang"
THUMB_PX = 44
"""What a thumb hits (WCAG 2.2, 2.5.5)."""
SMALL = f"""() => [...document.querySelectorAll("main input, main button, header button, header a")]
    .filter((one) => one.getBoundingClientRect().height < {THUMB_PX}).map((one) => one.outerHTML)"""


@dataclass(frozen=True)
class Telephone:
    """The page of one alarm, as somebody holds it."""

    page: Page

    def part(self, name: str) -> Locator:
        """A part of the page by its name."""
        return self.page.get_by_test_id(f"call-{name}")

    async def open(self, address: str, raised_at: str) -> None:
        """Follow a notice's link."""
        await self.page.goto(f"{address}#/call/{quote(ALARM, safe='')}/{quote(raised_at, safe='')}")

    async def sign_in(self) -> None:
        """Type name and password, where it asks for them."""
        await self.page.get_by_test_id("name").fill(CALLED)
        await self.page.get_by_test_id("password").fill(PASSWORD)
        await self.page.get_by_test_id("sign-in").click()

    async def acknowledge(self, words: str, secret: str) -> None:
        """Say what is done, sign, press."""
        await self.part("ack-comment").fill(words)
        await self.part("ack-password").fill(secret)
        await self.part("ack").click()


@asynccontextmanager
async def in_the_hand(chromium: Chromium) -> AsyncIterator[Telephone]:
    async with chromium.telephone() as page:
        yield Telephone(page)


@pytest_asyncio.fixture(loop_scope="session")
async def calm(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[Calm, Running]]:
    """A line in trouble, and its server without a database, which knows everybody; who is called has a PIN."""
    monkeypatch.setattr("monitor.asgi.GRACE_S", 0)
    plant = loaded(LINE)
    # Not pytest's own folder: a socket's path must be short.
    with tempfile.TemporaryDirectory(prefix="gw-") as folder:
        hands = Hands()
        calm = Calm(plant, Path(folder), hands)
        calm.told[PRESSURE] = 12.0
        async with served(calm) as server:
            hashed = await server.service.passwords.hash(PIN)
            known = [
                replace(one, pin_hash=hashed) if one.name == CALLED else one for one in accounts(PASSWORD)
            ]
            server.service.people.take(known, TRAINING)
            yield calm, server


async def test_a_telephone_is_enough_to_see_an_alarm_sign_by_pin_and_say_that_it_came(
    chromium: Chromium, calm: tuple[Calm, Running]
) -> None:
    told, server = calm
    async with in_the_hand(chromium) as phone:
        await phone.page.goto(server.address)  # until the first second was told
        await expect(phone.page.get_by_test_id("sign-in")).to_be_visible(timeout=SLOW_MS)
        raised_at = told.collector.alarms[ALARM].raised_at.isoformat()
        await phone.open(server.address, raised_at)
        await phone.sign_in()
        await expect(phone.part("value")).to_have_text("12.0 Pa", timeout=SLOW_MS)
        await expect(phone.part("state")).to_contain_text("Action limit 20")
        await expect(phone.page.get_by_test_id("overview")).to_have_count(0)
        assert await phone.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        await expect(phone.part("who")).to_contain_text("Wang", timeout=SLOW_MS)
        await expect(phone.page.get_by_test_id("notice-notice_waiting").first).to_be_visible()
        assert await phone.page.evaluate(SMALL) == []
        await phone.page.get_by_test_id("notice-came").click()
        await expect(phone.part("who")).to_contain_text("Noted: it came.")
        await phone.acknowledge("glove 3 changed", "590213")
        await expect(phone.page.get_by_role("alert").filter(has_text="PIN is wrong")).to_be_visible()
        await phone.acknowledge("glove 3 changed", PIN)
        await expect(phone.part("acknowledged")).to_have_text("Acknowledged by wang", timeout=SLOW_MS)
        assert told.collector.alarms[ALARM].acknowledged_by == CALLED
        await phone.open(server.address, "2026-01-01T00:00:00+00:00")
        await expect(phone.part("gone")).to_be_visible(timeout=SLOW_MS)


async def test_a_turn_is_swapped_with_a_reason_and_taken_back(
    chromium: Chromium, calm: tuple[Calm, Running]
) -> None:
    told, server = calm
    async with opened(chromium, server, Role.ENGINEER) as page:
        await page.evaluate("location.hash = '#/on-call'")
        await expect(page.get_by_test_id("duty-turns-night").locator("tbody tr")).to_have_count(
            14, timeout=SLOW_MS
        )
        form = page.get_by_test_id("substitutions").locator("form").last
        await form.locator("select[name=rotation]").select_option("night")
        await form.locator("select[name=person]").select_option("qian")
        await form.locator("input[name=begins]").fill("2026-03-03 20:00")
        await form.locator("input[name=ends]").fill("2026-03-04 08:00")
        await form.locator("input[name=reason]").fill("leave")
        await page.get_by_test_id("substitute").click()
        row = page.get_by_test_id("substitution-0")
        await expect(row).to_contain_text("leave", timeout=SLOW_MS)
        swapped = page.get_by_test_id("duty-turns-night").locator("tr", has_text="substitution")
        await expect(swapped).to_contain_text("2026-03-03 20:00", timeout=SLOW_MS)
        (noted,) = told.collector.state.calls.substitutions
        assert (noted.person, noted.begins.isoformat()) == ("qian", "2026-03-03T12:00:00+00:00")
        await row.locator("input[name=reason]").fill("back again")
        await page.get_by_test_id("take-back-0").click()
        await expect(row).to_have_count(0, timeout=SLOW_MS)
        assert told.collector.state.calls.substitutions == ()
