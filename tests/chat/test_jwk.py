"""Key pairs: what is taken for one, and that nothing else of what came is kept."""

from typing import Any

import pytest

from chat.jwk import MEMBERS, KeyPair
from chat.refusals import InvalidKey
from tests.chat.pairs import Jwk, halves

SECRET = ("d", "dp", "dq", "p", "q", "qi")


def changed(half: Jwk, **change: Any) -> Jwk:
    return {**half, **change}


def test_both_halves_are_kept_with_the_twelve_members_and_no_others() -> None:
    public, private = halves()
    pair = KeyPair.read({**public, "use": "enc", "type": "private", "user_id": "x"}, private)
    assert tuple(pair.public) == tuple(pair.private) == MEMBERS
    assert {name: value for name, value in pair.public.items() if value is not None} == public
    assert pair.private == private


def test_what_is_null_is_as_what_is_absent() -> None:
    public, private = halves()
    bare = {name: public[name] for name in ("kty", "n", "e")}
    nulls = dict.fromkeys(MEMBERS) | bare
    assert KeyPair.read(bare, private).public == KeyPair.read(nulls, private).public == nulls


def test_no_private_number_is_in_its_repr() -> None:
    public, private = halves()
    assert private["d"] not in repr(KeyPair.read(public, private))


@pytest.mark.parametrize("name", SECRET)
def test_a_public_half_with_a_private_number_is_refused_before_anybody_is_sent_it(name: str) -> None:
    public, private = halves()
    with pytest.raises(InvalidKey):
        KeyPair.read({**public, name: private[name]}, private)
    with pytest.raises(InvalidKey):
        KeyPair.read({**public, name: ""}, private)


@pytest.mark.parametrize("name", SECRET)
@pytest.mark.parametrize("value", [None, "", "!", "A", 5, ["AQAB"], "A" * 343, "AQAB=", "é", "\ud800", "AQ\x00B"])
def test_a_private_half_has_all_its_numbers(name: str, value: Any) -> None:
    public, private = halves()
    with pytest.raises(InvalidKey):
        KeyPair.read(public, changed(private, **{name: value}))


@pytest.mark.parametrize(
    "change",
    [
        {"kty": "EC"},
        {"kty": None},
        {"kty": ["RSA"]},
        {"alg": "RSA-OAEP"},
        {"alg": "none"},
        {"alg": 1},
        {"ext": "true"},
        {"ext": 1},
        {"key_ops": "encrypt"},
        {"key_ops": [1]},
        {"key_ops": ["\ud800"]},
        {"key_ops": ["encrypt\u2028"]},
        {"key_ops": ["a" * 33]},
        {"key_ops": ["encrypt"] * 9},
        {"n": None},
        {"n": 5},
        {"n": ""},
        {"n": "AQAB"},
        {"n": "A" * 342},
        {"n": "A" * 65_536},
        {"n": "\u202e"},
        {"e": None},
        {"e": "AQ"},
        {"e": "Ag"},
        {"e": "AA"},
        {"e": "A===="},
    ],
)
def test_each_member_is_checked_in_both_halves(change: Jwk) -> None:
    public, private = halves()
    for one, other in ((changed(public, **change), private), (public, changed(private, **change))):
        with pytest.raises(InvalidKey):
            KeyPair.read(one, other)


@pytest.mark.parametrize("half", [None, "", "{}", [], 5, True, {}, {"kty": "RSA"}])
def test_what_is_no_jwk_at_all_is_refused(half: Any) -> None:
    public, private = halves()
    for one, other in ((half, private), (public, half)):
        with pytest.raises(InvalidKey):
            KeyPair.read(one, other)


def test_the_halves_of_two_pairs_are_no_pair() -> None:
    with pytest.raises(InvalidKey):
        KeyPair.read(halves(0)[0], halves(1)[1])


@pytest.mark.parametrize("bits", [1024, 3072])
def test_a_key_of_another_size_is_refused(bits: int) -> None:
    with pytest.raises(InvalidKey):
        KeyPair.read(*halves(0, bits))
