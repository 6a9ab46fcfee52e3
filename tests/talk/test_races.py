"""What crosses what: crashes of a join, guests beside somebody signed in, ends and keys that come too early or late."""

import asyncio
import uuid

import pytest
from playwright.async_api import Route

from tests.talk.conversation import Meeting
from tests.talk.tab import PASSWORD, NewContext, OpenTab, Site, Tab

pytestmark = pytest.mark.anyio

UNANSWERED = "delete globalThis.BroadcastChannel;"
"""As in a tab whose question to its siblings nobody answers."""

GATE = """(use) => {
    const real = crypto.subtle.importKey.bind(crypto.subtle);
    const gate = new Promise((resolve) => (window.openGate = resolve));
    window.gated = 0;
    crypto.subtle.importKey = async (...given) => {
        if (given[4][0] === use) {
            gated += 1;
            await gate;
        }
        return real(...given);
    };
}"""
"""Keys for one use are taken in only once `openGate()` was called."""


async def test_a_crash_of_the_server_during_a_join_takes_no_text_away_and_no_conversation(met: Meeting) -> None:
    await met.hers.js("() => socket.disconnect()")
    await met.hers.send("unsent")
    for topic in (f"conversation:{met.id}", f"user:{met.ada.id}", "system:general"):
        met.site.line.answers[f"phx_join {topic}"].append(("error", {"reason": "join crashed"}))
    await met.hers.js("() => socket.connect()")
    await met.hers.shows("unsent")
    await met.graces.shows("unsent")
    assert await met.hers.js("id => [room.status, conversations.get(id)?.id]", met.id) == ["ready", met.id]
    await met.hers.until("conversations.own.state === 'joined'")


async def test_a_refusal_that_says_nothing_of_the_conversation_leaves_unsent_texts_where_they_are(met: Meeting) -> None:
    await met.hers.js("() => socket.disconnect()")
    await met.hers.send("unsent")
    met.site.line.answers[f"phx_join conversation:{met.id}"].append(("error", "invalid_request"))
    await met.hers.js("() => socket.connect()")
    await met.hers.until("room.status === 'left'")
    await met.hers.reload()
    await met.graces.shows("unsent")


async def test_a_guest_beside_somebody_who_is_signed_in_takes_nothing_away(met: Meeting) -> None:
    await met.hers.js("id => keepDraft(id, 'a draft')", met.id)
    await met.site.line.go_down()
    await met.hers.send("unsent")
    await met.hers.shows("unsent (waiting)")
    guest = await met.hers.page.context.new_page()
    await guest.add_init_script(UNANSWERED)
    await guest.route("**/auth/silent", lambda route: route.fulfill(status=204))
    await guest.goto("/talk-harness")
    await Tab(guest).until("window.ready && session.state.status === 'signed_out'")
    # Asked for after the guest's own request, so answered after it.
    await guest.evaluate("navigator.locks.request('latchstring.talk.kept', {mode: 'shared'}, () => {})")
    await met.hers.shows("unsent (waiting)")
    assert await met.hers.js("id => draftOf(id)", met.id) == "a draft"
    met.site.line.down = False
    # As a browser says when the network is back: the back-off alone may wait for half a minute.
    await met.hers.js("() => void dispatchEvent(new Event('online'))")
    await met.graces.shows("unsent")


async def test_a_tab_that_learns_late_of_an_end_takes_nothing_from_who_has_signed_in_since(met: Meeting) -> None:
    await met.hers.js("id => keepDraft(id, 'a draft of Ada')", met.id)
    await met.hers.js("() => void socket.disconnect()")
    mary = await met.site.person("Mary")
    other = await met.hers.page.context.new_page()
    await other.add_init_script(UNANSWERED)
    await other.goto("/talk-harness")
    later = Tab(other)
    await later.until("window.ready")
    who = {"email": mary.email, "password": PASSWORD}
    await later.js("who => session.signIn(who).then(() => null)", who)
    await later.js("id => keepDraft(id, 'a draft of Mary')", met.id)
    assert await met.hers.js("session.state.user.display_name") == "Ada"
    await met.hers.js("session.ended('signed_out_elsewhere').then(() => null)")
    await met.hers.until("session.state.status === 'signed_out'")
    assert await later.js("id => draftOf(id)", met.id) == "a draft of Mary"
    kept = await later.js("Object.keys(localStorage).filter((key) => key.includes('.draft.'))")
    assert kept == [f"latchstring.talk.{mary.id}.draft.{met.id}"]


async def test_a_guest_alone_throws_away_what_somebody_left(site: Site, new_context: NewContext) -> None:
    guest = await (await new_context()).new_page()
    await guest.add_init_script("localStorage.setItem('latchstring.talk.somebody.draft.1', 'left')")
    await guest.goto("/talk-harness")
    await Tab(guest).until("Object.keys(localStorage).every((key) => !key.startsWith('latchstring.talk'))")


