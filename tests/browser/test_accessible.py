"""Every page as axe sees it, in both languages and themes, in the midst of a plant's life: nothing serious is found.

Where GRADEWATCH_SCREENSHOTS names a folder, a picture of each is left there for a person to look at.
"""

import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.async_api import Page, expect

from monitor.server.access import PASSWORD_VARIABLE
from monitor.server.gate import COOKIE
from monitor.server.rights import Role
from tests.browser.calm import SLOW_MS
from tests.browser.chromium import Chromium
from tests.browser.lived_in import FIRST_PLATE, NEWCOMER, lived_in
from tests.people import called
from tests.server.collector import ALARM, PRESSURE
from tests.server.conftest import PASSWORD, Running
from tests.server.filled import BATCH

DASHBOARD = Path(__file__).parents[2] / "monitor" / "dashboard"
AXE = DASHBOARD / "node_modules" / "axe-core" / "axe.min.js"
SERIOUS = """async (only) => {
    // To name rules by their tags brings in those of level AAA, which nobody asks for.
    const chosen = only.length ? {runOnly: {type: "tag", values: only}} : {};
    // A region is never more than moderate, and looked for in every part of the page.
    const rules = {"color-contrast-enhanced": {enabled: false}, region: {enabled: false}};
    const {violations} = await axe.run(document, {...chosen, rules, resultTypes: ["violations"]});
    return violations.filter(({impact}) => impact === "serious" || impact === "critical").flatMap(({id, nodes}) =>
        nodes.map(({target, any, all}) =>
            `${id}: ${target.join(" ")}: ${[...any, ...all].map(({message}) => message).join("; ")}`)
    );
}"""
TURN = """(wanted) => {
    const switches = {lang: "language", "data-theme": "theme"};
    for (const [attribute, value] of Object.entries(wanted)) {
        if (document.documentElement.getAttribute(attribute) !== value) {
            document.querySelector(`[data-testid=${switches[attribute]}]`).click();
        }
    }
}"""
LANGS = {"en": "en", "zh": "zh-CN"}
LOOKS = (("en", "dark"), ("en", "light"), ("zh", "light"), ("zh", "dark"))
JUDGED = (LOOKS[0], LOOKS[2])
"""Each language and each theme once: no rule is about a colour and a word at once."""
CHANGED_BY_A_LOOK = ["cat.color", "cat.forms", "cat.language", "cat.name-role-value", "cat.text-alternatives"]
"""What another theme or language can make wrong; how a page is built is looked at once."""
SIZES = {"laptop": (1366, 768), "phone": (390, 844)}
HOUR = "from=2026-03-02T08:15:00Z&to=2026-03-02T09:15:00Z"
PICTURES = os.environ.get("GRADEWATCH_SCREENSHOTS")


@dataclass(frozen=True)
class Sight:
    """What somebody sees: a page, and what is unfolded on it by clicks."""

    name: str
    role: Role
    address: str
    shown: str
    clicks: tuple[str, ...] = ()
    kind: str = ""

    @property
    def of(self) -> str:
        """The kind of page, as its address is read."""
        return self.kind or self.name


RAISED = "RAISED"
"""Stands in an address for when the alarm was raised."""
ENGINEER, QA, ADMIN = Role.ENGINEER, Role.QA, Role.ADMIN
SIGHTS = (
    Sight("plant", ENGINEER, "#/", "[data-testid=overview]", ("[data-testid=nav-more]",)),
    Sight("area", ENGINEER, "#/line/STM-L1", ".device-card"),
    Sight("shared", ENGINEER, "#/shared/QC", ".device-card", kind="area"),
    Sight("device", ENGINEER, "#/device/PC-A-STM-L1", ".one-device"),
    Sight("devices", ENGINEER, "#/devices", ".device-groups"),
    Sight(
        "standing",
        ENGINEER,
        "#/alarms/standing",
        ".alarms",
        (f"[data-testid='unfold-{ALARM}']", "[data-testid=hidden-alarms] summary"),
    ),
    Sight("history", ENGINEER, "#/alarms/history", ".occurrence", (f"[data-testid='past-{ALARM}'] button",)),
    Sight("load", ENGINEER, "#/alarms/load", ".load table"),
    Sight(
        "trends",
        ENGINEER,
        f"#/trends?c={PRESSURE}&c=ISO-STM-L1/transfer_pressure&{HOUR}",
        ".wide-plot canvas",
    ),
    Sight("protections", ENGINEER, "#/protections", ".card"),
    Sight(
        "instruments",
        ENGINEER,
        "#/instruments",
        ".instrument-table tbody",
        ("[data-testid=instrument-open-ISO-STM-L1]",),
    ),
    Sight(
        "batches",
        ENGINEER,
        "#/batches",
        ".batch-line",
        ("[data-testid=batch-start-STM-L1]", "[data-testid=batch-over]"),
    ),
    Sight("equipment", ENGINEER, "#/equipment", "[data-testid=equipment-asked] tbody tr"),
    Sight("samples", ENGINEER, "#/samples", ".plate-row", ("[data-testid=plates-plan]",)),
    Sight(
        "plate",
        ENGINEER,
        f"#/samples/{FIRST_PLATE}",
        ".plate-next form",
        ("[data-testid=plate-other]",),
        kind="samples",
    ),
    Sight("duty", ENGINEER, "#/on-call", "[data-testid=duty-turns-day] tbody tr"),
    Sight("call", ENGINEER, f"#/call/{quote(ALARM, safe='')}/{RAISED}", "[data-testid=mini-trend] svg"),
    Sight("account", ENGINEER, "#/account", ".admin-table tbody tr"),
    Sight("book", QA, "#/book", ".book-table tbody", (".book-table tbody button.link >> nth=0",)),
    Sight("batch", QA, f"#/batch/{BATCH}", "[data-testid=sign-off]", (".matters input",)),
    Sight("deviations", QA, "#/deviations/DEV-2026-0001", "[data-testid=deviation-assess]"),
    Sight(
        "prevention", QA, "#/prevention", "[data-testid=prevention] tbody", (".admin-table .link >> nth=0",)
    ),
    Sight("overlay", QA, f"#/overlay?c={PRESSURE}&b={BATCH}", "[data-testid=overlay-plot] canvas"),
    Sight("changes", QA, "#/changes", "[data-testid=proposals]", ("[data-testid=proposal-open-1]",)),
    Sight(
        "people",
        ADMIN,
        "#/people",
        "[data-testid=people]",
        ("[data-testid=person-open-cao]", "[data-testid=person-new]"),
    ),
)


