"""Whatever a browser reads by itself, cookie and all: no GET of a page rotates, and none answers with a cookie."""

import anyio
import pytest
from playwright.async_api import Page

from tests.stories.conftest import NewPage, OpenHouse
from tests.stories.ledger import COOKIE, jar
from tests.stories.middleman import Middleman
from tests.stories.people import Person, is_live, is_signed_in, register

pytestmark = pytest.mark.anyio

PAGES = ("/", "/about", "/login", "/account", "/chat", "/chat/00000000-0000-4000-8000-000000000000", "/nowhere")


async def until_asked(line: Middleman, page: Page, purpose: str) -> None:
    with anyio.fail_after(20):
        while not any(purpose in heard.headers.get("sec-purpose", "") for heard in line.heard):
            await page.wait_for_timeout(20)


async def test_a_get_of_any_page_with_the_cookie_spends_nothing(build_house: OpenHouse, open_page: NewPage) -> None:
    house = await build_house()
    ada = Person("Ada")
    page = await open_page(house)
    await register(page, ada)
    await is_live(page)
    [before] = house.ledger.sessions(ada.email)
    house.ledger.pass_time(before.id, 3600)
    [cookie] = await jar(page.context)
    for path in PAGES:
        for method in ("GET", "HEAD"):
            answer = await page.request.fetch(house.url + path, method=method, headers={"Cookie": f"{COOKIE}={cookie}"})
            assert answer.status == (404 if path == "/nowhere" else 200)
            assert "set-cookie" not in answer.headers
            assert ada.email not in await answer.text()
    assert house.ledger.sessions(ada.email) == [before]


async def test_a_prefetch_spends_nothing(build_house: OpenHouse, open_page: NewPage) -> None:
    house = await build_house(browser_leg=True)
    assert house.browser_leg is not None
    ada = Person("Ada")
    page = await open_page(house)
    await register(page, ada)
    await is_live(page)
    [before] = house.ledger.sessions(ada.email)
    house.ledger.pass_time(before.id, 3600)
    await page.evaluate("""
      document.head.append(Object.assign(document.createElement("link"), { rel: "prefetch", href: "/account" }))
    """)
    await until_asked(house.browser_leg, page, "prefetch")
    [prefetched] = [heard for heard in house.browser_leg.asked("/account") if "sec-purpose" in heard.headers]
    assert COOKIE in prefetched.headers["cookie"]
    assert [row.rotations for row in house.ledger.sessions(ada.email)] == [before.rotations]


async def test_a_prerendered_page_spends_nothing_until_it_is_looked_at(
    build_house: OpenHouse, open_page: NewPage
) -> None:
    house = await build_house(browser_leg=True)
    line = house.browser_leg
    assert line is not None
    ada = Person("Ada")
    # The pages' policy has no inline scripts, so that rules for speculation have to be forced on them.
    page = await open_page(house, bypass_csp=True)
    await register(page, ada)
    await is_live(page)
    [before] = house.ledger.sessions(ada.email)
    house.ledger.pass_time(before.id, 3600)
    line.heard.clear()
    await page.evaluate("""
      const rules = document.createElement("script");
      rules.type = "speculationrules";
      rules.textContent = JSON.stringify({ prerender: [{ urls: ["/about"], eagerness: "immediate" }] });
      document.head.append(rules);
    """)
    await until_asked(line, page, "prerender")
    # All that the page would load before it asks who is there has come; its first question is yet to be asked.
    with anyio.fail_after(20):
        while not any(heard.path.endswith("/theme.js") for heard in line.heard):
            await page.wait_for_timeout(20)
    assert line.asked("/auth/refresh") + line.asked("/auth/silent") == []
    assert [row.rotations for row in house.ledger.sessions(ada.email)] == [before.rotations]
    await page.goto("/about")
    await is_signed_in(page)
