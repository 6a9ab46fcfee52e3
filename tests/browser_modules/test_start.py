"""Start-up: who is signed in when a page is loaded, and what is said to who is not."""

import pytest
from playwright.async_api import BrowserContext, Page

from tests.browser_modules.conftest import OpenTab, go, jar
from tests.browser_modules.wire_double import Held, WireDouble, says

pytestmark = pytest.mark.anyio

STATE = "[session.state.status, session.state.user?.id ?? null, session.state.endedReason]"


async def sign_in(tab: Page, *, remembered: bool) -> None:
    await tab.evaluate(
        "rememberMe => { begin(); return session.signIn({email: 'ann', password: 'right', rememberMe}) }", remembered
    )


def paths(wire: WireDouble) -> list[str]:
    return [seen.path for seen in wire.calls]


async def test_a_first_visit_asks_silently_and_is_a_guest(tab: Page, wire: WireDouble) -> None:
    assert await tab.evaluate("begin().start()") == {"outcome": "guest"}
    assert await tab.evaluate(STATE) == ["signed_out", None, None]
    assert await tab.evaluate("told.map(([event]) => event)") == ["change"]
    assert paths(wire) == ["/auth/silent"]


async def test_a_remembered_user_comes_back_silently(tab: Page, open_tab: OpenTab, wire: WireDouble) -> None:
    await sign_in(tab, remembered=True)
    await tab.close()
    wire.calls.clear()
    back = await open_tab()
    assert await back.evaluate("begin().start()") == {"outcome": "refreshed"}
    assert await back.evaluate(STATE) == ["signed_in", "ann", None]
    assert await back.evaluate("session.state.remembered") is True
    assert paths(wire) == ["/auth/silent"]


@pytest.mark.parametrize("remembered", [True, False])
async def test_a_reload_of_a_signed_in_tab_refreshes_and_asks_who_it_is(
    tab: Page, wire: WireDouble, remembered: bool
) -> None:
    await sign_in(tab, remembered=remembered)
    await go(tab)
    wire.calls.clear()
    assert await tab.evaluate("begin().start()") == {"outcome": "refreshed"}
    assert await tab.evaluate(STATE) == ["signed_in", "ann", None]
    assert await tab.evaluate("session.state.remembered") is remembered
    assert paths(wire) == ["/auth/refresh", "/api/me"]


async def test_who_was_not_remembered_is_a_guest_after_the_last_tab(
    tab: Page, open_tab: OpenTab, wire: WireDouble
) -> None:
    await sign_in(tab, remembered=False)
    await tab.close()
    back = await open_tab()
    assert await back.evaluate("begin().start()") == {"outcome": "guest"}
    assert wire.count("/auth/refresh") == 0


async def test_starting_twice_starts_once(tab: Page, wire: WireDouble) -> None:
    await tab.evaluate("begin(), Promise.all([session.start(), session.start(), session.token().catch(() => null)])")
    assert paths(wire) == ["/auth/silent"]


async def test_who_comes_without_the_cookie_is_not_told_to_be_signed_out(
    tab: Page, context: BrowserContext, wire: WireDouble
) -> None:
    await sign_in(tab, remembered=True)
    await context.clear_cookies()
    await go(tab)
    assert await tab.evaluate("begin().start()") == {"outcome": "guest"}
    assert await tab.evaluate(STATE) == ["signed_out", None, None]
    assert await tab.evaluate("told.some(([event]) => event === 'ended')") is False


@pytest.mark.parametrize("reload", [True, False], ids=["on a reload", "in a new tab"])
async def test_who_comes_back_to_an_ended_session_is_told_why(
    tab: Page, open_tab: OpenTab, context: BrowserContext, wire: WireDouble, reload: bool
) -> None:
    await sign_in(tab, remembered=True)
    wire.end("password_changed")
    if reload:
        await go(tab)
    else:
        await tab.close()
        tab = await open_tab()
    assert await tab.evaluate("begin().start()") == {"outcome": "ended", "reason": "password_changed"}
    assert await tab.evaluate(STATE) == ["signed_out", None, "password_changed"]
    assert await jar(context) is None


async def test_a_cookie_that_vanished_while_signed_in_ends_it_for_an_unknown_reason(
    tab: Page, context: BrowserContext
) -> None:
    await sign_in(tab, remembered=True)
    await context.clear_cookies()
    assert await tab.evaluate("session.refresh()") == {"outcome": "ended", "reason": "unknown"}


@pytest.mark.parametrize("path", ["/auth/refresh", "/api/me"])
async def test_a_server_in_trouble_leaves_it_unknown_until_it_answers(tab: Page, wire: WireDouble, path: str) -> None:
    await sign_in(tab, remembered=True)
    await go(tab)
    wire.script(path, says(503, "unavailable"))
    assert (await tab.evaluate("begin({turned: true}), session.start()"))["outcome"] == "try_later"
    assert await tab.evaluate(STATE) == ["unknown", None, None]
    await tab.evaluate("wakeups.dispatchEvent(new Event('online'))")
    assert (await tab.evaluate("session.settled()"))["status"] == "signed_in"
    assert wire.count("/auth/refresh") == (2 if path == "/auth/refresh" else 1)


