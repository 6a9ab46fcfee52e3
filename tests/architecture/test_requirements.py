"""What is installed: exact, hashed, without addresses, explained, and nothing more."""

import ast
import importlib.metadata
import re
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.architecture.repository import CHAT, LIBRARY, ROOT, name, pyproject, sources

FILES = ["requirements.txt", "requirements-dev.txt"]


def entries(file: str) -> list[str]:
    """The logical lines of a requirements file: `name==version ; marker --hash=… --hash=…`."""
    return (ROOT / file).read_text().replace("\\\n", " ").strip().splitlines()


def pins(file: str) -> list[Requirement]:
    return [Requirement(entry.split("--hash=")[0]) for entry in entries(file)]


def versions(file: str) -> dict[str, str]:
    return {canonicalize_name(pin.name): str(pin.specifier) for pin in pins(file)}


def asked_for(group: str) -> set[str]:
    project = pyproject()
    texts = {
        "runtime": project["project"]["dependencies"],
        "extras": [text for extra in project["project"]["optional-dependencies"].values() for text in extra],
        "dev": project["dependency-groups"]["dev"],
    }[group]
    return {canonicalize_name(Requirement(text).name) for text in texts}


@pytest.mark.parametrize("file", FILES)
def test_requirements_hold_no_address(file: str) -> None:
    text = (ROOT / file).read_text()
    assert re.findall(r"https?:|file:|--(?:extra-)?index-url|--find-links|-i |@ ", text) == []


@pytest.mark.parametrize("file", FILES)
def test_every_requirement_is_exact_and_hashed(file: str) -> None:
    hashed = re.compile(r"[\w.-]+==\S+ .*--hash=sha256:[0-9a-f]{64}")
    loose = [entry.split()[0] for entry in entries(file) if not hashed.match(entry)]
    assert loose == []


def test_the_processors_of_a_laptop_and_of_a_server_are_both_served() -> None:
    """A wheel for each would have a hash of its own: a compiled package with few hashes was pinned for one machine."""
    few = [entry.split("==")[0] for entry in entries("requirements.txt") if entry.count("--hash=") < 8]
    assert {"cffi", "cryptography", "httptools", "msgspec", "pynacl", "uvloop"}.isdisjoint(few)


def test_the_runtime_requirements_hold_what_the_library_asks_for_and_nothing_of_the_tests() -> None:
    pinned = set(versions("requirements.txt"))
    past_one_machine = {"asyncpg", "redis"}
    assert asked_for("runtime") | past_one_machine <= pinned
    assert not pinned & (asked_for("dev") - {"anyio"} | asked_for("extras") - past_one_machine), (
        "anyio is Starlette's; the rest is for tests"
    )


def test_tests_run_on_the_very_versions_that_are_served() -> None:
    served, tested = versions("requirements.txt"), versions("requirements-dev.txt")
    assert {name: tested.get(name) for name in served} == served


def test_the_development_requirements_hold_what_the_tests_ask_for() -> None:
    assert asked_for("dev") | asked_for("extras") <= set(versions("requirements-dev.txt"))


def test_the_environment_is_what_the_requirements_say() -> None:
    wanted = {
        canonicalize_name(pin.name): str(pin.specifier).removeprefix("==")
        for pin in pins("requirements-dev.txt")
        if pin.marker is None or pin.marker.evaluate()
    }
    found = {name: _installed(name) for name in wanted}
    assert found == wanted, "run `make prepare` and use .venv/bin/python"


def _installed(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def test_every_dependency_has_its_reason_in_the_docs_and_no_other_is_named_there() -> None:
    text = (ROOT / "docs" / "dependencies.md").read_text()
    explained = {canonicalize_name(name) for name in re.findall(r"^\| `([\w.-]+)`", text, re.MULTILINE)}
    assert explained == asked_for("runtime") | asked_for("extras") | asked_for("dev")


def test_every_package_that_is_imported_is_a_dependency_that_is_named() -> None:
    named = asked_for("runtime") | asked_for("extras")
    packages = importlib.metadata.packages_distributions()
    strangers = {
        f"{path}: {module}"
        for path, module in _imports_of_others()
        if not {canonicalize_name(package) for package in packages.get(module, [module])} & named
    }
    assert strangers == set()


def _imports_of_others() -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    for path in sources(LIBRARY, CHAT):
        for node in ast.walk(ast.parse(path.read_text())):
            dotted = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.level == 0:
                dotted = [node.module or ""]
            tops = {each.split(".")[0] for each in dotted} - sys.stdlib_module_names - {"latchstring", "chat"}
            found |= {(name(path), top) for top in tops}
    return found


def test_scripts_and_sources_hold_no_registry_and_no_path_of_one_machine() -> None:
    hosts = ["pypi" + ".org", "pythonhosted" + ".org", "registry.npmjs" + ".org", "deb.debian" + ".org"]
    pattern = re.compile("|".join(map(re.escape, hosts)) + r"|(?<![\w.])/" + r"(?:work|home|root|Users)/\w")
    found = [f"{path}: {hit}" for path in _tracked_text() for hit in pattern.findall(path.read_text())]
    assert found == []


def _tracked_text() -> list[Path]:
    suffixes = {".py", ".js", ".sh", ".toml", ".txt", ".md", ".html", ".css", ".sql", ".json"}
    places = ["src", "chat", "tests", "docs", "setup", ".ci", "bench", "simulate"]
    inside = [path for place in places for path in sorted((ROOT / place).rglob("*")) if path.suffix in suffixes]
    return [*inside, *(path for path in sorted(ROOT.iterdir()) if path.suffix in suffixes or path.name == "Makefile")]
