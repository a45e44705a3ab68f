"""People, the book and the plant's changes on the screen: each done by who may, refused in words, in both languages."""

import os
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from config.plant import Plant
from monitor.server.gate import API, COOKIE
from monitor.server.rights import Role
from monitor.server.totp import code_of
from monitor.versions import Versions
from tests.browser.calm import SLOW_MS, Calm, served
from tests.browser.chromium import Chromium
from tests.browser.looks import LOOKS, looks, turn
from tests.browser.shared import database_url, folder, no_task_left_running
from tests.changing import ACTION, line, looser
from tests.patience import PATIENCE_S
from tests.people import called
from tests.server.conftest import PASSWORD, Running
from tests.server.hands import Hands

__all__ = ["database_url", "folder", "no_task_left_running"]

OWN_PASSWORD = "a sentence that Zhao alone knows"
FOLDER = os.environ.get("GRADEWATCH_PICTURES")
PAGES = {"people": Role.ADMIN, "account": Role.ADMIN, "book": Role.QA, "changes": Role.QA}


@pytest.fixture(scope="module")
def known() -> tuple[Plant, dict[str, str]]:
    return line()


@pytest.fixture(scope="module")
def calm(known: tuple[Plant, dict[str, str]], folder: Path) -> Calm:
    Versions(folder).keep(known[1])
    return Calm(known[0], folder, Hands())


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def server(calm: Calm, database_url: str) -> AsyncIterator[Running]:
    async with served(calm, database_url) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="session")
async def page(server: Running, chromium: Chromium) -> AsyncIterator[Page]:
    """A page at which nobody is signed in anywhere yet."""
    for role in Role:
        server.service.sessions.end_all(called(role), "admin")
    async with chromium.page() as page:
        yield page


async def enter(page: Page, server: Running, role: Role) -> None:
    """Let somebody of a role be signed in."""
    await page.context.add_cookies([{"name": COOKIE, "value": server.sign_in(role), "url": server.address}])
    await page.goto(server.address)
    await expect(page.get_by_test_id("person")).to_contain_text(called(role), timeout=SLOW_MS)
    await expect(page.get_by_test_id("server-time")).to_contain_text("2026-03-02", timeout=SLOW_MS)


async def go(page: Page, server: Running, role: Role, to: str) -> None:
    """Let somebody of a role be signed in, and go to a page by the menu."""
    await enter(page, server, role)
    await page.get_by_test_id("nav-more").press("Enter")
    await page.get_by_test_id(f"nav-{to}").click()
    await expect(page.get_by_test_id(f"{to}-page")).to_be_visible(timeout=SLOW_MS)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def proposed(server: Running, known: tuple[Plant, dict[str, str]]) -> None:
    """Let the engineer propose looser limits."""
    own = {name: text for name, text in looser(known[1]).items() if name.startswith("plant/")}
    async with server.client(server.sign_in(Role.ENGINEER)) as client:
        body = {"reason": "less noise at night", "files": own}
        answer = await client.post(f"{API}/plant/proposals", json=body, timeout=PATIENCE_S)
    assert answer.status_code == 201, answer.text


async def test_the_menu_is_reached_by_keyboard_and_leads_only_where_one_may_go(
    page: Page, server: Running
) -> None:
    await enter(page, server, Role.VIEWER)
    more = page.get_by_test_id("nav-more")
    await more.focus()
    await page.keyboard.press("Enter")
    shown = page.locator(".more a")
    everybodys = [
        "Plates",
        "On call",
        "Devices",
        "Equipment tests",
        "Instruments",
        "Deviations",
        "Prevention",
    ]
    await expect(shown).to_have_text([*everybodys, "My account"])
    await page.keyboard.press("Tab")
    await page.keyboard.press("Escape")
    await expect(shown.first).to_be_hidden()
    await expect(more).to_be_focused()
    await go(page, server, Role.ADMIN, "people")
    await expect(more).to_contain_text("People")
    await more.click()
    await expect(page.get_by_test_id("nav-changes")).to_be_visible()
    await expect(page.get_by_test_id("nav-trends")).to_have_count(0)


