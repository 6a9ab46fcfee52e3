"""The chat page's room: in it again, what closes with it, how long a text may be; people searched for, and toasts."""

import pytest
from playwright.async_api import Locator, Page, expect

from tests.pages.fake import Person
from tests.talk_pages.conftest import OpenChat, Site, until
from tests.talk_pages.worlds import GROUP, PRIVATE, world

pytestmark = pytest.mark.anyio

GROUP_ROOM = f"/chat/{GROUP}"
LEFT = "room.status = 'left'; room.change()"


async def left(open_chat: OpenChat) -> Page:
    page = await open_chat(world(), GROUP_ROOM)
    await page.evaluate(LEFT)
    await expect(page.get_by_role("heading", name="No longer yours")).to_be_visible()
    return page


async def test_who_is_invited_back_is_in_it_again(open_chat: OpenChat) -> None:
    page = await left(open_chat)
    await page.evaluate(f"talk.dispatchEvent(new CustomEvent('new_conversation', {{detail: {{id: '{PRIVATE}'}}}}))")
    await expect(page.get_by_role("heading", name="No longer yours")).to_be_visible()
    await page.evaluate(f"talk.dispatchEvent(new CustomEvent('new_conversation', {{detail: {{id: '{GROUP}'}}}}))")
    await expect(page.get_by_label("Message", exact=True)).to_be_visible()
    assert await page.evaluate("room.id") == GROUP


async def test_a_conversation_that_was_not_there_is_asked_for_again_by_a_click(open_chat: OpenChat) -> None:
    page = await left(open_chat)
    await page.locator(f'a[href="{GROUP_ROOM}"]').click()
    await expect(page.get_by_label("Message", exact=True)).to_be_focused()


@pytest.mark.parametrize("item", ["People", "Invite", "Rename", "Leave"])
async def test_a_room_that_closes_takes_its_dialogs_along(open_chat: OpenChat, item: str) -> None:
    page = await open_chat(world(), GROUP_ROOM)
    await page.get_by_role("button", name="This group").click()
    await page.get_by_role("menuitem", name=item).click()
    await expect(page.get_by_role("dialog")).to_be_visible()
    await page.evaluate(f"talk.held.delete('{GROUP}'); talk.dispatchEvent(new Event('change')); {LEFT}")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await expect(page.get_by_role("heading", name="No longer yours")).to_be_visible()
    assert await page.evaluate("room.calls.includes('leave')") is False


async def test_who_joins_changes_how_long_a_text_may_be_at_once(open_chat: OpenChat) -> None:
    page = await open_chat(world(longest=100), f"/chat/{PRIVATE}")
    field = page.get_by_label("Message", exact=True)
    await field.fill("x" * 90)
    await expect(page.get_by_text("About 10 letters left.")).to_be_visible()
    await page.evaluate("room.longest = 60; room.change()")
    await expect(page.get_by_text("This is too long by about 30 letters.")).to_be_visible()
    await page.evaluate("room.longest = 50")
    await field.press("Enter")
    await expect(page.get_by_text("This is too long by about 40 letters.")).to_be_visible()
    assert await page.evaluate("room.calls.some((call) => call.startsWith('send'))") is False


async def test_a_failed_search_for_more_people_keeps_those_that_were_found(open_chat: OpenChat) -> None:
    page = await open_chat(world())
    await page.get_by_role("button", name="New chat").click()
    await page.get_by_label("Find people").fill("a")
    await expect(page.locator("[data-person]")).to_have_count(2)
    await page.evaluate("void (talk.searchPeople = async () => { throw Error('Away.'); })")
    await page.get_by_role("button", name="More people").click()
    await expect(page.get_by_text("The search did not work. Away.")).to_be_visible()
    await expect(page.locator("[data-person]")).to_have_count(2)
    await expect(page.get_by_role("button", name="More people")).to_be_focused()
    await page.evaluate("delete talk.searchPeople")
    await page.keyboard.press("Enter")
    await expect(page.locator("[data-person]")).to_have_count(3)
    await expect(page.locator("[data-person]").last).to_be_focused()


