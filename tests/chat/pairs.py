"""Key pairs as a browser exports them. Making one takes a while: there are a few, made once."""

import base64
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa

from chat.jwk import KeyPair

Jwk = dict[str, Any]


def halves(number: int = 0, bits: int = 2048) -> tuple[Jwk, Jwk]:
    """The public and the private half; another number, another pair. Copy what you change."""
    return _halves(number, bits)


@cache
def _halves(_: int, bits: int) -> tuple[Jwk, Jwk]:
    numbers = rsa.generate_private_key(65537, bits).private_numbers()
    common = {"kty": "RSA", "alg": "RSA-OAEP-256", "ext": True}
    public = {**common, "n": _text(numbers.public_numbers.n), "e": _text(65537), "key_ops": ["encrypt"]}
    secret = {
        "d": numbers.d,
        "p": numbers.p,
        "q": numbers.q,
        "dp": numbers.dmp1,
        "dq": numbers.dmq1,
        "qi": numbers.iqmp,
    }
    private = {**public, "key_ops": ["decrypt"], **{name: _text(value) for name, value in secret.items()}}
    return public, private


def pair(number: int = 0) -> KeyPair:
    return KeyPair.read(*halves(number))


def _text(number: int) -> str:
    raw = number.to_bytes((number.bit_length() + 7) // 8)
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
