"""Registering and logging in."""

import asyncio

import pytest

from latchstring.core.account import Account
from latchstring.errors import (
    Conflict,
    EmailTaken,
    HashingBusy,
    InvalidAuthToken,
    InvalidCredentials,
    InvalidRequest,
    StoreUnavailable,
    TooManyRequests,
)
from latchstring.hashing import OWASP, HashingProfile, PasswordHasher
from latchstring.ports import Statement
from latchstring.throttling import PASSWORDS_PER_ACCOUNT
from tests.accounts.house import ADA, BEN, HOME, OTHER, PASSWORD, STRANGER, House

pytestmark = pytest.mark.anyio


async def test_whoever_registers_has_an_account_and_is_signed_in(house: House) -> None:
    account, pair = await house.accounts.register(ADA, PASSWORD, remembered=True, visitor=HOME)
    assert (account.email, account.email_key, account.confirmed_at) == (ADA, "ada@example.org", None)
    assert await house.accounts.account(account.id) == account
    signed_in = await house.sessions.authenticate(pair.auth_token)
    assert signed_in.subject == account.id
    [session] = await house.sessions.list(account.id)
    assert (session.device, session.remembered) == ("Firefox on Linux", True)


async def test_whoever_logs_in_is_signed_in_however_they_spell_their_address(house: House) -> None:
    account = await house.register()
    for spelling in (ADA, ADA.upper(), " ada@EXAMPLE.org "):
        pair = await house.log_in(spelling)
        assert (await house.sessions.authenticate(pair.auth_token)).subject == account.id
    assert len(await house.session_ids(account)) == 4


async def test_an_account_is_found_by_its_whole_address_however_it_is_spelled(house: House) -> None:
    account = await house.register(ADA)
    for spelling in (ADA, ADA.upper(), f" {ADA.lower()} "):
        assert await house.accounts.find(spelling) == account
    asked = len(house.engine.asked)
    for nothing in ("", ADA[:-1] + "\x00", "example.org", "@", "x" * 300, "\ud800@example.org"):
        assert await house.accounts.find(nothing) is None
    assert len(house.engine.asked) == asked
    assert await house.accounts.find("grace@example.org") is None


async def test_a_sign_in_replaces_the_session_that_the_cookie_held(house: House) -> None:
    account, first = await house.accounts.register(ADA, PASSWORD, remembered=True, visitor=HOME)
    _, second = await house.accounts.log_in(ADA, PASSWORD, remembered=False, visitor=HOME, replaces=first.refresh_token)
    assert await house.session_ids(account) == {second.session_id}
    with pytest.raises(InvalidAuthToken):
        await house.sessions.authenticate(first.auth_token)


@pytest.mark.parametrize("spelling", [ADA, ADA.lower(), ADA.upper()])
async def test_an_address_is_registered_once_in_whatever_spelling(house: House, spelling: str) -> None:
    account = await house.register()
    with pytest.raises(EmailTaken):
        await house.register(spelling, OTHER)
    with pytest.raises(InvalidCredentials):
        await house.log_in(ADA, OTHER)
    assert len(await house.session_ids(account)) == 1


async def test_of_many_that_register_one_address_at_once_one_does(house: House) -> None:
    outcomes = await asyncio.gather(*(house.register() for _ in range(10)), return_exceptions=True)
    assert sum(isinstance(outcome, Account) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, EmailTaken) for outcome in outcomes) == 9


async def test_account_session_and_the_apps_rows_are_one_write(house: House) -> None:
    await house.engine.write(Statement("CREATE TABLE profiles (id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE)"))

    def profile(account: Account) -> list[Statement]:
        return [Statement("INSERT INTO profiles VALUES (:id, 'Ada')", {"id": account.id})]

    account, _ = await house.accounts.register(ADA, PASSWORD, remembered=True, visitor=HOME, also=profile)
    assert await house.engine.read(Statement("SELECT id, name FROM profiles")) == [(account.id, "Ada")]
    with pytest.raises(Conflict):
        await house.accounts.register(BEN, PASSWORD, remembered=True, visitor=HOME, also=profile)
    assert await house.store.account_by_email(BEN) is None
    assert await house.engine.read(Statement("SELECT COUNT(*) FROM latchstring_sessions")) == [(1,)]


