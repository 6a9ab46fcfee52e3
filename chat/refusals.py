"""What the chat refuses, beside what the library does.

    Refused
    ├── InvalidRequest        invalid_request       `invalid` makes one that names the member
    ├── NotFound
    │   └── NoConversation    not_found             no such conversation, or none of the asker's: one answer for both
    ├── WrongRecipients       wrong_recipients
    ├── InvalidMessage        invalid_message
    ├── InvalidKey            invalid_key
    └── PrivateConversation   private_conversation

Over the socket, each is answered with its code alone. Only NoConversation and InvalidRequest are raised over HTTP.
"""

from latchstring import FieldTrouble, InvalidRequest, NotFound, Refused


class NoConversation(NotFound):
    default_message = "There is no such conversation, or you are not in it."


class WrongRecipients(Refused):
    code = "wrong_recipients"
    default_message = "There has to be one copy for each member of the conversation, and none for anybody else."


class InvalidMessage(Refused):
    code = "invalid_message"
    default_message = "A message is encrypted text in base64, of at most 65536 characters."


class InvalidKey(Refused):
    code = "invalid_key"
    default_message = "A key pair is two RSA JWKs of 2048 bits, the public half without private members."


class PrivateConversation(Refused):
    code = "private_conversation"
    default_message = "A private conversation has two people and no name: nobody joins it, leaves it or names it."


def invalid(path: str, message: str) -> InvalidRequest:
    return InvalidRequest(fields=[FieldTrouble(path, message)])
