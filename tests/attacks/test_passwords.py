"""Attacks on passwords and mailed tokens."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import get_args

import pytest

from latchstring import hashing
from latchstring.core import mailed_token
from latchstring.core.account import MailPurpose
from latchstring.errors import (
    EmailTaken,
    InvalidCredentials,
    InvalidMailedToken,
    InvalidRequest,
    LatchstringError,
    Refused,
    TooManyRequests,
)
from latchstring.issuing import Visitor
from latchstring.ports import Statement
from latchstring.throttling import PASSWORDS_PER_ACCOUNT, REGISTRATIONS_PER_NETWORK
from tests.accounts.house import ADA, BEN, HOME, OTHER, PASSWORD, STRANGER, House, open_house

pytestmark = pytest.mark.anyio
WRONG = "not the password at all"


@pytest.fixture
async def house() -> AsyncIterator[House]:
    async with open_house() as house:
        yield house


@pytest.fixture
def hashes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The name of every argon2id computation, in order."""
    done: list[str] = []
    for name in ("_hash", "_verify"):
        work = getattr(hashing, name)

        def counted(*args: object, name: str = name, work: object = work) -> object:
            done.append(name)
            return work(*args)  # type: ignore[operator]

        monkeypatch.setattr(hashing, name, counted)
    return done


async def refusal_of(house: House, email: str, password: str) -> Refused:
    with pytest.raises(Refused) as refusal:
        await house.log_in(email, password, STRANGER)
    return refusal.value


async def test_known_and_unknown_addresses_walk_the_same_path(house: House, hashes: list[str]) -> None:
    await house.register()
    walks = []
    for email in (ADA, "nobody@example.org"):
        hashes.clear()
        house.engine.asked.clear()
        refusal = await refusal_of(house, email, WRONG)
        walks.append((type(refusal), refusal.code, refusal.message, tuple(hashes), tuple(house.engine.asked)))
    assert walks[0] == walks[1]
    assert walks[0][3:] == (("_verify",), ("read",))


async def test_known_and_unknown_addresses_are_throttled_alike(house: House) -> None:
    await house.register()
    for email in (ADA, "nobody@example.org", "no address at all"):
        refusals = [type(await refusal_of(house, email, WRONG)) for _ in range(PASSWORDS_PER_ACCOUNT.burst + 3)]
        assert refusals == [InvalidCredentials] * PASSWORDS_PER_ACCOUNT.burst + [TooManyRequests] * 3


async def test_a_throttled_guess_is_not_judged_even_if_it_is_right(house: House, hashes: list[str]) -> None:
    await house.register()
    for _ in range(PASSWORDS_PER_ACCOUNT.burst):
        await refusal_of(house, ADA, WRONG)
    hashes.clear()
    assert isinstance(await refusal_of(house, ADA, PASSWORD), TooManyRequests)
    assert hashes == []


async def test_the_owner_gets_in_while_strangers_guess(house: House) -> None:
    await house.register(visitor=HOME)
    for network in range(3 * PASSWORDS_PER_ACCOUNT.burst):
        with pytest.raises(Refused):
            await house.log_in(ADA, WRONG, Visitor(f"203.0.{network}.1", ""))
    await house.log_in(ADA, PASSWORD, HOME)


async def test_registering_a_taken_address_costs_the_hash_that_a_free_one_costs(
    house: House, hashes: list[str]
) -> None:
    await house.register()
    hashes.clear()
    with pytest.raises(EmailTaken):
        await house.register(ADA, OTHER)
    assert hashes == ["_hash"]


async def test_registrations_are_throttled_before_anything_is_hashed(house: House, hashes: list[str]) -> None:
    for _ in range(REGISTRATIONS_PER_NETWORK.burst):
        house.throttling.registration(STRANGER.address)
    with pytest.raises(TooManyRequests):
        await house.register(visitor=STRANGER)
    assert hashes == []


async def test_a_refused_registration_hashes_nothing(house: House, hashes: list[str]) -> None:
    for password in ("short", "x" * 1_000_000, f"a fine long{chr(0xD800)} password", f"a fine long{chr(0)} password"):
        with pytest.raises(InvalidRequest) as refusal:
            await house.register(ADA, password)
        assert [field.path for field in refusal.value.fields] == ["password"]
    assert hashes == []


@pytest.mark.parametrize("password", ["", "x" * 1_000_000, chr(0xD800) * 20, chr(0) * 20])
async def test_no_password_makes_a_login_fail_in_any_other_way(house: House, password: str) -> None:
    await house.register()
    for email in (ADA, "nobody@example.org"):
        assert isinstance(await refusal_of(house, email, password), InvalidCredentials)


@pytest.mark.parametrize(
    "email", ["", "\0", chr(0xD800) + "@example.org", "x" * 1_000_000, "' OR 1=1 --", "ada@example.org\r\nBcc: all"]
)
async def test_no_address_makes_a_call_fail_in_any_other_way(house: House, email: str) -> None:
    assert isinstance(await refusal_of(house, email, PASSWORD), InvalidCredentials)
    await house.accounts.recovering.request_password_reset(email, STRANGER)
    with pytest.raises(InvalidRequest):
        await house.register(email)
    await house.accounts.drain()
    assert house.postman.mails == []


