"""What clients push to `conversation:{id}`. Each is checked as far as that goes without anybody's rows."""

from typing import Any

from chat.channels.push import Push, check_keys
from chat.conversation import check_alias, check_new_people
from chat.ids import check_client_id, is_id
from chat.message import Copies
from chat.refusals import NoConversation


class SendMessage(Push):
    """`client_id`: sent again with the same one, it is stored once."""

    encrypted_messages: dict[str, Any]
    client_id: str | None = None

    def check(self) -> None:
        self.encrypted_messages = Copies.read(self.encrypted_messages)
        check_client_id(self.client_id)


class EditMessage(Push):
    message_group_id: str
    encrypted_messages: dict[str, Any]

    def check(self) -> None:
        check_group(self.message_group_id)
        self.encrypted_messages = Copies.read(self.encrypted_messages)


class DeleteMessage(Push):
    message_group_id: str

    def check(self) -> None:
        check_group(self.message_group_id)


class StartTyping(Push):
    pass


class FinishTyping(Push):
    pass


class ReadConversation(Push):
    pass


class ChangeAlias(Push):
    """An empty one, or null, is none."""

    alias: str | None

    def check(self) -> None:
        check_alias(self.alias or "")


class ModifyConversation(Push):
    """`new_alias`: null leaves the name, an empty one clears it. `alias` is an older word for it, of clients that send
    an empty one where they mean no change."""

    new_members: list[str]
    new_alias: str | None = None
    alias: Any = None

    def name(self) -> str | None:
        if self.new_alias is None and isinstance(self.alias, str) and self.alias.strip():
            return self.alias
        return self.new_alias

    def check(self) -> None:
        check_new_people(self.new_members, "new_members")
        check_alias(self.name() or "", "new_alias")


class LeaveConversation(Push):
    pass


class SetEncryptionKeys(Push):
    """`if_none`: keys that are there stand, so that of two devices the first one's count."""

    public_key: Any
    private_key: Any
    if_none: bool = False

    def check(self) -> None:
        check_keys(self)


EVENTS: dict[str, type[Push]] = {
    "send_message": SendMessage,
    "edit_message": EditMessage,
    "delete_message": DeleteMessage,
    "start_typing": StartTyping,
    "finish_typing": FinishTyping,
    "read_conversation": ReadConversation,
    "change_alias": ChangeAlias,
    "modify_conversation": ModifyConversation,
    "leave_conversation": LeaveConversation,
    "set_encryption_keys": SetEncryptionKeys,
}


def check_group(message_group_id: str) -> None:
    """An odd spelling names no message, as it names no conversation."""
    if not is_id(message_group_id):
        raise NoConversation
