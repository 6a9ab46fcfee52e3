"""The races of tests/chat/test_races.py, with those who race on two nodes."""

import pytest

from tests.chat.test_races import Scene
from tests.live.node import until
from tests.nodes.town import Town

pytestmark = pytest.mark.anyio

ROUNDS = 25


async def test_whoever_leaves_on_one_node_hears_nothing_more_there_however_it_races_with_who_writes_on_the_other(
    town: Town,
) -> None:
    berta, carla = await town.person("Berta"), await town.person("Carla")
    async with (
        town.device(0, berta, berta.own) as writer,
        town.device(1, carla) as leaver,
        town.device(1, carla) as joiner,
        town.device(0, carla, carla.own) as listener,
    ):
        scene = Scene(town[0], berta, carla, writer, leaver, joiner, listener)
        for _ in range(ROUNDS):
            await scene.play()
    await until(lambda: all(node.hub._subscriptions == {} for node in town.nodes))
