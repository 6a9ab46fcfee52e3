"""Channels on the socket: joining, pushing, being told, and the token that goes with it."""

import pytest
from playwright.async_api import Page

from tests.browser_modules.test_socket import connected, next_peer, waiting
from tests.browser_modules.wire_double import Held, Peer, WireDouble, says

pytestmark = pytest.mark.anyio

ERROR = ".catch(({name, code, response}) => ({name, code, response}))"
TIMED_OUT = {"name": "PushError", "code": "timeout", "response": None}
LOST = {"name": "PushError", "code": "connection_lost", "response": None}
CLOSED = {"name": "PushError", "code": "closed", "response": None}
INVALID_TOKEN = ("error", "invalid_token")


@pytest.fixture
async def ann(tab: Page) -> Page:
    """Ann is signed in, alone; time is in the test's hands; `room` is a channel that is not yet joined."""
    await tab.evaluate(
        """async () => {
            begin({turned: true, alone: true});
            await session.signIn({email: "ann", password: "right"});
            beginSocket();
            window.heard = [];
            window.hear = (channel) => {
                for (const event of ["phx_joined", "phx_error", "phx_close", "news"]) {
                    channel.on(event, (payload) => heard.push([event, payload]));
                }
                return channel;
            };
            window.room = hear(socket.channel("room:1", {hidden: true}));
            told.length = 0;
        }"""
    )
    return tab


@pytest.fixture
async def peer(ann: Page, wire: WireDouble) -> Peer:
    """The room is joined."""
    peer = await connected(ann, wire)
    await ann.evaluate("room.join()")
    return peer


async def reconnected(tab: Page, wire: WireDouble) -> Peer:
    number = len(wire.peers)
    await wire.peers[-1].close(1011)
    await waiting(tab)
    await tab.evaluate("wakeups.dispatchEvent(new Event('online'))")
    return await next_peer(tab, wire, number)


# Joining


async def test_a_join_carries_its_parameters_and_a_token_and_resolves_with_the_response(
    ann: Page, wire: WireDouble
) -> None:
    peer = await connected(ann, wire)
    wire.reply("phx_join", ("ok", {"messages": []}))
    assert await ann.evaluate("room.join()") == {"messages": []}
    join_ref, ref, *rest = peer.sent("phx_join")[0]
    assert join_ref == ref
    assert rest == ["room:1", "phx_join", {"hidden": True, "token": await ann.evaluate("session.token()")}]
    assert await ann.evaluate("heard") == [["phx_joined", {"messages": []}]]


async def test_a_join_before_the_connection_is_sent_with_it(ann: Page, wire: WireDouble) -> None:
    await ann.evaluate("window.joined = room.join(), null")
    await connected(ann, wire)
    assert await ann.evaluate("joined") == {}


async def test_parameters_may_be_asked_for_at_each_join(ann: Page, wire: WireDouble) -> None:
    await connected(ann, wire)
    await ann.evaluate("window.n = 0, socket.channel('room:2', () => ({n: n += 1})).join()")
    peer = await reconnected(ann, wire)
    await wire.until(lambda: len(peer.sent("phx_join")) == 1)
    assert peer.sent("phx_join")[0][4]["n"] == 2


async def test_a_join_that_crashed_the_server_is_tried_again(ann: Page, wire: WireDouble) -> None:
    peer = await connected(ann, wire)
    wire.reply("phx_join", ("error", {"reason": "join crashed"}))
    await ann.evaluate("void room.join()")
    await wire.until(lambda: len(peer.sent("phx_join")) == 1)
    await ann.evaluate("settle()")
    assert await ann.evaluate("[room.state, heard]") == ["joining", []]
    await ann.evaluate("clock.pass(2_000)")
    await wire.until(lambda: len(peer.sent("phx_join")) == 2)
    await ann.evaluate("room.join()")
    assert await ann.evaluate("[room.state, heard.map(([event]) => event)]") == ["joined", ["phx_joined"]]


async def test_a_refused_join_throws_the_server_s_response_and_is_not_tried_again(ann: Page, wire: WireDouble) -> None:
    await connected(ann, wire)
    wire.reply("phx_join", ("error", "not_found"))
    refused = {"name": "PushError", "code": "refused", "response": "not_found"}
    assert await ann.evaluate(f"room.join(){ERROR}") == refused
    assert await ann.evaluate("heard") == [["phx_close", {"response": "not_found"}]]
    peer = await reconnected(ann, wire)
    await ann.evaluate("clock.pass(1_000)")
    assert peer.sent("phx_join") == []


