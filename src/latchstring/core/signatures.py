"""The two ways in which auth tokens are signed: a shared secret, or a key pair whose public half is published."""

import base64
import binascii
import hmac
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

_TO_URL = bytes.maketrans(b"+/", b"-_")


class Signature(Protocol):
    """Signatures are base64url without padding, and have one spelling: another is refused."""

    def sign(self, body: bytes) -> bytes: ...

    def verifies(self, body: bytes, signature: bytes) -> bool: ...


class HmacSha256:
    """HS256 (RFC 7518 section 3.2)."""

    __slots__ = ("_key",)

    def __init__(self, key: bytes) -> None:
        self._key = key

    def sign(self, body: bytes) -> bytes:
        mac = hmac.digest(self._key, body, "sha256")
        return binascii.b2a_base64(mac, newline=False).translate(_TO_URL, b"=")

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
        return base64.urlsafe_b64encode(self._private.sign(body)).rstrip(b"=")

    def verifies(self, body: bytes, signature: bytes) -> bool:
        if len(signature) != 86:
            return False
        try:
            raw = base64.b64decode(signature + b"==", altchars=b"-_", validate=True)
            if base64.urlsafe_b64encode(raw).rstrip(b"=") != signature:
                return False
            self._public.verify(raw, body)
        except (binascii.Error, InvalidSignature):
            return False
        return True

    def public_jwk(self) -> dict[str, str]:
        raw = self._public.public_bytes(Encoding.Raw, PublicFormat.Raw)
        return {"kty": "OKP", "crv": "Ed25519", "x": base64.urlsafe_b64encode(raw).rstrip(b"=").decode()}
