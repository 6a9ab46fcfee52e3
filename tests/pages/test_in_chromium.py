"""The pages in a real browser, against a fake of the wire: what people see, by mouse, keyboard and screen reader."""

import re
from typing import Literal

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from tests.pages.site import PASSWORD, Site, serious_troubles, sign_in

pytestmark = pytest.mark.anyio

THEMES: list[tuple[Literal["light", "dark"], str]] = [("light", "day"), ("dark", "night")]


async def test_somebody_on_the_way_to_the_chat_signs_in_and_gets_there(page: Page, site: Site) -> None:
    site.fake.add_person("ada@example.org", PASSWORD, "Ada")
    site.fake.sign_in(site.fake.add_person("grace@example.org", PASSWORD, "Grace <b>Hopper</b>"), "Firefox on Linux")
    await page.goto("/chat")
    await expect(page.get_by_text("Sign in to go on to the chat.")).to_be_visible()
    await expect(page.get_by_text("signed out")).to_have_count(0)
    await sign_in(page, "ada@example.org")
    await page.wait_for_url("**/chat")
    await expect(page.locator(".person-name")).to_have_text(["AdaYou", "Grace <b>Hopper</b>"])
    await expect(page.locator("connection-mark")).to_have_text("Live")


async def test_going_from_page_to_page_spends_no_refresh(page: Page, site: Site) -> None:
    site.fake.add_person("ada@example.org", PASSWORD, "Ada")
    await page.goto("/login")
    await sign_in(page, "ada@example.org")
    await page.wait_for_url("**/chat")
    for name in ("Account", "About", "Chat"):
        await page.get_by_role("navigation").get_by_role("link", name=name).click()
        await expect(page.get_by_role("link", name=name)).to_have_attribute("aria-current", "page")
        await expect(page.locator("h1")).to_be_focused()
    await page.go_back()
    await expect(page.get_by_role("heading", name="About Latchstring")).to_be_visible()
    assert site.fake.refreshes == 0


async def test_a_wrong_password_is_told_and_typed_again_by_keyboard_alone(page: Page, site: Site) -> None:
    site.fake.add_person("ada@example.org", PASSWORD, "Ada")
    await page.goto("/login")
    await page.get_by_label("E-mail").focus()
    await page.keyboard.type("ada@example.org")
    await page.keyboard.press("Tab")
    await page.keyboard.type("wrong")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_have_text("The e-mail or the password is not right.")
    await page.keyboard.press("ControlOrMeta+a")
    await page.keyboard.type(PASSWORD)
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/chat")


async def test_troubles_stand_beside_their_fields_and_the_first_is_focused(page: Page) -> None:
    await page.goto("/login#register")
    await page.get_by_label("E-mail").fill("ada@example.org")
    await page.get_by_label("Password", exact=True).fill("short")
    await expect(page.locator("password-meter")).to_contain_text("Too short. 10 characters to go.")
    await page.get_by_role("button", name="Create an account").click()
    password = page.get_by_label("Password", exact=True)
    await expect(password).to_be_focused()
    await expect(password).to_have_attribute("aria-invalid", "true")
    await expect(page.locator("#password-trouble")).to_have_text("A password has at least 15 characters.")


