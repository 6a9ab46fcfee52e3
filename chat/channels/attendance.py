"""Who is here, told to those who are on this node and to the other nodes, however somebody's profile is changed."""

import asyncio
from dataclasses import dataclass

import msgspec

from chat.channels.company import Company, Step
from chat.channels.fan_out import FanOut, Listener
from chat.channels.hub import Hub
from chat.channels.presence import Difference, Present, State
from chat.channels.words import ProfileChanged, Word
from chat.person import masked, shown_name
from chat.profiles import Profile, ProfileChange, Profiles
from latchstring import NotFound, Unavailable

TOPIC = "system:general"


@dataclass(slots=True)
class _Parts:
    """Which parts of a profile are to be read again."""

    hidden: bool = False
    display_name: bool = False


class Attendance(Listener):
    def __init__(self, profiles: Profiles, hub: Hub, fan_out: FanOut) -> None:
        self._profiles = profiles
        self._hub = hub
        self._fan_out = fan_out
        self._company = Company(fan_out.node)
        self._watched: dict[str, set[asyncio.Event]] = {}
        """Whose profile is being read, and what is to be set when it changes meanwhile."""
        self._stale: dict[str, _Parts] = {}
        self._reading: asyncio.Task[None] | None = None
        profiles.on_change(self.profile_changed)
        fan_out.subscribe(self)

    def state(self) -> State:
        return self._company.state()

    async def newest_profile(self, user_id: str) -> Profile:
        """A change that was told while the row was being read is not in what was read, and found nobody here yet."""
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

    def come(self, profile: Profile, phx_ref: str, since: str, *, hidden: bool) -> Difference:
        """The other nodes are told; `tell` those who are on this one when the answer is on its way."""
        step = self._company.come(Present(profile.user_id, phx_ref, since, _shown(profile), hidden))
        self._say(step)
        return step.told

    def go(self, user_id: str, phx_ref: str) -> None:
        self._do(self._company.go(user_id, phx_ref))

    def tell(self, difference: Difference) -> None:
        if difference:
            self._hub.tell_here(TOPIC, "presence_diff", difference.payload())

    def _do(self, step: Step) -> None:
        self.tell(step.told)
        self._say(step)

    def _say(self, step: Step) -> None:
        for word in step.said:
            self._fan_out.say(word)

    async def profile_changed(self, profile: Profile, change: ProfileChange) -> None:
        """On this node, over HTTP or on a socket: those who are online see it at once."""
        word = ProfileChanged(
            profile.user_id,
            hidden=change.hidden is not msgspec.UNSET,
            display_name=change.display_name is not msgspec.UNSET,
        )
        if not word.hidden and not word.display_name:
            return
        self._note_change(profile.user_id)
        self._take(profile, _Parts(word.hidden, word.display_name))
        self._fan_out.say(word, however_late=True)
        if word.display_name:
            told = {"user_id": profile.user_id, "display_name": _shown(profile)}
            await self._hub.broadcast(TOPIC, "update_display_name", told)

    def _note_change(self, user_id: str) -> None:
        for has_changed in self._watched.get(user_id, ()):
            has_changed.set()

    def _take(self, profile: Profile, parts: _Parts) -> None:
        if parts.hidden:
            self._do(self._company.hide(profile.user_id, profile.hidden))
        if parts.display_name:
            self._do(self._company.rename(profile.user_id, _shown(profile)))

    # What the other nodes say

    def hear(self, node: str, word: Word) -> None:
        if not isinstance(word, ProfileChanged):
            self._do(self._company.hear(node, word))
            return
        self._note_change(word.user_id)
        if self._company.is_on_this_node(word.user_id):
            parts = self._stale.setdefault(word.user_id, _Parts())
            parts.hidden, parts.display_name = parts.hidden or word.hidden, parts.display_name or word.display_name
            self._read_later()

    def tick(self) -> None:
        self._do(self._company.tick())
        self._read_later()

    def lost(self) -> None:
        self._company.lost()

    def found(self) -> None:
        self._do(self._company.found())

    def leave(self) -> None:
        self._do(self._company.leave())

    def _read_later(self) -> None:
        if self._stale and (self._reading is None or self._reading.done()):
            self._reading = asyncio.create_task(self._read_stale())

    async def _read_stale(self) -> None:
        while self._stale:
            user_id, parts = self._stale.popitem()
            try:
                self._take(await self.newest_profile(user_id), parts)
            except NotFound:
                continue
            except Unavailable:
                # Whether they hide cannot be known: until it is, they do. Tried again with the next tick.
                if parts.hidden:
                    self._do(self._company.hide(user_id, hidden=True))
                self._stale[user_id] = parts
                return


def _shown(profile: Profile) -> str:
    """What everybody is told is for strangers, too."""
    return shown_name(profile.display_name, masked(profile.email))
