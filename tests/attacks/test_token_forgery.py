"""Attacks on tokens (RFC 8725): whatever is not to the letter what we would sign is None, and never an exception.

Most forgeries here are signed with our own secret key: they are refused for what they are, not for their signature.
"""

import base64
import json
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import example, given, settings
from hypothesis import strategies as st

from latchstring.core import base64url, refresh_token
from latchstring.core.auth_token import LENGTH_LIMIT
from latchstring.core.signatures import sign
from tests.forge import CLAIMS, EDDSA, HMAC_KEY, NEW, NOW, OUR_HEADER, RING, TOKENS, claims_in_json, signed, signed_text

TOKEN = TOKENS.sign(CLAIMS)
HEADER, PAYLOAD, SIGNATURE = TOKEN.split(".")
EDDSA_TOKEN = EDDSA.sign(CLAIMS)


def refused(token: str) -> bool:
    """By both verifiers, as text and, where it has any, as bytes."""
    forms: list[str | bytes] = [token]
    if not any("\ud800" <= character <= "\udfff" for character in token):
        forms.append(token.encode())
    return [tokens.verify(form, NOW) for tokens in (TOKENS, EDDSA) for form in forms] == [None] * 2 * len(forms)


def test_the_token_that_these_attacks_start_from_is_good() -> None:
    assert TOKENS.verify(TOKEN, NOW)
    assert TOKENS.verify(signed(OUR_HEADER, claims_in_json()), NOW)
    assert TOKENS.verify(signed_text(HEADER.encode(), PAYLOAD.encode()), NOW)
    assert EDDSA.verify(EDDSA_TOKEN, NOW)


# The header: RFC 8725 sections 2.1, 3.1 (algorithms), 3.5, 3.10 (keys that a sender names), 3.11 (types)

HEADERS: list[dict[str, Any]] = [
    *({**OUR_HEADER, "alg": alg} for alg in ("none", "None", "NONE", "", "HS384", "HS512", "hs256", "EdDSA", "RS256")),
    *({**OUR_HEADER, "alg": alg} for alg in (None, True, 256, ["HS256"], {"name": "HS256"}, "HS256 ", "HS256\0")),
    *({**OUR_HEADER, "typ": typ} for typ in ("JWT", "at+JWT", "application/at+jwt", "rt+jwt", None, "", 1)),
    *({**OUR_HEADER, "kid": kid} for kid in ("3", "02", "2 ", " 2", "+2", "٢", "2.0", "", "0", "-1", "256", "2\n")),
    *({**OUR_HEADER, "kid": kid} for kid in (2, None, True, ["2"], "../../dev/null", "2' OR '1'='1", "A" * 500)),
    *({**OUR_HEADER, name: "https://evil.example"} for name in ("jku", "x5u", "x5t", "iss", "zip", "cty")),
    {**OUR_HEADER, "jwk": {"kty": "oct", "k": base64url.encode(HMAC_KEY).decode()}},
    {**OUR_HEADER, "x5c": ["MIIB"]},
    {**OUR_HEADER, "crit": ["exp"]},
    {**OUR_HEADER, "crit": []},
    {**OUR_HEADER, "b64": False, "crit": ["b64"]},
    {"alg": "HS256"},
    {"alg": "HS256", "typ": "at+jwt"},
    {"kid": "2", "typ": "at+jwt"},
    dict(reversed(OUR_HEADER.items())),
    {},
]


@pytest.mark.parametrize("header", HEADERS, ids=[json.dumps(header)[:60] for header in HEADERS])
def test_no_header_but_ours_is_read_even_under_our_own_key(header: dict[str, Any]) -> None:
    assert refused(signed(header, claims_in_json()))
    assert refused(signed(header, claims_in_json()).rpartition(".")[0] + ".")


@pytest.mark.parametrize(
    "header",
    [
        *(b"", b" ", b"null", b"[]", b'"HS256"', b"{", json.dumps(OUR_HEADER).encode(), b"\xff", b"\0"),
        b'{"alg":"none","alg":"HS256","kid":"2","typ":"at+jwt"}',
        b'{"alg":"HS256","kid":"2","typ":"at+jwt"}\n',
    ],
)
def test_no_other_spelling_of_the_header_is_read(header: bytes) -> None:
    assert refused(signed(header, claims_in_json()))


# The claims: typed, each there, each once

