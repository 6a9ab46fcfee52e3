"""Where servers keep what they write: folders that they own, which are gone at the end, also of tests that were killed.

Pytest's own temporary folders are no place for them: they are closed to everybody but who runs it.
"""

import fcntl
import os
import pwd
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

AS_ROOT = os.geteuid() == 0


def unprivileged() -> dict[str, Any]:
    """Options of a subprocess that is to run as nobody, where we are root."""
    if not AS_ROOT:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def new_folder(name: str) -> Path:
    """A folder that the servers own. Whoever asks for it removes it; if they are killed, the next who asks for one."""
    with one_at_a_time():
        for each in open_folder().glob(f"latchstring-{os.geteuid()}-*-*"):
            _remove_if_abandoned(each)
        folder = Path(tempfile.mkdtemp(prefix=f"latchstring-{os.geteuid()}-{name}-", dir=open_folder()))
        # Never unlocked: the system does that when this process is gone.
        fcntl.flock(os.open(folder, os.O_RDONLY), fcntl.LOCK_SH)
    if AS_ROOT:
        nobody = pwd.getpwnam("nobody")
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    return folder


@cache
def open_folder() -> Path:
    """The folder for temporary ones; as root, the first that others reach."""
    usual = Path(tempfile.gettempdir()).resolve()
    if not AS_ROOT:
        return usual
    for folder in (usual, Path("/tmp"), Path("/var/tmp")):
        if folder.is_dir() and all(each.stat().st_mode & 0o001 for each in (folder, *folder.parents)):
            return folder
    raise AssertionError(f"nobody but root reaches {usual}: set TMPDIR to a folder that others may enter")


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Of all processes of this user: nobody sees a folder that is half made, or not locked yet."""
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW
    gate = os.open(open_folder() / f"latchstring-{os.geteuid()}.lock", flags, 0o600)
    try:
        fcntl.flock(gate, fcntl.LOCK_EX)
        yield
    finally:
        os.close(gate)


def _remove_if_abandoned(folder: Path) -> None:
    # What is mounted there hides the lock.
    if folder.is_mount():
        return
    try:
        asked = os.open(folder, os.O_RDONLY | os.O_NOFOLLOW | os.O_DIRECTORY)
    except OSError:
        # Removed a moment ago, or no folder.
        return
    try:
        fcntl.flock(asked, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # A server that was told to end may still be writing: what cannot be removed now is removed next time.
        shutil.rmtree(folder, ignore_errors=True)
    except BlockingIOError:
        # Somebody lives there.
        return
    finally:
        os.close(asked)
