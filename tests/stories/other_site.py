"""A web site that is not ours: it serves any page it is given, at any name of this machine."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass
class OtherSite:
    port: int
    pages: dict[str, str] = field(default_factory=dict)

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        """`127.0.0.1` is another site than the chat's `localhost`; `localhost` is another origin of the same site."""
        return f"http://{host}:{self.port}{path}"


@asynccontextmanager
async def open_other_site() -> AsyncIterator[OtherSite]:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        body = site.pages.get(head.split(b" ", 2)[1].decode(), "").encode()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nConnection: close\r\n")
        writer.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    site = OtherSite(server.sockets[0].getsockname()[1])
    try:
        yield site
    finally:
        server.close()
