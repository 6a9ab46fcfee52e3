"""When everything that was on the bus has been heard: what a test waits for, instead of for some time."""

import asyncio
import functools
import itertools
import secrets
from urllib.parse import urlsplit, urlunsplit

from chat.app import Chat
from chat.channels.fan_out import Telling
from chat.channels.subscription import Subscription
from chat.channels.turns import Turns
from tests.live.node import until

_numbers = itertools.count()


class _Marker:
    """Somebody who listens for one frame."""

    user_id = "nobody"

    def __init__(self) -> None:
        self.came = asyncio.Event()

    def deliver(self, text: str) -> None:
        self.came.set()

    async def renew(self, token: str) -> None:
        raise AssertionError

    def close_topic(self, subscription: Subscription) -> None:
        raise AssertionError

    async def end_topic(self, subscription: Subscription) -> None:
        raise AssertionError


async def settled(*nodes: Chat) -> None:
    """What any of them has published by now, all of them have delivered."""
    for _ in nodes:
        # Once, and it is on the bus; twice, and each has heard what the others had there.
        for node in nodes:
            await _echo(node)
    for node in nodes:
        await until(functools.partial(_knows_where_to_begin, node.hub._turns))
    await until(lambda: not any(node.attendance.is_telling for node in nodes))


def _knows_where_to_begin(turns: Turns[Telling]) -> bool:
    """Where it does, and waits for what is missing, that may be what a test is about."""
    return all(turns.knows(topic) for topic in turns._waiting)


async def _echo(node: Chat) -> None:
    marker = _Marker()
    subscription = Subscription(marker, f"test:{node.fan_out.node}:{next(_numbers)}", None)
    subscription.begin()
    node.hub.subscribe(subscription)
    await node.hub.broadcast(subscription.name, "marker", {})
    async with asyncio.timeout(20):
        await marker.came.wait()
    node.hub.unsubscribe(subscription)


def apart(redis_url: str) -> str:
    """For one test alone, whoever else uses the server."""
    return urlunsplit(urlsplit(redis_url)._replace(path=f"/{secrets.randbelow(10**9)}"))
