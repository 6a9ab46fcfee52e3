"""Conversations in real browsers, against the real chat: what people do there on a good day."""

import pytest

from tests.talk.conversation import Meeting
from tests.talk.tab import OpenTab, Site

pytestmark = pytest.mark.anyio


async def test_two_people_write_to_each_other(site: Site, open_tab: OpenTab) -> None:
    ada, grace = await site.person("Ada"), await site.person("Grace")
    hers, other = await open_tab(ada), await open_tab(grace)
    here = await hers.js("id => conversations.startPrivate(id)", grace.id)
    assert await hers.js("id => conversations.startPrivate(id)", grace.id) == here
    await hers.enter(here)
    await hers.send("Good morning!")
    await other.until("id => conversations.get(id)?.unread === 1", here)
    assert await other.js("conversations.unread") == 1
    await other.enter(here)
    await other.shows("Good morning!")
    await other.send("Good evening, Ada.")
    for tab in (hers, other):
        await tab.shows("Good morning!", "Good evening, Ada.")
    assert await hers.js("heard") == ["Good evening, Ada."]
    assert await hers.js("room.summary.title") == "Grace"
    assert await other.js("[conversations.list()[0].title, room.entries[0].senderName]") == ["Ada", "Ada"]


async def test_what_is_read_is_told_to_the_others_and_to_ones_other_devices(met: Meeting, open_tab: OpenTab) -> None:
    await met.hers.send("read me")
    await met.graces.shows("read me")
    phone = await open_tab(met.grace)
    await phone.until("id => conversations.get(id).unread === 1", met.id)
    await phone.enter(met.id)
    assert (await met.hers.shown())[0]["readBy"] == []
    await met.graces.js("room.read()")
    await met.hers.until("room.entries[0].readBy.join() === 'Grace'")
    for tab in (met.graces, phone):
        await tab.until("id => conversations.get(id).unread === 0", met.id)
    await met.hers.send("and me")
    await met.graces.shows("read me", "and me")
    assert [entry["readBy"] for entry in await met.hers.shown()] == [["Grace"], []]
    later = await open_tab(met.ada)
    await later.enter(met.id)
    await later.shows("read me", "and me")
    assert [entry["readBy"] for entry in await later.shown()] == [["Grace"], []]


async def test_what_is_read_while_there_is_no_connection_is_told_later(met: Meeting) -> None:
    await met.said("read me")
    await met.graces.js("() => { socket.disconnect(); room.read(); }")
    await met.graces.js("() => socket.connect()")
    await met.hers.until("room.entries[0].readBy.join() === 'Grace'")


async def test_typing_is_told_sparingly_and_ends_with_the_message(met: Meeting) -> None:
    for _ in range(20):
        await met.hers.js("room.typingNow()")
    await met.graces.until("room.typing.join() === 'Ada' && room.summary.typing.join() === 'Ada'")
    assert len(met.site.line.pushed("start_typing")) == 1
    await met.hers.send("done")
    await met.graces.until("room.typing.length === 0")
    await met.graces.shows("done")
    await met.graces.js("() => { room.typingNow(); room.stoppedTyping(); }")
    await met.hers.until("room.typing.length === 0")
    assert len(met.site.line.pushed("finish_typing")) == 2


async def test_who_stops_without_a_word_is_not_typing_any_more(met: Meeting) -> None:
    await met.hers.js("room.typingNow()")
    await met.graces.until("room.typing.length === 1")
    await met.hers.page.close()
    await met.graces.until("room.typing.length === 0")


async def test_long_texts_and_odd_ones_arrive_as_they_were_written(met: Meeting) -> None:
    texts = ["x" * 8192, "é" * 4096, "<script>alert(1)</script>", "a\u2028b\u202ec", "two\nlines", "🚪" * 48]
    for text in texts:
        await met.hers.send(text)
    await met.graces.shows(*texts)
    told = "(text) => { try { room.send(text); } catch (error) { return error.message; } }"
    assert await met.hers.js(told, "x" * 8195) == "This is too long by 3 bytes."
    assert await met.hers.js(told, " \n") == "There is nothing to send."


async def test_history_is_loaded_page_by_page_without_gap_or_double(met: Meeting, open_tab: OpenTab) -> None:
    texts = [str(number) for number in range(130)]
    for text in texts:
        await met.hers.send(text)
    await met.hers.until("room.entries.length === 130 && room.entries.every(({group}) => group)")
    late = await open_tab(met.grace)
    await late.enter(met.id)
    seen = len(await late.js("texts()"))
    assert seen < 130
    # Asked for twice at once, and while somebody writes.
    await late.js("() => { window.loading = [room.loadOlder(), room.loadOlder()]; }")
    await met.hers.send("meanwhile")
    await late.js("Promise.all(loading).then(() => null)")
    while await late.js("room.hasOlder"):
        await late.js("room.loadOlder()")
    await late.shows(*texts, "meanwhile")


async def test_a_group_grows_and_new_members_read_what_comes_after(site: Site, open_tab: OpenTab) -> None:
    ada, grace, alan = [await site.person(name) for name in ("Ada", "Grace", "Alan")]
    hers, graces, alans = [await open_tab(person) for person in (ada, grace, alan)]
    here = await hers.js("ids => conversations.startGroup(ids, ' ')", [grace.id])
    for tab in (hers, graces):
        await tab.enter(here)
    await hers.send("before Alan")
    await graces.shows("before Alan")
    found = await hers.js("email => conversations.searchPeople(email)", alan.email)
    assert [person["name"] for person in found["people"]] == ["Alan"]
    await hers.js("ids => room.invite(ids)", [alan.id])
    await hers.js("room.rename('Compilers')")
    for tab in (hers, graces, alans):
        await tab.until("id => conversations.get(id)?.title === 'Compilers'", here)
    # Alan has the list alone open.
    await hers.js("room.rename('Weavers')")
    for tab in (hers, graces, alans):
        await tab.until("id => conversations.get(id)?.title === 'Weavers'", here)
    await graces.send("hello Alan")
    await alans.enter(here)
    await alans.shows("hello Alan")
    await hers.js("room.edit(room.entries[0].group, 'before Alan, edited')")
    for tab in (hers, graces):
        await tab.shows("before Alan, edited", "hello Alan")
    assert (await graces.shown())[0]["isEdited"]
    assert await alans.js("texts()") == ["hello Alan"]
    refused = "room.remove(room.entries[0].group).catch(({message}) => message)"
    assert await alans.js(refused) == "This conversation is not there, or you are no longer in it."
    await hers.js("room.rename('')")
    await graces.until("conversations.list()[0].title === 'Ada and Alan'")


async def test_a_device_signed_out_from_afar_while_it_types_keeps_nothing_and_throws_nothing(
    met: Meeting, open_tab: OpenTab
) -> None:
    phone = await open_tab(met.ada)
    await phone.enter(met.id)
    await phone.js("id => { room.typingNow(); keepDraft(id, 'half a sen'); }", met.id)
    await met.hers.js(
        """async () => {
            const {sessions} = await ask("GET", "/api/sessions");
            await ask("DELETE", `/api/sessions/${sessions.find(({current}) => !current).id}`);
        }"""
    )
    await phone.until("session.state.status === 'signed_out'")
    assert await phone.js("Object.keys(localStorage).filter((key) => key.startsWith('latchstring.talk'))") == []
    assert await phone.js("conversations.list().length") == 0
    await met.hers.send("still here")
    await met.graces.shows("still here")
