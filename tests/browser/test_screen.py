"""The screen in a real browser: live values, an alarm that comes by itself, and acknowledging."""

import re
from itertools import pairwise

from playwright.async_api import Page, expect

from tests.browser.calm import SLOW_MS
from tests.scenarios.test_first_light import calm
from tests.service import PASSWORD, Service

PRESSURE = "ISO-STM-L1/chamber_pressure"
ALARM = f"alarm-{PRESSURE}/action"
ACKNOWLEDGE = f"ack-{PRESSURE}/action"
PHONE_WIDTH = 390
COLOUR = "(element) => getComputedStyle(element).color"
QUIET = """() => {
    const span = document.createElement("span");
    span.style.color = "var(--quiet)";
    document.body.append(span);
    const colour = getComputedStyle(span).color;
    span.remove();
    return colour;
}"""


async def answer_for(page: Page, password: str = PASSWORD) -> None:
    """Acknowledge the critical alarm, with words and a signature."""
    await page.get_by_test_id(f"{ACKNOWLEDGE}-comment").fill("glove 3 changed")
    await page.get_by_test_id(f"{ACKNOWLEDGE}-password").fill(password)
    await page.get_by_test_id(ACKNOWLEDGE).click()


async def sign_in(page: Page, password: str = PASSWORD) -> None:
    """Fill the sign-in form and send it."""
    await page.get_by_test_id("name").fill("li")
    await page.get_by_test_id("password").fill(password)
    await page.get_by_test_id("sign-in").click()


async def see_pressure(page: Page) -> None:
    """Open the isolator's zone, where its chamber pressure is shown."""
    await page.get_by_test_id("zone-STM-L1-A-ISO").click()
    await expect(page.get_by_test_id(f"value-{PRESSURE}")).to_be_visible(timeout=SLOW_MS)


async def texts_of(page: Page, test_id: str, count: int) -> list[str]:
    """Watch an element until it has shown so many texts; return each text that it shows, in order."""
    return await page.evaluate(  # type: ignore[no-any-return]  # a list of strings, by the script
        """([id, count]) => new Promise((done) => {
            const element = document.querySelector(`[data-testid="${id}"]`);
            const texts = [element.textContent];
            const observer = new MutationObserver(() => {
                if (element.textContent !== texts.at(-1)) texts.push(element.textContent);
                if (texts.length >= count) { observer.disconnect(); done(texts); }
            });
            observer.observe(element, {childList: true, characterData: true, subtree: true});
        })""",
        [test_id, count],
    )


async def test_a_wrong_password_is_said_and_lets_nobody_in(page: Page) -> None:
    await sign_in(page, "wrong")
    await expect(page.get_by_test_id("sign-in-failure")).to_be_visible(timeout=SLOW_MS)
    await expect(page.get_by_test_id("banner")).to_have_count(0)


async def test_values_change_every_second(page: Page) -> None:
    await sign_in(page)
    await see_pressure(page)
    numbers = [int(text.replace(",", "")) for text in await texts_of(page, "value-ISO-STM-L1/heartbeat", 6)]
    # It counts the isolator's own seconds. On a busy machine a poll may be skipped; what is shown never goes back.
    assert all(before < after for before, after in pairwise(numbers))


async def test_an_alarm_appears_without_reload_and_is_acknowledged(page: Page, running: Service) -> None:
    await sign_in(page)
    await see_pressure(page)
    await expect(page.get_by_test_id(ALARM)).to_have_count(0)
    await running.fault("glove-breach", "ISO-STM-L1")
    await expect(page.get_by_test_id(ALARM)).to_be_visible(timeout=SLOW_MS)
    # Which alarm of the breach comes first depends on the second it falls in; the place and its worst value never do.
    await expect(page.get_by_test_id("banner")).to_contain_text("STM-L1 · Isolator", timeout=SLOW_MS)
    await expect(page.get_by_test_id("banner")).to_contain_text(re.compile(r"worst −?\d"), timeout=SLOW_MS)
    await answer_for(page, "wrong")
    row = page.get_by_test_id(ALARM)
    await expect(row.get_by_role("alert")).to_contain_text("password is wrong", timeout=SLOW_MS)
    await answer_for(page)
    await expect(page.get_by_test_id(ACKNOWLEDGE)).to_have_count(0, timeout=SLOW_MS)
    await expect(row).to_be_visible()
    async with running.signed_in() as client:
        standing = (await client.get("/api/v1/alarms")).json()["alarms"]
        (alarm,) = [one for one in standing if one["id"] == f"{PRESSURE}/action"]
        assert (alarm["state"], alarm["acknowledged_by"]) == ("ACKED", "li")
        await calm(running, client)
    await expect(page.get_by_test_id(ALARM)).to_have_count(0, timeout=SLOW_MS)


async def test_a_device_that_falls_silent_in_an_alarm_is_not_shown_as_live(
    page: Page, running: Service
) -> None:
    await sign_in(page)
    await see_pressure(page)
    await running.fault("glove-breach", "ISO-STM-L1")
    await expect(page.get_by_test_id(ALARM)).to_be_visible(timeout=SLOW_MS)
    await running.device("ISO-STM-L1", "down")
    try:
        for place in (f'[data-testid="{ALARM}"]', ".channels tr.action", ".trend"):
            figure = page.locator(f"{place} .untrusted .figure").first
            await expect(figure).to_be_visible(timeout=SLOW_MS)
            assert await figure.evaluate(COLOUR) == await page.evaluate(QUIET)
    finally:
        await running.device("ISO-STM-L1", "up")
        async with running.signed_in() as client:
            await calm(running, client)


async def test_a_phone_shows_the_whole_list_of_alarms_and_acknowledges(page: Page, running: Service) -> None:
    await page.set_viewport_size({"width": PHONE_WIDTH, "height": 844})
    await sign_in(page)
    await running.fault("glove-breach", "ISO-STM-L1")
    button = page.get_by_test_id(ACKNOWLEDGE)
    await expect(button).to_be_visible(timeout=SLOW_MS)
    assert await page.locator(".alarms").evaluate("(list) => list.scrollHeight - list.clientHeight") <= 0
    box = await button.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= PHONE_WIDTH
    await answer_for(page)
    await expect(button).to_have_count(0, timeout=SLOW_MS)
    async with running.signed_in() as client:
        await calm(running, client)


async def test_the_language_changes_at_run_time(page: Page) -> None:
    await sign_in(page)
    await see_pressure(page)
    body = page.locator("body")
    await expect(body).to_contain_text("Chamber pressure")
    await page.get_by_test_id("language").click()
    await expect(body).to_contain_text("舱室压力", timeout=SLOW_MS)
