"""Whose key ring may sign on a database: the table of `decide_keys`, and what a node does not know yet."""

import pytest

from latchstring.core import refresh_token
from latchstring.core.auth_token import AuthClaims, AuthTokens
from latchstring.core.keys import Key, KeyRing
from latchstring.core.known_keys import KeyNotes, KnownKey, decide_keys
from latchstring.errors import ConfigurationError

ONE, TWO, THREE, OTHER = Key(1, b"1" * 32), Key(2, b"2" * 32), Key(3, b"3" * 32), Key(1, b"o" * 32)
SESSION = "8c0f4a3e-5b1d-4c2a-9e6f-7a8b9c0d1e2f"


def mark(key: Key) -> str:
    return KeyRing([key]).fingerprint(key.id)


def known(*keys: Key, retired: tuple[Key, ...] = ()) -> list[KnownKey]:
    return [KnownKey(mark(key), key.id, key in retired) for key in (*keys, *retired)]


@pytest.mark.parametrize(
    ("there", "ring", "notes"),
    [
        (known(), KeyRing([TWO, ONE]), KeyNotes((2, 1))),
        (known(ONE), KeyRing([ONE]), KeyNotes()),
        (known(ONE), KeyRing([TWO, ONE]), KeyNotes((2,))),
        (known(ONE, TWO), KeyRing([ONE]), KeyNotes()),
        (known(ONE, TWO), KeyRing([TWO], [mark(ONE)]), KeyNotes((), (mark(ONE),))),
        (known(ONE), KeyRing([TWO], [mark(ONE)]), KeyNotes((2,), (mark(ONE),))),
        (known(TWO, retired=(ONE,)), KeyRing([TWO, ONE]), KeyNotes()),
        (known(TWO, retired=(OTHER,)), KeyRing([ONE, TWO]), KeyNotes((1,))),
    ],
)
def test_a_ring_that_the_others_know_is_noted(there: list[KnownKey], ring: KeyRing, notes: KeyNotes) -> None:
    assert decide_keys(ring, there) == notes


@pytest.mark.parametrize(
    ("there", "ring", "sentence"),
    [
        (known(ONE), KeyRing([OTHER]), "none of the keys"),
        (known(ONE), KeyRing([THREE], [mark(TWO)]), "none of the keys"),
        (known(ONE, TWO), KeyRing([Key(2, b"x" * 32), ONE]), "Key 2 of this node's secrets file is another"),
        (known(TWO, retired=(ONE,)), KeyRing([ONE]), "Key 1 was retired by the other nodes"),
    ],
)
def test_a_ring_that_would_sign_people_out_is_refused(there: list[KnownKey], ring: KeyRing, sentence: str) -> None:
    with pytest.raises(ConfigurationError, match=sentence) as refusal:
        decide_keys(ring, there)
    assert "Copy the secrets file of the other nodes" in str(refusal.value)


def test_a_fingerprint_says_nothing_of_its_key_and_is_no_key_of_any_purpose() -> None:
    ring = KeyRing([ONE])
    assert ring.fingerprint(1) != mark(OTHER)
    assert ring.fingerprint(1) not in (ONE.secret.hex(), ring.derive(1, refresh_token.PURPOSE).hex())


@pytest.mark.parametrize(
    ("keys", "ahead"),
    [
        ([ONE], {2, 3, 4, 5}),
        ([TWO, ONE], {3, 4, 5, 6}),
        ([ONE, TWO], {3, 4, 5, 6}),
        ([Key(254, b"x" * 32), ONE], {255, 2, 3, 4}),
    ],
)
def test_the_keys_that_others_may_have_already_are_the_next_ones(keys: list[Key], ahead: set[int]) -> None:
    ring = KeyRing(keys)
    assert {key_id for key_id in range(256) if ring.is_ahead(key_id)} == ahead


@pytest.mark.parametrize("algorithm", ["HS256", "EdDSA"])
def test_a_token_by_a_newer_key_is_told_from_one_that_is_bad(algorithm: str) -> None:
    old, new, far = KeyRing([ONE]), KeyRing([TWO, ONE]), KeyRing([Key(9, b"9" * 32)])
    claims = AuthClaims("ada", SESSION, 1, 0, 60)
    tokens = {id(ring): AuthTokens(ring, "us", "us", algorithm) for ring in (old, new, far)}  # type: ignore[arg-type]
    for signer, is_ahead in ((new, True), (old, False), (far, False)):
        refresh = refresh_token.encode(signer, SESSION, 1, b"s" * 32)
        assert refresh_token.is_ahead(old, refresh) is is_ahead
        assert tokens[id(old)].is_ahead(tokens[id(signer)].sign(claims)) is is_ahead
    assert not refresh_token.is_ahead(new, refresh_token.encode(old, SESSION, 1, b"s" * 32))


@pytest.mark.parametrize("text", ["", "x", "A" * 97, "!" * 98, "é" * 98, "\ud800" * 98, "A" * 98, "." * 4000])
def test_garbage_is_by_no_newer_key(text: str) -> None:
    assert not refresh_token.is_ahead(KeyRing([ONE]), text)
    assert not AuthTokens(KeyRing([ONE]), "us", "us").is_ahead(text)
