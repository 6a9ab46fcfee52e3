"""What every account store has to do. Inherit it, and give it an empty `store`; needs pytest and anyio.

class TestMyStore(AccountStoreContract):
    @pytest.fixture
    async def store(self): ...
"""

import asyncio
from dataclasses import replace

import pytest

from latchstring.core.account import Account, MailedToken
from latchstring.errors import Conflict
from latchstring.ports import AccountStore

NOW = 1_800_000_000_000
ADA = Account(id="a-1", email="Ada@example.org", email_key="ada@example.org", inserted_at=NOW)
BEN = Account(id="b-2", email="ben@example.org", email_key="ben@example.org", confirmed_at=NOW, inserted_at=NOW)
TOKEN = MailedToken(
    digest=bytes(range(32)), account_id=ADA.id, purpose="password_reset", email_key=ADA.email_key, expires_at=NOW + 60
)


class AccountStoreContract:
    pytestmark = pytest.mark.anyio

    @pytest.fixture
    def anyio_backend(self) -> str:
        return "asyncio"

    @pytest.fixture
    def store(self) -> AccountStore:
        raise NotImplementedError("give the suite an empty store")

    # Accounts.

    @pytest.mark.parametrize(
        "account",
        [
            ADA,
            BEN,
            replace(ADA, email="É'va\"; DROP TABLE x; --@exämple.org", email_key="🦊"),
            replace(ADA, inserted_at=2**53),
        ],
    )
    async def test_an_account_reads_back_as_it_was_written(self, store: AccountStore, account: Account) -> None:
        await store.write(store.account_row(account, "$argon2id$1"))
        assert await store.account(account.id) == account
        assert await store.account_by_email(account.email_key) == (account, "$argon2id$1")
        assert await store.password_hash(account.id) == "$argon2id$1"

    async def test_what_is_not_there_is_none(self, store: AccountStore) -> None:
        assert await store.account("nobody") is None
        assert await store.account_by_email("nobody@example.org") is None
        assert await store.password_hash("nobody") is None
        assert await store.mailed_token(TOKEN.digest, TOKEN.purpose, NOW) is None

    async def test_an_address_belongs_to_one_account(self, store: AccountStore) -> None:
        await store.write(store.account_row(ADA, "first"))
        with pytest.raises(Conflict):
            await store.write(store.account_row(replace(BEN, email_key=ADA.email_key), "second"))
        assert await store.account_by_email(ADA.email_key) == (ADA, "first")
        assert await store.account(BEN.id) is None

    async def test_of_two_that_register_an_address_at_once_one_gets_it(self, store: AccountStore) -> None:
        rivals = [replace(ADA, id=f"a-{number}") for number in range(8)]
        outcomes = await asyncio.gather(
            *(store.write(store.account_row(rival, rival.id)) for rival in rivals), return_exceptions=True
        )
        assert sum(outcome is None for outcome in outcomes) == 1
        assert sum(isinstance(outcome, Conflict) for outcome in outcomes) == 7

    async def test_a_transaction_that_conflicts_keeps_nothing(self, store: AccountStore) -> None:
        await store.write(store.account_row(ADA, "first"))
        with pytest.raises(Conflict):
            await store.write(store.account_row(BEN, "second"), store.account_row(ADA, "third"))
        assert await store.account(BEN.id) is None

    # Passwords.

    async def test_a_password_is_changed_for_one_account_alone(self, store: AccountStore) -> None:
        await store.write(store.account_row(ADA, "ada's"), store.account_row(BEN, "ben's"))
        await store.write(store.new_password(ADA.id, "new"))
        assert await store.password_hash(ADA.id) == "new"
        assert await store.password_hash(BEN.id) == "ben's"

    async def test_a_password_is_changed_only_in_place_of_the_one_that_was_judged(self, store: AccountStore) -> None:
        await store.write(store.account_row(ADA, "first"))
        await store.write(store.new_password(ADA.id, "second", instead_of="first"))
        with pytest.raises(Conflict):
            await store.write(store.new_password(ADA.id, "third", instead_of="first"))
        assert await store.password_hash(ADA.id) == "second"

    async def test_a_password_that_stays_the_same_is_no_conflict(self, store: AccountStore) -> None:
        await store.write(store.account_row(ADA, "first"))
        await store.write(store.new_password(ADA.id, "first", instead_of="first"))
        assert await store.password_hash(ADA.id) == "first"

    async def test_of_many_that_change_one_password_at_once_one_does(self, store: AccountStore) -> None:
        await store.write(store.account_row(ADA, "first"))
        changes = [store.new_password(ADA.id, f"new {number}", instead_of="first") for number in range(8)]
        outcomes = await asyncio.gather(*(store.write(change) for change in changes), return_exceptions=True)
        winner = next(number for number, outcome in enumerate(outcomes) if outcome is None)
        assert sum(isinstance(outcome, Conflict) for outcome in outcomes) == 7
        assert await store.password_hash(ADA.id) == f"new {winner}"

    async def test_nobodys_password_and_address_cannot_be_changed(self, store: AccountStore) -> None:
        for statement in (store.new_password("nobody", "hash"), store.new_email(BEN)):
            with pytest.raises(Conflict):
                await store.write(statement)

    # Addresses.

    async def test_an_address_and_its_confirmation_are_changed_together(self, store: AccountStore) -> None:
        await store.write(store.account_row(BEN, "hash"))
        changed = replace(BEN, email="Benjamin@example.org", email_key="benjamin@example.org", confirmed_at=None)
        await store.write(store.new_email(changed))
        assert await store.account(BEN.id) == changed
        assert await store.account_by_email(BEN.email_key) is None
        assert await store.account_by_email("benjamin@example.org") == (changed, "hash")

    async def test_an_address_that_is_taken_cannot_be_moved_to(self, store: AccountStore) -> None:
        await store.write(store.account_row(ADA, "a"), store.account_row(BEN, "b"))
        with pytest.raises(Conflict):
            await store.write(store.new_email(replace(BEN, email_key=ADA.email_key)))
        assert await store.account(BEN.id) == BEN

    # Mailed tokens.

    async def test_reading_a_mailed_token_spends_nothing(self, store: AccountStore) -> None:
        await store.write(store.account_row(ADA, "hash"), store.mailed_token_row(TOKEN))
        for _ in range(3):
            assert await store.mailed_token(TOKEN.digest, TOKEN.purpose, NOW) == TOKEN
        await store.write(store.mailed_token_spent(TOKEN.digest, TOKEN.purpose, NOW))

    async def test_a_mailed_token_is_good_for_one_use(self, store: AccountStore) -> None:
        await store.write(store.account_row(ADA, "hash"), store.mailed_token_row(TOKEN))
        spend = store.mailed_token_spent(TOKEN.digest, TOKEN.purpose, NOW)
        outcomes = await asyncio.gather(*(store.write(spend) for _ in range(8)), return_exceptions=True)
        assert sum(outcome is None for outcome in outcomes) == 1
        assert sum(isinstance(outcome, Conflict) for outcome in outcomes) == 7
        assert await store.mailed_token(TOKEN.digest, TOKEN.purpose, NOW) is None

    async def test_a_mailed_token_works_until_its_time_is_up(self, store: AccountStore) -> None:
        await store.write(store.account_row(ADA, "hash"), store.mailed_token_row(TOKEN))
        assert await store.mailed_token(TOKEN.digest, TOKEN.purpose, TOKEN.expires_at - 1) == TOKEN
        assert await store.mailed_token(TOKEN.digest, TOKEN.purpose, TOKEN.expires_at) is None
        with pytest.raises(Conflict):
            await store.write(store.mailed_token_spent(TOKEN.digest, TOKEN.purpose, TOKEN.expires_at))

    async def test_a_mailed_token_serves_one_purpose(self, store: AccountStore) -> None:
        await store.write(store.account_row(ADA, "hash"), store.mailed_token_row(TOKEN))
        assert await store.mailed_token(TOKEN.digest, "email_change", NOW) is None
        with pytest.raises(Conflict):
            await store.write(store.mailed_token_spent(TOKEN.digest, "email_change", NOW))
        assert await store.mailed_token(TOKEN.digest, TOKEN.purpose, NOW) == TOKEN

    async def test_what_depends_on_a_spent_token_is_not_written(self, store: AccountStore) -> None:
        await store.write(store.account_row(ADA, "old"))
        spend = store.mailed_token_spent(TOKEN.digest, TOKEN.purpose, NOW)
        with pytest.raises(Conflict):
            await store.write(store.new_password(ADA.id, "new"), spend)
        assert await store.password_hash(ADA.id) == "old"

    async def test_the_tokens_of_one_purpose_or_of_all_go_with_one_account_alone(self, store: AccountStore) -> None:
        confirm = replace(TOKEN, digest=b"c" * 32, purpose="email_confirm")
        bens = replace(TOKEN, digest=b"b" * 32, account_id=BEN.id, email_key=BEN.email_key)
        tokens = [store.mailed_token_row(token) for token in (TOKEN, confirm, bens)]
        await store.write(store.account_row(ADA, "a"), store.account_row(BEN, "b"), *tokens)
        await store.write(store.mailed_tokens_gone(ADA.id, "password_reset"))
        assert await store.mailed_token(TOKEN.digest, TOKEN.purpose, NOW) is None
        assert await store.mailed_token(confirm.digest, confirm.purpose, NOW) == confirm
        await store.write(store.mailed_tokens_gone(ADA.id))
        assert await store.mailed_token(confirm.digest, confirm.purpose, NOW) is None
        assert await store.mailed_token(bens.digest, bens.purpose, NOW) == bens

    async def test_a_token_of_nobodys_is_not_kept(self, store: AccountStore) -> None:
        with pytest.raises(Conflict):
            await store.write(store.mailed_token_row(TOKEN))

    async def test_no_statement_shows_what_it_carries_when_printed(self, store: AccountStore) -> None:
        printed = repr([store.account_row(ADA, "canary"), store.new_password(ADA.id, "canary", instead_of="canary")])
        assert "canary" not in printed
        assert "ada" not in printed
