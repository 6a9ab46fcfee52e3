"""uvicorn's HTTP connection. It waits for no request for ever and keeps no endless one, refuses what is none as
everything is refused, loses none in a drain, and leaves nothing behind when it becomes a WebSocket."""

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

FIRST_REQUEST_SECONDS = 1.0
"""For a connection that has not asked anything when the node is told to stop."""
REQUEST_SECONDS = 60.0
"""For a request to come whole, from its first byte or from the connection's beginning. Whoever sends one byte a minute
(slowloris) would else hold as many connections as they like."""

NO_REQUEST = b'{"error":{"code":"invalid_request","message":"This is no HTTP request that can be read."}}'
HEAD_BYTES = 64 * 1024
"""Of an address with all headers, and of what the parser keeps without a word. A body is bounded where it is read; this
is kept before anybody is asked, for a WebSocket too."""


class HeadTooLong(Exception):
    """Raised out of the parser, which makes it a request that cannot be read."""


class HttpConnection(HttpToolsProtocol):
    _leaving: asyncio.TimerHandle | None = None
    _late: asyncio.TimerHandle | None = None
    _is_whole = False
    """No request is half here."""
    _head_bytes = 0
    _kept_bytes = 0
    """Since the parser last told of something: it tells of a header when that is whole."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._late = self.loop.call_later(REQUEST_SECONDS, transport.close)

    def connection_lost(self, exc: Exception | None) -> None:
        self._in_time()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._kept_bytes += len(data)
        super().data_received(data)
        if self._kept_bytes > HEAD_BYTES and not self.transport.is_closing():
            self.send_400_response("")
        if self._is_whole:
            self._in_time()
        elif self._late is None and not self.transport.is_closing():
            self._late = self.loop.call_later(REQUEST_SECONDS, self.transport.close)

    def on_message_begin(self) -> None:
        self._is_whole = False
        self._head_bytes = self._kept_bytes = 0
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        self._take(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._take(len(name) + len(value))
        super().on_header(name, value)

    def on_body(self, body: bytes) -> None:
        self._kept_bytes = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._is_whole = True
        self._kept_bytes = 0
        super().on_message_complete()

    def _take(self, count: int) -> None:
        self._kept_bytes = 0
        self._head_bytes += count
        if self._head_bytes > HEAD_BYTES:
            raise HeadTooLong

    def _in_time(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def send_400_response(self, msg: str) -> None:
        """What the parser could not read has no path, and so no handler: it is refused here, as everywhere."""
        lines = [b"HTTP/1.1 400 Bad Request", b"content-type: application/json", b"cache-control: no-store"]
        lines += [b"content-length: %d" % len(NO_REQUEST), b"connection: close", b"", NO_REQUEST]
        self.transport.write(b"\r\n".join(lines))
        self.transport.close()

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
        self._in_time()
        self.parser = None  # type: ignore[assignment]
        if self._leaving is not None:
            self._leaving.cancel()
            self.transport.get_protocol().shutdown()  # type: ignore[attr-defined]
