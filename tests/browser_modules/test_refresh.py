"""Refreshing: three outcomes, one at a time, at the right moment, and nobody signed out who is not."""

import asyncio
from typing import Any

import pytest
from playwright.async_api import BrowserContext, Page

from tests.browser_modules.conftest import jar
from tests.browser_modules.wire_double import Answer, Held, WireDouble, redirects, says, says_text

pytestmark = pytest.mark.anyio

MINUTE = 60_000
SIGN_IN = "session.signIn({email: 'ann', password: 'right', rememberMe: true})"


@pytest.fixture
async def ann(tab: Page) -> Page:
    """A tab in which Ann is signed in, alone, and time is in the test's hands."""
    await tab.evaluate(f"async () => {{ begin({{turned: true, alone: true}}); await {SIGN_IN}; told.length = 0 }}")
    return tab


async def told(tab: Page, event: str, times: int = 1) -> None:
    await tab.wait_for_function(
        "([event, times]) => told.filter(([each]) => each === event).length === times", arg=[event, times]
    )


ANSWERS: list[tuple[str, int, Any, bool, bool, dict[str, Any]]] = [
    ("a refresh", 200, {"token": "t", "expires_in": 1800}, False, True, {"outcome": "refreshed"}),
    (
        "a silent sign-in",
        200,
        {"auth_token": "t", "auth_token_expires_in": 9, "user": {}},
        True,
        False,
        {"outcome": "refreshed"},
    ),
    ("a portal's page", 200, None, False, True, {"outcome": "try_later"}),
    ("a token without a life", 200, {"token": "t"}, False, True, {"outcome": "try_later"}),
    ("an empty token", 200, {"token": "", "expires_in": 1800}, False, True, {"outcome": "try_later"}),
    ("nobody, silently", 204, None, True, False, {"outcome": "guest"}),
    ("nothing, where it says nothing", 204, None, False, True, {"outcome": "try_later"}),
    ("over", 401, "session_ended idle", False, True, {"outcome": "ended", "reason": "idle"}),
    ("over, at start-up", 401, "session_ended replayed", True, False, {"outcome": "ended", "reason": "replayed"}),
    (
        "over, for a reason of tomorrow",
        401,
        "session_ended moon",
        False,
        True,
        {"outcome": "ended", "reason": "unknown"},
    ),
    ("no cookie any more", 401, "session_ended unknown", False, True, {"outcome": "ended", "reason": "unknown"}),
    ("no cookie at start-up", 401, "session_ended unknown", False, False, {"outcome": "guest"}),
    ("a 401 of somebody else", 401, None, False, True, {"outcome": "try_later"}),
    ("a lost race", 409, "retry", False, True, {"outcome": "again"}),
    ("another conflict", 409, "email_taken", False, True, {"outcome": "try_later"}),
    ("cross origin", 403, "cross_origin", False, True, {"outcome": "try_later"}),
    ("not found", 404, "not_found", False, True, {"outcome": "try_later"}),
    ("too many", 429, "too_many_requests", False, True, {"outcome": "try_later"}),
    ("broken", 500, "internal_error", False, True, {"outcome": "try_later"}),
    ("unavailable", 503, "unavailable", True, False, {"outcome": "try_later"}),
    ("no answer", 0, None, False, True, {"outcome": "try_later"}),
]


@pytest.mark.parametrize(
    ("status", "body", "silent", "here", "expected"), [row[1:] for row in ANSWERS], ids=[row[0] for row in ANSWERS]
)
async def test_every_answer_has_one_meaning(
    deciding: Page, status: int, body: Any, silent: bool, here: bool, expected: dict[str, Any]
) -> None:
    if isinstance(body, str):
        code, _, reason = body.partition(" ")
        body = {"error": {"code": code, "reason": reason}}
    decision = await deciding.evaluate(
        "([answer, asked]) => decideRefresh(answer, asked)",
        [{"status": status, "body": body, "retryAfter": 3}, {"silent": silent, "signedInHere": here}],
    )
    assert {key: decision[key] for key in ("outcome", "reason") if key in decision} == expected
    assert decision.get("retryAfter") == (3 if expected["outcome"] == "try_later" else None)


# When


