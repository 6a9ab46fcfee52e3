"""A wrong clock, a frozen tab, a network that comes and goes: only the server's word ends a session."""

import os
import signal
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager

import httpx2
import pytest
from playwright.async_api import Browser, expect

from tests.stories.conftest import NewPage, OpenHouse
from tests.stories.people import Person, count_refreshes, is_live, is_signed_in, refresh, register, witnessed
from tests.stories.servers import House
from tests.stories.waiting import until

pytestmark = pytest.mark.anyio

A_DAY = 86_400_000

# The wall clock of this computer is `shift` milliseconds off; the monotonic one runs as ever.
SHIFTED_CLOCK = """
globalThis.shift = %d;
const Real = Date;
globalThis.Date = class Date extends Real {
  constructor(...given) { given.length ? super(...given) : super(Real.now() + shift); }
  static now() { return Real.now() + shift; }
};
"""


@pytest.mark.parametrize("shift", [A_DAY, -A_DAY], ids=["ahead", "behind"])
async def test_a_clock_that_is_a_day_off_neither_signs_out_nor_refreshes_all_the_time(
    build_house: OpenHouse, open_page: NewPage, shift: int
) -> None:
    house = await build_house(CHAT_AUTH_TOKEN_SECONDS="3", CHAT_ROTATION_WINDOW_SECONDS="1")
    ada = Person("Ada")
    page = await open_page(house)
    await page.add_init_script(SHIFTED_CLOCK % shift)
    asked = count_refreshes(page.context)
    await register(page, ada)
    await is_live(page)
    await page.reload()
    await is_live(page)
    assert await witnessed(page, "states") == ["unknown", "signed_in"]
    asked.clear()
    began = await page.evaluate("performance.now()")
    await until(lambda: len(asked) >= 2)
    # Two renewals of a token of 3 s take 5 s at the least.
    assert await page.evaluate("performance.now()") - began > 3_000
    await is_live(page)
    assert [row.reason for row in house.ledger.sessions(ada.email)] == [None]


async def test_a_laptop_that_slept_for_an_hour_renews_when_it_wakes(house: House, open_page: NewPage) -> None:
    """Its monotonic clock stood still, its timers did not run; the wall clock tells."""
    ada = Person("Ada")
    page = await open_page(house)
    await page.add_init_script(SHIFTED_CLOCK % 0)
    await register(page, ada)
    await is_live(page)
    [row] = house.ledger.sessions(ada.email)
    house.ledger.pass_time(row.id, 3600)
    async with page.expect_response("**/auth/refresh") as renewal:
        await page.evaluate("shift = 3_600_000; document.dispatchEvent(new Event('visibilitychange', {bubbles: true}))")
    assert (await renewal.value).status == 200
    await is_live(page)
    assert [row.reason for row in house.ledger.sessions(ada.email)] == [None]


async def test_a_tab_that_was_frozen_until_its_token_ran_out_goes_on_when_it_thaws(
    build_house: OpenHouse, open_page: NewPage, chromium: Browser, wire: httpx2.AsyncClient
) -> None:
    house = await build_house(CHAT_AUTH_TOKEN_SECONDS="3", CHAT_ROTATION_WINDOW_SECONDS="1")
    ada = Person("Ada")
    page = await open_page(house)
    await register(page, ada)
    await is_live(page)
    token = await page.evaluate("import('/static/latch.js').then(({ session }) => session.token())")
    asked = count_refreshes(page.context)
    async with frozen(chromium):
        asked.clear()
        bearer = {"Authorization": f"Bearer {token}"}
        await until(lambda: is_refused(wire.get(f"{house.api}/api/me", headers=bearer)))
        assert asked == []
    answer = await page.evaluate("import('/static/latch.js').then(({ session }) => session.call('GET', '/api/me'))")
    assert answer["status"] == 200
    assert asked
    await is_live(page)
    assert await witnessed(page, "closes") == []
    assert [row.reason for row in house.ledger.sessions(ada.email)] == [None]


async def is_refused(answering: Awaitable[httpx2.Response]) -> bool:
    return (await answering).status_code == 401


@asynccontextmanager
async def frozen(browser: Browser) -> AsyncIterator[None]:
    """No script and no timer of any tab runs. (DevTools' own way to freeze a page leaves its timers running.)"""
    devtools = await browser.new_browser_cdp_session()
    processes = (await devtools.send("SystemInfo.getProcessInfo"))["processInfo"]
    renderers = [process["id"] for process in processes if process["type"] == "renderer"]
    for renderer in renderers:
        os.kill(renderer, signal.SIGSTOP)
    try:
        yield
    finally:
        for renderer in renderers:
            os.kill(renderer, signal.SIGCONT)


async def test_offline_says_so_keeps_everything_and_goes_on_when_the_network_is_back(
    house: House, open_page: NewPage
) -> None:
    ada = Person("Ada")
    page = await open_page(house)
    await register(page, ada)
    await is_live(page)
    # By this name no page has it before it is asked for, and nothing can be asked for offline.
    await page.evaluate("import('/static/latch.js').then(() => null)")
    await page.evaluate("witness.states.length = 0")
    await page.context.set_offline(True)
    await expect(page.locator("service-notice")).to_contain_text("You are offline.")
    assert await refresh(page) == "try_later"
    await is_signed_in(page)
    async with page.expect_response("**/auth/refresh") as renewal:
        await page.context.set_offline(False)
    assert (await renewal.value).status == 200
    await expect(page.locator("service-notice")).to_be_empty()
    await is_live(page)
    assert await witnessed(page, "states") in ([], ["signed_in"])
    assert [row.reason for row in house.ledger.sessions(ada.email)] == [None]


async def test_a_page_that_is_loaded_while_the_api_is_away_shows_nobody_signed_out(
    build_house: OpenHouse, open_page: NewPage
) -> None:
    house = await build_house(split=True)
    ada = Person("Ada")
    page = await open_page(house)
    await register(page, ada)
    await is_live(page)
    house.back.kill()
    await page.reload()
    await expect(page.locator("service-notice")).to_contain_text("The server cannot be reached just now.")
    assert await house.ledger.cookie_is_good(page.context)
    await house.back.start()
    await is_live(page)
    assert await witnessed(page, "states") == ["unknown", "signed_in"]
    assert await witnessed(page, "words") == []
