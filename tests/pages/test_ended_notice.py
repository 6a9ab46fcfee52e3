"""Why one was signed out is said on the login page for as long as it takes to sign in."""

import pytest
from playwright.async_api import Page, expect

from tests.pages.site import PASSWORD, Site, sign_in

pytestmark = pytest.mark.anyio

SENTENCES = {
    "signed_out_elsewhere": "You were signed out from another device.",
    "password_changed": "Your password was changed, so you were signed out here.",
    "replayed": "An old key of this sign-in was used again",
    "idle": "You were signed out because this browser was not used for a while.",
}


async def signed_in_at(page: Page, site: Site, path: str) -> None:
    site.fake.add_person("ada@example.org", PASSWORD, "Ada")
    await page.goto(f"/login?next={path}")
    await sign_in(page, "ada@example.org")
    await expect(page.locator("connection-mark")).to_have_text("Live")


async def end(site: Site, reason: str) -> None:
    for signed in site.fake.signed.values():
        if not signed.ended:
            await site.fake.end(signed, reason)


@pytest.mark.parametrize("reason", SENTENCES)
async def test_the_reason_stays_over_a_reload_and_goes_with_the_next_sign_in(
    page: Page, site: Site, reason: str
) -> None:
    await signed_in_at(page, site, "/account")
    await end(site, reason)
    await page.wait_for_url("**/login?next=%2Faccount")
    notice = page.locator("ended-notice")
    await expect(notice).to_contain_text(SENTENCES[reason])
    await expect(page.get_by_role("status").filter(has_text=SENTENCES[reason])).to_have_count(1)
    await page.reload()
    await expect(notice).to_contain_text(SENTENCES[reason])
    await sign_in(page, "ada@example.org")
    await page.wait_for_url("**/account")
    await page.evaluate("navigation.navigate('/about').finished")
    await page.get_by_role("button", name="Sign out").click()
    await page.get_by_role("link", name="Sign in").click()
    await expect(page.get_by_role("heading", name="Sign in")).to_be_focused()
    await expect(notice).to_have_text("")


async def test_a_screen_reader_hears_it_with_the_heading_that_takes_the_focus(page: Page, site: Site) -> None:
    await signed_in_at(page, site, "/chat")
    await end(site, "signed_out_elsewhere")
    heading = page.get_by_role("heading", name="Sign in")
    await expect(heading).to_be_focused()
    await expect(heading).to_have_accessible_description(SENTENCES["signed_out_elsewhere"])


async def test_on_a_public_page_it_is_told_at_once_and_again_where_one_signs_in(page: Page, site: Site) -> None:
    await signed_in_at(page, site, "/chat")
    await page.get_by_role("link", name="About").click()
    await expect(page.get_by_role("heading", name="About Latchstring")).to_be_visible()
    await end(site, "signed_out_elsewhere")
    await expect(page.locator("toast-list")).to_contain_text(SENTENCES["signed_out_elsewhere"])
    await page.get_by_role("link", name="Sign in").click()
    await expect(page.locator("ended-notice")).to_have_text(SENTENCES["signed_out_elsewhere"])


async def test_whoever_signs_out_by_their_own_hand_is_told_no_reason(page: Page, site: Site) -> None:
    await signed_in_at(page, site, "/chat")
    await page.get_by_role("button", name="Sign out").click()
    await page.wait_for_url(f"{site.url}/")
    await page.get_by_role("banner").get_by_role("link", name="Sign in").click()
    await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    await expect(page.locator("ended-notice")).to_have_text("")


@pytest.mark.parametrize("way", ["a link", "the address bar"])
async def test_a_reason_that_was_read_goes_when_its_page_is_left(page: Page, site: Site, way: str) -> None:
    await signed_in_at(page, site, "/account")
    await end(site, "password_changed")
    notice = page.locator("ended-notice")
    await expect(notice).to_have_text(SENTENCES["password_changed"])
    if way == "a link":
        await page.get_by_role("link", name="About").click()
    else:
        await page.goto("/about")
    await expect(page.get_by_role("heading", name="About Latchstring")).to_be_visible()
    # A page that is loaded anew asks the server, which says it again.
    await expect(page.locator("html")).to_have_attribute("data-session", "signed_out")
    await expect(page.locator(".toast")).to_have_count(0)
    await page.get_by_role("banner").get_by_role("link", name="Sign in").click()
    await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    await expect(notice).to_have_text("")
