"""The chat page around the messages: the list, writing, dialogs, addresses, titles; by keyboard, in every size."""

import re
from typing import Any, Literal

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, expect

from tests.pages.fake import Person
from tests.talk_pages.conftest import OpenChat, Site, until
from tests.talk_pages.worlds import ADA, ALAN, GRACE, GROUP, MINUTE, NOON, PRIVATE, STRANGE, conversation, said, world

pytestmark = pytest.mark.anyio

ROOM = f"/chat/{PRIVATE}"
THEMES: list[tuple[Literal["light", "dark"], str]] = [("light", "day"), ("dark", "night")]
HOSTILE = [
    "<script>document.title = 'gone'</script>",
    "<img src=x onerror=\"document.title = 'gone'\">",
    "javascript:alert(1) https://example.org",
    "first\u2028second\u2029third",
    "\u202egnirts desrever \u2067",
    "مرحبا",
    "&amp; &lt;b&gt; {{ 7 * 7 }}",
]


def message(page: Page) -> Any:
    return page.get_by_label("Message", exact=True)


async def test_the_list_tells_who_what_is_unread_who_is_here_and_who_types(open_chat: OpenChat, site: Site) -> None:
    ada = Person("ada@example.org", "…", {"display_name": "Ada Lovelace", "hidden": False}, id=ADA["id"])
    site.fake.sign_in(ada, "Firefox on Linux")
    made = world()
    made["conversations"][0]["unread"] = 3
    made["conversations"][1]["typing"] = ["Grace Hopper"]
    page = await open_chat(made)
    rows = page.locator(".conversation")
    await expect(rows).to_have_count(2)
    await expect(rows.nth(0)).to_contain_text("Ada Lovelace")
    await expect(rows.nth(0)).to_contain_text("3 unread messages")
    await expect(rows.nth(0)).to_contain_text("Here now")
    await expect(rows.nth(1)).to_contain_text("Grace Hopper is typing …")
    await expect(page).to_have_title("(3) Chat · Latchstring")
    await page.evaluate(f"talk.set({{ id: '{GROUP}', updatedAt: {NOON + MINUTE}, typing: [] }})")
    await expect(rows.nth(0)).to_contain_text("Compilers")


async def test_the_list_is_gone_through_by_arrow_keys_and_opens_with_enter(open_chat: OpenChat) -> None:
    page = await open_chat(world())
    await page.locator(".conversation").first.focus()
    await page.keyboard.press("ArrowDown")
    await expect(page.locator(".conversation").nth(1)).to_be_focused()
    assert await page.locator('.conversation[tabindex="0"]').count() == 1
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"**/chat/{GROUP}")
    await expect(message(page)).to_be_focused()
    await expect(page).to_have_title("Compilers · Latchstring")
    await expect(page.locator(".conversation[aria-current=page]")).to_contain_text("Compilers")


async def test_a_conversation_that_is_not_ones_own_is_calmly_not_here(open_chat: OpenChat) -> None:
    page = await open_chat(world(), f"/chat/{STRANGE}")
    await expect(page.get_by_role("heading", name="Not here")).to_be_visible()
    await page.get_by_role("link", name="All conversations").click()
    await page.wait_for_url("**/chat")
    await expect(page.get_by_text("Choose a conversation, or begin a new one.")).to_be_visible()


async def test_a_conversation_that_one_is_put_out_of_says_so(open_chat: OpenChat) -> None:
    page = await open_chat(world(said("1", "Bye.")), ROOM)
    await page.evaluate("room.status = 'left'; room.change()")
    await expect(page.get_by_text("You are not in this conversation any more.")).to_be_visible()
    await expect(message(page)).to_have_count(0)


