"""The page of a line and of a device: what is drawn of the machines, and how each trouble looks there.

A real server and a real browser look at the whole demo plant; the collector is a stand-in, so that values are told.
"""

import math
import os
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Locator, Page, expect

from alarms.events import SetOccupancy
from config.load import load
from config.model import Occupancy
from config.plant import Plant
from monitor.server.rights import Role
from tests.browser.calm import SLOW_MS, Calm, opened, served
from tests.browser.chromium import Chromium
from tests.browser.looks import LOOKS, turn
from tests.server.collector import PRESSURE
from tests.server.hands import Hands

ROOT = Path(__file__).parents[2]
PRODUCTION, VHP, AERATE, OPEN, CLOSED, LOCKED = 2, 3, 5, 0, 1, 2
DOORS = ("window", "transfer_outer", "transfer_inner", "loading_port", "rtp_1", "rtp_lock_1")
WELL = {
    "ISO-STM-L1/mode": PRODUCTION,
    "ISO-STM-L1/vhp_phase": 0,
    "HCI-STM-L1/vhp_phase": 0,
    **{f"ISO-STM-L1/{door}": LOCKED for door in DOORS},
    **{f"DI-STM/door_{n}_closed": CLOSED for n in range(1, 18)},
}
# What must not be: a name in a drawing or a card that is wider than the room it has.
CUT = """(page) => [
    ...page.querySelectorAll(".device-card h4, .facts .name, .rooms th, .scheme text")
].filter((one) => {
    const card = one.closest(".device-card").getBoundingClientRect();
    const box = one.getBoundingClientRect();
    return box.width > 0 && (box.left < card.left - 1 || box.right > card.right + 1);
}).map((one) => one.textContent)"""


@pytest.fixture(scope="module")
def plant() -> Plant:
    return load(ROOT / "config" / "plants" / "demo")


@pytest.fixture
def calm(plant: Plant, folder: Path) -> Calm:
    calm = Calm(plant, folder, Hands())
    calm.told.update(WELL)
    return calm


@pytest_asyncio.fixture(loop_scope="session")
async def page(calm: Calm, chromium: Chromium) -> AsyncIterator[Page]:
    """The page of a line, signed in."""
    async with (
        served(calm) as server,
        opened(chromium, server, Role.OPERATOR, place="line/STM-L1") as page,
    ):
        yield page


async def test_a_line_draws_each_of_its_machines_in_grey_and_each_has_a_page_with_what_is_reckoned(
    page: Page, plant: Plant
) -> None:
    for device in plant.devices.values():
        if device.line == "STM-L1":
            await expect(page.get_by_test_id(f"card-{device.id}")).to_be_visible()
    await expect(_live(page, PRESSURE).locator(".value")).to_contain_text("50.0", timeout=SLOW_MS)
    await expect(page.get_by_test_id("door-ISO-STM-L1/window")).to_have_class(re.compile(r"\blocked\b"))
    await expect(page.locator(".hive")).to_have_count(8)
    await expect(page.locator(".glove")).to_have_count(8)
    await expect(page.locator(".device-card .untrusted")).to_have_count(0, timeout=SLOW_MS)
    assert await page.locator(".device-card .action, .device-card .alert, .drawn .mark").count() == 0
    await page.get_by_test_id("card-ISO-STM-L1").get_by_role("link").click()
    await expect(page.get_by_test_id("page-device/ISO-STM-L1")).to_be_visible()
    await expect(page.locator(".detail h2")).to_contain_text("ISO-STM-L1")
    rate = page.get_by_test_id("value-ISO-STM-L1/chamber_pressure_rate")
    await expect(rate).to_have_text("0.0", timeout=SLOW_MS)
    await expect(page.get_by_test_id("age-ISO-STM-L1/chamber_pressure_rate")).not_to_have_text("—")
    await page.get_by_test_id("to-area").click()
    await expect(page.get_by_test_id("page-line/STM-L1")).to_be_visible()


