"""The site's own sign-in from the button to the screen, in a browser that keeps cookies from other sites as it must."""

import socket
import tempfile
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from config.plant import Plant
from monitor.server.gate import COOKIE
from monitor.server.oidc import OidcSettings
from monitor.server.rights import Role
from monitor.server.settings import Settings
from tests.browser.calm import DASHBOARD, SLOW_MS
from tests.browser.chromium import Chromium
from tests.changing import line
from tests.people import TRAINING, accounts
from tests.server.conftest import NO_DATABASE, PASSWORD, Running, running
from tests.server.hands import Hands
from tests.server.provider import CLIENT_ID, CLIENT_SECRET, SUBJECT, Provider

CALLED = "厂区 SSO"


@pytest_asyncio.fixture(loop_scope="session")
async def provider() -> AsyncIterator[Provider]:
    made = Provider(Hands())
    async with made.serving("localhost"):  # another site than 127.0.0.1
        yield made


@pytest_asyncio.fixture(loop_scope="session")
async def server(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Running]:
    monkeypatch.setattr("monitor.asgi.GRACE_S", 0)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    oidc = OidcSettings(provider.issuer, CLIENT_ID, CLIENT_SECRET, address, CALLED)
    plant: Plant = line()[0]
    with tempfile.TemporaryDirectory(prefix="gw-") as folder:
        made = Settings(plant, Path(folder), NO_DATABASE, DASHBOARD, Hands().now, port=port, oidc=oidc)
        async with running(made) as server:
            link(server, SUBJECT)
            yield server


def link(server: Running, subject: str) -> None:
    oidc = server.service.settings.oidc
    assert oidc is not None
    every = [
        replace(one, oidc_issuer=oidc.issuer, oidc_subject=subject) if one.name == "cao" else one
        for one in accounts(PASSWORD)
    ]
    server.service.people.take(every, TRAINING)


@pytest_asyncio.fixture(loop_scope="session")
async def page(chromium: Chromium, server: Running) -> AsyncIterator[Page]:
    async with chromium.page("light") as opened:
        await opened.goto(server.address)
        yield opened


async def test_who_is_known_there_comes_in_and_who_is_not_linked_reads_why(
    page: Page, server: Running
) -> None:
    link(server, "another")
    button = page.get_by_test_id("sign-in-other")
    await expect(button).to_contain_text(CALLED, timeout=SLOW_MS)
    await button.click()
    await expect(page.get_by_text(f"can link this subject: {SUBJECT}")).to_be_visible(timeout=SLOW_MS)
    await expect(page.get_by_text(f"请管理员关联此标识：{SUBJECT}")).to_be_visible()

    link(server, SUBJECT)
    await page.get_by_role("link").click()
    await button.click(timeout=SLOW_MS)
    await expect(page.get_by_test_id("person")).to_contain_text("cao", timeout=SLOW_MS)
    assert page.url.startswith(server.address)
    assert "code" not in page.url


async def test_whoever_keeps_the_accounts_sees_who_is_whom_there(page: Page, server: Running) -> None:
    cookie = server.sign_in(Role.ADMIN)
    await page.context.add_cookies([{"name": COOKIE, "value": cookie, "url": server.address}])
    await page.goto(f"{server.address}#/people")
    await page.reload()
    await page.get_by_test_id("person-open-cao").click(timeout=SLOW_MS)
    form = page.locator("form", has=page.get_by_test_id("link-cao"))
    await expect(form).to_contain_text(f"At {CALLED}: {SUBJECT}", timeout=SLOW_MS)
    await form.locator("[name=subject]").fill("another")
    await form.locator("[name=reason]").fill("as IT has confirmed")
    await page.get_by_test_id("link-cao").click()
    await expect(page.get_by_test_id("link-cao-failure")).to_contain_text("database", timeout=SLOW_MS)