async def test_enter_sends_shift_enter_breaks_the_line_and_the_field_grows(open_chat: OpenChat) -> None:
    page = await open_chat(world(), ROOM)
    field = message(page)
    low = await field.bounding_box()
    await field.press_sequentially("one")
    await field.press("Shift+Enter")
    await field.press_sequentially("two")
    high = await field.bounding_box()
    assert low
    assert high
    assert high["height"] > low["height"]
    await field.press("Enter")
    await expect(field).to_have_value("")
    await expect(page.locator("article")).to_contain_text("one\ntwo")
    calls = await page.evaluate("room.calls")
    assert calls.count("send one\ntwo") == 1
    assert calls.index("typingNow") < calls.index("send one\ntwo") < len(calls) - 1 - calls[::-1].index("stoppedTyping")
    await field.press("Enter")
    assert await page.evaluate("room.entries.length") == 1


async def test_what_is_begun_is_kept_for_each_conversation(open_chat: OpenChat) -> None:
    page = await open_chat(world(), ROOM)
    await message(page).fill("To Ada, unsent")
    await page.locator(".conversation", has_text="Compilers").click()
    await expect(message(page)).to_have_value("")
    await message(page).fill("To the group, unsent")
    await page.locator(".conversation", has_text="Ada").click()
    await expect(message(page)).to_have_value("To Ada, unsent")
    await page.reload()
    await expect(message(page)).to_have_value("To Ada, unsent")


async def test_a_text_that_is_too_long_is_told_and_not_sent(open_chat: OpenChat) -> None:
    page = await open_chat(world(longest=400), ROOM)
    await message(page).fill("é" * 190)
    await expect(page.get_by_text("About 20 letters left.")).to_be_visible()
    await message(page).fill("é" * 210)
    await expect(page.get_by_text("This is too long by about 20 letters.")).to_be_visible()
    await message(page).press("Enter")
    assert await page.evaluate("room.entries") == []


async def test_who_has_no_key_yet_is_named(open_chat: OpenChat) -> None:
    page = await open_chat(world(withoutKeys=["Ada Lovelace"]), ROOM)
    said = page.locator(".composer-keys")
    await expect(said).to_contain_text("Ada Lovelace has not been here yet to make a key for this conversation.")
    await expect(said).to_contain_text("is sent from it once they have.")
    await page.evaluate("room.withoutKeys = ['Ada Lovelace', 'Grace Hopper']; room.change()")
    await expect(said).to_contain_text("Ada Lovelace and Grace Hopper have not been here yet")
    await expect(said).to_contain_text("is sent from it once all of them have.")
    await page.evaluate("room.withoutKeys = []; room.change()")
    await expect(page.get_by_text("not been here yet")).to_have_count(0)
    await page.evaluate("room.withUselessKeys = ['Ada Lovelace']; room.change()")
    await expect(page.get_by_text("Ada Lovelace cannot read what you send: the key is of no use.")).to_be_visible()


async def test_who_hides_their_address_is_shown_without_one(open_chat: OpenChat) -> None:
    made = world()
    made["found"] = [{**ADA, "email": ""}]
    page = await open_chat(made)
    await page.get_by_role("button", name="New chat").click()
    await page.get_by_label("Find people").fill("ada")
    await expect(page.locator(".found-person")).to_have_text(re.compile("Ada Lovelace *e-mail hidden"))


async def test_a_chat_with_one_person_starts_by_a_choice(open_chat: OpenChat) -> None:
    page = await open_chat(world())
    await page.get_by_role("button", name="New chat").click()
    search = page.get_by_label("Find people")
    await expect(search).to_be_focused()
    await search.fill("nobody of that name")
    await expect(page.get_by_text("Nobody by that name or address.")).to_be_visible()
    await search.fill("grace")
    await expect(page.locator(".found-person")).to_have_count(1)
    await search.press("ArrowDown")
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"**/chat/{PRIVATE}")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    assert await page.evaluate("talk.started") == [GRACE["id"]]


