"""Presenters that refresh sessions at random, through the session store, as fast as they are answered."""

import asyncio
import os
import random
import time
from dataclasses import dataclass, field

from bench.scale.rows import FOREVER, NOW, first_digest, session_id
from latchstring.core.rotation import Presentation
from latchstring.stores.sessions import SQLSessionStore

WINDOW = 10_000


@dataclass(slots=True)
class Held:
    """What the presenters know of the sessions that were refreshed: generation and digest of the newest token."""

    count: int
    newest: dict[int, tuple[int, bytes]] = field(default_factory=dict)
    in_use: set[int] = field(default_factory=set)
    dice: random.Random = field(default_factory=lambda: random.Random(1))

    def take(self) -> int:
        """A session that nobody refreshes just now."""
        while (number := self.dice.randrange(self.count)) in self.in_use:
            continue
        self.in_use.add(number)
        return number


async def rotate(
    store: SQLSessionStore, held: Held, presenters: int, *, seconds: float = 0, times: int = 0
) -> tuple[int, float]:
    """For so long, or so many times; how many, and in how many seconds."""
    began = time.perf_counter()
    left = [times]

    async def present() -> int:
        done = 0
        while left[0] > 0 if times else time.perf_counter() < began + seconds:
            left[0] -= 1
            number = held.take()
            generation, digest = held.newest.get(number) or (0, first_digest(number))
            fresh = os.urandom(32)
            shown = Presentation(
                session_id=session_id(number),
                generation=generation,
                digest=digest,
                fresh_digest=fresh,
                fresh_sealed=fresh + fresh[:16],
                address="192.0.2.1",
                now=NOW + (generation + 1) * 2 * WINDOW,
                window=WINDOW,
                straggler=30_000,
                idle=FOREVER - NOW * 2,
                unremembered_idle=FOREVER - NOW * 2,
            )
            after = await store.present(shown)
            if after is None or after.head_hash != fresh:
                raise RuntimeError("a refresh of the bench did not rotate")
            held.newest[number] = after.head_gen, fresh
            held.in_use.discard(number)
            done += 1
        return done

    counts = await asyncio.gather(*(present() for _ in range(presenters)))
    return sum(counts), time.perf_counter() - began
