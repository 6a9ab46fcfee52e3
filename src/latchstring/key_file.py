"""The secrets file: made on first run, readable by its owner alone, one key ring in JSON, newest key first."""

import base64
import binascii
import os
import stat
from pathlib import Path

import msgspec

from latchstring.core.keys import SECRET_LENGTH, Key, KeyRing
from latchstring.errors import ConfigurationError
from latchstring.ports import Entropy


class _StoredKey(msgspec.Struct):
    id: int
    secret: str


class _StoredRing(msgspec.Struct):
    keys: list[_StoredKey]


def load_or_create_key_ring(path: Path, entropy: Entropy = os.urandom) -> KeyRing:
    """The key ring in the file, which is made if it is not there. Raises ConfigurationError, which names no secret.

    Processes that start at once agree: a whole file appears under the name, and only the first one's.
    """
    try:
        return _load(path)
    except FileNotFoundError:
        _create(path, [_fresh_key(1, entropy)])
        return _load(path)


def rotate_key_file(path: Path, entropy: Entropy = os.urandom) -> int:
    """Puts a new key in front: it signs from the next start on, while the others still verify. Returns its id."""
    stored = _read(path)
    taken = {key.id for key in stored}
    fresh_id = next((number for number in range(1, 256) if number not in taken), None)
    if fresh_id is None:
        raise ConfigurationError(f"{path.name} holds 255 keys. Take out those whose tokens have all expired.")
    _write_beside(path, [_fresh_key(fresh_id, entropy), *stored]).replace(path)
    return fresh_id


def _load(path: Path) -> KeyRing:
    return KeyRing([Key(stored.id, _secret(path, stored)) for stored in _read(path)])


def _read(path: Path) -> list[_StoredKey]:
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            raw = file.read()
    except FileNotFoundError:
        raise
    except OSError as error:
        raise ConfigurationError(f"The secrets file {path.name} cannot be read ({error.strerror}).") from None
    if stat.S_IMODE(mode) & 0o077:
        raise ConfigurationError(f"The secrets file {path.name} is open to others. Run: chmod 600 {path.name}")
    try:
        return msgspec.json.decode(raw, type=_StoredRing).keys
    except (msgspec.DecodeError, ValueError):
        raise ConfigurationError(f"The secrets file {path.name} is damaged. Restore it, or remove it.") from None


def _secret(path: Path, stored: _StoredKey) -> bytes:
    try:
        return base64.b64decode(stored.secret + "=" * (-len(stored.secret) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise ConfigurationError(f"Key {stored.id} in {path.name} is not base64url.") from None


def _fresh_key(key_id: int, entropy: Entropy) -> _StoredKey:
    return _StoredKey(key_id, base64.urlsafe_b64encode(entropy(SECRET_LENGTH)).rstrip(b"=").decode())


def _create(path: Path, keys: list[_StoredKey]) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    whole = _write_beside(path, keys)
    try:
        # A link fails where the name is taken: whoever comes second reads what the first one wrote.
        os.link(whole, path)
    except FileExistsError:
        return
    finally:
        whole.unlink()


def _write_beside(path: Path, keys: list[_StoredKey]) -> Path:
    """A whole file with another name: nobody ever reads half a key ring, also after a power cut."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(_StoredRing(keys))))
        file.flush()
        os.fsync(file.fileno())
    return beside
