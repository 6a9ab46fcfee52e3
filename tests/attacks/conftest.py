"""Attacks over HTTP meet the same house as the tests of HTTP do."""

from tests.http.conftest import api, browser, house, pytest_generate_tests, web_house, where

__all__ = ["api", "browser", "house", "pytest_generate_tests", "web_house", "where"]