async def test_no_name_is_cut_in_any_kind_of_area_in_either_language_and_theme(page: Page) -> None:
    await page.set_viewport_size({"width": 1366, "height": 768})
    for area in ("line/STM-L1", "line/VIR-L1", "shared/STM", "shared/QC", "shared/CS"):
        await _go(page, area)
        for language, theme in LOOKS:
            await turn(page, language, theme)
            await expect(page.locator(".device-card").first).to_be_visible()
            assert await page.get_by_test_id(f"page-{area}").evaluate(CUT) == []
            await _keep_picture(page, f"{area.replace('/', '-')}-{language}-{theme}")


async def test_a_breach_is_seen_in_the_drawing_by_shape_and_colour_and_only_the_chamber_in_alarm_is_marked(
    page: Page, calm: Calm
) -> None:
    calm.told[PRESSURE] = 3.1
    pressure = _live(page, PRESSURE)
    await expect(pressure).to_have_class(re.compile(r"\baction\b"), timeout=SLOW_MS)
    await expect(pressure.locator(".value")).to_contain_text("■ 3.1")
    await expect(page.get_by_test_id("card-ISO-STM-L1")).to_have_class(re.compile(r"\baction\b"))
    await expect(page.get_by_test_id("card-HCI-STM-L1").locator(".mark")).to_have_count(0)
    await _keep_picture(page, "line-breach")
    calm.told["HCI-STM-L1/ch3_temp"] = 39.2
    await expect(page.get_by_test_id("chamber-3")).to_have_class(re.compile(r"\baction\b"), timeout=SLOW_MS)
    await expect(page.get_by_test_id("chamber-3")).to_contain_text("■ 3")
    await expect(page.locator(".hive.action, .hive.alert")).to_have_count(1)


async def test_what_goes_on_in_a_zone_stands_on_its_tile_and_at_the_head_of_its_line(
    page: Page, calm: Calm
) -> None:
    head, zone = page.get_by_test_id("occupancy-STM-L1"), page.get_by_test_id("occupancy-STM-L1-CORE")
    await expect(head).to_have_text("In operation", timeout=SLOW_MS)
    await expect(zone).to_have_text("In operation")
    rest = SetOccupancy(calm.hands.at, "STM-L1-CORE", Occupancy.AT_REST, "li", "end of the shift")
    calm.collector.judge(rest)
    await expect(zone).to_have_text("At rest", timeout=SLOW_MS)
    await expect(head).to_contain_text("1 of ")
    await turn(page, "zh-CN", "dark")
    await expect(zone).to_have_text("静态")
    await _keep_picture(page, "line-occupancy")


async def test_doors_and_a_towers_lamps_are_drawn_as_they_read_back(page: Page, calm: Calm) -> None:
    calm.told |= {"ISO-STM-L1/transfer_outer": OPEN, "ISO-STM-L1/rtp_1": CLOSED}
    await expect(page.get_by_test_id("door-ISO-STM-L1/transfer_outer")).to_have_class(
        re.compile(r"\bopen\b"), timeout=SLOW_MS
    )
    await expect(page.get_by_test_id("door-ISO-STM-L1/rtp_1")).to_have_class(re.compile(r"\blocked\b"))
    calm.told |= {"ST-STM-L1/tier_1": 2, "ST-STM-L1/tier_2": 1, "ST-STM-L1/tier_3": 0, "ST-STM-L1/buzzer": 1}
    for lamp, look in {1: "red flashing", 2: "amber on", 3: "green off"}.items():
        drawn = page.get_by_test_id(f"lamp-ST-STM-L1/tier_{lamp}")
        await expect(drawn).to_have_class(re.compile(look), timeout=SLOW_MS)
    await expect(page.get_by_test_id("card-ST-STM-L1")).to_contain_text("pattern 1")
    await expect(page.get_by_test_id("asked-ST-STM-L1")).to_have_text("Stands as it was asked.")


