"""Whether the page is connected is said in two places, and both say the same."""

from urllib.parse import urlsplit

import pytest
from playwright.async_api import BrowserContext, Page, Route, expect

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


async def test_a_socket_whose_topics_are_lost_is_not_live_and_nobody_is_shown_as_here(live: Page, site: Site) -> None:
    await live.goto("/chat")
    mark, notice = live.locator("connection-mark"), live.locator("service-notice")
    await expect(mark).to_have_text("Live")
    await expect(live.locator("presence-count")).to_have_text("1")
    await site.fake.lose_sight()
    await expect(mark).to_have_text("Reconnecting")
    await expect(live.locator("presence-count")).to_have_text("")
    await expect(notice).to_contain_text("There is no connection to the conversations just now.")
    site.fake.cut_off = False
    await notice.get_by_role("button", name="Try now").click()
    await expect(mark).to_have_text("Live")
    await expect(notice).to_have_text("")
    await expect(live.locator("presence-count")).to_have_text("1")


async def test_a_page_that_was_never_let_in_is_not_called_live(live: Page, site: Site) -> None:
    site.fake.cut_off = True
    await live.goto("/chat")
    await expect(live.locator("connection-mark")).to_have_text("Connecting")
    await expect(live.locator("service-notice")).to_contain_text("There is no connection to the conversations")


async def test_who_waits_for_a_server_can_have_it_tried_at_once(live: Page, site: Site) -> None:
    # Nobody would come back by themselves for half a minute and more.
    await live.evaluate("Math.random = () => 0.99")
    site.fake.down = True
    [signed] = site.fake.signed.values()
    held, signed.token = signed.token, "of another browser"
    for websocket in list(signed.sockets):
        await websocket.close(1012)
    button = live.locator("service-notice").get_by_role("button", name="Try now")
    await button.wait_for()
    site.fake.down, signed.token = False, held
    await button.click()
    await expect(live.locator("connection-mark")).to_have_text("Live")


async def at_home_elsewhere(page: Page, home: str, pattern: str = "**/login", url: str | None = None) -> None:
    """The pages, as a server sends them that is at home there."""

    async def serve(route: Route) -> None:
        answer = await route.fetch(url=url and url + urlsplit(route.request.url).path)
        body = (await answer.text()).replace('name="origins" content=""', f'name="origins" content="{home}"')
        # Of a header that is for https alone a browser complains elsewhere.
        headers = {name: value for name, value in answer.headers.items() if name != "cross-origin-opener-policy"}
        await route.fulfill(status=answer.status, headers=headers, body=body)

    await page.route(pattern, serve)


async def test_a_page_that_is_opened_where_it_is_not_at_home_says_where_that_is(page: Page) -> None:
    await at_home_elsewhere(page, "https://chat.example.org https://other.example.org")
    await page.goto("/login")
    notice = page.locator("service-notice")
    await expect(notice).to_contain_text("takes nobody in at this address. Open it at")
    await expect(notice.get_by_role("link")).to_have_attribute("href", "https://chat.example.org/login")
    await expect(notice.get_by_role("button")).to_have_count(0)


async def test_a_page_is_at_home_at_each_address_that_the_server_takes_it_from(page: Page, site: Site) -> None:
    await at_home_elsewhere(page, f"https://chat.example.org:443 {site.url}")
    await page.goto("/login")
    await expect(page.locator("html")).to_have_attribute("data-session", "signed_out")
    await expect(page.locator("service-notice")).to_have_text("")


async def test_a_form_that_is_refused_for_its_address_says_the_right_one(page: Page) -> None:
    await at_home_elsewhere(page, "https://chat.example.org")
    refusal = {"error": {"code": "cross_origin", "message": "This may only be called from our own pages."}}
    await page.route("**/auth/login", lambda route: route.fulfill(status=403, json=refusal))
    await page.goto("/login")
    await sign_in(page, "ada@example.org")
    await expect(page.locator("[data-trouble]")).to_have_text(
        "This chat takes nobody in at this address. Open it at https://chat.example.org."
    )


async def test_a_chat_of_one_machine_alone_sends_nobody_to_their_own(page: Page, site: Site) -> None:
    await at_home_elsewhere(page, "http://localhost:8000", "http://chat.example.org/**", site.url)
    await page.goto("http://chat.example.org/login")
    await expect(page.locator("service-notice")).to_have_text(
        "This chat takes nobody in at this address. On the machine that it runs on, it is at http://localhost:8000."
    )
