"""Accounts and sessions, made through the front door before a server opens the same database."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.servers import chat_environment
from chat.app import Chat
from chat.settings import read_settings
from latchstring import TokenPair, Visitor

PASSWORD = "seven calm herons by the weir"
VISITOR = Visitor("127.0.0.1", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
_AT_ONCE = 64


@dataclass(frozen=True, slots=True)
class Person:
    email: str
    sessions: Sequence[TokenPair] = field(repr=False)


async def make_people(
    folder: Path, people: int, *, sessions: int = 1, environment: Mapping[str, str] | None = None
) -> list[Person]:
    """In the database of the folder, or where the environment says."""
    chat = Chat(read_settings({**chat_environment(folder), **(environment or {})}))
    async with chat.auth.lifespan():
        return list(await asyncio.gather(*(_person(chat, f"person{n}@example.org", sessions) for n in range(people))))


async def _person(chat: Chat, email: str, sessions: int) -> Person:
    account, first = await chat.auth.accounts.register(
        email,
        PASSWORD,
        remembered=True,
        visitor=VISITOR,
        also=lambda account: (chat.profiles.new_row(account.id, email),),
    )
    pairs = [first]
    while len(pairs) < sessions:
        count = min(_AT_ONCE, sessions - len(pairs))
        starting = (chat.auth.sessions.start(account.id, remembered=True, visitor=VISITOR) for _ in range(count))
        pairs += await asyncio.gather(*starting)
    return Person(email, pairs)
