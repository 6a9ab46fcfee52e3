"""The pages as somebody visits them: where they are, and what people do first."""

from dataclasses import dataclass

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page

from tests.pages.fake import Fake

PASSWORD = "a door with a string"


@dataclass
class Site:
    fake: Fake
    url: str


async def sign_in(page: Page, email: str, password: str = PASSWORD) -> None:
    await page.get_by_label("E-mail").fill(email)
    await page.get_by_label("Password", exact=True).fill(password)
    await page.locator("main").get_by_role("button", name="Sign in").click()


async def serious_troubles(page: Page) -> list[str]:
    results = await Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]})
    return [f"{found['id']}: {found['nodes'][0]['html']}" for found in results.response["violations"]]
