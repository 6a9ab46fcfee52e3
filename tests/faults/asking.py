"""HTTP as a client that may hang up at any moment: one request, one connection, one answer or none."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

PATIENCE = 4.0
"""Seconds for which a browser of ours waits for a refresh."""


class NoAnswer(Exception):
    """Nobody knows whether it was done."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    cookies: tuple[str, ...]
    body: Any

    @property
    def code(self) -> str:
        return str(self._error.get("code", ""))

    @property
    def reason(self) -> str:
        return str(self._error.get("reason", ""))

    @property
    def _error(self) -> Mapping[str, Any]:
        found = self.body.get("error", {}) if isinstance(self.body, dict) else {}
        return found if isinstance(found, dict) else {}


async def ask(
    port: int,
    method: str,
    path: str,
    *,
    body: object = None,
    patience: float = PATIENCE,
    **headers: str,
) -> Answer:
    """Raises NoAnswer. Header names are written with underscores."""
    try:
        async with asyncio.timeout(patience):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                writer.write(_request(method, path, body, headers))
                return await _answer(reader)
            finally:
                # A reset: what is still on its way does not arrive, and the server learns that nobody waits.
                writer.transport.abort()
    except (TimeoutError, OSError, asyncio.IncompleteReadError) as trouble:
        raise NoAnswer(type(trouble).__name__) from None


def _request(method: str, path: str, body: object, headers: Mapping[str, str]) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", "User-Agent: Mozilla/5.0 Firefox/140.0"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    content = b"" if body is None else json.dumps(body).encode()
    if content:
        lines += ["Content-Type: application/json", f"Content-Length: {len(content)}"]
    return "\r\n".join([*lines, "Connection: close", "", ""]).encode() + content


async def _answer(reader: asyncio.StreamReader) -> Answer:
    first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").strip().split("\r\n")
    status = int(first.split(" ")[1])
    named = [(name.lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines)]
    length = next((int(value) for name, value in named if name == "content-length"), 0)
    content = await reader.readexactly(length)
    cookies = tuple(value for name, value in named if name == "set-cookie")
    return Answer(status, cookies, json.loads(content) if content.startswith((b"{", b"[")) else None)


async def ask_patiently(port: int, method: str, path: str, **headers: str) -> Answer:
    """At the end, when all is quiet. A 503 is asked again."""
    for _ in range(60):
        try:
            answer = await ask(port, method, path, patience=10, **headers)
        except NoAnswer:
            answer = None
        if answer is not None and answer.status != 503:
            return answer
        await asyncio.sleep(0.5)
    raise AssertionError(f"{path} is not answered, though all is quiet")
