"""Forgotten passwords and unconfirmed addresses: the pages that a mail leads to."""

import re

import pytest
from playwright.async_api import Page, Request, expect

from tests.pages.site import PASSWORD, Site, sign_in

pytestmark = pytest.mark.anyio

TOKEN = "canary-of-a-mailed-token-with-43-characters"
NEW = "quite another string entirely"


@pytest.fixture
async def asked(page: Page) -> list[str]:
    """Every address and Referer that the browser sends anywhere. In the browser's loop, which a fixture that is no
    coroutine has not: to listen is to tell the browser."""
    found: list[str] = []

    def note(request: Request) -> None:
        found.extend([request.url, request.headers.get("referer", "")])

    page.on("request", note)
    return found


async def type_new_password(page: Page, password: str = NEW, again: str | None = None) -> None:
    await page.get_by_label("New password", exact=True).fill(password)
    await page.get_by_label("The same once more").fill(password if again is None else again)
    await page.get_by_role("button", name="Set this password").click()


@pytest.mark.parametrize("email", ["ada@example.org", "nobody@example.org", "no address at all"])
async def test_whoever_forgot_their_password_is_told_the_same_for_every_address(
    page: Page, site: Site, email: str
) -> None:
    site.fake.add_person("ada@example.org", PASSWORD, "Ada")
    await page.goto("/login")
    await page.get_by_role("link", name="Forgot your password?").click()
    await expect(page.get_by_role("heading", name="Forgot your password?")).to_be_visible()
    await page.get_by_label("E-mail").fill(email)
    await page.get_by_role("button", name="Send the mail").click()
    await expect(page.get_by_role("heading", name="Look into your mail")).to_be_focused()
    await expect(page.locator("main")).to_contain_text(f"If there is an account for {email}, a mail is on its way")
    assert site.fake.asked_for == [email]


async def test_a_link_leads_to_a_new_password_and_its_token_is_in_no_address(
    page: Page, site: Site, asked: list[str]
) -> None:
    ada = site.fake.add_person("ada@example.org", PASSWORD, "Ada")
    site.fake.mailed_tokens[TOKEN] = ada
    await page.goto(f"/reset#token={TOKEN}")
    await expect(page.get_by_role("heading", name="Choose a new password")).to_be_focused()
    await expect(page.locator("main")).to_contain_text("For ada@example.org.")
    assert page.url == f"{site.url}/reset"
    await type_new_password(page, again="something else")
    await expect(page.locator("#new-password-again-trouble")).to_have_text("This is not the same as the new password.")
    await type_new_password(page, "short")
    await expect(page.locator("#new-password-trouble")).to_have_text("A password has at least 15 characters.")
    await type_new_password(page)
    await expect(page.get_by_role("heading", name="Your password is changed")).to_be_focused()
    await page.locator("main").get_by_role("link", name="Sign in").click()
    await sign_in(page, "ada@example.org", NEW)
    await page.wait_for_url("**/chat")
    entries = await page.evaluate("navigation.entries().map(({ url }) => url)")
    assert [address for address in [*asked, *entries] if "canary" in address] == []


async def test_the_token_is_out_of_the_address_before_any_module_runs(page: Page, site: Site) -> None:
    modules = re.compile(r"/(static/@[^/]+/(?!take-token|theme).*|latchstring/.*)\.js$")
    await page.route(modules, lambda route: route.abort())
    await page.goto(f"/reset#token={TOKEN}")
    assert page.url == f"{site.url}/reset"


async def test_a_link_that_is_pasted_into_the_address_bar_of_the_open_page_works(page: Page, site: Site) -> None:
    site.fake.mailed_tokens[TOKEN] = site.fake.add_person("ada@example.org", PASSWORD, "Ada")
    await page.goto("/forgot")
    await page.get_by_role("link", name="I have a code already").click()
    await expect(page.get_by_label("Code from the mail")).to_be_visible()
    await page.evaluate(f"location.assign('/reset#token={TOKEN}')")
    await expect(page.locator("main")).to_contain_text("For ada@example.org.")
    assert page.url == f"{site.url}/reset"


