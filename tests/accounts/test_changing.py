"""Changing and recovering: passwords, addresses, and the tokens that are mailed for it."""

import asyncio
import logging
from dataclasses import replace

import pytest

from latchstring.authenticating import SignedIn
from latchstring.errors import (
    EmailTaken,
    InvalidAuthToken,
    InvalidCredentials,
    InvalidMailedToken,
    InvalidRequest,
    TooManyRequests,
    Unavailable,
)
from tests.accounts.house import ADA, BEN, HOME, OTHER, PASSWORD, STRANGER, House

pytestmark = pytest.mark.anyio
HOUR = 3600


async def reset_token(house: House, email: str = ADA) -> str:
    await house.accounts.recovering.request_password_reset(email, STRANGER)
    await house.accounts.drain()
    return house.postman.newest_token()


# Passwords.


async def test_a_change_of_password_ends_every_other_session(house: House) -> None:
    account = await house.register()
    here, elsewhere = await house.signed_in(), await house.log_in()
    await house.accounts.changing.change_password(here, PASSWORD, OTHER, OTHER)
    assert await house.session_ids(account) == {here.session_id}
    assert (await house.sessions.newest(elsewhere.session_id)).revoke_reason == "password_changed"  # type: ignore[union-attr]
    with pytest.raises(InvalidAuthToken):
        await house.sessions.authenticate(elsewhere.auth_token)
    with pytest.raises(InvalidCredentials):
        await house.log_in(ADA, PASSWORD)
    await house.log_in(ADA, OTHER)


async def test_a_change_of_password_kills_mailed_tokens(house: House) -> None:
    await house.register()
    token = await reset_token(house)
    await house.accounts.changing.change_password(await house.signed_in(), PASSWORD, OTHER, OTHER)
    with pytest.raises(InvalidMailedToken):
        await house.accounts.recovering.read_reset_token(token)


@pytest.mark.parametrize(
    ("password", "new", "confirmation", "paths"),
    [
        (PASSWORD, "short", "short", ["new_password"]),
        (PASSWORD, OTHER, PASSWORD, ["new_password_confirmation"]),
        (PASSWORD, "short", "other", ["new_password", "new_password_confirmation"]),
        (PASSWORD, f"{ADA}{ADA}", f"{ADA}{ADA}", ["new_password"]),
    ],
)
async def test_a_new_password_has_to_be_good_and_typed_twice(
    house: House, password: str, new: str, confirmation: str, paths: list[str]
) -> None:
    account = await house.register()
    here = await house.signed_in()
    with pytest.raises(InvalidRequest) as refusal:
        await house.accounts.changing.change_password(here, password, new, confirmation)
    assert [field.path for field in refusal.value.fields] == paths
    assert len(await house.session_ids(account)) == 2
    await house.log_in()


async def test_a_wrong_current_password_changes_nothing_and_is_throttled(house: House) -> None:
    account = await house.register()
    here = await house.signed_in()
    for _ in range(10):
        with pytest.raises(InvalidCredentials):
            await house.accounts.changing.change_password(here, "not the password at all", OTHER, OTHER)
    with pytest.raises(TooManyRequests):
        await house.accounts.changing.change_password(here, PASSWORD, OTHER, OTHER)
    assert len(await house.session_ids(account)) == 2
    await house.log_in()


async def test_of_two_changes_at_once_one_happens(house: House) -> None:
    await house.register()
    here, there = await house.signed_in(), await house.signed_in()
    news = ["eleven copper kettles hum", "forty silent owls at noon"]
    changes = [
        house.accounts.changing.change_password(who, PASSWORD, new, new)
        for who, new in zip((here, there), news, strict=True)
    ]
    outcomes = await asyncio.gather(*changes, return_exceptions=True)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["InvalidCredentials", "NoneType"]
    await house.log_in(ADA, news[outcomes.index(None)])


async def test_a_subject_without_an_account_was_not_signed_in_by_us(house: House) -> None:
    nobody = SignedIn("nobody", "no session", 0, 0)
    for call in (house.accounts.changing.request_confirmation, house.accounts.changing.request_email_change):
        with pytest.raises(InvalidAuthToken):
            await call(nobody)
    with pytest.raises(InvalidAuthToken):
        await house.accounts.changing.change_password(nobody, PASSWORD, OTHER, OTHER)


