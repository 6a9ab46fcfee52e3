"""How long the chat page takes from the beginning of the navigation until one can use it, in a real Chromium, beside a
page that is nothing but HTML.

One can use it when all conversations are in the list, the field takes text, that has been painted, and no script is
running. Cold: a new profile, which has nothing of the page. Warm: the same profile, again. Browser and server share all
cores.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from playwright.async_api import Browser, BrowserContext

from bench.browser import PATIENCE, found_chromium, launched, sign_in
from bench.channel import subject
from bench.crowd import make_crowd, start_private
from bench.machine import all_cores
from bench.people import Person, make_people
from bench.report import Bench, Figure, Report, ratios
from bench.servers import serving

CONVERSATIONS, ROUNDS = (1, 2000), 5

# Told by every page as soon as it is so.
_WATCH = """
globalThis.usable = new Promise((tell) => {
  const wanted = Number(new URLSearchParams(location.search).get("conversations"));
  const look = () => {
    const field = document.querySelector("message-composer textarea");
    if (!field || field.disabled || !field.checkVisibility()) return;
    if (document.querySelectorAll("conversation-list li").length < wanted) return;
    watching.disconnect();
    requestAnimationFrame(() => setTimeout(() => tell(performance.now())));
  };
  const watching = new MutationObserver(look);
  watching.observe(document, { subtree: true, childList: true, attributes: true });
  look();
});
"""


@dataclass(frozen=True, slots=True)
class Taken:
    """Milliseconds until one can use it, cold and warm: the chat page, and the static one."""

    cold: float
    warm: float
    cold_beside: float
    warm_beside: float


@dataclass(frozen=True, slots=True)
class Visit:
    """Whose, how many conversations they have, and which is opened."""

    person: Person
    conversations: int
    room: str


def measure(bench: Bench) -> Report:
    """Raises RuntimeError where there is no Chromium."""
    path = found_chromium()
    sizes, rounds, warm_up = ((2,), 1, 0) if bench.quick else (CONVERSATIONS, ROUNDS, 1)
    people = asyncio.run(make_people(bench.folder, len(sizes)))
    others = [subject(each) for each in make_crowd(bench.folder, max(sizes))]
    pairs = [(subject(one), other) for one, size in zip(people, sizes, strict=True) for other in others[:size]]
    conversations = start_private(bench.folder, pairs)
    rooms = [conversations[sum(sizes[:number])] for number in range(len(sizes))]
    visits = [Visit(*each) for each in zip(people, sizes, rooms, strict=True)]
    with (
        serving(bench.folder, "chat", "serve", cores=all_cores()) as chat,
        serving(bench.folder, "bench.static_page", cores=all_cores()) as static,
    ):
        taken = [
            each[warm_up:] for each in asyncio.run(_compare(path, chat.port, static.port, visits, warm_up + rounds))
        ]
    figures = [figure for size, each in zip(sizes, taken, strict=True) for figure in _figures(size, each)]
    return Report("Until one can use the chat page", figures)


async def _compare(path: str, chat: int, static: int, visits: Sequence[Visit], rounds: int) -> list[list[Taken]]:
    taken: list[list[Taken]] = [[] for _ in visits]
    async with launched(path) as browser:
        for _ in range(rounds):
            for visit, each in zip(visits, taken, strict=True):
                each.append(await _visit(browser, chat, static, visit))
    return taken


async def _visit(browser: Browser, chat: int, static: int, visit: Visit) -> Taken:
    context = await browser.new_context(base_url=f"http://localhost:{chat}")
    await sign_in(context, chat, visit.person)
    asked = f"?conversations={visit.conversations}"
    cold, warm = await _cold_and_warm(context, f"/chat/{visit.room}{asked}")
    await context.close()
    context = await browser.new_context(base_url=f"http://localhost:{static}")
    beside = await _cold_and_warm(context, f"/{asked}")
    await context.close()
    return Taken(cold, warm, *beside)


async def _cold_and_warm(context: BrowserContext, path: str) -> tuple[float, float]:
    await context.add_init_script(_WATCH)
    return await _open(context, path), await _open(context, path)


async def _open(context: BrowserContext, path: str) -> float:
    page = await context.new_page()
    page.set_default_timeout(PATIENCE)
    await page.goto(path, wait_until="commit", timeout=PATIENCE)
    usable = float(await page.evaluate("usable"))
    field = page.get_by_label("Message", exact=True)
    await field.fill("so it is")
    if await field.input_value() != "so it is":
        raise RuntimeError("the field does not take text")
    await field.fill("")
    await page.close()
    return usable


def _figures(size: int, taken: Sequence[Taken]) -> list[Figure]:
    cold, warm, cold_beside, warm_beside = ([getattr(each, which) for each in taken] for which in Taken.__slots__)
    return [
        Figure(f"{size:,} conversations: cold", "ms", cold),
        Figure(f"{size:,} conversations: warm", "ms", warm),
        Figure(f"{size:,} conversations: beside, a static page, cold", "ms", cold_beside),
        Figure(f"{size:,} conversations: beside, a static page, warm", "ms", warm_beside),
        Figure(f"{size:,} conversations: ratio, cold", "×", ratios(cold, cold_beside)),
        Figure(f"{size:,} conversations: ratio, warm", "×", ratios(warm, warm_beside)),
    ]
