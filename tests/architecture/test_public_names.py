"""The public modules say what is public: `__all__` is just what they have, in order, and each of it is explained."""

import importlib
import inspect
import re
from types import ModuleType

import pytest

from tests.architecture.repository import ROOT

PUBLIC_MODULES = [
    importlib.import_module(name)
    for name in ("latchstring", "latchstring.http", "latchstring.live", "latchstring.fastapi", "latchstring.testing")
]

each_public_module = pytest.mark.parametrize("module", PUBLIC_MODULES, ids=lambda module: module.__name__)


@each_public_module
def test_all_is_just_the_public_names(module: ModuleType) -> None:
    names = {name for name, value in vars(module).items() if not name.startswith("_") and not inspect.ismodule(value)}
    assert set(module.__all__) == names


@each_public_module
def test_every_public_name_is_in_the_reference_of_its_module(module: ModuleType) -> None:
    text = (ROOT / "docs" / "reference" / "library.md").read_text()
    found = re.search(rf"^## `{re.escape(module.__name__)}`\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    assert found, f"docs/reference/library.md has no part for {module.__name__}"
    assert sorted(re.findall(r"^\| `(\w+)` \| .{12,} \|$", found[1], re.MULTILINE)) == sorted(module.__all__)
