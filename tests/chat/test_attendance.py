"""Who is here, as one node shows it: however changes of profiles race, and whatever the database does meanwhile, nobody
who hides is seen, and in the end everybody is shown as they are stored."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, cast

import pytest

from chat.channels.attendance import Attendance
from chat.channels.fan_out import InProcess
from chat.channels.hub import Hub
from chat.channels.words import ProfileChanged
from chat.profiles import Profile, ProfileChange, Profiles
from latchstring import NotFound, StoreUnavailable

pytestmark = pytest.mark.anyio

HIDES = ProfileChange(hidden=True)
SHOWS = ProfileChange(hidden=False)


class Rows:
    """The table, and what stands between it and whoever reads it."""

    def __init__(self) -> None:
        self.rows: dict[str, Profile] = {}
        self.trouble: dict[str, Exception] = {}
        self.reads = 0
        self.on_read: Callable[[str], Awaitable[None]] | None = None

    def on_change(self, announce: object) -> None:
        """Each test announces by itself, in its own order."""

    def store(self, user_id: str, **parts: Any) -> Profile:
        before = self.rows.get(user_id, Profile(user_id=user_id, email="a@example.org", display_name=user_id))
        self.rows[user_id] = replace(before, **parts)
        return self.rows[user_id]

    async def of(self, user_id: str) -> Profile:
        self.reads += 1
        read = self.rows.get(user_id)
        if self.on_read is not None:
            await self.on_read(user_id)
        await asyncio.sleep(0)
        if trouble := self.trouble.get(user_id) or self.trouble.get("*"):
            raise trouble
        if read is None:
            raise NotFound
        return read


class Place:
    def __init__(self) -> None:
        self.rows = Rows()
        fan_out = InProcess()
        self.attendance = Attendance(cast(Profiles, self.rows), Hub(fan_out, lambda: 0), fan_out)

    async def come(self, *names: str) -> None:
        for name in names:
            self.rows.store(name)
            profile = await self.attendance.newest_profile(name)
            self.attendance.come(profile, f"of {name}", "now", hidden=False)

    def hear(self, name: str, **parts: bool) -> None:
        self.attendance.hear("another", ProfileChanged(name, **{"hidden": False, "display_name": False, **parts}))

    @property
    def seen(self) -> dict[str, str]:
        return {user_id: entry["metas"][0]["display_name"] for user_id, entry in self.attendance.state().items()}


async def turns(count: int = 50) -> None:
    """Of the loop: as many as anything that waits for nothing else can need."""
    for _ in range(count):
        await asyncio.sleep(0)


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not is_so():  # noqa: ASYNC110 - another's state, which rings no bell
            await asyncio.sleep(0.001)


async def test_while_the_database_is_away_everybody_who_may_have_hidden_is_hidden_and_shown_again_when_it_is_back(
    quick: None,
) -> None:
    place = Place()
    await place.come("anna", "berta", "carla", "dora")
    place.rows.trouble["*"] = StoreUnavailable()
    for name in ("anna", "berta", "carla"):
        place.hear(name, hidden=True)
    await until(lambda: place.seen.keys() == {"dora"})
    place.rows.store("anna", hidden=True)
    place.rows.trouble.clear()
    await until(lambda: place.seen.keys() == {"berta", "carla", "dora"})
    place.attendance.leave()


async def test_who_hides_while_a_name_cannot_be_read_is_hidden(quick: None) -> None:
    place = Place()
    await place.come("anna")

    async def hide_meanwhile(_: str) -> None:
        place.rows.on_read = None
        place.rows.store("anna", hidden=True)
        place.hear("anna", hidden=True)

    place.rows.trouble["*"] = StoreUnavailable()
    place.rows.on_read = hide_meanwhile
    place.hear("anna", display_name=True)
    await until(lambda: place.seen == {})
    place.rows.trouble.clear()
    before = place.rows.reads
    await until(lambda: place.rows.reads > before)
    await turns()
    assert place.seen == {}
    place.attendance.leave()


async def test_a_row_that_cannot_be_read_for_whatever_reason_hides_its_owner_alone_and_is_read_again(
    quick: None, caplog: pytest.LogCaptureFixture
) -> None:
    place = Place()
    await place.come("anna", "berta")
    place.rows.trouble["anna"] = ValueError("a canary")
    place.rows.store("berta", display_name="Bertha")
    place.hear("anna", hidden=True)
    place.hear("berta", display_name=True)
    await until(lambda: place.seen == {"berta": "Bertha"})
    place.rows.trouble.clear()
    await until(lambda: place.seen == {"anna": "anna", "berta": "Bertha"})
    assert "ValueError" in caplog.text
    assert "canary" not in caplog.text
    place.attendance.leave()


async def test_of_two_changes_that_are_announced_in_reverse_the_one_that_was_stored_last_is_shown(quick: None) -> None:
    place = Place()
    await place.come("anna")
    shown = place.rows.store("anna", hidden=False)
    hidden = place.rows.store("anna", hidden=True)
    await place.attendance.profile_changed(hidden, HIDES)
    await place.attendance.profile_changed(shown, SHOWS)
    assert place.seen == {}


async def test_a_change_of_this_node_that_is_announced_behind_another_nodes_faster_word_does_not_undo_it(
    quick: None,
) -> None:
    place = Place()
    await place.come("anna")
    shown = place.rows.store("anna", hidden=False)
    place.rows.store("anna", hidden=True)
    place.hear("anna", hidden=True)
    await until(lambda: place.seen == {})
    await place.attendance.profile_changed(shown, SHOWS)
    assert place.seen == {}


async def test_what_is_read_while_something_changes_is_read_again(quick: None) -> None:
    place = Place()
    await place.come("anna")

    async def change_meanwhile(_: str) -> None:
        place.rows.on_read = None
        place.rows.store("anna", hidden=True, display_name="Änne")
        place.hear("anna", hidden=True)

    place.rows.on_read = change_meanwhile
    await place.attendance.profile_changed(
        place.rows.store("anna", display_name="Anne"), ProfileChange(display_name="Anne")
    )
    await turns()
    assert place.seen == {}
    place.rows.store("anna", hidden=False)
    place.hear("anna", hidden=True)
    await until(lambda: place.seen == {"anna": "Änne"})


async def test_who_hides_here_while_it_cannot_be_read_back_is_hidden_and_their_change_is_done(quick: None) -> None:
    place = Place()
    await place.come("anna")
    changed = place.rows.store("anna", hidden=True)
    place.rows.trouble["*"] = StoreUnavailable()
    await place.attendance.profile_changed(changed, HIDES)
    assert place.seen == {}
    place.attendance.leave()


async def test_who_hides_here_is_hidden_before_anything_is_waited_for(quick: None) -> None:
    place, go_on = Place(), asyncio.Event()
    await place.come("anna")

    async def wait(_: str) -> None:
        await go_on.wait()

    place.rows.on_read = wait
    changing = asyncio.create_task(place.attendance.profile_changed(place.rows.store("anna", hidden=True), HIDES))
    await turns()
    assert place.seen == {}
    assert not changing.done()
    go_on.set()
    await changing
    assert place.seen == {}


async def test_a_node_that_stops_reads_nothing_more(quick: None) -> None:
    place, tasks = Place(), asyncio.all_tasks()
    await place.come("anna")
    place.rows.trouble["*"] = StoreUnavailable()
    place.hear("anna", hidden=True)
    await until(lambda: place.seen == {})
    place.attendance.leave()
    await turns()
    before = place.rows.reads
    place.hear("anna", hidden=True)
    await turns()
    assert place.rows.reads == before
    assert asyncio.all_tasks() == tasks


async def test_who_is_not_here_or_nobody_any_more_is_not_read_for_ever(quick: None) -> None:
    place = Place()
    await place.come("anna")
    place.hear("berta", hidden=True)
    del place.rows.rows["anna"]
    place.hear("anna", hidden=True)
    before = place.rows.reads
    await until(lambda: place.rows.reads > before)
    await turns()
    assert place.rows.reads == before + 1


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tried again within a moment."""
    from chat.channels import stale_profiles

    monkeypatch.setattr(stale_profiles, "AGAIN_SECONDS", 0.001)
