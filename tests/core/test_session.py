"""When a session is over, and why."""

from dataclasses import replace
from typing import Any

import pytest

from latchstring.core.session import end_of
from tests.rows import NOW, digest_of, row

REVOKED = {"revoked_at": NOW - 9, "revoke_reason": "password_changed"}
EXPIRED, IDLE = {"expires_at": NOW}, {"idle_until": NOW}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        pytest.param({}, None, id="it lives"),
        pytest.param({"expires_at": None}, None, id="it lives without an absolute end"),
        pytest.param({"idle_until": NOW + 1, "expires_at": NOW + 1}, None, id="it lives for one more millisecond"),
        pytest.param(IDLE, "idle", id="idle"),
        pytest.param({**IDLE, "expires_at": None}, "idle", id="idle, without an absolute end"),
        pytest.param(EXPIRED, "expired", id="expired"),
        pytest.param({**EXPIRED, **IDLE}, "expired", id="expired comes before idle"),
        pytest.param(REVOKED, "password_changed", id="revoked"),
        pytest.param({**REVOKED, **EXPIRED, **IDLE}, "password_changed", id="revoked comes before all"),
        pytest.param({"revoked_at": NOW}, "unknown", id="revoked by a hand that gave no reason"),
    ],
)
def test_the_truth_table_of_endings(changes: dict[str, Any], reason: str | None) -> None:
    assert end_of(replace(row(), **changes), NOW) == reason


def test_a_session_that_is_not_there_is_unknown() -> None:
    assert end_of(None, NOW) == "unknown"


def test_a_session_shows_neither_hash_nor_sealed_secret_when_printed() -> None:
    session = row(5, 6)
    for hidden in (digest_of(5), digest_of(6), session.sealed):
        assert repr(hidden) not in repr(session)
