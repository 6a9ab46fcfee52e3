"""Lost answers, lost connections and lost devices: what was written arrives once, and what is shown is so."""

import pytest

from tests.live.node import until
from tests.talk.conversation import Meeting
from tests.talk.tab import OpenTab, Site

pytestmark = pytest.mark.anyio


async def test_a_message_whose_answer_is_lost_is_there_once(met: Meeting) -> None:
    met.site.line.losing["send_message"] = 1
    await met.hers.send("once")
    for tab in (met.hers, met.graces):
        await tab.shows("once")
    pushed = met.site.line.pushed("send_message")
    assert len({frame[4]["client_id"] for frame in pushed}) == 1
    await met.hers.until("Object.keys(localStorage).every((key) => !key.includes('outbox'))")


async def test_messages_keep_their_order_though_answers_are_lost(met: Meeting) -> None:
    met.site.line.losing["send_message"] = 2
    texts = [f"message {number}" for number in range(6)]
    for text in texts:
        await met.hers.send(text)
    for tab in (met.hers, met.graces):
        await tab.shows(*texts)


async def test_a_token_that_is_refused_is_renewed_once_for_all_and_the_pushes_repeated(met: Meeting) -> None:
    invalid = ("error", "invalid_token")
    line = met.site.line
    for event in ("start_typing", "finish_typing"):
        line.answers[event].append(invalid)
    line.asked.clear()
    # Both in one turn of the page: neither can have been refused when the other goes.
    await met.hers.js("() => { room.typingNow(); room.stoppedTyping(); }")
    await met.hers.send("with a new token")
    await met.graces.shows("with a new token")
    await until(lambda: len(line.pushed("start_typing")) == len(line.pushed("finish_typing")) == 2)
    assert line.asked.count("/auth/refresh") == 1


async def test_a_token_refused_four_times_leaves_the_message_waiting_not_lost(met: Meeting) -> None:
    met.site.line.answers["send_message"].extend([("error", "invalid_token")] * 4)
    await met.hers.send("patient")
    await met.graces.shows("patient")
    await met.hers.shows("patient")
    assert len(met.site.line.pushed("send_message")) == 5


async def test_a_busy_store_is_asked_again(met: Meeting) -> None:
    met.site.line.answers["send_message"].extend([("error", "unavailable")] * 2)
    await met.hers.send("later")
    await met.hers.shows("later")
    await met.graces.shows("later")


async def test_a_refusal_is_said_and_the_message_can_be_sent_again_or_thrown_away(met: Meeting) -> None:
    met.site.line.answers["send_message"].extend([("error", "invalid_message")] * 2)
    await met.hers.send("refused")
    await met.hers.send("refused too")
    await met.hers.send("not held up")
    await met.hers.shows("not held up", "refused (failed)", "refused too (failed)")
    assert (await met.hers.shown())[1]["trouble"] == "The server does not take this message."
    await met.hers.js("room.retry(room.entries[1].key)")
    await met.hers.shows("not held up", "refused", "refused too (failed)")
    await met.hers.js("room.discard(room.entries[2].key)")
    await met.hers.shows("not held up", "refused")
    await met.graces.shows("not held up", "refused")


async def test_after_an_absence_there_is_no_gap_and_no_double(met: Meeting) -> None:
    await met.said("before")
    line = met.site.line
    grace = met.graces
    await grace.js("() => socket.disconnect()")
    for number in range(60):
        await met.hers.send(f"meanwhile {number}")
    await met.hers.until("room.entries.length === 61 && room.entries.every(({state}) => state === 'sent')")
    await line.cut()
    await grace.js("() => socket.connect()")
    await met.hers.until("socket.state === 'open'")
    await met.hers.send("after")
    await grace.shows("before", *(f"meanwhile {number}" for number in range(60)), "after")
    await met.hers.shows("before", *(f"meanwhile {number}" for number in range(60)), "after")
    assert await grace.js("heard.length") == 62


