"""Presenters that refresh sessions at random, through the session store, as fast as they are answered."""

import asyncio
import random
import time
from array import array

from bench.scale.rows import FOREVER, NOW, digest, sealed, session_id
from latchstring.core.rotation import Presentation
from latchstring.stores.sessions import SQLSessionStore

WINDOW = 10_000


class Held:
    """What the presenters know of the sessions: which generation each is at.

    Digests follow from it. With an object for each token, ten million sessions would have the collector walk through
    millions of them, and the presenters would be slower for it: a tenth of all, which a node would not have.
    """

    def __init__(self, count: int) -> None:
        self.count = count
        self.generations = array("I", [1]) * count
        self.in_use: set[int] = set()
        self.dice = random.Random(1)

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
            generation = held.generations[number]
            fresh = digest(number, generation + 1)
            shown = Presentation(
                session_id=session_id(number),
                generation=generation,
                digest=digest(number, generation),
                fresh_digest=fresh,
                fresh_sealed=sealed(fresh),
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
            held.generations[number] = after.head_gen
            held.in_use.discard(number)
            done += 1
        return done

    counts = await asyncio.gather(*(present() for _ in range(presenters)))
    return sum(counts), time.perf_counter() - began
