"""Several tabs, one cookie: one refresh for all, one sign-out for all, and nobody signed out by a race."""

import asyncio

import pytest
from playwright.async_api import BrowserContext, Page

from tests.browser_modules.conftest import OpenTab, go, jar
from tests.browser_modules.wire_double import Held, WireDouble, says

pytestmark = pytest.mark.anyio

SIGN_IN = "session.signIn({email: 'ann', password: 'right', rememberMe: true})"
FOUR_WAIT = "navigator.locks.query().then(({pending}) => pending.length === 4)"
STATUS = "session.state.status"


async def ann_s_tabs(open_tab: OpenTab, number: int, **options: object) -> list[Page]:
    """Tabs of one browser in which Ann is signed in."""
    tabs = [await open_tab() for _ in range(number)]
    for tab in tabs:
        await tab.evaluate("options => void begin(options)", options)
    await tabs[0].evaluate(SIGN_IN)
    for tab in tabs:
        await tab.wait_for_function(f"{STATUS} === 'signed_in'")
        await tab.evaluate("void (told.length = 0)")
    return tabs


async def test_signing_in_in_one_tab_brings_the_others_along(open_tab: OpenTab, wire: WireDouble) -> None:
    first, second = await ann_s_tabs(open_tab, 2)
    assert await second.evaluate("session.state") == await first.evaluate("session.state")
    assert await second.evaluate("session.token()") == await first.evaluate("session.token()")
    assert [seen.path for seen in wire.calls] == ["/auth/login"]
    await go(second)
    assert await second.evaluate("begin().start()") == {"outcome": "refreshed"}


async def test_signing_in_as_somebody_else_brings_them_along_too(open_tab: OpenTab) -> None:
    first, second = await ann_s_tabs(open_tab, 2)
    await first.evaluate("session.signIn({email: 'bob', password: 'right'})")
    await second.wait_for_function("session.state.user?.id === 'bob'")
    assert await second.evaluate("told.filter(([event]) => event === 'change').map(([, {status}]) => status)") == [
        "signed_out",
        "signed_in",
    ]


@pytest.mark.parametrize("way", ["signOut", "signOutEverywhere"])
async def test_signing_out_in_one_tab_signs_out_all_of_them(
    open_tab: OpenTab, context: BrowserContext, way: str
) -> None:
    tabs = await ann_s_tabs(open_tab, 3)
    await tabs[0].evaluate("way => session[way]()", way)
    for tab in tabs:
        await tab.wait_for_function(f"{STATUS} === 'signed_out'")
        assert await tab.evaluate("told.at(-1)") == ["ended", {"reason": "signed_out"}]
        assert await tab.evaluate("sessionStorage.length") == 0
    assert await jar(context) is None


async def test_five_tabs_that_refresh_at_once_make_one_refresh(open_tab: OpenTab, wire: WireDouble) -> None:
    tabs = await ann_s_tabs(open_tab, 5)
    held = Held()
    wire.script("/auth/refresh", held)
    for tab in tabs:
        await tab.evaluate("window.outcome = session.refresh(), null")
    await held.arrived.wait()
    await tabs[0].wait_for_function(FOUR_WAIT)
    held.release()
    assert [await tab.evaluate("outcome") for tab in tabs] == [{"outcome": "refreshed"}] * 5
    assert len({await tab.evaluate("session.token()") for tab in tabs}) == 1
    assert wire.count("/auth/refresh") == 1


async def test_five_tabs_that_are_reloaded_at_once_stay_signed_in_by_one_refresh(
    open_tab: OpenTab, wire: WireDouble
) -> None:
    tabs = await ann_s_tabs(open_tab, 5)
    await asyncio.gather(*(go(tab) for tab in tabs))
    held = Held()
    wire.script("/auth/refresh", held)
    for tab in tabs:
        await tab.evaluate("window.outcome = begin().start(), null")
    await held.arrived.wait()
    await tabs[0].wait_for_function(FOUR_WAIT)
    held.release()
    assert [await tab.evaluate("outcome") for tab in tabs] == [{"outcome": "refreshed"}] * 5
    assert [await tab.evaluate(STATUS) for tab in tabs] == ["signed_in"] * 5
    assert wire.count("/auth/refresh") == 1


async def test_a_tab_that_renews_spares_its_siblings_their_own_renewal(open_tab: OpenTab, wire: WireDouble) -> None:
    first, second = await ann_s_tabs(open_tab, 2, turned=True)
    await second.evaluate("clock.pass(26.4 * 60_000)")
    await first.evaluate("clock.pass(26.5 * 60_000)")
    await second.wait_for_function("told.some(([event]) => event === 'renewed')")
    await second.evaluate("clock.pass(26.4 * 60_000)")
    assert wire.count("/auth/refresh") == 1


