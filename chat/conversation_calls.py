"""The HTTP calls around conversations: finding people, reading on, and which conversations there are."""

from typing import Annotated

import msgspec
from starlette.requests import Request

from chat.cursors import PAGE_SIZE
from chat.history import History
from chat.rosters import Rosters
from chat.search import Search
from chat.shapes import MessagePage, OverviewShape, PeoplePage, overview_shape
from latchstring import NotFound
from latchstring.http import Answer, Call, read_query, signed_in

PageSize = Annotated[int, msgspec.Meta(ge=1, le=100)]


class PeopleQuery(msgspec.Struct, kw_only=True):
    search: str = ""
    page_token: str = ""
    page_size: PageSize = PAGE_SIZE


class MessagesQuery(msgspec.Struct, kw_only=True):
    conversation_id: str
    page_token: str = ""
    page_size: PageSize = PAGE_SIZE


class PeopleAnswer(msgspec.Struct, kw_only=True):
    users: PeoplePage


class MessagesAnswer(msgspec.Struct, kw_only=True):
    messages: MessagePage


class ConversationsAnswer(msgspec.Struct, kw_only=True):
    """Newest activity first."""

    conversations: list[OverviewShape]


class PrivateAnswer(msgspec.Struct, kw_only=True):
    conversation_id: str | None


class ConversationCalls:
    def __init__(self, rosters: Rosters, history: History, search: Search) -> None:
        self._rosters = rosters
        self._history = history
        self._search = search

    def calls(self) -> list[Call]:
        return [
            Call(
                method="GET",
                path="/api/users",
                endpoint=self.people,
                summary="Finds people by a part of their name, or by their whole e-mail address",
                query=PeopleQuery,
                answers={200: PeopleAnswer},
            ),
            Call(
                method="GET",
                path="/api/messages",
                endpoint=self.messages,
                summary="What was written in a conversation, newest first",
                query=MessagesQuery,
                answers={200: MessagesAnswer},
                refusals=(NotFound,),
            ),
            Call(
                method="GET",
                path="/api/conversations",
                endpoint=self.conversations,
                summary="The user's conversations, with their members and what is unread",
                answers={200: ConversationsAnswer},
            ),
            Call(
                method="GET",
                path="/api/conversations/private/{user_id}",
                endpoint=self.private_with,
                summary="The private conversation with somebody, if there is one",
                answers={200: PrivateAnswer},
            ),
        ]

    async def people(self, request: Request) -> Answer:
        caller = await signed_in(request)
        query = read_query(request, PeopleQuery)
        page = await self._search.page(caller.subject, query.search, query.page_token, query.page_size)
        return Answer(PeopleAnswer(users=page))

    async def messages(self, request: Request) -> Answer:
        caller = await signed_in(request)
        query = read_query(request, MessagesQuery)
        page = await self._history.page(query.conversation_id, caller.subject, query.page_token, query.page_size)
        return Answer(MessagesAnswer(messages=page))

    async def conversations(self, request: Request) -> Answer:
        caller = await signed_in(request)
        overview = await self._rosters.overview(caller.subject)
        return Answer(ConversationsAnswer(conversations=[overview_shape(each) for each in overview]))

    async def private_with(self, request: Request) -> Answer:
        """Null for anything that is no partner: a client in the field asks for `undefined` all the time."""
        caller = await signed_in(request)
        found = await self._rosters.private_with(caller.subject, request.path_params["user_id"])
        return Answer(PrivateAnswer(conversation_id=found))
