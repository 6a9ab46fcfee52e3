"""Signed text (JWS compact serialisation, RFC 7515 section 7.1) and the two ways in which ours is signed.

A shared secret, or a key pair whose public half is published. A header is not parsed: it is one of the few strings
that we ourselves would write, one a key, or it is refused. So no algorithm can be chosen by a sender, and no key be
named, fetched or embedded (RFC 8725 sections 2.1, 3.1, 3.5 and 3.10).
"""

import hmac
from collections.abc import Mapping
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from latchstring.core import base64url


class Signature(Protocol):
    """One key with its one algorithm. Signatures are text in base64url."""

    def sign(self, body: bytes) -> bytes: ...

    def verifies(self, body: bytes, signature: bytes) -> bool: ...


class HmacSha256:
    """HS256 (RFC 7518 section 3.2)."""

    __slots__ = ("_keyed",)

    def __init__(self, key: bytes) -> None:
        # A copy of what has taken in the key already costs less than half of what hmac.digest does.
        self._keyed = HMAC(key, SHA256())

    def sign(self, body: bytes) -> bytes:
        code = self._keyed.copy()
        code.update(body)
        return base64url.encode(code.finalize())

    def verifies(self, body: bytes, signature: bytes) -> bool:
        # What is compared is the text that we would write, so padding bits and other alphabets cannot differ.
        return hmac.compare_digest(self.sign(body), signature)


class Ed25519:
    """EdDSA with Ed25519 (RFC 8037 section 3.1). The 32 bytes are the private key's seed (RFC 8032 section 5.1.5)."""

    __slots__ = ("_private", "_public")

    def __init__(self, seed: bytes) -> None:
        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        self._public = self._private.public_key()

    def sign(self, body: bytes) -> bytes:
        return base64url.encode(self._private.sign(body))

    def verifies(self, body: bytes, signature: bytes) -> bool:
        raw = base64url.decode(signature)
        if raw is None:
            return False
        try:
            self._public.verify(raw, body)
        except InvalidSignature:
            return False
        return True

    def public_jwk(self) -> dict[str, str]:
        """RFC 8037 section 2."""
        raw = self._public.public_bytes(Encoding.Raw, PublicFormat.Raw)
        return {"kty": "OKP", "crv": "Ed25519", "x": base64url.encode(raw).decode()}


def sign(header: bytes, payload: bytes, key: Signature) -> bytes:
    body = header + b"." + base64url.encode(payload)
    return body + b"." + key.sign(body)


def open_signed(text: bytes, keys: Mapping[bytes, Signature]) -> bytes | None:
    """The payload, or None. `keys` are by the exact text of their header; nothing is decoded before the signature."""
    body, _, signature = text.rpartition(b".")
    header, _, payload = body.partition(b".")
    key = keys.get(header)
    if key is None or not key.verifies(body, signature):
        return None
    return base64url.decode(payload)