def kinds() -> set[str]:
    """Read from the dashboard's source which kinds of pages there are; the alarms' are its tabs."""
    source = (DASHBOARD / "src" / "page.ts").read_text()
    lists = {
        name: set(re.findall(r'"(\w+)"', found))
        for name, found in re.findall(r"const (subjects|alarmTabs) = \[(.*?)\]", source, re.DOTALL)
    }
    menu = set(re.findall(r'kind: "(\w+)"', (DASHBOARD / "src" / "menu.ts").read_text()))
    page = set(re.findall(r'\| \{ kind: "(\w+)"', source))
    return (menu | page | lists["subjects"] | lists["alarmTabs"]) - {"alarms"}


def test_no_page_is_left_out() -> None:
    assert kinds() == {sight.of for sight in SIGHTS}


@asynccontextmanager
async def looking(chromium: Chromium, server: Running) -> AsyncIterator[Page]:
    """Open a window into every document of which axe is put, past the page's own policy and not by loosening it."""
    async with chromium.page(script=AXE.read_text()) as page:
        await page.goto(server.address)
        yield page


async def findings(page: Page, name: str) -> list[str]:
    """Look at what is shown in each language and theme, first as the page before was left."""
    found: list[str] = []
    looks = JUDGED if PICTURES is None else LOOKS
    is_left = await page.locator("html").get_attribute("lang") == LANGS[looks[-1][0]]
    for place, (language, theme) in enumerate(reversed(looks) if is_left else looks):
        await turn(page, language, theme)
        only = CHANGED_BY_A_LOOK if place else []
        found += [f"{name}, {language}, {theme}: {one}" for one in await page.evaluate(SERIOUS, only)]
        await picture(page, f"{name}-{language}-{theme}")
    await page.keyboard.press("Escape")
    return found


async def turn(page: Page, language: str, theme: str) -> None:
    """Press the switches that do not stand as wanted."""
    await page.evaluate(TURN, {"lang": LANGS[language], "data-theme": theme})
    root = page.locator("html")
    await expect(root).to_have_attribute("lang", LANGS[language])
    await expect(root).to_have_attribute("data-theme", theme)


async def picture(page: Page, name: str) -> None:
    """Leave pictures of all sizes, where somebody wants to look at them."""
    if PICTURES is None:
        return
    await page.screenshot(path=Path(PICTURES) / f"{name}.png")
    if not name.endswith(("en-dark", "zh-light")):
        return
    for size, (width, height) in SIZES.items():
        await page.set_viewport_size({"width": width, "height": height})
        await page.screenshot(path=Path(PICTURES) / f"{name}-{size}.png", full_page=size == "phone")
    await page.set_viewport_size({"width": 1920, "height": 1080})


async def go(page: Page, server: Running, sight: Sight, before: Role | None) -> None:
    """Be who may, and see what is to be seen."""
    if sight.role is not before:
        token = server.sign_in(sight.role)
        await page.context.add_cookies([{"name": COOKIE, "value": token, "url": server.address}])
        await page.reload()
        await expect(page.get_by_test_id("person")).to_contain_text(called(sight.role), timeout=SLOW_MS)
        # What a page asks for by itself it asks for by the server's time.
        await expect(page.get_by_test_id("server-time")).to_contain_text("2026-03-02", timeout=SLOW_MS)
    raised_at = server.service.relay.alarms[ALARM].raised_at.isoformat()
    address = sight.address.replace(RAISED, quote(raised_at, safe=""))
    await page.evaluate("(hash) => { location.hash = hash; }", address)
    await expect(page.locator(sight.shown).first).to_be_visible(timeout=SLOW_MS)
    for click in sight.clicks:
        await page.locator(click).first.click(timeout=SLOW_MS)


async def test_no_page_has_a_serious_finding(
    chromium: Chromium, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monitor.asgi.GRACE_S", 0)
    monkeypatch.setenv(PASSWORD_VARIABLE, PASSWORD)
    found: list[str] = []
    async with (
        lived_in(database_url) as (server, one_time),
        looking(chromium, server) as page,
    ):
        await expect(page.get_by_test_id("sign-in")).to_be_visible(timeout=SLOW_MS)
        found += await findings(page, "sign-in")
        before: Role | None = None
        for sight in SIGHTS:
            await go(page, server, sight, before)
            before = sight.role
            found += await findings(page, sight.name)
        await page.get_by_test_id("sign-out").click()
        await page.get_by_test_id("name").fill(NEWCOMER["name"], timeout=SLOW_MS)
        await page.get_by_test_id("password").fill(one_time)
        await page.get_by_test_id("sign-in").click()
        await expect(page.get_by_test_id("password-set")).to_be_visible(timeout=SLOW_MS)
        found += await findings(page, "must-change")
    assert not found, "\n".join(found)