async def test_a_code_is_pasted_where_a_link_does_not_open(page: Page, site: Site) -> None:
    site.fake.mailed_tokens[TOKEN] = site.fake.add_person("ada@example.org", PASSWORD, "Ada")
    await page.goto("/reset")
    await page.get_by_role("button", name="Go on").click()
    await expect(page.locator("#token-trouble")).to_have_text("Please paste the code from the mail.")
    await page.get_by_label("Code from the mail").fill(f"paste this code: {TOKEN} ")
    await page.get_by_role("button", name="Go on").click()
    await expect(page.locator("main")).to_contain_text("For ada@example.org.")
    await expect(page.get_by_label("Code from the mail")).to_have_value("")


async def test_a_link_that_is_used_up_says_so_and_offers_another_mail(page: Page) -> None:
    await page.goto(f"/reset#token={TOKEN}")
    await expect(page.get_by_role("alert").filter(has_text="This code has been used.")).to_be_visible()
    await page.get_by_role("link", name="Send me a new mail").click()
    await expect(page.get_by_role("heading", name="Forgot your password?")).to_be_focused()


async def test_a_token_that_is_used_up_meanwhile_leads_back_to_the_first_step(page: Page, site: Site) -> None:
    site.fake.mailed_tokens[TOKEN] = site.fake.add_person("ada@example.org", PASSWORD, "Ada")
    await page.goto(f"/reset#token={TOKEN}")
    await expect(page.locator("main")).to_contain_text("For ada@example.org.")
    site.fake.mailed_tokens.clear()
    await type_new_password(page)
    await expect(page.get_by_role("alert").filter(has_text="This code has been used.")).to_be_visible()


async def test_a_server_that_is_away_costs_nobody_their_link(page: Page, site: Site) -> None:
    site.fake.mailed_tokens[TOKEN] = site.fake.add_person("ada@example.org", PASSWORD, "Ada")
    site.fake.down = True
    await page.goto(f"/reset#token={TOKEN}")
    await expect(page.get_by_role("alert").filter(has_text="The server did not answer.")).to_be_visible()
    site.fake.down = False
    await page.get_by_role("button", name="Go on").click()
    await expect(page.locator("main")).to_contain_text("For ada@example.org.")


async def test_an_address_is_confirmed_by_a_link_and_a_press_and_not_by_opening_it(
    page: Page, site: Site, asked: list[str]
) -> None:
    ada = site.fake.add_person("ada@example.org", PASSWORD, "Ada")
    site.fake.mailed_tokens[TOKEN] = ada
    await page.goto("/login?next=/account")
    await sign_in(page, "ada@example.org")
    confirmation = page.locator("email-confirmation")
    await expect(confirmation).to_contain_text("Not confirmed yet.")
    await confirmation.get_by_role("button", name="Send me a mail").click()
    await expect(confirmation).to_contain_text("A mail is on its way to ada@example.org.")
    assert site.fake.asked_for == ["ada@example.org"]

    await page.goto(f"/confirm#token={TOKEN}", wait_until="networkidle")
    assert page.url == f"{site.url}/confirm"
    assert ada.confirmed_at is None
    await page.get_by_role("button", name="Confirm it").click()
    await expect(page.get_by_role("heading", name="Your address is confirmed")).to_be_focused()
    await page.get_by_role("link", name="Your account").click()
    await expect(confirmation).to_contain_text("Confirmed on")
    await expect(confirmation.get_by_role("button")).to_have_count(0)
    assert [address for address in asked if "canary" in address] == []


async def test_a_confirmation_that_is_used_up_says_so_and_takes_another_code(page: Page, site: Site) -> None:
    await page.goto(f"/confirm#token={TOKEN}")
    await expect(page.get_by_label("Code from the mail")).to_be_hidden()
    await page.get_by_role("button", name="Confirm it").click()
    await expect(page.get_by_role("alert").filter(has_text="This code has been used.")).to_be_visible()
    ada = site.fake.add_person("ada@example.org", PASSWORD, "Ada")
    site.fake.mailed_tokens[TOKEN] = ada
    await page.get_by_label("Code from the mail").fill(TOKEN)
    await page.get_by_role("button", name="Confirm it").click()
    await expect(page.get_by_role("heading", name="Your address is confirmed")).to_be_visible()
    assert ada.confirmed_at