@pytest.mark.parametrize(("chance", "minutes"), [(0.0, 25), (0.5, 26.5), (0.999_999, 28)])
async def test_a_token_is_renewed_between_minute_25_and_28(
    tab: Page, wire: WireDouble, chance: float, minutes: float
) -> None:
    await tab.evaluate("chance => begin({turned: true, alone: true, random: () => chance})", chance)
    await tab.evaluate(SIGN_IN)
    await tab.evaluate("ms => clock.pass(ms)", minutes * MINUTE - 1_000)
    assert wire.count("/auth/refresh") == 0
    await tab.evaluate("clock.pass(1000)")
    await told(tab, "renewed")
    assert wire.count("/auth/refresh") == 1


async def test_a_short_life_is_renewed_in_proportion(tab: Page, wire: WireDouble) -> None:
    wire.expires_in = 6
    await tab.evaluate(f"begin({{turned: true, alone: true}}), {SIGN_IN}")
    await tab.evaluate("clock.pass(5200)")
    assert wire.count("/auth/refresh") == 0
    await tab.evaluate("clock.pass(100)")
    await told(tab, "renewed")


async def test_it_goes_on_for_a_day(ann: Page, wire: WireDouble) -> None:
    await ann.evaluate(
        """async () => {
            for (let n = 0; n < 54; n += 1) {
                const renewed = new Promise((resolve) => session.on("renewed", resolve));
                await clock.pass(26.5 * 60_000);
                await renewed;
            }
        }"""
    )
    assert wire.count("/auth/refresh") == 54
    assert next(iter(wire.sessions.values())).ended is None


async def test_the_client_s_clock_may_be_a_day_off(ann: Page, wire: WireDouble) -> None:
    """The double's tokens say that they expired in 1970, and here it is 2023: nobody looks."""
    await ann.evaluate("clock.wallTime -= 24 * 3600 * 1000")
    await ann.evaluate("wakeups.dispatchEvent(new Event('visibilitychange'))")
    assert await ann.evaluate("session.call('GET', '/api/thing').then(({status}) => status)") == 200
    assert wire.count("/auth/refresh") == 0


@pytest.mark.parametrize("event", ["visibilitychange", "pageshow", "online"])
async def test_a_sleeper_whose_monotonic_clock_stood_still_renews_when_it_wakes(
    ann: Page, wire: WireDouble, event: str
) -> None:
    await ann.evaluate("clock.wallTime += 3600 * 1000")
    await ann.evaluate("event => wakeups.dispatchEvent(new Event(event))", event)
    await told(ann, "renewed")


async def test_a_sleeper_whose_clock_went_on_renews_by_its_late_timer(ann: Page, wire: WireDouble) -> None:
    await ann.evaluate("clock.monotonic += 3600 * 1000, clock.pass(0)")
    await told(ann, "renewed")


async def test_a_sleeper_that_nobody_wakes_finds_out_within_half_a_minute(ann: Page, wire: WireDouble) -> None:
    await ann.evaluate("clock.wallTime += 3600 * 1000, clock.pass(30_000)")
    await told(ann, "renewed")


async def test_whoever_asks_for_a_token_after_a_sleep_gets_a_fresh_one(ann: Page, wire: WireDouble) -> None:
    old = await ann.evaluate("session.token()")
    assert await ann.evaluate("clock.wallTime += 3600 * 1000, session.token()") != old


async def test_looking_at_a_tab_whose_token_is_good_asks_nothing(ann: Page, wire: WireDouble) -> None:
    await ann.evaluate("clock.pass(60_000)")
    await ann.evaluate(
        "for (const each of ['visibilitychange', 'pageshow', 'online']) wakeups.dispatchEvent(new Event(each))"
    )
    await ann.evaluate("settle()")
    assert wire.count("/auth/refresh") == 0


# Try later

TROUBLE: dict[str, Answer] = {
    "500": says(500),
    "502 with a proxy's page": says_text(502, "<h1>Bad gateway</h1>"),
    "503": says(503, "unavailable"),
    "429": says(429, "too_many_requests"),
    "403": says(403, "cross_origin"),
    "a redirect, even to what would answer": redirects("/auth/silent"),
    "a captive portal": says_text(200, "<h1>Welcome to the hotel</h1>"),
}


