"""The hub of one node: who is put out, who is told to join again, and that one socket's trouble is nobody else's."""

import asyncio

import pytest

from chat.channels import hub as hubs
from chat.channels.fan_out import Broadcast, Expulsion, InProcess, Telling, Turn
from chat.channels.hub import Hub
from chat.channels.protocol import NOT_FOUND, UNAVAILABLE, PushRefused
from chat.channels.subscription import Subscription
from chat.channels.turns import PATIENCE

pytestmark = pytest.mark.anyio

HERE = "conversation:here"
CANARY = "a canary"


class Socket:
    def __init__(self, user_id: str, *, fails: bool = False) -> None:
        self.user_id = user_id
        self.heard: list[str] = []
        self._fails = fails

    def deliver(self, text: str) -> None:
        if self._fails:
            raise ValueError(CANARY)
        self.heard.append(text)

    async def renew(self, token: str) -> None:
        raise AssertionError

    def close_topic(self, subscription: Subscription) -> None:
        self.heard.append("closed")

    async def end_topic(self, subscription: Subscription) -> None:
        self.deliver("failed")


def alone() -> Hub:
    return Hub(InProcess(), lambda: 0)


def join(hub: Hub, user_id: str, *, since: int = -1, fails: bool = False) -> tuple[Socket, Subscription]:
    socket = Socket(user_id, fails=fails)
    subscription = Subscription(socket, HERE, "1")
    hub.subscribe(subscription)
    subscription.since = since
    return socket, subscription


def message(place: int) -> Telling:
    return Telling((Broadcast(HERE, f"message {place}"),), Turn(HERE, place, mark=1000 + place))


async def ended() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


@pytest.mark.parametrize(("since", "heard"), [(-1, ["closed"]), (6, ["closed"]), (7, ["failed"]), (10, ["failed"])])
async def test_whoever_leaves_is_out_and_whoever_was_seen_there_since_joins_again(since: int, heard: list[str]) -> None:
    hub = alone()
    (leaver, theirs), (other, others) = join(hub, "carla", since=since), join(hub, "anna", since=10)
    theirs.begin()
    others.begin()
    await hub.tell(Expulsion(HERE, "carla", 7))
    await hub.tell(Broadcast(HERE, "a word"))
    await ended()
    assert leaver.heard == heard
    assert other.heard == ["a word"]


@pytest.mark.parametrize(("since", "refusal"), [(-1, NOT_FOUND), (6, NOT_FOUND), (7, UNAVAILABLE), (10, UNAVAILABLE)])
async def test_a_join_under_way_that_its_owner_leaves_meanwhile_is_refused_or_has_to_read_again(
    since: int, refusal: str
) -> None:
    hub = alone()
    _, subscription = join(hub, "carla")
    await hub.tell(Expulsion(HERE, "carla", 7))
    subscription.since = since
    with pytest.raises(PushRefused) as refused:
        subscription.check()
    assert refused.value.response == refusal


async def test_a_socket_that_cannot_be_told_that_its_topic_ended_keeps_no_other_from_hearing_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    hub = alone()
    sockets = [join(hub, "anna", fails=number == 1) for number in range(3)]
    for _, subscription in sockets:
        subscription.begin()
    hub.lost()
    await ended()
    assert [socket.heard for socket, _ in sockets] == [["failed"], [], ["failed"]]
    assert CANARY not in caplog.text


async def test_an_error_in_one_tick_stops_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hubs, "TICK_SECONDS", 3600)
    hub = alone()
    socket, subscription = join(hub, "anna")
    subscription.begin()
    for place in (1, 3):
        hub.deliver(message(place))
    assert socket.heard == ["message 1"]

    def fails() -> object:
        raise ValueError(CANARY)

    with monkeypatch.context() as patched:
        patched.setattr(hub._turns, "tick", fails)
        with pytest.raises(ValueError, match=CANARY):
            hub._tick()
    assert hub._ticking is not None
    for _ in range(PATIENCE + 1):
        hub._tick()
    await ended()
    assert socket.heard == ["message 1", "failed"]
    assert hub._ticking is None
