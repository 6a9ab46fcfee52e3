"""A page that cannot be loaded: the address bar and what is shown agree, and there is a way to try again."""

import pytest
from playwright.async_api import BrowserContext, Page, Route, expect

from tests.pages.site import PASSWORD, Site, sign_in

pytestmark = pytest.mark.anyio

LOST = "This page could not be loaded"


@pytest.fixture
async def signed_in(page: Page, site: Site) -> Page:
    site.fake.add_person("ada@example.org", PASSWORD, "Ada")
    await page.goto("/login")
    await sign_in(page, "ada@example.org")
    await page.wait_for_url("**/chat")
    await expect(page.locator("connection-mark")).to_have_text("Live")
    return page


async def go_to(page: Page, name: str) -> None:
    await page.get_by_role("navigation").get_by_role("link", name=name).click()


async def test_a_page_that_does_not_come_is_told_in_its_place_and_comes_when_tried_again(
    signed_in: Page, context: BrowserContext
) -> None:
    await context.route("**/about", lambda route: route.abort())
    await go_to(signed_in, "About")
    await expect(signed_in.get_by_role("heading", name=LOST)).to_be_focused()
    assert signed_in.url.endswith("/about")
    assert "Not loaded" in await signed_in.title()
    await expect(signed_in.get_by_role("link", name="About")).to_have_attribute("aria-current", "page")
    await expect(signed_in.get_by_role("heading", name="Chat")).to_have_count(0)

    await signed_in.get_by_role("button", name="Try again").click()
    await expect(signed_in.locator("main")).to_contain_text("It did not come this time either.")
    await expect(signed_in.get_by_role("button", name="Try again")).to_be_focused()
    await context.unroute("**/about")
    await signed_in.get_by_role("button", name="Try again").click()
    await expect(signed_in.get_by_role("heading", name="About Latchstring")).to_be_focused()
    assert signed_in.url.endswith("/about")


async def test_going_back_from_a_lost_page_shows_the_page_before(signed_in: Page, context: BrowserContext) -> None:
    await go_to(signed_in, "Account")
    await expect(signed_in.locator(".device")).to_have_count(1)
    await context.route("**/about", lambda route: route.fulfill(status=502, body="<main>a proxy's own page</main>"))
    await go_to(signed_in, "About")
    await expect(signed_in.get_by_role("heading", name=LOST)).to_be_visible()
    await signed_in.go_back()
    await expect(signed_in.get_by_role("heading", name="Account")).to_be_visible()
    assert signed_in.url.endswith("/account")


async def test_a_lost_page_comes_by_itself_when_the_network_is_back(signed_in: Page, context: BrowserContext) -> None:
    await context.set_offline(True)
    await go_to(signed_in, "About")
    await expect(signed_in.get_by_role("heading", name=LOST)).to_be_visible()
    await context.set_offline(False)
    await expect(signed_in.get_by_role("heading", name="About Latchstring")).to_be_visible()


async def test_a_page_that_is_slow_gives_way_to_one_that_is_asked_for_later(
    signed_in: Page, context: BrowserContext
) -> None:
    waiting: list[Route] = []
    await context.route("**/about", lambda route: waiting.append(route))
    async with signed_in.expect_request("**/about"):
        await go_to(signed_in, "About")
    await expect(signed_in.locator("main")).to_have_attribute("aria-busy", "true")
    await go_to(signed_in, "Account")
    await expect(signed_in.get_by_role("heading", name="Account")).to_be_focused()
    for route in waiting:
        await route.abort()
    await expect(signed_in.locator("main")).not_to_have_attribute("aria-busy", "true")
    assert signed_in.url.endswith("/account")


async def test_while_nobody_can_know_who_is_here_the_page_that_was_asked_for_waits_and_not_the_one_before(
    page: Page, site: Site
) -> None:
    site.fake.down = True
    await page.goto("/about")
    await go_to(page, "Account")
    await expect(page.get_by_text("Opening your account …")).to_be_visible()
    await expect(page.get_by_text("The server cannot be reached just now.")).to_be_visible()
    assert page.url.endswith("/account")


async def test_a_lost_page_comes_by_itself_when_the_server_is_back_and_says_nothing_that_may_be_untrue(
    signed_in: Page, context: BrowserContext, site: Site
) -> None:
    await context.route("**/about", lambda route: route.fulfill(status=502, body="<main>a proxy's own page</main>"))
    await go_to(signed_in, "About")
    await expect(signed_in.get_by_role("heading", name=LOST)).to_be_visible()
    await expect(signed_in.get_by_text("You are still signed in.")).to_be_visible()
    for signed in site.fake.signed.values():
        await site.fake.end(signed, "signed_out_elsewhere")
    await expect(signed_in.get_by_role("banner").get_by_role("link", name="Sign in")).to_be_visible()
    await expect(signed_in.get_by_text("You are still signed in.")).to_be_hidden()
    await context.unroute("**/about")
    await expect(signed_in.get_by_role("heading", name="About Latchstring")).to_be_focused()


async def test_a_lost_page_is_there_as_soon_as_the_connection_is(signed_in: Page, context: BrowserContext) -> None:
    await context.route("**/about", lambda route: route.abort())
    await go_to(signed_in, "About")
    await expect(signed_in.get_by_role("heading", name=LOST)).to_be_visible()
    await context.unroute("**/about")
    await signed_in.evaluate(
        """async () => {
            const { connection } = await import("/static/connection.js");
            connection.dispatchEvent(new Event("change"));
        }"""
    )
    await expect(signed_in.get_by_role("heading", name="About Latchstring")).to_be_visible(timeout=1_500)


@pytest.mark.parametrize("path", ["/nonsense", "/verify", "/chat/nonsense"])
async def test_an_address_of_no_page_says_so_to_guests_too(page: Page, path: str) -> None:
    await page.goto(path)
    await expect(page.get_by_role("heading", name="This door leads nowhere")).to_be_visible()
    await expect(page.get_by_role("banner").get_by_role("link", name="Sign in")).to_be_visible()
    await page.wait_for_timeout(300)  # a guard that sent people elsewhere would have done so
    assert page.url.endswith(path)
