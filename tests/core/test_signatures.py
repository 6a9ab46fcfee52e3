"""HS256 as RFC 2104 and RFC 4231 have it: our few lines against the standard library's, and against the RFC's own."""

import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from latchstring.core import base64url
from latchstring.core.signatures import HmacSha256

VECTORS = [
    (b"\x0b" * 20, b"Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
    (b"Jefe", b"what do ya want for nothing?", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
    (b"\xaa" * 20, b"\xdd" * 50, "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
    (
        b"\xaa" * 131,
        b"Test Using Larger Than Block-Size Key - Hash Key First",
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
    ),
]


@pytest.mark.parametrize(("key", "body", "code"), VECTORS)
def test_the_vectors_of_rfc_4231_come_out(key: bytes, body: bytes, code: str) -> None:
    assert HmacSha256(key).sign(body) == base64url.encode(bytes.fromhex(code))


@given(key=st.binary(max_size=140), bodies=st.lists(st.binary(max_size=300), min_size=1, max_size=3))
def test_any_key_signs_as_the_standard_library_does_however_often(key: bytes, bodies: list[bytes]) -> None:
    ours = HmacSha256(key)
    for body in bodies:
        code = base64url.encode(hmac.digest(key, body, "sha256"))
        assert ours.sign(body) == code
        assert ours.verifies(body, code)
        assert not ours.verifies(body + b"x", code)
