"""The key ring: the newest key signs and seals, all of them verify and open, and no key is ever used as it is."""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field

from latchstring.errors import ConfigurationError

SECRET_LENGTH = 32
"""Bytes: as long as the output of SHA-256, below which RFC 7518 section 3.2 takes no key."""


@dataclass(frozen=True, slots=True)
class Key:
    """`id` (0 to 255) travels in every token, so that its key is found without trying."""

    id: int
    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if not 0 <= self.id <= 255:
            raise ConfigurationError("A key's id is a number from 0 to 255.")
        if len(self.secret) < SECRET_LENGTH:
            raise ConfigurationError(f"The secret of key {self.id} is shorter than {SECRET_LENGTH} bytes.")


class KeyRing:
    """Keys, newest first. Raises ConfigurationError where there is none, or two share an id."""

    def __init__(self, keys: Sequence[Key]) -> None:
        self._keys = {key.id: key for key in keys}
        if not keys or len(self._keys) != len(keys):
            raise ConfigurationError("A key ring holds at least one key, and each has an id of its own.")
        self.newest = keys[0]
        self._derived: dict[tuple[int, str], bytes] = {}

    @property
    def ids(self) -> tuple[int, ...]:
        return tuple(self._keys)

    def get(self, key_id: int) -> Key | None:
        return self._keys.get(key_id)

    def derive(self, key_id: int, purpose: str) -> bytes:
        """The 32 bytes of a key for one purpose alone (HKDF-Expand, RFC 5869 section 2.3).

        Each kind of token has a purpose of its own, so that one never verifies as another. Raises KeyError.
        """
        derived = self._derived.get((key_id, purpose))
        if derived is None:
            info = b"latchstring/1 " + purpose.encode() + b"\x01"
            derived = hmac.digest(self._keys[key_id].secret, info, hashlib.sha256)
            self._derived[(key_id, purpose)] = derived
        return derived
