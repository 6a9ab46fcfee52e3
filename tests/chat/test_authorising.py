"""Every interaction is authorised, and `invalid_token` is said only where nothing else is true."""

import time

import pytest

from latchstring.core.auth_token import AuthClaims
from tests.chat.house import GENERAL, VISITOR, House, Person
from tests.live.node import closing, until

pytestmark = pytest.mark.anyio

INVALID_TOKEN = {"status": "error", "response": "invalid_token"}
INVALID_REQUEST = {"status": "error", "response": "invalid_request"}
SENT = {"status": "ok", "response": "message_sent"}


def token_of(house: House, person: Person, *, seconds: int, generation: int = 0) -> str:
    """A token of our own signing that ends in so many seconds."""
    now = int(time.time())
    claims = AuthClaims(person.id, person.pair.session_id, generation, now - 60, now + seconds)
    return house.chat.auth._auth_tokens.sign(claims)


async def bad_tokens(house: House, person: Person) -> dict[str, str]:
    other = await house.person("Berta")
    ended = await house.sign_in(person.id)
    await house.chat.auth.sessions.end(ended.session_id)
    return {
        "empty": "",
        "garbage": "garbage",
        "not ASCII": "é" * 40,
        "expired": token_of(house, person, seconds=-1),
        "another user's": other.token,
        "of a session that ended": ended.auth_token,
        "a refresh token": person.pair.refresh_token,
    }


async def test_a_push_with_a_bad_token_is_answered_invalid_token_and_nothing_happens(house: House) -> None:
    person = await house.person("Anna")
    async with house.device(person, GENERAL) as device:
        for kind, token in (await bad_tokens(house, person)).items():
            push = {"display_name": "Mallory", "token": token}
            assert await device.ask(GENERAL, "set_display_name", push) == INVALID_TOKEN, kind
        assert (await house.chat.profiles.of(person.id)).display_name == "Anna"
        assert await device.heard() == []
        # The socket's own token is not spoiled by what else was shown.
        assert await device.ask(GENERAL, "set_display_name", {"display_name": "Anne"}) == SENT


async def test_a_join_with_a_bad_token_is_answered_invalid_token_and_leaves_an_earlier_join_alone(
    house: House,
) -> None:
    person = await house.person()
    async with house.device(person, person.own) as device:
        for kind, token in (await bad_tokens(house, person)).items():
            assert await device.join(GENERAL, {"token": token}) == INVALID_TOKEN, kind
            assert await device.join(person.own, {"token": token}, join_ref="2") == INVALID_TOKEN, kind
        assert await device.heard() == []
        assert await device.ask(person.own, "renew", {"token": person.token}) == SENT


async def test_invalid_token_is_not_said_where_something_else_is_true(house: House) -> None:
    person = await house.person()
    other = await house.person("Berta")
    bad = {"token": "bad"}
    async with house.device(person, GENERAL, person.own) as device:
        unauthorized = {"status": "error", "response": {"reason": "unauthorized"}}
        not_found = {"status": "error", "response": "not_found"}
        unmatched = {"status": "error", "response": {"reason": "unmatched topic"}}
        unknown = {"status": "error", "response": "unknown_event"}
        assert await device.join(other.own, bad) == unauthorized
        assert await device.join(person.own.upper(), bad) == unmatched
        assert await device.join(f"conversation:{other.id}", bad) == not_found
        assert await device.ask(f"conversation:{other.id}", "send_message", bad) == unmatched
        assert await device.ask(GENERAL, "phx_close", bad) == unknown
        assert await device.ask(person.own, "set_hidden", {**bad, "hidden": True}) == unknown
        for event, payload in (
            ("set_hidden", {}),
            ("set_hidden", {"hidden": 1}),
            ("set_hidden", {"hidden": None}),
            ("set_display_name", {}),
            ("set_display_name", {"display_name": " "}),
            ("set_display_name", {"display_name": "a" * 81}),
            ("set_display_name", {"display_name": "a\u202eb"}),
        ):
            assert await device.ask(GENERAL, event, {**bad, **payload}) == INVALID_REQUEST, payload
        assert await device.join(GENERAL, {**bad, "hidden": "yes"}) == INVALID_REQUEST
        assert await device.ask(person.own, "renew", {"token": 5}) == INVALID_REQUEST
        assert await device.ask(person.own, "renew", {}) == INVALID_REQUEST
        assert await device.ask(GENERAL, "set_hidden", {"hidden": True, "token": ["a"]}) == INVALID_REQUEST


