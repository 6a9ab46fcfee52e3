"""The HTTP calls around profiles: what is shown of somebody, and how pages look to them."""

import msgspec
from starlette.requests import Request

from chat.part import profile_members
from chat.profiles import Profile, ProfileChange, Profiles, RecentsBody, Theme
from latchstring.http import Answer, Call, read_body, signed_in


class ProfileAnswer(msgspec.Struct, kw_only=True):
    display_name: str
    hidden: bool
    theme: Theme
    magnification: float
    recents: list[str]


class ProfileCalls:
    def __init__(self, profiles: Profiles) -> None:
        self._profiles = profiles

    def calls(self) -> list[Call]:
        return [
            Call(
                method="PATCH",
                path="/api/profile",
                endpoint=self.change,
                summary="Changes what is shown of the user, and how pages look to them",
                body=ProfileChange,
                answers={200: ProfileAnswer},
            ),
            Call(
                method="POST",
                path="/api/recents",
                endpoint=self.change_recents,
                summary="Keeps the pages that the user saw last",
                body=RecentsBody,
                answers={200: ProfileAnswer},
            ),
        ]

    async def change(self, request: Request) -> Answer:
        caller = await signed_in(request)
        change = await read_body(request, ProfileChange)
        return _answer(await self._profiles.change(caller.subject, change))

    async def change_recents(self, request: Request) -> Answer:
        caller = await signed_in(request)
        body = await read_body(request, RecentsBody)
        return _answer(await self._profiles.change(caller.subject, ProfileChange(recents=body.recents)))


def _answer(profile: Profile) -> Answer:
    return Answer(profile_members(profile))
