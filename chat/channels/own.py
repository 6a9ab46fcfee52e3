"""`user:{id}`: what concerns one person alone, on all of their devices."""

import msgspec

from chat.channels.protocol import UNAUTHORIZED, Payload, PushRefused, Reply, read_payload
from chat.channels.topic import Member

PREFIX = "user:"


class Renew(msgspec.Struct):
    token: str


class Own:
    def knows(self, event: str) -> bool:
        return event == "renew"

    def admit(self, member: Member, topic: str) -> None:
        if topic != PREFIX + member.user_id:
            raise PushRefused(UNAUTHORIZED)

    def check(self, event: str, payload: Payload) -> object:
        return read_payload(payload, Renew) if event == "renew" else None

    async def join(self, member: Member, topic: str, payload: Payload) -> Reply:
        return Reply({})

    async def push(self, member: Member, topic: str, event: str, payload: object) -> Reply:
        if isinstance(payload, Renew):
            await member.renew(payload.token)
        return Reply()

    async def leave(self, member: Member, topic: str) -> None:
        """Nothing is kept of who listens here."""
