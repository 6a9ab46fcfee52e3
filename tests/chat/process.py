"""`python -m chat` as a process of its own, and whoever registers there."""

import json
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import httpx2

PASSWORD = "a-canary-sings-in-nine-keys"


def command(*arguments: str, folder: Path, **environment: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "chat", *arguments],
        cwd=folder,
        env={"PYTHONPATH": ":".join(sys.path), "CHAT_PORT": "0", "CHAT_LOG_FORMAT": "json", **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@asynccontextmanager
async def running(
    *arguments: str, folder: Path, **environment: str
) -> AsyncIterator[tuple["subprocess.Popen[str]", str]]:
    """The process, and the address that its first line tells to open."""
    process = command(*arguments, folder=folder, **environment)
    try:
        assert process.stdout is not None
        first = await anyio.to_thread.run_sync(process.stdout.readline)
        told = re.fullmatch(r"ready: open (http://\S+)", json.loads(first)["event"])
        assert told
        yield process, told[1].replace("localhost", "127.0.0.1")
    finally:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


async def registered(api: str, name: str = "anna") -> str:
    """An auth token."""
    token: str = (await registration(api, name))["auth_token"]
    return token


async def registration(api: str, name: str) -> Any:
    """The sign-in payload of somebody new."""
    async with httpx2.AsyncClient(trust_env=False) as client:
        body = {"email": f"{name}@example.org", "password": PASSWORD}
        answer = await client.post(f"{api}/auth/register", json=body)
        return answer.json()
