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
def test_every_public_class_and_function_says_what_it_is(module: ModuleType) -> None:
    silent = {
        name
        for name in module.__all__
        if inspect.isclass(value := getattr(module, name)) or inspect.isroutine(value)
        if not (value.__doc__ or "").strip() or value.__doc__.startswith(f"{name}(")
    }
    assert silent == set()


def test_every_name_of_the_front_door_is_in_the_glossary() -> None:
    import latchstring

    explained = set(re.findall(r"`([\w.]+)`", (ROOT / "docs" / "glossary.md").read_text()))
    assert set(latchstring.__all__) - explained == set()
