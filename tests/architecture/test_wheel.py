"""What a stranger installs: the library with its data files, and nothing of the chat or the tests."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.architecture.repository import LIBRARY, ROOT

DATA = {".js", ".sql", ".txt", ".json", ".typed", ".py"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    [built] = folder.glob("*.whl")
    return zipfile.ZipFile(built).namelist()


def test_the_wheel_holds_every_file_of_the_library_and_no_other(wheel: list[str]) -> None:
    files = [path for path in LIBRARY.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    ours = {path.relative_to(LIBRARY.parent).as_posix() for path in files}
    assert {entry for entry in wheel if ".dist-info/" not in entry} == ours


def test_every_file_of_the_library_is_of_a_kind_that_belongs_there() -> None:
    files = [path for path in LIBRARY.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    assert {path.suffix for path in files if not Path(path).name.startswith("py.typed")} <= DATA


def test_the_wheel_says_that_it_is_typed(wheel: list[str]) -> None:
    assert "latchstring/py.typed" in wheel
