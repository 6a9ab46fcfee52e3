"""Times as they are written into answers. Inside, a time is Unix milliseconds."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = 86_400_000
_TWO_DIGITS = tuple(f"{number:02}" for number in range(60))


def wire_time(milliseconds: int) -> str:
    """`YYYY-MM-DD HH:MM:SS.ffffffZ`, in UTC: clients in the field parse just that."""
    return _time(milliseconds, " ")


def iso_time(milliseconds: int) -> str:
    """ISO 8601 with `T` and `Z`, which `confirmed_at` alone uses."""
    return _time(milliseconds, "T")


def _time(milliseconds: int, between: str) -> str:
    # Half of what datetime.isoformat takes, a sixth of strftime: an answer may hold thousands.
    days, rest = divmod(milliseconds, _DAY)
    seconds, thousandths = divmod(rest, 1000)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    clock = f"{_TWO_DIGITS[hour]}:{_TWO_DIGITS[minute]}:{_TWO_DIGITS[second]}"
    return f"{_date(days)}{between}{clock}.{thousandths:03}000Z"


@lru_cache(maxsize=1024)
def _date(days: int) -> str:
    return (_EPOCH + timedelta(days)).date().isoformat()
