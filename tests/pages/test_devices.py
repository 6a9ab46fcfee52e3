"""When another device was here last, as honestly as it is known."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import Page, expect

from tests.pages.site import PASSWORD, Site, sign_in

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (-3, "Active in the last half hour"),
        (0, "Active in the last half hour"),
        (28, "Active in the last half hour"),
        (33, "Last seen 33 minutes ago"),
        (24 * 60 + 1, "Last seen yesterday"),
    ],
)
async def test_a_device_whose_page_is_open_renews_within_half_an_hour_and_is_called_active_for_as_long(
    page: Page, site: Site, minutes: int, words: str
) -> None:
    ada = site.fake.add_person("ada@example.org", PASSWORD, "Ada")
    phone = site.fake.sign_in(ada, "Safari on iPhone")
    phone.last_seen_at = (datetime.now(UTC) - timedelta(minutes=minutes)).strftime("%Y-%m-%d %H:%M:%S.%fZ")
    await page.goto("/login?next=/account")
    await sign_in(page, "ada@example.org")
    await expect(page.locator(".device:not([data-current])")).to_contain_text(f"{words} · 192.0.2.7")
    await expect(page.locator(".device[data-current]")).to_contain_text("Here now")


@pytest.mark.parametrize(
    ("device", "is_phone"),
    [
        ("Safari on iOS", True),
        ("Safari on iPhone", True),
        ("Chrome on Android", True),
        ("Safari on macOS", False),
        ("Firefox on Linux", False),
        ("Browser on Axios", False),
    ],
)
async def test_a_device_is_drawn_as_what_it_is(page: Page, site: Site, device: str, is_phone: bool) -> None:
    ada = site.fake.add_person("ada@example.org", PASSWORD, "Ada")
    site.fake.sign_in(ada, device)
    await page.goto("/login?next=/account")
    await sign_in(page, "ada@example.org")
    drawn = page.locator(".device:not([data-current]) svg path").first
    await expect(drawn).to_have_attribute("d", re.compile(r"^M8 2\.5" if is_phone else r"^M4 5h16"))
