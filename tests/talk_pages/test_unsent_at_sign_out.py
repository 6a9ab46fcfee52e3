"""Signing out throws away what this browser has not sent yet. Whoever would lose something is asked first."""

import pytest
from playwright.async_api import Page, expect

from tests.talk_pages.conftest import OpenChat, until
from tests.talk_pages.worlds import GROUP, PRIVATE, STRANGE, world

pytestmark = pytest.mark.anyio

KEEP = """
(places) => import("/static/latch.js").then(({ session }) => {
  const start = `latchstring.talk.${session.state.user.id}.outbox.`;
  const text = JSON.stringify({ text: "Well.", at: 0, own: [] });
  places.forEach((id, at) => localStorage.setItem(`${start}${id}.text${at}`, text));
})
"""


async def waiting_in(page: Page, *places: str) -> None:
    await page.evaluate(KEEP, list(places))


async def sign_out(page: Page) -> None:
    await page.locator("account-corner").get_by_role("button", name="Sign out").click()


async def test_who_stays_loses_nothing_and_who_goes_all_the_same_is_signed_out(open_chat: OpenChat) -> None:
    page = await open_chat(world())
    await waiting_in(page, PRIVATE, PRIVATE, GROUP)
    await sign_out(page)
    dialog = page.locator("dialog")
    await expect(dialog.locator("p")).to_have_text(
        "3 messages have not been sent: 2 in “Ada Lovelace”, 1 in “Compilers”. Signing out throws them away."
    )
    await dialog.get_by_role("button", name="Stay").click()
    await expect(page.locator("html")).to_have_attribute("data-session", "signed_in")
    assert await page.evaluate("Object.keys(localStorage).filter((key) => key.includes('.outbox.')).length") == 3
    await sign_out(page)
    await dialog.get_by_role("button", name="Sign out anyway").click()
    await expect(page.locator("html")).to_have_attribute("data-session", "signed_out")
    await until(page, "!Object.keys(localStorage).some((key) => key.includes('.outbox.'))")


async def test_who_has_nothing_waiting_is_asked_nothing(open_chat: OpenChat) -> None:
    page = await open_chat(world())
    await sign_out(page)
    await expect(page.locator("html")).to_have_attribute("data-session", "signed_out")


async def test_escape_is_no_yes_and_one_message_is_one(open_chat: OpenChat) -> None:
    page = await open_chat(world())
    await waiting_in(page, STRANGE)
    await sign_out(page)
    await expect(page.locator("dialog p")).to_contain_text(
        "1 message has not been sent: 1 in “a conversation that is not"
    )
    await page.keyboard.press("Escape")
    await expect(page.locator("dialog")).to_have_count(0)
    await expect(page.locator("html")).to_have_attribute("data-session", "signed_in")


async def test_signing_out_everywhere_asks_as_well(open_chat: OpenChat) -> None:
    page = await open_chat(world(), "/account")
    await waiting_in(page, PRIVATE)
    await page.get_by_role("button", name="Sign out everywhere").click()
    await page.locator("dialog").get_by_role("button", name="Sign out everywhere").click()
    await expect(page.locator("dialog h2")).to_have_text("Sign out with messages unsent?")
    await page.get_by_role("button", name="Stay").click()
    await expect(page.locator("html")).to_have_attribute("data-session", "signed_in")


async def test_a_sign_out_from_afar_takes_the_question_away(open_chat: OpenChat) -> None:
    page = await open_chat(world())
    await waiting_in(page, PRIVATE)
    await sign_out(page)
    await expect(page.locator("dialog")).to_be_visible()
    await page.evaluate("import('/static/latch.js').then(({ session }) => session.ended('signed_out_elsewhere'))")
    await expect(page.locator("dialog")).to_have_count(0)
    await expect(page.locator("html")).to_have_attribute("data-session", "signed_out")


async def test_what_is_sent_meanwhile_is_not_said_to_be_unsent(open_chat: OpenChat) -> None:
    page = await open_chat(world())
    await waiting_in(page, PRIVATE, GROUP)
    await sign_out(page)
    dialog = page.locator("dialog")
    await expect(dialog.locator("p")).to_contain_text("2 messages have not been sent")
    kept = "Object.keys(localStorage).filter((key) => key.includes(id))"
    sent = f"(id) => {kept}.forEach((key) => localStorage.removeItem(key))"
    await page.evaluate(sent, f"outbox.{GROUP}")
    await expect(dialog.locator("p")).to_contain_text("1 message has not been sent")
    await page.evaluate(sent, f"outbox.{PRIVATE}")
    await expect(dialog.locator("p")).to_have_text("All messages have been sent meanwhile.")
    await dialog.get_by_role("button", name="Sign out").click()
    await expect(page.locator("html")).to_have_attribute("data-session", "signed_out")
