"""Notices: the owner of an account is told by mail what happened to it, whatever becomes of the mail."""

import logging
import re

import pytest

from latchstring import post
from latchstring.core.notice import notice
from latchstring.errors import SessionEnded
from latchstring.issuing import TokenPair
from tests.accounts.house import ADA, HOME, OTHER, PASSWORD, STRANGER, House

pytestmark = pytest.mark.anyio

SECRET = re.compile(r"[A-Za-z0-9_-]{30,}")


async def replayed(house: House, stolen: TokenPair, *, times: int = 1) -> None:
    """The owner goes on, and proves it; much later the stolen token is shown."""
    house.clock.advance(seconds=60)
    newer = await house.sessions.refresh(stolen.refresh_token, HOME)
    await house.sessions.authenticate(newer.auth_token)
    house.clock.advance(seconds=60)
    for _ in range(times):
        with pytest.raises(SessionEnded) as ended:
            await house.sessions.refresh(stolen.refresh_token, STRANGER)
        assert ended.value.reason == "replayed"
    await house.accounts.drain()


async def test_a_replay_is_told_to_the_owner_once_with_time_and_device_and_no_token(house: House) -> None:
    await house.register()
    await replayed(house, await house.log_in(), times=3)
    [(to, subject, text)] = house.postman.mails
    assert to == ADA
    assert "copied" in subject
    assert "When: 2027-01-15 08:02 UTC" in text
    assert "Device: Firefox on Linux, signed in since 2027-01-15 08:00 UTC" in text
    assert "What to do: Sign in again." in text
    assert SECRET.findall(text) == []


async def test_a_mailer_that_fails_changes_no_refusal_and_its_words_are_in_no_log(
    house: House, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(to: str, subject: str, text: str) -> None:
        raise RuntimeError(f"550 {to}: {text}")

    monkeypatch.setattr(house.postman, "send", fail)
    account = await house.register()
    with caplog.at_level(logging.DEBUG):
        await replayed(house, await house.log_in())
    said = [record.getMessage() for record in caplog.records if record.name == "latchstring.letters"]
    assert said == [f"a mail (replayed) for account {account.id} was not sent: RuntimeError"]
    assert "550" not in caplog.text


async def test_a_store_that_fails_behind_a_replay_changes_no_refusal(house: House) -> None:
    await house.register()
    house.sessions.when_replayed(lambda *_: setattr(house.engine, "down", True))
    await replayed(house, await house.log_in())
    assert house.postman.mails == []


async def test_too_many_mails_under_way_change_no_refusal(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(post, "POST_LIMIT", 0)
    await house.register()
    await replayed(house, await house.log_in())
    await house.accounts.changing.change_password(await house.signed_in(), PASSWORD, OTHER, OTHER)
    assert house.postman.mails == []


async def test_whoever_is_told_of_a_replay_and_fails_changes_no_refusal(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(subject: str, session_id: str) -> None:
        raise RuntimeError("a canary")

    await house.register()
    house.sessions.when_replayed(fail)
    await replayed(house, await house.log_in())
    assert "nobody was told of a replay: RuntimeError" in caplog.text
    assert "a canary" not in caplog.text


async def test_a_subject_without_an_account_is_the_apps_to_tell(house: House) -> None:
    told: list[tuple[str, str]] = []
    house.sessions.when_replayed(lambda subject, session_id: told.append((subject, session_id)))
    pair = await house.sessions.start("a user of the app's own", remembered=True, visitor=HOME)
    await replayed(house, pair)
    assert told == [("a user of the app's own", pair.session_id)]
    assert house.postman.mails == []


async def test_a_change_of_password_is_told_with_the_device_that_did_it(house: House) -> None:
    await house.register()
    await house.accounts.changing.change_password(await house.signed_in(), PASSWORD, OTHER, OTHER)
    await house.accounts.drain()
    [(to, subject, text)] = house.postman.mails
    assert (to, subject) == (ADA, "Your password was changed")
    assert "Device: Firefox on Linux" in text
    assert SECRET.findall(text) == []


async def test_a_reset_of_the_password_is_told(house: House) -> None:
    await house.register()
    await house.accounts.recovering.request_password_reset(ADA, STRANGER)
    await house.accounts.drain()
    await house.accounts.recovering.reset_password(house.postman.newest_token(), OTHER, OTHER)
    await house.accounts.drain()
    to, subject, text = house.postman.mails[-1]
    assert (to, subject) == (ADA, "Your password was changed")
    assert "a code that was mailed" in text
    assert SECRET.findall(text) == []


async def test_a_new_address_is_told_to_the_old_one_which_is_not_told_the_new(house: House) -> None:
    await house.register()
    here = await house.signed_in()
    await house.accounts.changing.request_email_change(here)
    await house.accounts.changing.change_email(here, house.postman.newest_token(), "grace@example.net", PASSWORD)
    await house.accounts.drain()
    to, subject, text = house.postman.mails[-1]
    assert (to, subject) == (ADA, "Your e-mail address was changed")
    assert "grace" not in text
    assert SECRET.findall(text) == []


async def test_the_same_address_once_more_is_no_news(house: House) -> None:
    await house.register()
    here = await house.signed_in()
    await house.accounts.changing.request_email_change(here)
    await house.accounts.changing.change_email(here, house.postman.newest_token(), ADA, PASSWORD)
    await house.accounts.drain()
    assert len(house.postman.mails) == 1


async def test_what_was_refused_is_not_told_as_done(house: House) -> None:
    await house.register()
    here = await house.signed_in()
    with pytest.raises(Exception, match="wrong"):
        await house.accounts.changing.change_password(here, "not the password at all", OTHER, OTHER)
    await house.accounts.drain()
    assert house.postman.mails == []


def test_a_notice_without_a_device_says_nothing_of_one() -> None:
    _, text = notice("password_reset", "2027-01-15 08:00 UTC", None)
    assert "Device" not in text
    assert max(map(len, text.splitlines())) <= 78
