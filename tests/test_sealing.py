"""Sealing: what opens, for whom, and what does not. The cookie's own tests are in tests/http/test_cookies.py."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from latchstring import Latchstring
from latchstring.core.keys import Key, KeyRing
from latchstring.sealing import Sealer
from latchstring.testing import SeededEntropy

OLD, NEW = Key(1, b"o" * 32), Key(2, b"n" * 32)
CONTENT = b"a canary that nobody else reads"


def sealer(*keys: Key, purpose: str = "test", seed: int = 0) -> Sealer:
    return Sealer(KeyRing(keys or (OLD,)), purpose, SeededEntropy(seed))


@given(content=st.binary(max_size=200), bound_to=st.binary(max_size=50))
def test_what_was_sealed_opens_again_and_is_29_bytes_longer(content: bytes, bound_to: bytes) -> None:
    sealed = sealer().seal(content, bound_to)
    assert sealer().open(sealed, bound_to) == content
    assert len(sealed) == len(content) + 29


def test_nobody_reads_it_and_no_two_are_alike() -> None:
    one = sealer()
    first, second = one.seal(CONTENT), one.seal(CONTENT)
    assert first != second
    assert b"canary" not in first


def test_it_opens_only_for_its_purpose_and_for_whom_it_is_bound_to() -> None:
    sealed = sealer().seal(CONTENT, b"anna")
    assert sealer().open(sealed, b"berta") is None
    assert sealer().open(sealed) is None
    assert sealer(purpose="another").open(sealed, b"anna") is None


def test_a_changed_byte_anywhere_spoils_it() -> None:
    sealed = sealer().seal(CONTENT)
    for at in range(len(sealed)):
        assert sealer().open(sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :]) is None


@pytest.mark.parametrize("garbage", [b"", b"\x01", b"\x01" * 28, b"\x01" * 29, b"\x09" + bytes(60), bytes(5000)])
def test_garbage_does_not_open_and_breaks_nothing(garbage: bytes) -> None:
    assert sealer().open(garbage) is None


def test_older_keys_open_and_the_newest_seals() -> None:
    old, new = sealer(OLD).seal(CONTENT), sealer(NEW, OLD).seal(CONTENT)
    assert sealer(NEW, OLD).open(old) == CONTENT
    assert sealer(NEW).open(new) == CONTENT
    assert sealer(NEW).open(old) is None


def test_an_app_shares_no_purpose_with_the_library() -> None:
    auth = Latchstring("sqlite:///:memory:")
    ours = Sealer(auth.key_ring, "refresh-cookie", SeededEntropy())
    assert auth.sealer("refresh-cookie").open(ours.seal(CONTENT)) is None
    assert auth.sealer("notes").open(auth.sealer("notes").seal(CONTENT)) == CONTENT