async def test_a_group_starts_with_several_people_and_a_name(open_chat: OpenChat) -> None:
    page = await open_chat(world())
    await page.get_by_role("button", name="New chat").click()
    await page.get_by_role("radio", name="A group").check()
    await page.get_by_role("button", name="Start the group").click()
    await expect(page.get_by_text("Please choose somebody first.")).to_be_visible()
    await page.get_by_label("Find people").fill("a")
    await page.get_by_role("button", name=re.compile("Ada Lovelace")).click()
    await page.get_by_role("button", name="More people").click()
    await page.get_by_role("button", name=re.compile("Alan Turing")).click()
    await page.get_by_role("button", name="Take Ada Lovelace out again").click()
    await page.get_by_label("Name of the group").fill("Machines")
    await page.get_by_role("button", name="Start the group").click()
    await page.wait_for_url(f"**/chat/{PRIVATE}")
    assert await page.evaluate("talk.started") == [{"userIds": [ALAN["id"]], "alias": "Machines"}]


async def test_a_group_is_renamed_and_people_are_invited_and_it_is_left(open_chat: OpenChat) -> None:
    page = await open_chat(world(), f"/chat/{GROUP}")
    menu = page.get_by_role("button", name="This group")
    await menu.press("Enter")
    await expect(page.get_by_role("menuitem", name="People")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("dialog").locator(".person")).to_have_count(3)
    await page.keyboard.press("Escape")
    await menu.click()
    await page.get_by_role("menuitem", name="Rename").click()
    await page.get_by_label("Name of the group").fill("Linkers")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await menu.click()
    await page.get_by_role("menuitem", name="Invite").click()
    await page.get_by_label("Find people").fill("a")
    await page.locator(".found-person").first.click()
    await expect(page.locator(".found-person", has_text="Grace")).to_contain_text("Already in this group")
    await expect(page.get_by_role("button", name=re.compile("Grace"))).to_have_count(0)
    await page.get_by_role("button", name="Invite", exact=True).click()
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await menu.click()
    await page.get_by_role("menuitem", name="Leave").click()
    await page.get_by_role("dialog").get_by_role("button", name="Leave").click()
    await page.wait_for_url("**/chat")
    calls = await page.evaluate("room.calls")
    assert [call for call in calls if re.match("rename|invite|leave", call)] == [
        "rename Linkers",
        f"invite {ADA['id']}",
        "leave",
    ]


@pytest.mark.parametrize("width", [390, 1200])
@pytest.mark.parametrize("at", ["/chat", ROOM])
async def test_who_begins_a_chat_writes_in_it_at_once(open_chat: OpenChat, at: str, width: int) -> None:
    page = await open_chat(world(), at, viewport={"width": width, "height": 800})
    if at == ROOM and width == 390:
        await page.get_by_role("link", name="All conversations").click()
    new = page.get_by_role("button", name="New chat")
    await new.click()
    await page.get_by_label("Find people").fill("ada")
    await page.locator(".found-person").click()
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await expect(message(page)).to_be_focused()
    await page.keyboard.type("Hello Ada")
    await expect(message(page)).to_have_value("Hello Ada")


async def test_who_starts_a_group_writes_in_it_at_once(open_chat: OpenChat) -> None:
    page = await open_chat(world(), f"/chat/{GROUP}")
    await page.get_by_role("button", name="New chat").click()
    await page.get_by_role("radio", name="A group").check()
    await page.get_by_label("Find people").fill("ada")
    await page.locator(".found-person").click()
    await page.get_by_role("button", name="Start the group").click()
    await page.wait_for_url(f"**{ROOM}")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await expect(message(page)).to_be_focused()


@pytest.mark.parametrize("item", ["People", "Invite", "Rename", "Leave"])
async def test_a_dialog_of_the_groups_menu_gives_the_focus_back_to_its_button(open_chat: OpenChat, item: str) -> None:
    page = await open_chat(world(), f"/chat/{GROUP}")
    menu = page.get_by_role("button", name="This group")
    await menu.click()
    await page.get_by_role("menuitem", name=item).click()
    await expect(page.get_by_role("dialog")).to_be_visible()
    await page.keyboard.press("Enter" if item == "Rename" else "Escape")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await expect(menu).to_be_focused()


