"""What an attacker, or another JWT library, would put together around our auth tokens."""

from typing import Any

import msgspec

from latchstring.core import base64url
from latchstring.core.auth_token import AuthClaims, AuthTokens
from latchstring.core.keys import Key, KeyRing
from latchstring.core.signatures import HmacSha256, sign

OLD = Key(1, bytes(range(32)))
NEW = Key(2, bytes(range(100, 140)))
RING = KeyRing([NEW, OLD])
ISSUER, AUDIENCE = "latchstring", "https://chat.example.org"
NOW = 1_800_000_000_000
CLAIMS = AuthClaims(
    "subject-1", "6f1c1f1e-0000-4000-8000-000000000001", 3, issued_at=NOW // 1000, expires_at=NOW // 1000 + 1800
)
TOKENS = AuthTokens(RING, ISSUER, AUDIENCE)
EDDSA = AuthTokens(RING, ISSUER, AUDIENCE, "EdDSA")
OUR_HEADER = {"alg": "HS256", "kid": "2", "typ": "at+jwt"}
HMAC_KEY = RING.derive(NEW.id, "auth-token-HS256")
"""As only the server knows it: a forgery that is refused even so is refused for its form, not for its signature."""


def claims_in_json(**changes: Any) -> dict[str, Any]:
    """The claims of a token that would verify, with changes; a claim changed to `...` is left out."""
    claims = msgspec.to_builtins(msgspec.structs.replace(CLAIMS, issuer=ISSUER, audience=AUDIENCE)) | changes
    return {name: value for name, value in claims.items() if value is not ...}


def signed(header: bytes | dict[str, Any], payload: bytes | dict[str, Any], key: bytes = HMAC_KEY) -> str:
    """A token with any header and any payload, under our own key if no other is given."""
    return sign(base64url.encode(_json(header)), _json(payload), HmacSha256(key)).decode()


def signed_text(header: bytes, payload: bytes, key: bytes = HMAC_KEY) -> str:
    """The same, of parts that are taken as they are: the base64url may be wrong."""
    body = header + b"." + payload
    return (body + b"." + HmacSha256(key).sign(body)).decode()


def _json(value: bytes | dict[str, Any]) -> bytes:
    return value if isinstance(value, bytes) else msgspec.json.encode(value)
