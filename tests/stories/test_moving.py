"""The chat moves from its file to PostgreSQL while people have it open: nobody signs in again, nothing is missing."""

import pytest
from playwright.async_api import expect

from tests.stories.conftest import NewPage, OpenHouse
from tests.stories.ledger import Ledger
from tests.stories.people import Person, is_live, refresh, register, witnessed
from tests.stories.talkers import all_is_sent, holds, start_private, write
from tests.stories.waiting import until

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(300)]


async def test_pages_that_are_open_over_the_move_go_on_as_if_nothing_had_been(
    build_house: OpenHouse, open_page: NewPage, postgres_url: str
) -> None:
    house = await build_house()
    ada, berta = Person("Ada"), Person("Berta")
    adas, bertas = await open_page(house), await open_page(house)
    for page, person in ((adas, ada), (bertas, berta)):
        await page.add_init_script("Math.random = () => 0.01")
        await register(page, person, remember=person is ada)
        await page.goto("/chat")
        await is_live(page)
    await bertas.goto(await start_private(adas, berta))
    await write(adas, "before the move")
    await holds(bertas, ["before the move"])
    before = house.ledger.sessions(ada.email)

    assert await house.front.terminate() == 0
    await until(lambda: witnessed(adas, "closes"))
    await write(adas, "while nobody answers")
    assert await house.front.another("move", CHAT_MOVE_TO=postgres_url).runs() == 0
    moved = house.front.another(CHAT_DATABASE_URL=postgres_url)
    await moved.start()
    try:
        for page in (adas, bertas):
            await is_live(page)
        await all_is_sent(adas)
        await holds(bertas, ["before the move", "while nobody answers"])
        await write(bertas, "and on it goes")
        await holds(adas, ["before the move", "while nobody answers", "and on it goes"])
        for page in (adas, bertas):
            assert await refresh(page) == "refreshed"
            assert "signed_out" not in await witnessed(page, "states")
        # A tab that is opened later finds its way by the cookie alone.
        another = await adas.context.new_page()
        await another.goto("/chat")
        await is_live(another)
        await expect(another.locator(".conversation")).to_have_count(1)
        folder = house.back.log.parent
        after = Ledger(postgres_url, folder / "keys.secrets", folder / "keys").sessions(ada.email)
        assert [row.id for row in after] == [row.id for row in before]
        assert [row.reason for row in after] == [None]
    finally:
        moved.close()
