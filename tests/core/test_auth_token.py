"""The auth token: what others read of it, and what we take; held against PyJWT and against Wycheproof's vectors."""

import base64
import json
from pathlib import Path
from typing import Any

import jwt
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from latchstring.core import base64url
from latchstring.core.auth_token import CLOCK_SKEW, LENGTH_LIMIT, AuthClaims, AuthTokens
from latchstring.core.keys import KeyRing
from latchstring.core.signatures import HmacSha256, open_signed
from latchstring.errors import ConfigurationError
from tests.forge import AUDIENCE, CLAIMS, EDDSA, HMAC_KEY, ISSUER, NEW, NOW, OLD, OUR_HEADER, RING, TOKENS

claims = st.builds(
    AuthClaims,
    subject=st.text(st.characters(codec="utf-8"), max_size=60),
    session_id=st.uuids().map(str),
    generation=st.integers(0, 2**53),
    issued_at=st.integers(0, NOW // 1000),
    expires_at=st.integers(NOW // 1000 + 1, 2**53),
)


def said(claims: AuthClaims) -> AuthClaims:
    return msgspec.structs.replace(claims, issuer=ISSUER, audience=AUDIENCE)


def decoded_by_pyjwt(token: str, key: Any, algorithm: str) -> dict[str, Any]:
    """Without PyJWT's own clock: time is ours to judge."""
    return jwt.decode(
        token,
        key,
        algorithms=[algorithm],
        issuer=ISSUER,
        audience=AUDIENCE,
        options={"verify_exp": False, "verify_iat": False, "require": ["iss", "aud", "sub", "iat", "exp"]},
    )


@settings(deadline=None)
@given(claims)
def test_what_we_sign_pyjwt_reads(claims: AuthClaims) -> None:
    token = TOKENS.sign(claims)
    assert decoded_by_pyjwt(token, HMAC_KEY, "HS256") == msgspec.to_builtins(said(claims))
    assert jwt.get_unverified_header(token) == OUR_HEADER
    assert TOKENS.verify(token, NOW) == TOKENS.verify(token.encode(), NOW) == said(claims)


@settings(deadline=None)
@given(claims, st.randoms())
def test_what_pyjwt_signs_with_exactly_our_header_verifies(claims: AuthClaims, random: Any) -> None:
    pairs = list(msgspec.to_builtins(said(claims)).items())
    random.shuffle(pairs)
    token = jwt.encode(dict(pairs), HMAC_KEY, "HS256", headers={"typ": "at+jwt", "kid": "2"})
    if len(token) <= LENGTH_LIMIT:  # PyJWT escapes what is not ASCII, and so writes longer ones
        assert TOKENS.verify(token, NOW) == said(claims)


@settings(deadline=None)
@given(claims)
def test_what_we_sign_with_eddsa_pyjwt_reads_with_the_published_keys_alone(claims: AuthClaims) -> None:
    token = EDDSA.sign(claims)
    key = jwt.PyJWKSet.from_dict(EDDSA.jwks())[jwt.get_unverified_header(token)["kid"]]
    assert decoded_by_pyjwt(token, key, "EdDSA") == msgspec.to_builtins(said(claims))
    assert EDDSA.verify(token, NOW) == said(claims)


def test_the_published_keys_are_public_and_no_more() -> None:
    assert [set(key) for key in EDDSA.jwks()["keys"]] == [{"kty", "crv", "x", "kid", "use", "alg"}] * 2
    assert [key["kid"] for key in EDDSA.jwks()["keys"]] == ["2", "1"]
    assert TOKENS.jwks() == {"keys": []}


@pytest.mark.parametrize(
    ("issued_at", "expires_at", "now", "live"),
    [
        (100, 200, 100_000, True),
        (100, 200, 199_999, True),
        (100, 200, 200_000, False),  # RFC 7519 section 4.1.4: on or after `exp` is too late
        (100, 200, 10**15, False),
        (100, 200, 100_000 - CLOCK_SKEW, True),
        (100, 200, 100_000 - CLOCK_SKEW - 1, False),  # a token from the future would outlive its lifetime
        (100, 100, 100_000, False),
        (0, 2**53, 100_000, True),
    ],
)
def test_a_token_lives_from_its_iat_to_its_exp(issued_at: int, expires_at: int, now: int, live: bool) -> None:
    for tokens in (TOKENS, EDDSA):
        token = tokens.sign(AuthClaims("s", "i", 0, issued_at=issued_at, expires_at=expires_at))
        assert (tokens.verify(token, now) is not None) is live


def test_the_newest_key_signs_and_every_key_of_the_ring_verifies() -> None:
    for algorithm in ("HS256", "EdDSA"):
        before, after = (AuthTokens(KeyRing([key]), ISSUER, AUDIENCE, algorithm) for key in (OLD, NEW))
        both = AuthTokens(RING, ISSUER, AUDIENCE, algorithm)
        assert both.verify(before.sign(CLAIMS), NOW)
        assert after.verify(both.sign(CLAIMS), NOW)
        assert after.verify(before.sign(CLAIMS), NOW) is None


@pytest.mark.parametrize(("issuer", "audience"), [("another", AUDIENCE), (ISSUER, "another"), (AUDIENCE, ISSUER)])
def test_a_token_of_another_issuer_or_for_another_audience_is_refused(issuer: str, audience: str) -> None:
    # RFC 8725 sections 3.8 and 3.9: also where the key is the same.
    assert TOKENS.verify(AuthTokens(RING, issuer, audience).sign(CLAIMS), NOW) is None


@pytest.mark.parametrize(("issuer", "audience"), [("", AUDIENCE), (ISSUER, "")])
def test_an_empty_issuer_or_audience_is_refused_at_start(issuer: str, audience: str) -> None:
    with pytest.raises(ConfigurationError):
        AuthTokens(RING, issuer, audience)


def test_a_subject_too_long_for_a_verifier_is_refused_when_signing() -> None:
    with pytest.raises(ValueError, match="too long"):
        TOKENS.sign(msgspec.structs.replace(CLAIMS, subject="s" * LENGTH_LIMIT))


def test_quotation_marks_in_a_subject_are_no_claims_said_twice() -> None:
    odd = msgspec.structs.replace(CLAIMS, subject='","sub":"root')
    assert TOKENS.verify(TOKENS.sign(odd), NOW) == said(odd)


# Wycheproof

FILE = Path(__file__).resolve().parents[3] / "shared" / "vectors" / "json_web_signature_test.json"
GROUPS = json.loads(FILE.read_text())["testGroups"] if FILE.exists() else []
"""Where the folder is absent, test_token_forgery makes the same malformations itself."""
VECTORS = [(group.get("private") or group["public"], vector) for group in GROUPS for vector in group["tests"]]
FITTING = [(key, vector) for key, vector in VECTORS if key.get("alg") == "HS256"]

STRICTER = {
    372: "a `?` within the header: a reader that skips it reads what was signed; we read no second spelling",
    373: "the same within the payload",
}
THE_VERY_TEXT_OF = {367: 357, 370: 357}
"""Called invalid for their padding, but byte for byte, key included, another vector that is called valid."""


def vectors_header_allowed(key: dict[str, str], text: str) -> bool:
    """Whether a server with this key might itself have written the header."""
    raw = base64url.decode(text.encode())
    try:
        return raw is not None and bool(json.loads(raw) == {"alg": "HS256", "kid": key["kid"]})
    except ValueError:
        return False


@pytest.mark.parametrize(("key", "vector"), FITTING, ids=[f"{v['tcId']}-{v['comment']}" for _, v in FITTING])
def test_the_verifier_agrees_with_wycheproof(key: dict[str, str], vector: dict[str, Any]) -> None:
    text = vector["jws"] if isinstance(vector["jws"], str) else json.dumps(vector["jws"])
    header = text.partition(".")[0]
    secret = HmacSha256(base64.urlsafe_b64decode(key["k"] + "=="))
    keys = {header.encode(): secret} if vectors_header_allowed(key, header) else {}
    twin = THE_VERY_TEXT_OF.get(vector["tcId"])
    if twin is not None:
        assert [(k, v["jws"], v["result"]) for k, v in FITTING if v["tcId"] == twin] == [(key, text, "valid")]
    valid = twin is not None or (vector["result"] == "valid" and vector["tcId"] not in STRICTER)
    assert (open_signed(text.encode(), keys) is not None) is valid


@pytest.mark.skipif(not VECTORS, reason="no vectors beside the repository")
def test_no_vector_at_all_is_an_auth_token_of_ours() -> None:
    texts = [v["jws"] if isinstance(v["jws"], str) else json.dumps(v["jws"]) for _, v in VECTORS]
    assert len(FITTING) == 40
    assert [text for text in texts if TOKENS.verify(text, NOW) or EDDSA.verify(text, NOW)] == []