BAD_NUMBERS: list[Any] = [None, True, False, "1", "", 1.0, 1.5, -1, 2**53 + 1, 2**63, 2**64, 10**30, [1], {"a": 1}]
BAD_TEXTS: list[Any] = [None, 1, True, ["a"], {}, 1.5]
CLAIMS_OF_ANOTHER_KIND: list[dict[str, Any]] = [
    *(claims_in_json(**{name: ...}) for name in claims_in_json()),
    *(claims_in_json(**{name: value}) for name in ("gen", "iat", "exp") for value in BAD_NUMBERS),
    *(claims_in_json(**{name: value}) for name in ("sub", "sid", "iss", "aud") for value in BAD_TEXTS),
    claims_in_json(aud=["https://chat.example.org"]),
    claims_in_json(iss="latchstring "),
    claims_in_json(aud="https://chat.example.org.evil.example"),
    claims_in_json(exp=NOW // 1000),
    claims_in_json(exp=0),
    claims_in_json(iat=NOW // 1000 + 3600),
    claims_in_json(nbf=0),
    claims_in_json(admin=True),
    claims_in_json(sub=json.loads("[" * 200 + "]" * 200)),
]


@pytest.mark.parametrize("number", range(len(CLAIMS_OF_ANOTHER_KIND)))
def test_claims_that_we_would_not_write_are_refused_even_under_our_own_key(number: int) -> None:
    assert refused(signed(OUR_HEADER, json.dumps(CLAIMS_OF_ANOTHER_KIND[number]).encode()))


WRITTEN = json.dumps(claims_in_json(), separators=(",", ":"))
JSON_TRICKS = {
    "a claim twice": WRITTEN[:-1] + ',"sub":"root"}',
    "a claim twice, the first time": '{"sub":"root",' + WRITTEN[1:],
    "a claim twice, spelled otherwise": WRITTEN[:-1] + ',"\\u0073ub":"root"}',
    "a number twice": WRITTEN[:-1] + ',"exp":9999999999}',
    "a claim twice, with white space": WRITTEN[:-1] + ' , "sub" : "root" }',
    "NaN": WRITTEN.replace('"gen":3', '"gen":NaN'),
    "Infinity": WRITTEN.replace('"gen":3', '"gen":Infinity'),
    "an exponent": WRITTEN.replace('"gen":3', '"gen":3e0'),
    "a huge exponent": WRITTEN.replace('"gen":3', '"gen":1e999'),
    "a thousand digits": WRITTEN.replace('"gen":3', '"gen":' + "9" * 1000),
    "a leading zero": WRITTEN.replace('"gen":3', '"gen":03'),
    "a plus sign": WRITTEN.replace('"gen":3', '"gen":+3'),
    "a lone high surrogate": WRITTEN.replace("subject-1", "\\ud800"),
    "a lone low surrogate": WRITTEN.replace("subject-1", "\\udc00"),
    "a control character": WRITTEN.replace("subject-1", "a\nb"),
    "a trailing comma": WRITTEN[:-1] + ",}",
    "a comment": WRITTEN + "//",
    "two documents": WRITTEN + WRITTEN,
    "a byte order mark": "\ufeff" + WRITTEN,
    "a NUL after it": WRITTEN + "\0",
    "an array": "[" + WRITTEN + "]",
    "deep nesting": '{"a":' * 200 + "1" + "}" * 200,
    "null": "null",
    "nothing": "",
    "a text": '"sub"',
}


@pytest.mark.parametrize("trick", JSON_TRICKS)
def test_no_trick_with_json_is_read_even_under_our_own_key(trick: str) -> None:
    assert refused(signed(OUR_HEADER, JSON_TRICKS[trick].encode()))


@pytest.mark.parametrize("payload", [WRITTEN.encode("utf-16"), b"\xff\xfe", WRITTEN.encode().replace(b"-1", b"\xff")])
def test_claims_that_are_not_utf_8_are_refused(payload: bytes) -> None:  # RFC 8725 section 3.7
    assert refused(signed(OUR_HEADER, payload))


# The text: the same malformations as in Wycheproof's vectors, and others

H, P = HEADER.encode(), PAYLOAD.encode()
IN_THE_OTHER_ALPHABET = base64.b64encode(json.dumps(claims_in_json(sub="???>>>~~~")).encode()).rstrip(b"=")
assert b"/" in IN_THE_OTHER_ALPHABET
MALFORMED: dict[str, Callable[[], str]] = {
    "an empty text": lambda: "",
    "dots alone": lambda: "..",
    "no signature": lambda: f"{HEADER}.{PAYLOAD}.",
    "no signature and no dot": lambda: f"{HEADER}.{PAYLOAD}",
    "no payload": lambda: f"{HEADER}..{SIGNATURE}",
    "no payload and no dot": lambda: f"{HEADER}.{SIGNATURE}",
    "no header": lambda: f".{PAYLOAD}.{SIGNATURE}",
    "no header and no dot": lambda: f"{PAYLOAD}.{SIGNATURE}",
    "an empty part at the end": lambda: f"{TOKEN}.",
    "an empty part in front": lambda: f".{TOKEN}",
    "another part at the end": lambda: f"{TOKEN}.foo",
    "two dots": lambda: f"{HEADER}..{PAYLOAD}.{SIGNATURE}",
    "JSON serialisation": lambda: json.dumps({"protected": HEADER, "payload": PAYLOAD, "signature": SIGNATURE}),
    "two parts that were signed as one payload": lambda: signed_text(H, P + b"." + P),
    "an empty payload that was signed": lambda: signed_text(H, b""),
    "spaces in a signed payload": lambda: signed_text(H, b"    " + P),
    "signs in a signed payload": lambda: signed_text(H, b"####" + P),
    "a line break in a signed payload": lambda: signed_text(H, P[:40] + b"\n" + P[40:]),
    "padding on a signed payload": lambda: signed_text(H, P + b"=" * (-len(P) % 4 or 4)),
    "the other alphabet in a signed payload": lambda: signed_text(H, IN_THE_OTHER_ALPHABET),
    "spaces in a signed header": lambda: signed_text(H + b"    ", P),
    "signs in a signed header": lambda: signed_text(H + b"####", P),
    "padding on a signed header": lambda: signed_text(H + b"=", P),
    "spaces in the signature": lambda: f"{HEADER}.{PAYLOAD}.    {SIGNATURE}",
    "a sign before the signature": lambda: f"{HEADER}.{PAYLOAD}.?{SIGNATURE}",
    "a sign after the signature": lambda: f"{TOKEN}?",
    "padding": lambda: f"{TOKEN}=",
    "a space before": lambda: f" {TOKEN}",
    "a space after": lambda: f"{TOKEN} ",
    "a line break after": lambda: f"{TOKEN}\n",
    "CR LF after": lambda: f"{TOKEN}\r\n",
    "a NUL after": lambda: f"{TOKEN}\0",
    "its scheme": lambda: f"Bearer {TOKEN}",
    "the other case": TOKEN.swapcase,
    "a letter outside ASCII": lambda: TOKEN.replace("e", "е", 1),
    "full-width dots": lambda: TOKEN.replace(".", "．"),
    "a lone surrogate": lambda: TOKEN + "\ud800",
    "lone surrogates alone": lambda: "\ud800.\udfff.\ud800",
    "quotation marks": lambda: f'"{TOKEN}"',
    "a megabyte": lambda: "A" * 1_000_000,
    "a megabyte of dots": lambda: "." * 1_000_000,
    "a megabyte outside ASCII": lambda: "é" * 1_000_000,
    "a megabyte of signed payload": lambda: signed(OUR_HEADER, b" " * 1_000_000 + WRITTEN.encode()),
    "white space that makes it too long": lambda: signed(OUR_HEADER, WRITTEN.encode() + b" " * LENGTH_LIMIT),
}


@pytest.mark.parametrize("kind", MALFORMED)
def test_no_malformed_text_is_a_token(kind: str) -> None:
    assert refused(MALFORMED[kind]())


@pytest.mark.parametrize("filler", range(3))
def test_stray_bits_in_the_last_character_of_a_signed_payload_are_refused(filler: int) -> None:
    payload = base64url.encode(json.dumps(claims_in_json(sub="s" * filler)).encode())
    for character in b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_":
        spelled = payload[:-1] + bytes([character])
        same = base64.urlsafe_b64decode(spelled + b"==") == base64.urlsafe_b64decode(payload + b"==")
        if same:
            assert (TOKENS.verify(signed_text(H, spelled), NOW) is not None) is (spelled == payload)


# Mutations of a good token

edits = st.tuples(st.integers(0, len(TOKEN)), st.integers(0, 3), st.text(st.characters(max_codepoint=255), max_size=3))


@settings(deadline=None)
@given(st.lists(edits, min_size=1, max_size=3))
@example([(len(TOKEN) - 1, 1, "g")])
def test_no_mutation_of_a_good_token_verifies(edits: list[tuple[int, int, str]]) -> None:
    for good in (TOKEN, EDDSA_TOKEN):
        token = good
        for place, removed, put in edits:
            token = token[:place] + put + token[place + removed :]
        assert token == good or refused(token)


@pytest.mark.parametrize("good", [TOKEN, EDDSA_TOKEN], ids=["HS256", "EdDSA"])
def test_no_other_character_anywhere_verifies(good: str) -> None:
    changed = [good[:at] + chr(ord(good[at]) ^ bit) + good[at + 1 :] for at in range(len(good)) for bit in (1, 2, 32)]
    assert [token for token in changed if not refused(token)] == []


@settings(deadline=None)
@given(st.text(max_size=100) | st.lists(st.text("eyJhbGciOiJ-_=", max_size=30), max_size=5).map(".".join))
def test_garbage_is_none(text: str) -> None:
    assert refused(text)


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_garbage_in_bytes_is_none(raw: bytes) -> None:
    assert TOKENS.verify(raw, NOW) is EDDSA.verify(raw, NOW) is None
    assert TOKENS.verify(HEADER.encode() + b"." + raw, NOW) is None


# One kind of key or token as another

OTHER_KEYS = {
    "the root secret": NEW.secret,
    "no key": b"",
    "the key of refresh tokens": RING.derive(NEW.id, refresh_token.PURPOSE),
    "the seed of EdDSA": RING.derive(NEW.id, "auth-token-EdDSA"),
    "the older key under the newer id": RING.derive(1, "auth-token-HS256"),
    # RFC 8725 section 2.1: a public key, which everybody has, taken for a shared secret
    "the public key": base64url.decode(EDDSA.jwks()["keys"][0]["x"].encode()) or b"",
    "the public key as it is published": json.dumps(EDDSA.jwks()["keys"][0]).encode(),
}


@pytest.mark.parametrize("key", OTHER_KEYS)
def test_no_key_but_that_of_auth_tokens_signs_one(key: str) -> None:
    for header in (OUR_HEADER, {**OUR_HEADER, "alg": "EdDSA"}):
        assert refused(signed(header, claims_in_json(), OTHER_KEYS[key]))


def test_a_token_of_one_algorithm_is_refused_where_the_other_is_set() -> None:
    assert TOKENS.verify(EDDSA_TOKEN, NOW) is None
    assert EDDSA.verify(TOKEN, NOW) is None


def test_an_eddsa_signature_by_another_key_is_refused() -> None:
    class Stranger:
        def sign(self, body: bytes) -> bytes:
            return base64url.encode(Ed25519PrivateKey.from_private_bytes(b"s" * 32).sign(body))

        def verifies(self, body: bytes, signature: bytes) -> bool:
            raise NotImplementedError

    header, payload, _ = EDDSA_TOKEN.encode().split(b".")
    assert refused(sign(header, base64url.decode(payload) or b"", Stranger()).decode())


def test_an_eddsa_signature_has_one_spelling() -> None:
    """RFC 8032 section 5.1.7: S is below the group's order, or adding the order would give a second signature."""
    order = 2**252 + 27742317777372353535851937790883648493
    body, _, text = EDDSA_TOKEN.encode().rpartition(b".")
    raw = base64url.decode(text) or b""
    twin = raw[:32] + (int.from_bytes(raw[32:], "little") + order).to_bytes(32, "little")
    for signature in (twin, raw + b"\0", raw[:-1], b"", bytes(64), b"\1" + bytes(63)):
        assert refused((body + b"." + base64url.encode(signature)).decode())


def test_an_unsigned_token_by_another_library_is_refused() -> None:
    unsigned = jwt.encode(claims_in_json(), "", "none", headers={"kid": "2", "typ": "at+jwt"})
    assert refused(unsigned)
    assert refused(unsigned.replace(unsigned.split(".")[0], HEADER))


def test_a_refresh_token_is_no_auth_token_and_an_auth_token_no_refresh_token() -> None:
    assert refused(refresh_token.encode(RING, CLAIMS.session_id, 3, b"s" * 32))
    assert refresh_token.decode(RING, TOKEN) is None
    assert refresh_token.decode(RING, TOKEN[:98]) is None
