"""From the first visit to signing out everywhere, in a real browser, with the tiers together and apart."""

from pathlib import Path

import pytest
from playwright.async_api import BrowserContext, Page, expect

from tests.conftest import LaunchChromium
from tests.stories.conftest import NewPage
from tests.stories.ledger import jar
from tests.stories.people import (
    Person,
    count_refreshes,
    is_live,
    is_signed_in,
    is_signed_out,
    log_in,
    new_page,
    register,
    witnessed,
)
from tests.stories.servers import House
from tests.stories.waiting import until

pytestmark = pytest.mark.anyio

ELSEWHERE = "You were signed out from another device."


async def test_a_remembered_user_comes_back_after_a_restart_of_the_browser_and_is_signed_out_from_a_second_device(
    any_house: House, launch_chromium: LaunchChromium, tmp_path: Path
) -> None:
    ada = Person("Ada")

    async def browser(name: str) -> tuple[BrowserContext, Page]:
        context = await launch_chromium(tmp_path / name, base_url=any_house.url)
        return context, await new_page(context)

    context, page = await browser("laptop")
    await register(page, ada, remember=True)
    await page.wait_for_url("**/chat")
    await is_live(page)
    await context.close()

    context, laptop = await browser("laptop")
    await laptop.goto("/chat")
    await is_live(laptop)
    assert await witnessed(laptop, "states") == ["unknown", "signed_in"]

    _, phone = await browser("phone")
    await log_in(phone, ada, at="/login?next=/account")
    await expect(phone.locator(".device")).to_have_count(2)
    first, second = any_house.ledger.sessions(ada.email)
    other = phone.locator(".device:not([data-current])")
    await other.get_by_role("button", name="Sign out").click()

    await expect(laptop.get_by_text(ELSEWHERE)).to_be_visible()
    await laptop.wait_for_url("**/login?next=%2Fchat")
    assert await witnessed(laptop, "closes") == [[4401, "signed_out_elsewhere"]]
    await expect(phone.locator(".device")).to_have_count(1)
    reasons = {row.id: row.reason for row in any_house.ledger.sessions(ada.email)}
    assert reasons == {first.id: "signed_out_elsewhere", second.id: None}

    await laptop.reload()
    await is_signed_out(laptop)
    assert await jar(context) == []


async def test_signing_out_everywhere_closes_every_device_and_this_one(any_house: House, open_page: NewPage) -> None:
    ada = Person("Ada")
    here, there = await open_page(any_house), await open_page(any_house)
    await register(here, ada)
    await log_in(there, ada)
    await is_live(there)
    await here.goto("/account")
    await here.locator("device-list").get_by_role("button", name="Sign out everywhere").click()
    await here.get_by_role("dialog").get_by_role("button", name="Sign out everywhere").click()
    await is_signed_out(here)
    await expect(there.get_by_text(ELSEWHERE)).to_be_visible()
    assert await witnessed(there, "closes") == [[4401, "signed_out_elsewhere"]]
    assert all(row.reason for row in any_house.ledger.sessions(ada.email))
    assert await jar(here.context) == []


async def test_who_is_not_remembered_is_a_guest_in_the_next_browser_session_and_loses_nothing(
    any_house: House, open_page: NewPage
) -> None:
    ada = Person("Ada")
    page = await open_page(any_house)
    await register(page, ada, remember=False)
    await is_live(page)
    [cookie] = await page.context.cookies()
    assert cookie["expires"] == -1
    [before] = any_house.ledger.sessions(ada.email)
    await page.context.close()

    restored = await open_page(any_house)
    await restored.context.add_cookies([{"name": cookie["name"], "value": cookie["value"], "url": any_house.url}])
    async with restored.expect_response("**/auth/silent") as silent:
        await restored.goto("/account")
    answer = await silent.value
    assert (answer.status, await answer.header_value("set-cookie")) == (204, None)
    await restored.wait_for_url("**/login?next=%2Faccount")
    assert await witnessed(restored, "words") == []
    assert await jar(restored.context) == [cookie["value"]]
    assert any_house.ledger.sessions(ada.email) == [before]


