"""Times as they are written into answers. Inside, a time is Unix milliseconds."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# An answer may hold thousands of times. With these tables one costs a quarter of datetime.isoformat.
_IN_AN_HOUR = tuple(f"{second // 60:02}:{second % 60:02}" for second in range(3600))
_IN_A_SECOND = tuple(f".{thousandth:03}000Z" for thousandth in range(1000))


def wire_time(milliseconds: int) -> str:
    """`YYYY-MM-DD HH:MM:SS.ffffffZ`, in UTC: clients in the field parse just that."""
    return _time(milliseconds, " ")


def iso_time(milliseconds: int) -> str:
    """ISO 8601 with `T` and `Z`, which `confirmed_at` alone uses."""
    return _time(milliseconds, "T")


def _time(milliseconds: int, between: str) -> str:
    seconds, thousandth = divmod(milliseconds, 1000)
    hours, second = divmod(seconds, 3600)
    return f"{_hour(hours, between)}{_IN_AN_HOUR[second]}{_IN_A_SECOND[thousandth]}"


@lru_cache(maxsize=4096)
def _hour(hours: int, between: str) -> str:
    """Up to the minute's first digit."""
    days, hour = divmod(hours, 24)
    return f"{(_EPOCH + timedelta(days)).date().isoformat()}{between}{hour:02}:"
