"""How a call becomes load, and whether what is answered is what is to be measured."""

import itertools
import socket
from collections.abc import Set
from pathlib import Path

from bench.peers.calls import BEARERS, CALLS, PEOPLE, Call, filled
from bench.peers.load import Load
from bench.peers.servers import Server

_ANSWERS_WITHIN = 10.0


def ask(call: Call, server: Server, connections: int, seconds: int, cores: Set[int]) -> Load:
    """Starts it. Tokens that were answered last are those that are spent next time."""
    script, arguments, environment = "ask.lua", [str(_requests(call, server))], dict[str, str]()
    if call.next_token:
        template, tokens = server.folder / "refresh.template", str(server.folder / call.tokens)
        template.write_text(call.template, newline="")
        script, arguments = "refresh.lua", [str(template), call.next_token, tokens]
        environment = {"TOKENS_LEFT": tokens}
    return Load(
        script,
        arguments,
        port=server.port,
        connections=connections,
        seconds=seconds,
        cores=cores,
        environment=environment,
    )


def expect(call: Call, server: Server) -> None:
    """Raises RuntimeError where the answer is not what the call is about: an error is quickly made, and no result."""
    [token] = _tokens(call, server, 1)
    said = _answer(server.port, filled(call.template, token).encode())
    if call.next_token:
        # It is spent.
        path = server.folder / call.tokens
        path.write_text(path.read_text().partition("\n")[2])
    if not said.startswith("HTTP/1.1 200 ") or call.says not in said:
        raise RuntimeError(f"{call.name} was answered {said[:500]!r}")


def _requests(call: Call, server: Server) -> Path:
    path = server.folder / f"{CALLS.index(call)}.requests"
    tokens = _tokens(call, server, BEARERS)
    path.write_bytes(b"".join(filled(call.template, token).encode() + b"\0" for token in tokens))
    return path


def _tokens(call: Call, server: Server, most: int) -> list[str]:
    if call.tokens == "people":
        return [f"person{number}@example.org" for number in range(min(most, PEOPLE))]
    with (server.folder / call.tokens).open() as lines:
        return [line.rstrip("\n") for line in itertools.islice(lines, most)]


def _answer(port: int, request: bytes) -> str:
    """Until its body is whole, by the look of it: an object, or the last chunk."""
    with socket.create_connection(("127.0.0.1", port), timeout=_ANSWERS_WITHIN) as connection:
        connection.sendall(request)
        said = b""
        while not said.rstrip().endswith((b"}", b"\r\n0")):
            received = connection.recv(65_536)
            if not received:
                break
            said += received
    return said.decode()