async def test_the_own_topic_of_somebody_else_is_unauthorized_even_with_their_token(house: House) -> None:
    person, other = await house.person(), await house.person("Berta")
    async with house.device(person) as device:
        answer = await device.join(other.own, {"token": other.token})
        assert answer == {"status": "error", "response": {"reason": "unauthorized"}}


async def test_a_push_may_bring_the_token_of_another_session_of_the_same_user(house: House) -> None:
    person = await house.person()
    elsewhere = await house.sign_in(person.id)
    async with house.device(person, GENERAL) as device:
        assert await device.ask(GENERAL, "set_hidden", {"hidden": False, "token": elsewhere.auth_token}) == SENT


async def test_a_socket_is_judged_by_the_newest_token_that_it_has_shown(house: House) -> None:
    person = await house.person()
    short = token_of(house, person, seconds=1)
    async with house.device(person, person.own, GENERAL, token=short) as device:
        ends_at = int(time.time()) + 1
        await until(lambda: time.time() > ends_at + 1)
        assert await device.ask(GENERAL, "set_hidden", {"hidden": False}) == INVALID_TOKEN
        assert await device.ask(person.own, "renew", {"token": short}) == INVALID_TOKEN
        assert await device.ask("phoenix", "heartbeat") == {"status": "ok", "response": {}}
        fresh = await house.chat.auth.sessions.refresh(person.pair.refresh_token, VISITOR)
        assert await device.ask(person.own, "renew", {"token": fresh.auth_token}) == SENT
        assert await device.ask(GENERAL, "set_hidden", {"hidden": False}) == SENT


async def test_a_renewal_takes_only_a_token_of_the_sockets_own_session(house: House) -> None:
    """Otherwise a socket could be kept past the sign-out of the session that it was opened with."""
    person = await house.person()
    elsewhere = await house.sign_in(person.id)
    async with house.device(person, person.own) as device:
        assert await device.ask(person.own, "renew", {"token": elsewhere.auth_token}) == INVALID_TOKEN


async def test_signing_out_closes_the_socket_with_4401_and_takes_it_out_of_presence(house: House) -> None:
    anna, berta = await house.person("Anna"), await house.person("Berta")
    async with house.device(berta, GENERAL) as watcher, house.device(anna, GENERAL) as device:
        await watcher.heard()
        await house.chat.auth.sessions.end_one(anna.id, anna.pair.session_id)
        assert await closing(device.line) == (4401, "signed_out_elsewhere")
        frame = await watcher.next()
        assert frame[3] == "presence_diff"
        assert list(frame[4]["leaves"]) == [anna.id]


async def test_while_the_store_is_down_pushes_are_answered_unavailable_and_the_socket_stays(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    from latchstring import StoreUnavailable

    async def down(*_: object) -> None:
        raise StoreUnavailable("a canary")

    person = await house.person()
    unavailable = {"status": "error", "response": "unavailable"}
    async with house.device(person, GENERAL) as device:
        monkeypatch.setattr(house.chat.auth.engine, "write", down)
        assert await device.ask(GENERAL, "set_hidden", {"hidden": True}) == unavailable
        monkeypatch.setattr(house.chat.auth.engine, "read", down)
        assert await device.join(GENERAL, join_ref="2") == unavailable
        monkeypatch.undo()
        assert await device.join(GENERAL, join_ref="3") == {"status": "ok", "response": {}}
