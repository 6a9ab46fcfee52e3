"""The sample for nginx, with nginx, in front of two nodes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import pytest
from websockets.asyncio.client import connect

from tests.backing.process import free_port
from tests.chat.house import GENERAL, Device
from tests.chat.marker import apart
from tests.chat.process import PASSWORD
from tests.deploy.proxy import Proxy, proxied
from tests.live.node import until
from tests.stories.servers import Server

pytestmark = pytest.mark.anyio

CANARY = "a-canary-that-no-log-has-seen"


def visitor(proxy: Proxy, address: str = "127.0.0.1") -> httpx2.AsyncClient:
    """A browser at this address of the machine's, as the proxy sees it."""
    transport = httpx2.AsyncHTTPTransport(verify=proxy.trust(), local_address=address, trust_env=False)
    return httpx2.AsyncClient(transport=transport, base_url=proxy.url, headers={"origin": proxy.url}, timeout=20)


@asynccontextmanager
async def house(nginx: str, folder: Path, redis_url: str) -> AsyncIterator[tuple[Proxy, list[Server]]]:
    """Two nodes on one database, and the proxy that they trust."""
    port, ports = free_port(), [free_port(), free_port()]
    environment = {
        "CHAT_BASE_URL": f"https://127.0.0.1:{port}",
        "CHAT_DATABASE_URL": f"sqlite:///{folder}/chat.db",
        "CHAT_REDIS_URL": apart(redis_url),
        "CHAT_TRUSTED_PROXIES": "127.0.0.1/32",
    }
    nodes = [Server(f"node-{each}", ["serve"], folder, {**environment, "CHAT_PORT": str(each)}) for each in ports]
    try:
        for node in nodes:
            await node.start()
        (folder / "nginx").mkdir()
        async with proxied(nginx, folder / "nginx", port, ports) as proxy:
            yield proxy, nodes
    finally:
        for node in nodes:
            node.close()


async def registered(client: httpx2.AsyncClient, name: str) -> str:
    """An auth token."""
    body = {"email": f"{name}@example.org", "password": PASSWORD}
    answer = await client.post("/auth/register", json=body)
    assert answer.status_code == 201, answer.text
    token: str = answer.json()["auth_token"]
    return token


async def test_signing_in_and_the_socket_work_through_it_and_the_visitor_is_who_it_says(
    nginx: str, tmp_path: Path, redis_url: str
) -> None:
    async with house(nginx, tmp_path, redis_url) as (proxy, nodes), visitor(proxy, "127.0.0.2") as client:
        forged = {"x-forwarded-for": "203.0.113.9", "forwarded": "for=203.0.113.9"}
        client.headers.update(forged)
        token = await registered(client, "ada")
        assert (await client.post("/auth/refresh")).status_code == 200
        bearer = {"authorization": f"Bearer {token}"}
        [session] = (await client.get("/api/sessions", headers=bearer)).json()["sessions"]
        assert session["address"] == "127.0.0.2"

        page = await client.get("/login")
        assert page.headers.get_list("strict-transport-security") == ["max-age=31536000; includeSubDomains"]
        script = await client.get("/latchstring/session.js", headers={"accept-encoding": "gzip"})
        assert script.headers["content-encoding"] == "gzip"
        too_large = await client.post(
            "/auth/login", content=b"x" * 70_000, headers={"content-type": "application/json"}
        )
        assert too_large.json()["error"]["code"] == "body_too_large"
        assert (await client.post("/auth/login", content=b"x" * 200_000)).status_code == 413

        address = f"{proxy.url.replace('https', 'wss')}/backend/socket/websocket?vsn=2.0.0&token={token}"
        async with AsyncExitStack() as stack:
            lines = [
                await stack.enter_async_context(
                    connect(address, ssl=proxy.trust(), proxy=None, additional_headers=forged, origin=proxy.url)  # type: ignore[arg-type]
                )
                for _ in range(4)
            ]
            devices = [Device(line) for line in lines]
            for device in devices:
                assert (await device.join(GENERAL))["status"] == "ok"
            for node in nodes:
                assert await node.terminate() == 0
            for line in lines:
                await line.wait_closed()
                assert line.close_code == 1012
        refused = await client.get("/api/me", headers=bearer)
        assert (refused.status_code, refused.json()["error"]["code"]) == (503, "unavailable")
        handshake = await client.get("/backend/socket/websocket", params={"token": token})
        assert handshake.status_code == 502
        await until(lambda: " 502 " in proxy.written())
        assert token not in proxy.written()


async def test_http_is_sent_to_https(nginx: str, tmp_path: Path) -> None:
    async with proxied(nginx, tmp_path, free_port(), [free_port()]) as proxy, httpx2.AsyncClient() as client:
        answer = await client.get(f"http://127.0.0.1:{proxy.plain_port}/login?next=/chat")
        assert (answer.status_code, answer.headers["location"]) == (301, "https://127.0.0.1/login?next=/chat")


@dataclass
class Faulty:
    """A node that takes each request, keeps it, and hangs up."""

    port: int = 0
    heard: list[str] = field(default_factory=list)

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.heard.append((await reader.readuntil(b"\r\n\r\n")).decode())
        writer.close()

    @asynccontextmanager
    async def served(self) -> AsyncIterator["Faulty"]:
        server = await asyncio.start_server(self.take, "127.0.0.1", 0)
        async with server:
            self.port = server.sockets[0].getsockname()[1]
            yield self


async def test_a_post_is_never_repeated_and_a_get_once(nginx: str, tmp_path: Path) -> None:
    async with (
        Faulty().served() as one,
        Faulty().served() as two,
        proxied(nginx, tmp_path, free_port(), [one.port, two.port]) as proxy,
        visitor(proxy) as client,
    ):
        answer = await client.post("/auth/refresh", json={})
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "1"
        assert answer.json()["error"]["code"] == "unavailable"
        assert len(one.heard + two.heard) == 1
        await client.get("/api/me")
        assert len(one.heard + two.heard) == 3


async def test_a_post_that_no_node_has_seen_is_passed_to_the_next(nginx: str, tmp_path: Path) -> None:
    async with (
        Faulty().served() as there,
        proxied(nginx, tmp_path, free_port(), [free_port(), there.port]) as proxy,
        visitor(proxy) as client,
    ):
        for _ in range(2):
            await client.post("/auth/refresh", json={})
        assert len(there.heard) == 2


@pytest.mark.parametrize("path", ["/login", "/api/me", "/static/base.css", "/backend/socket/websocket"])
async def test_what_is_told_of_the_visitor_is_the_proxys_word_alone(nginx: str, tmp_path: Path, path: str) -> None:
    forged = {"x-forwarded-for": "203.0.113.9", "connection": "upgrade", "upgrade": "websocket"}
    async with (
        Faulty().served() as there,
        proxied(nginx, tmp_path, free_port(), [there.port]) as proxy,
        visitor(proxy, "127.0.0.3") as client,
    ):
        await client.get(path, params={"token": CANARY}, headers=forged)
        [lines, *_] = [each.lower().splitlines() for each in there.heard]
        assert [line for line in lines if line.startswith("x-forwarded-for")] == ["x-forwarded-for: 127.0.0.3"]
        assert "host: 127.0.0.1" in lines
        assert ("upgrade: websocket" in lines) == (path == "/backend/socket/websocket")
        await until(lambda: path in proxy.written())
        assert CANARY not in proxy.written()
