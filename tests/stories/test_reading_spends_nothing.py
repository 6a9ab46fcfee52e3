"""Whatever a browser reads by itself, cookie and all: no GET of a page rotates, and none answers with a cookie."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.conftest import CHROMIUM_ARGS, LaunchChromium
from tests.stories.conftest import NewPage, OpenHouse
from tests.stories.ledger import COOKIE, jar
from tests.stories.middleman import Middleman
from tests.stories.people import Person, is_live, new_page, register
from tests.stories.servers import House
from tests.stories.waiting import until

pytestmark = pytest.mark.anyio

PAGES = ("/", "/about", "/login", "/account", "/chat", "/chat/00000000-0000-4000-8000-000000000000", "/nowhere")


async def until_asked(line: Middleman, purpose: str) -> None:
    await until(lambda: any(purpose in heard.headers.get("sec-purpose", "") for heard in line.heard))


async def test_a_get_of_any_page_with_the_cookie_spends_nothing(house: House, open_page: NewPage) -> None:
    ada = Person("Ada")
    page = await open_page(house)
    await register(page, ada)
    await is_live(page)
    [before] = house.ledger.sessions(ada.email)
    house.ledger.pass_time(before.id, 3600)
    [cookie] = await jar(page.context)
    for path in PAGES:
        for method in ("GET", "HEAD"):
            answer = await page.request.fetch(house.url + path, method=method, headers={"Cookie": f"{COOKIE}={cookie}"})
            assert answer.status == (404 if path == "/nowhere" else 200)
            assert "set-cookie" not in answer.headers
            assert ada.email not in await answer.text()
    assert house.ledger.sessions(ada.email) == [before]


async def test_a_prefetch_spends_nothing(build_house: OpenHouse, open_page: NewPage) -> None:
    house = await build_house(browser_leg=True)
    assert house.browser_leg is not None
    ada = Person("Ada")
    page = await open_page(house)
    await register(page, ada)
    await is_live(page)
    [before] = house.ledger.sessions(ada.email)
    house.ledger.pass_time(before.id, 3600)
    await page.evaluate("""
      document.head.append(Object.assign(document.createElement("link"), { rel: "prefetch", href: "/account" }))
    """)
    await until_asked(house.browser_leg, "prefetch")
    [prefetched] = [heard for heard in house.browser_leg.asked("/account") if "sec-purpose" in heard.headers]
    assert COOKIE in prefetched.headers["cookie"]
    assert [row.rotations for row in house.ledger.sessions(ada.email)] == [before.rotations]


# Same origin, so that the cookie travels; outside the pages' policy, which allows no inline rules.
SPECULATOR = b"""<!doctype html><title>speculates</title>
<script type="speculationrules">{"prerender": [{"urls": ["/account"], "eagerness": "immediate"}]}</script>
<script>
  (async () => {
    while ((await (await fetch("/rig/go")).text()) !== "go") await new Promise((go) => setTimeout(go, 20));
    location.href = "/account";
  })();
</script>"""


async def test_a_prerendered_page_spends_nothing_until_it_is_looked_at(
    build_house: OpenHouse, launch_chromium: LaunchChromium, chromium_path: str, tmp_path: Path
) -> None:
    house = await build_house(browser_leg=True)
    line = house.browser_leg
    assert line is not None
    ada = Person("Ada")
    profile = tmp_path / "profile"
    context = await launch_chromium(profile, base_url=house.url)
    await register(await new_page(context), ada)
    await context.close()
    [before] = house.ledger.sessions(ada.email)
    house.ledger.pass_time(before.id, 3600)
    line.heard.clear()
    line.pages = {"/rig": SPECULATOR, "/rig/go": b"wait"}
    with undriven(chromium_path, profile, f"{house.url}/rig"):
        # What the page runs it has from before, and asks for no more.
        await until(lambda: any("prerender" in each.headers.get("sec-purpose", "") for each in line.asked("/account")))
        prerendered = line.asked("/account")[0]
        assert COOKIE in prerendered.headers["cookie"]
        # Time enough to ask who is there, by the clock of the page that speculates.
        enough = len(line.asked("/rig/go")) + 100
        await until(lambda: len(line.asked("/rig/go")) >= enough)
        assert line.asked("/auth/refresh", "/auth/silent") == []
        assert [row.rotations for row in house.ledger.sessions(ada.email)] == [before.rotations]

        line.pages["/rig/go"] = b"go"
        await until(lambda: house.ledger.sessions(ada.email)[0].rotations > before.rotations)
        assert len(line.asked("/account")) == 1, "the page that was prerendered is the one that is looked at"


@contextmanager
def undriven(chromium_path: str, profile: Path, url: str) -> Iterator[None]:
    """A browser that nobody holds by its strings: with DevTools attached to it, a page is not prerendered."""
    browser = subprocess.Popen(
        [chromium_path, "--headless", "--no-sandbox", *CHROMIUM_ARGS, f"--user-data-dir={profile}", url],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        browser.terminate()
        browser.wait()
