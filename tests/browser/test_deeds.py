"""What people do on the screen, in a real browser: shelve, reset, confirm, switch off, end by two."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Locator, Page, expect

from config.load import load
from config.plant import Plant
from monitor.server.rights import Role
from tests.browser.calm import SLOW_MS, Calm, opened, served
from tests.browser.chromium import Chromium
from tests.browser.past import Booked, keep
from tests.server.acting import CLOSE, FAN, FIXED, acting, carried_out
from tests.server.collector import ALARM
from tests.server.conftest import PASSWORD, Running
from tests.server.hands import Hands

LINE = Path(__file__).parents[1] / "plants" / "line"
BACK_S = 20


@pytest.fixture(scope="module")
def plant() -> Plant:
    """Make a plant that protects itself, whose pressure alarm latches."""
    plant = load(LINE)
    limits = tuple(replace(limit, latching=limit.id == ALARM) for limit in plant.limits)
    return acting(replace(plant, limits=limits))


@pytest.fixture
def calm(plant: Plant, folder: Path) -> Calm:
    hands = Hands()
    return Calm(plant, folder, hands, Booked(plant, folder, hands))


@pytest_asyncio.fixture(loop_scope="session")
async def server(calm: Calm, database_url: str) -> AsyncIterator[Running]:
    async with served(calm, database_url) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="session")
async def screen(server: Running, chromium: Chromium) -> AsyncIterator[Page]:
    async with opened(chromium, server, Role.ENGINEER) as page:
        yield page


def fall(calm: Calm) -> None:
    """Let the isolator's pressure fall, and stay there."""
    calm.told["ISO-STM-L1/chamber_pressure"] = 15.0
    calm.collector.measure(15.0)


def rise(calm: Calm) -> None:
    """Let the pressure be back for so long that its alarm is over."""
    calm.told.clear()
    for _ in range(BACK_S):
        calm.collector.measure(52.5)


async def second_signs(form: Locator, password: str = PASSWORD, name: str = "wang") -> None:
    await form.locator("fieldset input").nth(0).fill(name)
    await form.locator("fieldset input").nth(1).fill(password)


def form_of(page: Page, button: str) -> Locator:
    return page.locator("form").filter(has=page.get_by_test_id(button))


async def see_protections(page: Page) -> None:
    await page.get_by_test_id("open-protections").click()
    await expect(page.get_by_test_id("protections-page")).to_be_visible(timeout=SLOW_MS)


async def test_guidance_unfolds_below_an_alarm_in_both_languages(screen: Page, calm: Calm) -> None:
    fall(calm)
    row = screen.get_by_test_id(f"alarm-{ALARM}")
    await expect(row.locator(".priority.critical")).to_be_visible(timeout=SLOW_MS)
    guidance = screen.get_by_test_id(f"guidance-{ALARM}")
    await expect(guidance).to_have_count(0)
    await screen.get_by_test_id(f"unfold-{ALARM}").click()
    for words in ("Air may enter.", "Fan at 100 %", "30 s", "SOP-ISO-003 v2"):
        await expect(guidance).to_contain_text(words, timeout=SLOW_MS)
    await screen.get_by_test_id("language").click()
    for words in ("空气可能进入。", "风机100 %", "响应时限"):
        await expect(guidance).to_contain_text(words, timeout=SLOW_MS)
    await screen.get_by_test_id(f"unfold-{ALARM}").click()
    await expect(guidance).to_have_count(0)


async def test_a_shelved_alarm_leaves_the_list_and_stands_hidden_with_its_reason(
    screen: Page, calm: Calm, database_url: str
) -> None:
    fall(calm)
    row = screen.get_by_test_id(f"alarm-{ALARM}")
    await screen.get_by_test_id(f"unfold-{ALARM}").click(timeout=SLOW_MS)
    form = form_of(screen, f"shelve-{ALARM}")
    await form.locator("[name=reason]").fill("the sensor is changed")
    await second_signs(form, "wrong")
    await screen.get_by_test_id(f"shelve-{ALARM}").click()
    failure = screen.get_by_test_id(f"shelve-{ALARM}-failure")
    await expect(failure).to_contain_text("password is wrong", timeout=SLOW_MS)
    await second_signs(form)
    await screen.get_by_test_id(f"shelve-{ALARM}").click()
    await expect(row).to_have_count(0, timeout=SLOW_MS)
    await keep(calm, database_url, [])
    await screen.get_by_test_id("hidden-alarms").locator("summary").click()
    hidden = screen.get_by_test_id(f"hidden-{ALARM}")
    await expect(hidden).to_contain_text(re.compile(r"Shelved.*until"), timeout=SLOW_MS)
    await expect(hidden).to_contain_text("li + wang: the sensor is changed", timeout=SLOW_MS)
    await screen.get_by_test_id(f"unshelve-{ALARM}").click()
    await expect(row).to_be_visible(timeout=SLOW_MS)
    await expect(hidden).to_have_count(0)


