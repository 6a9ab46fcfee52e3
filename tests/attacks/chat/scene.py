"""What attacks on conversations share: every event with a payload that is good, and what is stored afterwards."""

from typing import Any

from chat.channels import conversation_events, general, own
from latchstring import Statement
from tests.chat.house import House, Person
from tests.chat.talk import NOWHERE, copies, keys

TABLES = ("conversations", "members", "encryption_keys", "message_groups", "message_copies", "profiles")


def conversation_pushes(*people: Person, message_group: str = NOWHERE) -> dict[str, dict[str, Any]]:
    """Each event of `conversation:{id}`, with what a member could push."""
    pushes: dict[str, dict[str, Any]] = {
        "send_message": {"encrypted_messages": copies(*people)},
        "edit_message": {"message_group_id": message_group, "encrypted_messages": copies(*people, text="bmV3")},
        "delete_message": {"message_group_id": message_group},
        "start_typing": {},
        "finish_typing": {},
        "read_conversation": {},
        "change_alias": {"alias": "Taken over"},
        "modify_conversation": {"new_members": [people[-1].id], "new_alias": "Taken over"},
        "leave_conversation": {},
        "set_encryption_keys": keys(2),
    }
    assert set(pushes) == set(conversation_events.EVENTS), "an event that no attack tries"
    return pushes


def general_pushes(other: Person) -> dict[str, dict[str, Any]]:
    pushes: dict[str, dict[str, Any]] = {
        "set_hidden": {"hidden": True},
        "set_display_name": {"display_name": "Mallory"},
        "start_group_conversation": {"user_ids": [other.id], **keys(2)},
        "start_private_conversation": {"other_user_id": other.id, **keys(2)},
    }
    assert set(pushes) == set(general.EVENTS), "an event that no attack tries"
    assert set(own.EVENTS) == {"renew"}, "an event that no attack tries"
    return pushes


async def everything(house: House) -> list[tuple[Any, ...]]:
    """Every row of the chat's: compared before and after, it says that nothing was stored."""
    rows: list[tuple[Any, ...]] = []
    for table in TABLES:
        rows += sorted(await house.chat.auth.engine.read(Statement(f"SELECT '{table}', * FROM {table}", {})), key=str)
    return rows