async def test_a_superseded_first_token_is_renewed_before_anybody_sees_it(tab: Page, wire: WireDouble) -> None:
    await sign_in(tab, remembered=True)
    await go(tab)
    wire.script("/api/me", says(401, "superseded"))
    assert await tab.evaluate("begin().start()") == {"outcome": "refreshed"}
    assert wire.count("/auth/refresh") == 2


async def test_whoever_signs_in_elsewhere_while_it_is_asked_who_it_is_is_found(
    tab: Page, wire: WireDouble, context: BrowserContext
) -> None:
    await sign_in(tab, remembered=True)
    await go(tab)
    held = Held(first=False)
    wire.script("/api/me", held)
    await tab.evaluate("window.started = begin({turned: true, alone: true}).start(), null")
    await held.arrived.wait()
    await context.request.post("/auth/login", data={"email": "bob", "password": "right", "rememberMe": True})
    held.release()
    assert await tab.evaluate("started") == {"outcome": "refreshed"}
    assert await tab.evaluate(STATE) == ["signed_in", "bob", None]


async def test_a_call_that_finds_another_session_s_token_leaves_nobody_unknown(
    tab: Page, wire: WireDouble, context: BrowserContext
) -> None:
    await tab.evaluate("begin({turned: true, alone: true}), session.signIn({email: 'ann', password: 'right'})")
    await context.request.post("/auth/login", data={"email": "bob", "password": "right", "rememberMe": True})
    await tab.evaluate("session.call('GET', '/api/thing').catch(() => null)")
    assert (await tab.evaluate("session.settled()"))["user"]["id"] == "bob"


async def test_who_it_is_is_asked_again_later_where_every_token_is_refused(tab: Page, wire: WireDouble) -> None:
    await sign_in(tab, remembered=True)
    await go(tab)
    wire.script("/api/me", *[says(401, "invalid_token")] * 4)
    assert (await tab.evaluate("begin({turned: true, alone: true}).start()"))["outcome"] == "try_later"
    await tab.evaluate("clock.pass(1_000)")
    assert (await tab.evaluate("session.settled()"))["status"] == "signed_in"


async def test_a_guest_who_signs_out_while_it_is_asked_who_they_are_stays_signed_out(
    tab: Page, open_tab: OpenTab, wire: WireDouble
) -> None:
    """A sibling brought a token along, late, and signs out before anybody knows whose it is."""
    await sign_in(tab, remembered=False)
    second = await open_tab()
    held = Held()
    wire.script("/api/me", held)
    await second.evaluate(
        """async () => {
            const question = new Promise((resolve) => (window.ask = resolve));
            const late = {ask: () => question, inTurn: (work) => work({waited: false})};
            begin({tabs: {...createTabs(), ...late}, turned: true});
            session.start();
            await settle();
            await clock.pass(100);
        }"""
    )
    await second.wait_for_function("session.state.status === 'signed_out'")
    await second.evaluate("ask({remembered: true})")
    await held.arrived.wait()
    await tab.evaluate("session.signOut()")
    held.release()
    await held.left.wait()
    await second.evaluate("session.refresh()")
    assert await second.evaluate(STATE) == ["signed_out", None, None]


async def test_a_sign_in_during_start_up_has_the_last_word(tab: Page, wire: WireDouble) -> None:
    held = Held()
    wire.script("/auth/silent", held)
    await tab.evaluate("window.started = begin().start(), null")
    await held.arrived.wait()
    await sign_in_here(tab)
    held.release()
    assert await tab.evaluate("started") == {"outcome": "refreshed"}
    assert await tab.evaluate(STATE) == ["signed_in", "ann", None]


async def sign_in_here(tab: Page) -> None:
    await tab.evaluate("session.signIn({email: 'ann', password: 'right'})")


async def test_asking_silently_denies_nobody_who_is_signed_in_and_not_remembered(tab: Page) -> None:
    await sign_in(tab, remembered=False)
    assert await tab.evaluate("session.silent()") == {"outcome": "refreshed"}
    assert await tab.evaluate(STATE) == ["signed_in", "ann", None]


# Beside other tabs


@pytest.mark.parametrize("remembered", [True, False])
async def test_a_new_tab_beside_a_signed_in_one_refreshes(
    tab: Page, open_tab: OpenTab, wire: WireDouble, remembered: bool
) -> None:
    await sign_in(tab, remembered=remembered)
    second = await open_tab()
    wire.calls.clear()
    assert await second.evaluate("begin().start()") == {"outcome": "refreshed"}
    assert await second.evaluate(STATE) == ["signed_in", "ann", None]
    assert await second.evaluate("session.state.remembered") is remembered
    assert paths(wire) == ["/auth/refresh", "/api/me"]


async def test_a_sibling_that_answers_late_still_brings_the_new_tab_along(
    tab: Page, open_tab: OpenTab, wire: WireDouble
) -> None:
    await sign_in(tab, remembered=False)
    await tab.evaluate(
        """() => {
            tabs.answer(() => null);
            const channel = new BroadcastChannel("latchstring");
            channel.onmessage = ({data}) => {
                if (data.type !== "ask") return;
                const detail = {question: data.detail.question, answer: {remembered: false}};
                window.answerNow = () => channel.postMessage({type: "answer", from: "slow", detail});
            };
        }"""
    )
    second = await open_tab()
    assert await second.evaluate("begin().start()") == {"outcome": "guest"}
    await tab.evaluate("answerNow()")
    await second.wait_for_function("session.state.status === 'signed_in'")
