"""A new node is asked for by one task, and brought by another, which alone starts nodes at a place."""

import asyncio


class Renewal:
    """For one that asks at a time."""

    def __init__(self) -> None:
        self._asked = asyncio.Event()
        self._answer: asyncio.Future[bool] | None = None

    async def ask(self) -> bool:
        """Whether a new one serves."""
        self._answer = asyncio.get_running_loop().create_future()
        self._asked.set()
        return await self._answer

    async def asked(self) -> bool:
        """Returns as soon as somebody waits for an answer."""
        return await self._asked.wait()

    def answer(self, *, is_new: bool) -> None:
        """Where nobody asked, or gave up asking, nothing is done."""
        self._asked.clear()
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(is_new)
