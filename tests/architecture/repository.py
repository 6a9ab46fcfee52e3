"""Where things are, for the tests that read the project itself."""

import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
LIBRARY = ROOT / "src" / "latchstring"
CHAT = ROOT / "chat"


def pyproject() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def name(path: Path) -> str:
    """A file's path as everybody says it: from the root of the repository."""
    return path.relative_to(ROOT).as_posix()


def sources(*folders: Path, suffix: str = ".py") -> list[Path]:
    found = [
        path for folder in folders for path in sorted(folder.rglob(f"*{suffix}")) if "__pycache__" not in path.parts
    ]
    assert found, f"no {suffix} file in {', '.join(map(name, folders))}: this test reads nothing"
    return found
