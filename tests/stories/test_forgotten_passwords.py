"""A password is forgotten, and an address confirmed, with the mails that a real server writes."""

import email
import email.policy
import re
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.stories.conftest import NewPage
from tests.stories.ledger import jar
from tests.stories.people import Person, is_live, is_signed_out, log_in, register, witnessed
from tests.stories.servers import House
from tests.stories.waiting import until

pytestmark = pytest.mark.anyio


async def newest_link(house: House, page: str, person: Person) -> str:
    """The link in the newest mail to that person that leads to the page."""
    # It lies beside the database's file, or where the things of a server's database are.
    folder = Path(house.back.log).parent
    found: list[str] = []

    def look() -> bool:
        for path in sorted(folder.rglob("*.eml")):
            mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
            if mail["To"] == person.email:
                found.extend(re.findall(rf"^{re.escape(house.url)}{page}#token=\S+$", mail.get_content(), re.MULTILINE))
        return bool(found)

    await until(look)
    return found[-1]


async def test_a_forgotten_password_is_set_anew_by_mail_and_signs_out_whoever_is_there(
    any_house: House, open_page: NewPage
) -> None:
    ada = Person("Ada")
    old = await open_page(any_house)
    await register(old, ada)
    await is_live(old)

    page = await open_page(any_house)
    await page.goto("/login")
    await page.get_by_role("link", name="Forgot your password?").click()
    # The page of before has such a field, too.
    await expect(page.get_by_role("heading", name="Forgot your password?")).to_be_visible()
    await page.get_by_label("E-mail").fill(ada.email)
    await page.get_by_role("button", name="Send the mail").click()
    await expect(page.get_by_role("heading", name="Look into your mail")).to_be_visible()
    link = await newest_link(any_house, "/reset", ada)
    await page.goto(link)
    await expect(page.locator("main")).to_contain_text(f"For {ada.email}.")
    assert page.url == f"{any_house.url}/reset"
    for label in ("New password", "The same once more"):
        await page.get_by_label(label, exact=True).fill("quite another string entirely")
    await page.get_by_role("button", name="Set this password").click()
    await expect(page.get_by_role("heading", name="Your password is changed")).to_be_visible()

    await expect(old.locator("ended-notice")).to_have_text("Your password was changed, so you were signed out here.")
    assert await witnessed(old, "closes") == [[4401, "password_changed"]]
    await old.reload()
    await is_signed_out(old)
    assert await jar(old.context) == []
    ada.password = "quite another string entirely"
    await log_in(page, ada)
    token = link.partition("#token=")[2]
    assert token not in any_house.written()
    await page.goto(link)
    await expect(page.get_by_role("alert").filter(has_text="has been used")).to_be_visible()


async def test_an_address_is_confirmed_by_the_link_in_a_mail(any_house: House, open_page: NewPage) -> None:
    grace = Person("Grace")
    page = await open_page(any_house)
    await register(page, grace)
    await page.get_by_role("link", name="Account", exact=True).click()
    await page.get_by_role("button", name="Send me a mail to confirm it").click()
    await expect(page.locator("email-confirmation")).to_contain_text(f"A mail is on its way to {grace.email}.")
    await page.goto(await newest_link(any_house, "/confirm", grace))
    await page.get_by_role("button", name="Confirm it").click()
    await expect(page.get_by_role("heading", name="Your address is confirmed")).to_be_visible()
    await page.goto("/account")
    await expect(page.locator("email-confirmation")).to_contain_text("Confirmed on")
