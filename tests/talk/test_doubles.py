"""The doubles that the pages' tests are made with have what the real ones have."""

from pathlib import Path

import pytest
from playwright.async_api import Browser, Route

from tests.talk.tab import Site, Tab

pytestmark = pytest.mark.anyio

DOUBLE = Path(__file__).parents[1] / "talk_pages" / "double" / "room.js"
KNOBS = {"older", "calls", "trouble", "longest", "delay", "hear", "set", "change"}
"""What tests turn; no page knows of it."""

INSIDE = {"constructor", "holders", "end"}

COMPARED = """async () => {
    globalThis.world = {rooms: {"a room": {}}};
    const membersOf = (one) => [...Object.keys(one), ...Object.getOwnPropertyNames(Object.getPrototypeOf(one))];
    const { Room } = await import("/static/talk/room.js");
    const double = (await import("/static/talk/double.js")).openRoom("a room");
    return [["id", ...Object.getOwnPropertyNames(Room.prototype)], membersOf(double)];
}"""


async def test_the_double_of_a_room_has_the_members_of_a_room_and_no_more(chromium: Browser, site: Site) -> None:
    async def serve(route: Route) -> None:
        await route.fulfill(body=DOUBLE.read_text(), content_type="text/javascript")

    page = await chromium.new_page(base_url=site.url)
    await page.route("**/static/**/talk/double.js", serve)
    await page.goto("/talk-harness")
    await Tab(page).until("window.ready")
    real, double = (set(members) - INSIDE for members in await page.evaluate(COMPARED))
    await page.close()
    assert double - KNOBS == real