# Recovering a password.


async def test_a_reset_ends_every_session_and_every_mailed_token(house: House) -> None:
    account = await house.register()
    here = await house.signed_in()
    await house.accounts.changing.request_confirmation(here)
    confirmation = house.postman.newest_token()
    token = await reset_token(house)
    assert await house.accounts.recovering.read_reset_token(token) == account
    await house.accounts.recovering.reset_password(token, OTHER, OTHER)
    assert await house.session_ids(account) == set()
    with pytest.raises(InvalidMailedToken):
        await house.accounts.recovering.confirm_email(confirmation)
    with pytest.raises(InvalidCredentials):
        await house.log_in(ADA, PASSWORD)
    await house.log_in(ADA, OTHER)


async def test_a_reset_token_is_good_for_one_use(house: House) -> None:
    await house.register()
    token = await reset_token(house)
    resets = [house.accounts.recovering.reset_password(token, new, new) for new in (OTHER, "eleven copper kettles hum")]
    outcomes = await asyncio.gather(*resets, return_exceptions=True)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["InvalidMailedToken", "NoneType"]
    with pytest.raises(InvalidMailedToken):
        await house.accounts.recovering.reset_password(token, OTHER, OTHER)


async def test_a_refused_new_password_does_not_spend_the_token(house: House) -> None:
    await house.register()
    token = await reset_token(house)
    for new, confirmation in (("short", "short"), (OTHER, PASSWORD)):
        with pytest.raises(InvalidRequest):
            await house.accounts.recovering.reset_password(token, new, confirmation)
    await house.accounts.recovering.reset_password(token, OTHER, OTHER)


async def test_a_reset_token_works_for_an_hour(house: House) -> None:
    await house.register()
    token = await reset_token(house)
    house.clock.advance(seconds=HOUR, milliseconds=-1)
    await house.accounts.recovering.read_reset_token(token)
    house.clock.advance(milliseconds=1)
    with pytest.raises(InvalidMailedToken):
        await house.accounts.recovering.read_reset_token(token)
    with pytest.raises(InvalidMailedToken):
        await house.accounts.recovering.reset_password(token, OTHER, OTHER)


async def test_a_newer_reset_token_replaces_the_older(house: House) -> None:
    await house.register()
    older, newer = await reset_token(house), await reset_token(house)
    with pytest.raises(InvalidMailedToken):
        await house.accounts.recovering.read_reset_token(older)
    await house.accounts.recovering.reset_password(newer, OTHER, OTHER)