async def test_a_server_that_cannot_take_a_join_just_now_is_asked_again(ann: Page, wire: WireDouble) -> None:
    peer = await connected(ann, wire)
    wire.reply("phx_join", ("error", "unavailable"))
    await ann.evaluate("window.joined = room.join(), null")
    await ann.wait_for_function("clock.waits().includes(500)")
    await ann.evaluate("clock.pass(500)")
    assert await ann.evaluate("joined") == {}
    assert len(peer.sent("phx_join")) == 2


async def test_a_server_that_takes_no_joins_for_minutes_is_asked_every_ten_seconds_or_more_often(
    ann: Page, wire: WireDouble
) -> None:
    """Where all nodes had lost sight of each other, nobody waits for half a minute when they are back."""
    peer = await connected(ann, wire)
    waits = (500, 1_000, 2_000, 4_000, 5_000, 5_000, 5_000)
    for _ in waits:
        wire.reply("phx_join", ("error", "unavailable"))
    await ann.evaluate("window.joined = room.join(), null")
    for number, wait in enumerate(waits, start=1):
        await wire.until(lambda number=number: len(peer.sent("phx_join")) == number)  # type: ignore[misc]
        await ann.wait_for_function(f"clock.waits().includes({wait})")
        await ann.evaluate(f"clock.pass({wait})")
    assert await ann.evaluate("joined") == {}


async def test_a_join_that_is_not_answered_is_sent_again(ann: Page, wire: WireDouble) -> None:
    peer = await connected(ann, wire)
    wire.silent_events.add("phx_join")
    await ann.evaluate("window.joined = room.join(), null")
    await wire.until(lambda: len(peer.sent("phx_join")) == 1)
    await ann.evaluate("clock.pass(10_000)")
    wire.silent_events.clear()
    await ann.wait_for_function("clock.waits().includes(500)")
    await ann.evaluate("clock.pass(500)")
    assert await ann.evaluate("joined") == {}


async def test_a_reconnect_joins_again_and_says_so(ann: Page, wire: WireDouble, peer: Peer) -> None:
    wire.reply("phx_join", ("ok", {"second": True}))
    second = await reconnected(ann, wire)
    await ann.wait_for_function("heard.length === 2")
    assert await ann.evaluate("heard") == [["phx_joined", {}], ["phx_joined", {"second": True}]]
    assert second.sent("phx_join")[0][0] != peer.sent("phx_join")[0][0]


async def test_a_channel_that_crashed_joins_again(ann: Page, wire: WireDouble, peer: Peer) -> None:
    join_ref = peer.sent("phx_join")[0][0]
    await peer.send(join_ref, None, "room:1", "phx_error", {})
    await ann.wait_for_function("heard.some(([event]) => event === 'phx_error')")
    await ann.evaluate("clock.pass(500)")
    await ann.wait_for_function("heard.filter(([event]) => event === 'phx_joined').length === 2")


async def test_a_channel_that_the_server_closes_stays_closed(ann: Page, wire: WireDouble, peer: Peer) -> None:
    join_ref = peer.sent("phx_join")[0][0]
    await peer.send(join_ref, join_ref, "room:1", "phx_close", {})
    await ann.wait_for_function("heard.some(([event]) => event === 'phx_close')")
    assert await ann.evaluate(f"room.push('x'){ERROR}") == CLOSED
    second = await reconnected(ann, wire)
    await ann.evaluate("clock.pass(1_000)")
    assert second.sent("phx_join") == []


async def test_what_names_an_older_join_is_not_heard(ann: Page, wire: WireDouble, peer: Peer) -> None:
    await peer.send("0", "0", "room:1", "phx_close", {})
    await peer.send("0", None, "room:1", "news", {"old": True})
    await peer.send(None, None, "room:2", "news", {"elsewhere": True})
    await peer.socket.send_text("no frame at all")
    await peer.send(None, None, "room:1", "news", {"new": True})
    await ann.wait_for_function("heard.some(([event]) => event === 'news')")
    assert await ann.evaluate("heard") == [["phx_joined", {}], ["news", {"new": True}]]


async def test_leaving_tells_the_server_and_is_for_good(ann: Page, wire: WireDouble, peer: Peer) -> None:
    await ann.evaluate("room.leave()")
    assert [frame[2] for frame in peer.sent("phx_leave")] == ["room:1"]
    second = await reconnected(ann, wire)
    await ann.evaluate("clock.pass(1_000)")
    assert second.sent("phx_join") == []


