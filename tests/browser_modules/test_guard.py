"""The guard's three situations, and where `?next=` may lead."""

import asyncio

import pytest
from playwright.async_api import Page

from tests.browser_modules.wire_double import Held, WireDouble, ended, says

pytestmark = pytest.mark.anyio

GUARD = """window.guard = createGuard({
    session: begin(),
    isPublic: (path) => ["/", "/login"].includes(path.split("?")[0]),
    loginPath: (next) => `/login?next=${encodeURIComponent(next)}`,
}), null"""
TO_LOGIN = {"redirect": "/login?next=%2Fchat%2F7%3Fa%3Db"}


@pytest.fixture
async def guarded(tab: Page) -> Page:
    await tab.evaluate(GUARD)
    return tab


async def test_who_is_signed_in_goes_on_and_asks_nobody(guarded: Page, wire: WireDouble) -> None:
    await guarded.evaluate("session.signIn({email: 'ann', password: 'right'})")
    wire.calls.clear()
    for path in ("/chat/7", "/", "/login"):
        assert await guarded.evaluate("path => guard.enter(path)", path) == {"go": True}
    assert wire.calls == []


async def test_a_public_page_is_shown_at_once_while_a_silent_sign_in_goes_on_behind_it(
    guarded: Page, wire: WireDouble
) -> None:
    held = Held()
    wire.script("/auth/silent", held)
    assert await guarded.evaluate("guard.enter('/')") == {"go": True}
    assert await guarded.evaluate("session.state.status") == "unknown"
    await held.arrived.wait()
    held.release()
    assert (await guarded.evaluate("session.settled()"))["status"] == "signed_out"


async def test_a_protected_page_waits_until_it_is_known_who_comes(guarded: Page, wire: WireDouble) -> None:
    held = Held()
    wire.script("/auth/silent", held)
    entering = asyncio.ensure_future(guarded.evaluate("guard.enter('/chat/7?a=b')"))
    await held.arrived.wait()
    assert not entering.done()
    held.release()
    assert await entering == TO_LOGIN


async def test_a_protected_page_is_shown_to_who_turns_out_to_be_signed_in(tab: Page, wire: WireDouble) -> None:
    await tab.evaluate("begin(), session.signIn({email: 'ann', password: 'right', rememberMe: true})")
    await tab.evaluate("session.close(), sessionStorage.clear()")
    await tab.evaluate(GUARD)
    assert await tab.evaluate("guard.enter('/chat/7')") == {"go": True}
    assert wire.count("/auth/silent") == 1


async def test_who_was_signed_out_is_led_to_the_login(guarded: Page, wire: WireDouble) -> None:
    async def over(*_: object) -> object:
        return ended("idle")

    wire.script("/auth/silent", over)  # type: ignore[arg-type]
    assert await guarded.evaluate("guard.enter('/chat/7?a=b')") == TO_LOGIN


async def test_a_server_that_cannot_answer_leads_nobody_to_the_login(tab: Page, wire: WireDouble) -> None:
    await tab.evaluate(GUARD.replace("begin()", "begin({turned: true})"))
    wire.script("/auth/silent", says(503, "unavailable"))
    await tab.evaluate("void guard.enter('/chat/7').then((verdict) => window.verdict = verdict)")
    await tab.wait_for_function("clock.waits().includes(100)")
    await tab.evaluate("clock.pass(100)")
    await tab.wait_for_function("told.some(([event]) => event === 'try_later')")
    assert await tab.evaluate("settle().then(() => window.verdict ?? null)") is None
    await tab.evaluate("wakeups.dispatchEvent(new Event('online'))")
    await tab.wait_for_function("window.verdict?.redirect")


async def test_the_guard_looks_again_at_each_change_of_route(guarded: Page) -> None:
    await guarded.evaluate("session.signIn({email: 'ann', password: 'right'})")
    assert await guarded.evaluate("guard.enter('/chat/7')") == {"go": True}
    await guarded.evaluate("session.signOut()")
    assert await guarded.evaluate("guard.enter('/chat/7?a=b')") == TO_LOGIN


SAFE = ["/", "/chat", "/chat/7?a=b#c", "/a/b%20c", "/ä/ö", "/chat?to=//evil.example", "/a:b", "/%E2%82%AC", "/a b"]

UNSAFE = [
    None, "", "chat", "./chat", "?a=b", "#a", " /chat", "//evil.example", "///evil.example", "/\\evil.example",
    "\\\\evil.example", "/\\/evil.example", "https://evil.example", "http:/evil.example", "javascript:alert(1)",
    "JaVaScRiPt:alert(1)", "data:text/html,x", "/\t/evil.example", "/\n/evil.example", "\t//evil.example",
    "/chat\r\nSet-Cookie: a=b", "/\x00", "/chat\x7f", "/%2Fevil.example", "/%2f%2fevil.example", "/%5Cevil.example",
    "/%09/evil.example", "/.//evil.example", "/..//evil.example", "/%2e%2e//evil.example", "/a/..//evil.example",
    "/%0d%0aSet-Cookie:a=b", "/%ff", "/%", "/\u0085/evil.example", 7, ["/chat"], {"toString": "/chat"},
]  # fmt: skip


@pytest.mark.parametrize("path", SAFE)
async def test_a_path_of_our_own_is_a_safe_next(deciding: Page, path: str) -> None:
    assert await deciding.evaluate("path => safeNext(path)", path) == path


@pytest.mark.parametrize("path", UNSAFE, ids=repr)
async def test_nothing_else_is_a_safe_next(deciding: Page, path: object) -> None:
    assert await deciding.evaluate("path => safeNext(path)", path) is None


async def test_no_safe_next_leads_a_browser_elsewhere(deciding: Page) -> None:
    """Held against the browser's own reading, for every way to join what attacks are made of."""
    strays = await deciding.evaluate(
        """() => {
            const parts = ["/", "\\\\", ".", "..", "%2f", "%5c", "%2e", "\\t", "\\n", "@", ":", "evil.example", "?"];
            let all = [""];
            for (let n = 0; n < 4; n += 1) all = all.flatMap((text) => parts.map((part) => text + part));
            const read = (text) => new URL(text, location.href);
            const isOurs = (text) => [text, read(text).pathname].every((each) => read(each).origin === location.origin);
            return all.flatMap((text) => [text, `/${text}`]).filter((text) => safeNext(text) !== null && !isOurs(text));
        }"""
    )
    assert strays == []
