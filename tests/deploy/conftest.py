"""A real reverse proxy."""

import os
import shutil

import pytest

from tests.deploy.proxy import ROOT


@pytest.fixture(scope="session")
def nginx() -> str:
    """In CI a missing one fails."""
    places = (os.environ.get("NGINX", "nginx"), "/usr/sbin/nginx", str(ROOT / ".nginx" / "usr" / "sbin" / "nginx"))
    found = next(filter(None, map(shutil.which, places)), None)
    if found is None:
        message = "There is no nginx here; `make test` unpacks one."
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    return found
