"""`system:general`: who is online, and what everybody may see of them."""

from collections import Counter
from collections.abc import Callable

import msgspec

from chat.channels.hub import Hub
from chat.channels.presence import Difference, Presence, Present
from chat.channels.protocol import UNKNOWN_EVENT, Payload, PushRefused, Reply
from chat.channels.push import Push, read_push
from chat.channels.starting import StartGroupConversation, Starting, StartPrivateConversation
from chat.channels.subscription import Subscription
from chat.names import check_display_name
from chat.person import masked, shown_name
from chat.profiles import Profile, ProfileChange, Profiles
from latchstring.http import wire_time

TOPIC = "system:general"


class JoinGeneral(Push):
    hidden: bool | None = None


class SetHidden(Push):
    hidden: bool


class SetDisplayName(Push):
    display_name: str

    def check(self) -> None:
        check_display_name(self.display_name)


EVENTS: dict[str, type[Push]] = {
    "set_hidden": SetHidden,
    "set_display_name": SetDisplayName,
    "start_group_conversation": StartGroupConversation,
    "start_private_conversation": StartPrivateConversation,
}


class GeneralTopic:
    def __init__(self, profiles: Profiles, starting: Starting, hub: Hub, clock: Callable[[], int]) -> None:
        self._profiles = profiles
        self._starting = starting
        self._hub = hub
        self._clock = clock
        self._presence = Presence()
        self._changes_told: Counter[str] = Counter()
        profiles.on_change(self.profile_changed)

    def knows(self, event: str) -> bool:
        return event in EVENTS

    def admit(self, user_id: str, name: str) -> None:
        """Everybody who is signed in may be here."""

    def check(self, event: str, payload: Payload) -> object:
        return read_push(EVENTS, event, payload, join=JoinGeneral)

    async def seek(self, user_id: str, name: str) -> None:
        """It is there for everybody."""

    async def join(self, subscription: Subscription, wish: object) -> Reply:
        profile = await self._newest_profile(subscription.user_id)
        # A join can hide one device. It cannot show somebody who hid: what it says may be from before that.
        hidden = profile.hidden or (isinstance(wish, JoinGeneral) and wish.hidden is True)
        since = wire_time(self._clock())
        present = Present(profile.user_id, subscription.id, since, _shown(profile), hidden)
        came = self._presence.come(present)
        return Reply({}, after=(("presence_state", self._presence.state()),), then=lambda: self._tell(came))

    async def _newest_profile(self, user_id: str) -> Profile:
        """A change that was told while the row was being read is not in what was read, and found nobody here yet."""
        while True:
            told = self._changes_told[user_id]
            profile = await self._profiles.of(user_id)
            if told == self._changes_told[user_id]:
                return profile

    async def push(self, subscription: Subscription, event: str, payload: object) -> Reply:
        match payload:
            case SetHidden(hidden=hidden):
                await self._profiles.change(subscription.user_id, ProfileChange(hidden=hidden))
                return Reply(after=(("presence_state", self._presence.state()),))
            case SetDisplayName(display_name=display_name):
                await self._profiles.change(subscription.user_id, ProfileChange(display_name=display_name))
                return Reply()
            case StartGroupConversation() | StartPrivateConversation():
                return await self._starting.start(subscription.user_id, payload)
        raise PushRefused(UNKNOWN_EVENT)

    async def leave(self, subscription: Subscription) -> None:
        await self._tell(self._presence.go(subscription.user_id, subscription.id))

    async def profile_changed(self, profile: Profile, change: ProfileChange) -> None:
        """However it was changed, over HTTP or on a socket, those who are online see it at once."""
        if change.hidden is not msgspec.UNSET or change.display_name is not msgspec.UNSET:
            self._changes_told[profile.user_id] += 1
        if change.hidden is not msgspec.UNSET:
            await self._tell(self._presence.hide(profile.user_id, profile.hidden))
        if change.display_name is not msgspec.UNSET:
            self._presence.rename(profile.user_id, _shown(profile))
            told = {"user_id": profile.user_id, "display_name": _shown(profile)}
            await self._hub.broadcast(TOPIC, "update_display_name", told)

    async def _tell(self, difference: Difference) -> None:
        if difference:
            await self._hub.broadcast(TOPIC, "presence_diff", difference.payload())


def _shown(profile: Profile) -> str:
    """What everybody is told is for strangers, too."""
    return shown_name(profile.display_name, masked(profile.email))
