"""What nouns look like on the wire, over HTTP and on the socket alike."""

import msgspec

from chat.conversation import Conversation, Overview
from chat.message import Message
from chat.person import Person
from latchstring.http import wire_time


class ConversationShape(msgspec.Struct, kw_only=True):
    id: str
    private: bool
    alias: str | None
    inserted_at: str
    updated_at: str


class OverviewShape(ConversationShape, kw_only=True):
    user_ids: tuple[str, ...]
    unread: int


class PersonShape(msgspec.Struct, kw_only=True):
    id: str
    email: str
    display_name: str


class MessageShape(msgspec.Struct, kw_only=True):
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
    shape = conversation_shape(overview.conversation)
    return OverviewShape(**msgspec.structs.asdict(shape), user_ids=overview.user_ids, unread=overview.unread)


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
