"""Of every page: no Python is left unrun, and no link leads nowhere."""

import re
from pathlib import Path

import pytest

from tests.docs.pages import ROOT, has_python, markdown_files

RUN_BY_ITS_OWN_TEST = {
    "README.md": "test_readme.py",
    "docs/encryption.md": "test_encryption.py",
    "docs/tutorial.md": "test_tutorial.py",
    "docs/how-to/change-keys.md": "test_how_to.py",
    "docs/how-to/run-several-nodes.md": "test_how_to.py",
    "docs/how-to/use-your-own-users.md": "test_how_to.py",
    "docs/how-to/write-a-client.md": "test_how_to.py",
}

each_page = pytest.mark.parametrize("page", markdown_files(), ids=lambda page: page.relative_to(ROOT).as_posix())


def test_every_page_with_python_has_a_test_that_runs_it() -> None:
    with_python = {page.relative_to(ROOT).as_posix() for page in markdown_files() if has_python(page)}
    assert with_python == set(RUN_BY_ITS_OWN_TEST)
    for page, test in RUN_BY_ITS_OWN_TEST.items():
        assert page.rpartition("/")[2] in (Path(__file__).parent / test).read_text()


@each_page
def test_no_link_of_a_page_leads_nowhere(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?:)([^)\s]+)\)", re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL))
    broken = [target for target in targets if not _leads_somewhere(page, target)]
    assert broken == []


def _leads_somewhere(page: Path, target: str) -> bool:
    path, _, part = target.partition("#")
    file = page if not path else (page.parent / path).resolve()
    if not part:
        return file.exists()
    headings = re.findall(r"^#+ (.*)$", file.read_text(), re.MULTILINE)
    return part in [re.sub(r"[^\w\s-]", "", heading.lower()).replace(" ", "-") for heading in headings]
