"""Signing in, calling, signing out: one tab against the wire."""

import json

import pytest
from playwright.async_api import BrowserContext, Page

from tests.browser_modules.conftest import OpenTab, go, jar
from tests.browser_modules.wire_double import Held, WireDouble, says

pytestmark = pytest.mark.anyio

SIGN_IN = "session.signIn({email: 'ann', password: 'right', rememberMe: true})"
CHANGES = "told.filter(([event]) => event === 'change').map(([, {status, user}]) => [status, user?.id ?? null])"
CAUGHT = ".catch(({name, status, code, message, reason, retryAfter}) => ({name, status, code, reason, retryAfter}))"


@pytest.fixture
async def ann(tab: Page) -> Page:
    """A tab in which Ann is signed in."""
    await tab.evaluate(f"async () => {{ begin(); await {SIGN_IN}; told.length = 0 }}")
    return tab


async def test_signing_in_gives_the_payload_without_the_token(tab: Page) -> None:
    payload = await tab.evaluate(f"begin(), {SIGN_IN}")
    assert payload == {"user": {"id": "ann", "email": "ann"}, "conversations": [], "users": [], "remembered": True}
    assert await tab.evaluate("session.state") == {**payload, "status": "signed_in", "endedReason": None}
    assert await tab.evaluate("told.map(([event]) => event)") == ["change", "signed_in"]


async def test_who_does_not_ask_to_be_remembered_is_not(tab: Page, wire: WireDouble) -> None:
    await tab.evaluate("begin(), session.signIn({email: 'ann', password: 'right'})")
    assert wire.calls[-1].body == {"email": "ann", "password": "right", "rememberMe": False}


async def test_registering_sends_what_the_app_asks_newcomers(tab: Page, wire: WireDouble) -> None:
    await tab.evaluate("begin(), session.register({email: 'ann', password: 'right', display_name: 'Ann'})")
    assert wire.calls[-1].path == "/auth/register"
    assert wire.calls[-1].body == {"email": "ann", "password": "right", "display_name": "Ann", "rememberMe": False}


async def test_a_refused_sign_in_throws_what_the_server_said_and_changes_nothing(tab: Page, wire: WireDouble) -> None:
    refused = await tab.evaluate(f"begin(), session.signIn({{email: 'ann', password: 'wrong'}}){CAUGHT}")
    assert (refused["name"], refused["status"], refused["code"]) == ("SessionError", 401, "invalid_credentials")
    wire.script("/auth/login", says(429, "too_many_requests", retry_after=7))
    refused = await tab.evaluate(f"{SIGN_IN}{CAUGHT}")
    assert (refused["status"], refused["retryAfter"]) == (429, 7)
    assert await tab.evaluate("[session.state.status, told.length]") == ["unknown", 0]


async def test_fields_that_were_refused_come_with_the_error(tab: Page, wire: WireDouble) -> None:
    fields = [{"path": "email", "message": "That is no e-mail address."}]
    wire.script("/auth/register", says(400, "invalid_request", fields=fields))
    told = "session.register({email: '?', password: 'right'}).catch(({fields}) => fields)"
    assert await tab.evaluate(f"begin(), {told}") == fields


async def test_a_sign_in_without_an_answer_throws_and_may_be_repeated(tab: Page, context: BrowserContext) -> None:
    await tab.evaluate("begin()")
    await context.set_offline(True)
    error = await tab.evaluate(SIGN_IN + CAUGHT)
    assert (error["status"], error["code"]) == (0, "unavailable")
    await context.set_offline(False)
    assert (await tab.evaluate(SIGN_IN))["user"]["id"] == "ann"


async def test_no_token_is_stored_or_stands_in_an_address(ann: Page) -> None:
    await ann.evaluate("session.call('GET', '/api/thing').then(() => session.refresh())")
    kept = await ann.evaluate(
        """async () => JSON.stringify([{...sessionStorage}, {...localStorage}, document.cookie, location.href,
           performance.getEntries().map(({name}) => name), session.state, await indexedDB.databases()])"""
    )
    token = await ann.evaluate("session.token()")
    assert len(token) > 20
    assert token.split(".")[1] not in kept
    assert await ann.evaluate("({...sessionStorage})") == {"latchstring": "remembered"}


async def test_a_tab_works_where_the_browser_allows_no_storage(context: BrowserContext, tab: Page) -> None:
    forbidden = "{get() { throw new DOMException('no', 'SecurityError') }}"
    await tab.evaluate(f"Object.defineProperty(window, 'sessionStorage', {forbidden})")
    await tab.evaluate(f"begin(), {SIGN_IN}")
    assert await tab.evaluate("session.refresh()") == {"outcome": "refreshed"}
    assert await tab.evaluate("session.state.status") == "signed_in"


