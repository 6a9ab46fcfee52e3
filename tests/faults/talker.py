"""Who keeps a socket open, as long as the session lives, and has something to say that is not acknowledged yet."""

from typing import TYPE_CHECKING

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

from tests.faults.line import Line
from tests.faults.people import Message

if TYPE_CHECKING:
    from tests.faults.tabs import Somebody


class Talker:
    def __init__(self, device: "Somebody") -> None:
        self.device = device
        self.house = device.house
        self.ledger = device.ledger
        self.unsent: Message | None = None
        """Said, and not acknowledged: kept over sockets and sign-ins."""

    async def hold(self) -> None:
        """A socket, as long as the session lives, at one node after the other."""
        device = self.device
        while device.goes_on:
            node = self.house.any_node(device.dice)
            try:
                line = await connect(
                    f"ws://127.0.0.1:{node.port}/backend/socket/websocket?vsn=2.0.0&token={device.visit.auth_token}",
                    compression=None,
                    proxy=None,
                    ping_interval=None,
                    open_timeout=12,
                    close_timeout=1,
                )
            except InvalidStatus as refusal:
                await self._refused(refusal.response.status_code)
            except (OSError, TimeoutError, InvalidHandshake, ConnectionClosed, EOFError):
                await device.rest(0.1, 1.0)
            else:
                self.ledger.done["sockets"] += 1
                await Line(self, node, line, device.visit).live()

    async def _refused(self, status: int) -> None:
        self.ledger.done[f"handshakes {status}"] += 1
        if status == 403 and self.device.goes_on:
            await self.device.renew()
        await self.device.rest(0.1, 0.8)
