"""Ours, with the library alone: `uvicorn bench.peers.apps.ours:app`, and `python -m bench.peers.apps.ours seed …`."""

import asyncio
import os
import sys
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route

from bench.people import VISITOR
from latchstring import Latchstring, Settings, TokenPair
from latchstring.http import Answer

AT_ONCE = 256

# Throttling would measure itself: everybody comes from one address. No peer throttles either.
auth = Latchstring(os.environ["PEER_DATABASE"], settings=Settings(throttle=False))


async def me(request: Request) -> Answer:
    session = await auth.session(request)
    return Answer({"id": session.subject})


app = Starlette(routes=[Route("/me", me)])
auth.install(app)


async def seed(folder: Path, password: str, people: int, sessions: int) -> None:
    async with auth.lifespan():
        pairs = []
        for number in range(people):
            email = f"person{number}@example.org"
            account, _ = await auth.accounts.register(email, password, remembered=True, visitor=VISITOR)
            pairs += await _start(account.id, sessions // people)
    _write(folder / "bearers", [pair.auth_token for pair in pairs])
    _write(folder / "refresh", [pair.refresh_token for pair in pairs])


async def _start(subject: str, count: int) -> list[TokenPair]:
    pairs: list[TokenPair] = []
    while len(pairs) < count:
        some = min(AT_ONCE, count - len(pairs))
        starting = (auth.sessions.start(subject, remembered=True, visitor=VISITOR) for _ in range(some))
        pairs += await asyncio.gather(*starting)
    return pairs


def _write(path: Path, lines: list[str]) -> None:
    path.write_text("".join(f"{line}\n" for line in lines))


if __name__ == "__main__":
    _, _, where, word, people, sessions = sys.argv
    asyncio.run(seed(Path(where), word, int(people), int(sessions)))
