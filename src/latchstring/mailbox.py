"""The default mailer: a folder. Somebody else carries the mails, or reads them there."""

import asyncio
import logging
import os
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path

from latchstring.errors import Unavailable
from latchstring.ports import Clock, Entropy

log = logging.getLogger("latchstring.mailbox")

LONGEST_LINE = 998


class Mailbox:
    """Writes each mail as an .eml file (RFC 5322) of mode 0600 into a folder of mode 0700, which it makes.

    A mail appears whole or not at all. File names begin with the time, so that they sort as they were written.
    """

    def __init__(
        self, folder: Path, *, clock: Clock, entropy: Entropy, sender: str = "Latchstring <no-reply@localhost>"
    ) -> None:
        self._folder = folder
        self._clock = clock
        self._entropy = entropy
        self._sender = sender

    async def send(self, to: str, subject: str, text: str) -> None:
        """Raises Unavailable where the mail could not be kept."""
        now = self._clock()
        name = f"{now:013d}-{self._entropy(6).hex()}.eml"
        message = self._message(to, subject, text, now)
        try:
            await asyncio.to_thread(self._write, name, message.as_bytes())
        except OSError as trouble:
            raise Unavailable("The mail could not be written.") from trouble
        # Whoever waits for it on a machine that sends no mail finds it by this line; what it says stays in the file.
        log.info("a mail was written to %s", self._folder / name)

    def _message(self, to: str, subject: str, text: str, now: int) -> EmailMessage:
        message = EmailMessage()
        message["From"] = self._sender
        message["To"] = to
        message["Subject"] = subject
        message["Date"] = format_datetime(datetime.fromtimestamp(now / 1000, UTC))
        # Says to other mail programs that nobody wrote this: no out-of-office replies (RFC 3834 section 5).
        message["Auto-Submitted"] = "auto-generated"
        # As it is where that is allowed (RFC 5322 section 2.1.1): whoever reads the file itself finds links whole.
        lines = text.splitlines()
        as_is = text.isascii() and all(len(line) <= LONGEST_LINE for line in lines)
        message.set_content(text, cte="7bit" if as_is else None)
        return message

    def _write(self, name: str, content: bytes) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder.chmod(0o700)
        draft = self._folder / f".{name}.draft"
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        draft.rename(self._folder / name)
