"""The refresh token: ours to the letter, or garbage that asks no database."""

import base64
import hashlib
import hmac
import string
import uuid

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from latchstring.core import refresh_token
from latchstring.core.keys import Key, KeyRing
from latchstring.core.refresh_token import RefreshToken

OLD, NEW = Key(0, b"o" * 32), Key(255, b"n" * 32)
RING = KeyRing([NEW, OLD])
SESSION = "6f1c1f1e-0000-4000-8000-00000000abcd"
SECRET = bytes(range(32))
TOKEN = refresh_token.encode(RING, SESSION, 7, SECRET)
ALPHABET = string.ascii_letters + string.digits + "-_"

secrets = st.binary(min_size=32, max_size=32)


@settings(deadline=None)
@given(st.uuids().map(str), st.integers(0, 2**64 - 1), secrets)
def test_a_token_reads_back_as_it_was_written(session_id: str, generation: int, secret: bytes) -> None:
    text = refresh_token.encode(RING, session_id, generation, secret)
    assert len(text) == refresh_token.LENGTH == 98
    assert refresh_token.decode(RING, text) == RefreshToken(255, session_id, generation, secret)


def test_its_bytes_are_those_of_the_specification() -> None:
    raw = base64.urlsafe_b64decode(TOKEN + "==")
    body = b"\xff" + uuid.UUID(SESSION).bytes + (7).to_bytes(8, "big") + SECRET
    tag = hmac.new(RING.derive(255, "refresh-token-tag"), b"rt-tag\0" + body, hashlib.sha256).digest()[:16]
    assert raw == body + tag


@pytest.mark.parametrize("place", range(98))
def test_no_token_with_another_character_anywhere_is_ours(place: int) -> None:
    others = {TOKEN[:place] + character + TOKEN[place + 1 :] for character in ALPHABET + "=+/ .\n\0é"} - {TOKEN}
    assert [text for text in others if refresh_token.decode(RING, text)] == []


@settings(deadline=None)
@given(st.text(max_size=120) | st.text(ALPHABET, min_size=98, max_size=98))
def test_garbage_is_none(text: str) -> None:
    assert refresh_token.decode(RING, text) is None


@pytest.mark.parametrize(
    "text",
    [
        *("", TOKEN[:-1], TOKEN + "A", TOKEN + "=", TOKEN + "==", TOKEN + "\n", " " + TOKEN, TOKEN * 2),
        *(TOKEN[:-1] + "=", TOKEN[:-1] + "\n", TOKEN.swapcase(), "A" * 98, "-" * 98, "A" * 1_000_000),
        *("\ud800" * 98, "é" * 98, "٣" * 98),
    ],
)
def test_a_token_that_is_longer_shorter_or_spelled_otherwise_is_none(text: str) -> None:
    assert refresh_token.decode(RING, text) is None


def test_the_newest_key_writes_and_every_key_of_the_ring_reads() -> None:
    written_before = refresh_token.encode(KeyRing([OLD]), SESSION, 1, SECRET)
    read = refresh_token.decode(RING, written_before)
    assert read is not None
    assert read.key_id == OLD.id
    assert refresh_token.decode(KeyRing([NEW]), written_before) is None


def test_the_key_of_the_same_id_in_another_ring_reads_nothing() -> None:
    assert refresh_token.decode(KeyRing([Key(255, b"x" * 32)]), TOKEN) is None


def test_a_tag_under_the_key_of_another_purpose_is_none() -> None:
    raw = base64.urlsafe_b64decode(TOKEN + "==")[:57]
    for key in (NEW.secret, RING.derive(255, "auth-token-HS256")):
        tag = hmac.digest(key, b"rt-tag\0" + raw, "sha256")[:16]
        assert refresh_token.decode(RING, base64.urlsafe_b64encode(raw + tag).rstrip(b"=").decode()) is None


def test_no_repr_shows_the_secret() -> None:
    token = refresh_token.decode(RING, refresh_token.encode(RING, SESSION, 1, b"canary-canary-canary-canary-cana"))
    assert "canary" not in repr(token)


@pytest.mark.parametrize(("session_id", "secret"), [(SESSION[:-2], SECRET), (SESSION, SECRET + b"x"), ("", b"x" * 48)])
def test_an_id_or_a_secret_of_another_length_is_a_mistake_of_ours(session_id: str, secret: bytes) -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        refresh_token.encode(RING, session_id, 1, secret)


def test_what_is_stored_of_a_secret_is_a_hash() -> None:
    assert refresh_token.digest(SECRET) == hashlib.sha256(b"rt-hash\0" + SECRET).digest()


@settings(deadline=None)
@given(secrets, secrets, st.binary(min_size=16, max_size=16))
def test_a_sealed_secret_opens_with_the_presented_one(presented: bytes, fresh: bytes, nonce: bytes) -> None:
    sealed = refresh_token.seal(presented, SESSION, nonce, fresh)
    assert len(sealed) == 48
    assert sealed.startswith(nonce)
    assert refresh_token.unseal(presented, SESSION, sealed) == fresh


def test_nothing_but_the_presented_secret_in_its_own_session_opens_a_sealed_one() -> None:
    fresh, sealed = b"f" * 32, refresh_token.seal(SECRET, SESSION, b"0" * 16, b"f" * 32)
    assert refresh_token.unseal(b"x" * 32, SESSION, sealed) != fresh
    assert refresh_token.unseal(SECRET, SESSION.replace("a", "b"), sealed) != fresh
    assert refresh_token.unseal(SECRET, SESSION, b"1" + sealed[1:]) != fresh


def test_two_nonces_never_share_a_pad() -> None:
    first, second = (refresh_token.seal(SECRET, SESSION, nonce, bytes(32))[16:] for nonce in (b"0" * 16, b"1" * 16))
    assert first != second


@pytest.mark.parametrize(("nonce", "fresh"), [(b"", b"f" * 32), (b"0" * 16, b"f" * 31), (b"0" * 16, b"f" * 33)])
def test_sealing_other_lengths_is_a_mistake_of_ours(nonce: bytes, fresh: bytes) -> None:
    with pytest.raises(ValueError, match="bytes"):
        refresh_token.seal(SECRET, SESSION, nonce, fresh)


@pytest.mark.parametrize("length", [0, 16, 47, 49])
def test_a_sealed_secret_of_another_length_does_not_open(length: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        refresh_token.unseal(SECRET, SESSION, b"s" * length)
