"""A few people and what they talk about, for pictures: said in real browsers, and moved to better times of day."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from playwright.async_api import Page, expect

from tests.stories.conftest import NewPage
from tests.stories.people import Person, is_live, register
from tests.stories.servers import House
from tests.stories.talkers import edit, listed, said, start_group, start_private, write

HOUR = 60
# Yesterday evening, and this morning: pictures are taken between ten and eleven (see `daytime`).
WALK = [
    ("mary", 17 * HOUR, "Is anybody up for a walk on Sunday? The weather looks kind."),
    ("alan", 16 * HOUR + 20, "Yes! Somewhere with a hill, please."),
    ("alan", 16 * HOUR + 19, "And a bench at the top of it."),
    ("ada", 15 * HOUR + 50, "The old quarry, then. It has a bench, and a view as far as the sea."),
    ("grace", 64, "I can bring a flask, and something from the bakery."),
    ("ada", 58, "Wonderful. The half past nine bus, from the bridge?"),
    ("mary", 55, "I’ll be the one with the dog."),
]
BOOKS = [
    ("grace", 44 * HOUR, "Chapter four by Thursday?"),
    ("mary", 41 * HOUR, "I finished it last night. No spoilers, but bring tissues."),
]
WITH_ALAN = [
    ("alan", 65 * HOUR, "The bicycle is repaired."),
    ("ada", 64 * HOUR, "You are a treasure. I’ll come by after work."),
]
WITH_GRACE = [
    ("ada", 39, "Did I leave my umbrella at your place?"),
    ("grace", 33, "You did. It hangs beside mine, and they get on well."),
    ("ada", 31, "Then it may stay until Sunday."),
    ("grace", 12, "I’ll bring it to the bus."),
    ("grace", 11, "And your book, which I have finally read."),
]
TO_EDIT = ("Wonderful. The half past nine bus, from the bridge?", "Wonderful. The ten o’clock bus, from the bridge?")

Lines = Sequence[tuple[str, int, str]]


@dataclass
class Scene:
    """Everybody is at their own device and in the walkers' conversation. `walk` and `with_grace` are paths of Ada's."""

    house: House
    ada: Person
    pages: Mapping[str, Page]
    walk: str = ""
    with_grace: str = ""
    _times: dict[str, list[int]] = field(default_factory=dict)

    async def talk(self, room: str, lines: Lines) -> None:
        """In this order, whoever writes."""
        for page in {self.pages[who] for who, _, _ in lines}:
            await page.goto(room)
        for who, _, text in lines:
            await write(self.pages[who], text)
            for page in {self.pages[other] for other, _, _ in lines}:
                await expect(said(page, text)).to_be_visible()
        self._times[room.rpartition("/")[2]] = [minutes for _, minutes, _ in lines]

    def move_times(self) -> None:
        now = round(time.time() * 1000)
        for conversation_id, minutes in self._times.items():
            groups = self.house.ledger.read(
                "SELECT id FROM message_groups WHERE conversation_id = ? ORDER BY seq", conversation_id
            )
            for (group_id,), ago in zip(groups, minutes, strict=True):
                at = now - ago * 60_000
                sql = (
                    "UPDATE message_groups SET updated_at = ? + updated_at - inserted_at, inserted_at = ? WHERE id = ?"
                )
                self.house.ledger.write(sql, at, at, group_id)
            sql = "UPDATE conversations SET updated_at = ? WHERE id = ?"
            self.house.ledger.write(sql, now - minutes[-1] * 60_000, conversation_id)


async def play(house: House, open_page: NewPage, devices: Mapping[str, str]) -> Scene:
    """`devices` are the browsers' names of themselves, by person."""
    names = {"ada": "Ada Berg", "grace": "Grace Okafor", "alan": "Alan Reyes", "mary": "Mary Lind"}
    people = {who: Person(name, email=f"{who}@example.org") for who, name in names.items()}
    scene = Scene(house, people["ada"], {who: await open_page(house, user_agent=devices[who]) for who in people})
    for who, page in scene.pages.items():
        page.context.set_default_timeout(60_000)
        await register(page, people[who])
        await is_live(page)
    ada, grace, mary = (scene.pages[who] for who in ("ada", "grace", "mary"))
    await scene.talk(await start_private(ada, people["alan"]), WITH_ALAN)
    await scene.talk(await start_group(grace, "Book club", people["mary"], people["ada"]), BOOKS)
    scene.walk = await start_group(mary, "Sunday walk", *(people[who] for who in ("ada", "grace", "alan")))
    await scene.talk(scene.walk, WALK)
    await edit(ada, *TO_EDIT)
    scene.with_grace = await start_private(ada, people["grace"])
    await scene.talk(scene.with_grace, WITH_GRACE[:-2])
    await ada.goto("/account")
    await write(grace, *(text for _, _, text in WITH_GRACE[-2:]))
    await expect(listed(grace, "Ada Berg")).to_be_visible()
    scene._times[scene.with_grace.rpartition("/")[2]] = [minutes for _, minutes, _ in WITH_GRACE]
    for who in ("grace", "alan", "mary"):
        await scene.pages[who].goto(scene.walk)
        await expect(said(scene.pages[who], TO_EDIT[1])).to_be_visible()
    return scene


def daytime() -> str:
    """A time zone in which it is between ten and eleven just now."""
    ahead = 10 - time.gmtime().tm_hour
    return f"Etc/GMT{-(ahead if ahead >= -11 else ahead + 24):+d}"
