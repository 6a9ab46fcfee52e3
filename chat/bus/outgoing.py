"""What is to go out, and what went out and has not come back yet.

Pure bookkeeping. What was published comes back by the bus; by that alone it is known to have its place in the order,
since an answer can be lost. What had not come back when the line was lost is sent again by the next one, if it can be
told late: whoever has had it knows it by its turn. What is of the moment is not.
"""

from typing import NamedTuple

from chat.bus.wire import Beat, write_telling, write_word
from chat.channels.fan_out import Telling
from chat.channels.words import Word

PARCEL_BYTES = 512 * 1024
"""Where there is more, the rest goes with the next."""


class Letter(NamedTuple):
    what: Telling | Word | Beat
    data: bytes
    however_late: bool


class Outgoing:
    def __init__(self) -> None:
        self._waiting: list[Letter] = []
        self._on_their_way: dict[int, list[Letter]] = {}
        self._parcels = 0
        self.size = 0
        """Bytes of all that has not come back."""

    def put_telling(self, telling: Telling) -> None:
        self._put(Letter(telling, write_telling(telling), telling.turn is not None))

    def put_word(self, word: Word | Beat, *, however_late: bool = False) -> None:
        self._put(Letter(word, write_word(word), however_late))

    def _put(self, letter: Letter) -> None:
        self._waiting.append(letter)
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
        for letter in self._waiting:
            size += len(letter.data)
            if count and size > PARCEL_BYTES:
                break
            count += 1
        letters, self._waiting = self._waiting[:count], self._waiting[count:]
        self._parcels += 1
        self._on_their_way[self._parcels] = letters
        return self._parcels, letters

    def came_back(self, number: int) -> list[Letter]:
        letters = self._on_their_way.pop(number, [])
        self.size -= sum(len(letter.data) for letter in letters)
        return letters

    def lose(self) -> None:
        """The line is lost: what can be told late goes first by the next, in its order; the rest is dropped."""
        all_of_it = [*(letter for letters in self._on_their_way.values() for letter in letters), *self._waiting]
        self._on_their_way.clear()
        self._waiting = [letter for letter in all_of_it if letter.however_late]
        self.size = sum(len(letter.data) for letter in self._waiting)
