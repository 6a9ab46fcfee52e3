"""Who is throttled, for what, and who is not."""

import asyncio

import pytest

from latchstring.errors import HashingBusy, InvalidCredentials, TooManyRequests
from latchstring.testing import SettableClock
from latchstring.throttling import (
    MAILS_PER_ACCOUNT,
    PASSWORDS_PER_ACCOUNT,
    PASSWORDS_PER_NETWORK,
    REGISTRATIONS_PER_NETWORK,
    Throttling,
)

HOME, STRANGER = "192.0.2.1", "198.51.100.7"


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock(0)


@pytest.fixture
def throttling(clock: SettableClock) -> Throttling:
    return Throttling(clock)


def fail(throttling: Throttling, email: str = "ada", address: str = STRANGER, times: int = 1) -> None:
    for _ in range(times):
        with pytest.raises(InvalidCredentials), throttling.signing_in(email, address):
            raise InvalidCredentials


def succeed(throttling: Throttling, email: str = "ada", address: str = HOME) -> None:
    with throttling.signing_in(email, address):
        pass


def refused(throttling: Throttling, email: str = "ada", address: str = STRANGER) -> int:
    with pytest.raises(TooManyRequests) as refusal, throttling.signing_in(email, address):
        raise AssertionError("it was let through")
    return refusal.value.retry_after


def test_ten_wrong_passwords_for_one_account_and_then_one_a_minute(
    throttling: Throttling, clock: SettableClock
) -> None:
    fail(throttling, times=PASSWORDS_PER_ACCOUNT.burst)
    assert refused(throttling) == 60
    clock.advance(seconds=59)
    assert refused(throttling) == 1
    clock.advance(seconds=1)
    fail(throttling)
    assert refused(throttling) == 60


def test_an_account_is_throttled_across_networks(throttling: Throttling) -> None:
    for host in range(PASSWORDS_PER_ACCOUNT.burst):
        fail(throttling, address=f"203.0.{host}.1")
    assert refused(throttling, address="203.0.99.1") == 60


def test_a_network_is_throttled_across_accounts(throttling: Throttling) -> None:
    for person in range(PASSWORDS_PER_NETWORK.burst):
        fail(throttling, email=f"somebody {person}", address=f"203.0.113.{person}")
    assert refused(throttling, email="somebody else", address="203.0.113.200") == 3
    fail(throttling, email="somebody else", address="203.0.114.1")


def test_passwords_that_are_right_cost_nothing(throttling: Throttling) -> None:
    for _ in range(5 * PASSWORDS_PER_ACCOUNT.burst):
        succeed(throttling)
    fail(throttling, address=HOME, times=PASSWORDS_PER_ACCOUNT.burst)


def test_strangers_cannot_lock_the_owner_out_where_they_signed_in_before(throttling: Throttling) -> None:
    succeed(throttling, address=HOME)
    fail(throttling, address=STRANGER, times=PASSWORDS_PER_ACCOUNT.burst)
    refused(throttling, address=STRANGER)
    succeed(throttling, address="192.0.2.99")


def test_a_neighbour_who_guesses_for_everybody_does_not_lock_out_who_signed_in_from_there(
    throttling: Throttling,
) -> None:
    succeed(throttling, address=HOME)
    for person in range(PASSWORDS_PER_NETWORK.burst):
        fail(throttling, email=f"somebody {person}", address=HOME)
    refused(throttling, email="somebody else", address=HOME)
    succeed(throttling, address=HOME)


def test_the_owners_network_has_a_bound_of_its_own(throttling: Throttling) -> None:
    succeed(throttling, address=HOME)
    fail(throttling, address=HOME, times=PASSWORDS_PER_ACCOUNT.burst)
    assert refused(throttling, address=HOME) == 60


def test_a_hundred_tries_at_once_are_a_hundred(throttling: Throttling) -> None:
    async def guess() -> None:
        with throttling.signing_in("ada", STRANGER):
            await asyncio.sleep(0)
            raise InvalidCredentials

    async def guess_at_once() -> list[BaseException | None]:
        return await asyncio.gather(*(guess() for _ in range(100)), return_exceptions=True)

    judged = [answer for answer in asyncio.run(guess_at_once()) if isinstance(answer, InvalidCredentials)]
    assert len(judged) == PASSWORDS_PER_ACCOUNT.burst


def test_a_try_that_was_not_judged_costs_nothing(throttling: Throttling) -> None:
    for _ in range(3 * PASSWORDS_PER_ACCOUNT.burst):
        with pytest.raises(HashingBusy), throttling.signing_in("ada", STRANGER):
            raise HashingBusy
    fail(throttling, times=PASSWORDS_PER_ACCOUNT.burst)


def test_whoever_hangs_up_has_tried(throttling: Throttling) -> None:
    for _ in range(PASSWORDS_PER_ACCOUNT.burst):
        with pytest.raises(asyncio.CancelledError), throttling.signing_in("ada", STRANGER):
            raise asyncio.CancelledError
    refused(throttling)


def test_a_session_that_was_left_open_is_no_place_to_guess_from(throttling: Throttling) -> None:
    for _ in range(PASSWORDS_PER_ACCOUNT.burst):
        with pytest.raises(InvalidCredentials), throttling.password_again("session"):
            raise InvalidCredentials
    with pytest.raises(TooManyRequests), throttling.password_again("session"):
        raise AssertionError("it was let through")
    with throttling.password_again("another session"):
        pass


def test_two_hundred_register_from_one_network_and_then_one_each_two_seconds(
    throttling: Throttling, clock: SettableClock
) -> None:
    for _ in range(REGISTRATIONS_PER_NETWORK.burst):
        throttling.registration(STRANGER)
    with pytest.raises(TooManyRequests) as refusal:
        throttling.registration(STRANGER)
    assert refusal.value.retry_after == 2
    throttling.registration(HOME)
    clock.advance(seconds=2)
    throttling.registration(STRANGER)


def test_nobodys_mailbox_is_filled_through_us(throttling: Throttling) -> None:
    for network in range(MAILS_PER_ACCOUNT.burst):
        throttling.mail("ada", f"203.0.{network}.1")
    with pytest.raises(TooManyRequests):
        throttling.mail("ada", STRANGER)
    throttling.mail("ben", STRANGER)


def test_mails_that_strangers_asked_for_are_not_taken_from_those_that_the_owner_asks_for(
    throttling: Throttling,
) -> None:
    for _ in range(MAILS_PER_ACCOUNT.burst):
        throttling.mail("ada", STRANGER)
    for _ in range(MAILS_PER_ACCOUNT.burst):
        throttling.mail("ada")
    with pytest.raises(TooManyRequests):
        throttling.mail("ada")


def test_what_is_remembered_is_bounded_and_the_oldest_goes_first(clock: SettableClock) -> None:
    throttling = Throttling(clock, capacity=3)
    for network in range(10):
        throttling.registration(f"203.0.{network}.1")
        succeed(throttling, address=f"203.0.{network}.1")
    assert len(throttling._full_at) <= 3
    assert len(throttling._known) <= 3


def test_it_can_be_switched_off(clock: SettableClock) -> None:
    throttling = Throttling(clock, enabled=False)
    fail(throttling, times=500)
    for _ in range(500):
        throttling.registration(STRANGER)
        throttling.mail("ada", STRANGER)


def test_hostile_text_is_counted_like_any_other(throttling: Throttling) -> None:
    fail(throttling, email=chr(0xD800) * 100, address="\0" * 10_000)
    succeed(throttling, email="x" * 1_000_000)