async def test_messages_between_two_topics_that_are_joined_apart_are_not_missed(met: Meeting) -> None:
    """The conversation is joined again at once, and the topic on which messages come only after they were sent."""
    await met.said("before")
    unavailable = [("error", "unavailable")] * 3
    met.site.line.answers[f"phx_join user:{met.grace.id}"].extend(unavailable)
    await met.site.line.cut()
    await met.graces.until("socket.state === 'open' && conversations.own.state === 'joining'")
    await met.hers.send("in between")
    await met.hers.shows("before", "in between")
    await met.graces.shows("before", "in between")
    await met.graces.until("conversations.own.state === 'joined'")
    await met.hers.send("after")
    await met.graces.shows("before", "in between", "after")


async def test_connections_that_break_all_the_time_lose_nothing_and_double_nothing(met: Meeting) -> None:
    texts = [f"{number}" for number in range(20)]
    for number, text in enumerate(texts):
        await met.hers.send(text)
        if number % 4 == 1:
            await met.site.line.cut()
    await met.hers.shows(*texts)
    await met.graces.shows(*texts)


async def test_edits_and_deletes_that_were_missed_are_made_up_for(met: Meeting) -> None:
    await met.said("one", "two", "three", "four")
    await met.graces.js("() => socket.disconnect()")
    await met.hers.js("room.edit(room.entries[1].group, 'two, better')")
    await met.hers.js("room.remove(room.entries[2].group)")
    await met.hers.shows("one", "two, better", "(deleted)", "four")
    await met.graces.js("() => socket.connect()")
    await met.graces.shows("one", "two, better", "(deleted)", "four")
    assert [entry["isEdited"] for entry in await met.graces.shown()] == [False, True, False, False]


async def test_what_is_held_beyond_what_is_read_again_is_loaded_again_on_the_way_back(met: Meeting) -> None:
    """An absence of more messages than are made up for at once: no gap, and older pages follow on."""
    for number in range(30):
        await met.hers.send(f"{number}")
    await met.graces.until("room.entries.length === 30")
    await met.graces.js("() => socket.disconnect()")
    for number in range(30, 480):
        await met.hers.send(f"{number}")
    await met.hers.until("room.entries.length === 480 && room.entries.every(({state}) => state === 'sent')")
    await met.graces.js("() => socket.connect()")
    await met.graces.until("room.entries.at(-1).text === '479'")
    texts = await met.graces.js("texts()")
    assert texts == [str(number) for number in range(480 - len(texts), 480)]
    assert len(texts) < 480
    while await met.graces.js("room.hasOlder"):
        await met.graces.js("room.loadOlder()")
    assert await met.graces.js("texts()") == [str(number) for number in range(480)]


async def test_what_is_written_offline_is_kept_over_a_reload_and_sent_on_return_in_order(met: Meeting) -> None:
    await met.site.line.go_down()
    for text in ("first", "second"):
        await met.hers.send(text)
    await met.hers.shows("first (waiting)", "second (waiting)")
    # Reloaded while nobody can say who it is.
    await met.hers.page.reload(wait_until="commit")
    met.site.line.down = False
    await met.hers.until("window.ready && session.state.status === 'signed_in'")
    # Nobody has opened the conversation: it is sent all the same.
    await met.graces.shows("first", "second")
    await met.hers.enter(met.id)
    await met.hers.shows("first", "second")


async def test_a_message_that_arrived_though_its_page_went_away_is_known_by_its_copy(met: Meeting) -> None:
    met.site.line.losing["send_message"] = 1
    await met.hers.send("arrived")
    await met.graces.shows("arrived")
    await met.hers.reload()
    await met.hers.until("conversations.ready")
    await met.hers.enter(met.id)
    await met.hers.shows("arrived")
    await met.hers.until("Object.keys(localStorage).every((key) => !key.includes('outbox'))")
    await met.graces.shows("arrived")


