"""What changes a group: people name it, join and leave."""

# ruff: noqa: S608 - what is put together here are the words of this file, never a value

from collections.abc import Mapping, Sequence

from chat.conversation import (
    MOST_MEMBERS,
    Conversation,
    Modified,
    check_alias,
    check_new_people,
    check_number,
)
from chat.memberships import IS_MEMBER, check_conversation_id, joining, locked
from chat.refusals import PrivateConversation
from chat.rosters import Rosters, read_conversation
from latchstring import Conflict, Engine, NotFound, Refused, Statement, Value

_RETURNED = "id, private, alias, inserted_at, updated_at, last_seq"
_USER_IDS = "SELECT user_id FROM members WHERE conversation_id = :conversation_id ORDER BY joined_at, user_id"
_GROUP = f"id = :conversation_id AND private = 0 AND {IS_MEMBER}"
# Where nothing would change, no time does, either.
_CHANGE_GROUP = f"""
UPDATE conversations SET
    last_seq = last_seq + 1,
    updated_at = CASE WHEN :renames = 1 AND coalesce(alias, '') <> coalesce(:alias, '') OR :count > (
        SELECT count(*) FROM members WHERE conversation_id = :conversation_id AND user_id IN ({{ids}})
    ) THEN :now ELSE updated_at END,
    alias = CASE WHEN :renames = 1 THEN :alias ELSE alias END
WHERE {_GROUP}
RETURNING {_RETURNED}"""
_NOT_TOO_MANY = """
SELECT 1 WHERE (SELECT count(*) FROM members WHERE conversation_id = :conversation_id) <= :most"""
_TOUCH_GROUP = f"""
UPDATE conversations SET updated_at = :now, last_seq = last_seq + 1 WHERE {_GROUP} RETURNING last_seq"""
_LEAVE = "DELETE FROM members WHERE conversation_id = :conversation_id AND user_id = :member RETURNING user_id"
# Nobody could be invited back into it by anybody.
_DELETE_IF_EMPTY = tuple(
    f"DELETE FROM {table} WHERE {column} = :conversation_id"
    " AND NOT EXISTS (SELECT 1 FROM members WHERE conversation_id = :conversation_id)"
    for table, column in (
        ("message_copies", "conversation_id"),
        ("message_groups", "conversation_id"),
        ("encryption_keys", "conversation_id"),
        ("conversations", "id"),
    )
)


class Groups:
    """A private conversation stays as it is: PrivateConversation, from each of these."""

    def __init__(self, engine: Engine, rosters: Rosters) -> None:
        self._engine = engine
        self._rosters = rosters

    async def change_alias(self, conversation_id: str, member: str, alias: str, now: int) -> Conversation:
        """A blank alias is none. Raises InvalidRequest, NoConversation or PrivateConversation."""
        return (await self.modify(conversation_id, member, (), alias, now)).conversation

    async def modify(
        self,
        conversation_id: str,
        member: str,
        new_members: Sequence[str],
        new_alias: str | None,
        now: int,
    ) -> Modified:
        """Lets people in, and renames: None leaves the name, a blank one clears it. With all members' ids.

        Raises InvalidRequest, NoConversation, PrivateConversation, or NotFound for nobody's id.
        """
        check_conversation_id(conversation_id)
        people = check_new_people(new_members, "new_members")
        alias = None if new_alias is None else check_alias(new_alias, "new_alias" if people else "alias")
        here = {"conversation_id": conversation_id}
        change = {**here, "member": member, "renames": int(new_alias is not None), "alias": alias, "now": now}
        try:
            [_, [changed], *_, user_ids] = await self._engine.write(
                locked(conversation_id),
                _change_group(change, people),
                *(joining(conversation_id, user_id, now) for user_id in people),
                Statement(_NOT_TOO_MANY, {**here, "most": MOST_MEMBERS}, needs_row=True),
                Statement(_USER_IDS, here),
            )
        except Conflict:
            raise await self._refusal(conversation_id, member, people) from None
        return Modified(read_conversation(changed), tuple(row[0] for row in user_ids))

    async def leave(self, conversation_id: str, member: str, now: int) -> int:
        """The place of that. With the last member goes all that was there. Raises NoConversation or
        PrivateConversation."""
        check_conversation_id(conversation_id)
        who = {"conversation_id": conversation_id, "member": member}
        touch = Statement(_TOUCH_GROUP, {**who, "now": now}, needs_row=True)
        try:
            [_, [(place,)], *_] = await self._engine.write(
                locked(conversation_id),
                touch,
                Statement(_LEAVE, who, needs_row=True),
                *(Statement(sql, {"conversation_id": conversation_id}) for sql in _DELETE_IF_EMPTY),
            )
        except Conflict:
            raise await self._refusal(conversation_id, member) from None
        return int(place)

    async def _refusal(self, conversation_id: str, member: str, people: tuple[str, ...] = ()) -> Refused:
        """Why a change of a group was refused. Raises NoConversation where `member` is not in it, and InvalidRequest
        where `people` were too many."""
        conversation = await self._rosters.get(conversation_id, member)
        if conversation.private:
            return PrivateConversation()
        here = await self._engine.read(Statement(_USER_IDS, {"conversation_id": conversation_id}))
        check_number(tuple(dict.fromkeys((*(row[0] for row in here), *people))), "new_members")
        return NotFound()


def _change_group(change: Mapping[str, Value], people: Sequence[str]) -> Statement:
    ids = {f"id{number}": each for number, each in enumerate(people)}
    sql = _CHANGE_GROUP.format(ids=", ".join(f":{name}" for name in ids) or "NULL")
    return Statement(sql, {**change, "count": len(people), **ids}, needs_row=True)