@pytest.mark.parametrize("next_path", ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:x"])
async def test_nobody_is_led_elsewhere_after_signing_in(page: Page, site: Site, next_path: str) -> None:
    site.fake.add_person("ada@example.org", PASSWORD, "Ada")
    await page.goto(f"/login?next={next_path}")
    await sign_in(page, "ada@example.org")
    await page.wait_for_url(f"{site.url}/chat")


async def test_the_look_of_the_page_one_registers_on_becomes_the_look_of_the_profile(page: Page, site: Site) -> None:
    await page.goto("/login#register")
    await page.get_by_role("button", name="Theme: like the system").click()
    await page.get_by_role("button", name="Theme: day").click()
    await page.get_by_label("E-mail").fill("ada@example.org")
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await page.get_by_role("button", name="Create an account").click()
    await page.wait_for_url("**/chat")
    await expect(page.locator("html")).to_have_attribute("data-theme", "night")
    await page.get_by_role("link", name="Account", exact=True).click()
    await expect(page.get_by_role("radio", name="Night")).to_be_checked()
    assert site.fake.people["ada@example.org"].profile["theme"] == "night"


async def test_the_right_theme_is_there_before_the_first_paint(page: Page, context: BrowserContext) -> None:
    await page.goto("/")
    await page.evaluate("localStorage.setItem('latchstring.theme', 'night')")
    # Only what blocks the first paint is let through: no module will run.
    await context.route(re.compile(r"/(?!theme)[\w-]+\.js$"), lambda route: route.abort())
    await page.reload()
    ground = await page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == "rgb(21, 25, 26)"


async def test_a_page_that_is_only_prerendered_spends_nothing(page: Page, context: BrowserContext, site: Site) -> None:
    ada = site.fake.sign_in(site.fake.add_person("ada@example.org", PASSWORD, "Ada"), "Chromium on Linux")
    await context.add_cookies([{"name": "fake", "value": ada.id, "url": site.url}])
    await page.add_init_script(
        "globalThis.looked = false; Object.defineProperty(document, 'prerendering', { get: () => !globalThis.looked })"
    )
    await page.goto("/chat", wait_until="networkidle")
    assert site.fake.refreshes == 0
    await page.evaluate("looked = true; document.dispatchEvent(new Event('prerenderingchange'))")
    await expect(page.locator(".person-name")).to_have_text(["AdaYou"])
    assert site.fake.refreshes == 1


async def test_another_device_is_signed_out_from_the_list_of_devices(page: Page, site: Site) -> None:
    ada = site.fake.add_person("ada@example.org", PASSWORD, "Ada")
    phone = site.fake.sign_in(ada, "Safari on iPhone")
    await page.goto("/login?next=/account")
    await sign_in(page, "ada@example.org")
    await page.get_by_role("button", name="Sign out Safari on iPhone").click()
    await expect(page.get_by_text("Safari on iPhone is signed out.")).to_be_visible()
    await expect(page.locator(".device-name")).to_have_text(["Chromium on LinuxThis device"])
    assert phone.ended == "signed_out_elsewhere"


async def test_being_signed_out_from_elsewhere_is_said_at_once(page: Page, site: Site) -> None:
    site.fake.add_person("ada@example.org", PASSWORD, "Ada")
    await page.goto("/login?next=/account")
    await sign_in(page, "ada@example.org")
    await expect(page.locator("connection-mark")).to_have_text("Live")
    [mine] = site.fake.signed.values()
    await site.fake.end(mine, "signed_out_elsewhere")
    await expect(page.get_by_text("You were signed out from another device.")).to_be_visible()
    await page.wait_for_url("**/login?next=%2Faccount")


async def test_signing_out_everywhere_asks_first_and_cancelling_does_nothing(page: Page, site: Site) -> None:
    site.fake.add_person("ada@example.org", PASSWORD, "Ada")
    await page.goto("/login?next=/account")
    await sign_in(page, "ada@example.org")
    everywhere = page.locator("device-list").get_by_role("button", name="Sign out everywhere")
    await everywhere.click()
    await page.keyboard.press("Escape")
    assert [signed.ended for signed in site.fake.signed.values()] == [""]
    await everywhere.click()
    await page.get_by_role("dialog").get_by_role("button", name="Sign out everywhere").click()
    await expect(page.locator("html")).to_have_attribute("data-session", "signed_out")


async def test_a_server_that_is_away_signs_nobody_out_and_is_told(page: Page, site: Site) -> None:
    site.fake.add_person("ada@example.org", PASSWORD, "Ada")
    await page.goto("/login")
    site.fake.down = True
    await sign_in(page, "ada@example.org")
    await expect(page.get_by_role("alert")).to_contain_text("The server did not answer.")
    site.fake.down = False
    await page.locator("main").get_by_role("button", name="Sign in").click()
    await page.wait_for_url("**/chat")


@pytest.mark.parametrize(("scheme", "theme"), THEMES)
async def test_axe_finds_nothing_on_any_page(
    chromium: Browser, site: Site, scheme: Literal["light", "dark"], theme: str
) -> None:
    site.fake.add_person("ada@example.org", PASSWORD, "Ada", theme=theme)
    # Axe's own code is injected by the test: the pages' policy would rightly refuse it.
    context = await chromium.new_context(
        base_url=site.url,
        color_scheme=scheme,
        bypass_csp=True,
        reduced_motion="reduce",
    )
    page = await context.new_page()
    for path in ("/", "/about", "/login", "/login#register", "/forgot", "/reset", "/confirm", "/nowhere"):
        await page.goto(path)
        await expect(page.locator("html")).to_have_attribute("data-session", "signed_out")
        assert await serious_troubles(page) == [], path
    await page.goto("/login?next=/account")
    await sign_in(page, "ada@example.org")
    await expect(page.locator(".device")).to_have_count(1)
    assert await serious_troubles(page) == []
    await page.get_by_role("link", name="Chat", exact=True).click()
    await expect(page.locator(".person")).to_have_count(1)
    assert await serious_troubles(page) == []
    await context.close()


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("path", ["/", "/chat", "/account"])
async def test_nothing_jumps_while_it_is_found_out_who_is_here(
    page: Page, context: BrowserContext, site: Site, path: str, width: int
) -> None:
    ada = site.fake.add_person("ada@example.org", PASSWORD, "Ada")
    signed = [site.fake.sign_in(ada, device) for device in ("Chromium on Linux", "Safari on iPhone")]
    await context.add_cookies([{"name": "fake", "value": signed[0].id, "url": site.url}])
    await page.set_viewport_size({"width": width, "height": 740})
    await page.add_init_script(
        "globalThis.jumps = []; new PerformanceObserver((list) => jumps.push(...list.getEntries().map((e) => e.value)))"
        ".observe({ type: 'layout-shift', buffered: true })"
    )
    await page.goto(path)
    await expect(page.locator("connection-mark")).to_have_text("Live")
    await page.evaluate("new Promise((next) => requestAnimationFrame(() => requestAnimationFrame(next)))")
    assert sum(await page.evaluate("jumps")) < 0.001


@pytest.mark.parametrize("width", [360, 1280])
async def test_no_page_scrolls_sideways(page: Page, site: Site, width: int) -> None:
    site.fake.add_person("ada@example.org", PASSWORD, "Ada-" + "l" * 76, magnification=1.4)
    await page.set_viewport_size({"width": width, "height": 740})
    await page.goto("/login?next=/account")
    await sign_in(page, "ada@example.org")
    await expect(page.locator(".device")).to_have_count(1)
    for name in ("Account", "Chat", "About"):
        await page.get_by_role("navigation").get_by_role("link", name=name).click()
        await expect(page.locator("h1")).to_be_focused()
        assert await page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), name