async def test_two_tabs_send_what_was_written_offline_once(met: Meeting, open_tab: OpenTab) -> None:
    beside = await open_tab(met.ada, beside=met.hers)
    await beside.enter(met.id)
    await met.site.line.go_down()
    await met.hers.send("from one")
    await beside.send("from the other")
    for tab in (met.hers, beside):
        await tab.shows("from one (waiting)", "from the other (waiting)")
    met.site.line.down = False
    for tab in (met.hers, beside, met.graces):
        await tab.until(
            "room.entries.length === 2 && room.entries.every(({state, group}) => state === 'sent' && group)"
        )
    assert sorted(await met.graces.js("texts()")) == ["from one", "from the other"]


async def test_two_tabs_without_a_lock_send_once_all_the_same(met: Meeting, open_tab: OpenTab) -> None:
    beside = await open_tab(met.ada, beside=met.hers)
    await beside.enter(met.id)
    for tab in (met.hers, beside):
        await tab.js("() => { Object.defineProperty(navigator, 'locks', {value: undefined}); }")
    await met.site.line.go_down()
    await met.hers.send("only once")
    await beside.shows("only once (waiting)")
    met.site.line.down = False
    for tab in (met.hers, beside, met.graces):
        await tab.until("room.entries[0]?.state === 'sent' && room.entries[0].group")
        await tab.shows("only once")


async def test_nothing_that_was_written_stays_after_a_sign_out(met: Meeting) -> None:
    await met.hers.js("id => keepDraft(id, 'a draft')", met.id)
    assert await met.hers.js("id => draftOf(id)", met.id) == "a draft"
    met.site.line.answers["send_message"].extend([("error", "invalid_message")])
    await met.hers.send("unsent")
    await met.hers.shows("unsent (failed)")
    await met.hers.js("session.signOut()")
    assert await met.hers.js("Object.keys(localStorage).filter((key) => key.startsWith('latchstring.talk'))") == []
    assert await met.hers.js("conversations.list().length") == 0


async def test_who_leaves_on_one_device_is_out_on_the_other_and_is_told_of_nothing_more(
    site: Site, open_tab: OpenTab
) -> None:
    ada, grace = await site.person("Ada"), await site.person("Grace")
    hers, phone, graces = await open_tab(ada), await open_tab(ada), await open_tab(grace)
    here = await hers.js("id => conversations.startGroup([id], 'Compilers')", grace.id)
    for tab in (hers, phone, graces):
        await tab.enter(here)
    await graces.until("room.withoutKeys.length === 0 && room.hasOwnKey")
    await hers.js("room.leave()")
    for tab in (hers, phone):
        await tab.until("room.status === 'left'")
        assert await tab.js("id => conversations.get(id)", here) is None
    await graces.until("room.summary.title === 'Compilers' && room.summary.people.length === 0")
    await graces.send("alone now")
    await graces.shows("alone now")
    said = "() => { try { room.send('x'); } catch (error) { return error.message; } }"
    assert await hers.js(said) == "You are no longer in this conversation."
    assert await phone.js("texts()") == []
    # Invited again, with the key of before, which nobody announces anew.
    await graces.js("ids => room.invite(ids)", [ada.id])
    for tab in (hers, phone):
        await tab.until("room.status === 'ready' && conversations.get(room.id).title === 'Compilers'")
    await graces.until("room.withoutKeys.length === 0 && room.summary.people.length === 1")
    await graces.send("welcome back")
    for tab in (hers, phone):
        await tab.shows("welcome back")


async def test_a_conversation_of_strangers_is_one_that_is_not_there(met: Meeting, open_tab: OpenTab) -> None:
    stranger = await open_tab(await met.site.person("Mallory"))
    await stranger.enter(met.id)
    assert await stranger.js("room.status") == "not_found"
    await stranger.enter("c1c1c1c1-0000-4000-8000-000000000002")
    assert await stranger.js("room.status") == "not_found"