async def test_a_room_that_was_closed_is_not_joined_again_by_an_answer_that_comes_late(met: Meeting) -> None:
    asked, closed = asyncio.Event(), asyncio.Event()

    async def answer(route: Route) -> None:
        asked.set()
        await closed.wait()
        await route.fulfill(status=503, body="{}", content_type="application/json")

    await met.hers.page.route("**/api/messages?*", answer)
    await met.hers.js("() => void conversations.dispatchEvent(new CustomEvent('own_joined'))")
    await asked.wait()
    joins = len(met.site.line.pushed("phx_join"))
    await met.hers.js("room.close()")
    async with met.hers.page.expect_response("**/api/messages?*"):
        closed.set()
    said = "room.rename('Compilers').catch(({message, code}) => [message, code])"
    assert await met.hers.js(said) == ["This conversation is not open any more.", "closed"]
    await met.graces.send("to whoever listens")  # the line is in use
    await met.hers.until("conversations.unread === 1")
    assert len(met.site.line.pushed("phx_join")) == joins


async def test_an_end_that_comes_while_a_join_is_taken_in_is_the_end(site: Site, open_tab: OpenTab) -> None:
    ada, grace = await site.person("Ada"), await site.person("Grace")
    hers = await open_tab(ada)
    here = await hers.js("id => conversations.startGroup([id], 'Compilers')", grace.id)
    phone = await open_tab(ada)
    await phone.enter(here)
    await hers.js(GATE, "encrypt")
    await hers.js("id => enter(id)", here)
    await hers.until("gated > 0")
    await phone.js("room.leave()")
    await hers.until("room.status === 'not_found'")
    # Whatever is made of it later, nobody is to see it for a moment.
    await hers.js("void conversations.addEventListener('change', () => (window.ghost ||= conversations.get(room.id)))")
    await hers.js("openGate()")
    await hers.js("() => new Promise((resolve) => setTimeout(resolve, 500))")
    assert await hers.js("id => [room.status, conversations.get(id), window.ghost]", here) == ["not_found", None, None]


async def test_a_key_of_another_device_that_comes_while_ones_own_is_taken_in_stands(
    site: Site, open_tab: OpenTab
) -> None:
    ada, grace = await site.person("Ada"), await site.person("Grace")
    hers, desk = await open_tab(ada), await open_tab(grace)
    await desk.js(GATE, "decrypt")
    site.line.answers["set_encryption_keys"].append(("ok", "message_sent"))  # and nobody stores it
    here = await hers.js("id => conversations.startPrivate(id)", grace.id)
    await desk.js("id => enter(id)", here)
    await desk.until("gated > 0")
    phone = await open_tab(grace)
    await phone.enter(here)
    await hers.enter(here)
    await hers.until("room.withoutKeys.length === 0")
    await hers.js("room.typingNow()")
    await desk.until("room.typing.length === 1")  # told after the key
    await desk.js("openGate()")
    await desk.until("room.hasOwnKey")
    await hers.send("for both")
    for tab in (hers, phone, desk):
        await tab.shows("for both")
    await desk.send("from my desk")
    for tab in (hers, phone, desk):
        await tab.shows("for both", "from my desk")


async def test_a_message_of_a_conversation_that_an_answer_on_its_way_does_not_know_asks_again(
    site: Site, open_tab: OpenTab
) -> None:
    ada, grace = await site.person("Ada"), await site.person("Grace")
    hers, graces = await open_tab(ada), await open_tab(grace)
    here = await hers.js("id => conversations.startPrivate(id)", grace.id)
    await graces.until("id => conversations.get(id) !== null", here)
    for tab in (hers, graces):
        await tab.enter(here)
    await hers.until("room.withoutKeys.length === 0 && room.hasOwnKey")
    answers: list[str] = ['{"conversations": []}']

    async def answer(route: Route) -> None:
        """The first answer is older than the conversation."""
        if not answers:
            await route.continue_()
            return
        stale = answers.pop()
        await hers.send("first")
        await hers.shows("first")
        await graces.until("window.told")
        await route.fulfill(body=stale, content_type="application/json")

    await graces.js("conversations.drop(room.id)")
    await graces.js("void conversations.addEventListener('new_message', () => (window.told = true))")
    await graces.page.route("**/api/conversations", answer)
    await graces.js("conversations.refresh()")
    assert await graces.js("conversations.get(room.id)?.unread") == 1


async def test_a_group_whose_answer_was_lost_is_asked_for_again_under_the_same_id(
    site: Site, open_tab: OpenTab
) -> None:
    ada, grace = await site.person("Ada"), await site.person("Grace")
    hers = await open_tab(ada)
    wish = [[grace.id], "Compilers", str(uuid.uuid4())]
    site.line.losing["start_group_conversation"] = 1
    start = "(wish) => conversations.startGroup(...wish).catch(({code}) => code)"
    assert await hers.js(start, wish) == "connection_lost"
    here = await hers.js(start, wish)
    assert [frame[4]["client_id"] for frame in site.line.pushed("start_group_conversation")] == [wish[2]] * 2
    await hers.js("() => conversations.refresh()")
    assert await hers.js("conversations.list().map(({id}) => id)") == [here]
