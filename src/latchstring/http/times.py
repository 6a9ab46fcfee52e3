"""Times as they are written into answers. Inside, a time is Unix milliseconds."""

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def wire_time(milliseconds: int) -> str:
    """`YYYY-MM-DD HH:MM:SS.ffffffZ`, in UTC: clients in the field parse just that."""
    return _time(milliseconds, " ")


def iso_time(milliseconds: int) -> str:
    """ISO 8601 with `T` and `Z`, which `confirmed_at` alone uses."""
    return _time(milliseconds, "T")


def _time(milliseconds: int, between: str) -> str:
    # A third of what strftime takes: an answer may hold thousands.
    told = (_EPOCH + milliseconds * _MILLISECOND).isoformat(between, "microseconds")
    return told.removesuffix("+00:00") + "Z"
