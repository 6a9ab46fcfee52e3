"""What is to go out, and what went out and has not come back yet.

Pure bookkeeping. What was published comes back by the bus; by that alone it is known to have its place in the order,
since an answer can be lost. What had not come back when the line was lost is sent again by the next one, if it can be
told late: whoever has had it knows it by its turn. What is of the moment is not.

While the line is lost, what waits is bounded: there is one letter of each person whose profile changed, and of what has
a turn, which is what had been pushed by then, the turns alone where there is no more room.
"""

import itertools
from typing import NamedTuple

from chat.bus.wire import Beat, write_telling, write_word
from chat.channels.fan_out import Telling
from chat.channels.words import ProfileChanged, Word

PARCEL_BYTES = 512 * 1024
"""Where there is more, the rest goes with the next."""


class Letter(NamedTuple):
    what: Telling | Word | Beat
    data: bytes
    however_late: bool


class Outgoing:
    def __init__(self) -> None:
        self._waiting: dict[str | int, Letter] = {}
        """In their order, by number; by whom it is of where one takes the place of another."""
        self._numbers = itertools.count()
        self._on_their_way: dict[int, list[Letter]] = {}
        self._parcels = 0
        self.size = 0
        """Bytes of all that has not come back."""

    def put_telling(self, telling: Telling, *, is_brief: bool = False) -> None:
        """`is_brief`: there is no room for what it says."""
        told = telling.in_brief() if is_brief else telling
        self._put(Letter(told, write_telling(told), told.turn is not None))

    def put_word(self, word: Word | Beat, *, however_late: bool = False) -> None:
        self._put(Letter(word, write_word(word), however_late))

    def _put(self, letter: Letter) -> None:
        key: str | int = next(self._numbers)
        if isinstance(letter.what, ProfileChanged):
            # Whoever hears of it reads what it is by then: one that has not gone out tells of those that follow, too.
            key = letter.what.user_id
            letter = _together(self._waiting.get(key), letter.what, letter)
            self.size -= len(self._waiting[key].data) if key in self._waiting else 0
        self._waiting[key] = letter
        self.size += len(letter.data)

    @property
    def is_empty(self) -> bool:
        return not self._waiting

    @property
    def is_done(self) -> bool:
        """Everything has come back."""
        return not self._waiting and not self._on_their_way

    def take(self) -> tuple[int, list[Letter]]:
        """The next parcel and its number; there is something waiting."""
        count = size = 0
        for letter in self._waiting.values():
            size += len(letter.data)
            if count and size > PARCEL_BYTES:
                break
            count += 1
        letters = [self._waiting.pop(key) for key in list(itertools.islice(self._waiting, count))]
        self._parcels += 1
        self._on_their_way[self._parcels] = letters
        return self._parcels, letters

    def came_back(self, number: int) -> list[Letter]:
        letters = self._on_their_way.pop(number, [])
        self.size -= sum(len(letter.data) for letter in letters)
        return letters

    def lose(self) -> None:
        """The line is lost: what can be told late goes first by the next, in its order; the rest is dropped."""
        sent = [letter for letters in self._on_their_way.values() for letter in letters]
        waiting = [*sent, *self._waiting.values()]
        self._on_their_way.clear()
        self._waiting.clear()
        self.size = 0
        for letter in waiting:
            if letter.however_late:
                self._put(letter)


def _together(waiting: Letter | None, changed: ProfileChanged, letter: Letter) -> Letter:
    if waiting is None or not isinstance(waiting.what, ProfileChanged):
        return letter
    before = waiting.what
    hidden, display_name = before.hidden or changed.hidden, before.display_name or changed.display_name
    both = ProfileChanged(changed.user_id, hidden=hidden, display_name=display_name)
    return Letter(both, write_word(both), letter.however_late)