async def test_a_toast_that_is_pointed_at_and_focused_stays_until_neither_holds(open_chat: OpenChat) -> None:
    page = await open_chat(world())
    await page.evaluate(
        """async () => {
            const timers = new Set();
            const [set, clear] = [globalThis.setTimeout, globalThis.clearTimeout];
            globalThis.setTimeout = (act, ms) => {
                const timer = set(act, ms);
                if (ms === 10_000) timers.add(timer);
                return timer;
            };
            globalThis.clearTimeout = (timer) => (timers.delete(timer), clear(timer));
            const { toast } = await import("/static/elements/toast-list.js");
            for (const text of ["Same", "Same", "Same"]) toast(text);
            window.timers = timers;
        }"""
    )
    await expect(page.locator(".toast")).to_have_count(1)
    before = await page.evaluate("timers.size")
    for event in ("pointerenter", "focusin", "pointerleave", "focusout"):
        await page.evaluate(f"document.querySelector('.toast').dispatchEvent(new Event('{event}'))")
    assert await page.evaluate("timers.size") == before
    await until(page, "document.querySelector('.toast').textContent === 'Same'")


async def test_a_group_that_is_asked_for_again_is_the_same_wish_and_a_changed_one_another(open_chat: OpenChat) -> None:
    page = await open_chat(world())
    await page.get_by_role("button", name="New chat").click()
    await page.get_by_role("radio", name="A group").check()
    await page.get_by_label("Find people").fill("Grace")
    await page.locator("[data-person]").click()
    await page.evaluate("void (talk.trouble = 'Nobody knows.')")
    start = page.get_by_role("button", name="Start the group")
    for presses in (1, 2):
        await start.click()
        await until(page, f"talk.clientIds.length === {presses}")
        await expect(start).not_to_have_attribute("aria-busy", "true")
    await page.get_by_label("Name of the group").fill("Compilers")
    await page.evaluate("void (talk.trouble = null)")
    await start.click()
    await until(page, "talk.started.length === 1")
    first, again, other = await page.evaluate("talk.clientIds")
    assert first == again != other


async def test_who_hides_hears_of_a_new_device_when_they_look_at_the_page(open_chat: OpenChat, site: Site) -> None:
    page = await open_chat(world(), profile={"hidden": True})
    await page.evaluate("import('/static/devices.js').then(({ devices }) => (window.devices = devices, null))")
    await until(page, "devices.list?.length === 1")
    me = list(site.fake.signed.values())[-1].person
    site.fake.sign_in(me, "Firefox on Linux")
    await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    await expect(page.get_by_text("You signed in on another device: Firefox on Linux.")).to_be_visible()


async def test_many_sockets_that_come_and_go_at_once_ask_once_for_the_devices(open_chat: OpenChat, site: Site) -> None:
    page = await open_chat(world())
    await page.evaluate("import('/static/devices.js').then(({ devices }) => (window.devices = devices, null))")
    await until(page, "devices.list?.length === 1")
    await page.wait_for_timeout(1_000)  # what the arrival of this tab itself leads to
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if request.url.endswith("/api/sessions") else None)
    me = list(site.fake.signed.values())[-1].person
    site.fake.sign_in(me, "Firefox on Linux")
    for number in range(8):
        joins = {me.id: {"metas": [{"online_at": "2026-11-26 12:00:00.000000Z", "phx_ref": f"ref-{number}"}]}}
        await site.fake.broadcast("presence_diff", {"joins": joins, "leaves": {}})
    await expect(page.get_by_text("You signed in on another device: Firefox on Linux.")).to_be_visible()
    assert len(asked) == 1


async def test_the_about_page_says_that_what_is_written_is_kept_as_plain_text(open_chat: OpenChat) -> None:
    page = await open_chat(world(), "/about")
    kept = page.get_by_text("what you have begun to write or could not send yet, as plain text")
    await expect(kept).to_be_visible()


