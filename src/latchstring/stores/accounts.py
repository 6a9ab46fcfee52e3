"""Accounts and mailed tokens in SQL that SQLite and PostgreSQL both know."""

# ruff: noqa: S608 - what is put together here are the words of this file, never a value
from pathlib import Path

from latchstring.core.account import Account, MailedToken, MailPurpose
from latchstring.ports import Engine, Row, Statement

_ACCOUNT = "id, email, email_key, confirmed_at, inserted_at"
_BY_ID = f"SELECT {_ACCOUNT} FROM latchstring_accounts WHERE id = :id"
_BY_EMAIL = f"SELECT {_ACCOUNT}, password_hash FROM latchstring_accounts WHERE email_key = :email_key"
_PASSWORD_HASH = "SELECT password_hash FROM latchstring_accounts WHERE id = :id"
_NEW_ACCOUNT = """
INSERT INTO latchstring_accounts (id, email, email_key, password_hash, confirmed_at, inserted_at)
VALUES (:id, :email, :email_key, :password_hash, :confirmed_at, :inserted_at)"""
# The row that an UPDATE waited for is read again: of two that change the same hash, one finds it gone.
_NEW_PASSWORD = """
UPDATE latchstring_accounts SET password_hash = :password_hash
WHERE id = :id AND password_hash = COALESCE(:instead_of, password_hash)
RETURNING id"""
_NEW_EMAIL = """
UPDATE latchstring_accounts SET email = :email, email_key = :email_key, confirmed_at = :confirmed_at
WHERE id = :id
RETURNING id"""

_TOKEN = "digest, account_id, purpose, email_key, expires_at"
_WORKING = "digest = :digest AND purpose = :purpose AND expires_at > :now"
_READ_TOKEN = f"SELECT {_TOKEN} FROM latchstring_mailed_tokens WHERE {_WORKING}"
_NEW_TOKEN = f"""
INSERT INTO latchstring_mailed_tokens ({_TOKEN}) VALUES (:digest, :account_id, :purpose, :email_key, :expires_at)"""
_SPEND_TOKEN = f"DELETE FROM latchstring_mailed_tokens WHERE {_WORKING} RETURNING account_id"
_DROP_TOKENS = """
DELETE FROM latchstring_mailed_tokens WHERE account_id = :account_id AND purpose = COALESCE(:purpose, purpose)"""


class SQLAccountStore:
    """Implements the port AccountStore on any engine. Its tables are those of `migrations`."""

    component = "accounts"
    migrations = Path(__file__).parent / "migrations" / "accounts"

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def account(self, account_id: str) -> Account | None:
        rows = await self._engine.read(Statement(_BY_ID, {"id": account_id}))
        return _account(rows[0]) if rows else None

    async def account_by_email(self, email_key: str) -> tuple[Account, str] | None:
        rows = await self._engine.read(Statement(_BY_EMAIL, {"email_key": email_key}))
        return (_account(rows[0][:5]), rows[0][5]) if rows else None

    async def password_hash(self, account_id: str) -> str | None:
        rows = await self._engine.read(Statement(_PASSWORD_HASH, {"id": account_id}))
        return str(rows[0][0]) if rows else None

    async def mailed_token(self, digest: bytes, purpose: MailPurpose, now: int) -> MailedToken | None:
        rows = await self._engine.read(Statement(_READ_TOKEN, {"digest": digest, "purpose": purpose, "now": now}))
        return _mailed_token(rows[0]) if rows else None

    async def write(self, *statements: Statement) -> None:
        await self._engine.write(*statements)

    def account_row(self, account: Account, password_hash: str) -> Statement:
        return Statement(
            _NEW_ACCOUNT,
            {
                "id": account.id,
                "email": account.email,
                "email_key": account.email_key,
                "password_hash": password_hash,
                "confirmed_at": account.confirmed_at,
                "inserted_at": account.inserted_at,
            },
        )

    def new_password(self, account_id: str, password_hash: str, *, instead_of: str | None = None) -> Statement:
        params = {"id": account_id, "password_hash": password_hash, "instead_of": instead_of}
        return Statement(_NEW_PASSWORD, params, needs_row=True)

    def new_email(self, account: Account) -> Statement:
        params = {
            "id": account.id,
            "email": account.email,
            "email_key": account.email_key,
            "confirmed_at": account.confirmed_at,
        }
        return Statement(_NEW_EMAIL, params, needs_row=True)

    def mailed_token_row(self, token: MailedToken) -> Statement:
        return Statement(
            _NEW_TOKEN,
            {
                "digest": token.digest,
                "account_id": token.account_id,
                "purpose": token.purpose,
                "email_key": token.email_key,
                "expires_at": token.expires_at,
            },
        )

    def mailed_token_spent(self, digest: bytes, purpose: MailPurpose, now: int) -> Statement:
        return Statement(_SPEND_TOKEN, {"digest": digest, "purpose": purpose, "now": now}, needs_row=True)

    def mailed_tokens_gone(self, account_id: str, purpose: MailPurpose | None = None) -> Statement:
        return Statement(_DROP_TOKENS, {"account_id": account_id, "purpose": purpose})


def _account(row: Row) -> Account:
    account_id, email, email_key, confirmed_at, inserted_at = row
    return Account(id=account_id, email=email, email_key=email_key, confirmed_at=confirmed_at, inserted_at=inserted_at)


def _mailed_token(row: Row) -> MailedToken:
    digest, account_id, purpose, email_key, expires_at = row
    return MailedToken(
        digest=digest, account_id=account_id, purpose=purpose, email_key=email_key, expires_at=expires_at
    )
