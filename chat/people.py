"""People: whom one can find, and how much of them."""

import unicodedata
from collections.abc import Awaitable, Callable

from chat.names import name_key
from chat.person import Person, known, stranger
from chat.refusals import invalid
from latchstring import Account, Engine, Row, Statement

SEARCH_LENGTH = 254
"""Characters: those of the longest e-mail address."""

FindAccount = Callable[[str], Awaitable[Account | None]]


_SEARCH = r"""
SELECT p.user_id, a.email, p.display_name,
    EXISTS (
        SELECT 1 FROM members AS mine JOIN members AS theirs ON theirs.conversation_id = mine.conversation_id
        WHERE mine.user_id = :asker AND theirs.user_id = p.user_id
    )
FROM profiles AS p JOIN latchstring_accounts AS a ON a.id = p.user_id
WHERE p.user_id > :after AND p.user_id <> :asker
    AND (p.name_key LIKE :pattern ESCAPE '\' OR p.user_id = :found)
ORDER BY p.user_id
LIMIT :size"""


class People:
    """`find` gives the account of a whole e-mail address, however it is spelled."""

    def __init__(self, engine: Engine, find: FindAccount) -> None:
        self._engine = engine
        self._find = find

    async def search(self, asker: str, text: str, after: str | None, size: int) -> list[Person]:
        """Those with `text` in their name, or with just that e-mail address; by id, from the one behind `after`.

        Never the asker. The e-mail of whoever shares no conversation with them is masked. Raises InvalidRequest.
        """
        text = check_search(text)
        account = await self._find(text)
        rows = await self._engine.read(
            Statement(
                _SEARCH,
                {
                    "asker": asker,
                    "pattern": f"%{_escaped(name_key(text))}%",
                    "found": None if account is None else account.id,
                    "after": after or "",
                    "size": size,
                },
            )
        )
        return [_found(row) for row in rows]


def check_search(text: str) -> str:
    """Without white space around it; everybody is found by nothing. Raises InvalidRequest."""
    if len(text) > SEARCH_LENGTH or any(unicodedata.category(each) in ("Cc", "Cs") for each in text):
        raise invalid("search", f"A search has at most {SEARCH_LENGTH} characters, and no control characters.")
    return text.strip()


def _escaped(text: str) -> str:
    return "".join(f"\\{character}" if character in "\\%_" else character for character in text)


def _found(row: Row) -> Person:
    *whom, is_shared = row
    return known(*whom) if is_shared else stranger(*whom)