async def test_a_group_without_a_name_is_called_by_its_people_as_they_are_listed_elsewhere(open_chat: OpenChat) -> None:
    page = await open_chat(world())
    titles = await page.evaluate(
        """async () => {
            const { acquaintances } = await import("/static/talk/acquaintances.js");
            const { Summary } = await import("/static/talk/summary.js");
            const names = ["Ada", "Grace", "Alan", "Mary"];
            acquaintances.learn(names.map((name) => ({id: name, email: `${name}@example.org`, display_name: name})));
            return names.map((_, last) => {
                const summary = new Summary("a group");
                summary.take({ user_ids: names.slice(0, last + 1) });
                return summary.title;
            });
        }"""
    )
    assert titles == ["Ada", "Ada and Grace", "Ada, Alan, and Grace", "Ada, Alan, and 2 others"]


async def test_nobodys_name_is_masked_for_themselves_or_for_those_they_talk_with(
    open_chat: OpenChat, site: Site
) -> None:
    """Presence tells everybody the same; the page knows better."""
    page = await open_chat(world(), "/account")
    me = list(site.fake.signed.values())[-1].person
    me.profile["display_name"] = "m____@hidden.example"
    friend, stranger = (
        Person(f"{name}@example.org", "…", {"display_name": f"{name[0]}____@hidden.example"}) for name in ("bob", "zoe")
    )
    learnt = {"id": friend.id, "email": friend.email, "display_name": friend.email}
    learn = "import('/static/talk/acquaintances.js').then(({ acquaintances }) => acquaintances.learn([friend]))"
    await page.evaluate(f"(friend) => {learn}", learnt)
    metas = {
        person.id: {
            "metas": [
                {
                    "online_at": "2026-11-26 12:00:00.000000Z",
                    "phx_ref": person.id,
                    "display_name": person.profile["display_name"],
                }
            ]
        }
        for person in (me, friend, stranger)
    }
    await site.fake.broadcast("presence_diff", {"joins": metas, "leaves": {}})
    await page.evaluate("navigation.navigate('/chat').finished.then(() => null)")
    await page.locator(".here > summary").click()

    def name(person: Person) -> Locator:
        return page.locator(f'presence-list [data-user="{person.id}"] bdi')

    for person, shown in ((friend, "bob@example.org"), (me, "Me Myself"), (stranger, "z…")):
        await expect(name(person)).to_have_text(shown)
    await expect(page.get_by_role("button", name="Write to bob@example.org")).to_be_visible()
    for person in (me, friend):
        told = {"user_id": person.id, "display_name": person.profile["display_name"]}
        await site.fake.broadcast("update_display_name", told)
    await site.fake.broadcast("update_display_name", {"user_id": stranger.id, "display_name": "Zoe"})
    for person, shown in ((friend, "bob@example.org"), (me, me.email), (stranger, "Zoe")):
        await expect(name(person)).to_have_text(shown)
    await expect(page.locator(".corner-name")).to_have_text(me.email)


async def test_what_one_did_oneself_is_said_for_a_moment_and_two_messages_are_the_most(open_chat: OpenChat) -> None:
    page = await open_chat(world())
    toasts = page.locator(".toast")
    await page.evaluate(
        """async () => {
            const { toast, toastDone } = await import("/static/elements/toast-list.js");
            for (const text of ["First", "Second"]) toast(text);
            toastDone("Done");
        }"""
    )
    await expect(toasts).to_have_text(["Second", "Done"])
    await expect(page.get_by_role("status", name="Messages")).to_contain_text("Done")
    await expect(toasts).to_have_text(["Second"])


async def test_what_lies_under_a_message_is_clicked_through_it(open_chat: OpenChat) -> None:
    page = await open_chat(world(), "/account", viewport={"width": 390, "height": 700})
    await page.evaluate("import('/static/elements/toast-list.js').then(({ toast }) => toast('News. '.repeat(20)))")
    box = await page.locator(".toast").bounding_box()
    assert box
    under = await page.evaluate(
        "([x, y]) => document.elementFromPoint(x, y).closest('toast-list')", [box["x"] + 20, box["y"] + 20]
    )
    assert under is None


