"""The mailbox: one private file a mail."""

import email
import email.policy
import stat
from pathlib import Path

import pytest

from latchstring.errors import Unavailable
from latchstring.mailbox import Mailbox
from latchstring.testing import SeededEntropy, SettableClock

pytestmark = pytest.mark.anyio


def mailbox_in(folder: Path) -> Mailbox:
    return Mailbox(folder, clock=SettableClock(), entropy=SeededEntropy())


def files_in(folder: Path) -> list[Path]:
    return sorted(folder.iterdir())


async def test_a_mail_is_one_file_that_any_mail_program_reads(tmp_path: Path) -> None:
    await mailbox_in(tmp_path / "mail").send("ada@example.org", "Grüße", "Ein Code:\n\nABC\n")
    [path] = files_in(tmp_path / "mail")
    assert path.suffix == ".eml"
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    assert (message["To"], message["Subject"]) == ("ada@example.org", "Grüße")
    assert message["Date"] == "Fri, 15 Jan 2027 08:00:00 +0000"
    assert "ABC" in message.get_content().splitlines()


async def test_a_line_of_the_log_says_where_a_mail_is_and_nothing_of_what_it_says(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO", logger="latchstring.mailbox"):
        await mailbox_in(tmp_path).send("ada@example.org", "Hello", "A code: QUIET")
    [path] = files_in(tmp_path)
    assert [record.getMessage() for record in caplog.records] == [f"a mail was written to {path}"]


async def test_whoever_reads_the_file_itself_finds_a_long_link_whole(tmp_path: Path) -> None:
    link = "https://a-rather-long-name-of-a-chat.example.org/reset#token=" + "A" * 43
    await mailbox_in(tmp_path).send("ada@example.org", "Hello", f"A link:\n\n{link}\n")
    [path] = files_in(tmp_path)
    assert link in path.read_text().splitlines()


@pytest.mark.parametrize("text", ["x" * 1200, "x\n" + "ü" * 1200])
async def test_a_line_that_is_too_long_for_a_mail_is_wrapped_on_its_way_and_whole_again(
    tmp_path: Path, text: str
) -> None:
    await mailbox_in(tmp_path).send("ada@example.org", "Hello", text)
    [path] = files_in(tmp_path)
    content = path.read_bytes()
    assert max(map(len, content.splitlines())) <= 998
    message = email.message_from_bytes(content, policy=email.policy.default)
    assert message.get_content().strip() == text


async def test_nobody_else_on_the_machine_reads_the_mails(tmp_path: Path) -> None:
    folder = tmp_path / "mail"
    folder.mkdir(mode=0o755)
    await mailbox_in(folder).send("ada@example.org", "Hello", "text")
    [path] = files_in(folder)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_mails_of_one_moment_are_kept_apart(tmp_path: Path) -> None:
    mailbox = mailbox_in(tmp_path)
    for number in range(5):
        await mailbox.send("ada@example.org", "Hello", f"mail {number}")
    assert len({path.read_bytes() for path in files_in(tmp_path)}) == 5


async def test_a_folder_that_cannot_be_written_is_unavailable_and_says_no_path(tmp_path: Path) -> None:
    (tmp_path / "mail").write_text("a file, where the folder should be")
    with pytest.raises(Unavailable) as refusal:
        await mailbox_in(tmp_path / "mail").send("ada@example.org", "Hello", "text")
    assert str(tmp_path) not in str(refusal.value)


@pytest.mark.parametrize("to", ["ada@example.org\r\nBcc: all@example.org", "ada@example.org\nX: y"])
async def test_an_address_cannot_add_a_header(tmp_path: Path, to: str) -> None:
    with pytest.raises(ValueError, match="linefeed or carriage return"):
        await mailbox_in(tmp_path).send(to, "Hello", "text")
    assert files_in(tmp_path) == []
