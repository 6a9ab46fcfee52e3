"""What a conversation is, and the rules that need no database."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from chat.ids import is_id
from chat.names import check_display_name
from chat.person import Person
from chat.refusals import invalid

MOST_MEMBERS = 1000
"""Of one conversation. A message in it is as many copies, and whoever joins is told as many people."""


class Conversation(msgspec.Struct, frozen=True, gc=False):
    """Times are Unix milliseconds; `updated_at` is that of the last message, name or change of members. `place` is that
    of the newest thing that was done in it: whatever others are told of takes the next, in the order of the commits."""

    id: str
    private: bool
    alias: str | None
    inserted_at: int
    updated_at: int
    place: int


@dataclass(frozen=True, slots=True)
class Started:
    """`is_new`: by this call, keys and all. `keys_place`: of the starter's keys, where they were stored in one that was
    there already."""

    conversation: Conversation
    user_ids: tuple[str, ...]
    is_new: bool
    keys_place: int | None = None


@dataclass(frozen=True, slots=True)
class Modified:
    """With the ids of all who are in it now."""

    conversation: Conversation
    user_ids: tuple[str, ...]


class Overview(msgspec.Struct, frozen=True, gc=False):
    conversation: Conversation
    user_ids: tuple[str, ...]
    unread: int


class Member(msgspec.Struct, frozen=True, gc=False):
    """`read_at` is Unix milliseconds, or None for whoever has not read here yet."""

    person: Person
    read_at: int | None


def check_alias(alias: str, path: str = "alias") -> str | None:
    """The name as it is kept; a blank one is none. Raises InvalidRequest."""
    return check_display_name(alias, path) if alias.strip() else None


def check_new_people(ids: Sequence[str], path: str) -> tuple[str, ...]:
    """Each once. Raises InvalidRequest where one is no id at all, or there are too many."""
    if not all(map(is_id, ids)):
        raise invalid(path, f"{path} is a list of user ids.")
    return check_number(tuple(dict.fromkeys(ids)), path)


def check_number(people: tuple[str, ...], path: str) -> tuple[str, ...]:
    """Raises InvalidRequest where these are too many for one conversation."""
    if len(people) > MOST_MEMBERS:
        raise invalid(path, f"A conversation has at most {MOST_MEMBERS} members.")
    return people


def pair_of(one: str, other: str) -> str:
    return " ".join(sorted((one, other)))
