"""A server that rotates for ever, made to be killed.

For each line that it reads (the token to go on with, or nothing: sign in) it forks a child that rotates one session
and says what was acknowledged, line by line; when the child is dead, that is said too. A line is written whole or not
at all, since it is shorter than a pipe's atomic write.
"""

import asyncio
import os
import sys

from latchstring.testing.desk import Desk, HeldToken
from tests.rows import NOW
from tests.stores.engines import session_store


async def rotate(where: str, held: str) -> None:
    async with session_store(where) as (_, store):
        desk = Desk(store=store, entropy=os.urandom, idle=10**15)
        now, token = parse(held) if held else (NOW, await desk.sign_in(NOW, expires_at=None))
        say(token, now)
        while True:
            now += desk.window + 1
            answer = await desk.present(token, now)
            if answer.token is None:
                raise SystemExit(f"signed out: {answer.path}")
            token = answer.token
            say(token, now)
            # Every other answer's auth token is used at once; the next presentation proves the others.
            if token.generation % 2:
                await desk.use(token, now)


def say(token: HeldToken, now: int) -> None:
    os.write(1, f"{now} {token.session_id} {token.generation} {token.secret.hex()}\n".encode())


def parse(said: str) -> tuple[int, HeldToken]:
    now, session_id, generation, secret = said.split()
    return int(now), HeldToken(session_id, int(generation), bytes.fromhex(secret))


def fork_for_each_line(where: str) -> None:
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            asyncio.run(rotate(where, line.strip()))
        os.write(1, f"born {child}\n".encode())
        _, status = os.waitpid(child, 0)
        os.write(1, f"dead {status}\n".encode())


if __name__ == "__main__":
    fork_for_each_line(sys.argv[1])