async def test_who_is_not_remembered_stays_signed_in_from_tab_to_tab_and_over_a_reload(
    any_house: House, open_page: NewPage
) -> None:
    page = await open_page(any_house)
    await register(page, Person("Ada"), remember=False)
    await is_live(page)
    beside = await new_page(page.context)
    await beside.goto("/account")
    await is_signed_in(beside)
    await page.reload()
    await is_signed_in(page)
    assert await any_house.ledger.cookie_is_good(page.context)


async def test_people_see_each_other_come_hide_be_renamed_and_leave(any_house: House, open_page: NewPage) -> None:
    ada, grace = Person("Ada"), Person("Grace")
    here, there = await open_page(any_house), await open_page(any_house)
    await register(here, ada)
    await register(there, grace)
    await here.get_by_text("Who is here").click()
    names = here.locator("presence-list .person-name")
    await expect(names.get_by_text("Grace")).to_be_visible()

    await there.get_by_role("link", name="Account", exact=True).click()
    await there.get_by_label("Display name").fill("Rear Admiral Grace")
    await there.get_by_role("button", name="Save").click()
    await expect(names.get_by_text("Rear Admiral Grace")).to_be_visible()
    await there.get_by_label("Hide me").check()
    await expect(names.get_by_text("Grace")).to_have_count(0)
    await there.get_by_label("Hide me").uncheck()
    await expect(names.get_by_text("Rear Admiral Grace")).to_be_visible()
    await there.context.close()
    await expect(names.get_by_text("Grace")).to_have_count(0)


async def test_a_changed_look_is_there_at_the_first_paint_after_a_reload_and_on_another_device(
    any_house: House, open_page: NewPage
) -> None:
    ada = Person("Ada")
    page = await open_page(any_house, color_scheme="light")
    await register(page, ada)
    await page.goto("/account")
    await page.get_by_role("radio", name="Night").check()
    await page.get_by_label("Display name").fill("Countess")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Your display name is saved.")).to_be_visible()
    # What is worn when the first pixel is drawn, and whatever is worn after that.
    await page.add_init_script("""
      globalThis.worn = [];
      const look = () => document.documentElement && worn.push(document.documentElement.dataset.theme);
      new PerformanceObserver(look).observe({ type: "paint", buffered: true });
      addEventListener("DOMContentLoaded", () =>
        new MutationObserver(look).observe(document.documentElement, { attributeFilter: ["data-theme"] }));
    """)
    await page.reload()
    await is_live(page)
    await expect(page.locator("account-corner")).to_contain_text("Countess")
    await until(lambda: page.evaluate("worn.length"))
    assert set(await page.evaluate("worn")) == {"night"}

    other = await open_page(any_house, color_scheme="light")
    await log_in(other, ada)
    await expect(other.locator("html")).to_have_attribute("data-theme", "night")


async def test_changing_the_password_signs_out_the_other_device_and_says_so_there(
    any_house: House, open_page: NewPage
) -> None:
    ada = Person("Ada")
    here, there = await open_page(any_house), await open_page(any_house)
    await register(there, ada)
    await is_live(there)
    await log_in(here, ada, at="/login?next=/account")
    await here.get_by_label("Current password", exact=True).fill(ada.password)
    for label in ("New password", "The same once more"):
        await here.get_by_label(label, exact=True).fill("quite another string entirely")
    await here.get_by_role("button", name="Change password").click()
    await expect(there.get_by_text("Your password was changed, so you were signed out here.")).to_be_visible()
    assert await witnessed(there, "closes") == [[4401, "password_changed"]]
    await is_live(here)
    await here.reload()
    await is_signed_in(here)
    ada.password = "quite another string entirely"
    await log_in(there, ada)


async def test_going_through_the_pages_and_reloading_spends_one_refresh_a_load(
    any_house: House, open_page: NewPage
) -> None:
    page = await open_page(any_house)
    asked = count_refreshes(page.context)
    await register(page, Person("Ada"))
    await page.wait_for_url("**/chat")
    asked.clear()
    for name in ("Account", "About", "Chat"):
        await page.get_by_role("navigation").get_by_role("link", name=name).click()
        await expect(page.get_by_role("link", name=name, exact=True)).to_have_attribute("aria-current", "page")
    assert asked == []
    await page.reload()
    await is_live(page)
    assert len(asked) == 1
