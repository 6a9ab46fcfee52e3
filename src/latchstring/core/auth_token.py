"""The auth token: a JWT that any library can read, and a verifier for exactly the tokens that we write.

Its type is that of RFC 9068 section 2.1, so that no other kind of JWT passes for one (RFC 8725 section 3.11). It is
no access token of an OAuth server: it has no client_id and no jti, but a session (`sid`) and a generation (`gen`).
"""

import json
from typing import Annotated

import msgspec

from latchstring.core import base64url
from latchstring.core.keys import KeyRing
from latchstring.core.signatures import Ed25519, HmacSha256, Signature, sign, signed_payload
from latchstring.errors import ConfigurationError
from latchstring.settings import Algorithm

PURPOSE = "auth-token"
TYPE = "at+jwt"
LENGTH_LIMIT = 2048
"""Characters. Ours have about 350; more is not looked at."""
CLOCK_SKEW = 60_000
"""Milliseconds by which the clock of the node that signed may be ahead of ours."""

_QUOTATION_MARKS = 22
"""Seven names and four texts have two each, so that a name said twice makes more."""

_Count = Annotated[int, msgspec.Meta(ge=0, le=2**53)]


class AuthClaims(
    msgspec.Struct,
    frozen=True,
    gc=False,
    forbid_unknown_fields=True,
    rename={
        "subject": "sub",
        "session_id": "sid",
        "generation": "gen",
        "issued_at": "iat",
        "expires_at": "exp",
        "issuer": "iss",
        "audience": "aud",
    },
):
    """What a token says. Times are whole Unix seconds. Issuer and audience are filled in by whoever signs."""

    subject: str
    session_id: str
    generation: _Count
    issued_at: _Count
    expires_at: _Count
    issuer: str = ""
    audience: str = ""


class AuthTokens:
    """Signs with the newest key and verifies with all, by one algorithm alone.

    Raises ConfigurationError for an empty issuer or audience: a token that names none would pass for ours.
    """

    def __init__(self, ring: KeyRing, issuer: str, audience: str, algorithm: Algorithm = "HS256") -> None:
        if not issuer or not audience:
            raise ConfigurationError("Auth tokens have an issuer and an audience; neither is empty.")
        kind = HmacSha256 if algorithm == "HS256" else Ed25519
        # Each algorithm derives keys of its own: no byte of one is ever a key of the other (RFC 8725 section 2.1).
        self._keys: dict[int, Signature] = {
            key_id: kind(ring.derive(key_id, f"{PURPOSE}-{algorithm}")) for key_id in ring.ids
        }
        self._by_header = {_header(algorithm, key_id): key for key_id, key in self._keys.items()}
        self._ahead = {_header(algorithm, key_id) for key_id in range(256) if ring.is_ahead(key_id)}
        self._newest_header, self._newest = _header(algorithm, ring.newest.id), self._keys[ring.newest.id]
        self._issuer, self._audience = issuer, audience
        self._encode = msgspec.json.Encoder().encode
        self._decode = msgspec.json.Decoder(AuthClaims).decode

    def sign(self, claims: AuthClaims) -> str:
        """Raises ValueError where the subject is so long that no verifier would look at the token."""
        claims = msgspec.structs.replace(claims, issuer=self._issuer, audience=self._audience)
        token = sign(self._newest_header, self._encode(claims), self._newest)
        if len(token) > LENGTH_LIMIT:
            raise ValueError(f"an auth token has at most {LENGTH_LIMIT} characters: the subject is too long")
        return token.decode()

    def verify(self, token: str | bytes, now: int) -> AuthClaims | None:
        """What a live token of ours says; None for every way in which it can be bad. `now` is in milliseconds."""
        payload = self.signed_payload(token)
        return None if payload is None else self.read(payload, now)

    def signed_payload(self, token: str | bytes) -> bytes | None:
        """What a token of ours carries, live or not, to be read by `read`; None without one of our signatures."""
        if len(token) > LENGTH_LIMIT:
            return None
        if isinstance(token, str):
            if not token.isascii():
                return None
            token = token.encode()
        return signed_payload(token, self._by_header)

    def is_ahead(self, token: str | bytes) -> bool:
        """Whether it may be signed by a key that another node has already, and this one not yet."""
        if len(token) > LENGTH_LIMIT or not token.isascii():
            return False
        return (token.encode() if isinstance(token, str) else token).partition(b".")[0] in self._ahead

    def read(self, payload: bytes, now: int) -> AuthClaims | None:
        """What a signed payload says; None where it is no live token's."""
        # It was written by whoever holds the key; it is typed, and read to the letter, all the same.
        text = base64url.decode(payload)
        if text is None:
            return None
        try:
            claims = self._decode(text)
        except ValueError:
            return None
        ours = claims.issuer == self._issuer and claims.audience == self._audience
        if not ours or claims.expires_at * 1000 <= now or claims.issued_at * 1000 > now + CLOCK_SKEW:
            return None
        return claims if text.count(b'"') == _QUOTATION_MARKS or _each_name_once(text) else None

    def jwks(self) -> dict[str, list[dict[str, str]]]:
        """The public keys for services that verify without our secret (RFC 7517, RFC 8037); none with HS256."""
        return {
            "keys": [
                {**key.public_jwk(), "kid": str(key_id), "use": "sig", "alg": "EdDSA"}
                for key_id, key in self._keys.items()
                if isinstance(key, Ed25519)
            ]
        }


def _header(algorithm: Algorithm, key_id: int) -> bytes:
    """Its members in alphabetical order, as other libraries write them too."""
    return base64url.encode(msgspec.json.encode({"alg": algorithm, "kid": str(key_id), "typ": TYPE}))


def _each_name_once(payload: bytes) -> bool:
    """Two readers may each take another of two claims with one name (RFC 7519 section 4, RFC 8725 section 2.4)."""
    pairs = json.loads(payload, object_pairs_hook=list)
    return len(dict(pairs)) == len(pairs)