async def test_who_closes_a_message_by_key_is_back_where_they_were(open_chat: OpenChat) -> None:
    page = await open_chat(world(), f"/chat/{PRIVATE}")
    await page.evaluate("import('/static/elements/toast-list.js').then(({ toast }) => toast('News.'))")
    field = page.get_by_label("Message", exact=True)
    await field.fill("so")
    await field.focus()
    await page.keyboard.press("Tab")
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("button", name="Close this message")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.locator(".toast")).to_have_count(0)
    await expect(page.get_by_role("button", name="Send")).to_be_focused()


async def test_the_complaint_that_nobody_was_chosen_goes_with_the_first_choice_and_one_escape_closes(
    open_chat: OpenChat,
) -> None:
    page = await open_chat(world(), viewport={"width": 1280, "height": 800})
    await page.get_by_role("button", name="New chat").click()
    await page.get_by_role("radio", name="A group").check()
    await page.get_by_role("button", name="Start the group").click()
    trouble = page.get_by_text("Please choose somebody first.")
    await expect(trouble).to_be_visible()
    await page.get_by_label("Find people").fill("a")
    await page.locator("[data-person]").first.click()
    await expect(trouble).to_have_count(0)
    await page.locator("[data-person]").nth(1).click()
    hint = await page.get_by_text("Without one, it is called by its people.").bounding_box()
    button = await page.get_by_role("button", name="Start the group").bounding_box()
    assert hint
    assert button
    assert hint["y"] + hint["height"] <= button["y"]
    await page.get_by_label("Find people").press("Escape")
    await expect(page.get_by_role("dialog")).to_have_count(0)


async def test_a_conversation_with_a_draft_says_so_in_the_list_while_another_is_open(open_chat: OpenChat) -> None:
    page = await open_chat(world(), f"/chat/{PRIVATE}")
    line = page.locator(".conversation", has_text="Ada Lovelace")
    await page.get_by_label("Message", exact=True).fill("Half a <b>thought</b>")
    await expect(line).not_to_contain_text("Draft")
    await page.locator(f'a[href="{GROUP_ROOM}"]').click()
    await expect(line.locator(".conversation-facts")).to_have_text("Draft: Half a <b>thought</b>")
    await line.click()
    await page.get_by_label("Message", exact=True).fill("")
    await page.locator(f'a[href="{GROUP_ROOM}"]').click()
    await expect(page.locator('[aria-current="page"]', has_text="Compilers")).to_be_visible()
    await expect(line).not_to_contain_text("Draft")


async def test_who_writes_while_the_server_is_away_has_it_tried_at_once(open_chat: OpenChat, site: Site) -> None:
    # Nobody would come back by themselves for a while.
    page = await open_chat(world(), GROUP_ROOM, before="Math.random = () => 0.999;")
    [signed] = [each for each in site.fake.signed.values() if each.sockets]
    held, signed.token = signed.token, "of another browser"
    site.fake.down = True
    try:
        for websocket in list(signed.sockets):
            await websocket.close(1012)
        await expect(page.locator("connection-mark")).to_have_text("Reconnecting")
    finally:
        site.fake.down, signed.token = False, held
    await until(page, "import('/static/latch.js').then(({ socket }) => socket.state === 'waiting')")
    # In one go, so that no time passes in which it could have been tried anyway.
    states = await page.evaluate(WRITES)
    assert states == ["waiting", "connecting"]
    await expect(page.locator("connection-mark")).to_have_text("Live")


WRITES = """
import("/static/latch.js").then(({ socket }) => {
  const before = socket.state;
  const field = document.querySelector("message-composer textarea");
  field.value = "Hello?";
  field.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true }));
  return [before, socket.state];
})
"""