@pytest.mark.parametrize(("width", "height"), [(1200, 800), (390, 700), (390, 480)])
async def test_the_button_that_starts_a_group_is_in_view_whoever_is_chosen(
    open_chat: OpenChat, width: int, height: int
) -> None:
    page = await open_chat(world(), viewport={"width": width, "height": height})
    await page.get_by_role("button", name="New chat").click()
    await page.get_by_role("radio", name="A group").check()
    await page.get_by_label("Find people").fill("a")
    await page.locator(".found-person").first.click()
    await expect(page.get_by_role("button", name="Start the group")).to_be_in_viewport(ratio=1)


async def test_a_tapped_message_has_its_buttons_below_its_words_and_a_toast_covers_no_button(
    open_chat: OpenChat,
) -> None:
    made = world()
    made["rooms"][GROUP] = {"entries": [said("1", "Hello.", GRACE), said("2", "Hi.", None, 1)]}
    page = await open_chat(made, f"/chat/{GROUP}", viewport={"width": 390, "height": 700}, has_touch=True)
    await page.locator('[data-key="2"] .bubble').tap()
    bubble, bar = [await page.locator(f'[data-key="2"] {name}').bounding_box() for name in (".bubble", ".message-acts")]
    assert bubble
    assert bar
    assert bar["y"] >= bubble["y"] + bubble["height"]
    await page.evaluate("import('/static/elements/toast-list.js').then(({ toast }) => toast('News.'))")
    head, news = [await page.locator(name).bounding_box() for name in ("room-header", ".toast")]
    assert head
    assert news
    assert news["y"] >= head["y"] + head["height"]


async def test_the_buttons_of_the_last_message_come_into_view_when_it_is_tapped(open_chat: OpenChat) -> None:
    said_so_far = [said(f"{at}", "Well then, that is how it is.", None if at % 2 else ADA, at) for at in range(20)]
    page = await open_chat(world(*said_so_far), ROOM, viewport={"width": 390, "height": 700}, has_touch=True)
    await page.locator('[data-key="16"] .bubble').tap()
    await page.locator('[data-key="19"] .bubble').tap()
    await expect(page.locator('[data-key="19"] .message-acts')).to_be_in_viewport(ratio=0.95)  # but for rounding


async def test_a_new_name_is_shown_wherever_the_old_one_was(open_chat: OpenChat) -> None:
    page = await open_chat(world(), f"/chat/{GROUP}")
    await page.evaluate(f"talk.set({{ id: '{GROUP}', alias: 'Linkers' }})")
    await expect(page.get_by_role("heading", name="Linkers")).to_be_visible()
    await expect(page.locator(".conversation", has_text="Linkers")).to_be_visible()
    await expect(page).to_have_title("Linkers · Latchstring")


async def test_a_private_conversation_has_no_group_menu(open_chat: OpenChat) -> None:
    page = await open_chat(world(), ROOM)
    await expect(page.get_by_role("heading", name="Ada Lovelace")).to_be_visible()
    await expect(page.get_by_role("button", name="This group")).to_have_count(0)


async def test_hostile_texts_and_names_are_shown_as_text(open_chat: OpenChat) -> None:
    evil = [{"id": f"e{at}", "name": text, "email": f"e{at}@example.org"} for at, text in enumerate(HOSTILE)]
    made = world(*[said(f"h{at}", text, who) for at, (text, who) in enumerate(zip(HOSTILE, evil, strict=True))])
    made["rooms"][GROUP] = {**made["rooms"][PRIVATE], "withoutKeys": HOSTILE, "typing": HOSTILE[:2]}
    made["conversations"] = [
        conversation(GROUP, *evil, isPrivate=False, alias=HOSTILE[0]),
        *[conversation(f"c2c2c2c2-0000-4000-8000-00000000000{at}", who) for at, who in enumerate(evil)],
    ]
    page = await open_chat(made, f"/chat/{GROUP}")
    for at, text in enumerate(HOSTILE):
        shown = page.locator(f'[data-key="h{at}"] .message-text')
        assert await shown.evaluate("(element) => element.textContent") == text
        await expect(shown).to_have_attribute("dir", "auto")
        assert await shown.locator("*").count() == 0
    assert await page.locator("main a:not(.conversation, .room-back), main img, main script").count() == 0
    assert await page.locator(".conversation-title > bdi").count() == len(made["conversations"])
    await expect(page).to_have_title(re.compile("^<script>"))


