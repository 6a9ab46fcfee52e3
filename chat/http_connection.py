"""uvicorn's HTTP connection. It loses no request in a drain, and leaves nothing behind when it becomes a WebSocket."""

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

FIRST_REQUEST_SECONDS = 1.0
"""For a connection that has not asked anything when the node is told to stop."""


class HttpConnection(HttpToolsProtocol):
    _leaving: asyncio.TimerHandle | None = None

    @property
    def _has_asked(self) -> bool:
        return self.cycle is not None

    def shutdown(self) -> None:
        """uvicorn closes what has no request under way. A connection that was just taken from the queue has one: it is
        on the line, and nobody but this node can answer it."""
        if self._has_asked:
            super().shutdown()
        else:
            self._leaving = self.loop.call_later(FIRST_REQUEST_SECONDS, self._give_up)

    def _give_up(self) -> None:
        if not self._has_asked:
            self.transport.close()

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        if self._leaving is not None and self._has_asked:
            self.cycle.keep_alive = False

    def handle_websocket_upgrade(self) -> None:
        """uvicorn parts a protocol from its parser, which hold each other, when a connection is lost; but not when it
        becomes a WebSocket. What is in such a cycle, 21 objects and a request, waits for a collection of everything.
        """
        super().handle_websocket_upgrade()
        self.parser = None  # type: ignore[assignment]
        if self._leaving is not None:
            self._leaving.cancel()
            self.transport.get_protocol().shutdown()  # type: ignore[attr-defined]
