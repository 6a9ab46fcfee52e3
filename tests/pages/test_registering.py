"""Registering on a small laptop: everything that is asked, and the button, are in sight."""

import pytest
from playwright.async_api import Browser, Page, expect

from tests.pages.site import Site

pytestmark = pytest.mark.anyio

LAPTOP = {"width": 1280, "height": 800}


async def button_ends_at(page: Page) -> float:
    button = page.locator("main").get_by_role("button", name="Create an account")
    return float(await button.evaluate("(button) => button.getBoundingClientRect().bottom + scrollY"))


async def test_the_button_is_in_sight_before_and_after_a_refusal_and_no_hole_is_left(
    chromium: Browser, site: Site
) -> None:
    context = await chromium.new_context(base_url=site.url, viewport=LAPTOP)  # type: ignore[arg-type]
    page = await context.new_page()
    await page.goto("/register")
    await expect(page.locator("#sign-in-title")).to_have_text("Create an account")
    assert await button_ends_at(page) <= LAPTOP["height"]
    await page.get_by_label("E-mail").fill("ada@example.org")
    await page.get_by_label("Password", exact=True).fill("short")
    await page.locator("main").get_by_role("button", name="Create an account").click()
    await expect(page.locator("#password-trouble")).not_to_have_text("")
    assert await button_ends_at(page) <= LAPTOP["height"]
    hole = await page.evaluate(
        "document.querySelector('[name=rememberMe]').closest('label').getBoundingClientRect().top"
        " - document.querySelector('.meter-bar').getBoundingClientRect().bottom"
    )
    assert hole < 30
    await context.close()
