"""Sealing: AES-256-GCM under a key of the ring. Nobody else can read it, change it, or use it for another purpose.

Several keys open, the newest seals. A nonce is 12 random bytes, so a key is good for 2^32 sealings (NIST SP 800-38D,
8.3).
"""

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from latchstring.core.keys import KeyRing
from latchstring.ports import Entropy

_NONCE = 12
_TAG = 16


class Sealer:
    """Each purpose has keys of its own: what was sealed for one does not open for another."""

    def __init__(self, key_ring: KeyRing, purpose: str, entropy: Entropy) -> None:
        self._key_ring = key_ring
        self._purpose = purpose
        self._entropy = entropy
        self._ciphers: dict[int, AESGCM] = {}

    def seal(self, content: bytes, bound_to: bytes = b"") -> bytes:
        """The key's number, a nonce, and what only opens with the same `bound_to` (whose it is, say): 29 bytes more."""
        key_id = self._key_ring.newest.id
        nonce = self._entropy(_NONCE)
        return bytes([key_id]) + nonce + self._cipher(key_id).encrypt(nonce, content, self._associated(bound_to))

    def open(self, sealed: bytes, bound_to: bytes = b"") -> bytes | None:
        """None for whatever was not sealed just so, or by a key that is no longer in the ring."""
        if len(sealed) < 1 + _NONCE + _TAG or self._key_ring.get(sealed[0]) is None:
            return None
        nonce, encrypted = sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :]
        try:
            return self._cipher(sealed[0]).decrypt(nonce, encrypted, self._associated(bound_to))
        except InvalidTag:
            return None

    def is_ahead(self, sealed: bytes) -> bool:
        """Whether another node may have sealed it, by a key that this one does not have yet."""
        return len(sealed) >= 1 + _NONCE + _TAG and self._key_ring.is_ahead(sealed[0])

    def _associated(self, bound_to: bytes) -> bytes:
        return self._purpose.encode() + b"\0" + bound_to

    def _cipher(self, key_id: int) -> AESGCM:
        cipher = self._ciphers.get(key_id)
        if cipher is None:
            cipher = self._ciphers[key_id] = AESGCM(self._key_ring.derive(key_id, self._purpose))
        return cipher
