"""What has come by the bus reaches whom it is for, whatever else came with it."""

from collections.abc import Container

import msgspec
import pytest

from chat.bus.arrivals import Arrivals
from chat.bus.wire import Beat, read_parcel, write_parcel, write_telling, write_word
from chat.channels.fan_out import Broadcast, Listener, Telling, Turn
from chat.channels.words import Goodbye, Word

CANARY = "a canary"
HERE = "conversation:here"
OF_ANOTHER_VERSION = msgspec.msgpack.encode([1, ["Oops", 1]])


class Everything(Listener):
    """Both whom news is for and who listens to words; it fails at `fails_at`."""

    def __init__(self, fails_at: object = None) -> None:
        self.topics: Container[str] = (HERE,)
        self.heard: list[object] = []
        self._fails_at = fails_at

    def deliver(self, telling: Telling) -> None:
        self._take(telling)

    def hear(self, node: str, word: Word) -> None:
        self._take(word)

    def _take(self, what: object) -> None:
        self.heard.append(what)
        if what == self._fails_at:
            raise ValueError(CANARY)


def message(place: int) -> Telling:
    return Telling((Broadcast(HERE, "text"),), Turn(HERE, place))


def test_a_letter_that_cannot_be_read_keeps_nobody_from_the_rest_of_its_parcel_and_is_said_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    arrivals, everything = Arrivals(), Everything()
    arrivals.deliver_to(everything)
    arrivals.subscribe(everything)
    letters = [
        write_telling(message(1)),
        OF_ANOTHER_VERSION,
        write_word(Beat(1)),
        write_telling(message(2)),
        OF_ANOTHER_VERSION,
        write_word(Goodbye()),
    ]
    arrivals.take(read_parcel(write_parcel("another", 1, 1, letters)))
    assert everything.heard == [message(1), message(2), Goodbye()]
    [said] = [record.getMessage() for record in caplog.records]
    assert said.startswith("something that came by Valkey cannot be read")


def test_whoever_fails_over_one_thing_has_the_next_and_the_others_have_both(caplog: pytest.LogCaptureFixture) -> None:
    arrivals, fails, other = Arrivals(), Everything(fails_at=Goodbye()), Everything()
    arrivals.subscribe(fails)
    arrivals.subscribe(other)
    arrivals.take(read_parcel(write_parcel("another", 1, 1, [write_word(Goodbye())] * 2)))
    assert fails.heard == other.heard == [Goodbye()] * 2
    assert CANARY not in caplog.text
