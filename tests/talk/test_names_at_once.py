"""The pages while no topic can be joined, and in the moments before: names are there, and nothing false is said."""

import asyncio

import pytest
from playwright.async_api import Page, Route, expect

from tests.talk.conversation import Meeting

pytestmark = pytest.mark.anyio

REFUSED = [("error", "unavailable")] * 500
"""As a node does whose Valkey is away: the socket is open, and nobody is let into a topic."""


async def cut_off(met: Meeting, path: str) -> Page:
    met.site.line.answers["phx_join"].extend(REFUSED)
    page = met.hers.page
    await page.goto(path)
    return page


async def test_names_are_there_though_no_topic_can_be_joined_and_history_is_said_to_come(met: Meeting) -> None:
    page = await cut_off(met, f"/chat/{met.id}")
    await expect(page.locator(".conversation-title")).to_have_text("Grace")
    await expect(page.locator(".room-title")).to_have_text("Grace")
    await expect(page.get_by_text("Messages come as soon as there is a connection.")).to_be_visible()
    met.site.line.answers["phx_join"].clear()
    await expect(page.get_by_text("Nothing has been said yet.")).to_be_visible()


async def test_before_it_is_known_who_is_in_a_conversation_nobody_is_said_to_be(met: Meeting) -> None:
    asked, go = asyncio.Event(), asyncio.Event()

    async def late(route: Route) -> None:
        asked.set()
        await go.wait()
        await route.continue_()

    await met.hers.page.route("**/api/conversations", late)
    page = await cut_off(met, f"/chat/{met.id}")
    await asked.wait()
    await expect(page.locator(".conversation-title")).to_have_text("Private conversation")
    await expect(page.locator(".conversation .avatar")).to_have_text("…")
    await expect(page.get_by_text("Only you")).to_have_count(0)
    go.set()
    await expect(page.locator(".conversation-title")).to_have_text("Grace")


async def test_nobody_is_said_to_have_no_key_while_theirs_is_read(met: Meeting) -> None:
    slow = """() => {
      const real = SubtleCrypto.prototype.importKey;
      SubtleCrypto.prototype.importKey = async function (...given) {
        await new Promise((resolve) => setTimeout(resolve, 200));
        return real.apply(this, given);
      };
      window.without = [];
      room.close();
      enter(room.id);
      room.addEventListener("change", () => without.push(room.withoutKeys.length));
    }"""
    await met.hers.js(slow)
    await met.hers.until("room.status === 'ready' && room.hasOwnKey")
    assert await met.hers.js("Math.max(...without)") == 0


async def test_without_a_connection_whom_one_knows_is_reached_and_another_said_to_wait(met: Meeting) -> None:
    edsger = await met.site.person("Edsger Unknown")
    page = await cut_off(met, "/chat")
    await expect(page.locator(".conversation-title")).to_have_text("Grace")
    await page.get_by_role("button", name="New chat").click()
    await page.get_by_label("Find people").fill(edsger.email)
    await page.locator("[data-person]").click()
    await expect(page.get_by_text("it is begun as soon as there is one")).to_be_visible()
    await expect(page.locator("[data-person]")).to_have_attribute("aria-busy", "true")
    await expect(page.get_by_text("no conversation can be begun")).to_be_visible(timeout=20_000)
    await page.get_by_label("Find people").fill(met.grace.email)
    await page.locator("[data-person]", has_text="Grace").click()
    await page.wait_for_url(f"**/chat/{met.id}")
