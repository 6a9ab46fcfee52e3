"""What was said, as it is seen: days, runs, marks and states; the long list, and what stays in place in it."""

from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.talk_pages.conftest import OpenChat, until
from tests.talk_pages.worlds import ADA, ALAN, GRACE, GROUP, PRIVATE, said, world

pytestmark = pytest.mark.anyio

ROOM = f"/chat/{PRIVATE}"
A_FRAME = "new Promise((next) => requestAnimationFrame(() => requestAnimationFrame(next)))"
TO_GO = (
    "(() => { const m = document.querySelector('.messages'); return m.scrollHeight - m.scrollTop - m.clientHeight })()"
)


def many(count: int, first: int = 0) -> list[dict[str, Any]]:
    """Of very different heights."""
    words = "one two three four five six seven eight nine ten "
    return [
        said(f"m{at}", f"{at}: {words * (1 + at * 7 % 13)}", ADA if at % 5 else None, at * 3, readBy=[])
        for at in range(first, first + count)
    ]


async def in_view(page: Page) -> list[tuple[str, float]]:
    """The keys of the messages in view, and how far below the upper edge each begins."""
    found: list[tuple[str, float]] = await page.evaluate(
        """() => {
          const { top, bottom } = document.querySelector(".messages").getBoundingClientRect();
          return [...document.querySelectorAll("article")]
            .map((row) => [row.dataset.key, row.getBoundingClientRect()])
            .filter(([, box]) => box.bottom > top && box.top < bottom)
            .map(([key, box]) => [key, box.top - top]);
        }"""
    )
    return found


async def test_days_are_told_apart_and_a_run_of_one_author_has_one_name(open_chat: OpenChat) -> None:
    made = world()
    day = 24 * 60
    made["rooms"][GROUP] = {
        "entries": [
            said("1", "Evening.", GRACE, -day),
            said("2", "Morning.", GRACE),
            said("3", "Is it?", GRACE, 1),
            said("4", "It is.", ALAN, 2),
            said("5", "Good.", None, 3),
        ]
    }
    page = await open_chat(made, f"/chat/{GROUP}")
    await expect(page.locator(".day")).to_have_count(2)
    await expect(page.locator(".message-author")).to_have_text(["Grace Hopper:", "Grace Hopper:", "Alan Turing:"])
    left, right = [await page.locator(f'[data-key="{key}"] .bubble').bounding_box() for key in ("4", "5")]
    assert left
    assert right
    assert left["x"] + left["width"] < right["x"] + right["width"]


async def test_marks_say_what_happened_to_a_message(open_chat: OpenChat) -> None:
    entries = [
        said("edited", "Four o'clock.", isEdited=True),
        said("deleted", "", isDeleted=True),
        said("sealed", None),
        said("read", "Fine.", None, 1, readBy=["Ada Lovelace"]),
        said("sent", "See you.", None, 2),
        said("waiting", "Bye.", None, 3, state="waiting"),
        said("failed", "Hello?", None, 4, state="failed", trouble="The server did not answer."),
    ]
    page = await open_chat(world(*entries), ROOM)
    for key, words in {
        "edited": "edited",
        "deleted": "This message was deleted.",
        "sealed": "This message cannot be read on this device.",
        "read": "Read",
        "sent": "Sent",
        "waiting": "Waiting to be sent.",
        "failed": "Not sent. The server did not answer.",
    }.items():
        await expect(page.locator(f'[data-key="{key}"]')).to_contain_text(words)
    await page.get_by_role("button", name="Try again").click()
    await page.get_by_role("button", name="Discard", exact=True).last.click()
    assert await page.evaluate("room.calls.filter((call) => /retry|discard/.test(call))") == [
        "retry failed",
        "discard failed",
    ]


async def test_a_message_comes_on_its_way_under_the_same_key_and_is_drawn_anew(open_chat: OpenChat) -> None:
    page = await open_chat(world(said("1", "On its way", None, state="sending")), ROOM)
    row = page.locator("article")
    await expect(row).to_contain_text("Sending …")
    await page.evaluate("room.set('1', { state: 'sent', readBy: [] })")
    await expect(row).to_contain_text("Sent")
    await page.evaluate("room.set('1', { readBy: ['Ada Lovelace'] })")
    await expect(row).to_contain_text("Read")


