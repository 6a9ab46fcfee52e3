"""Times as clients in the field read them."""

from datetime import UTC, datetime


def wire_time(milliseconds: int) -> str:
    """Unix milliseconds as `YYYY-MM-DD HH:MM:SS.ffffffZ`, in UTC."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S.%fZ")