async def test_a_tab_and_a_reload_that_refresh_at_once_both_stay_signed_in(open_tab: OpenTab, wire: WireDouble) -> None:
    first, second = await ann_s_tabs(open_tab, 2)
    held = Held()
    wire.script("/auth/refresh", held)
    await first.evaluate("void session.refresh()")
    await held.arrived.wait()
    # The reload takes its answer along: the server has rotated, the cookie never came.
    await go(first)
    await second.evaluate("window.outcome = session.refresh(), null")
    assert await first.evaluate("begin().start()") == {"outcome": "refreshed"}
    assert await second.evaluate("outcome") == {"outcome": "refreshed"}
    held.release()


@pytest.mark.parametrize("missing", ["BroadcastChannel", "locks"])
async def test_tabs_without_the_means_to_talk_all_stay_signed_in(
    open_tab: OpenTab, wire: WireDouble, missing: str
) -> None:
    tabs = [await open_tab() for _ in range(2)]
    for tab in tabs:
        await tab.evaluate("missing => void begin({tabs: createTabs({[missing]: null})})", missing)
    await tabs[0].evaluate(SIGN_IN)
    await tabs[1].evaluate("session.start()")
    outcomes = await asyncio.gather(*(tab.evaluate("session.refresh()") for tab in tabs))
    assert outcomes == [{"outcome": "refreshed"}] * 2
    assert [await tab.evaluate(STATUS) for tab in tabs] == ["signed_in"] * 2


async def test_a_turn_that_never_comes_is_waited_for_three_seconds(open_tab: OpenTab, wire: WireDouble) -> None:
    """A frozen tab may hold the lock for ever."""
    first, second = await ann_s_tabs(open_tab, 2, turned=True)
    await second.evaluate("tabs.answer(() => null)")
    await second.evaluate("void navigator.locks.request('latchstring', () => new Promise(() => {}))")
    await second.wait_for_function("navigator.locks.query().then(({held}) => held.length === 1)")
    await first.evaluate("window.outcome = session.refresh(), null")
    await first.wait_for_function("clock.waits().includes(3000)")
    await first.evaluate("clock.pass(2_999)")
    assert wire.count("/auth/refresh") == 0
    await first.evaluate("clock.pass(1)")
    await first.wait_for_function("clock.waits().includes(500)")
    await first.evaluate("clock.pass(500)")
    assert await first.evaluate("outcome") == {"outcome": "refreshed"}


# Overtaken by a sibling


async def test_a_sign_out_overtakes_a_sibling_s_refresh_and_its_late_cookie(
    open_tab: OpenTab, wire: WireDouble, context: BrowserContext
) -> None:
    first, second = await ann_s_tabs(open_tab, 2)
    held = Held()
    wire.script("/auth/refresh", held)
    await second.evaluate("window.outcome = session.refresh(), null")
    await held.arrived.wait()
    await first.evaluate("session.signOut()")
    held.release()
    await held.left.wait()
    assert await second.evaluate("outcome") == {"outcome": "ended", "reason": "signed_out"}
    assert await jar(context) is None


async def test_a_sign_in_overtakes_a_sibling_s_refresh_and_its_late_cookie(
    open_tab: OpenTab, wire: WireDouble, context: BrowserContext
) -> None:
    first, second = await ann_s_tabs(open_tab, 2)
    held = Held()
    wire.script("/auth/refresh", held)
    await second.evaluate("window.outcome = session.refresh(), null")
    await held.arrived.wait()
    await first.evaluate("session.signIn({email: 'bob', password: 'right'})")
    held.release()
    await held.left.wait()
    assert await second.evaluate("outcome") == {"outcome": "refreshed"}
    assert await second.evaluate("session.state.user.id") == "bob"
    bob = next(session.id for session in wire.sessions.values() if session.user == "bob")
    assert await jar(context) == f"{bob}.1"


async def test_no_refresh_begins_while_a_sibling_signs_in(open_tab: OpenTab, wire: WireDouble) -> None:
    first, second = await ann_s_tabs(open_tab, 2)
    held = Held()
    wire.script("/auth/login", held)
    await first.evaluate("void session.signIn({email: 'bob', password: 'right'})")
    await held.arrived.wait()
    await second.evaluate("window.outcome = session.refresh(), null")
    assert await second.evaluate("settle().then(settle).then(() => session.state.user.id)") == "ann"
    assert wire.count("/auth/refresh") == 0
    held.release()
    assert await second.evaluate("outcome") == {"outcome": "refreshed"}
    assert await second.evaluate("session.state.user.id") == "bob"
    assert wire.count("/auth/refresh") == 0


