"""The browser that the browser tests drive is a real one, and keeps a profile."""

from pathlib import Path

import pytest
from playwright.async_api import Browser

from tests.conftest import LaunchChromium

pytestmark = pytest.mark.anyio


async def test_chromium_runs_a_module_script_with_the_web_apis_that_we_use(chromium: Browser) -> None:
    page = await chromium.new_page()
    names = ["BroadcastChannel", "WebSocket", "sessionStorage", "AbortController", "trustedTypes"]
    assert await page.evaluate("names => names.filter(name => !(name in globalThis))", names) == []


async def test_a_profile_survives_closing_the_browser(launch_chromium: LaunchChromium, tmp_path: Path) -> None:
    cookie = {"name": "kept", "value": "1", "url": "http://localhost", "expires": 4_000_000_000}
    first = await launch_chromium(tmp_path)
    await first.add_cookies([cookie])  # type: ignore[list-item]
    await first.close()
    second = await launch_chromium(tmp_path)
    assert [kept["name"] for kept in await second.cookies("http://localhost")] == ["kept"]
