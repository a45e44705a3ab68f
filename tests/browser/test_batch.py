"""The record of a batch on screen: what is to settle gets its deviation, the last level is signed, it is released."""

from datetime import timedelta

from playwright.async_api import Page, expect

from monitor.server.gate import API
from monitor.server.rights import Role
from tests.browser.calm import SLOW_MS, Calm, opened, served
from tests.browser.chromium import Chromium
from tests.browser.past import calm
from tests.browser.shared import folder
from tests.server.conftest import PASSWORD, Running
from tests.server.filled import BATCH, made_batch
from tests.server.test_batch_reviews import ASSESSED, PATH, ask, level, review_book, signed

__all__ = ["calm", "folder"]
NUMBER = "DEV-2026-0001"


async def sign(page: Page, testid: str, **fields: str) -> None:
    """Fill the form that a button belongs to, and sign."""
    button = page.get_by_test_id(testid)
    form = page.locator("form", has=button)
    for name, value in (fields | {"password": PASSWORD}).items():
        await form.locator(f"[name={name}]").fill(value, timeout=SLOW_MS)
    await button.click()


async def look(page: Page, standing: str) -> None:
    """See the record of the batch, and how its review stands."""
    await page.evaluate("(hash) => { location.hash = hash; }", f"#/batch/{BATCH}")
    await expect(page.get_by_test_id("dossier-standing")).to_have_text(standing, timeout=SLOW_MS)


async def settled(server: Running, calm: Calm) -> None:
    """Let the others do their part: assess and close the deviation, sign two levels, read the audit trail."""
    for who, step, body in (
        ("li", "assess", ASSESSED | signed("authorship")),
        ("qian", "close", signed("approval")),
    ):
        answer = await ask(server, who, f"{API}/deviations/{NUMBER}/{step}", body)
        assert answer.is_success, answer.text
    await review_book(server, calm.hands, "qian")
    sha256 = (await ask(server, "wang", f"{PATH}/review")).json()["sha256"]
    for who in ("wang", "李明"):
        assert (await level(server, who, sha256)).is_success


async def test_what_is_to_settle_gets_a_deviation_and_the_batch_is_released(
    chromium: Chromium, calm: Calm, database_url: str
) -> None:
    async with served(calm, database_url) as server:
        await server.store(book=made_batch(calm.hands.now() - timedelta(minutes=10)))
        async with opened(chromium, server, Role.QUALIFIED_PERSON) as page:
            await look(page, "not reviewed yet")
            await expect(page.get_by_test_id("sign-off-not")).to_be_visible()
            await expect(page.get_by_test_id("sign-off-release")).to_have_count(0)
            await page.get_by_test_id("matters").get_by_text("All that no deviation covers").click()
            await sign(page, "matters-open", title="nothing ran")
            covered = page.get_by_test_id("matter").get_by_role("link", name=NUMBER)
            await expect(covered.first).to_be_visible(timeout=SLOW_MS)
            await covered.first.click()
            await expect(page.get_by_test_id(f"card-{NUMBER}")).to_contain_text("opened fang")
            await settled(server, calm)
            await look(page, "in review")
            await sign(page, "sign-off-review", comment="all seen")
            await expect(page.get_by_test_id("dossier-standing")).to_have_text(
                "reviewed, not decided", timeout=SLOW_MS
            )
            await sign(page, "sign-off-release")
            await expect(page.get_by_test_id("dossier-standing")).to_have_text("released", timeout=SLOW_MS)
            await expect(page.get_by_test_id("sign-off")).to_contain_text("Level 3 fang")
            await expect(page.get_by_test_id("sign-off-reject")).to_have_count(0)
