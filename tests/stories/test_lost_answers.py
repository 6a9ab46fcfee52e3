"""The server has rotated, and the browser never learns of it: on either leg of the way, for a moment or for hours."""

from pathlib import Path

import pytest
from playwright.async_api import BrowserContext, Page

from tests.conftest import LaunchChromium
from tests.stories.conftest import NewPage, OpenHouse
from tests.stories.ledger import jar
from tests.stories.middleman import Middleman
from tests.stories.people import Person, is_live, is_signed_in, new_page, refresh, register, witnessed
from tests.stories.servers import House
from tests.stories.waiting import until

pytestmark = pytest.mark.anyio

LEGS = ["between web tier and browser", "between API and web tier"]
HOURS = 3600


async def build_lossy(build_house: OpenHouse, leg: str) -> tuple[House, Middleman]:
    house = await build_house(split=True, browser_leg=leg == LEGS[0], inner_leg=leg == LEGS[1])
    line = house.browser_leg or house.inner_leg
    assert line is not None
    return house, line


async def lose_until(line: Middleman, path: str, count: int) -> None:
    """Has `count` answers lost, each one after the server has acted."""
    already = line.lost
    with line.losing(path):
        await until(lambda: line.lost - already >= count)


@pytest.mark.parametrize("leg", LEGS)
async def test_a_lost_answer_is_repeated_and_nobody_notices(
    build_house: OpenHouse, open_page: NewPage, leg: str
) -> None:
    house, line = await build_lossy(build_house, leg)
    ada = Person("Ada")
    page = await open_page(house)
    await register(page, ada)
    await is_live(page)
    [before] = house.ledger.sessions(ada.email)
    cookies = await jar(page.context)

    # A slow server may have a try given up before its answer is lost; then the next one comes when it is due again.
    await page.evaluate(
        """void import('/static/latch.js').then(async ({ session }) => {
            while ((await session.refresh()).outcome !== 'refreshed') continue;
        })"""
    )
    await lose_until(line, "/auth/refresh", 2)

    async def is_refreshed() -> bool:
        return await refresh(page) == "refreshed"

    # The try that is under way may be one whose answer was lost.
    await until(is_refreshed)

    [after] = house.ledger.sessions(ada.email)
    assert (after.reason, after.rotations) == (None, before.rotations + 1)
    assert await jar(page.context) != cookies
    assert await house.ledger.cookie_is_good(page.context)
    await is_live(page)
    assert await witnessed(page, "states") == ["unknown", "signed_out", "signed_in"]  # a guest, who registered
    await page.reload()
    await is_signed_in(page)


@pytest.mark.parametrize("leg", LEGS)
async def test_back_after_seven_hours_with_the_predecessor_of_a_lost_answer(
    build_house: OpenHouse, launch_chromium: LaunchChromium, tmp_path: Path, leg: str
) -> None:
    house, line = await build_lossy(build_house, leg)
    ada = Person("Ada")

    async def browser() -> tuple[BrowserContext, Page]:
        context = await launch_chromium(tmp_path / "profile", base_url=house.url)
        return context, await new_page(context)

    context, page = await browser()
    await register(page, ada)
    await is_live(page)
    assert await refresh(page) == "refreshed"
    [before] = house.ledger.sessions(ada.email)
    cookies = await jar(context)
    house.ledger.pass_time(before.id, 1700)
    with line.losing("/auth/refresh"):
        await page.evaluate("import('/static/latch.js').then(({ session }) => void session.refresh())")
        await until(lambda: line.lost > 0)
        # The lid is shut before any answer gets through: the jar keeps the predecessor.
        await context.close()
    [lost] = house.ledger.sessions(ada.email)
    assert lost.rotations == before.rotations + 1

    house.ledger.pass_time(before.id, 7 * HOURS)
    context, page = await browser()
    assert await jar(context) == cookies
    await page.goto("/chat")
    await is_live(page)
    assert await witnessed(page, "states") == ["unknown", "signed_in"]
    [after] = house.ledger.sessions(ada.email)
    assert (after.reason, after.rotations) == (None, lost.rotations + 1)
    assert await house.ledger.cookie_is_good(context)
