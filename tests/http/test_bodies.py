"""Bodies: whatever the bytes are, they become the struct or a clear refusal."""

import msgspec
import pytest
from starlette.requests import ClientDisconnect, Request
from starlette.types import Message

from latchstring.errors import BodyTooLarge, InvalidRequest
from latchstring.http.api_bodies import LoginBody, RefreshBody
from latchstring.http.bodies import BODY_LIMIT, Body, decode_body, read_any_bytes, read_body


def refused(raw: bytes, body_type: type[msgspec.Struct] = LoginBody) -> InvalidRequest:
    with pytest.raises(InvalidRequest) as caught:
        decode_body(raw, body_type)
    return caught.value


GOOD = b'"email": "a@example.org", "password": "p"'


def test_unknown_members_are_ignored() -> None:
    body = decode_body(b'{%s, "is_admin": true, "user_id": {"a": [1, null]}}' % GOOD, LoginBody)
    assert body.email == "a@example.org"
    assert not hasattr(body, "is_admin")


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b" ",
        b"null",
        b"[]",
        b"[[]]",
        b'"text"',
        b"1",
        b"{",
        b"{%s" % GOOD,
        b"{%s} {}" % GOOD,
        b"{%s,}" % GOOD,
        b"\xef\xbb\xbf{%s}" % GOOD,
        b"{%s}" % GOOD.replace(b"p", b"\xff"),
        b"{%s}" % GOOD.replace(b'"p"', b'"\xed\xa0\x80"'),
        b"{%s}" % GOOD.replace(b'"p"', b'"\\ud800"'),
        b"{%s}" % GOOD.replace(b'"p"', b'"\\udc00\\ud800"'),
        b'{%s, "\\ud800": 1}' % GOOD,
        b'{%s, "x": "\\ud800"}' % GOOD,
        b'{%s, "x": "\xff"}' % GOOD,
        b'{%s, "x": NaN}' % GOOD,
        b'{%s, "x": Infinity}' % GOOD,
        b'{%s, "x": %s}' % (GOOD, b"9" * 5000),
        b'{%s, "x": %s}' % (GOOD, b"[" * 30_000 + b"]" * 30_000),
        b'{%s, "x": %s}' % (GOOD, b'{"a":' * 10_000 + b"1" + b"}" * 10_000),
        b'{%s, "x": "\t"}' % GOOD,
        b'{%s, "email": "b@example.org"}' % GOOD,
        b'{%s, "x": {"y": 1, "y": 2}}' % GOOD,
        "{}".encode("utf-16"),
    ],
)
def test_what_is_no_clean_json_object_is_refused(raw: bytes) -> None:
    assert refused(raw).code == "invalid_request"


@pytest.mark.parametrize("value", [b"1", b"1.5", b"true", b"null", b"[]", b"{}", b'["a"]'])
def test_a_text_is_a_text_and_nothing_else(value: bytes) -> None:
    error = refused(b'{"email": %s, "password": "p"}' % value)
    assert [(trouble.path, trouble.message) for trouble in error.fields] == [("email", "email has to be a text.")]
    assert error.message == "email has to be a text."


def test_everything_that_is_wrong_is_said_at_once() -> None:
    error = refused(b'{"password": 5, "rememberMe": "yes"}')
    assert [trouble.path for trouble in error.fields] == ["rememberMe", "email", "password"]


@pytest.mark.parametrize("spelling", ["rememberMe", "remember_me"])
@pytest.mark.parametrize("value", ["1", "0", '"true"', "null", "[]", "1.0"])
def test_a_wrong_type_is_told_in_the_clients_own_spelling(spelling: str, value: str) -> None:
    error = refused(b'{%s, "%s": %s}' % (GOOD, spelling.encode(), value.encode()))
    assert [trouble.path for trouble in error.fields] == [spelling]


@pytest.mark.parametrize("spelling", ["rememberMe", "remember_me"])
@pytest.mark.parametrize("value", [True, False])
def test_both_spellings_are_read(spelling: str, value: bool) -> None:
    raw = msgspec.json.encode({"email": "a", "password": "p", spelling: value})
    assert decode_body(raw, LoginBody).remembered(default=not value) is value


