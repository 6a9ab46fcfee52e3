"""Conversations as people have them: in browsers and on devices of their own, on the real pages of a real server."""

import re
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.stories.conftest import NewPage, OpenHouse
from tests.stories.people import Person, is_live, log_in, register, witnessed
from tests.stories.servers import House
from tests.stories.talkers import (
    NOT_SENT,
    all_is_sent,
    choose,
    delete,
    edit,
    field,
    group_menu,
    holds,
    listed,
    read_back,
    said,
    start_group,
    start_private,
    write,
)

# Long stories rather than many: each start of a server and of people's browsers costs more than what they do there.
pytestmark = [pytest.mark.anyio, pytest.mark.timeout(400)]

PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 780}, "is_mobile": True, "has_touch": True}


async def at_home(open_page: NewPage, house: House, *people: Person) -> list[Page]:
    """Each registers on a device of their own."""
    pages = [await open_page(house) for _ in people]
    for page, person in zip(pages, people, strict=True):
        await register(page, person)
        await is_live(page)
    return pages


async def test_two_people_talk_and_one_of_them_has_a_phone_beside(any_house: House, open_page: NewPage) -> None:
    house = any_house
    ada, grace = Person("Ada"), Person("Grace")
    laptop, graces = await at_home(open_page, house, ada, grace)
    phone = await open_page(house, **PHONE)
    await log_in(phone, ada)
    await is_live(phone)

    await laptop.get_by_role("button", name="New chat").click()
    await laptop.get_by_label("Find people").fill("grac")
    await expect(laptop.locator(".found-person")).to_have_text(re.compile("Grace *e-mail hidden"))
    await laptop.get_by_role("dialog").get_by_role("button", name="Close").click()
    room = await start_private(laptop, grace)
    await write(laptop, "Good morning!", "Are you there?")
    await expect(listed(graces, "Ada")).to_contain_text("2 unread messages")
    await expect(graces).to_have_title("(2) Chat · Latchstring")
    await expect(listed(phone, "Grace")).to_be_visible()
    await expect(said(laptop, "Are you there?")).to_contain_text("Sent")

    await listed(graces, "Ada").click()
    await expect(said(laptop, "Are you there?")).to_contain_text("Read")
    await expect(graces).to_have_title("Ada · Latchstring")
    await expect(laptop.locator(".room-facts")).to_have_text("Here now")
    await field(graces).press_sequentially("Just came in", delay=10)
    await expect(laptop.locator(".room-facts")).to_have_text("Grace is typing …")
    await expect(listed(laptop, "Grace")).to_contain_text("Grace is typing …")
    await field(graces).press("Enter")
    await expect(said(laptop, "Just came in")).to_be_visible()
    await expect(laptop.locator(".room-facts")).to_have_text("Here now")

    await listed(phone, "Grace").click()
    await holds(phone, ["Good morning!", "Are you there?", "Just came in"])
    await write(phone, "Writing from the trian", "Scrap that")
    await expect(said(laptop, "Scrap that")).to_be_visible()
    await edit(laptop, "Writing from the trian", "Writing from the train")
    await delete(laptop, "Scrap that")
    for page in (laptop, phone, graces):
        await expect(said(page, "Writing from the train")).to_contain_text("edited")
        await expect(page.get_by_text("This message was deleted.")).to_be_visible()
        await expect(page.get_by_text("Scrap that")).to_have_count(0)

    await graces.goto("/account")
    await graces.get_by_label("Hide me").check()
    await expect(laptop.locator(".room-facts")).to_have_text("Away")
    await expect(laptop.locator("room-header").locator("[data-online]")).to_have_count(0)
    await write(laptop, "Still there?")
    await graces.goto(room)
    await expect(said(graces, "Still there?")).to_be_visible()
    await expect(said(laptop, "Still there?")).to_contain_text("Read")
    await expect(laptop.locator(".room-facts")).to_have_text("Away")