async def test_a_mail_that_fails_behind_the_answer_is_logged_without_a_secret(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    account = await house.register()
    house.postman.ill = True
    with caplog.at_level(logging.DEBUG):
        await house.accounts.recovering.request_password_reset(ADA, HOME)
        await house.accounts.drain()
    [record] = [record for record in caplog.records if record.name == "latchstring.letters"]
    assert account.id in record.getMessage()
    assert "example.org" not in caplog.text.lower()


async def test_a_mail_that_fails_before_the_answer_is_told(house: House) -> None:
    await house.register()
    house.postman.ill = True
    with pytest.raises(Unavailable):
        await house.accounts.changing.request_confirmation(await house.signed_in())


# Addresses.


async def test_a_mailed_token_confirms_the_address(house: House) -> None:
    account = await house.register()
    await house.accounts.changing.request_confirmation(await house.signed_in())
    house.clock.advance(seconds=HOUR)
    await house.accounts.recovering.confirm_email(house.postman.newest_token())
    confirmed = await house.accounts.account(account.id)
    assert confirmed is not None
    assert confirmed.confirmed_at == house.clock.now
    with pytest.raises(InvalidMailedToken):
        await house.accounts.recovering.confirm_email(house.postman.newest_token())


async def email_change(house: House, email: str = ADA) -> tuple[SignedIn, str]:
    here = await house.signed_in(email)
    await house.accounts.changing.request_email_change(here)
    return here, house.postman.newest_token()


async def test_a_new_address_takes_a_token_from_the_old_one_and_starts_unconfirmed(house: House) -> None:
    account = await house.register()
    await house.accounts.changing.request_confirmation(await house.signed_in())
    await house.accounts.recovering.confirm_email(house.postman.newest_token())
    here, token = await email_change(house)
    assert house.postman.mails[-1][0] == ADA
    await house.accounts.changing.change_email(here, token, "Ada@Example.net", PASSWORD)
    changed = await house.accounts.account(account.id)
    assert changed is not None
    assert (changed.email, changed.email_key, changed.confirmed_at) == ("Ada@example.net", "ada@example.net", None)
    await house.log_in("ada@example.net")
    with pytest.raises(InvalidCredentials):
        await house.log_in(ADA)


async def test_tokens_that_went_to_the_old_address_die_with_it(house: House) -> None:
    await house.register()
    reset = await reset_token(house)
    here, token = await email_change(house)
    await house.accounts.changing.change_email(here, token, "ada@example.net", PASSWORD)
    with pytest.raises(InvalidMailedToken):
        await house.accounts.recovering.reset_password(reset, OTHER, OTHER)
    with pytest.raises(InvalidMailedToken):
        await house.accounts.changing.change_email(here, token, "ada@example.com", PASSWORD)


async def test_an_address_that_is_taken_spends_no_token(house: House) -> None:
    await house.register(BEN)
    account = await house.register()
    here, token = await email_change(house)
    with pytest.raises(EmailTaken):
        await house.accounts.changing.change_email(here, token, BEN.upper(), PASSWORD)
    assert await house.accounts.account(account.id) == account
    await house.accounts.changing.change_email(here, token, "ada@example.net", PASSWORD)


async def test_the_same_address_in_another_spelling_stays_confirmed(house: House) -> None:
    account = await house.register()
    await house.accounts.changing.request_confirmation(await house.signed_in())
    await house.accounts.recovering.confirm_email(house.postman.newest_token())
    here, token = await email_change(house)
    await house.accounts.changing.change_email(here, token, ADA.lower(), PASSWORD)
    changed = await house.accounts.account(account.id)
    assert changed is not None
    assert changed.email == ADA.lower()
    assert changed.confirmed_at is not None


@pytest.mark.parametrize(
    ("email", "password", "refusal"),
    [("ada@example.net", "not the password", InvalidCredentials), ("no address", PASSWORD, InvalidRequest)],
)
async def test_a_change_of_address_takes_the_password_and_an_address(
    house: House, email: str, password: str, refusal: type[Exception]
) -> None:
    account = await house.register()
    here, token = await email_change(house)
    with pytest.raises(refusal):
        await house.accounts.changing.change_email(here, token, email, password)
    assert await house.accounts.account(account.id) == account


async def test_another_users_token_changes_nobodys_address(house: House) -> None:
    ada, ben = await house.register(), await house.register(BEN)
    _, bens_token = await email_change(house, BEN)
    here = await house.signed_in()
    with pytest.raises(InvalidMailedToken):
        await house.accounts.changing.change_email(here, bens_token, "mallory@example.net", PASSWORD)
    assert [await house.accounts.account(each.id) for each in (ada, ben)] == [ada, ben]


async def test_mails_are_throttled_for_one_account(house: House) -> None:
    await house.register()
    here = await house.signed_in()
    for _ in range(5):
        await house.accounts.changing.request_confirmation(here)
    with pytest.raises(TooManyRequests):
        await house.accounts.changing.request_email_change(here)
    assert len(house.postman.mails) == 5


async def test_a_token_is_good_for_the_address_it_went_to_alone(house: House) -> None:
    """Also where somebody else than us changes the address, and leaves the tokens."""
    account = await house.register()
    token = await reset_token(house)
    moved = replace(account, email="ada@example.net", email_key="ada@example.net")
    await house.store.write(house.store.new_email(moved))
    with pytest.raises(InvalidMailedToken):
        await house.accounts.recovering.read_reset_token(token)
    with pytest.raises(InvalidMailedToken):
        await house.accounts.recovering.reset_password(token, OTHER, OTHER)