async def test_leaving_while_the_join_is_not_answered_yet_tells_the_server_which_join_it_ends(
    ann: Page, wire: WireDouble
) -> None:
    peer = await connected(ann, wire)
    wire.silent_events.add("phx_join")
    await ann.evaluate(f"window.joined = room.join(){ERROR}, null")
    await wire.until(lambda: len(peer.sent("phx_join")) == 1)
    await ann.evaluate("room.leave()")
    assert await ann.evaluate("joined") == CLOSED
    assert [frame[0] for frame in peer.sent("phx_leave")] == [peer.sent("phx_join")[0][0]]
    await ann.evaluate("clock.pass(60_000)")
    assert len(peer.sent("phx_join")) == 1


async def test_leaving_before_any_join_was_sent_says_nothing(ann: Page, wire: WireDouble, peer: Peer) -> None:
    await ann.evaluate("socket.channel('room:2').leave()")
    await ann.evaluate(f"window.third = socket.channel('room:3'), window.joined = third.join(){ERROR}, third.leave()")
    assert await ann.evaluate("joined") == CLOSED
    await ann.evaluate("room.leave().then(() => room.leave())")
    assert [frame[2] for frame in peer.sent("phx_join") + peer.sent("phx_leave")] == ["room:1", "room:1"]


async def test_parameters_that_cannot_be_made_are_a_mistake_that_is_seen_and_not_tried_for_ever(
    ann: Page, wire: WireDouble
) -> None:
    peer = await connected(ann, wire)
    await ann.evaluate(
        """() => {
            window.seen = new Promise((resolve) => {
                window.onunhandledrejection = (event) => (event.preventDefault(), resolve(event.reason.message));
            });
        }"""
    )
    assert await ann.evaluate(f"socket.channel('room:2', () => {{ throw new Error('mine') }}).join(){ERROR}") == CLOSED
    assert await ann.evaluate("seen") == "mine"
    await ann.evaluate("clock.pass(60_000)")
    assert peer.sent("phx_join") == []


async def test_a_topic_may_be_left_and_joined_anew(ann: Page, wire: WireDouble, peer: Peer) -> None:
    old = peer.sent("phx_join")[0][0]
    await ann.evaluate("window.left = room.leave(), window.again = hear(socket.channel('room:1')), again.join()")
    await peer.send(old, old, "room:1", "phx_close", {})
    await peer.send(None, None, "room:1", "news", {})
    await ann.wait_for_function("heard.some(([event]) => event === 'news')")
    assert await ann.evaluate("again.push('x')") == "message_sent"


# Pushing


async def test_a_push_resolves_with_the_response(ann: Page, wire: WireDouble, peer: Peer) -> None:
    assert await ann.evaluate("room.push('send_message', {text: 'hello'})") == "message_sent"
    join_ref = peer.sent("phx_join")[0][0]
    assert peer.frames[-1] == [join_ref, peer.frames[-1][1], "room:1", "send_message", {"text": "hello"}]


async def test_a_refused_push_throws_the_server_s_response(ann: Page, wire: WireDouble, peer: Peer) -> None:
    wire.reply("send_message", ("error", "wrong_recipients"))
    refused = {"name": "PushError", "code": "refused", "response": "wrong_recipients"}
    assert await ann.evaluate(f"room.push('send_message', {{text: 'hello'}}){ERROR}") == refused
    assert len(peer.sent("send_message")) == 1


async def test_pushes_wait_for_the_join_and_keep_their_order(ann: Page, wire: WireDouble) -> None:
    await ann.evaluate(
        "void room.join(), room.on('phx_joined', () => window.last = room.push('x', {n: 4})),"
        " window.pushed = Promise.all([1, 2, 3].map((n) => room.push('x', {n}))), null"
    )
    peer = await connected(ann, wire)
    assert await ann.evaluate("pushed") == ["message_sent"] * 3
    assert await ann.evaluate("last") == "message_sent"
    assert [frame[4]["n"] for frame in peer.sent("x")] == [1, 2, 3, 4]


async def test_a_push_that_waited_too_long_is_never_sent(ann: Page, wire: WireDouble) -> None:
    await ann.evaluate(f"void room.join(), window.pushed = room.push('x', {{}}, {{timeout: 3_000}}){ERROR}, null")
    await ann.evaluate("clock.pass(3_000)")
    assert await ann.evaluate("pushed") == TIMED_OUT
    peer = await connected(ann, wire)
    await ann.evaluate("room.push('y')")
    assert peer.sent("x") == []