async def test_a_new_person_gets_a_password_that_is_shown_once_and_has_to_be_changed(
    page: Page, server: Running
) -> None:
    await go(page, server, Role.ADMIN, "people")
    await page.get_by_test_id("person-new").click()
    form = page.locator("form", has=page.get_by_test_id("person-add"))
    await form.locator("[name=name]").fill("zhao")
    await form.locator("[name=display]").fill("Zhao Yi")
    await form.locator("[name=role]").select_option("operator")
    await form.locator("[name=reason]").fill("new on the shift")
    await page.get_by_test_id("person-add").click()
    given = await page.get_by_test_id("secret-value").inner_text(timeout=SLOW_MS)
    await expect(page.get_by_test_id("account-state-zhao")).to_have_text("one-time password")
    await page.get_by_test_id("secret-noted").click()
    await expect(page.get_by_text(given)).to_have_count(0)

    await page.locator("header").get_by_test_id("sign-out").click()
    await page.get_by_test_id("name").fill("zhao", timeout=SLOW_MS)
    await page.get_by_test_id("password").fill(given)
    await page.get_by_test_id("sign-in").click()
    await page.get_by_test_id("password_old").fill(given, timeout=SLOW_MS)
    await page.get_by_test_id("password_new").fill(OWN_PASSWORD)
    await page.get_by_test_id("password_again").fill("another sentence, which differs")
    await page.get_by_test_id("password-set").click()
    failure = page.get_by_test_id("password-set-failure")
    await expect(failure).to_contain_text("not typed the same")
    await page.get_by_test_id("password_again").fill(OWN_PASSWORD)
    await page.get_by_test_id("password-set").click()
    await expect(page.get_by_test_id("person")).to_contain_text("zhao", timeout=SLOW_MS)


async def test_who_keeps_the_accounts_unlocks_and_disables_and_quality_notes_training(
    page: Page, server: Running
) -> None:
    await go(page, server, Role.ADMIN, "people")
    await page.get_by_test_id("person-open-admin").click()
    await expect(page.get_by_test_id("person-own")).to_be_visible()
    await page.get_by_test_id("person-open-cao").click()
    card = page.get_by_test_id("person-card-cao")
    await expect(page.get_by_test_id("train-cao")).to_have_count(0)
    form = card.locator("form", has=page.get_by_test_id("disable-cao"))
    await form.locator("[name=reason]").fill("left the company")
    await page.get_by_test_id("disable-cao").click()
    await expect(page.get_by_test_id("account-state-cao")).to_have_text("disabled", timeout=SLOW_MS)

    await go(page, server, Role.QA, "people")
    await page.get_by_test_id("person-open-li").click()
    card = page.get_by_test_id("person-card-li")
    await expect(card.get_by_test_id("disable-li")).to_have_count(0)
    await card.locator("[name=until]").fill("2026-03-20")
    await card.locator("[name=reason]").fill("course 26-03")
    await page.get_by_test_id("train-li").click()
    await expect(page.get_by_test_id("person-li").locator(".training-ends_soon")).to_contain_text(
        "! 2026-03-20", timeout=SLOW_MS
    )


async def test_a_token_is_shown_once_and_revoked(page: Page, server: Running) -> None:
    await go(page, server, Role.ADMIN, "people")
    await page.get_by_test_id("token-new").click()
    form = page.locator("form", has=page.get_by_test_id("token-make"))
    await form.locator("[name=name]").fill("mes")
    await form.locator("[name=ends]").fill("2026-06-01")
    await form.locator("[name=reason]").fill("the MES reads trends")
    await page.get_by_test_id("token-make").click()
    await expect(page.get_by_test_id("token-make-failure")).to_have_text("Choose what it may do.")
    await page.get_by_test_id("token-deed-read_past").check()
    await page.get_by_test_id("token-make").click()
    await expect(page.get_by_test_id("secret-value")).not_to_be_empty(timeout=SLOW_MS)
    row = page.get_by_test_id("token-mes")
    await expect(row).to_contain_text("read the past")
    await row.locator("[name=reason]").fill("the MES is replaced")
    await page.get_by_test_id("revoke-mes").click()
    await expect(row).to_contain_text("revoked", timeout=SLOW_MS)


async def test_one_signs_out_somewhere_else(page: Page, server: Running) -> None:
    server.sign_in(Role.QA)
    await go(page, server, Role.QA, "account")
    rows = page.locator("[data-testid^=session-]:is(tr)")
    await expect(rows).to_have_count(2, timeout=SLOW_MS)
    await page.locator("button[data-testid^=session-end-]").click()
    await expect(rows).to_have_count(1, timeout=SLOW_MS)
    await expect(rows.first).to_contain_text("here")


