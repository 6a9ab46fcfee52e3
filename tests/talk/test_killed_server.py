"""The real server is killed in the middle of a conversation, and started again."""

from pathlib import Path

import pytest
from playwright.async_api import Browser, Page

from tests.stories.servers import House, open_house
from tests.talk.tab import PASSWORD, Tab

pytestmark = pytest.mark.anyio


async def signed_in(chromium: Browser, house: House, name: str) -> tuple[Page, Tab, str]:
    """On a page of the real chat, with its modules at hand."""
    context = await chromium.new_context(base_url=house.url)
    page = await context.new_page()
    await page.goto("/about")
    user_id = await page.evaluate(
        """async (who) => {
            const of = (name) => import(`/static/${name}.js`);
            const [{session, socket}, {conversations}, {openRoom}] =
                await Promise.all([of("latch"), of("talk/conversations"), of("talk/room")]);
            window.texts = () => room.entries.map(({text, state}) => state === "sent" ? text : `${text} (${state})`);
            window.shown = () => [socket.state, conversations.own.state, ...texts()];
            window.enter = (id) => { window.room = openRoom(id); };
            Object.assign(window, {session, socket, conversations});
            return (await session.register(who)).user.id;
        }""",
        {"email": f"{name}@example.org", "password": PASSWORD, "display_name": name},
    )
    tab = Tab(page)
    await tab.until("conversations.ready && socket.state === 'open'")
    return page, tab, user_id


async def test_a_conversation_goes_on_over_a_server_that_is_killed(chromium: Browser, tmp_path: Path) -> None:
    async with open_house(tmp_path, CHAT_THROTTLE="off") as house:
        page, hers, _ = await signed_in(chromium, house, "ada")
        other, graces, grace_id = await signed_in(chromium, house, "grace")
        here = await hers.js("id => conversations.startPrivate(id)", grace_id)
        for tab in (hers, graces):
            await tab.enter(here)
        sent = [f"before {number}" for number in range(5)]
        for text in sent:
            await hers.send(text)
        await graces.shows(*sent)
        # With messages under way: some are stored and some are not, and nobody was told.
        under_way = [f"under way {number}" for number in range(10)]
        for text in under_way:
            await hers.send(text)
        house.front.kill()
        await hers.send("while it is away")
        await graces.send("and I")
        await graces.until("texts().at(-1) === 'and I (waiting)'")
        await house.front.start()
        for tab in (hers, graces):
            # The back-off may be at half a minute by now; whoever comes back to the tab does not wait for it.
            await tab.js("() => void dispatchEvent(new Event('online'))")
        for tab in (hers, graces):
            await tab.until("texts().length === 17 && texts().every((text) => !text.endsWith(')'))")
        texts = await hers.js("texts()")
        assert texts == await graces.js("texts()")
        assert [text for text in texts if text != "and I"] == [*sent, *under_way, "while it is away"]
        for each in (page, other):
            await each.context.close()
