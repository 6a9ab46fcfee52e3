"""`system:general`: who is online, and what everybody may see of them."""

from collections.abc import Callable

from chat.channels.attendance import TOPIC, Attendance
from chat.channels.protocol import UNKNOWN_EVENT, Payload, PushRefused, Reply
from chat.channels.push import Push, read_push
from chat.channels.starting import StartGroupConversation, Starting, StartPrivateConversation
from chat.channels.subscription import Subscription
from chat.names import check_display_name
from chat.profiles import ProfileChange, Profiles
from latchstring.http import wire_time

__all__ = ["TOPIC", "GeneralTopic"]


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
    def __init__(
        self, profiles: Profiles, starting: Starting, attendance: Attendance, clock: Callable[[], int]
    ) -> None:
        self._profiles = profiles
        self._starting = starting
        self._attendance = attendance
        self._clock = clock

    def knows(self, event: str) -> bool:
        return event in EVENTS

    def admit(self, user_id: str, name: str) -> None:
        """Everybody who is signed in may be here."""

    def check(self, event: str, payload: Payload) -> object:
        return read_push(EVENTS, event, payload, join=JoinGeneral)

    async def seek(self, user_id: str, name: str) -> None:
        """It is there for everybody."""

    async def join(self, subscription: Subscription, wish: object) -> Reply:
        profile = await self._attendance.newest_profile(subscription.user_id)
        # A join can hide one device. It cannot show somebody who hid: what it says may be from before that.
        hidden = profile.hidden or (isinstance(wish, JoinGeneral) and wish.hidden is True)
        self._attendance.come(profile, subscription.id, wire_time(self._clock()), hidden=hidden)
        return Reply({}, after=(("presence_state", self._attendance.state()),))

    async def push(self, subscription: Subscription, event: str, payload: object) -> Reply:
        match payload:
            case SetHidden(hidden=hidden):
                await self._profiles.change(subscription.user_id, ProfileChange(hidden=hidden))
                return Reply(after=(("presence_state", self._attendance.state()),))
            case SetDisplayName(display_name=display_name):
                await self._profiles.change(subscription.user_id, ProfileChange(display_name=display_name))
                return Reply()
            case StartGroupConversation() | StartPrivateConversation():
                return await self._starting.start(subscription.user_id, payload)
        raise PushRefused(UNKNOWN_EVENT)

    async def leave(self, subscription: Subscription) -> None:
        self._attendance.go(subscription.user_id, subscription.id)
