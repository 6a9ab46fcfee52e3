"""Thousands who come or go together are told of as one, and who goes with them is told nothing; whoever adds up what
they were told has what is there."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any, cast

import pytest

from chat.channels import differences
from chat.channels.attendance import TOPIC, Attendance
from chat.channels.fan_out import Broadcast, InProcess
from chat.channels.hub import Hub
from chat.channels.presence import Difference, Present
from chat.channels.words import Changed, Everybody
from chat.profiles import Profile, Profiles
from tests.chat.house import GENERAL, House
from tests.chat.test_presence import by_ref, phoenix_adds
from tests.live.node import dial, until

pytestmark = pytest.mark.anyio

MANY = 30


@pytest.fixture
def long_moments(monkeypatch: pytest.MonkeyPatch) -> None:
    """Long enough for a slow machine to see all of them go in one."""
    monkeypatch.setattr(differences, "TELL_SECONDS", 2.0)


async def test_sockets_that_are_lost_together_are_told_of_together(house: House, long_moments: None) -> None:
    anna, berta = await house.person("Anna"), await house.person("Berta")
    async with house.device(berta, GENERAL) as watcher, AsyncExitStack() as stack:
        await watcher.heard()
        lines = []
        for _ in range(MANY):
            lines.append(await stack.enter_async_context(dial(house.port, token=anna.token, path="/socket/websocket")))
            await lines[-1].send(f'["1","1","{GENERAL}","phx_join",{{}}]')
        await until(lambda: len(house.chat.attendance.state().get(anna.id, {}).get("metas", ())) == MANY)
        await watcher.heard()
        for line in lines:
            line.transport.abort()
        await until(lambda: anna.id not in house.chat.attendance.state())
        told = await watcher.events("presence_diff")
        assert len(told) <= 4
        gone = [meta["phx_ref"] for each in told for meta in each["leaves"][anna.id]["metas"]]
        assert len(gone) == len(set(gone)) == MANY


class Rows:
    """Nobody's profile changes here."""

    def on_change(self, announce: object) -> None:
        """As it says above."""


class Listener:
    """Somebody's socket, by whose topic only what is told is heard."""

    def __init__(self, attendance: Attendance) -> None:
        self.state = attendance.state()
        self.frames = 0

    def hear(self, difference: Difference) -> None:
        self.frames += 1
        self.state = phoenix_adds(self.state, difference)


class Place:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        fan_out = InProcess()
        hub = Hub(fan_out, lambda: 0)
        self.hub = hub
        self.attendance = Attendance(cast(Profiles, Rows()), hub, fan_out)
        self.listeners: list[Listener] = []
        monkeypatch.setattr(hub, "tell_here", self.tell)

    def tell(self, topic: str, event: str, payload: Any) -> None:
        assert (topic, event) == (TOPIC, "presence_diff")

        for listener in self.listeners:
            listener.hear(Difference(payload["joins"], payload["leaves"]))

    def come(self, ref: str, *, hidden: bool = False) -> None:
        profile = Profile(user_id=f"user of {ref[:-1]}", email="a@example.org", display_name="Somebody")
        self.attendance.come(profile, ref, "now", hidden=hidden)

    def go(self, ref: str) -> None:
        self.attendance.go(f"user of {ref[:-1]}", ref)

    async def quiet(self) -> None:
        """All was told, and the next is told at once."""
        await until(lambda: not self.attendance.is_telling)
        await until(lambda: self.attendance._differences._earliest < asyncio.get_running_loop().time())

    @property
    def seen(self) -> object:
        return by_ref(self.attendance.state())

    def listen(self) -> Listener:
        self.listeners.append(Listener(self.attendance))
        return self.listeners[-1]


async def test_whoever_comes_alone_is_told_of_at_once_and_a_thousand_in_one_turn_by_one_frame(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    place = Place(monkeypatch)
    listener = place.listen()
    place.come("a1")
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert listener.frames == 1
    await place.quiet()
    for number in range(1000):
        place.come(f"{number} 1")
    await place.quiet()
    for number in range(1000):
        place.go(f"{number} 1")
    await place.quiet()
    assert listener.frames == 3
    assert by_ref(listener.state) == place.seen


async def test_the_more_there_are_who_have_to_be_told_the_longer_it_waits_for_what_else_comes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    place = Place(monkeypatch)
    now = asyncio.get_running_loop().time()
    for listeners in (10, 1000):
        monkeypatch.setattr(place.hub, "listeners", lambda topic, count=listeners: count)
        place.come(f"{listeners} 1")
        timer = place.attendance._differences._timer
        assert timer is not None
        assert timer.when() >= now + listeners * differences.EACH_SECONDS
        await place.quiet()


async def test_what_becomes_of_a_socket_in_one_moment_is_told_as_it_is_at_the_end_to_whoever_read_the_state_meanwhile(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    place = Place(monkeypatch)
    listeners = [place.listen()]
    for ref in ("a1", "b1", "c1"):
        place.come(ref)
    await place.quiet()
    # Comes and goes; goes and comes by another socket, as a page that is loaded again; hides and is shown.
    steps: list[Callable[[], None]] = [
        lambda: place.come("d1"),
        lambda: place.go("d1"),
        lambda: place.go("a1"),
        lambda: place.come("a2"),
        lambda: place.attendance._hide("user of b"),
        lambda: place.attendance._do(place.attendance._company.hide("user of b", hidden=False)),
        lambda: place.attendance._hide("user of c"),
    ]
    for step in steps:
        step()
        listeners.append(place.listen())
    await place.quiet()
    assert set(cast(dict[str, object], place.seen)) == {"user of a", "user of b"}
    for listener in listeners:
        assert by_ref(listener.state) == place.seen


async def test_an_event_is_told_behind_the_coming_of_whom_it_is_about(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(differences, "TELL_SECONDS", 3600)
    fan_out = InProcess()
    hub = Hub(fan_out, lambda: 0)
    attendance = Attendance(cast(Profiles, Rows()), hub, fan_out)
    told: list[str] = []
    give = hub._give

    def give_and_note(news: Broadcast) -> None:
        give(news)
        told.append(news.text)

    monkeypatch.setattr(hub, "_subscriptions", {TOPIC: set()})
    monkeypatch.setattr(hub, "_give", give_and_note)
    somebody = Profile(user_id="anna", email="a@example.org", display_name="Anna")
    for number in range(2):
        attendance.come(somebody, f"socket {number}", "now", hidden=False)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    assert len(told) == 1
    await hub.broadcast(TOPIC, "update_display_name", {"user_id": "anna", "display_name": "Anne"})
    assert ["socket 1" in each for each in told] == [False, True, False]


async def test_a_node_that_lost_the_others_tells_nobody_later_of_who_was_seen_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    place = Place(monkeypatch)
    listener = place.listen()
    for version in range(2):
        place.attendance.hear("there", Everybody(version, ()))
        place.come(f"{version} 1")
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert listener.frames == 1
    place.attendance.hear("there", Changed(2, (Present("berta", "b1", "now", "Berta"),), ()))
    place.attendance.lost()
    later = place.listen()
    await place.quiet()
    assert "berta" not in later.state


async def test_on_a_node_that_stops_nobody_is_told_of_the_others_who_go_with_them(
    house: House, long_moments: None
) -> None:
    anna, berta = await house.person("Anna"), await house.person("Berta")
    async with house.device(berta, GENERAL) as watcher, house.device(anna, GENERAL) as goes:
        await watcher.heard()
        house.chat.attendance.leave()
        await goes.line.close()
        await until(lambda: anna.id not in house.chat.attendance.state())
        assert await watcher.heard() == []