async def test_a_group_of_three_is_named_and_grows_and_is_read_back_to_its_beginning_and_is_left(
    any_house: House, open_page: NewPage
) -> None:
    house = any_house
    ada, grace, alan, edsger = [Person(name) for name in ("Ada", "Grace", "Alan", "Edsger")]
    hers, graces, alans, edsgers = await at_home(open_page, house, ada, grace, alan, edsger)
    phone = await open_page(house)
    await log_in(phone, alan)

    room = await start_group(hers, "Compilers", grace, alan)
    lines = [f"Line {number}" for number in range(1, 58)]
    await write(hers, *lines)
    await all_is_sent(hers)
    await expect(listed(graces, "Compilers")).to_contain_text("57 unread messages")
    await graces.goto(room)
    # Where she has not read yet, which is further back than what comes with the join.
    await expect(graces.locator(".row", has_text="New").filter(has=graces.get_by_text(lines[0]))).to_be_visible()
    await expect(said(graces, lines[-1])).to_have_count(0)
    await expect(said(hers, lines[-1])).not_to_contain_text("Read")
    await read_back(graces)
    await expect(said(graces, lines[0])).to_be_visible()
    await holds(graces, lines)
    await graces.get_by_role("button", name="Jump to the newest").click()
    await expect(said(graces, lines[-1])).to_be_in_viewport()
    await expect(said(hers, lines[-1])).to_contain_text("Read by Grace")
    await expect(listed(alans, "Compilers")).to_contain_text("57 unread messages")
    await listed(alans, "Compilers").click()
    await expect(said(alans, lines[0])).to_be_visible()
    await alans.get_by_role("button", name="Jump to the newest").click()
    await expect(said(hers, lines[-1])).to_contain_text(re.compile("Read by (Grace and Alan|Alan and Grace)"))

    await group_menu(graces, "Rename")
    await graces.get_by_label("Name of the group").fill("Linkers")
    await graces.keyboard.press("Enter")
    for page in (hers, alans, phone):
        await expect(listed(page, "Linkers")).to_be_visible()
    await group_menu(alans, "Invite")
    await choose(alans, edsger)
    await alans.get_by_role("button", name="Invite", exact=True).click()
    await expect(alans.get_by_role("dialog")).to_have_count(0)
    await listed(edsgers, "Linkers").click()
    await write(edsgers, "Thank you for having me")
    for page in (hers, graces, alans):
        await expect(said(page, "Thank you for having me")).to_be_visible()
    await holds(edsgers, ["Thank you for having me"])

    await group_menu(alans, "Leave")
    await alans.get_by_role("dialog").get_by_role("button", name="Leave").click()
    await alans.wait_for_url("**/chat")
    await expect(listed(alans, "Linkers")).to_have_count(0)
    await expect(listed(phone, "Linkers")).to_have_count(0)
    await write(hers, "Alan has left")
    await expect(said(edsgers, "Alan has left")).to_be_visible()
    await expect(hers.locator(".room-facts")).not_to_contain_text("Alan")
    await alans.goto(room)
    await expect(alans.get_by_text("There is no such conversation, or it is not yours.")).to_be_visible()


@pytest.mark.parametrize("split", [False, True], ids=["serve", "split"])
async def test_a_server_that_is_killed_in_mid_conversation_loses_nothing_and_says_nothing_twice(
    build_house: OpenHouse, open_page: NewPage, split: bool
) -> None:
    house = await build_house(split=split)
    ada, grace = Person("Ada"), Person("Grace")
    hers, graces = await at_home(open_page, house, ada, grace)
    room = await start_private(hers, grace)
    await graces.goto(room)
    await write(hers, "Before")
    await expect(said(graces, "Before")).to_be_visible()

    under_way = [f"Under way {number}" for number in range(8)]
    await write(hers, *under_way)
    house.back.kill()
    await write(hers, "While it is away")
    await expect(said(hers, "While it is away")).to_contain_text(NOT_SENT)
    await expect(hers.locator("connection-mark")).not_to_have_text("Live")
    await field(graces).fill("A draft that outlives it")
    await house.back.start()
    for page in (hers, graces):
        # The back-off may have grown; whoever comes back to the network does not wait for it.
        await page.evaluate("() => void dispatchEvent(new Event('online'))")
        await is_live(page)
    wanted = ["Before", *under_way, "While it is away"]
    for page in (hers, graces):
        await holds(page, wanted)
    await all_is_sent(hers)
    await field(graces).press("Enter")
    wanted.append("A draft that outlives it")
    for page in (hers, graces):
        await holds(page, wanted)
        await page.reload()
        await is_live(page)
        await holds(page, wanted)
    [(stored,)] = house.ledger.read("SELECT count(*) FROM message_groups")
    assert stored == len(wanted)


async def test_a_device_that_is_signed_out_from_afar_while_it_types_leaves_nothing_behind(
    any_house: House, open_page: NewPage
) -> None:
    house = any_house
    ada, grace = Person("Ada"), Person("Grace")
    phone, graces = await at_home(open_page, house, ada, grace)
    room = await start_private(phone, grace)
    await graces.goto(room)
    laptop = await open_page(house)
    await log_in(laptop, ada, at="/login?next=/account")
    await expect(laptop.locator(".device")).to_have_count(2)

    await field(phone).press_sequentially("Nobody must ever read th", delay=10)
    await expect(graces.locator(".room-facts")).to_have_text("Ada is typing …")
    await laptop.locator(".device:not([data-current])").get_by_role("button", name="Sign out").click()
    await phone.wait_for_url("**/login?next=*")
    await expect(phone.get_by_text("You were signed out from another device.")).to_be_visible()
    assert await witnessed(phone, "closes") == [[4401, "signed_out_elsewhere"]]
    kept = await phone.evaluate("JSON.stringify({...localStorage, ...sessionStorage})")
    assert "Nobody must" not in kept
    assert "latchstring.talk" not in kept
    await expect(graces.locator(".room-facts")).to_have_text("Here now")
    await expect(said(graces, "Nobody must ever read th")).to_have_count(0)