def test_absent_means_the_default() -> None:
    body = decode_body(b"{%s}" % GOOD, LoginBody)
    assert body.remembered(default=True)
    assert not body.remembered(default=False)


def test_two_spellings_that_say_the_same_are_fine_and_others_are_not() -> None:
    same = decode_body(b'{%s, "rememberMe": false, "remember_me": false}' % GOOD, LoginBody)
    assert not same.remembered()
    differing = decode_body(b'{%s, "rememberMe": false, "remember_me": true}' % GOOD, LoginBody)
    with pytest.raises(InvalidRequest):
        differing.remembered()


@pytest.mark.parametrize(
    "name",
    [
        "rememberme",
        "RememberMe",
        "remember-me",
        "remember",
        "remembered",
        "REMEMBER_ME",
        "remeberMe",
        "rememberMee",
        "remmberme",
        "remember_user",
        "rember_me",
    ],
)
def test_a_near_miss_of_remember_me_is_not_ignored(name: str) -> None:
    error = refused(msgspec.json.encode({"email": "a", "password": "p", name: False}))
    assert [trouble.path for trouble in error.fields] == [name]
    assert "rememberMe" in error.message


@pytest.mark.parametrize("name", ["member", "me", "reminder", "theme", "display_name", "number", "r", ""])
def test_other_names_are_no_near_misses(name: str) -> None:
    assert decode_body(msgspec.json.encode({"email": "a", "password": "p", name: 1}), LoginBody)


def test_near_misses_matter_only_where_remember_me_does() -> None:
    assert decode_body(b'{"token": "t", "remember": 1}', RefreshBody).token == "t"


def test_no_body_shows_its_secrets_when_it_is_printed() -> None:
    body = decode_body(b'{"email": "e", "password": "canary"}', LoginBody)
    assert "canary" not in repr(body) + str(body) + f"{body}"


class Nested(Body, kw_only=True):
    names: list[str] = msgspec.field(default_factory=list)
    ratio: float = 1.0


def test_the_path_leads_into_lists() -> None:
    assert [trouble.path for trouble in refused(b'{"names": ["a", 2]}', Nested).fields] == ["names[1]"]


def test_numbers_that_no_float_holds_are_refused() -> None:
    assert [trouble.path for trouble in refused(b'{"ratio": 1e999}', Nested).fields] == ["ratio"]


def request_of(*parts: bytes, ends: bool = True, headers: dict[str, str] | None = None) -> Request:
    """Its body comes in those parts, and then the client is gone."""
    bodies: list[Message] = [{"type": "http.request", "body": part, "more_body": True} for part in parts]
    if ends:
        bodies[-1]["more_body"] = False
    coming = iter([*bodies, {"type": "http.disconnect"}])

    async def receive() -> Message:
        return next(coming)

    raw = [(name.encode(), value.encode()) for name, value in (headers or {}).items()]
    return Request({"type": "http", "method": "POST", "path": "/", "headers": raw}, receive)


JSON = {"content-type": "application/json"}


@pytest.mark.anyio
async def test_a_body_that_comes_in_parts_is_read_whole() -> None:
    body = await read_body(request_of(b'{"token": "a', b"", b'b"}', headers=JSON), RefreshBody)
    assert body.token == "ab"


@pytest.mark.anyio
async def test_the_beginning_of_a_body_whose_client_is_gone_is_nobodys_request() -> None:
    with pytest.raises(ClientDisconnect):
        await read_body(request_of(b'{"token": "ab"}', ends=False, headers=JSON), RefreshBody)


@pytest.mark.anyio
async def test_a_body_without_a_length_is_given_up_when_it_has_become_too_long() -> None:
    half = b" " * (BODY_LIMIT // 2)
    assert await read_any_bytes(request_of(half, half)) == half + half
    with pytest.raises(BodyTooLarge):
        await read_any_bytes(request_of(half, half, b" ", ends=False))
