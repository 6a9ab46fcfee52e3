"""These attacks meet the chat itself: its API tier on a real server, and whoever speaks Phoenix Channels to it."""

from tests.chat.conftest import house

__all__ = ["house"]