async def test_who_registers_a_second_time_is_led_to_signing_in_with_what_was_typed(page: Page, site: Site) -> None:
    site.fake.add_person("ada@example.org", PASSWORD, "Ada")
    await page.goto("/login#register")
    main = page.locator("main")
    await main.get_by_role("button", name="Create an account").click()
    await expect(page.get_by_text("Please choose a password.")).to_be_visible()
    await page.get_by_label("E-mail").fill("ada@example.org")
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await main.get_by_role("button", name="Create an account").click()
    await page.get_by_role("alert").get_by_role("link", name="Sign in instead").click()
    await expect(page.get_by_label("Password", exact=True)).to_be_focused()
    await main.get_by_role("button", name="Sign in").click()
    await page.wait_for_url("**/chat")


async def test_why_a_password_was_refused_is_said_once(page: Page) -> None:
    await page.goto("/login#register")
    await page.get_by_label("E-mail").fill("ada@example.org")
    await page.get_by_label("Password", exact=True).fill("too short")
    meter = page.locator("password-meter p")
    await expect(meter).to_have_text("Too short. 6 characters to go.")
    await page.locator("main").get_by_role("button", name="Create an account").click()
    await expect(page.get_by_text("A password has at least 15 characters.")).to_be_visible()
    await expect(meter).to_be_hidden()
    await page.get_by_label("Password", exact=True).press("a")
    await expect(meter).to_be_visible()


async def test_a_name_stands_whole_in_the_header_of_a_tablet(page: Page, site: Site) -> None:
    site.fake.add_person("ada@example.org", PASSWORD, "Ada King")
    await page.set_viewport_size({"width": 768, "height": 1024})
    await page.goto("/login?next=/about")
    await sign_in(page, "ada@example.org")
    await expect(page.locator("connection-mark")).to_have_text("Live")
    await expect(page.locator(".corner-name")).to_be_visible()
    widths = "[...document.querySelectorAll('.corner-name')].map((name) => name.scrollWidth - name.clientWidth)"
    assert await page.evaluate(widths) == [0]


@pytest.mark.parametrize("width", [360, 390])
async def test_each_kind_of_account_stands_in_one_line_on_a_phone(page: Page, width: int) -> None:
    await page.set_viewport_size({"width": width, "height": 640})
    await page.goto("/login")
    boxes = [await page.get_by_text(words, exact=True).bounding_box() for words in ("Existing account", "New account")]
    assert boxes[0]
    assert boxes[1]
    assert boxes[0]["y"] == boxes[1]["y"]
    assert boxes[0]["height"] < 48
