"""The key ring: newest first, and a key of its own for every purpose."""

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from hypothesis import given, settings
from hypothesis import strategies as st

from latchstring.core.keys import Key, KeyRing
from latchstring.errors import ConfigurationError

OLD, NEW = Key(1, b"o" * 32), Key(2, b"n" * 32)


def test_the_first_key_is_the_newest_and_all_are_found() -> None:
    ring = KeyRing([NEW, OLD])
    assert ring.newest == NEW
    assert ring.ids == (2, 1)
    assert (ring.get(1), ring.get(2), ring.get(3)) == (OLD, NEW, None)


@settings(deadline=None)
@given(secret=st.binary(min_size=32, max_size=64), purpose=st.text(st.characters(codec="utf-8"), max_size=30))
def test_a_derived_key_is_hkdf_expands_of_rfc_5869(secret: bytes, purpose: str) -> None:
    expand = HKDFExpand(algorithm=SHA256(), length=32, info=b"latchstring/1 " + purpose.encode())
    assert KeyRing([Key(7, secret)]).derive(7, purpose) == expand.derive(secret)


def test_each_purpose_and_each_key_has_a_derived_key_of_its_own() -> None:
    ring = KeyRing([NEW, OLD])
    derived = {ring.derive(key_id, purpose) for key_id in (1, 2) for purpose in ("a", "b", "ab", "")}
    assert len(derived) == 8
    assert not derived & {OLD.secret, NEW.secret}
    assert ring.derive(1, "a") is ring.derive(1, "a")


def test_a_key_that_is_not_in_the_ring_derives_nothing() -> None:
    ring = KeyRing([NEW])
    with pytest.raises(KeyError):
        ring.derive(OLD.id, "a")


@pytest.mark.parametrize("keys", [[], [OLD, OLD], [OLD, Key(1, b"x" * 32)]])
def test_a_ring_has_a_key_and_no_id_twice(keys: list[Key]) -> None:
    with pytest.raises(ConfigurationError):
        KeyRing(keys)


@pytest.mark.parametrize("key_id", [-1, 256])
def test_an_id_fits_a_byte(key_id: int) -> None:
    with pytest.raises(ConfigurationError):
        Key(key_id, b"x" * 32)


@pytest.mark.parametrize("length", [0, 16, 31])
def test_a_short_secret_is_refused_and_not_named(length: int) -> None:
    secret = b"canary" + b"x" * (length - 6) if length > 6 else b""
    with pytest.raises(ConfigurationError, match="shorter than 32 bytes") as refusal:
        Key(1, secret)
    assert "canary" not in repr(refusal.value)


def test_no_repr_shows_a_secret() -> None:
    assert "nnnn" not in repr(NEW)
    assert "nnnn" not in repr(KeyRing([NEW]))