async def test_all_that_is_wrong_with_a_registration_is_said_at_once(house: House) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        await house.register("no address", "short")
    assert [field.path for field in refusal.value.fields] == ["email", "password"]
    assert "15" in refusal.value.fields[1].message


async def test_the_users_own_words_are_refused_as_a_password(house: House) -> None:
    for password, words in ((f"{ADA}{ADA}", ()), ("wolfhardt wolfhardt", ("Wolfhardt Vogel",))):
        with pytest.raises(InvalidRequest) as refusal:
            await house.accounts.register(ADA, password, remembered=True, visitor=HOME, words=words)
        assert refusal.value.fields[0].path == "password"


async def test_an_old_hash_is_renewed_when_its_owner_logs_in(house: House) -> None:
    account = await house.register()
    old = await house.store.password_hash(account.id)
    dearer = PasswordHasher(HashingProfile(memory=64, passes=2), workers=1)
    accounts = house.accounts_with(dearer)
    await accounts.log_in(ADA, PASSWORD, remembered=True, visitor=HOME)
    new = await house.store.password_hash(account.id)
    assert new is not None
    assert new != old
    assert not dearer.needs_rehash(new)
    await accounts.log_in(ADA, PASSWORD, remembered=True, visitor=HOME)
    assert await house.store.password_hash(account.id) == new
    dearer.close()


async def test_logins_that_renew_one_hash_at_once_all_get_in(house: House) -> None:
    await house.register()
    dearer = PasswordHasher(HashingProfile(memory=64, passes=2), workers=2)
    accounts = house.accounts_with(dearer)
    await asyncio.gather(*(accounts.log_in(ADA, PASSWORD, remembered=True, visitor=HOME) for _ in range(2)))
    dearer.close()


class MeddledHasher(PasswordHasher):
    """Somebody changes the password just after it was found right."""

    house: House
    account: Account

    async def verify(self, encoded: str | None, password: str) -> bool:
        right = await super().verify(encoded, password)
        if right:
            changed = self.house.store.new_password(self.account.id, await self.hash(OTHER))
            await self.house.sessions.end_all(self.account.id, reason="password_changed", also=[changed])
        return right


async def test_nobody_gets_in_by_a_password_that_is_changed_in_that_moment(house: House) -> None:
    account = await house.register()
    meddled = MeddledHasher(HashingProfile(memory=8, passes=1), workers=1)
    meddled.house, meddled.account = house, account
    with pytest.raises(InvalidCredentials):
        await house.accounts_with(meddled).log_in(ADA, PASSWORD, remembered=True, visitor=STRANGER)
    assert await house.session_ids(account) == set()
    meddled.close()


async def test_a_rehash_never_undoes_a_change_of_password(house: House) -> None:
    account = await house.register()
    meddled = MeddledHasher(HashingProfile(memory=64, passes=2), workers=1)
    meddled.house, meddled.account = house, account
    with pytest.raises(InvalidCredentials):
        await house.accounts_with(meddled).log_in(ADA, PASSWORD, remembered=True, visitor=STRANGER)
    assert await house.hasher.verify(await house.store.password_hash(account.id), OTHER)
    meddled.close()


async def test_a_store_that_does_not_answer_costs_no_try(house: House) -> None:
    await house.register(visitor=STRANGER)
    house.engine.down = True
    for _ in range(2 * PASSWORDS_PER_ACCOUNT.burst):
        with pytest.raises(StoreUnavailable):
            await house.log_in()
    with pytest.raises(StoreUnavailable):
        await house.register(BEN)
    house.engine.down = False
    await house.log_in()
    await house.register(BEN)


async def test_a_full_queue_lets_nobody_in_and_costs_no_try(house: House) -> None:
    await house.register(visitor=STRANGER)
    busy = PasswordHasher(OWASP, workers=1, queue=0)
    accounts = house.accounts_with(busy)
    tries = [accounts.log_in(ADA, PASSWORD, remembered=True, visitor=HOME) for _ in range(5)]
    outcomes = await asyncio.gather(*tries, return_exceptions=True)
    assert any(isinstance(outcome, HashingBusy) for outcome in outcomes)
    assert not any(isinstance(outcome, TooManyRequests | InvalidCredentials) for outcome in outcomes)
    busy.close()
