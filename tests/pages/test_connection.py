"""Whether the page is connected is said in two places, and both say the same."""

import pytest
from playwright.async_api import BrowserContext, Page, expect

from tests.pages.site import PASSWORD, Site, sign_in

pytestmark = pytest.mark.anyio


@pytest.fixture
async def live(page: Page, site: Site) -> Page:
    site.fake.add_person("ada@example.org", PASSWORD, "Ada")
    await page.goto("/login")
    await sign_in(page, "ada@example.org")
    await expect(page.locator("connection-mark")).to_have_text("Live")
    return page


async def test_without_a_network_mark_and_notice_both_say_offline_and_both_take_it_back(
    live: Page, context: BrowserContext
) -> None:
    mark, notice = live.locator("connection-mark"), live.locator("service-notice")
    await context.set_offline(True)
    await expect(mark).to_have_text("Offline")
    await expect(notice).to_contain_text("You are offline.")
    await context.set_offline(False)
    await expect(mark).to_have_text("Live")
    await expect(notice).to_have_text("")


async def test_a_server_that_answers_is_no_network_lost_whatever_the_browser_thinks(live: Page) -> None:
    async with live.expect_response("**/healthz"):
        await live.evaluate("dispatchEvent(new Event('offline'))")
    await expect(live.locator("connection-mark")).to_have_text("Live")
    await expect(live.locator("service-notice")).to_have_text("")


async def test_a_refresh_that_fails_beside_an_open_socket_alarms_nobody(live: Page, site: Site) -> None:
    site.fake.down = True
    outcome = await live.evaluate(
        "import('/static/latch.js').then(({ session }) => session.refresh()).then(({ outcome }) => outcome)"
    )
    assert outcome == "try_later"
    await expect(live.locator("connection-mark")).to_have_text("Live")
    await expect(live.locator("service-notice")).to_have_text("")


async def test_a_server_that_is_away_is_told_in_both_places_until_it_is_back(live: Page, site: Site) -> None:
    mark, notice = live.locator("connection-mark"), live.locator("service-notice")
    site.fake.down = True
    [signed] = site.fake.signed.values()
    signed.token = "of another browser"
    for websocket in list(signed.sockets):
        await websocket.close(1012)
    await expect(mark).to_have_text("Reconnecting")
    await expect(notice).to_contain_text("The server cannot be reached just now.")
    site.fake.down = False
    await live.evaluate("dispatchEvent(new Event('online'))")
    await expect(mark).to_have_text("Live")
    await expect(notice).to_have_text("")
