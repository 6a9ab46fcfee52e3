"""Mails behind answers, and a mailer that does not come back."""

import asyncio

import pytest

from latchstring.post import Post

pytestmark = pytest.mark.anyio


async def test_a_mailer_that_hangs_keeps_no_node_from_stopping(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("latchstring.post.DRAIN_SECONDS", 0.01)
    post, sent, ended = Post(), [], asyncio.Event()

    async def well() -> None:
        sent.append("well")

    async def never() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    post.send("notice", "anna", never)
    post.send("notice", "anna", well)
    async with asyncio.timeout(20):
        await post.drain()
        await ended.wait()
    assert sent == ["well"]