async def test_a_push_that_is_not_answered_times_out(ann: Page, wire: WireDouble, peer: Peer) -> None:
    wire.silent_events.add("x")
    await ann.evaluate(f"window.pushed = room.push('x'){ERROR}, null")
    await wire.until(lambda: len(peer.sent("x")) == 1)
    await ann.evaluate("clock.pass(10_000)")
    assert await ann.evaluate("pushed") == TIMED_OUT


async def test_a_push_times_out_while_its_token_is_renewed_too_and_is_not_sent_after_that(
    ann: Page, wire: WireDouble, peer: Peer
) -> None:
    held = Held()
    wire.script("/auth/refresh", held)
    wire.reply("x", INVALID_TOKEN)
    await ann.evaluate(f"window.pushed = room.push('x', {{}}, {{timeout: 3_000}}){ERROR}, null")
    await held.arrived.wait()
    await ann.evaluate("clock.pass(3_000)")
    assert await ann.evaluate("Promise.race([pushed, settle().then(() => 'still waiting')])") == TIMED_OUT
    held.release()
    await ann.wait_for_function("told.some(([event]) => event === 'renewed')")
    await ann.evaluate("room.push('y')")
    assert len(peer.sent("x")) == 1


async def test_a_push_whose_channel_is_joined_anew_while_its_token_is_renewed_is_not_sent_there(
    ann: Page, wire: WireDouble, peer: Peer
) -> None:
    held = Held()
    wire.script("/auth/refresh", held)
    wire.reply("x", INVALID_TOKEN)
    await ann.evaluate(f"window.pushed = room.push('x'){ERROR}, null")
    await held.arrived.wait()
    await ann.evaluate("room.leave().then(() => room.join())")
    held.release()
    assert await ann.evaluate("pushed") == CLOSED
    assert len(peer.sent("x")) == 1


async def test_a_push_that_is_no_json_is_the_caller_s_mistake_and_leaves_nothing_waiting(
    ann: Page, wire: WireDouble, peer: Peer
) -> None:
    assert await ann.evaluate("(window.ring = {}, ring.ring = ring, room.push('x', ring).catch(({name}) => name))") == (
        "TypeError"
    )
    await reconnected(ann, wire)
    assert await ann.evaluate("room.push('y')") == "message_sent"


async def test_a_push_whose_answer_was_lost_is_not_sent_again(ann: Page, wire: WireDouble, peer: Peer) -> None:
    """Nobody knows whether it was carried out: to repeat it is for the caller to decide."""
    wire.silent_events.add("x")
    await ann.evaluate(f"window.pushed = room.push('x'){ERROR}, null")
    await wire.until(lambda: len(peer.sent("x")) == 1)
    second = await reconnected(ann, wire)
    assert await ann.evaluate("pushed") == LOST
    await ann.evaluate("room.push('y')")
    assert second.sent("x") == []


async def test_what_was_pushed_before_another_channel_joined_the_topic_is_answered_all_the_same(
    ann: Page, wire: WireDouble, peer: Peer
) -> None:
    wire.silent_events.add("x")
    await ann.evaluate(f"window.pushed = room.push('x'){ERROR}, null")
    await wire.until(lambda: len(peer.sent("x")) == 1)
    await ann.evaluate("socket.channel('room:1').join()")
    [[join_ref, ref, topic, *_]] = peer.sent("x")
    await peer.send(join_ref, ref, topic, "phx_reply", {"status": "ok", "response": "late"})
    assert await ann.evaluate("pushed") == "late"


async def test_a_push_on_a_channel_that_was_never_joined_throws(ann: Page, wire: WireDouble) -> None:
    await connected(ann, wire)
    assert await ann.evaluate(f"room.push('x'){ERROR}") == CLOSED


# The token


async def test_an_invalid_token_is_renewed_once_for_all_pushes_and_they_repeat_with_the_new_one(
    ann: Page, wire: WireDouble, peer: Peer
) -> None:
    wire.reply("x", *[INVALID_TOKEN] * 3)
    assert await ann.evaluate("Promise.all([1, 2, 3].map((n) => room.push('x', {n})))") == ["message_sent"] * 3
    assert wire.count("/auth/refresh") == 1
    fresh = await ann.evaluate("session.token()")
    sent = [frame[4] for frame in peer.sent("x")]
    assert sent == [{"n": n} for n in (1, 2, 3)] + [{"n": n, "token": fresh} for n in (1, 2, 3)]


