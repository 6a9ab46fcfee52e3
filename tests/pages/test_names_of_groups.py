"""A group without a name of its own is called by its people: by the same at every load."""

import pytest
from playwright.async_api import Page, expect

pytestmark = pytest.mark.anyio

NAMED = """
(ids) => Promise.all([import("/static/talk/summary.js"), import("/static/talk/acquaintances.js")]).then(
  ([{ Summary }, { acquaintances }]) => {
    const person = (id, display_name) => ({ id, display_name, email: `${id}@example.org` });
    acquaintances.learn([person("1", "Carol"), person("2", "Bob"), person("3", "Änne"), person("4", "Bob")]);
    const summary = new Summary("group");
    summary.take({ private: false, alias: null, user_ids: ids });
    return [summary.title, summary.people.map(({ id }) => id).join("")];
  })
"""


@pytest.mark.parametrize("ids", [["1", "2", "3", "4"], ["4", "3", "2", "1"], ["3", "1", "4", "2"]])
async def test_the_order_in_which_a_server_tells_people_changes_no_name(page: Page, ids: list[str]) -> None:
    await page.goto("/login")
    await expect(page.locator("html")).to_have_attribute("data-session", "signed_out")
    assert await page.evaluate(NAMED, ids) == ["Änne, Bob, and 2 others", "3241"]
