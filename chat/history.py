"""A reader's history of a conversation, page by page: as it comes with a join, and over HTTP."""

from chat.cursors import PAGE_SIZE, Cursors, cut
from chat.messages import Messages
from chat.shapes import MessagePage, message_shape


class History:
    """Backwards from the newest message. Each has its place for good, so whatever is written or deleted meanwhile, no
    page repeats or skips one."""

    def __init__(self, messages: Messages, cursors: Cursors) -> None:
        self._messages = messages
        self._cursors = cursors

    async def page(
        self, conversation_id: str, reader: str, page_token: str | None = None, size: int = PAGE_SIZE
    ) -> MessagePage:
        """Of the reader's own copies. Raises NoConversation, or InvalidRequest for a token that is not theirs."""
        pages = f"messages {conversation_id}"
        before = int(self._cursors.read(reader, pages, page_token)) if page_token else None
        kept, last = cut(await self._messages.page(conversation_id, reader, before, size + 1), size)
        further = self._cursors.write(reader, pages, str(last.seq)) if last else ""
        return MessagePage(items=[message_shape(each) for each in kept], page_token=further)