@pytest.mark.parametrize("answer", TROUBLE.values(), ids=TROUBLE)
async def test_trouble_keeps_everything_and_is_tried_again(ann: Page, wire: WireDouble, answer: Answer) -> None:
    wire.script("/auth/refresh", answer)
    token = await ann.evaluate("session.token()")
    assert (await ann.evaluate("session.refresh()"))["outcome"] == "try_later"
    assert await ann.evaluate("[session.state.status, session.state.user.id]") == ["signed_in", "ann"]
    assert await ann.evaluate("session.token()") == token
    await ann.evaluate("clock.pass(500)")
    await told(ann, "renewed")
    assert await ann.evaluate("told.map(([event]) => event)") == ["try_later", "renewed"]


async def test_a_refresh_is_given_up_after_four_seconds(ann: Page, wire: WireDouble) -> None:
    held = Held()
    wire.script("/auth/refresh", held)
    await ann.evaluate("window.outcome = null, void session.refresh().then((it) => window.outcome = it)")
    await held.arrived.wait()
    await ann.evaluate("clock.pass(3_999)")
    assert await ann.evaluate("outcome") is None
    await ann.evaluate("clock.pass(1)")
    await ann.wait_for_function("outcome?.outcome === 'try_later'")
    held.release()


async def test_an_answer_that_was_lost_costs_nobody_the_session(ann: Page, wire: WireDouble) -> None:
    """The server has rotated, the cookie has not arrived: the old one is presented again."""
    held = Held()
    wire.script("/auth/refresh", held)
    await ann.evaluate("void session.refresh()")
    await held.arrived.wait()
    await ann.evaluate("clock.pass(4_000)")
    await told(ann, "try_later")
    await ann.evaluate("clock.pass(1_000)")
    await told(ann, "renewed")
    first, second = (seen.cookie for seen in wire.calls if seen.path == "/auth/refresh")
    assert first == second is not None
    held.release()


async def test_a_due_token_that_cannot_be_renewed_serves_until_it_expires(ann: Page, wire: WireDouble) -> None:
    wire.script("/auth/refresh", *[says(503, "unavailable")] * 99)
    token = await ann.evaluate("session.token()")
    await ann.evaluate("clock.wallTime += 29 * 60_000")
    assert await ann.evaluate("session.token()") == token
    await ann.evaluate("clock.wallTime += 60_000")
    assert await ann.evaluate("session.token().catch(({code}) => code)") == "unavailable"
    assert await ann.evaluate("session.state.status") == "signed_in"


async def test_the_waits_between_tries_grow_up_to_half_a_minute(ann: Page, wire: WireDouble) -> None:
    wire.script("/auth/refresh", *[says(500)] * 8)
    waits = [(await ann.evaluate("session.refresh()"))["retryAfter"] for _ in range(8)]
    assert waits == [0.5, 1, 2, 4, 8, 15, 15, 15]
    await ann.evaluate("session.refresh()")
    wire.script("/auth/refresh", says(500))
    assert (await ann.evaluate("session.refresh()"))["retryAfter"] == 0.5


@pytest.mark.parametrize("event", ["visibilitychange", "pageshow", "online"])
async def test_a_waker_does_not_wait_for_the_back_off(ann: Page, wire: WireDouble, event: str) -> None:
    wire.script("/auth/refresh", says(500))
    await ann.evaluate("session.refresh()")
    await ann.evaluate("event => wakeups.dispatchEvent(new Event(event))", event)
    await told(ann, "renewed")


async def test_a_wait_that_the_server_asked_for_is_kept_by_wakers_too(ann: Page, wire: WireDouble) -> None:
    wire.script("/auth/refresh", says(429, "too_many_requests", retry_after=60))
    assert (await ann.evaluate("session.refresh()"))["retryAfter"] == 60.5
    await ann.evaluate("wakeups.dispatchEvent(new Event('online')), clock.pass(59_999)")
    assert wire.count("/auth/refresh") == 1
    await ann.evaluate("wakeups.dispatchEvent(new Event('online')), clock.pass(1)")
    await ann.evaluate("wakeups.dispatchEvent(new Event('online'))")
    await told(ann, "renewed")