async def test_in_a_group_each_reader_is_named_once_at_the_newest_that_they_read(open_chat: OpenChat) -> None:
    made = world()
    made["rooms"][GROUP] = {
        "entries": [
            said("1", "First.", None, 0, readBy=["Grace Hopper", "Alan Turing"]),
            said("2", "Second.", None, 1, readBy=["Grace Hopper"]),
        ]
    }
    page = await open_chat(made, f"/chat/{GROUP}")
    await expect(page.locator('[data-key="1"]')).to_contain_text("Read by Alan Turing")
    await expect(page.locator('[data-key="2"]')).to_contain_text("Read by Grace Hopper")


async def test_of_ten_thousand_messages_only_those_around_the_eye_are_in_the_page(open_chat: OpenChat) -> None:
    page = await open_chat(world(*many(10_000)), ROOM)
    rows = page.locator("article")
    await expect(page.locator('[data-key="m9999"]')).to_be_in_viewport()
    most = 0
    for part in (0.5, 0.1, 0.9, 0, 0.33):
        await page.evaluate(
            f"(async () => {{ const m = document.querySelector('.messages'); m.scrollTop = m.scrollHeight * {part};"
            f" await {A_FRAME} }})()"
        )
        assert await in_view(page), part
        most = max(most, await rows.count())
    assert 10 < most < 90
    assert await page.locator("*").count() < 2_000


async def test_scrolling_through_ten_thousand_messages_leaves_no_hole_and_keeps_its_frames(open_chat: OpenChat) -> None:
    page = await open_chat(world(*many(10_000)), ROOM)
    await expect(page.locator('[data-key="m9999"]')).to_be_in_viewport()
    found = await page.evaluate(
        """async () => {
          const scroller = document.querySelector(".messages");
          const costs = [];
          let holes = 0;
          for (let step = 0; step < 120; step++) {
            scroller.scrollTop -= 400;
            await new Promise(requestAnimationFrame);
            const began = performance.now();
            scroller.dispatchEvent(new Event("scroll"));
            costs.push(performance.now() - began);
            const box = scroller.getBoundingClientRect();
            const middle = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
            if (!middle.closest(".messages-list")) holes++;
          }
          return { holes, median: costs.sort((one, other) => one - other)[60] };
        }"""
    )
    assert found["holes"] == 0
    # Half a frame at 60 a second, for what a step of scrolling costs the script; on a busy machine too.
    assert found["median"] < 8


async def test_what_one_reads_stays_in_its_place_while_older_messages_load(open_chat: OpenChat) -> None:
    older = [many(200, first=200), many(200)]
    page = await open_chat(world(*many(60, first=400), older=older, delay=700), ROOM)
    await expect(page.locator('[data-key="m459"]')).to_be_in_viewport()
    await page.evaluate("document.querySelector('.messages').scrollTop = 200")
    await page.evaluate(A_FRAME)
    before = dict(await in_view(page))
    assert await page.evaluate("room.entries.length") == 60
    await until(page, "room.entries.length >= 260")
    await page.evaluate(A_FRAME)
    after = dict(await in_view(page))
    # The first of them is not the first of its day any more, and gives up the line that said so.
    shared = before.keys() & after.keys() - {"m400"}
    assert shared
    assert max(abs(before[key] - after[key]) for key in shared) <= 1.5


async def test_history_comes_page_by_page_until_its_beginning(open_chat: OpenChat) -> None:
    older = [many(40, first=40), many(40)]
    page = await open_chat(world(*many(20, first=80), older=older), ROOM)
    await page.locator("article").last.focus()
    for _ in range(3):
        await page.keyboard.press("Home")
        await page.wait_for_timeout(120)
    await expect(page.get_by_text("This is where it began.")).to_be_in_viewport()
    await expect(page.locator('[data-key="m0"]')).to_be_in_viewport()
    assert await page.evaluate("room.calls.filter((call) => call === 'loadOlder').length") == 2


async def test_history_that_does_not_come_can_be_asked_for_again(open_chat: OpenChat) -> None:
    page = await open_chat(world(*many(3, first=5), older=[many(5)], trouble="No."), ROOM)
    again = page.locator(".messages-head").get_by_role("button", name="Try again")
    await expect(again).to_be_visible()
    await page.evaluate("room.trouble = null")
    await again.click()
    await expect(page.locator("article")).to_have_count(8)


