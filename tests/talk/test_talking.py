"""Conversations in real browsers, against the real chat: what people do there on a good day."""

import pytest

from tests.talk.conftest import OpenTab, Site

pytestmark = pytest.mark.anyio


async def test_two_people_write_to_each_other(site: Site, open_tab: OpenTab) -> None:
    ada, grace = await site.person("Ada"), await site.person("Grace")
    hers, other = await open_tab(ada), await open_tab(grace)
    here = await hers.js("id => conversations.startPrivate(id)", grace.id)
    await hers.enter(here)
    await hers.send("Good morning!")
    await other.until("id => conversations.get(id)?.unread === 1", here)
    await other.enter(here)
    await other.shows("Good morning!")
    await other.send("Good evening, Ada.")
    for tab in (hers, other):
        await tab.shows("Good morning!", "Good evening, Ada.")
    assert await hers.js("heard") == ["Good evening, Ada."]
    assert await hers.js("room.summary.title") == "Grace"
    assert await other.js("[conversations.list()[0].title, room.entries[0].senderName]") == ["Ada", "Ada"]
