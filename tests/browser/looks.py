"""The looks of the screen: each language in each theme, and the switches that lead from one to the next."""

from playwright.async_api import Page, expect

LOOKS = (("en", "dark"), ("en", "light"), ("zh-CN", "light"), ("zh-CN", "dark"))
"""In an order in which each is one press from the one before."""


async def turn(page: Page, language: str, theme: str) -> None:
    """Press the switches of language and theme that do not stand as wanted."""
    for switch, attribute, wanted in (("language", "lang", language), ("theme", "data-theme", theme)):
        if await page.locator("html").get_attribute(attribute) != wanted:
            await page.get_by_test_id(switch).click()
    await looks(page, language, theme)


async def looks(page: Page, language: str, theme: str) -> None:
    """See that the page has this language and theme."""
    await expect(page.locator("html")).to_have_attribute("lang", language)
    await expect(page.locator("html")).to_have_attribute("data-theme", theme)
