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
from tests.stories.people import is_live, log_in
from tests.stories.scene import TO_EDIT, Scene, daytime, play
from tests.stories.servers import House
from tests.stories.talkers import field, listed, said

FOLDER = os.environ.get("SCREENSHOTS")

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(900)]

# Nobody waits for pictures, and the machine may be busy.
expect.set_options(timeout=60_000)

SIZES: dict[str, dict[str, Any]] = {
    "desktop": {"viewport": {"width": 1280, "height": 800}},
    "phone": {
        "viewport": {"width": 390, "height": 844},
        "is_mobile": True,
        "has_touch": True,
        "device_scale_factor": 1.5,
    },
}
SCHEMES: list[Literal["light", "dark"]] = ["light", "dark"]
CHROME = "Mozilla/5.0 ({}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 {}Safari/537.36"
DEVICES = {
    "phone": CHROME.format("Linux; Android 14; Pixel 8", "Mobile "),
    "laptop": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:143.0) Gecko/20100101 Firefox/143.0",
    "desktop": CHROME.format("X11; Linux x86_64", ""),
}


async def test_pictures_of_login_chat_and_account(house: House, open_page: NewPage, tmp_path: Path) -> None:
    folder = Path(FOLDER) if FOLDER else tmp_path
    browsers = {
        "ada": DEVICES["laptop"],
        "grace": DEVICES["phone"],
        "alan": DEVICES["desktop"],
        "mary": DEVICES["phone"],
    }
    scene = await play(house, open_page, browsers)
    await scene.pages["ada"].get_by_role("radio", name="Auto").check()
    scene.move_times()
    for size, screen in SIZES.items():
        for scheme in SCHEMES:
            look = {"color_scheme": scheme, "timezone_id": daytime(), "locale": "en-GB"}
            page = await open_page(house, user_agent=DEVICES[size], **look, **screen)
            page.context.set_default_timeout(60_000)
            await page.goto("/login")
            await expect(page.get_by_label("E-mail")).to_be_visible()
            await photograph(page, folder / f"login-{scheme}-{size}.png")
            await log_in(page, scene.ada)
            await photograph_chat(page, scene, folder, f"{scheme}-{size}")
            await page.goto("/account")
            await is_live(page)
            await expect(page.locator(".device").nth(1)).to_be_visible()
            await photograph(page, folder / f"account-{scheme}-{size}.png")
            await page.context.close()


async def photograph_chat(page: Page, scene: Scene, folder: Path, look: str) -> None:
    """While somebody types. A phone shows one pane at a time, so there are two pictures of it."""
    await is_live(page)
    await expect(listed(page, "Grace Okafor")).to_contain_text("Here now")
    if "phone" in look:
        await photograph(page, folder / f"chats-{look}.png")
    await listed(page, "Sunday walk").click()
    await expect(said(page, TO_EDIT[1])).to_contain_text("Read by")
    alan = scene.pages["alan"]
    await field(alan).fill("")
    await field(alan).press_sequentially("Which dog", delay=10)
    await expect(page.locator(".room-facts")).to_have_text("Alan Reyes is typing …")
    await photograph(page, folder / f"chat-{look}.png")


# Toasts come and go, a picture is for longer.
FOR_A_PICTURE = """
const sheet = new CSSStyleSheet();
sheet.replaceSync("toast-list { visibility: hidden }");
document.adoptedStyleSheets = [sheet];
"""


async def photograph(page: Page, file: Path) -> None:
    await page.evaluate(FOR_A_PICTURE)
    await page.evaluate("document.activeElement.blur()")
    await page.mouse.move(0, 0)
    await page.screenshot(path=file, animations="disabled")
