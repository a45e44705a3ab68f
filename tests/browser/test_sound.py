"""What is heard: sounds until it is acknowledged or silenced, says so where it cannot, and never for what is hidden."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from alarms.events import Shelve, Unshelve
from monitor.server.rights import Role
from tests.browser.calm import SLOW_MS, Calm, opened, served
from tests.browser.chromium import Chromium
from tests.browser.past import isolated
from tests.server.collector import ALARM, PRESSURE
from tests.server.conftest import Running
from tests.server.hands import Hands
from tests.service import until

TRANSFER = "ISO-STM-L1/transfer_pressure/alert"
# A browser lets nothing sound before a person has pressed something. What a test asks of a page counts as such a press,
# so here only a true one does.
BLOCKED = """
addEventListener("pointerdown", () => (window.pressed = true), {capture: true});
const resume = AudioContext.prototype.resume;
AudioContext.prototype.resume = function () {
    return window.pressed ? resume.call(this) : new Promise(() => undefined);
};
window.AudioContext = class extends AudioContext {
    constructor() {
        super();
        if (!window.pressed) this.suspend();
    }
};
"""
# Whatever the page sends to the speaker goes past a meter too.
METER = """
const connect = AudioNode.prototype.connect;
// Without anything to measure a meter would stand at what it measured last.
const running = (context) => {
    const [meter, off] = [context.createAnalyser(), context.createGain()];
    const quiet = new ConstantSourceNode(context, {offset: 0});
    off.gain.value = 0;
    connect.call(quiet, meter);
    connect.call(connect.call(meter, off), context.destination);
    quiet.start();
    return meter;
};
AudioNode.prototype.connect = function (to, ...rest) {
    if (to === this.context.destination) {
        window.meter ??= running(this.context);
        connect.call(this, window.meter);
    }
    return connect.call(this, to, ...rest);
};
window.loudest = async (ms, enough = Infinity) => {
    const samples = new Float32Array(2048);
    let most = 0;
    for (const end = performance.now() + ms; performance.now() < end && most <= enough; ) {
        if (window.meter) window.meter.getFloatTimeDomainData(samples);
        most = Math.max(most, ...samples.map(Math.abs));
        await new Promise((done) => setTimeout(done, 20));
    }
    return most;
};
"""
ROUND_MS = 3500
"""Longer than a round of the slower of the two patterns that are heard here."""
PAUSE_MS = 300
AUDIBLE = 0.2


@pytest.fixture
def calm(folder: Path) -> Calm:
    return Calm(isolated(), folder, Hands())


@pytest_asyncio.fixture(loop_scope="session")
async def server(calm: Calm) -> AsyncIterator[Running]:
    async with served(calm) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="session")
async def screen(server: Running, chromium: Chromium) -> AsyncIterator[Page]:
    """A screen in a browser that lets nothing sound before a person has pressed something."""
    async with opened(chromium, server, Role.OPERATOR, BLOCKED + METER) as page:
        yield page


async def loudest(page: Page) -> float:
    """Listen for a round, and return how loud it was at its loudest (1: as loud as can be)."""
    heard: float = await page.evaluate(f"window.loudest({ROUND_MS})")
    return heard


async def is_heard(page: Page) -> None:
    """Listen until something is heard."""

    async def sounds() -> bool:
        return bool(await page.evaluate(f"window.loudest({ROUND_MS}, {AUDIBLE})") > AUDIBLE)

    await until(sounds, "a sound")


async def pauses(page: Page) -> None:
    """Listen until nothing is heard for a moment."""

    async def is_quiet() -> bool:
        return bool(await page.evaluate(f"window.loudest({PAUSE_MS})") == 0)

    await until(is_quiet, "a pause")


async def allow(page: Page) -> None:
    """Press what lets it sound, and wait until the test of it is over."""
    await page.get_by_test_id("sound-fault").click(timeout=SLOW_MS)
    await expect(page.get_by_test_id("sound-fault")).to_have_count(0, timeout=SLOW_MS)
    await silent(page)


async def silent(page: Page) -> None:
    """Wait until nothing was heard for a round; on a busy machine, what was on its way to the speaker comes late."""
    while await loudest(page) > 0:
        pass


async def test_h19_sound_that_the_browser_blocks_is_a_fault_until_a_person_allows_it(
    screen: Page, calm: Calm
) -> None:
    fault = screen.get_by_test_id("sound-fault")
    await expect(fault).to_have_attribute("data-why", "blocked", timeout=SLOW_MS)
    await expect(fault).to_contain_text("Sound is blocked")
    calm.told[PRESSURE] = 15.0
    await expect(screen.get_by_test_id("silence")).to_be_visible(timeout=SLOW_MS)
    assert await loudest(screen) == 0
    await fault.click()
    await expect(fault).to_have_count(0, timeout=SLOW_MS)
    await is_heard(screen)


async def test_h19_it_sounds_again_and_again_until_silenced_and_again_for_a_new_alarm(
    screen: Page, calm: Calm
) -> None:
    await allow(screen)
    calm.told[PRESSURE] = 15.0
    silence = screen.get_by_test_id("silence")
    await expect(silence).to_be_visible(timeout=SLOW_MS)
    for _ in range(2):
        await is_heard(screen)
        await pauses(screen)
    await is_heard(screen)
    await silence.click()
    await expect(silence).to_have_count(0)
    await silent(screen)
    assert not calm.collector.alarms[ALARM].acknowledged
    await expect(screen.get_by_test_id(f"ack-{ALARM}")).to_be_visible()
    calm.told["ISO-STM-L1/air_velocity_1"] = 0.1
    await expect(silence).to_be_visible(timeout=SLOW_MS)
    await is_heard(screen)


async def test_h22_what_is_hidden_is_not_heard_and_is_once_it_is_shown(screen: Page, calm: Calm) -> None:
    await allow(screen)
    later = calm.hands.at + timedelta(hours=1)
    calm.collector.judge(Shelve(calm.hands.at, TRANSFER, later, "li", "the door is serviced"))
    calm.told["ISO-STM-L1/transfer_pressure"] = 12.0
    hidden = screen.get_by_test_id(f"hidden-{TRANSFER}")
    await screen.get_by_test_id("hidden-alarms").locator("summary").click(timeout=SLOW_MS)
    await expect(hidden).to_have_attribute("data-active", "true", timeout=SLOW_MS)
    assert await loudest(screen) == 0
    calm.collector.judge(Unshelve(calm.hands.at, TRANSFER, "li"))
    await expect(screen.get_by_test_id("silence")).to_be_visible(timeout=SLOW_MS)
    await is_heard(screen)


async def test_at_the_sign_in_a_person_hears_whether_this_station_can_be_heard(
    screen: Page, server: Running
) -> None:
    await screen.context.clear_cookies()
    await screen.goto(server.address)
    state = screen.get_by_test_id("sound-state")
    await expect(state).to_have_text("Not tried yet", timeout=SLOW_MS)
    await screen.get_by_test_id("sound-test").click()
    await expect(state).to_have_text("Sound is on", timeout=SLOW_MS)
    await screen.get_by_test_id("sound-test").click()
    await is_heard(screen)
    await screen.get_by_test_id("language").click()
    await expect(state).to_have_text("声音已开启")
