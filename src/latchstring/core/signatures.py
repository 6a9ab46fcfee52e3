"""Signed text (JWS compact serialisation, RFC 7515 section 7.1) and the two ways in which ours is signed.

A shared secret, or a key pair whose public half is published. A header is not parsed: it is one of the few strings
that we ourselves would write, one a key, or it is refused. So no algorithm can be chosen by a sender, and no key be
named, fetched or embedded (RFC 8725 sections 2.1, 3.1, 3.5 and 3.10).
"""

import hashlib
import hmac
from collections.abc import Mapping
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from latchstring.core import base64url


class Signature(Protocol):
    """One key with its one algorithm. Signatures are text in base64url."""

    def sign(self, body: bytes) -> bytes: ...

    def verifies(self, body: bytes, signature: bytes) -> bool: ...


_BLOCK = 64
"""Bytes that SHA-256 takes in at a time."""
_INNER, _OUTER = (bytes(byte ^ pad for byte in range(256)) for pad in (0x36, 0x5C))


class HmacSha256:
    """HS256 (RFC 7518 section 3.2)."""

    __slots__ = ("_inner", "_outer")

    def __init__(self, key: bytes) -> None:
        if len(key) > _BLOCK:
            key = hashlib.sha256(key).digest()
        # RFC 2104 section 4: both hashes take in the key once, and each code begins with copies of them. That costs
        # half of what hmac.digest does, and much less of the processor's caches.
        block = key.ljust(_BLOCK, b"\0")
        self._inner, self._outer = (hashlib.sha256(block.translate(pad)) for pad in (_INNER, _OUTER))

    def code(self, body: bytes) -> bytes:
        """The 32 bytes of RFC 2104."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(body)
        outer.update(inner.digest())
        return outer.digest()

    def sign(self, body: bytes) -> bytes:
        return base64url.encode(self.code(body))

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
    payload = signed_payload(text, keys)
    return None if payload is None else base64url.decode(payload)


def signed_payload(text: bytes, keys: Mapping[bytes, Signature]) -> bytes | None:
    """The same, as it was signed: in base64url."""
    body, _, signature = text.rpartition(b".")
    header, _, payload = body.partition(b".")
    key = keys.get(header)
    return payload if key is not None and key.verifies(body, signature) else None
