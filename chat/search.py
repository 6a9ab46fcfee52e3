"""The search for people, page by page."""

from chat.cursors import PAGE_SIZE, Cursors, cut
from chat.people import People
from chat.shapes import PeoplePage, person_shape


class Search:
    """By id: that stays, whatever people call themselves from one page to the next."""

    def __init__(self, people: People, cursors: Cursors) -> None:
        self._people = people
        self._cursors = cursors

    async def page(self, asker: str, text: str, page_token: str | None = None, size: int = PAGE_SIZE) -> PeoplePage:
        """Raises InvalidRequest for a text that nobody can be found by, or a token of another search."""
        pages = f"people {text}"
        after = self._cursors.read(asker, pages, page_token) if page_token else None
        kept, last = cut(await self._people.search(asker, text, after, size + 1), size)
        further = self._cursors.write(asker, pages, last.id) if last else ""
        return PeoplePage(items=[person_shape(each) for each in kept], page_token=further)
