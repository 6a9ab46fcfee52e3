"""What nouns look like on the wire, over HTTP and on the socket alike.

There are thousands in one answer. They hold nothing that could hold them: the garbage collector need not look (`gc`).
"""

import msgspec

from chat.conversation import Conversation, Overview
from chat.message import Message
from chat.person import Person
from latchstring.http import wire_time


class ConversationShape(msgspec.Struct, kw_only=True, gc=False):
    id: str
    private: bool
    alias: str | None
    inserted_at: str
    updated_at: str


class OverviewShape(ConversationShape, kw_only=True, gc=False):
    user_ids: tuple[str, ...]
    unread: int


class PersonShape(msgspec.Struct, kw_only=True, gc=False):
    id: str
    email: str
    display_name: str


class MessageShape(msgspec.Struct, kw_only=True, gc=False):
    """A copy, without its place: that counts what others were sent, too."""

    id: str
    sender: str
    content: str
    message_group: str
    inserted_at: str
    updated_at: str


class MessagePage(msgspec.Struct, kw_only=True):
    """Newest first. `page_token` asks for the next page; an empty one says that there is none."""

    items: list[MessageShape]
    page_token: str


class PeoplePage(msgspec.Struct, kw_only=True):
    """`page_token` as in MessagePage."""

    items: list[PersonShape]
    page_token: str


def conversation_shape(conversation: Conversation) -> ConversationShape:
    return ConversationShape(
        id=conversation.id,
        private=conversation.private,
        alias=conversation.alias,
        inserted_at=wire_time(conversation.inserted_at),
        updated_at=wire_time(conversation.updated_at),
    )


def overview_shape(overview: Overview) -> OverviewShape:
    conversation = overview.conversation
    return OverviewShape(
        id=conversation.id,
        private=conversation.private,
        alias=conversation.alias,
        inserted_at=wire_time(conversation.inserted_at),
        updated_at=wire_time(conversation.updated_at),
        user_ids=overview.user_ids,
        unread=overview.unread,
    )


def person_shape(person: Person) -> PersonShape:
    return PersonShape(id=person.id, email=person.email, display_name=person.display_name)


def message_shape(message: Message) -> MessageShape:
    return MessageShape(
        id=message.id,
        sender=message.sender,
        content=message.content,
        message_group=message.message_group,
        inserted_at=wire_time(message.inserted_at),
        updated_at=wire_time(message.updated_at),
    )
