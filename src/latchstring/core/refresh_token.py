"""The refresh token: `kid(1) ‖ session(16) ‖ generation(8) ‖ secret(32) ‖ tag(16)` in base64url, 98 characters.

The secret is what grants; only its digest is stored. The tag grants nothing: it makes garbage bounce before any
database is asked, and makes every generation that ever was provably ours without a table of them.
"""

import hashlib
import hmac
from dataclasses import dataclass, field
from functools import lru_cache

from latchstring.core import base64url
from latchstring.core.keys import KeyRing
from latchstring.core.signatures import HmacSha256

PURPOSE = "refresh-token-tag"
LENGTH = 98
"""Characters: 73 bytes in base64url without padding."""

_BODY = 57
_TAG = 16
_NONCE = 16
_SECRET = 32


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """A token whose tag was right: genuine, though perhaps long spent."""

    key_id: int
    session_id: str
    generation: int
    secret: bytes = field(repr=False)


def encode(ring: KeyRing, session_id: str, generation: int, secret: bytes) -> str:
    """Raises ValueError for a session id or a secret of another length."""
    key_id = ring.newest.id
    body = bytes((key_id,)) + bytes.fromhex(session_id.replace("-", "")) + generation.to_bytes(8, "big") + secret
    if len(body) != _BODY or len(secret) != _SECRET:
        raise ValueError("a refresh token has a session id of 16 bytes and a secret of 32")
    return base64url.encode(body + _tag(ring, key_id, body)).decode()


def decode(ring: KeyRing, text: str) -> RefreshToken | None:
    """The token, or None for whatever is not ours to the letter; never raises, and asks no database."""
    raw = _raw(text)
    if raw is None:
        return None
    body, tag, key_id = raw[:_BODY], raw[_BODY:], raw[0]
    if ring.get(key_id) is None or not hmac.compare_digest(tag, _tag(ring, key_id, body)):
        return None
    return RefreshToken(key_id, _uuid_text(body[1:17].hex()), int.from_bytes(body[17:25], "big"), body[25:])


def is_ahead(ring: KeyRing, text: str) -> bool:
    """Whether it may be signed by a key that another node has already, and this one not yet."""
    raw = _raw(text)
    return raw is not None and ring.is_ahead(raw[0])


def _raw(text: str) -> bytes | None:
    return base64url.decode(text.encode()) if len(text) == LENGTH and text.isascii() else None


def _tag(ring: KeyRing, key_id: int, body: bytes) -> bytes:
    return _authenticator(ring.derive(key_id, PURPOSE)).code(b"rt-tag\0" + body)[:_TAG]


@lru_cache(maxsize=256)
def _authenticator(key: bytes) -> HmacSha256:
    return HmacSha256(key)


def _uuid_text(digits: str) -> str:
    """As `str(UUID(...))`, at a quarter of its cost."""
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def digest(secret: bytes) -> bytes:
    """What is stored of a secret. It has 256 bits of entropy, so a plain hash is enough."""
    return hashlib.sha256(b"rt-hash\0" + secret).digest()


def seal(presented_secret: bytes, session_id: str, nonce: bytes, fresh_secret: bytes) -> bytes:
    """The fresh secret under the presented one: only whoever holds the old token can be given the new one again.

    A one-time pad from HMAC: the nonce (16 bytes) is new for each sealing, and both secrets are 32 bytes. Raises
    ValueError for other lengths.
    """
    if len(nonce) != _NONCE:
        raise ValueError(f"a nonce has {_NONCE} bytes")
    return nonce + _padded(presented_secret, session_id, nonce, fresh_secret)


def unseal(presented_secret: bytes, session_id: str, sealed: bytes) -> bytes:
    """The secret that was sealed; noise where another one was presented. Raises ValueError for another length."""
    return _padded(presented_secret, session_id, sealed[:_NONCE], sealed[_NONCE:])


def _padded(presented_secret: bytes, session_id: str, nonce: bytes, secret: bytes) -> bytes:
    if len(secret) != _SECRET:
        raise ValueError(f"a secret has {_SECRET} bytes")
    pad = hmac.digest(presented_secret, b"rt-seal\0" + session_id.encode() + nonce, "sha256")
    return (int.from_bytes(secret, "big") ^ int.from_bytes(pad, "big")).to_bytes(_SECRET, "big")
