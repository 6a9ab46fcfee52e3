"""The secrets file: made on first run, readable by its owner alone, one key ring in JSON, newest key first."""

import os
import stat
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NoReturn

import msgspec

from latchstring.core import base64url
from latchstring.core.keys import SECRET_LENGTH, Key, KeyRing, ids_after
from latchstring.errors import ConfigurationError
from latchstring.ports import Entropy


class _StoredKey(msgspec.Struct):
    id: int
    secret: str

    def __repr__(self) -> str:
        return f"_StoredKey(id={self.id})"


class _StoredRing(msgspec.Struct, omit_defaults=True):
    keys: list[_StoredKey]
    retired: list[str] = []


@dataclass(frozen=True)
class _Ring:
    """Newest key first; `retired` are fingerprints of those that were taken out."""

    keys: list[Key]
    retired: list[str] = field(default_factory=list)

    def key(self, key_id: int) -> Key | None:
        return next((key for key in self.keys if key.id == key_id), None)


def load_or_create_key_ring(path: Path, entropy: Entropy = os.urandom) -> KeyRing:
    """The key ring in the file, which is made if it is not there. Raises ConfigurationError, which names no secret.

    Processes that start at once agree: a whole file appears under the name, and only the first one's.
    """
    if not os.path.lexists(path):
        _create(path, Key(1, entropy(SECRET_LENGTH)))
    ring = _read(path)
    return KeyRing(ring.keys, ring.retired)


def rotate_key_file(path: Path, entropy: Entropy = os.urandom) -> int:
    """Puts a new key in front: it signs from the next start on, while the others still verify. Returns its id.

    Raises ConfigurationError, as every function here does, and then the file is as it was.
    """

    def with_new_key(ring: _Ring) -> _Ring:
        return replace(ring, keys=[_new_key(ring, entropy), *ring.keys])

    return _change(path, with_new_key).keys[0].id


def announce_key(path: Path, entropy: Entropy = os.urandom) -> int:
    """Puts a new key behind the newest: it verifies, and signs nothing yet. Returns its id. With several nodes, the
    first of two steps: when each has started with it, `promote_key` can let it sign, and no node is surprised by it."""

    def with_new_key(ring: _Ring) -> _Ring:
        newest, *older = ring.keys
        return replace(ring, keys=[newest, _new_key(ring, entropy), *older])

    return _change(path, with_new_key).keys[1].id


def promote_key(path: Path, key_id: int) -> None:
    """Puts a key that is there in front: it signs from the next start on."""

    def with_it_in_front(ring: _Ring) -> _Ring:
        key = ring.key(key_id)
        if key is None:
            raise ConfigurationError(f"{path.name} has no key {key_id}.")
        return replace(ring, keys=[key, *(each for each in ring.keys if each is not key)])

    _change(path, with_it_in_front)


def retire_key(path: Path, key_id: int) -> None:
    """Takes a key out: from the next start on, whatever it has signed is refused. The newest key stays."""

    def without_key(ring: _Ring) -> _Ring:
        key = ring.key(key_id)
        if key is None or key is ring.keys[0]:
            raise ConfigurationError(f"{path.name} has no older key {key_id}; the newest one cannot be retired.")
        # By its fingerprint a database knows that this file is still the one it was used with.
        fingerprint = KeyRing([key]).fingerprint(key_id)
        return _Ring([each for each in ring.keys if each is not key], [*ring.retired, fingerprint])

    _change(path, without_key)


def _new_key(ring: _Ring, entropy: Entropy) -> Key:
    """Its id is the one after the newest, and never one in use. Others remember public keys by id, so none comes back
    soon."""
    for key_id in ids_after(ring.keys[0].id):
        if ring.key(key_id) is None:
            return Key(key_id, entropy(SECRET_LENGTH))
    raise ConfigurationError("The secrets file holds 255 keys. Retire those whose tokens have all expired.")


def _read(path: Path) -> _Ring:
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            raw = file.read()
    except OSError as error:
        _refuse(path, "read", error)
    if stat.S_IMODE(mode) & 0o077:
        raise ConfigurationError(f"The secrets file {path.name} is open to others. Run: chmod 600 {path.name}")
    try:
        stored = msgspec.json.decode(raw, type=_StoredRing)
    except ValueError:
        raise ConfigurationError(f"The secrets file {path.name} is damaged. Restore it, or remove it.") from None
    keys = [Key(key.id, _secret(path, key)) for key in stored.keys]
    KeyRing(keys)  # refuses an empty ring, and two keys with one id
    return _Ring(keys, stored.retired)


def _secret(path: Path, stored: _StoredKey) -> bytes:
    secret = base64url.decode(stored.secret.rstrip("=").encode(errors="replace"))
    if secret is None:
        raise ConfigurationError(f"The secret of key {stored.id} in {path.name} is not base64url.")
    return secret


def _create(path: Path, key: Key) -> None:
    whole = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write_new(whole, lambda: _Ring([key]))
        try:
            # A link fails where the name is taken: whoever comes second reads what the first one wrote.
            os.link(whole, path)
        except FileExistsError:
            return
        finally:
            whole.unlink()
        _make_durable(path.parent)
    except OSError as error:
        _refuse(path, "made", error)


def _change(path: Path, change: Callable[[_Ring], _Ring]) -> _Ring:
    path = path.resolve()
    # Its name is the lock: two changes at once would each lose what the other did.
    following = path.with_name(f".{path.name}.next")
    try:
        ring = _write_new(following, lambda: change(_read(path)))
        following.replace(path)
        _make_durable(path.parent)
    except FileExistsError:
        raise ConfigurationError(
            f"{path.name} is being changed by somebody else. If nobody is, remove {following.name} beside it."
        ) from None
    except OSError as error:
        _refuse(path, "changed", error)
    return ring


def _write_new(path: Path, ring: Callable[[], _Ring]) -> _Ring:
    """Makes the file, then asks for its keys; they are on the disk when this returns. Raises FileExistsError."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            written = ring()
            keys = [_StoredKey(key.id, base64url.encode(key.secret).decode()) for key in written.keys]
            stored = msgspec.json.encode(_StoredRing(keys, written.retired))
            file.write(msgspec.json.format(stored) + b"\n")
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        path.unlink()
        raise
    return written


def _make_durable(folder: Path) -> None:
    """Until its folder is on the disk, a new name can be lost with the power, and every session with it."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _refuse(path: Path, verb: str, error: OSError) -> NoReturn:
    raise ConfigurationError(f"The secrets file {path.name} cannot be {verb} ({error.strerror}).") from None
