"""These attacks meet the chat itself, on every database: its API tier on a real server, and whoever speaks Phoenix
Channels to it."""

from tests.chat.conftest import database, house, pytest_generate_tests

__all__ = ["database", "house", "pytest_generate_tests"]