# Calls


async def test_a_call_carries_the_bearer_and_answers_every_status(ann: Page, wire: WireDouble) -> None:
    answer = await ann.evaluate("session.call('GET', '/api/thing')")
    assert (answer["status"], answer["body"]["path"]) == (200, "/api/thing")
    assert wire.calls[-1].bearer == await ann.evaluate("session.token()")
    wire.script("/api/thing", says(404, "not_found"))
    answer = await ann.evaluate("session.call('DELETE', '/api/thing')")
    assert (answer["status"], answer["body"]["error"]["code"]) == (404, "not_found")


@pytest.mark.parametrize("code", ["invalid_token", "superseded"])
async def test_a_refused_token_is_renewed_once_for_all_callers_and_all_repeat(
    ann: Page, wire: WireDouble, code: str
) -> None:
    wire.refused_tokens[await ann.evaluate("session.token()")] = code
    answers = await ann.evaluate("Promise.all([1, 2, 3, 4, 5].map((n) => session.call('POST', '/api/thing', {n})))")
    assert [answer["status"] for answer in answers] == [200] * 5
    assert wire.count("/auth/refresh") == 1
    assert sorted(seen.body["n"] for seen in wire.calls if seen.path == "/api/thing") == sorted([1, 2, 3, 4, 5] * 2)


async def test_a_call_is_repeated_three_times_at_most(ann: Page, wire: WireDouble) -> None:
    wire.script("/api/thing", *[says(401, "invalid_token")] * 9)
    answer = await ann.evaluate("session.call('GET', '/api/thing')")
    assert (answer["status"], wire.count("/api/thing"), wire.count("/auth/refresh")) == (401, 4, 3)
    assert await ann.evaluate("session.state.status") == "signed_in"


async def test_another_401_is_an_answer_and_renews_nothing(ann: Page, wire: WireDouble) -> None:
    wire.script("/api/password", says(401, "invalid_credentials"))
    assert (await ann.evaluate("session.call('PATCH', '/api/password', {})"))["status"] == 401
    assert wire.count("/auth/refresh") == 0


async def test_a_call_throws_why_when_its_renewal_finds_the_session_ended(ann: Page, wire: WireDouble) -> None:
    wire.end("password_changed")
    errors = await ann.evaluate(f"Promise.all([1, 2].map(() => session.call('GET', '/api/thing'){CAUGHT}))")
    assert [(error["status"], error["code"], error["reason"]) for error in errors] == [
        (401, "session_ended", "password_changed")
    ] * 2
    assert await ann.evaluate("told.filter(([event]) => event === 'ended')") == [
        ["ended", {"reason": "password_changed"}]
    ]


async def test_a_call_that_cannot_renew_just_now_throws_and_signs_nobody_out(ann: Page, wire: WireDouble) -> None:
    wire.refused_tokens[await ann.evaluate("session.token()")] = "invalid_token"
    wire.script("/auth/refresh", says(503, "unavailable"))
    error = await ann.evaluate(f"session.call('GET', '/api/thing'){CAUGHT}")
    assert (error["status"], error["code"]) == (0, "unavailable")
    assert await ann.evaluate("session.state.status") == "signed_in"


async def test_a_call_without_an_answer_throws(ann: Page, context: BrowserContext) -> None:
    await context.set_offline(True)
    error = await ann.evaluate(f"session.call('GET', '/api/thing'){CAUGHT}")
    assert (error["status"], error["code"]) == (0, "unavailable")


async def test_a_call_of_a_guest_throws_without_asking_the_server(tab: Page, wire: WireDouble) -> None:
    await tab.evaluate("begin(), session.start()")
    error = await tab.evaluate(f"session.call('GET', '/api/thing'){CAUGHT}")
    assert (error["status"], error["code"], wire.count("/api/thing")) == (401, "signed_out", 0)


async def test_a_body_that_is_no_json_is_the_caller_s_mistake_and_no_trouble_of_the_network(
    ann: Page, wire: WireDouble
) -> None:
    error = await ann.evaluate(
        "(window.ring = {}, ring.ring = ring, session.call('POST', '/api/thing', ring).catch(({name}) => name))"
    )
    assert (error, wire.count("/api/thing")) == ("TypeError", 0)


# Whose a call is

LOG_IN_BOB = {"email": "bob", "password": "right", "rememberMe": True}
SIGNED_OUT = (401, "signed_out")
BOTH_WAYS_TO_HEAR = pytest.mark.parametrize("alone", [False, True], ids=["told by a sibling", "told by nobody"])