async def test_stale_bad_and_simulated_look_unlike_one_another_and_like_no_alarm(
    page: Page, calm: Calm
) -> None:
    calm.simulated.add("HCI-STM-L1")
    calm.told[PRESSURE] = math.nan
    calm.silent.add("RM-STM-L1")
    isolator, comb = page.get_by_test_id("zone-STM-L1-A-ISO"), page.get_by_test_id("zone-STM-L1-A-HCI")
    core = page.get_by_test_id("zone-STM-L1-CORE")
    await expect(isolator).to_have_class(re.compile(r"\bbad\b"), timeout=SLOW_MS)
    await expect(comb).to_have_class(re.compile(r"\bsimulated\b"), timeout=SLOW_MS)
    await expect(core).to_have_class(re.compile(r"\bstale\b"), timeout=SLOW_MS)
    grounds = [await _ground(one) for one in (isolator, comb, core)]
    assert len(set(grounds)) == 3
    await expect(_live(page, PRESSURE)).to_have_class(re.compile(r"\bbad\b"))
    await expect(_live(page, "HCI-STM-L1/ch1_temp")).to_have_class(re.compile(r"\bsimulated\b"))
    await expect(_live(page, "HCI-STM-L1/ch1_temp")).to_contain_text("37.0")
    await _keep_picture(page, "line-looks")


async def test_a_cycle_is_told_at_the_head_of_its_line_and_what_it_hides_has_a_quiet_sign(
    page: Page, calm: Calm
) -> None:
    calm.told |= {
        "ISO-STM-L1/mode": VHP,
        "ISO-STM-L1/vhp_phase": AERATE,
        "ISO-STM-L1/vhp_remaining": 1080,
        PRESSURE: 3.1,
    }
    await expect(page.get_by_test_id("doings-STM-L1")).to_have_text(
        "VHP phase aerate 18 min left", timeout=SLOW_MS
    )
    step = page.get_by_test_id("phase-ISO-STM-L1/vhp_phase").locator("[aria-current=step]")
    await expect(step).to_have_text("aerate")
    zone = page.get_by_test_id("zone-STM-L1-A-ISO")
    await expect(zone).to_have_class(re.compile(r"\bsuppressed\b"), timeout=SLOW_MS)
    await expect(zone.locator(".hidden-sign")).to_be_visible()
    await expect(zone).not_to_have_class(re.compile(r"\b(action|alert)\b"))
    await _keep_picture(page, "line-cycle")


async def test_a_counter_says_what_its_cubic_metre_may_still_take_and_its_laser_flow_and_service_in_words(
    page: Page, calm: Calm
) -> None:
    card = page.get_by_test_id("card-PC-A-STM-L1")
    bar = card.get_by_test_id("bar-PC-A-STM-L1/rolling_m3_0_5")
    await expect(bar).to_contain_text("3520", timeout=SLOW_MS)
    await expect(card.get_by_test_id("bar-PC-A-STM-L1/rolling_m3_5_0")).to_contain_text("20 left")
    await expect(card.locator(".record")).to_contain_text(re.compile(r"\d\d:\d\d:\d\d"))
    await expect(card.get_by_test_id("live-PC-A-STM-L1/flow")).to_contain_text("1.00")
    calm.told |= {"PC-A-STM-L1/device_status": 1 + 2 + 2**11 + 2**12, "PC-A-STM-L1/ext_status": 2**3}
    device, extended = (
        card.get_by_test_id(f"live-PC-A-STM-L1/{key}") for key in ("device_status", "ext_status")
    )
    await expect(device).to_contain_text("running, sampling, laser alert, flow alert", timeout=SLOW_MS)
    await expect(extended).to_contain_text("laser life")
    calm.told["PC-A-STM-L1/device_status"] = 2**13
    await turn(page, "zh-CN", "dark")
    await expect(device).to_contain_text("需维护", timeout=SLOW_MS)
    await expect(extended).to_contain_text("激光寿命")
    await _keep_picture(page, "line-counter-words")


async def _go(page: Page, place: str) -> None:
    await page.evaluate("(place) => { location.hash = `#/${place}` }", place)
    await expect(page.get_by_test_id(f"page-{place}")).to_be_visible(timeout=SLOW_MS)


def _live(page: Page, channel: str) -> Locator:
    return page.locator(f'.scheme [data-testid="live-{channel}"]').first


async def _ground(tile: Locator) -> str:
    ground: str = await tile.evaluate("(tile) => getComputedStyle(tile).backgroundImage")
    return ground


async def _keep_picture(page: Page, name: str) -> None:
    """Keep a picture where one is asked for (GRADEWATCH_PICTURES), to be looked at."""
    folder = os.environ.get("GRADEWATCH_PICTURES")
    if folder:
        await page.screenshot(path=Path(folder) / f"{name}.png")
