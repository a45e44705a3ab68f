"""The trends page: several channels, zoomed by dragging, with gaps, limits of that time, alarm marks and phases."""

import os
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from monitor.server.rights import Role
from tests.browser.calm import SLOW_MS, opened
from tests.browser.chromium import Chromium
from tests.browser.past import calm, server
from tests.browser.shared import database_url, folder, no_task_left_running
from tests.server.collector import PRESSURE
from tests.server.conftest import Running

__all__ = ["calm", "database_url", "folder", "no_task_left_running", "server"]

HOUR = "from=2026-03-02T08:15:00Z&to=2026-03-02T09:15:00Z"
# Whether the chart has a point of a colour of the theme, as was asked.
PAINTED = """([name, wanted]) => {
    const canvas = document.querySelector("[data-testid=trends-plot] canvas");
    if (!canvas) return false;
    const {data} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    const hex = getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
    const [r, g, b] = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
    for (let i = 0; i < data.length; i += 4) {
        if (data[i] === r && data[i + 1] === g && data[i + 2] === b && data[i + 3] === 255) return wanted;
    }
    return !wanted;
}"""


@pytest_asyncio.fixture(loop_scope="session")
async def screen(server: Running, chromium: Chromium) -> AsyncIterator[Page]:
    async with opened(chromium, server, Role.OPERATOR) as page:
        yield page


async def see(page: Page, query: str) -> None:
    """Open the trends of some channels, and wait until they are drawn."""
    await page.evaluate("(hash) => { location.hash = hash; }", f"#/trends?{query}")
    await expect(page.get_by_test_id("trends-plot").locator("canvas")).to_be_visible(timeout=SLOW_MS)


async def until(page: Page, colour: str, *, painted: bool) -> None:
    """Wait until the chart shows a colour of the theme, or no longer does."""
    await page.wait_for_function(PAINTED, arg=[colour, painted], timeout=SLOW_MS)


@pytest.mark.parametrize("to_light", [False, True])
async def test_limits_alarm_marks_and_phases_are_drawn_over_a_channel(
    screen: Page, *, to_light: bool
) -> None:
    if to_light:
        await screen.get_by_test_id("theme").click()
        await screen.get_by_test_id("language").click()
    await see(screen, f"c={PRESSURE}&{HOUR}")
    # "edge": the band of the time at rest.
    for colour in ("line-1", "action-ink", "alert-ink", "action", "tile-a", "edge"):
        await until(screen, colour, painted=True)
    await _keep_picture(screen, f"trends-occupancy-{'light' if to_light else 'dark'}")
    marks = screen.get_by_test_id("trends-marks")
    await expect(marks.locator(".mark.action").first).to_be_visible()
    await expect(marks).to_contain_text("16:25:00")
    nowhere = "from=2026-03-02T08:40:00Z&to=2026-03-02T08:50:00Z"
    await see(screen, f"c={PRESSURE}&{nowhere}")
    await expect(marks.locator(".mark")).to_have_count(0, timeout=SLOW_MS)
    await until(screen, "action", painted=False)
    await until(screen, "edge", painted=False)


async def test_a_minute_without_readings_is_a_gap(screen: Page) -> None:
    await see(screen, f"c={PRESSURE}&from=2026-03-02T08:35:05Z&to=2026-03-02T08:35:55Z")
    state = screen.get_by_test_id("trends-state")
    await expect(state).to_contain_text("each reading", timeout=SLOW_MS)
    await until(screen, "line-1", painted=False)
    await see(screen, f"c={PRESSURE}&from=2026-03-02T08:36:05Z&to=2026-03-02T08:36:55Z")
    await expect(screen.get_by_test_id("span-from")).to_have_value("2026-03-02 16:36:05")
    await until(screen, "line-1", painted=True)


async def test_dragging_looks_closer_down_to_the_second_and_back_leads_back(screen: Page) -> None:
    await see(screen, f"c={PRESSURE}&{HOUR}")
    box = await screen.locator("[data-testid=trends-plot] .u-over").bounding_box()
    assert box is not None
    y = box["y"] + box["height"] / 2
    await screen.mouse.move(box["x"] + box["width"] * 0.16, y)
    await screen.mouse.down()
    await screen.mouse.move(box["x"] + box["width"] * 0.18, y, steps=5)
    await screen.mouse.up()
    await expect(screen.get_by_test_id("trends-state")).to_contain_text("each reading", timeout=SLOW_MS)
    await expect(screen.get_by_test_id("span-from")).to_have_value(re.compile("2026-03-02 16:24:3"))
    await expect(screen.get_by_test_id("span-to")).to_have_value(re.compile("2026-03-02 16:25:4"))
    await screen.go_back()
    await expect(screen.get_by_test_id("span-from")).to_have_value("2026-03-02 16:15:00")


async def test_channels_are_added_by_name_up_to_eight_and_compared_by_units(screen: Page) -> None:
    await see(screen, f"c={PRESSURE}&{HOUR}")
    await screen.get_by_test_id("add-channel").fill("iso-stm-l1 velocity")
    await screen.get_by_test_id("add-ISO-STM-L1/air_velocity_1").click()
    await expect(screen.locator(".chosen-channels .lead")).to_contain_text("Chamber pressure")
    await expect(screen.get_by_test_id("chosen-ISO-STM-L1/air_velocity_1")).to_contain_text("m/s")
    await expect(screen.locator(".u-axis")).to_have_count(3, timeout=SLOW_MS)
    await screen.get_by_test_id("add-channel").fill("温度")
    await screen.get_by_test_id("add-channel").press("Enter")
    await expect(screen.locator(".chosen-channels .sample")).to_have_count(3, timeout=SLOW_MS)
    many = "&".join(f"c=ISO-STM-L1/{key}" for key in ("temp", "rh", "chamber_pressure_b", "air_velocity_2"))
    await see(
        screen,
        f"c={PRESSURE}&c=ISO-STM-L1/air_velocity_1&c=ISO-STM-L1/transfer_pressure&c={'ISO-STM-L1/hepa_dp_1'}&{many}&{HOUR}",
    )
    await expect(screen.locator(".chosen-channels .sample")).to_have_count(8, timeout=SLOW_MS)
    await expect(screen.get_by_test_id("add-channel")).to_have_count(0)
    await screen.get_by_test_id("chosen-ISO-STM-L1/temp").locator(".remove").click()
    await expect(screen.locator(".chosen-channels .sample")).to_have_count(7)
    await screen.get_by_test_id("log-axis").check()
    await expect(screen.get_by_test_id("trends-plot").locator("canvas")).to_be_visible()
    assert "log=1" in screen.url


async def test_h25_a_chart_that_is_left_is_taken_away(screen: Page) -> None:
    for _ in range(3):
        await see(screen, f"c={PRESSURE}&{HOUR}")
        await expect(screen.locator(".wide-plot .uplot")).to_have_count(1)
        await screen.get_by_test_id("theme").click()
        await expect(screen.locator(".wide-plot .uplot")).to_have_count(1)
        await screen.get_by_test_id("nav-plant").click()
        await expect(screen.locator(".wide-plot")).to_have_count(0)


async def _keep_picture(page: Page, name: str) -> None:
    """Keep a picture where one is asked for (GRADEWATCH_PICTURES), to be looked at."""
    folder = os.environ.get("GRADEWATCH_PICTURES")
    if folder:
        await page.screenshot(path=Path(folder) / f"{name}.png")
