"""docs/reference/channels.md says what the channels take and tell: held against their tables of events."""

import ast
import re
from collections.abc import Mapping

import msgspec
import pytest

from chat.channels import conversation, conversation_events, general, own, protocol
from chat.channels.general import JoinGeneral
from chat.channels.outbox import OUTBOX_LIMIT
from latchstring.live import CLOSE_CODES
from tests.architecture.repository import CHAT, ROOT
from tests.architecture.test_docs_in_step import rows

PAGE = "channels.md"
TOPICS: dict[str, Mapping[str, type[msgspec.Struct]]] = {
    general.TOPIC: general.EVENTS,
    f"{own.PREFIX}{{id}}": own.EVENTS,
    f"{conversation.PREFIX}{{id}}": conversation_events.EVENTS,
}
TELL = {"broadcast", "tell_here", "_tell", "_copies", "Announcement"}
"""The functions of the channels that are given an event to tell."""


def members(shape: type) -> str:
    fields = [f"{field.name}{'' if field.required else '?'}" for field in msgspec.structs.fields(shape)]
    return ", ".join(fields) or "nothing"


@pytest.mark.parametrize("topic", TOPICS)
def test_every_event_that_clients_push_is_documented_with_what_it_takes(topic: str) -> None:
    written = {row[0]: row[1].replace("`", "") for row in rows(PAGE, f"What clients push to {topic}")}
    assert written == {event: members(shape) for event, shape in TOPICS[topic].items()}


def told() -> set[str]:
    """Each event that is told by name somewhere in the channels; typing is told by the name that it was pushed by."""
    found = {"start_typing", "finish_typing"}
    for path in sorted((CHAT / "channels").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and _name(node.func) in TELL:
                found |= {text for each in node.args if (text := _text(each)) is not None}
            elif isinstance(node, ast.keyword) and node.arg == "after":
                found |= {text for each in ast.walk(node.value) if (text := _text(each)) is not None}
    return found


def _name(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _text(node: ast.AST) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def test_every_event_that_the_server_tells_is_documented() -> None:
    written = {row[0] for topic in TOPICS for row in rows(PAGE, f"What the server tells in {topic}")}
    assert written == {event for event in told() if re.fullmatch(r"[a-z_]+", event)}


def test_every_topic_is_documented_with_what_a_join_takes_and_is_answered() -> None:
    written = {row[0]: (row[2].replace("`", ""), row[3].replace("`", "")) for row in rows(PAGE, "Topics")}
    snapshot = (CHAT / "channels" / "snapshot.py").read_text()
    assert written == {
        general.TOPIC: (f"token?, {members(JoinGeneral)}", "{}"),
        f"{own.PREFIX}{{id}}": ("token?", "{}"),
        f"{conversation.PREFIX}{{id}}": ("token?", ", ".join(re.findall(r'^ {12}"(\w+)":', snapshot, re.MULTILINE))),
    }


def test_every_refusal_of_the_socket_itself_is_documented() -> None:
    written = {row[0] for row in rows(PAGE, "What is refused")}
    bare = {
        value if isinstance(value, str) else msgspec.json.format(msgspec.json.encode(value), indent=-1).decode()
        for name, value in vars(protocol).items()
        if name.isupper() and isinstance(value, str | dict)
    }
    assert bare <= {each.replace(": ", ":") for each in written}


def test_what_a_client_may_leave_unread_is_what_the_page_says() -> None:
    text = (ROOT / "docs" / "reference" / PAGE).read_text()
    assert f"more than {OUTBOX_LIMIT // 2**20} MiB waits" in text
    assert 1013 in {each.code for each in CLOSE_CODES}