async def test_the_book_is_searched_a_line_is_told_whole_and_a_period_is_reviewed(
    page: Page, server: Running, calm: Calm
) -> None:
    body = {"role": "admin", "what": "wang", "old": "operator", "new": "engineer", "reason": "promoted"}
    await server.service.ledger.say(calm.hands.now(), "role_changed", "admin", body)
    await server.service.ledger.say(calm.hands.now(), "signed_in", "li", body | {"old": None, "new": None})
    await server.service.ledger.settled()
    await go(page, server, Role.QA, "book")
    lines = page.locator("[data-testid^=book-line-]")
    # The server has its own lines too: its first account, and who saw what on the screen.
    await expect(lines.filter(has_text="promoted")).to_have_count(2, timeout=SLOW_MS)
    await page.get_by_test_id("book-kind").select_option("role_changed")
    await page.get_by_test_id("book-text").fill("promoted WANG")
    await page.get_by_test_id("book-look").click()
    await expect(lines).to_have_count(1, timeout=SLOW_MS)
    await expect(lines.first).to_contain_text("operator → engineer")
    await lines.first.locator("button").click()
    await expect(page.get_by_test_id("book-hash")).to_contain_text("✓ reckoned anew", timeout=SLOW_MS)

    sign = page.locator("form", has=page.get_by_test_id("review-sign"))
    await sign.locator("[name=password]").fill("not the password")
    await page.get_by_test_id("review-sign").click()
    await expect(page.get_by_test_id("review-sign-failure")).not_to_be_empty(timeout=SLOW_MS)
    await sign.locator("[name=comment]").fill("nothing unusual")
    await sign.locator("[name=password]").fill(PASSWORD)
    await page.get_by_test_id("review-sign").click()
    await server.service.ledger.settled()
    reviews = page.get_by_test_id("book-reviews").locator("tbody tr")
    await expect(reviews.first).to_contain_text("nothing unusual", timeout=SLOW_MS)
    # Nobody loads the page again: who reviewed it stands with the line as soon as the book has it.
    await expect(lines.first).to_contain_text("✓ qian", timeout=SLOW_MS)


@pytest.mark.usefixtures("proposed")
async def test_a_looser_limit_is_seen_and_approved_by_another_with_a_signature(
    page: Page, server: Running
) -> None:
    await go(page, server, Role.ENGINEER, "changes")
    await page.get_by_test_id("proposal-open-1").click(timeout=SLOW_MS)
    await expect(page.get_by_test_id("proposal-own")).to_be_visible(timeout=SLOW_MS)
    await expect(page.get_by_test_id("approve-1")).to_have_count(0)

    await go(page, server, Role.QA, "changes")
    await page.get_by_test_id("proposal-open-1").click(timeout=SLOW_MS)
    looser_row = page.get_by_test_id("differences").locator("tr", has=page.locator(".looser"))
    await expect(looser_row).to_contain_text([ACTION], timeout=SLOW_MS)
    await page.get_by_test_id("replay-start").click()
    await expect(page.get_by_test_id("replay")).to_have_attribute("data-state", "done", timeout=SLOW_MS)
    form = page.locator("form", has=page.get_by_test_id("approve-1"))
    await form.locator("[name=password]").fill(PASSWORD)
    await page.get_by_test_id("approve-1").click()
    await expect(page.get_by_test_id("proposal-state-1")).to_contain_text("approved", timeout=SLOW_MS)


@pytest.mark.usefixtures("proposed")
async def test_the_pages_hold_in_each_language_and_theme(page: Page, server: Running) -> None:
    for name, role in PAGES.items():
        await go(page, server, role, name)
        # The page before was left in the last look: it is still so.
        await looks(page, *(LOOKS[-1] if name != next(iter(PAGES)) else LOOKS[0]))
        first = page.locator(f"[data-testid={name}-page] tbody button.link").first
        if name != "account":
            await first.click(timeout=SLOW_MS)
        for language, theme in LOOKS:
            await turn(page, language, theme)
            if name != "account":
                await expect(page.locator(".admin-card")).to_be_visible()
            assert await page.locator(".admin").evaluate("one => one.scrollWidth <= one.clientWidth"), (
                f"nothing is cut on the right: {name}, {language}, {theme}"
            )
            if FOLDER:
                await page.wait_for_load_state("networkidle")
                await page.screenshot(path=Path(FOLDER) / f"{name}-{language}-{theme}.png")


# The last: who has a second factor signs otherwise.
async def test_a_second_factor_is_taken_on_once_the_device_has_proved_that_it_knows_the_secret(
    page: Page, server: Running, calm: Calm
) -> None:
    await go(page, server, Role.QA, "account")
    await page.get_by_test_id("second-factor-make").click()
    shown = page.get_by_test_id("second-factor-secret")
    await expect(shown).to_have_text(re.compile("^[A-Z2-7]{32}$"), timeout=SLOW_MS)
    secret = await shown.text_content() or ""
    form = page.locator("form").filter(has=page.get_by_test_id("second-factor-take"))
    for is_right, said in ((False, "not the code of this secret"), (True, "")):
        code = code_of(secret, int(calm.hands.at.timestamp()) // 30)
        await form.locator("[name=password]").fill(PASSWORD)
        await form.locator("[name=code]").fill(code if is_right else f"{(int(code) + 1) % 1_000_000:06}")
        await page.get_by_test_id("second-factor-take").click()
        if not is_right:
            failure = page.get_by_test_id("second-factor-take-failure")
            await expect(failure).to_contain_text(said, timeout=SLOW_MS)
    taken = page.get_by_test_id("second-factor-taken")
    await expect(taken).to_contain_text("asks for the code", timeout=SLOW_MS)
    known = server.service.people.account(called(Role.QA))
    assert known is not None
    assert known.totp_secret == secret
