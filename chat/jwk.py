"""Key pairs as browsers export them: RSA-OAEP with SHA-256 and 2048 bits, each half a JWK (RFC 7517, RFC 7518)."""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from chat.refusals import InvalidKey

MEMBERS = ("alg", "d", "dp", "dq", "e", "ext", "key_ops", "kty", "n", "p", "q", "qi")
PRIVATE_MEMBERS = ("d", "dp", "dq", "p", "q", "qi")
BITS = 2048
KEY_OPS = 8
"""There are no more in RFC 7517."""

_NUMBER = re.compile(r"[A-Za-z0-9_-]{1,342}")
"""Base64url of at most 256 bytes."""
_KEY_OP = re.compile(r"[A-Za-z]{1,32}")


@dataclass(frozen=True, slots=True)
class KeyPair:
    """Checked, and nothing but the twelve members; absent ones are None."""

    public: Mapping[str, Any]
    private: Mapping[str, Any] = field(repr=False)

    @classmethod
    def read(cls, public: object, private: object) -> "KeyPair":
        """Raises InvalidKey."""
        one, other = _members(public), _members(private)
        if any(one[name] is not None for name in PRIVATE_MEMBERS):
            # Everybody would be sent it.
            raise InvalidKey
        if [_number(one[name]) for name in "ne"] != [_number(other[name]) for name in "ne"]:
            raise InvalidKey
        for name in PRIVATE_MEMBERS:
            _number(other[name])
        return cls(one, other)


def _members(half: object) -> dict[str, Any]:
    """What both halves have in common."""
    if not isinstance(half, dict):
        raise InvalidKey
    members = {name: half.get(name) for name in MEMBERS}
    right = (
        members["kty"] == "RSA"
        and members["alg"] in (None, "RSA-OAEP-256")
        and (members["ext"] is None or isinstance(members["ext"], bool))
        and _are_key_ops(members["key_ops"])
        and _number(members["n"]).bit_length() == BITS
        and _is_exponent(_number(members["e"]))
    )
    if not right:
        raise InvalidKey
    return members


def _are_key_ops(value: object) -> bool:
    if value is None:
        return True
    return (
        isinstance(value, list)
        and len(value) <= KEY_OPS
        and all(isinstance(each, str) and _KEY_OP.fullmatch(each) for each in value)
    )


def _is_exponent(value: int) -> bool:
    return value > 1 and value % 2 == 1


def _number(value: object) -> int:
    """Raises InvalidKey."""
    if not isinstance(value, str) or not _NUMBER.fullmatch(value):
        raise InvalidKey
    try:
        return int.from_bytes(base64.urlsafe_b64decode(value + "=" * (-len(value) % 4)))
    except binascii.Error:
        raise InvalidKey from None
