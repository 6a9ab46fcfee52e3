"""kill -9 in the middle of a rotation, then a restart on the same folder: the browser stays signed in."""

import asyncio
from contextlib import nullcontext
from itertools import cycle

import pytest

from tests.stories.conftest import NewPage, OpenHouse
from tests.stories.middleman import Heard
from tests.stories.people import Person, is_live, new_page, register, witnessed

pytestmark = pytest.mark.anyio

# Milliseconds from the moment at which the request is passed on: before the write, during it, and after it.
MOMENTS = (0, 1, 2, 4, 8, 40)


async def test_a_server_that_is_killed_in_the_middle_of_rotations_signs_nobody_out(
    build_house: OpenHouse, open_page: NewPage, request: pytest.FixtureRequest
) -> None:
    # Every other answer is lost; on the other database, the others are.
    losing = cycle((False, True) if request.node.callspec.params["builder"] == "sqlite" else (True, False))
    house = await build_house(browser_leg=True)
    line, server = house.browser_leg, house.front
    assert line is not None
    ada = Person("Ada")
    page = await open_page(house)
    await register(page, ada)
    await is_live(page)
    [row] = house.ledger.sessions(ada.email)
    killed = asyncio.Event()
    loop = asyncio.get_running_loop()

    def kill() -> None:
        server.kill()
        killed.set()

    def on_forwarded(heard: Heard, moment: int) -> None:
        if heard.path == "/auth/refresh":
            line.when_forwarded = lambda _: None
            loop.call_later(moment / 1000, kill)

    for moment, is_lost in zip(MOMENTS, losing, strict=False):
        # Long enough ago for the next presentation to rotate, whatever became of the last one.
        house.ledger.pass_time(row.id, 1700)
        killed.clear()
        line.when_forwarded = lambda heard, moment=moment: on_forwarded(heard, moment)  # type: ignore[misc]
        # What was answered in time may still not get through: then the jar keeps a token that the server has replaced.
        with line.losing("/auth/refresh") if is_lost else nullcontext():
            await page.evaluate("void fetch('/auth/refresh', { method: 'POST' }).catch(() => {})")
            await asyncio.wait_for(killed.wait(), 20)
        assert [found.reason for found in house.ledger.sessions(ada.email)] == [None]
        assert await house.ledger.cookie_is_good(page.context), moment
        await server.start()

    # After so many tries that failed the next may come in half a minute: as when somebody opens the lid.
    await page.evaluate("dispatchEvent(new Event('online'))")
    await is_live(page, within=45)
    assert await witnessed(page, "states") == ["unknown", "signed_out", "signed_in"]  # a guest, who registered
    beside = await new_page(page.context)
    await beside.goto("/chat")
    await is_live(beside)
    await page.reload()
    await is_live(page)
    [after] = house.ledger.sessions(ada.email)
    assert after.reason is None
