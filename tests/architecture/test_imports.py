"""Imports point inward. The contracts are in pyproject.toml; here they run, and are seen to fail where they must."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.repository import CHAT, LIBRARY, ROOT


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    """Lints the packages that lie in `folder`, or ours where they lie."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(folder / "src"), str(folder)]), "COLUMNS": "200"}
    code = "import sys; from importlinter.cli import lint_imports_command as main; main(['--no-cache'])"
    command = [sys.executable, "-c", code]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_every_import_points_inward() -> None:
    result = lint(ROOT)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(
    ("path", "text", "contract"),
    [
        ("src/latchstring/stray.py", "", "The rings of the library"),
        ("src/latchstring/core/stray.py", "import time\n", "The core does no I/O and reads no clock or dice"),
        ("src/latchstring/core/stray.py", "from random import random\n", "The core does no I/O"),
        ("src/latchstring/core/stray.py", "import latchstring.sessions\n", "The rings of the library"),
        ("src/latchstring/http/stray.py", "import latchstring.stores.sqlite\n", "The rings of the library"),
        (
            "src/latchstring/http/stray.py",
            "from latchstring import Latchstring\n",
            "Nothing inside the library goes round",
        ),
        ("chat/stray.py", "import latchstring.core.rotation\n", "The chat uses the front door only"),
        ("chat/stray.py", "import sqlite3\n", "The chat uses the front door only"),
        ("src/latchstring/live/stray.py", "import chat\n", "The library knows nothing of the chat"),
    ],
)
def test_a_file_in_the_wrong_place_breaks_its_contract(tmp_path: Path, path: str, text: str, contract: str) -> None:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    shutil.copytree(LIBRARY, tmp_path / "src" / "latchstring")
    shutil.copytree(CHAT, tmp_path / "chat")
    (tmp_path / path).write_text(text)
    result = lint(tmp_path)
    broken = [line for line in result.stdout.splitlines() if line.endswith("BROKEN")]
    assert result.returncode == 1, result.stdout + result.stderr
    assert any(line.startswith(contract) for line in broken), result.stdout
