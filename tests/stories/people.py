"""What people do in a browser, in the words of the pages; and what a page tells of itself."""

from dataclasses import dataclass, field
from itertools import count
from typing import Any

import httpx2
from playwright.async_api import BrowserContext, Page, WebSocket, expect

_number = count(1)

# Runs before the pages' own scripts: how their sockets were closed, and every state and word that was ever shown.
WITNESS = """
globalThis.witness = { closes: [], states: [], words: [] };
const Native = globalThis.WebSocket;
globalThis.WebSocket = class WebSocket extends Native {
  constructor(...given) {
    super(...given);
    this.addEventListener("close", ({ code, reason }) => witness.closes.push([code, reason]));
  }
};
addEventListener("DOMContentLoaded", () => {
  const look = () => {
    const state = document.documentElement.dataset.session;
    if (witness.states.at(-1) !== state) witness.states.push(state);
    const spoken = [...document.querySelectorAll("toast-list, ended-notice")];
    const said = spoken.map((each) => each.innerText.trim()).filter(Boolean).join(" ");
    if (said && witness.words.at(-1) !== said) witness.words.push(said);
  };
  new MutationObserver(look).observe(document, { subtree: true, childList: true, attributes: true });
  look();
});
"""


@dataclass
class Person:
    name: str
    email: str = ""
    password: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        number = next(_number)
        self.email = self.email or f"{self.name.lower()}{number}@example.org"
        self.password = self.password or f"the string of door {number} is out"

    @property
    def credentials(self) -> dict[str, str]:
        return {"email": self.email, "password": self.password}


async def new_page(context: BrowserContext) -> Page:
    page = await context.new_page()
    await page.add_init_script(WITNESS)
    return page


async def register(page: Page, person: Person, *, remember: bool = True) -> None:
    await page.goto("/login#register")
    await page.get_by_label("Display name").fill(person.name)
    await _send_form(page, person, remember, "Create an account")


async def log_in(page: Page, person: Person, *, remember: bool = True, at: str = "/login") -> None:
    await page.goto(at)
    await _send_form(page, person, remember, "Sign in")


async def _send_form(page: Page, person: Person, remember: bool, button: str) -> None:
    await page.get_by_label("E-mail").fill(person.email)
    await page.get_by_label("Password", exact=True).fill(person.password)
    await page.get_by_label("Remember me").set_checked(remember)
    await page.locator("main").get_by_role("button", name=button).click()
    await is_signed_in(page)


async def is_signed_in(page: Page) -> None:
    await expect(page.locator("html")).to_have_attribute("data-session", "signed_in")


async def is_live(page: Page, *, within: float | None = None) -> None:
    """Signed in, and the socket is open and has joined."""
    await is_signed_in(page)
    await expect(page.locator("connection-mark")).to_have_text("Live", timeout=within and 1000 * within)


async def is_signed_out(page: Page) -> None:
    await expect(page.locator("html")).to_have_attribute("data-session", "signed_out")


async def witnessed(page: Page, what: str) -> list[Any]:
    """`closes` of sockets ([code, reason]), `states` of the session, `words` of toasts and of why one was signed out,
    since the page was loaded."""
    found: list[Any] = await page.evaluate(f"witness.{what}")
    return found


async def refresh(page: Page) -> str:
    """Has the page's own session refresh, whether that is due or not; the outcome."""
    outcome: str = await page.evaluate(
        "import('/static/latch.js').then(({ session }) => session.refresh()).then(({ outcome }) => outcome)"
    )
    return outcome


def count_refreshes(context: BrowserContext) -> list[str]:
    """A list that grows with each refresh that the browser asks for."""
    asked: list[str] = []
    context.on(
        "request",
        lambda request: asked.append(request.url) if request.url.endswith(("/auth/refresh", "/auth/silent")) else None,
    )
    return asked


def sockets_of(page: Page) -> list[WebSocket]:
    opened: list[WebSocket] = []
    page.on("websocket", opened.append)
    return opened


async def register_by_wire(api: httpx2.AsyncClient, person: Person, **more: Any) -> dict[str, Any]:
    """Without a browser; the sign-in payload of the API tier."""
    answer = await api.post("/auth/register", json={**person.credentials, "display_name": person.name, **more})
    assert answer.status_code == 201, answer.text
    payload: dict[str, Any] = answer.json()
    return payload
