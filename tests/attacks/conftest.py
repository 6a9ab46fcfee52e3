"""Attacks over HTTP meet the same house as the tests of HTTP do."""

from tests.http.conftest import api, browser, house, web_house

__all__ = ["api", "browser", "house", "web_house"]
