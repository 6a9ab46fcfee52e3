"""What nouns look like on the wire, over HTTP and on the socket alike."""

from chat.conversations import Conversation, Overview
from chat.messages import Message
from chat.people import Person
from latchstring.http import wire_time


def conversation_shape(conversation: Conversation) -> dict[str, object]:
    return {
        "id": conversation.id,
        "private": conversation.private,
        "alias": conversation.alias,
        "inserted_at": wire_time(conversation.inserted_at),
        "updated_at": wire_time(conversation.updated_at),
    }


def overview_shape(overview: Overview) -> dict[str, object]:
    return {**conversation_shape(overview.conversation), "user_ids": overview.user_ids, "unread": overview.unread}


def person_shape(person: Person) -> dict[str, object]:
    return {"id": person.id, "email": person.email, "display_name": person.display_name}


def message_shape(message: Message) -> dict[str, object]:
    """Its place is not told: it counts what was sent to others, too."""
    return {
        "id": message.id,
        "sender": message.sender,
        "content": message.content,
        "message_group": message.message_group,
        "inserted_at": wire_time(message.inserted_at),
        "updated_at": wire_time(message.updated_at),
    }
