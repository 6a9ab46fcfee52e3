"""Tabs of one browser refresh at once: nobody is signed out, and their one jar ends with a live token."""

import asyncio

import pytest
from playwright.async_api import Page

from tests.stories.conftest import NewPage
from tests.stories.people import Person, is_live, is_signed_in, is_signed_out, new_page, refresh, register, witnessed
from tests.stories.servers import House

pytestmark = pytest.mark.anyio

# What tabs do that take no turns: another browser's, an older version's, or where there are no Web Locks.
RAW_REFRESH = "fetch('/auth/refresh', { method: 'POST' }).then((answer) => answer.status)"


async def signed_in_tabs(house: House, open_page: NewPage, person: Person, count: int) -> list[Page]:
    first = await open_page(house)
    await register(first, person)
    tabs = [first, *[await new_page(first.context) for _ in range(count - 1)]]
    await asyncio.gather(*[tab.goto("/chat") for tab in tabs[1:]])
    for tab in tabs:
        await is_live(tab)
        await tab.evaluate("witness.states.length = 0")
    return tabs


async def nobody_was_signed_out(house: House, tabs: list[Page], person: Person) -> None:
    for tab in tabs:
        await is_live(tab)
        assert "signed_out" not in await witnessed(tab, "states")
        assert await witnessed(tab, "words") == []
    assert [row.reason for row in house.ledger.sessions(person.email)] == [None]
    assert await house.ledger.cookie_is_good(tabs[0].context)
    for tab in tabs:
        await tab.reload()
        await is_signed_in(tab)


@pytest.mark.parametrize("count", [2, 5])
async def test_tabs_that_refresh_at_once_share_one_rotation(house: House, open_page: NewPage, count: int) -> None:
    ada = Person("Ada")
    tabs = await signed_in_tabs(house, open_page, ada, count)
    [before] = house.ledger.sessions(ada.email)
    house.ledger.pass_time(before.id, 1700)
    outcomes = await asyncio.gather(*[refresh(tab) for tab in tabs])
    assert outcomes == ["refreshed"] * count
    [after] = house.ledger.sessions(ada.email)
    assert after.rotations == before.rotations + 1
    await nobody_was_signed_out(house, tabs, ada)


async def test_tabs_that_take_no_turns_share_one_rotation_too(house: House, open_page: NewPage) -> None:
    count = 5
    ada = Person("Ada")
    tabs = await signed_in_tabs(house, open_page, ada, count)
    [before] = house.ledger.sessions(ada.email)
    house.ledger.pass_time(before.id, 1700)
    statuses = await asyncio.gather(*[tab.evaluate(RAW_REFRESH) for tab in tabs])
    assert statuses == [200] * count
    [after] = house.ledger.sessions(ada.email)
    assert after.rotations == before.rotations + 1
    await nobody_was_signed_out(house, tabs, ada)


async def test_a_tab_and_a_reload_that_refresh_at_once_both_stay_signed_in(house: House, open_page: NewPage) -> None:
    ada = Person("Ada")
    tabs = await signed_in_tabs(house, open_page, ada, 2)
    [before] = house.ledger.sessions(ada.email)
    for _ in range(3):
        house.ledger.pass_time(before.id, 1700)
        # The reload may break its own tab's refresh off: that answer is then lost to the page and not to the jar.
        await asyncio.gather(tabs[0].reload(), refresh(tabs[1]), tabs[1].evaluate(RAW_REFRESH))
        await is_live(tabs[0])
    [after] = house.ledger.sessions(ada.email)
    assert after.rotations - before.rotations <= 6
    await nobody_was_signed_out(house, tabs, ada)


async def test_signing_out_in_one_tab_signs_out_all(house: House, open_page: NewPage) -> None:
    ada = Person("Ada")
    tabs = await signed_in_tabs(house, open_page, ada, 3)
    await tabs[1].get_by_role("button", name="Sign out").click()
    for tab in tabs:
        await is_signed_out(tab)
    assert [row.reason for row in house.ledger.sessions(ada.email)] == ["signed_out"]
