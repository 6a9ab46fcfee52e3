"""The truth table of `decide_lease`, and its edges to the millisecond."""

import dataclasses

import pytest

from latchstring.core.lease import GRACE, Lease, LeaseState, decide_lease
from latchstring.core.session import Session
from latchstring.errors import EndReason

HEAD_AT = 1_000_000_000
WINDOW, LIFE = 10_000, 1_800_000
MINTED_UNTIL = HEAD_AT + WINDOW + LIFE

LIVE = Session(
    id="s",
    subject="anna",
    remembered=True,
    device="Firefox",
    address="192.0.2.1",
    inserted_at=0,
    last_seen_at=HEAD_AT,
    base_gen=1,
    base_hash=b"",
    head_gen=1,
    head_hash=b"",
    confirmed_at=HEAD_AT,
    head_at=HEAD_AT,
    idle_until=HEAD_AT + 10**9,
    expires_at=None,
)
REVOKED = dataclasses.replace(LIVE, revoked_at=HEAD_AT + 1, revoke_reason="password_changed")
LAPSED = Lease(LeaseState.LAPSED)


def held(until: int) -> Lease:
    return Lease(LeaseState.HELD, look_again_at=until + GRACE + 1)


@pytest.mark.parametrize(
    ("session", "shown_until", "now", "answer"),
    [
        pytest.param(None, HEAD_AT + LIFE, HEAD_AT, Lease(LeaseState.ENDED, reason="unknown"), id="no row"),
        pytest.param(REVOKED, MINTED_UNTIL, HEAD_AT, Lease(LeaseState.ENDED, reason="password_changed"), id="revoked"),
        pytest.param(
            REVOKED, 0, MINTED_UNTIL * 2, Lease(LeaseState.ENDED, reason="password_changed"), id="revoked late"
        ),
        pytest.param(LIVE, 0, MINTED_UNTIL + GRACE + 1, LAPSED, id="more than a minute ago"),
        pytest.param(LIVE, 0, MINTED_UNTIL + GRACE, held(MINTED_UNTIL), id="a minute ago"),
        pytest.param(LIVE, 0, MINTED_UNTIL + 1, held(MINTED_UNTIL), id="less than a minute ago"),
        pytest.param(LIVE, 0, HEAD_AT, held(MINTED_UNTIL), id="not yet"),
    ],
)
def test_the_truth_table_of_a_lease(session: Session | None, shown_until: int, now: int, answer: Lease) -> None:
    assert decide_lease(session, shown_until, now, window=WINDOW, life=LIFE) == answer


def test_a_token_that_was_shown_counts_where_it_outlives_what_the_row_can_have_minted() -> None:
    shown_until = MINTED_UNTIL + 5000
    assert decide_lease(LIVE, shown_until, shown_until, window=WINDOW, life=LIFE) == held(shown_until)
    assert decide_lease(LIVE, shown_until, shown_until + GRACE + 1, window=WINDOW, life=LIFE) == LAPSED


def test_an_idle_socket_stays_while_its_session_is_refreshed_over_http() -> None:
    now = MINTED_UNTIL + GRACE + 1
    refreshed = dataclasses.replace(LIVE, head_at=now - 1000)
    assert decide_lease(refreshed, HEAD_AT + LIFE, now, window=WINDOW, life=LIFE).state is LeaseState.HELD


@pytest.mark.parametrize(
    ("ends", "reason"),
    [({"expires_at": HEAD_AT + 5000}, "expired"), ({"idle_until": HEAD_AT + 5000}, "idle")],
)
def test_a_socket_is_over_with_its_session(ends: dict[str, int], reason: EndReason) -> None:
    session, end = dataclasses.replace(LIVE, **ends), HEAD_AT + 5000  # type: ignore[arg-type]
    before = decide_lease(session, 0, end - 1, window=WINDOW, life=LIFE)
    assert before == Lease(LeaseState.HELD, look_again_at=end)
    assert decide_lease(session, 0, end, window=WINDOW, life=LIFE) == Lease(LeaseState.ENDED, reason=reason)


def test_a_head_that_was_handed_out_again_holds_a_socket_for_as_long_as_the_tokens_that_came_with_it() -> None:
    handed_at = HEAD_AT + 3 * WINDOW
    again = dataclasses.replace(LIVE, handed_at=handed_at)
    assert decide_lease(again, 0, MINTED_UNTIL + GRACE + 1, window=WINDOW, life=LIFE) == held(handed_at + WINDOW + LIFE)