NOTIFICATIONS = """
globalThis.told = [];
globalThis.asked = 0;
globalThis.Notification = class extends EventTarget {
  static permission = "default";
  static async requestPermission() { asked++; return (Notification.permission = "granted"); }
  constructor(title, { body, tag }) { super(); told.push([title, body, tag]); }
  close() {}
};
"""


async def test_notifications_are_asked_for_by_a_click_and_come_while_nobody_looks(open_chat: OpenChat) -> None:
    page = await open_chat(world(), before=NOTIFICATIONS)
    switch = page.get_by_role("button", name="Notify me when I am elsewhere")
    assert await page.evaluate("asked") == 0
    await switch.click()
    await expect(switch).to_have_attribute("aria-pressed", "true")
    assert await page.evaluate("asked") == 1
    tell = f"talk.set({{ id: '{PRIVATE}', unread: talk.get('{PRIVATE}').unread + 1 }})"
    await page.evaluate(tell)
    await page.evaluate("Object.defineProperty(document, 'hidden', { get: () => true })")
    await page.evaluate(tell)
    await until(page, "told.length")
    assert await page.evaluate("told") == [["Ada Lovelace", "2 new messages", f"latchstring-{PRIVATE}"]]


async def test_the_server_is_told_which_pages_one_was_at(open_chat: OpenChat) -> None:
    page = await open_chat(world())
    async with page.expect_request("**/api/recents", timeout=15_000) as asked:
        await page.locator(".conversation").first.click()
    assert (await asked.value).post_data_json == {"recents": [ROOM]}


@pytest.mark.parametrize("magnification", [0.7, 1, 1.4])
@pytest.mark.parametrize("width", [360, 1280])
async def test_everything_has_its_place_in_every_size(open_chat: OpenChat, width: int, magnification: float) -> None:
    long = "Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz" * 2
    made = world(*[said(f"{at}", long if at % 7 == 3 else "Well.", None if at % 3 else ADA, at) for at in range(60)])
    made["conversations"][0]["alias"] = long
    size = {"viewport": {"width": width, "height": 740}}
    page = await open_chat(made, ROOM, {"magnification": magnification}, **size)
    await expect(page.locator('[data-key="59"]')).to_be_in_viewport()
    assert await page.evaluate("scrollY + document.documentElement.scrollHeight - innerHeight") <= 0
    assert await page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    boxes = [await page.locator(name).bounding_box() for name in ("room-header", "message-view", "message-composer")]
    head, view, composer = [box for box in boxes if box]
    assert head["y"] + head["height"] <= view["y"] + 1
    assert view["y"] + view["height"] <= composer["y"] + 1
    assert 740 - 40 < composer["y"] + composer["height"] <= 740
    assert view["height"] > 150
    side = page.locator("conversation-list")
    is_phone = width == 360
    await expect(side).to_be_visible(visible=not is_phone)
    if is_phone:
        await page.get_by_role("link", name="All conversations").click()
    await expect(side).to_be_visible()
    await expect(page.locator(".site-footer")).to_be_hidden()


async def test_on_a_phone_one_goes_in_and_back_to_where_one_was(open_chat: OpenChat) -> None:
    page = await open_chat(world(), viewport={"width": 390, "height": 780})
    await expect(page.locator(".room")).to_be_hidden()
    await page.locator(".conversation", has_text="Compilers").click()
    await expect(page.get_by_role("heading", name="Compilers")).to_be_focused()
    await expect(page.locator("conversation-list")).to_be_hidden()
    await page.get_by_role("link", name="All conversations").click()
    await expect(page.locator(".conversation", has_text="Compilers")).to_be_focused()