async def test_a_push_is_repeated_three_times_at_most(ann: Page, wire: WireDouble, peer: Peer) -> None:
    wire.reply("x", *[INVALID_TOKEN] * 9)
    refused = {"name": "PushError", "code": "refused", "response": "invalid_token"}
    assert await ann.evaluate(f"room.push('x'){ERROR}") == refused
    assert (len(peer.sent("x")), wire.count("/auth/refresh")) == (4, 3)


async def test_a_push_whose_renewal_fails_just_now_is_refused_and_nobody_is_signed_out(
    ann: Page, wire: WireDouble, peer: Peer
) -> None:
    wire.reply("x", INVALID_TOKEN)
    wire.script("/auth/refresh", says(503, "unavailable"))
    refused = {"name": "PushError", "code": "refused", "response": "invalid_token"}
    assert await ann.evaluate(f"room.push('x'){ERROR}") == refused
    assert await ann.evaluate("session.state.status") == "signed_in"


async def test_a_join_with_an_invalid_token_renews_and_repeats(ann: Page, wire: WireDouble) -> None:
    peer = await connected(ann, wire)
    wire.reply("phx_join", INVALID_TOKEN)
    assert await ann.evaluate("room.join()") == {}
    tokens = [frame[4]["token"] for frame in peer.sent("phx_join")]
    assert tokens == [peer.token, await ann.evaluate("session.token()")]
    assert wire.count("/auth/refresh") == 1


async def test_a_renewal_is_shown_on_the_user_s_own_topic(ann: Page, wire: WireDouble, peer: Peer) -> None:
    await ann.evaluate("socket.channel('user:ann').join()")
    await ann.evaluate("session.refresh()")
    await wire.until(lambda: len(peer.sent("renew")) == 1)
    renew = peer.sent("renew")[0]
    assert (renew[2], renew[4]) == ("user:ann", {"token": await ann.evaluate("session.token()")})


async def test_a_shown_renewal_that_is_refused_for_ever_does_not_go_round_for_ever(
    ann: Page, wire: WireDouble, peer: Peer
) -> None:
    await ann.evaluate("socket.channel('user:ann').join()")
    wire.reply("renew", *[INVALID_TOKEN] * 99)
    await ann.evaluate("session.refresh()")
    await wire.until(lambda: len(peer.sent("renew")) == 4)
    await ann.evaluate("room.push('x')")
    assert (len(peer.sent("renew")), wire.count("/auth/refresh")) == (4, 4)


# The end


async def test_a_sign_out_closes_what_waits_and_the_next_user_begins_with_nothing(
    ann: Page, wire: WireDouble, peer: Peer
) -> None:
    wire.silent_events.add("x")
    await ann.evaluate(f"window.pushed = room.push('x'){ERROR}, null")
    await ann.evaluate("session.signOut()")
    assert (await ann.evaluate("pushed"))["code"] in {"closed", "connection_lost"}
    assert (await ann.evaluate("heard"))[-1][0] == "phx_close"
    await ann.evaluate("session.signIn({email: 'bob', password: 'right'})")
    second = await next_peer(ann, wire, 1)
    await ann.evaluate("socket.channel('user:bob').join()")
    assert [frame[2] for frame in second.sent("phx_join")] == ["user:bob"]


async def test_the_same_user_s_next_session_joins_the_same_channels_again(
    ann: Page, wire: WireDouble, peer: Peer
) -> None:
    await ann.evaluate("session.signIn({email: 'ann', password: 'right'})")
    second = await next_peer(ann, wire, 1)
    await wire.until(lambda: len(second.sent("phx_join")) == 1)
    await ann.wait_for_function("heard.filter(([event]) => event === 'phx_joined').length === 2")


async def test_a_channel_of_the_same_topic_takes_the_place_of_the_one_before(
    ann: Page, wire: WireDouble, peer: Peer
) -> None:
    await ann.evaluate("window.second = socket.channel('room:1'), second.join()")
    assert (await ann.evaluate("heard"))[-1][0] == "phx_close"
    assert await ann.evaluate(f"room.push('x'){ERROR}") == CLOSED
    assert await ann.evaluate("second.push('x')") == "message_sent"