async def test_who_is_at_the_bottom_stays_there_and_who_is_not_is_told_how_many_came(open_chat: OpenChat) -> None:
    page = await open_chat(world(*many(60)), ROOM)
    await expect(page.locator('[data-key="m59"]')).to_be_in_viewport()
    await page.evaluate("room.hear({ key: 'new1', text: 'Are you there?' })")
    await expect(page.locator('[data-key="new1"]')).to_be_in_viewport()
    await page.evaluate("document.querySelector('.messages').scrollTop -= 900")
    await page.evaluate(A_FRAME)
    before = await in_view(page)
    await page.evaluate("room.hear({ key: 'new2', text: 'Hello?' }); room.hear({ key: 'new3', text: 'Well.' })")
    jump = page.get_by_role("button", name="Jump to the newest: 2 new")
    await expect(jump).to_be_visible()
    after = dict(await in_view(page))
    assert all(abs(after[key] - top) < 1 for key, top in before)
    await jump.click()
    await expect(page.locator('[data-key="new3"]')).to_be_in_viewport()
    await expect(jump).to_be_hidden()
    assert await page.evaluate(TO_GO) < 2


async def test_a_few_pixels_up_are_not_taken_back(open_chat: OpenChat) -> None:
    page = await open_chat(world(*many(60)), ROOM)
    await expect(page.locator('[data-key="m59"]')).to_be_in_viewport()
    for _ in range(4):
        await page.evaluate("document.querySelector('.messages').scrollTop -= 3")
        await page.evaluate(A_FRAME)
    assert await page.evaluate(TO_GO) == pytest.approx(12, abs=2)


async def test_a_window_of_another_width_keeps_the_bottom_and_the_place(open_chat: OpenChat) -> None:
    page = await open_chat(world(*many(300)), ROOM)
    await page.set_viewport_size({"width": 900, "height": 600})
    await page.evaluate(A_FRAME)
    assert await page.evaluate(TO_GO) < 2
    await page.evaluate("document.querySelector('.messages').scrollTop -= 3000")
    await page.evaluate(A_FRAME)
    [(key, _), *_] = await in_view(page)
    await page.set_viewport_size({"width": 1200, "height": 600})
    await page.evaluate(A_FRAME)
    assert key in dict(await in_view(page))


async def test_what_is_seen_is_read_and_what_lies_below_is_not(open_chat: OpenChat) -> None:
    made = world(*many(60))
    made["conversations"][0]["unread"] = 2
    page = await open_chat(made, ROOM)
    await until(page, "room.calls.includes('read')")
    await page.evaluate("document.querySelector('.messages').scrollTop -= 900")
    await page.evaluate(A_FRAME)
    await page.evaluate("room.calls.length = 0; talk.set({ id: room.id, unread: 1 }); room.hear({ text: 'Hello?' })")
    await page.evaluate(A_FRAME)
    assert await page.evaluate("room.calls") == []
    await page.get_by_role("button", name="Jump to the newest").click()
    await until(page, "room.calls.includes('read')")


async def test_a_message_of_ones_own_is_edited_in_its_place(open_chat: OpenChat) -> None:
    page = await open_chat(world(said("1", "Fuor o'clock.", None), said("2", "Fine.")), ROOM)
    await page.get_by_label("Message", exact=True).press("ArrowUp")
    field = page.get_by_label("Edit your message")
    await expect(field).to_be_focused()
    await field.press("Escape")
    await expect(field).to_have_count(0)
    await expect(page.get_by_label("Message", exact=True)).to_be_focused()
    await page.keyboard.press("ArrowUp")
    await field.fill("Four o'clock.")
    await field.press("Enter")
    await expect(field).to_have_count(0)
    assert await page.evaluate("room.calls.filter((call) => call.startsWith('edit'))") == ["edit group-1 Four o'clock."]


async def test_an_edit_that_is_not_saved_stays_open_and_says_why(open_chat: OpenChat) -> None:
    page = await open_chat(world(said("1", "Hi.", None), trouble="The server did not answer."), ROOM)
    await page.get_by_label("Message", exact=True).press("ArrowUp")
    field = page.get_by_label("Edit your message")
    await field.fill("Hello.")
    await field.press("Enter")
    await expect(page.get_by_role("alert").filter(has_text="Not saved. The server did not answer.")).to_be_visible()
    await page.evaluate("room.set('1', { readBy: ['Ada Lovelace'] })")
    await expect(field).to_have_value("Hello.")
    await expect(field).to_be_focused()