async def bob_signs_in_beside(tab: Page, open_tab: OpenTab, context: BrowserContext, *, alone: bool) -> None:
    """In another tab of the same browser, of which this one hears, or (without BroadcastChannel) does not."""
    if alone:
        await context.request.post("/auth/login", data=LOG_IN_BOB)
        return
    beside = await open_tab()
    await beside.evaluate("begin(), session.signIn({email: 'bob', password: 'right'})")
    await tab.wait_for_function("session.state.user?.id === 'bob'")


def bearers_of(wire: WireDouble, path: str, user: str) -> list[str]:
    owners = wire.owners()
    return [user for seen in wire.calls if seen.path == path and owners[seen.bearer or ""] == user]


@BOTH_WAYS_TO_HEAR
@pytest.mark.parametrize("way", ["call('POST', '/api/signout_all')", "signOutEverywhere()"], ids=["call", "everywhere"])
async def test_a_call_in_flight_is_not_repeated_as_who_signs_in_after_its_user(
    tab: Page, open_tab: OpenTab, wire: WireDouble, context: BrowserContext, way: str, alone: bool
) -> None:
    await tab.evaluate("alone => { begin({alone}); return " + SIGN_IN + " }", alone)
    # A turn of the tabs is no part of this: a sign-in beside would wait for it.
    await tab.evaluate("void (tabs && (tabs.inTurn = (work) => work({waited: false})))")
    held = Held(first=False)
    wire.script("/api/signout_all", held)
    await tab.evaluate(f"window.called = session.{way}{CAUGHT}, null")
    await held.arrived.wait()
    await bob_signs_in_beside(tab, open_tab, context, alone=alone)
    held.release()
    error = await tab.evaluate("called")
    assert (error["status"], error["code"]) == SIGNED_OUT
    assert bearers_of(wire, "/api/signout_all", "bob") == []
    assert next(session for session in wire.sessions.values() if session.user == "bob").ended is None
    assert (await tab.evaluate("session.settled()"))["user"]["id"] == "bob"


async def test_a_call_that_waits_for_a_due_token_is_not_made_as_who_it_turns_out_to_be(
    tab: Page, wire: WireDouble, context: BrowserContext
) -> None:
    await tab.evaluate(f"begin({{turned: true, alone: true}}), {SIGN_IN}")
    await context.request.post("/auth/login", data=LOG_IN_BOB)
    await tab.evaluate("clock.wallTime += 29 * 60_000")
    error = await tab.evaluate(f"session.call('POST', '/api/thing'){CAUGHT}")
    assert (error["status"], error["code"], wire.count("/api/thing")) == (*SIGNED_OUT, 0)
    assert await tab.evaluate("session.state.user.id") == "bob"
    assert (await tab.evaluate("session.call('POST', '/api/thing')"))["status"] == 200


async def test_a_call_that_begins_while_the_next_user_is_not_known_yet_is_not_theirs(
    tab: Page, wire: WireDouble, context: BrowserContext
) -> None:
    await tab.evaluate(f"begin({{alone: true}}), {SIGN_IN}")
    await context.request.post("/auth/login", data=LOG_IN_BOB)
    held = Held()
    wire.script("/api/me", held)
    await tab.evaluate("void session.refresh()")
    await held.arrived.wait()
    await tab.evaluate(f"window.called = session.call('POST', '/api/thing'){CAUGHT}, null")
    held.release()
    error = await tab.evaluate("called")
    assert (error["status"], error["code"], wire.count("/api/thing")) == (*SIGNED_OUT, 0)


async def test_a_call_on_a_page_where_nobody_has_been_yet_is_of_who_is_found(tab: Page, wire: WireDouble) -> None:
    await tab.evaluate(f"begin(), {SIGN_IN}")
    await go(tab)
    assert (await tab.evaluate("begin(), session.call('POST', '/api/thing')"))["status"] == 200


@pytest.mark.parametrize("opaque", [False, True], ids=["tokens that name their session", "tokens of another make"])
async def test_a_renewal_of_the_same_session_repeats_the_call(tab: Page, wire: WireDouble, opaque: bool) -> None:
    wire.opaque = opaque
    await tab.evaluate(f"async () => {{ begin(); await {SIGN_IN}; told.length = 0 }}")
    wire.script("/api/thing", says(401, "superseded"))
    assert (await tab.evaluate("session.call('POST', '/api/thing')"))["status"] == 200
    assert wire.count("/api/thing") == 2
    assert await tab.evaluate("[session.state.user.id, told.some(([event]) => event === 'renewed')]") == ["ann", True]


async def test_a_call_is_not_repeated_as_another_user_whose_token_does_not_name_its_session(
    tab: Page, wire: WireDouble, context: BrowserContext
) -> None:
    wire.opaque = True
    await tab.evaluate(f"begin({{alone: true}}), {SIGN_IN}")
    await context.request.post("/auth/login", data=LOG_IN_BOB)
    error = await tab.evaluate(f"session.call('POST', '/api/thing'){CAUGHT}")
    assert (error["status"], error["code"], wire.count("/api/thing")) == (*SIGNED_OUT, 1)
    assert await tab.evaluate("session.state.user.id") == "bob"


