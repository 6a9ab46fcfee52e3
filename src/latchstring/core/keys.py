"""The key ring: the newest key signs and seals, all of them verify and open, and no key is ever used as it is."""

import hashlib
import hmac
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from latchstring.errors import ConfigurationError

SECRET_LENGTH = 32
"""Bytes: as long as the output of SHA-256, below which RFC 7518 section 3.2 takes no key."""
AHEAD = 4
"""Keys by which a node that was not started again yet may lag behind the others."""


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
    """Keys, newest first, and the fingerprints of those that were taken out. Raises ConfigurationError where there is
    no key, or two share an id."""

    def __init__(self, keys: Sequence[Key], retired: Collection[str] = ()) -> None:
        self._keys = {key.id: key for key in keys}
        if not keys or len(self._keys) != len(keys):
            raise ConfigurationError("A key ring holds at least one key, and each has an id of its own.")
        self.newest = keys[0]
        self.retired = frozenset(retired)
        self._ahead = frozenset(islice((key_id for key_id in ids_after(keys[0].id) if key_id not in self._keys), AHEAD))
        self._derived: dict[tuple[int, str], bytes] = {}

    @property
    def ids(self) -> tuple[int, ...]:
        return tuple(self._keys)

    def get(self, key_id: int) -> Key | None:
        return self._keys.get(key_id)

    def is_ahead(self, key_id: int) -> bool:
        """Whether another node may have that key already, in a newer state of this ring. What it has signed is not
        known to be bad: nobody's sign-in ends by it, and nobody gets in by it either."""
        return key_id in self._ahead

    def fingerprint(self, key_id: int) -> str:
        """What a key is told by, and which tells nothing of it. Raises KeyError."""
        return self.derive(key_id, "fingerprint").hex()

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


def ids_after(key_id: int) -> Iterator[int]:
    """The ids that keys after that one are given: 1 to 255, in a circle."""
    return ((key_id + step) % 255 + 1 for step in range(255))