async def test_deleting_asks_first(open_chat: OpenChat) -> None:
    page = await open_chat(world(said("1", "Oh dear.", None)), ROOM)
    await page.locator("article").focus()
    await page.get_by_role("button", name="Delete").click()
    await page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    await page.locator("article").focus()
    await page.keyboard.press("Delete")
    await page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    await until(page, "room.calls.includes('remove group-1')")


async def test_other_peoples_messages_can_be_neither_edited_nor_deleted(open_chat: OpenChat) -> None:
    page = await open_chat(world(said("1", "Mine.", ADA)), ROOM)
    await page.locator("article").focus()
    await expect(page.get_by_role("button", name="Copy the text")).to_be_visible()
    assert await page.locator("article [data-act]").count() == 1
    await page.keyboard.press("Delete")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await expect(page.get_by_label("Edit your message")).to_have_count(0)


async def test_new_messages_are_announced_and_history_is_not(open_chat: OpenChat) -> None:
    page = await open_chat(world(*many(5, first=5), older=[many(5)]), ROOM)
    log = page.get_by_role("log", name="New messages")
    await until(page, "room.entries.length === 10")
    await expect(log).to_have_attribute("aria-live", "polite")
    await expect(log).to_be_empty()
    await page.evaluate("room.hear({ senderName: 'Ada', text: 'Are you there?' })")
    await expect(log).to_have_text("Ada: Are you there?")


async def test_the_arrow_keys_go_from_message_to_message(open_chat: OpenChat) -> None:
    page = await open_chat(world(*many(300)), ROOM)
    await page.locator('[data-key="m299"]').focus()
    for _ in range(30):
        await page.keyboard.press("ArrowUp")
    row = page.locator('[data-key="m269"]')
    await expect(row).to_be_focused()
    await expect(row).to_be_in_viewport()
    await page.keyboard.press("Home")
    await expect(page.locator('[data-key="m0"]')).to_be_focused()
    await page.keyboard.press("End")
    await expect(page.locator('[data-key="m299"]')).to_be_focused()
    assert await page.locator('article[tabindex="0"]').count() == 1


@pytest.mark.parametrize("unread", [30, 2], ids=["more than a screen", "less than a screen"])
async def test_who_opens_a_conversation_begins_at_the_first_message_that_they_have_not_read(
    open_chat: OpenChat, unread: int
) -> None:
    made = world(*[said(f"{at}", f"Message {at}.", ADA, at / 100) for at in range(60)])
    made["conversations"][0]["unread"] = unread
    page = await open_chat(made, ROOM)
    line = page.locator(".day-new")
    await expect(line).to_have_text("New")
    await expect(line).to_be_in_viewport(ratio=1)
    first = page.locator("article", has=line)
    await expect(first).to_contain_text(f"Message {60 - unread}.")
    assert await page.evaluate("room.calls.includes('read')") is (unread == 2)
    await page.evaluate("document.querySelector('.jump').click()")
    await until(page, "room.calls.includes('read')")
    await page.evaluate("room.hear({ text: 'One more.' })")
    await expect(page.get_by_text("One more.", exact=True)).to_be_in_viewport()
    assert await line.count() <= 1


async def test_where_all_is_read_nothing_is_called_new_and_one_is_at_the_newest(open_chat: OpenChat) -> None:
    page = await open_chat(world(*[said(f"{at}", f"Message {at}.", ADA, at / 100) for at in range(60)]), ROOM)
    await expect(page.get_by_text("Message 59.", exact=True)).to_be_in_viewport()
    await page.evaluate("room.hear({ text: 'One more.' })")
    await expect(page.get_by_text("One more.", exact=True)).to_be_in_viewport()
    await expect(page.locator(".day-new")).to_have_count(0)


async def test_what_is_new_is_looked_for_on_earlier_pages_before_anything_is_read(open_chat: OpenChat) -> None:
    pages = [
        [said(f"{at}", f"Message {at}.", ADA, at / 100) for at in range(start, start + 40)] for start in (80, 40, 0)
    ]
    made = world(*pages[0], older=pages[1:])
    made["conversations"][0]["unread"] = 70
    page = await open_chat(made, ROOM)
    line = page.locator(".day-new")
    await expect(line).to_be_in_viewport(ratio=1)
    await expect(page.locator("article", has=line)).to_contain_text("Message 50.")
    assert await page.evaluate("room.calls.includes('read')") is False
