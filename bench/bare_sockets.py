"""The plainest app that can close sockets, on the server that the chat runs on: `python -m bench.bare_sockets`.

It lets every WebSocket in, and at any POST it answers, and then closes them all.
"""

import asyncio
import os
import sys

from starlette.types import Message, Receive, Scope, Send

from chat.serve import serve

CODE = 4401


class BareSockets:
    def __init__(self) -> None:
        self._open: set[Send] = set()
        self._closing: asyncio.Task[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _live(receive, send)
        elif scope["type"] == "websocket":
            await self._hold(receive, send)
        else:
            await send({"type": "http.response.start", "status": 204 if scope["method"] == "POST" else 200})
            await send({"type": "http.response.body"})
            if scope["method"] == "POST":
                self._closing = asyncio.create_task(self._close_all())

    async def _hold(self, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        self._open.add(send)
        while (await receive())["type"] != "websocket.disconnect":
            pass
        self._open.discard(send)

    async def _close_all(self) -> None:
        for send in tuple(self._open):
            await send({"type": "websocket.close", "code": CODE, "reason": ""})


async def _live(receive: Receive, send: Send) -> None:
    message: Message = {}
    while message.get("type") != "lifespan.shutdown":
        message = await receive()
        await send({"type": f"{message['type']}.complete"})


if __name__ == "__main__":
    port = int(os.environ["CHAT_PORT"])
    sys.exit(serve(BareSockets(), host="127.0.0.1", port=port, base_url=f"http://127.0.0.1:{port}"))
