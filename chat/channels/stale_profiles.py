"""Profiles of those who are here that have changed, and have to be read again before they can be shown as they are.

Announcements of two changes come in any order; rows do not. So nothing is shown that an announcement says: the row is
read after it, and a reading during which another announcement came is done again. Whatever is shown last was read
behind the last announcement, and so behind every commit that was announced.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from chat.channels.noting import note
from chat.profiles import Profile, Profiles
from latchstring import NotFound, Unavailable

AGAIN_SECONDS = 1.0
"""Before what could not be read is read again."""


@dataclass(slots=True)
class Parts:
    """Which parts of a profile have changed."""

    hidden: bool = False
    display_name: bool = False


class StaleProfiles:
    """`show` is given what was read. `hide` is for whom it is not known whether they hide: until it is, they do."""

    def __init__(self, profiles: Profiles, show: Callable[[Profile, Parts], None], hide: Callable[[str], None]) -> None:
        self._profiles = profiles
        self._show = show
        self._hide = hide
        self._parts: dict[str, Parts] = {}
        self._watched: dict[str, set[asyncio.Event]] = {}
        """Whose profile is being read, and what is to be set when it changes meanwhile."""
        self._reading: asyncio.Task[None] | None = None
        self._is_over = False

    def changed(self, user_id: str) -> None:
        """Whoever is reading it reads it again."""
        for has_changed in self._watched.get(user_id, ()):
            has_changed.set()

    def add(self, user_id: str, parts: Parts) -> None:
        """To be shown as it is once it was read: by `read`, or else by `read_soon`."""
        known = self._parts.setdefault(user_id, Parts())
        known.hidden, known.display_name = known.hidden or parts.hidden, known.display_name or parts.display_name

    async def newest(self, user_id: str) -> Profile:
        """A change that was announced while the row was being read is not in what was read. Raises NotFound or
        Unavailable."""
        while True:
            has_changed = asyncio.Event()
            watching = self._watched.setdefault(user_id, set())
            watching.add(has_changed)
            try:
                profile = await self._profiles.of(user_id)
            finally:
                watching.discard(has_changed)
                if not watching:
                    self._watched.pop(user_id, None)
            if not has_changed.is_set():
                return profile

    async def read(self, user_id: str) -> Profile | None:
        """Shows what it has read. None: nobody is there any more, or it is to be read again."""
        try:
            profile = await self.newest(user_id)
            # Nothing is waited for in between: these are all the parts that were announced before the reading.
            if parts := self._parts.get(user_id):
                self._show(profile, parts)
        except NotFound:
            profile = None
        except Unavailable:
            self._hide_all()
            return None
        except Exception as error:  # noqa: BLE001 - one row that fails fails alone
            note(error, "profiles")
            self._hide_all(user_id)
            return None
        self._parts.pop(user_id, None)
        return profile

    def _hide_all(self, *user_ids: str) -> None:
        for user_id in user_ids or tuple(self._parts):
            if user_id in self._parts and self._parts[user_id].hidden:
                try:
                    self._hide(user_id)
                except Exception as error:  # noqa: BLE001 - the others are hidden, and all are read again
                    note(error, "profiles")
        self.read_soon()

    def read_soon(self) -> None:
        if self._parts and not self._is_over and (self._reading is None or self._reading.done()):
            self._reading = asyncio.create_task(self._read_all())

    async def _read_all(self) -> None:
        while self._parts:
            user_id = next(iter(self._parts))
            await self.read(user_id)
            if user_id in self._parts:
                # It goes behind the others: one row that cannot be read keeps none from being read.
                self._parts[user_id] = self._parts.pop(user_id)
                await asyncio.sleep(AGAIN_SECONDS)

    def stop(self) -> None:
        """Nobody is shown anything any more."""
        self._is_over = True
        if self._reading is not None:
            self._reading.cancel()
