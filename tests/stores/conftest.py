"""Where the tests of a store keep it: most run on every database."""

from pathlib import Path

import pytest

DATABASES = ("sqlite", "postgresql")


@pytest.fixture(params=DATABASES)
def where(request: pytest.FixtureRequest, tmp_path: Path) -> Path | str:
    """An empty one, for `tests.stores.engines`."""
    if request.param == "sqlite":
        return tmp_path / "store.db"
    return str(request.getfixturevalue("postgres_url"))
