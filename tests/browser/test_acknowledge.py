"""Answering for a critical alarm, in a real browser: words and a signature, in both languages and themes."""

import os
from pathlib import Path

from playwright.async_api import Page, expect

from monitor.server.rights import Role
from monitor.server.totp import STEP_S, code_of
from tests.browser.calm import SLOW_MS, Calm, opened
from tests.browser.chromium import Chromium
from tests.browser.looks import LOOKS, turn
from tests.browser.test_deeds import calm, fall, plant, server
from tests.server.collector import ALARM
from tests.server.conftest import PASSWORD, Running

__all__ = ["calm", "plant", "server"]

SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
LABELS = {"en": ("What is done", "Password to sign"), "zh-CN": ("处理说明", "签名密码")}


async def show(page: Page, name: str) -> None:
    """Keep a picture for a person to look at, where one wants it."""
    folder = os.environ.get("GRADEWATCH_PICTURES")
    if folder:
        await page.screenshot(path=Path(folder) / f"{name}.png")


async def test_a_critical_alarm_asks_for_words_and_the_password_in_both_languages_and_themes(
    server: Running, calm: Calm, chromium: Chromium
) -> None:
    async with opened(chromium, server, Role.OPERATOR) as page:
        fall(calm)
        button = page.get_by_test_id(f"ack-{ALARM}")
        await expect(button).to_be_visible(timeout=SLOW_MS)
        row = page.get_by_test_id(f"alarm-{ALARM}")
        for language, theme in LOOKS:
            await turn(page, language, theme)
            for label in LABELS[language]:
                await expect(row.get_by_label(label)).to_be_visible(timeout=SLOW_MS)
            await show(page, f"acknowledge-{language}-{theme}")
        await button.click()
        await expect(button).to_be_visible()
        assert not calm.collector.alarms[ALARM].acknowledged, "without words and a password nothing is sent"
        await page.get_by_test_id(f"ack-{ALARM}-comment").fill("已更换3号手套")
        await page.get_by_test_id(f"ack-{ALARM}-password").fill(PASSWORD)
        await button.click()
        await expect(button).to_have_count(0, timeout=SLOW_MS)
    assert calm.collector.alarms[ALARM].acknowledged_by == "cao"


async def test_the_door_asks_for_the_code_of_who_has_a_second_factor(
    server: Running, calm: Calm, chromium: Chromium
) -> None:
    async with server.service.database.connection() as connection:
        await connection.execute("UPDATE person SET totp_secret = $1 WHERE name = 'cao'", SECRET)
    await server.service.roll.call()
    async with opened(chromium, server, Role.VIEWER) as page:
        await page.context.clear_cookies()
        await page.reload()
        await page.get_by_test_id("name").fill("cao")
        await page.get_by_test_id("password").fill(PASSWORD)
        await expect(page.get_by_test_id("code")).to_have_count(0)
        await page.get_by_test_id("sign-in").click()
        await page.get_by_test_id("code").fill("000000", timeout=SLOW_MS)
        await page.get_by_test_id("sign-in").click()
        await expect(page.get_by_test_id("sign-in-failure")).to_contain_text("code is wrong", timeout=SLOW_MS)
        await page.get_by_test_id("code").fill(code_of(SECRET, int(calm.hands.at.timestamp()) // STEP_S))
        await page.get_by_test_id("sign-in").click()
        await expect(page.get_by_test_id("overview")).to_be_visible(timeout=SLOW_MS)
