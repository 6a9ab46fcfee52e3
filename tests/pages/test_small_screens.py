"""On a small phone, at every size of letters: nothing lies over anything else, and nothing has to be scrolled sideways
for."""

from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from tests.pages.site import PASSWORD, Site, sign_in

pytestmark = pytest.mark.anyio

TOKEN = "canary-of-a-mailed-token-with-43-characters"

# What is seen of a page: each text where its letters are, each thing one presses or types into. Two of them that share
# more than a pixel, one that reaches out of the window, and a text that runs out of the button it is on, are troubles.
TROUBLES = """
() => {
  const width = document.documentElement.clientWidth;
  const seen = [];
  const isSeen = (element) => {
    if (!element.checkVisibility({ visibilityProperty: true, opacityProperty: true })) return false;
    // What is there for screen readers alone is clipped to a point; a toast lies over the page on purpose.
    if (element.closest("toast-list, dialog, .skip-link")) return false;
    for (let at = element; at; at = at.parentElement) {
      const { width, height } = at.getBoundingClientRect();
      if (getComputedStyle(at).overflow === "hidden" && width <= 1 && height <= 1) return false;
    }
    return true;
  };
  const name = (element) => `<${element.localName}> ${element.textContent.trim().slice(0, 30)}`;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode;
    if (!text.data.trim() || !isSeen(text.parentElement)) continue;
    const range = document.createRange();
    range.selectNodeContents(text);
    for (const box of range.getClientRects()) seen.push({ element: text.parentElement, box, text: true });
  }
  for (const element of document.querySelectorAll("input, button, svg, .button, .icon-button")) {
    if (isSeen(element)) seen.push({ element, box: element.getBoundingClientRect(), text: false });
  }
  const troubles = [];
  if (document.documentElement.scrollWidth > width) troubles.push("the page scrolls sideways");
  for (const { element, box, text } of seen) {
    if (box.left < -1 || box.right > width + 1) troubles.push(`${name(element)} reaches out of the window`);
    const button = text ? element.closest("button, .button") : null;
    const around = button?.getBoundingClientRect();
    if (around && (box.left < around.left - 1 || box.right > around.right + 1))
      troubles.push(`${name(element)} runs out of its button`);
  }
  for (const [at, one] of seen.entries()) {
    for (const other of seen.slice(at + 1)) {
      if (one.element.contains(other.element) || other.element.contains(one.element)) continue;
      // The button that shows a password stands in the room that its field keeps free.
      const field = one.element.closest("secret-field");
      if (field && field === other.element.closest("secret-field")) continue;
      const wide = Math.min(one.box.right, other.box.right) - Math.max(one.box.left, other.box.left);
      const high = Math.min(one.box.bottom, other.box.bottom) - Math.max(one.box.top, other.box.top);
      if (wide > 1 && high > 1) troubles.push(`${name(one.element)} and ${name(other.element)} overlap`);
    }
  }
  return [...new Set(troubles)];
}
"""

WEAR = """
(rule) => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(rule);
  document.adoptedStyleSheets = [sheet];
}
"""


async def has_room(page: Page, what: str) -> None:
    troubles: list[Any] = await page.evaluate(TROUBLES)
    assert troubles == [], what


@pytest.mark.parametrize("magnification", [0.7, 1.0, 1.4])
async def test_every_page_has_room_on_a_small_phone(chromium: Browser, site: Site, magnification: float) -> None:
    name = "Ada, Countess of Lovelace, of a family that likes long names"
    ada = site.fake.add_person("ada.countess@analytical.example.org", PASSWORD, name, magnification=magnification)
    site.fake.sign_in(ada, "Samsung Internet on Android, on a phone with a long name")
    site.fake.mailed_tokens[TOKEN] = ada
    context = await chromium.new_context(
        base_url=site.url,
        viewport={"width": 360, "height": 740},
        is_mobile=True,
        has_touch=True,
        reduced_motion="reduce",
    )
    page = await context.new_page()
    await page.add_init_script(f"localStorage.setItem('latchstring.magnification', '{magnification}')")
    for path in ("/", "/about", "/login", "/login#register", "/login?next=/account", "/forgot", "/reset", "/confirm"):
        await page.goto(path)
        await expect(page.locator("html")).to_have_attribute("data-session", "signed_out")
        await has_room(page, path)
    await page.goto(f"/reset#token={TOKEN}")
    await expect(page.locator("main")).to_contain_text("For ada.countess@")
    await has_room(page, "/reset, with a link")
    await page.goto("/nowhere")
    await has_room(page, "/nowhere")

    await page.goto("/login?next=/account")
    await sign_in(page, ada.email)
    await expect(page.locator(".device")).to_have_count(2)
    await expect(page.locator("connection-mark")).to_have_text("Live")
    await has_room(page, "/account")
    for link in ("Chat", "About"):
        await page.get_by_role("navigation").get_by_role("link", name=link).click()
        await expect(page.locator("h1")).to_be_focused()
        await has_room(page, link)
    await context.set_offline(True)
    await expect(page.locator("service-notice")).to_contain_text("You are offline.")
    await has_room(page, "offline")
    await context.set_offline(False)
    await expect(page.locator("connection-mark")).to_have_text("Live")
    await page.get_by_role("navigation").get_by_role("link", name="Account").click()
    for signed in site.fake.signed.values():
        await site.fake.end(signed, "replayed")
    await expect(page.locator("ended-notice")).not_to_be_empty()
    await has_room(page, "/login, after being signed out")
    await context.close()


@pytest.mark.parametrize(
    ("rule", "trouble"),
    [
        (".site-corner { translate: -8rem }", "overlap"),
        (".site-nav { width: 30rem }", "the page scrolls sideways"),
        (".button { width: 2rem; white-space: nowrap }", "runs out of its button"),
    ],
)
async def test_the_check_sees_what_is_wrong(page: Page, rule: str, trouble: str) -> None:
    await page.set_viewport_size({"width": 360, "height": 740})
    await page.goto("/")
    await expect(page.locator("html")).to_have_attribute("data-session", "signed_out")
    await page.evaluate(WEAR, rule)
    assert trouble in " ".join(await page.evaluate(TROUBLES))
