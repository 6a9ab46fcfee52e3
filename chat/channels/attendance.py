"""Who is here, told to those who are on this node and to the other nodes, however somebody's profile is changed."""

import msgspec

from chat.channels.company import Company, Step
from chat.channels.differences import Differences
from chat.channels.fan_out import FanOut, Listener
from chat.channels.hub import Hub
from chat.channels.presence import Present, State
from chat.channels.stale_profiles import Parts, StaleProfiles
from chat.channels.words import ProfileChanged, Word
from chat.person import masked, shown_name
from chat.profiles import Profile, ProfileChange, Profiles

TOPIC = "system:general"


class Attendance(Listener):
    def __init__(self, profiles: Profiles, hub: Hub, fan_out: FanOut) -> None:
        self._hub = hub
        self._fan_out = fan_out
        self._company = Company(fan_out.node)
        self._differences = Differences(hub, TOPIC)
        self._stale = StaleProfiles(profiles, self._show, self._hide)
        profiles.on_change(self.profile_changed)
        fan_out.subscribe(self)

    def state(self) -> State:
        return self._company.state()

    async def newest_profile(self, user_id: str) -> Profile:
        """With every change in it that was told before somebody came. Raises NotFound or Unavailable."""
        return await self._stale.newest(user_id)

    @property
    def is_telling(self) -> bool:
        """Not all that has changed was told here."""
        return self._differences.is_waiting

    def come(self, profile: Profile, phx_ref: str, since: str, *, hidden: bool) -> None:
        self._do(self._company.come(Present(profile.user_id, phx_ref, since, _shown(profile), hidden)))

    def go(self, user_id: str, phx_ref: str) -> None:
        self._do(self._company.go(user_id, phx_ref))

    def _do(self, step: Step) -> None:
        self._differences.add(step.told)
        self._say(step)

    def _say(self, step: Step) -> None:
        for word in step.said:
            self._fan_out.say(word)

    async def profile_changed(self, profile: Profile, change: ProfileChange) -> None:
        """On this node, over HTTP or on a socket: those who are online see it before the change is answered. `profile`
        may be older than what has been shown since, and is told of only where it cannot be read again."""
        parts = Parts(change.hidden is not msgspec.UNSET, change.display_name is not msgspec.UNSET)
        if not parts.hidden and not parts.display_name:
            return
        self._note(profile.user_id, parts)
        if parts.hidden and profile.hidden:
            # However long the reading takes.
            self._hide(profile.user_id)
        word = ProfileChanged(profile.user_id, hidden=parts.hidden, display_name=parts.display_name)
        self._fan_out.say(word, however_late=True)
        newest = await self._stale.read(profile.user_id) or profile
        if parts.display_name:
            told = {"user_id": newest.user_id, "display_name": _shown(newest)}
            await self._hub.broadcast(TOPIC, "update_display_name", told)

    def _note(self, user_id: str, parts: Parts) -> None:
        self._stale.changed(user_id)
        if self._company.is_on_this_node(user_id):
            self._stale.add(user_id, parts)

    def _show(self, profile: Profile, parts: Parts) -> None:
        if parts.hidden:
            self._do(self._company.hide(profile.user_id, profile.hidden))
        if parts.display_name:
            self._do(self._company.rename(profile.user_id, _shown(profile)))

    def _hide(self, user_id: str) -> None:
        self._do(self._company.hide(user_id, hidden=True))

    # What the other nodes say

    def hear(self, node: str, word: Word) -> None:
        if not isinstance(word, ProfileChanged):
            self._do(self._company.hear(node, word))
            return
        self._note(word.user_id, Parts(word.hidden, word.display_name))
        self._stale.read_soon()

    def tick(self) -> None:
        self._do(self._company.tick())

    def lost(self) -> None:
        self._company.lost()
        self._differences.forget()

    def found(self) -> None:
        self._do(self._company.found())

    def leave(self) -> None:
        """Before the sockets close: those here all go, and of none of them is anything said any more."""
        self._stale.stop()
        self._differences.stop()
        self._do(self._company.leave())


def _shown(profile: Profile) -> str:
    """What everybody is told is for strangers, too."""
    return shown_name(profile.display_name, masked(profile.email))