async def test_a_latched_alarm_that_is_over_goes_by_a_reset(screen: Page, calm: Calm) -> None:
    fall(calm)
    row, reset = screen.get_by_test_id(f"alarm-{ALARM}"), screen.get_by_test_id(f"reset-{ALARM}")
    await screen.get_by_test_id(f"ack-{ALARM}-comment").fill("glove 3 changed", timeout=SLOW_MS)
    await screen.get_by_test_id(f"ack-{ALARM}-password").fill(PASSWORD)
    await screen.get_by_test_id(f"ack-{ALARM}").click()
    await expect(row).to_contain_text("by li", timeout=SLOW_MS)
    await expect(reset).to_have_count(0)
    rise(calm)
    await reset.click(timeout=SLOW_MS)
    await expect(row).to_have_count(0, timeout=SLOW_MS)


async def test_a_protective_action_shows_its_asks_waits_for_a_word_where_it_must_and_is_ended_by_two(
    screen: Page, calm: Calm
) -> None:
    await see_protections(screen)
    armed = screen.get_by_test_id("protections-armed").get_by_test_id(f"armed-{FAN}")
    await expect(armed).to_be_visible(timeout=SLOW_MS)
    fall(calm)
    running_one = screen.get_by_test_id("protections-running").get_by_test_id(f"protection-{FAN}")
    await expect(running_one.locator(".asks")).to_contain_text("Fan at 100 %", timeout=SLOW_MS)
    await expect(running_one.locator(".ask-state")).to_have_text("asked")
    await expect(running_one).to_contain_text("15 < 20")
    await expect(screen.get_by_test_id("acting")).to_be_visible()
    await expect(armed).to_have_count(0)
    waiting = screen.get_by_test_id(f"state-{CLOSE}")
    await expect(waiting).to_have_text("triggered", timeout=SLOW_MS)
    await screen.get_by_test_id(f"confirm-{CLOSE}").click()
    await expect(waiting).to_have_text("asked", timeout=SLOW_MS)
    await expect(screen.get_by_test_id(f"confirm-{CLOSE}")).to_have_count(0)
    calm.collector.judge(carried_out(calm.hands.at, calm.collector.state, FAN))
    latched = screen.get_by_test_id("protections-latched").get_by_test_id(f"protection-{FAN}")
    await expect(latched).to_contain_text("operator + QA", timeout=SLOW_MS)
    await expect(latched.locator(".ask-state")).to_have_text("taken")
    end = screen.get_by_test_id(f"end-{FAN}")
    await second_signs(form_of(screen, f"end-{FAN}"), name="qian")
    await end.click()
    await expect(screen.get_by_test_id(f"end-{FAN}-failure")).to_contain_text(
        "is still active", timeout=SLOW_MS
    )
    rise(calm)
    await end.click()
    await expect(armed).to_be_visible(timeout=SLOW_MS)
    await expect(latched).to_have_count(0)


async def test_two_switch_one_off_and_it_says_so_until_it_is_on_again(screen: Page) -> None:
    await see_protections(screen)
    await screen.get_by_test_id(f"armed-{FIXED}").locator("summary").click()
    await expect(screen.get_by_test_id(f"armed-{FIXED}")).to_contain_text("Nobody can switch it off.")
    await screen.get_by_test_id(f"armed-{FAN}").locator("summary").click()
    form = form_of(screen, f"inhibit-{FAN}")
    await form.locator("[name=reason]").fill("the fan is serviced")
    await second_signs(form)
    await screen.get_by_test_id(f"inhibit-{FAN}").click()
    off = screen.get_by_test_id("protections-switched_off").get_by_test_id(f"protection-{FAN}")
    await expect(off).to_contain_text("li + wang: the fan is serviced", timeout=SLOW_MS)
    await expect(off).to_contain_text("until 2026-03-02")
    await screen.get_by_test_id(f"rearm-{FAN}").click()
    await expect(off).to_have_count(0, timeout=SLOW_MS)
    await expect(screen.get_by_test_id(f"armed-{FAN}")).to_be_visible()


async def test_a_viewer_sees_it_all_and_is_offered_no_deed(
    server: Running, chromium: Chromium, calm: Calm
) -> None:
    fall(calm)
    calm.collector.judge(carried_out(calm.hands.at, calm.collector.state, FAN))
    async with opened(chromium, server, Role.VIEWER) as page:
        await page.get_by_test_id(f"unfold-{ALARM}").click(timeout=SLOW_MS)
        await expect(page.get_by_test_id(f"guidance-{ALARM}")).to_be_visible(timeout=SLOW_MS)
        await see_protections(page)
        await expect(page.get_by_test_id("protections-latched").locator(".card")).to_have_count(1)
        await page.get_by_test_id(f"armed-{FIXED}").locator("summary").click()
        await expect(page.locator("form button")).to_have_count(0)