# Signing out


async def test_signing_out_clears_the_cookie_the_state_and_the_tab_s_word(ann: Page, context: BrowserContext) -> None:
    await ann.evaluate("session.signOut()")
    assert await jar(context) is None
    state = await ann.evaluate("session.state")
    assert (state["status"], state["user"], state["endedReason"]) == ("signed_out", None, "signed_out")
    assert await ann.evaluate("told.map(([event]) => event)") == ["change", "ended"]
    assert await ann.evaluate("sessionStorage.length") == 0


async def test_a_sign_out_that_the_server_did_not_hear_of_is_none(
    ann: Page, wire: WireDouble, context: BrowserContext
) -> None:
    """To say "signed out" while the cookie is still good would be a lie, on a shared computer a dangerous one."""
    wire.script("/auth/signout", says(503, "unavailable"))
    error = await ann.evaluate(f"session.signOut(){CAUGHT}")
    assert (error["status"], error["code"]) == (503, "unavailable")
    assert await ann.evaluate("session.state.status") == "signed_in"
    assert await ann.evaluate("session.refresh()") == {"outcome": "refreshed"}
    assert await jar(context)


async def test_signing_out_everywhere_ends_this_session_by_its_own_wish(
    ann: Page, wire: WireDouble, context: BrowserContext
) -> None:
    """The socket hears of it first, as if somebody else had done it."""
    held = Held()
    wire.script("/api/signout_all", held)
    await ann.evaluate("window.left = session.signOutEverywhere(), null")
    await held.arrived.wait()
    await ann.evaluate("window.heard = session.ended('signed_out_elsewhere'), null")
    held.release()
    await ann.evaluate("Promise.all([left, heard])")
    assert await ann.evaluate("told.filter(([event]) => event === 'ended')") == [["ended", {"reason": "signed_out"}]]
    assert await jar(context) is None


async def test_signing_out_everywhere_renews_a_refused_token_first(ann: Page, wire: WireDouble) -> None:
    wire.refused_tokens[await ann.evaluate("session.token()")] = "superseded"
    await ann.evaluate("session.signOutEverywhere()")
    assert await ann.evaluate("session.state.status") == "signed_out"
    assert all(session.ended for session in wire.sessions.values())


async def test_news_of_an_older_session_does_not_end_the_one_after_it(ann: Page) -> None:
    before = await ann.evaluate("session.epoch")
    await ann.evaluate(SIGN_IN)
    state = await ann.evaluate("epoch => session.ended('signed_out', epoch)", before)
    assert state["status"] == "signed_in"
    assert (await ann.evaluate("session.ended('replayed')"))["endedReason"] == "replayed"


async def test_the_end_of_the_old_session_that_a_sign_in_brings_about_is_no_sign_out(
    ann: Page, wire: WireDouble
) -> None:
    held = Held()
    wire.script("/auth/login", held)
    await ann.evaluate(f"window.entered = {SIGN_IN}, null")
    await held.arrived.wait()
    await ann.evaluate("window.heard = session.ended('signed_out'), null")
    held.release()
    await ann.evaluate("Promise.all([entered, heard])")
    assert await ann.evaluate("[session.state.status, told.some(([event]) => event === 'ended')]") == [
        "signed_in",
        False,
    ]


async def test_signing_in_as_somebody_else_lets_go_of_the_first_user_before(ann: Page) -> None:
    await ann.evaluate("session.signIn({email: 'bob', password: 'right'})")
    seen = await ann.evaluate(CHANGES)
    assert seen == [["signed_out", None], ["signed_in", "bob"]]


async def test_a_state_cannot_be_changed_from_outside(ann: Page) -> None:
    assert await ann.evaluate("Object.isFrozen(session.state)")
    assert json.loads(await ann.evaluate("JSON.stringify(session.state.user)"))["id"] == "ann"


async def test_a_listener_that_throws_keeps_nobody_from_hearing(context: BrowserContext, wire: WireDouble) -> None:
    page = await context.new_page()
    thrown: list[str] = []
    page.on("pageerror", lambda error: thrown.append(str(error)))
    await page.goto("/")
    await page.wait_for_function("window.ready")
    await page.evaluate("begin(), void session.on('change', () => { throw new Error('mine') })")
    await page.evaluate("void session.on('change', () => window.heard = true)")
    await page.evaluate(SIGN_IN)
    assert await page.evaluate("window.heard")
    assert thrown == ["mine"]
