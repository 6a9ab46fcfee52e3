"""Frames a second while one scrolls through 10,000 messages that are all loaded, beside a page that is nothing but HTML
with as many rows, in turns, in a real Chromium.

It scrolls by script, at an even speed, and counts how often the browser asks for a frame: 60 times a second at most. A
frame is late when it comes more than half a frame after it was due. Browser and server share all cores.
"""

import asyncio
import base64
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from playwright.async_api import Page

from bench.browser import PATIENCE, found_chromium, launched, sign_in
from bench.channel import subject
from bench.crowd import LONG_AGO, make_crowd, start_private, write_history
from bench.machine import all_cores
from bench.people import make_people
from bench.report import Bench, Figure, Goal, Report, ratios
from bench.servers import chat_environment, serving
from chat.app import Chat
from chat.jwk import KeyPair
from chat.settings import read_settings

MESSAGES, ROUNDS, SECONDS = 10_000, 6, 2.0
GOAL = 58.0
_TEXT = "So we met at the weir again, and seven calm herons stood there, one behind the other. "
_LENGTHS = (2, 9, 4, 31, 1, 17, 6, 12, 3, 24)
"""Words of the messages, in turns: rows of one line and of several."""

_FRAMES = """
async ([selector, speed, milliseconds]) => {
  const scroller = document.querySelector(selector);
  const from = scroller.scrollTop;
  const times = [];
  const began = await new Promise(requestAnimationFrame);
  for (let now = began; now - began < milliseconds; now = await new Promise(requestAnimationFrame)) {
    times.push(now);
    scroller.scrollTop = from + (speed * (now - began)) / 1000;
  }
  return { times, moved: Math.abs(scroller.scrollTop - from) };
}"""

_READ_BACK = """
async (id) => {
  const { openRoom } = await import("/static/talk/room.js");
  const room = openRoom(id);
  while (room.hasOlder) await room.loadOlder();
}"""


@dataclass(frozen=True, slots=True)
class Taken:
    """Of one round: frames a second, and how many of a hundred were late."""

    frames: float
    late: float


def measure(bench: Bench) -> Report:
    """Raises RuntimeError where there is no Chromium."""
    path = found_chromium()
    count, rounds, seconds = (60, 1, 0.3) if bench.quick else (MESSAGES, ROUNDS, SECONDS)
    [person] = asyncio.run(make_people(bench.folder, 1))
    [other] = make_crowd(bench.folder, 1)
    [room] = start_private(bench.folder, [(subject(person), subject(other))])
    contents = asyncio.run(_make_keys(bench.folder, room, subject(person)))
    write_history(bench.folder, room, subject(other), subject(person), count, contents)
    with (
        serving(bench.folder, "chat", "serve", cores=all_cores()) as chat,
        serving(bench.folder, "bench.static_page", cores=all_cores()) as static,
    ):
        pages = (f"http://localhost:{chat.port}/chat/{room}", f"http://localhost:{static.port}/messages?count={count}")

        async def run() -> tuple[list[Taken], list[Taken]]:
            async with launched(path) as browser:
                context = await browser.new_context(base_url=f"http://localhost:{chat.port}")
                await sign_in(context, chat.port, person)
                ours, beside = await context.new_page(), await context.new_page()
                await _load(ours, pages[0], room)
                await beside.goto(pages[1], timeout=PATIENCE)
                return await _compare(ours, beside, rounds, seconds)

        taken, beside = asyncio.run(run())
    figures = [*_figures("the chat page", taken), *_figures("beside, a static page", beside)]
    ratio = Figure("ratio of frames", "×", ratios(*([each.frames for each in all_of] for all_of in (taken, beside))))
    goal = Goal("frames a second in the chat page", GOAL, figures[0].median)
    return Report(f"Scrolling through {count:,} messages", [*figures, ratio], goal)


async def _make_keys(folder: Path, room: str, user_id: str) -> Sequence[str]:
    """The reader's key pair there, and what was written to them."""
    key = rsa.generate_private_key(65537, 2048)
    numbers = key.private_numbers()
    public = {"kty": "RSA", "n": _number(numbers.public_numbers.n), "e": _number(numbers.public_numbers.e)}
    secret = {
        "d": numbers.d,
        "p": numbers.p,
        "q": numbers.q,
        "dp": numbers.dmp1,
        "dq": numbers.dmq1,
        "qi": numbers.iqmp,
    }
    private: dict[str, Any] = {**public, **{name: _number(value) for name, value in secret.items()}}
    chat = Chat(read_settings(chat_environment(folder)))
    async with chat.auth.lifespan():
        await chat.encryption_keys.set(room, user_id, KeyPair.read(public, private), LONG_AGO)
    oaep = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
    texts = (" ".join((_TEXT * 2).split()[:length]) for length in _LENGTHS)
    return [base64.b64encode(key.public_key().encrypt(text.encode(), oaep)).decode() for text in texts]


def _number(value: int) -> str:
    raw = value.to_bytes((value.bit_length() + 7) // 8)
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


async def _load(page: Page, url: str, room: str) -> None:
    """Reads back to where it began, as scrolling there does, without the eye's having to follow."""
    page.set_default_timeout(PATIENCE)
    await page.goto(url, timeout=PATIENCE)
    await page.locator("article").first.wait_for()
    await page.evaluate(_READ_BACK, room)


async def _compare(ours: Page, beside: Page, rounds: int, seconds: float) -> tuple[list[Taken], list[Taken]]:
    taken: tuple[list[Taken], list[Taken]] = ([], [])
    for number in range(rounds + 1):
        # Down and up again; the page that is not looked at draws nothing.
        speed = 3_000 if number % 2 == 0 else -3_000
        for page, rows in zip((ours, beside), taken, strict=True):
            await page.bring_to_front()
            rows.append(await _scroll(page, speed, seconds))
    return taken[0][1:], taken[1][1:]


async def _scroll(page: Page, speed: int, seconds: float) -> Taken:
    scrolled = await page.evaluate(_FRAMES, [".messages", speed, seconds * 1000])
    times: list[float] = scrolled["times"]
    if scrolled["moved"] < 100:
        raise RuntimeError("nothing was scrolled")
    waits = [after - before for before, after in pairwise(times)]
    late = sum(wait > 25 for wait in waits)
    return Taken(1000 * len(waits) / (times[-1] - times[0]), 100 * late / len(waits))


def _figures(which: str, taken: Sequence[Taken]) -> list[Figure]:
    return [
        Figure(f"{which}: frames a second", "", [each.frames for each in taken]),
        Figure(f"{which}: late frames", "%", [each.late for each in taken]),
    ]