async def test_offline_then_online_is_nothing_to_speak_of(ann: Page, context: BrowserContext) -> None:
    await context.set_offline(True)
    assert (await ann.evaluate("session.refresh()"))["outcome"] == "try_later"
    await context.set_offline(False)
    await ann.evaluate("wakeups.dispatchEvent(new Event('online'))")
    await told(ann, "renewed")


# Lost races


async def test_a_lost_race_is_presented_again_in_a_moment(ann: Page, wire: WireDouble) -> None:
    wire.script("/auth/refresh", says(409, "retry"), says(409, "retry"))
    await ann.evaluate("void session.refresh()")
    for tries, wait in ((1, 200), (2, 400)):
        await wire.until(lambda tries=tries: wire.count("/auth/refresh") == tries)  # type: ignore[misc]
        await ann.wait_for_function("wait => clock.waits().includes(wait)", arg=wait)
        await ann.evaluate("wait => clock.pass(wait)", wait)
    await told(ann, "renewed")
    assert wire.count("/auth/refresh") == 3


async def test_a_race_that_is_lost_for_ever_signs_nobody_out(tab: Page, wire: WireDouble) -> None:
    impatient = "{alone: true, setTimer: (act, ms) => setTimeout(act, ms > 5000 ? ms : 1)}"
    await tab.evaluate(f"begin({impatient}), {SIGN_IN}")
    wire.script("/auth/refresh", *[says(409, "retry")] * 6)
    assert (await tab.evaluate("session.refresh()"))["outcome"] == "try_later"
    assert await tab.evaluate("session.state.status") == "signed_in"


# One at a time, and overtaken


async def test_all_callers_share_one_refresh(ann: Page, wire: WireDouble) -> None:
    await ann.evaluate("clock.wallTime += 27 * 60_000")
    call = "session.call('GET', '/api/thing')"
    tokens = await ann.evaluate(
        f"Promise.all([session.token(), session.refresh(), session.token(), {call}, session.token()])"
    )
    assert wire.count("/auth/refresh") == 1
    assert tokens[0] == tokens[2] == tokens[4]


@pytest.mark.parametrize("acted", [True, False], ids=["after the server has rotated", "before the server has acted"])
async def test_a_sign_out_overtakes_a_refresh_and_its_late_cookie(
    ann: Page, wire: WireDouble, context: BrowserContext, acted: bool
) -> None:
    held = Held(first=acted)
    wire.script("/auth/refresh", held)
    await ann.evaluate("window.outcome = session.refresh(), null")
    await held.arrived.wait()
    await ann.evaluate("session.signOut()")
    held.release()
    await held.left.wait()
    assert await ann.evaluate("outcome") == {"outcome": "ended", "reason": "signed_out"}
    assert await ann.evaluate("settle().then(() => session.state.status)") == "signed_out"
    assert await jar(context) is None


async def test_a_sign_in_overtakes_a_refresh_and_its_late_cookie(
    ann: Page, wire: WireDouble, context: BrowserContext
) -> None:
    held = Held()
    wire.script("/auth/refresh", held)
    await ann.evaluate("window.outcome = session.refresh(), null")
    await held.arrived.wait()
    await ann.evaluate("session.signIn({email: 'bob', password: 'right'})")
    held.release()
    await held.left.wait()
    assert await ann.evaluate("outcome") == {"outcome": "refreshed"}
    assert await ann.evaluate("settle().then(() => session.state.user.id)") == "bob"
    bob = next(session.id for session in wire.sessions.values() if session.user == "bob")
    assert await jar(context) == f"{bob}.1"


async def test_a_late_answer_is_ignored_even_where_it_could_not_be_aborted(tab: Page, wire: WireDouble) -> None:
    deaf = "(path, {signal, ...rest}) => fetch(path, rest)"
    await tab.evaluate(f"begin({{alone: true, fetch: {deaf}}}), {SIGN_IN}")
    held = Held()
    wire.script("/auth/refresh", held)
    await tab.evaluate("window.outcome = session.refresh(), null")
    await held.arrived.wait()
    leaving = asyncio.ensure_future(tab.evaluate("session.signOut()"))
    await wire.until(lambda: wire.count("/auth/signout") == 1)
    held.release()
    await leaving
    assert await tab.evaluate("outcome") == {"outcome": "ended", "reason": "signed_out"}
    assert await tab.evaluate("session.state.status") == "signed_out"