async def test_a_whole_conversation_by_keyboard_alone(open_chat: OpenChat) -> None:
    page = await open_chat(world(said("1", "Hello.", ADA), said("2", "Helo.", None, 1)))
    for _ in range(30):
        await page.keyboard.press("Tab")
        if await page.evaluate("document.activeElement.matches('.conversation')"):
            break
    await page.keyboard.press("Enter")
    await expect(message(page)).to_be_focused()
    await page.keyboard.type("How are you?")
    await page.keyboard.press("Enter")
    await expect(page.locator("article")).to_have_count(3)
    await page.keyboard.press("Shift+Tab")
    await expect(page.locator("article").last).to_be_focused()
    await page.keyboard.press("ArrowUp")
    await expect(page.locator('[data-key="2"]')).to_be_focused()
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("button", name="Copy the text")).to_be_focused()
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await page.keyboard.type(" Sorry.")
    await page.keyboard.press("Enter")
    await until(page, "room.calls.includes('edit group-2 Helo. Sorry.')")


@pytest.mark.parametrize(("scheme", "theme"), THEMES)
@pytest.mark.parametrize("width", [390, 1280])
async def test_axe_finds_nothing(open_chat: OpenChat, scheme: Literal["light", "dark"], theme: str, width: int) -> None:
    entries = [
        said("1", "Hello.", ADA),
        said("2", "", None, 1, isDeleted=True),
        said("3", "Hi.", None, 2, state="failed", trouble="No answer."),
        said("4", "Hi.", None, 3, state="sending"),
    ]
    made = world(*entries, withoutKeys=["Ada Lovelace"])
    made["rooms"][GROUP] = made["rooms"][PRIVATE]
    made["conversations"][0]["unread"] = 3
    size = {"viewport": {"width": width, "height": 740}}
    # Axe's own code is injected by the test: the pages' policy would rightly refuse it.
    page = await open_chat(made, f"/chat/{GROUP}", {"theme": theme}, color_scheme=scheme, bypass_csp=True, **size)
    await expect(page.locator("article")).to_have_count(4)
    await page.locator("article").first.focus()
    assert await troubles(page) == []
    await page.get_by_role("button", name="This group").click()
    assert await troubles(page) == []
    await page.get_by_role("menuitem", name="Invite").click()
    await page.get_by_label("Find people").fill("a")
    await expect(page.locator(".found-person")).not_to_have_count(0)
    assert await troubles(page) == []
    await page.keyboard.press("Escape")
    await page.evaluate("document.querySelector('.room-back, .site-nav a').click()")
    await page.wait_for_url("**/chat")
    await page.locator(".here > summary").click()
    assert await troubles(page) == []


async def troubles(page: Page) -> list[str]:
    results = await Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]})
    return [f"{found['id']}: {found['nodes'][0]['html']}" for found in results.response["violations"]]


@pytest.mark.parametrize("width", [360, 1280])
async def test_nothing_jumps_while_the_page_comes(open_chat: OpenChat, width: int) -> None:
    made = world(*[said(f"{at}", "Well.", None if at % 3 else ADA, at) for at in range(60)])
    size = {"viewport": {"width": width, "height": 740}}
    page = await open_chat(made, ROOM, None, **size)
    await expect(page.locator('[data-key="59"]')).to_be_in_viewport()
    await page.evaluate("new Promise((next) => requestAnimationFrame(() => requestAnimationFrame(next)))")
    jumps = await page.evaluate(
        "new Promise((tell) => { new PerformanceObserver((list) => tell(list.getEntries().map(({ value, sources }) =>"
        " [value, ...sources.map(({ node }) => node?.className || node?.nodeName)])))"
        ".observe({ type: 'layout-shift', buffered: true }); setTimeout(() => tell([]), 300) })"
    )
    assert sum(value for value, *_ in jumps) < 0.001, jumps
