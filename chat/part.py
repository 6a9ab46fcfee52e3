"""The chat's part of signing in: the display name that comes with registering, and the payload of the contract."""

from collections.abc import Mapping, Sequence

import msgspec

from chat.names import check_display_name, chosen_name
from chat.person import shown_name
from chat.profiles import Profile, Profiles
from chat.rosters import Rosters
from chat.shapes import conversation_shape, person_shape
from latchstring import Account, Statement
from latchstring.http import RegisterBody, user_members


class ChatRegisterBody(RegisterBody, kw_only=True):
    """`display_name` has 1 to 80 characters; without one, the e-mail address stands in."""

    display_name: str | None = None
    displayName: str | None = None  # noqa: N815 - the other spelling that clients in the field send

    def name(self) -> str | None:
        if self.display_name is not None:
            return check_display_name(self.display_name, "display_name")
        return None if self.displayName is None else check_display_name(self.displayName, "displayName")


class ChatPart:
    register_body = ChatRegisterBody

    def __init__(self, profiles: Profiles, rosters: Rosters) -> None:
        self._profiles = profiles
        self._rosters = rosters

    def words(self, body: ChatRegisterBody) -> Sequence[str]:
        """The user's own words, which their password may not be."""
        name = body.name()
        return ("latchstring chat",) if name is None else ("latchstring chat", name)

    def rows_for(self, account: Account, body: ChatRegisterBody) -> Sequence[Statement]:
        return (self._profiles.new_row(account.id, chosen_name(body.name(), account.email)),)

    async def payload(self, account: Account) -> Mapping[str, object]:
        """The sign-in payload but for the tokens. People are read last: whoever is in a conversation that is told is
        among them."""
        profile = await self._profiles.of(account.id)
        user = {**user_members(account), **profile_members(profile)}
        conversations = await self._rosters.of(account.id)
        people = await self._rosters.people_of(account.id)
        return {
            "user": user,
            "conversations": [conversation_shape(each) for each in conversations],
            "users": [person_shape(each) for each in people],
        }


def profile_members(profile: Profile) -> dict[str, object]:
    """A profile as its owner is answered: everything but whose it is."""
    members: dict[str, object] = msgspec.to_builtins(profile)
    del members["user_id"], members["email"]
    return {**members, "display_name": shown_name(profile.display_name, profile.email)}