async def test_no_refresh_begins_before_the_last_of_a_sibling_s_two_sign_ins_is_over(
    open_tab: OpenTab, wire: WireDouble
) -> None:
    first, second = [await open_tab() for _ in range(2)]
    for tab in (first, second):
        await tab.evaluate("void begin({tabs: createTabs({locks: null})})")
    await first.evaluate(SIGN_IN)
    await second.wait_for_function(f"{STATUS} === 'signed_in'")
    refused, accepted = Held(first=False), Held(first=False)
    wire.script("/auth/login", refused, accepted)
    await first.evaluate("window.refused = session.signIn({email: 'bob', password: 'wrong'}).catch(() => null), null")
    await refused.arrived.wait()
    await first.evaluate("void session.signIn({email: 'bob', password: 'right'})")
    await accepted.arrived.wait()
    # Messages keep their order: with this one, all that was told before it has been heard.
    await second.evaluate("new BroadcastChannel('latchstring').onmessage = ({data}) => (window.last = data.type), null")
    refused.release()
    await first.evaluate("refused.then(() => new BroadcastChannel('latchstring').postMessage({type: 'that is all'}))")
    await second.wait_for_function("window.last === 'that is all'")
    await second.evaluate("window.outcome = session.refresh(), null")
    await second.evaluate("fetch('/api/thing').then(settle)")
    assert wire.count("/auth/refresh") == 0
    accepted.release()
    assert await second.evaluate("outcome") == {"outcome": "refreshed"}
    assert await second.evaluate("session.state.user.id") == "bob"


async def test_a_listener_that_throws_keeps_no_other_from_hearing_a_sibling(
    context: BrowserContext, open_tab: OpenTab
) -> None:
    first = await open_tab()
    second = await context.new_page()
    thrown: list[str] = []
    second.on("pageerror", lambda error: thrown.append(str(error)))
    await go(second)
    await first.evaluate("void (window.tabs = createTabs())")
    await second.evaluate(
        """() => {
            window.tabs = createTabs();
            tabs.on("news", () => { throw new Error("mine"); });
            window.heard = new Promise((resolve) => tabs.on("news", (detail, from) => resolve([detail, typeof from])));
        }"""
    )
    await first.evaluate("tabs.tell('news', {n: 1})")
    assert await second.evaluate("heard") == [{"n": 1}, "string"]
    assert thrown == ["mine"]


async def test_tabs_that_are_closed_tell_nobody_and_ask_in_vain(tab: Page) -> None:
    await tab.evaluate("window.shut = createTabs(), shut.close(), shut.close(), shut.tell('news')")
    assert await tab.evaluate("shut.ask(60_000)") is None


async def test_a_refresh_that_waited_for_a_sibling_s_failed_sign_in_goes_on(
    open_tab: OpenTab, wire: WireDouble
) -> None:
    first, second = await ann_s_tabs(open_tab, 2)
    held = Held()
    wire.script("/auth/refresh", held)
    await second.evaluate("window.outcome = session.refresh(), null")
    await held.arrived.wait()
    await first.evaluate("session.signIn({email: 'bob', password: 'wrong'}).catch(() => {})")
    held.release()
    assert await second.evaluate("outcome") == {"outcome": "refreshed"}
    assert await second.evaluate("session.state.user.id") == "ann"


async def test_a_tab_that_dies_while_it_signs_in_holds_its_siblings_up_for_a_while_only(
    open_tab: OpenTab, wire: WireDouble
) -> None:
    first, second = await ann_s_tabs(open_tab, 2, turned=True)
    held = Held(first=False)
    wire.script("/auth/login", held)
    await first.evaluate("void session.signIn({email: 'bob', password: 'right'})")
    await held.arrived.wait()
    await first.close()
    await second.evaluate("void session.refresh().then((outcome) => window.outcome = outcome)")
    await second.evaluate("clock.pass(40_000)")
    # Its lock may still be on its way to us; nobody answers then.
    await second.wait_for_function("window.outcome || (clock.waits().includes(500) && void clock.pass(500))")
    assert await second.evaluate("outcome") == {"outcome": "refreshed"}
    held.release()


# What is believed


