"""What people do in conversations, in the words of the chat page; and what is seen of them there."""

import re

from playwright.async_api import Locator, Page, expect

from tests.stories.people import Person
from tests.stories.waiting import until

NOT_SENT = re.compile("Sending|to be sent|is sent as soon as|Not sent")


async def start_private(page: Page, person: Person) -> str:
    """Found by their whole e-mail address. The conversation's path."""
    before = page.url
    await page.get_by_role("button", name="New chat").click()
    await (await _found(page, person)).click()
    return await _is_in_another_room(page, before)


async def start_group(page: Page, name: str, *people: Person) -> str:
    before = page.url
    await page.get_by_role("button", name="New chat").click()
    await page.get_by_role("radio", name="A group").check()
    await choose(page, *people)
    await page.get_by_label("Name of the group").fill(name)
    await page.get_by_role("button", name="Start the group").click()
    return await _is_in_another_room(page, before)


async def choose(page: Page, *people: Person) -> None:
    for person in people:
        found = await _found(page, person)
        await found.click()
        await expect(found).to_have_attribute("aria-pressed", "true")


async def _found(page: Page, person: Person) -> Locator:
    await page.get_by_label("Find people").fill(person.email)
    return page.locator(".found-person").filter(has=page.get_by_text(person.name, exact=True))


async def _is_in_another_room(page: Page, before: str) -> str:
    await page.wait_for_url(lambda url: "/chat/" in url and url != before)
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await expect(field(page)).to_be_visible()
    return "/chat/" + page.url.rpartition("/")[2]


async def group_menu(page: Page, item: str) -> None:
    await page.get_by_role("button", name="This group").click()
    await page.get_by_role("menuitem", name=item).click()


def listed(page: Page, title: str) -> Locator:
    """A conversation in the list of them."""
    titles = page.locator(".conversation-title").get_by_text(title, exact=True)
    return page.locator(".conversation").filter(has=titles)


def field(page: Page) -> Locator:
    return page.get_by_label("Message", exact=True)


async def write(page: Page, *texts: str) -> None:
    for text in texts:
        await field(page).fill(text)
        await field(page).press("Enter")


async def all_is_sent(page: Page) -> None:
    await expect(page.locator(".message-foot").filter(has_text=NOT_SENT)).to_have_count(0)


def said(page: Page, text: str) -> Locator:
    """The message with just this text."""
    return page.locator(".row").filter(has=page.locator(".message-text").get_by_text(text, exact=True))


async def act(page: Page, text: str, deed: str) -> None:
    """As somebody with a mouse: the buttons show while it is pointed at."""
    row = said(page, text)
    await row.locator(".bubble").hover()
    await row.get_by_role("button", name=deed).click()


async def edit(page: Page, text: str, to: str) -> None:
    await act(page, text, "Edit")
    await page.get_by_label("Edit your message").fill(to)
    await page.get_by_role("button", name="Save").click()


async def delete(page: Page, text: str) -> None:
    await act(page, text, "Delete")
    await page.get_by_role("dialog").get_by_role("button", name="Delete").click()


async def texts_in(page: Page) -> list[str] | None:
    """What the open conversation holds, oldest first: more than the rows around the eye that are in the page. None
    while the page does not know yet who is signed in."""
    found: list[str] | None = await page.evaluate(
        """async () => {
            const { session } = await import("/static/latch.js");
            if (!session.state.user) return null;
            const { openRoom } = await import("/static/talk/room.js");
            const room = openRoom(location.pathname.split("/").at(-1));
            try {
                return room.entries.map(({ text, state }) => state === "sent" ? text : `${text} (${state})`);
            } finally {
                room.close();
            }
        }"""
    )
    return found


async def holds(page: Page, texts: list[str], within: float = 20.0) -> None:
    """Waits until these texts and no others are in the open conversation, in this order."""

    async def are_there() -> bool:
        return await texts_in(page) == texts

    try:
        await until(are_there, within)
    except TimeoutError:
        assert await texts_in(page) == texts


async def read_back(page: Page) -> None:
    """To where it began, as with a wheel."""
    beginning = page.locator(".messages-head").get_by_text("This is where it began.")
    await page.locator(".messages").hover()

    async def is_reached() -> bool:
        await page.mouse.wheel(0, -4_000)
        return await beginning.is_visible()

    await until(is_reached)
    await expect(beginning).to_be_in_viewport()
