"""Two connections to Valkey or Redis, one that publishes and one that listens. When one fails, both are given up."""

import asyncio
from typing import Any

from redis.asyncio import Connection, SSLConnection, UnixDomainSocketConnection
from redis.exceptions import RedisError

from chat.bus.address import Address

OPEN_SECONDS = 2.0

Troubles = (RedisError, OSError, EOFError)
"""Whatever a connection fails with; what takes too long is an OSError, too."""


class Line:
    def __init__(self, address: Address, channel: str) -> None:
        self._channel = channel
        self._out, self._in = _connection(address), _connection(address)

    async def open(self) -> None:
        """Whatever is published from now on is heard. Raises one of Troubles."""
        async with asyncio.timeout(OPEN_SECONDS):
            await self._in.connect()
            await self._in.send_command("SUBSCRIBE", self._channel)
            await self._in.read_response()
            await self._out.connect()

    async def publish(self, data: bytes) -> None:
        """Raises one of Troubles: nobody knows then whether it was published."""
        await self._out.send_command("PUBLISH", self._channel, data)
        await self._out.read_response()

    async def listen(self) -> bytes:
        """What was published next, by whomever. Raises one of Troubles."""
        while True:
            kind, _, data = await self._in.read_response()
            if kind == b"message":
                return bytes(data)

    async def close(self) -> None:
        try:
            await self._out.disconnect(nowait=True)
        finally:
            await self._in.disconnect(nowait=True)


def _connection(address: Address) -> Any:
    """Nothing is tried twice: what was not answered may have been done. Nothing is waited for with a limit of its own:
    a line that is silent is given up whole (bus/pulse.py)."""
    options: dict[str, Any] = {
        "username": address.username,
        "password": address.password,
        "protocol": 2,
        "client_name": "latchstring-chat",
        "socket_timeout": None,
        "socket_connect_timeout": OPEN_SECONDS,
    }
    if address.path:
        return UnixDomainSocketConnection(path=address.path, **options)
    options.update(host=address.host, port=address.port)
    if address.is_tls:
        return SSLConnection(ssl_ca_certs=address.authorities, ssl_check_hostname=True, **options)
    return Connection(**options)