async def test_the_end_of_a_session_is_news_for_the_tabs_that_share_it(open_tab: OpenTab, wire: WireDouble) -> None:
    tabs = await ann_s_tabs(open_tab, 3)
    wire.end("signed_out_elsewhere")
    await tabs[1].evaluate("session.refresh()")
    for tab in tabs:
        await tab.wait_for_function("session.state.endedReason === 'signed_out_elsewhere'")
    assert wire.count("/auth/refresh") == 1


async def test_the_end_of_another_session_is_not(open_tab: OpenTab) -> None:
    first, second = await ann_s_tabs(open_tab, 2)
    await first.evaluate("tabs.tell('ended', {reason: 'replayed', session: 'another'})")
    assert await second.evaluate(f"tabs.ask(2000).then(() => {STATUS})") == "signed_in"


async def test_a_token_of_another_session_is_not_taken_over(open_tab: OpenTab) -> None:
    first, second = await ann_s_tabs(open_tab, 2)
    token = await second.evaluate("session.token()")
    foreign = await first.evaluate(
        """() => {
            const token = `head.${btoa(JSON.stringify({sid: "another"})).replaceAll("=", "")}.tag`;
            tabs.tell("renewed", {token, expiresIn: 1800, receivedAt: Date.now(), remembered: true});
            return token;
        }"""
    )
    assert await second.evaluate("tabs.ask(2000).then(() => session.token())") == token != foreign


async def test_a_token_that_reached_a_frozen_tab_hours_late_is_not_taken_for_fresh(
    open_tab: OpenTab, wire: WireDouble
) -> None:
    first, second = await ann_s_tabs(open_tab, 2, turned=True)
    token = await second.evaluate("session.token()")
    # Both have slept for three hours; the news is two hours old.
    await second.evaluate("clock.wallTime += 3 * 3600 * 1000")
    late = await first.evaluate(
        """sid => {
            const token = `head.${btoa(JSON.stringify({sid})).replaceAll("=", "")}.late`;
            tabs.tell("renewed", {token, expiresIn: 1800, receivedAt: clock.wall() + 3_600_000, remembered: true});
            return token;
        }""",
        next(iter(wire.sessions)),
    )
    await second.evaluate("new Promise((resolve) => { tabs.ask(1), tabs.on('answer', resolve) })")
    assert await second.evaluate("told.some(([event]) => event === 'renewed')") is False
    assert await second.evaluate("session.token()") not in {token, late}


async def test_nonsense_on_the_channel_is_ignored(open_tab: OpenTab) -> None:
    first, second = await ann_s_tabs(open_tab, 2)
    await first.evaluate(
        """() => {
            const channel = new BroadcastChannel("latchstring");
            const types = ["ask", "answer", "renewed", "signed_in", "ended", "transition_over", "moon"];
            const bare = types.map((type) => ({type, from: "x"}));
            for (const each of [null, 1, "x", {}, {type: "signed_out"}, {type: 1, from: 2}, ...bare]) {
                channel.postMessage(each);
            }
        }"""
    )
    assert await second.evaluate(f"tabs.ask(2000).then(() => {STATUS})") == "signed_in"


async def test_a_guest_is_not_signed_in_by_a_token_alone(open_tab: OpenTab, wire: WireDouble) -> None:
    """Somebody signed out here; a sibling's news from before that may still be on its way."""
    first, second = await ann_s_tabs(open_tab, 2)
    news = await first.evaluate("session.token().then((token) => ({token, expiresIn: 1800, receivedAt: Date.now()}))")
    await second.evaluate("session.signOut()")
    await first.wait_for_function(f"{STATUS} === 'signed_out'")
    wire.calls.clear()
    await first.evaluate("news => { tabs.answer(() => ({})); tabs.tell('renewed', news) }", news)
    assert await second.evaluate(f"tabs.ask(2000).then(settle).then(() => {STATUS})") == "signed_out"
    assert await second.evaluate("session.token().catch(({code}) => code)") == "session_ended"
    assert wire.calls == []


async def test_one_session_s_trouble_is_over_when_a_sibling_got_through(open_tab: OpenTab, wire: WireDouble) -> None:
    first, second = await ann_s_tabs(open_tab, 2, turned=True)
    wire.script("/auth/refresh", says(503, "unavailable"))
    await first.evaluate("session.refresh()")
    await second.evaluate("session.refresh()")
    await first.wait_for_function("told.some(([event]) => event === 'renewed')")
    await first.evaluate("clock.pass(60_000)")
    assert wire.count("/auth/refresh") == 2
