"""Pictures of the real product: `SCREENSHOTS=docs/images python -m pytest tests/stories/test_screenshots.py`.

`SCREENSHOTS` names the folder, from where the tests are started. Without it, this file is not collected; where it is
asked for by name all the same, its pictures go where they trouble nobody.
"""

import os
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.async_api import Page, expect

from tests.stories.conftest import NewPage
from tests.stories.people import Person, is_live, log_in, register
from tests.stories.servers import House

FOLDER = os.environ.get("SCREENSHOTS")

pytestmark = pytest.mark.anyio

SIZES: dict[str, dict[str, Any]] = {
    "desktop": {"viewport": {"width": 1280, "height": 800}},
    "phone": {
        "viewport": {"width": 390, "height": 844},
        "is_mobile": True,
        "has_touch": True,
        "device_scale_factor": 2,
    },
}
THEMES: dict[Literal["light", "dark"], str] = {"light": "day", "dark": "night"}
CHROME = "Mozilla/5.0 ({}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 {}Safari/537.36"
DEVICES = {
    "phone": CHROME.format("Linux; Android 14; Pixel 8", "Mobile "),
    "laptop": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:143.0) Gecko/20100101 Firefox/143.0",
    "desktop": CHROME.format("X11; Linux x86_64", ""),
}


@pytest.mark.parametrize("scheme", THEMES)
async def test_pictures_of_login_account_and_chat(
    house: House, open_page: NewPage, scheme: Literal["light", "dark"], tmp_path: Path
) -> None:
    folder = Path(FOLDER) if FOLDER else tmp_path
    ada = Person("Ada Lovelace", email=f"ada.{scheme}@example.org")
    others = [
        Person(name, email=f"{name.split()[0].lower()}.{scheme}@example.org") for name in ("Grace Hopper", "Alan")
    ]
    first = await open_page(house, user_agent=DEVICES["laptop"])
    await register(first, ada)
    await first.goto("/account")
    await first.get_by_role("radio", name=THEMES[scheme].capitalize()).check()
    for person in others:
        page = await open_page(house, user_agent=DEVICES["phone"])
        await register(page, person)
        await is_live(page)
    for size, screen in SIZES.items():
        page = await open_page(house, color_scheme=scheme, user_agent=DEVICES[size], **screen)
        await page.goto("/login")
        await expect(page.get_by_label("E-mail")).to_be_visible()
        await photograph(page, folder / f"login-{scheme}-{size}.png")
        await log_in(page, ada)
        await is_live(page)
        await expect(page.locator(".person")).to_have_count(3)
        await photograph(page, folder / f"chat-{scheme}-{size}.png")
        await page.goto("/account")
        await is_live(page)
        await expect(page.locator(".device").nth(1)).to_be_visible()
        await photograph(page, folder / f"account-{scheme}-{size}.png")
        await page.context.close()


# Toasts come and go, a picture is for longer; and this browser hides the scrollbar whose room the page keeps free.
FOR_A_PICTURE = """
const sheet = new CSSStyleSheet();
sheet.replaceSync("toast-list { visibility: hidden } html { scrollbar-gutter: auto !important }");
document.adoptedStyleSheets = [sheet];
"""


async def photograph(page: Page, file: Path) -> None:
    await page.evaluate(FOR_A_PICTURE)
    await page.mouse.move(0, 0)
    await page.screenshot(path=file, full_page="login" not in file.name, animations="disabled")
