"""Somebody has a copy of the cookie. Whoever of the two comes second ends the session, and its owner is told why."""

import pytest
from playwright.async_api import Page, expect

from tests.stories.conftest import NewPage
from tests.stories.ledger import COOKIE, jar
from tests.stories.people import Person, is_live, is_signed_in, refresh, register
from tests.stories.servers import House
from tests.stories.waiting import until

pytestmark = pytest.mark.anyio

TOLD = "An old key of this sign-in was used again"
AN_HOUR = 3600


async def owner_and_thief(house: House, open_page: NewPage, ada: Person) -> tuple[Page, Page]:
    owner, thief = await open_page(house), await open_page(house)
    await register(owner, ada)
    await is_live(owner)
    [stolen] = await jar(owner.context)
    await thief.context.add_cookies([{"name": COOKIE, "value": stolen, "url": house.url}])
    return owner, thief


async def an_hour_later(house: House, ada: Person) -> None:
    """Once the newest answer is known to have arrived, which its first use tells."""
    await until(lambda: house.ledger.sessions(ada.email)[0].proved)
    house.ledger.pass_time(house.ledger.sessions(ada.email)[0].id, AN_HOUR)


async def test_a_thief_who_comes_after_the_owner_ends_the_session(house: House, open_page: NewPage) -> None:
    ada = Person("Ada")
    owner, thief = await owner_and_thief(house, open_page, ada)
    assert await refresh(owner) == "refreshed"
    await an_hour_later(house, ada)
    assert await refresh(owner) == "refreshed"
    await an_hour_later(house, ada)
    await thief.goto("/account")
    await thief.wait_for_url("**/login?next=%2Faccount")
    await expect(owner.get_by_text(TOLD)).to_be_visible()
    assert [row.reason for row in house.ledger.sessions(ada.email)] == ["replayed"]


async def test_an_owner_who_comes_after_the_thief_ends_the_session(house: House, open_page: NewPage) -> None:
    ada = Person("Ada")
    owner, thief = await owner_and_thief(house, open_page, ada)
    await thief.goto("/account")
    await is_signed_in(thief)
    await an_hour_later(house, ada)
    assert await refresh(owner) == "ended"
    await expect(owner.get_by_text(TOLD)).to_be_visible()
    await expect(thief.get_by_text(TOLD)).to_be_visible()
    assert [row.reason for row in house.ledger.sessions(ada.email)] == ["replayed"]