async def test_an_answer_that_comes_after_the_end_of_its_session_brings_nobody_back(
    ann: Page, wire: WireDouble
) -> None:
    """The socket has heard of the end; the server had answered just before."""
    held = Held()
    wire.script("/auth/refresh", held)
    await ann.evaluate("window.outcome = session.refresh(), null")
    await held.arrived.wait()
    await ann.evaluate("session.ended('signed_out_elsewhere')")
    held.release()
    assert await ann.evaluate("outcome") == {"outcome": "ended", "reason": "signed_out_elsewhere"}
    assert await ann.evaluate("session.state.status") == "signed_out"


async def test_signing_out_while_refreshing_a_hundred_times_leaves_no_cookie(
    tab: Page, wire: WireDouble, context: BrowserContext
) -> None:
    await tab.evaluate("begin(), null")
    for turn in range(100):
        await tab.evaluate(
            f"""async (spin) => {{
                await {SIGN_IN};
                void session.refresh();
                for (let n = 0; n < spin; n += 1) await settle();
                await session.signOut();
            }}""",
            turn % 10,
        )
        assert await jar(context) is None
    assert await tab.evaluate("session.state.status") == "signed_out"
    assert {session.ended for session in wire.sessions.values()} == {"signed_out"}


async def test_no_refresh_begins_before_the_last_of_two_sign_ins_is_over(ann: Page, wire: WireDouble) -> None:
    first, second = Held(first=False), Held(first=False)
    wire.script("/auth/login", first, second)
    await ann.evaluate("window.refused = session.signIn({email: 'bob', password: 'wrong'}).catch(() => null), null")
    await first.arrived.wait()
    await ann.evaluate("void session.signIn({email: 'bob', password: 'right'})")
    await second.arrived.wait()
    await ann.evaluate("window.outcome = session.refresh(), null")
    first.release()
    await ann.evaluate("refused.then(settle).then(settle)")
    # A call that comes after it: whatever the refresh sent would have come before.
    await ann.evaluate("fetch('/api/thing').then(settle)")
    assert wire.count("/auth/refresh") == 0
    second.release()
    assert await ann.evaluate("outcome") == {"outcome": "refreshed"}
    assert await ann.evaluate("session.state.user.id") == "bob"


async def test_a_refresh_in_flight_when_the_session_is_closed_ends_well_and_leaves_no_timer(
    tab: Page, wire: WireDouble
) -> None:
    await tab.evaluate(f"begin({{turned: true}}), {SIGN_IN}")
    held = Held()
    wire.script("/auth/refresh", held)
    await tab.evaluate("window.outcome = session.refresh(), null")
    await held.arrived.wait()
    await tab.evaluate("session.close()")
    held.release()
    assert await tab.evaluate("outcome") == {"outcome": "refreshed"}
    assert await tab.evaluate("clock.waits()") == []


# Whose session it is


async def test_a_refresh_that_finds_another_user_s_cookie_lets_go_of_the_first(
    ann: Page, wire: WireDouble, context: BrowserContext
) -> None:
    """A tab that was frozen while Bob signed in beside it has heard nothing of it."""
    await context.request.post("/auth/login", data={"email": "bob", "password": "right", "rememberMe": True})
    assert await ann.evaluate("session.refresh()") == {"outcome": "refreshed"}
    seen = await ann.evaluate(
        "told.filter(([event]) => event === 'change').map(([, {status, user}]) => [status, user?.id ?? null])"
    )
    assert seen == [["unknown", None], ["signed_out", None], ["signed_in", "bob"]]


async def test_tokens_of_another_make_work_too(tab: Page, wire: WireDouble) -> None:
    """Whose they are is not read from them, but asked for."""
    wire.opaque = True
    await tab.evaluate(f"begin(), {SIGN_IN}")
    tokens = [await tab.evaluate("session.token()")]
    for _ in range(2):
        assert await tab.evaluate("session.refresh()") == {"outcome": "refreshed"}
        assert await tab.evaluate("[session.state.status, session.state.user.id]") == ["signed_in", "ann"]
        tokens.append(await tab.evaluate("session.token()"))
    assert len(set(tokens)) == 3
    assert wire.count("/api/me") == 2
