"""The auth token: a JWT that any library can read, and a verifier for exactly the tokens that we write.

A header is not parsed: it is one of the few strings that we ourselves would write, one a key, or it is refused. So
no algorithm can be chosen by a sender, no key be named, fetched or embedded (RFC 8725 sections 2.1, 3.1 and 3.5).
"""

import base64
import binascii
from typing import Annotated

import msgspec

from latchstring.core.keys import KeyRing
from latchstring.core.signatures import Ed25519, HmacSha256, Signature
from latchstring.settings import Algorithm

PURPOSE = "auth-token"
TYPE = "at+jwt"
LENGTH_LIMIT = 2048
"""Characters. Ours have about 400; more is not looked at."""

_FROM_URL = bytes.maketrans(b"-_", b"+/")


_Seconds = Annotated[int, msgspec.Meta(ge=0, le=2**53)]


class AuthClaims(
    msgspec.Struct,
    frozen=True,
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
    generation: _Seconds
    issued_at: _Seconds
    expires_at: _Seconds
    issuer: str = ""
    audience: str = ""


class AuthTokens:
    """Signs with the newest key and verifies with all, by one algorithm alone."""

    def __init__(self, ring: KeyRing, issuer: str, audience: str, algorithm: Algorithm = "HS256") -> None:
        kind = HmacSha256 if algorithm == "HS256" else Ed25519
        # Each algorithm derives keys of its own: no byte of one is ever a key of the other.
        keys: dict[int, Signature] = {
            key_id: kind(ring.derive(key_id, f"{PURPOSE}-{algorithm}")) for key_id in ring.ids
        }
        headers = {key_id: _header(algorithm, key_id) for key_id in ring.ids}
        self._by_header = {headers[key_id]: keys[key_id] for key_id in ring.ids}
        self._keys = keys
        self._newest_header, self._newest = headers[ring.newest.id], keys[ring.newest.id]
        self._issuer, self._audience = issuer, audience
        self._encode = msgspec.json.Encoder().encode
        self._decode = msgspec.json.Decoder(AuthClaims).decode

    def sign(self, claims: AuthClaims) -> str:
        claims = msgspec.structs.replace(claims, issuer=self._issuer, audience=self._audience)
        body = self._newest_header + b"." + base64.urlsafe_b64encode(self._encode(claims)).rstrip(b"=")
        return (body + b"." + self._newest.sign(body)).decode()

    def verify(self, token: str | bytes, now: int) -> AuthClaims | None:
        """What a live token of ours says; None for every way in which it can be bad. `now` is in milliseconds."""
        if len(token) > LENGTH_LIMIT:
            return None
        if isinstance(token, str):
            if not token.isascii():
                return None
            token = token.encode()
        body, _, signature = token.rpartition(b".")
        header, _, payload = body.partition(b".")
        key = self._by_header.get(header)
        if key is None or not key.verifies(body, signature):
            return None
        # Only now is anything decoded: what follows was written by whoever holds the key.
        try:
            claims = self._decode(binascii.a2b_base64(payload.translate(_FROM_URL) + b"=="))
        except (msgspec.DecodeError, ValueError):
            return None
        ours = claims.issuer == self._issuer and claims.audience == self._audience
        return claims if ours and claims.expires_at * 1000 > now else None

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
    header = {"typ": TYPE, "alg": algorithm, "kid": str(key_id)}
    return base64.urlsafe_b64encode(msgspec.json.encode(header)).rstrip(b"=")
