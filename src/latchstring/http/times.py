"""Times as they are written into answers. Inside, a time is Unix milliseconds."""

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def wire_time(milliseconds: int) -> str:
    """`YYYY-MM-DD HH:MM:SS.ffffffZ`, in UTC: clients in the field parse just that."""
    return (_EPOCH + timedelta(milliseconds=milliseconds)).strftime("%Y-%m-%d %H:%M:%S.%fZ")


def iso_time(milliseconds: int) -> str:
    """ISO 8601 with `T` and `Z`, which `confirmed_at` alone uses."""
    return (_EPOCH + timedelta(milliseconds=milliseconds)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