async def test_a_reset_is_answered_alike_before_any_mail_is_made(house: House) -> None:
    """The read is the same; token and mail are made behind the answer, so that their time tells nothing."""
    await house.register()
    walks = []
    for email in (ADA, "nobody@example.org"):
        house.engine.asked.clear()
        await house.accounts.recovering.request_password_reset(email, STRANGER)
        walks.append((tuple(house.engine.asked), len(house.postman.mails)))
    assert walks[0] == (("read",), 0)
    assert walks[1][0].count("read") == 1
    await house.accounts.drain()
    assert [to for to, _, _ in house.postman.mails] == [ADA]


async def test_a_reset_goes_to_the_address_that_is_stored_and_never_to_the_one_that_was_typed(house: House) -> None:
    """Two addresses that compare equal may be two mailboxes: "ß" and "ss" are one to us, and two to a mail server."""
    await house.register("strasse@example.org")
    await house.accounts.recovering.request_password_reset("straße@example.org", STRANGER)
    await house.accounts.drain()
    assert [to for to, _, _ in house.postman.mails] == ["strasse@example.org"]


async def test_resets_are_throttled_alike_for_known_and_unknown(house: House) -> None:
    await house.register()
    for email in (ADA, "nobody@example.org"):
        for _ in range(5):
            await house.accounts.recovering.request_password_reset(email, STRANGER)
        with pytest.raises(TooManyRequests):
            await house.accounts.recovering.request_password_reset(email, HOME)


async def tokens_of_each_purpose(house: House) -> dict[MailPurpose, str]:
    here = await house.signed_in()
    tokens: dict[MailPurpose, str] = {}
    await house.accounts.changing.request_confirmation(here)
    tokens["email_confirm"] = house.postman.newest_token()
    await house.accounts.changing.request_email_change(here)
    tokens["email_change"] = house.postman.newest_token()
    await house.accounts.recovering.request_password_reset(ADA, HOME)
    await house.accounts.drain()
    tokens["password_reset"] = house.postman.newest_token()
    return tokens


@pytest.mark.parametrize("purpose", get_args(MailPurpose))
async def test_a_mailed_token_of_one_kind_is_none_of_another(house: House, purpose: MailPurpose) -> None:
    account = await house.register()
    token = (await tokens_of_each_purpose(house))[purpose]
    here = await house.signed_in()
    uses: dict[MailPurpose, Callable[[], Awaitable[None]]] = {
        "email_confirm": lambda: house.accounts.recovering.confirm_email(token),
        "email_change": lambda: house.accounts.changing.change_email(here, token, BEN, PASSWORD),
        "password_reset": lambda: house.accounts.recovering.reset_password(token, OTHER, OTHER),
    }
    for other, use in uses.items():
        if other != purpose:
            with pytest.raises(InvalidMailedToken):
                await use()
    assert await house.accounts.account(account.id) == account
    await uses[purpose]()


@pytest.mark.parametrize("garbage", ["", "x", "A" * 43, "A" * 1_000_000, chr(0xD800) * 43, "' OR 1=1 --", "é" * 43])
async def test_a_guessed_token_is_refused_and_hashes_nothing(house: House, hashes: list[str], garbage: str) -> None:
    with pytest.raises(InvalidMailedToken):
        await house.accounts.recovering.reset_password(garbage, OTHER, OTHER)
    with pytest.raises(InvalidMailedToken):
        await house.accounts.recovering.confirm_email(garbage)
    assert hashes == []


async def test_whoever_reads_the_database_finds_no_password_and_no_token(house: House) -> None:
    await house.register()
    tokens = await tokens_of_each_purpose(house)
    stored = []
    for table in ("latchstring_accounts", "latchstring_mailed_tokens", "latchstring_sessions"):
        stored += await house.engine.read(Statement(f"SELECT * FROM {table}"))
    kept = b"\0".join(value if isinstance(value, bytes) else str(value).encode() for row in stored for value in row)
    assert PASSWORD.encode() not in kept
    for token in tokens.values():
        secret = mailed_token.decode(token)
        assert secret is not None
        assert secret not in kept
        assert token.encode() not in kept


async def test_no_refusal_and_no_log_line_holds_a_password_or_a_token(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    canary = "canary yellow kites aloft"
    said = []
    with caplog.at_level(logging.DEBUG):
        await house.register(ADA, canary)
        token = "c" * 42 + "A"
        calls = [
            house.register(ADA, canary),
            house.register(BEN, canary[:10]),
            house.log_in(ADA, canary + "!"),
            house.log_in(ADA, canary * 100),
            house.accounts.recovering.reset_password(token, canary, canary),
            house.accounts.changing.change_password(
                await house.signed_in(ADA, canary), canary[::-1], canary, canary + "?"
            ),
        ]
        outcomes = await asyncio.gather(*calls, return_exceptions=True)
        assert all(isinstance(outcome, LatchstringError) for outcome in outcomes), outcomes
        said += [f"{outcome!r} {outcome} {getattr(outcome, 'fields', ())!r}" for outcome in outcomes]
    for text in (*said, caplog.text):
        assert "canary" not in text
        assert token not in text
