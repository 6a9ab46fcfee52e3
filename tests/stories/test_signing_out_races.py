"""Signing out wins, whatever is under way at the same moment."""

import asyncio
import random

import httpx2
import pytest

from tests.stories.conftest import NewPage, OpenHouse
from tests.stories.ledger import COOKIE, jar
from tests.stories.people import (
    Person,
    is_live,
    is_signed_in,
    is_signed_out,
    log_in,
    new_page,
    register,
    register_by_wire,
)

pytestmark = pytest.mark.anyio

ROUNDS = 100


async def test_a_sign_out_that_races_a_refresh_a_hundred_times_ends_the_session_every_time(
    build_house: OpenHouse, wire: httpx2.AsyncClient
) -> None:
    house = await build_house(CHAT_THROTTLE="off")
    ada = Person("Ada")
    async with httpx2.AsyncClient(base_url=house.api, trust_env=False, timeout=20) as api:
        await register_by_wire(api, ada)
    ours = {"Origin": house.url}

    async def ask(path: str, cookie: str, after: float) -> httpx2.Response:
        await asyncio.sleep(after)
        return await wire.post(house.front_url + path, headers={**ours, "Cookie": f"{COOKIE}={cookie}"})

    async def one_round(number: int) -> list[str]:
        """Every cookie that was ever given out for this session."""
        answer = await wire.post(house.front_url + "/auth/login", json=ada.credentials, headers=ours)
        first = cookie_of(answer)
        # Before, after, and in the middle of one another.
        spread = random.Random(number)
        refreshed, out = await asyncio.gather(
            ask("/auth/refresh", first, spread.random() * 0.003),
            ask("/auth/signout", first, spread.random() * 0.003),
        )
        assert out.status_code == 204
        assert refreshed.status_code in (200, 401)
        return [first, *([cookie_of(refreshed)] if refreshed.status_code == 200 else [])]

    given = [await one_round(number) for number in range(ROUNDS)]
    assert {len(cookies) for cookies in given} == {1, 2}, "the race went one way only: it was none"
    for cookies in given:
        for cookie in cookies:
            answer = await ask("/auth/refresh", cookie, 0)
            assert answer.status_code == 401
            assert answer.json()["error"]["reason"] == "signed_out"
    # The registration's own session is the one that nobody signed out.
    reasons = [row.reason for row in house.ledger.sessions(ada.email)]
    assert sorted(reasons, key=str) == [None, *["signed_out"] * ROUNDS]


def cookie_of(answer: httpx2.Response) -> str:
    assert answer.status_code == 200, answer.text
    value = answer.headers["set-cookie"].partition(";")[0].removeprefix(f"{COOKIE}=")
    assert value
    return value


async def test_a_sign_out_breaks_off_a_refresh_that_another_tab_has_under_way(
    build_house: OpenHouse, open_page: NewPage
) -> None:
    house = await build_house(browser_leg=True)
    line = house.browser_leg
    assert line is not None
    ada = Person("Ada")
    page = await open_page(house)
    await register(page, ada)
    beside = await new_page(page.context)
    await beside.goto("/chat")
    await is_live(beside)
    async with line.holding("/auth/refresh") as held:
        await beside.evaluate("import('/static/latch.js').then(({ session }) => void session.refresh())")
        await held.come.wait()
        await page.get_by_role("button", name="Sign out").click()
        await is_signed_out(page)
        await is_signed_out(beside)
    await page.goto("/about")
    assert await jar(page.context) == []
    assert [row.reason for row in house.ledger.sessions(ada.email)] == ["signed_out"]


async def test_a_late_set_cookie_after_a_sign_out_signs_nobody_in_and_is_cleared(
    build_house: OpenHouse, open_page: NewPage
) -> None:
    house = await build_house(browser_leg=True)
    line = house.browser_leg
    assert line is not None
    ada = Person("Ada")
    page = await open_page(house)
    await register(page, ada)
    await is_live(page)
    async with line.holding("/auth/refresh") as held:
        # Not through the page's session, which would break it off.
        await page.evaluate("void (globalThis.late = fetch('/auth/refresh', { method: 'POST' }).then((a) => a.status))")
        await held.come.wait()
        await page.get_by_role("button", name="Sign out").click()
        await is_signed_out(page)
        assert await jar(page.context) == []
        held.release()
        assert await page.evaluate("late") == 200
    assert len(await jar(page.context)) == 1
    assert not await house.ledger.cookie_is_good(page.context)

    await page.goto("/account")
    await page.wait_for_url("**/login?next=%2Faccount")
    assert await jar(page.context) == []
    await log_in(page, ada)
    await page.reload()
    await is_signed_in(page)
    assert sorted(str(row.reason) for row in house.ledger.sessions(ada.email)) == ["None", "signed_out"]
