"""The refresh token: `kid(1) ‖ session(16) ‖ generation(8) ‖ secret(32) ‖ tag(16)` in base64url, 98 characters.

The secret is what grants; only its digest is stored. The tag grants nothing: it makes garbage bounce before any
database is asked, and makes every generation that ever was provably ours without a table of them.
"""

import binascii
import hashlib
import hmac
import uuid
from dataclasses import dataclass, field

from latchstring.core.keys import KeyRing

PURPOSE = "refresh-token-tag"
LENGTH = 98
"""Characters: 73 bytes and one more third, in base64url without padding."""

_TO_URL = bytes.maketrans(b"+/", b"-_")
_FROM_URL = bytes.maketrans(b"-_", b"+/")
_BODY = 57
_TAG = 16


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """A token whose tag was right: genuine, though perhaps long spent."""

    key_id: int
    session_id: str
    generation: int
    secret: bytes = field(repr=False)


def encode(ring: KeyRing, session_id: str, generation: int, secret: bytes) -> str:
    key_id = ring.newest.id
    body = bytes([key_id]) + uuid.UUID(session_id).bytes + generation.to_bytes(8, "big") + secret
    raw = binascii.b2a_base64(body + _tag(ring, key_id, body), newline=False)
    return raw.translate(_TO_URL).rstrip(b"=").decode()


def decode(ring: KeyRing, text: str) -> RefreshToken | None:
    """The token, or None for whatever is not ours to the letter; never raises, and asks no database."""
    if len(text) != LENGTH or not text.isascii() or not text.replace("-", "").replace("_", "").isalnum():
        return None
    raw = binascii.a2b_base64(text.encode().translate(_FROM_URL) + b"==")
    # The last character holds four bits that decode to nothing: one spelling of a token is enough.
    if binascii.b2a_base64(raw, newline=False).translate(_TO_URL)[:LENGTH] != text.encode():
        return None
    body, tag, key_id = raw[:_BODY], raw[_BODY:], raw[0]
    if ring.get(key_id) is None or not hmac.compare_digest(tag, _tag(ring, key_id, body)):
        return None
    return RefreshToken(key_id, str(uuid.UUID(bytes=body[1:17])), int.from_bytes(body[17:25], "big"), body[25:])


def _tag(ring: KeyRing, key_id: int, body: bytes) -> bytes:
    return hmac.digest(ring.derive(key_id, PURPOSE), b"rt-tag\0" + body, "sha256")[:_TAG]


def digest(secret: bytes) -> bytes:
    """What is stored of a secret. It has 256 bits of entropy, so a plain hash is enough."""
    return hashlib.sha256(b"rt-hash\0" + secret).digest()


def seal(presented_secret: bytes, session_id: str, nonce: bytes, fresh_secret: bytes) -> bytes:
    """The fresh secret under the presented one: only whoever holds the old token can be given the new one again.

    A one-time pad from HMAC: the nonce (16 bytes) is new for each sealing, and both secrets are 32 bytes.
    """
    pad = _pad(presented_secret, session_id, nonce)
    return nonce + bytes(a ^ b for a, b in zip(fresh_secret, pad, strict=True))


def unseal(presented_secret: bytes, session_id: str, sealed: bytes) -> bytes:
    pad = _pad(presented_secret, session_id, sealed[:16])
    return bytes(a ^ b for a, b in zip(sealed[16:], pad, strict=True))


def _pad(presented_secret: bytes, session_id: str, nonce: bytes) -> bytes:
    return hmac.digest(presented_secret, b"rt-seal\0" + session_id.encode() + nonce, "sha256")
