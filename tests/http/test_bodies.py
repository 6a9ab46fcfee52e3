"""Bodies: whatever the bytes are, they become the struct or a clear refusal."""

import msgspec
import pytest

from latchstring.errors import InvalidRequest
from latchstring.http.api_bodies import LoginBody, RefreshBody
from latchstring.http.bodies import Body, decode_body


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
