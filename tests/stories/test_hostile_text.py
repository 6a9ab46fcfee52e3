"""Texts that some program takes for more than text, written and read in real browsers through a real server: they are
shown as they are, nothing of them runs, nothing is loaded or left, and the pages' policy has nothing to report."""

from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

import httpx2
import pytest
from playwright.async_api import Page, Request, expect

from tests.attacks.chat.hostile import SHOWN, UNFIT
from tests.stories.conftest import NewPage
from tests.stories.people import Person, is_live, log_in, register_by_wire
from tests.stories.servers import House

pytestmark = pytest.mark.anyio

NAME = "<img src=x onerror=alert(1)>"
ALIAS = "</title><script>alert(1)</script>{{7*7}}"
UNSENDABLE = ("64 KiB",)
"""Longer than a message may be."""

# Before any script of the page's own: what the policy reports, and whatever a text would do if it ran.
REPORTS = """
globalThis.reports = [];
document.addEventListener("securitypolicyviolation", (event) => {
  reports.push(`${event.effectiveDirective} ${event.blockedURI} ${event.sample}`);
});
globalThis.ran = 0;
globalThis.alert = () => { ran += 1; };
"""


@dataclass
class Visit:
    """A page, and what came of it."""

    page: Page
    troubles: list[str] = field(default_factory=list)

    async def check(self) -> None:
        assert await self.page.evaluate("[reports, ran]") == [[], 0]
        assert self.troubles == []
        odd = (
            "script:not([src]), main img, main iframe, main svg script, [onerror], [onload], [onclick], a[href^='j' i]"
        )
        assert await self.page.locator(odd).count() == 0


async def watched(page: Page, house: House) -> Visit:
    visit = Visit(page)
    ours = urlsplit(house.url).netloc

    def asked(request: Request) -> None:
        where = urlsplit(request.url)
        if where.netloc != ours:
            visit.troubles.append(f"asked for {request.url}")

    page.on("request", asked)
    page.on("dialog", lambda dialog: visit.troubles.append(f"dialog {dialog.message}"))
    page.on("pageerror", lambda error: visit.troubles.append(f"error {error}"))
    page.on("console", lambda line: visit.troubles.append(line.text) if "Policy" in line.text else None)
    page.on("popup", lambda popup: visit.troubles.append(f"popup {popup.url}"))
    await page.add_init_script(REPORTS)
    return visit


async def visitor(person: Person, house: House, wire: httpx2.AsyncClient, open_page: NewPage) -> tuple[Visit, str]:
    """Signed in and live; with the user's id."""
    user_id = (await register_by_wire(wire_to(wire, house), person))["user"]["id"]
    visit = await watched(await open_page(house), house)
    await log_in(visit.page, person)
    await visit.page.goto("/chat")
    await is_live(visit.page)
    return visit, user_id


def wire_to(wire: httpx2.AsyncClient, house: House) -> httpx2.AsyncClient:
    wire.base_url = httpx2.URL(house.api)
    return wire


async def find(page: Page, text: str, name: str) -> None:
    await page.get_by_label("Find people").fill(text)
    await page.locator(".found-person", has_text=name).click()


async def test_hostile_names_drafts_searches_and_messages_are_text_to_everybody_who_reads_them(
    house: House, wire: httpx2.AsyncClient, open_page: NewPage
) -> None:
    mallory, anna = Person(NAME, "mallory@example.org"), Person("Anna Victim", "victim@example.org")
    his, _ = await visitor(mallory, house, wire, open_page)
    hers, _ = await visitor(anna, house, wire, open_page)
    texts = {kind: text for kind, text in (SHOWN | UNFIT).items() if kind not in UNSENDABLE}

    # A group whose name is hostile, by somebody whose name is hostile.
    await his.page.get_by_role("button", name="New chat").click()
    await his.page.get_by_role("radio", name="A group").check()
    for text in ("<script>alert(1)</script>", "javascript:alert(1)", "{{7*7}}", "\u202egnp", "%"):
        await his.page.get_by_label("Find people").fill(text)
        await expect(his.page.get_by_text("Nobody by that name or address.")).to_be_visible()
    await find(his.page, "Anna Victim", "Anna Victim")
    await his.page.get_by_label("Name of the group").fill(ALIAS)
    await his.page.get_by_role("button", name="Start the group").click()
    await his.page.wait_for_url("**/chat/*-*")
    await expect(hers.page.locator(".conversation-title", has_text=ALIAS)).to_be_visible()
    await hers.page.locator(".conversation", has_text=ALIAS).click()
    await expect(hers.page.get_by_role("heading", name=ALIAS)).to_be_visible()
    await expect(hers.page).to_have_title(f"{ALIAS} · Latchstring")

    # Through the browser's own encryption, by the composer.
    writing = his.page.get_by_label("Message", exact=True)
    for kind, text in texts.items():
        await writing.fill(text)
        # As a field of HTML takes it; and white space around a message is not sent.
        wanted = await writing.evaluate("(field) => field.value.trim()")
        await writing.press("Enter")
        for visit in (his, hers):
            shown = visit.page.locator("[data-state=sent] .message-text").last
            await expect(shown, kind).to_have_js_property("textContent", wanted)
            # A block of its own: what is turned around in it leaves its neighbours as they are.
            await expect(shown).to_have_css("display", "block")
            await expect(shown.locator("*")).to_have_count(0)
            await expect(visit.page.locator(".bubble").last).to_have_css("overflow", "clip")

    # Begun and not sent: it is kept over a reload, as text.
    await writing.fill(SHOWN["frame"])
    await his.page.reload()
    await is_live(his.page)
    await expect(his.page.get_by_label("Message", exact=True)).to_have_value(SHOWN["frame"])

    # The name of somebody, wherever it stands: in the corner, in dialogs, among who is here, in the account's form.
    await hers.page.get_by_role("button", name="This group").click()
    await hers.page.get_by_role("menuitem", name="People").click()
    await expect(hers.page.get_by_role("dialog").get_by_text(NAME)).to_be_visible()
    await hers.page.keyboard.press("Escape")
    await hers.page.get_by_role("button", name="New chat").click()
    await hers.page.get_by_label("Find people").fill("<img")
    await hers.page.locator(".found-person", has_text=NAME).click()
    await expect(hers.page.get_by_role("heading", name=NAME)).to_be_visible()
    await his.page.goto("/account")
    await expect(his.page.get_by_label("Display name")).to_have_value(NAME)
    await expect(his.page.locator("account-corner")).to_contain_text(NAME)
    for text in (UNFIT["override"], UNFIT["zero width"], UNFIT["only fillers"]):
        await his.page.get_by_label("Display name").fill(text)
        await his.page.get_by_label("Display name").press("Enter")
        await expect(his.page.locator("[data-field=display_name] [data-field-trouble]")).not_to_be_empty()
    for visit in (his, hers):
        await visit.check()


@pytest.mark.parametrize("path", ["/login", "/about", "/reset", "/confirm", "/nowhere", "/chat/x"])
async def test_a_hostile_address_does_nothing_on_any_page(house: House, open_page: NewPage, path: str) -> None:
    visit = await watched(await open_page(house), house)
    for text in (SHOWN["frame"], SHOWN["link"]):
        await visit.page.goto(f"{path}?next={quote(text)}&q={quote(text)}%00%0d%0a#{text}")
        await visit.check()
        assert urlsplit(visit.page.url).netloc == urlsplit(house.url).netloc
