"""What goes over the bus comes out as it went in, and what nobody wants is not even read."""

import msgspec
import pytest

from chat.bus.wire import Beat, Unreadable, read_letter, read_parcel, write_parcel, write_telling, write_word
from chat.channels.fan_out import Announcement, Broadcast, Expulsion, Telling, Turn
from chat.channels.presence import Present
from chat.channels.words import Alive, Asking, Changed, Everybody, Goodbye, ProfileChanged, SessionsEnded, Word

HERE = "conversation:here"
NEWS = (
    Expulsion(HERE, "carla", 7),
    Broadcast(HERE, '[null,null,"conversation:here","leave_conversation",{"user_id":"carla"}]'),
    Announcement(("user:anna", "user:berta"), "new_conversation", b'{"user_ids":["anna","berta"]}'),
)
PRESENT = Present("anna", "ref", "2026-01-01 00:00:00.000000Z", "Änne 👩🏽", hidden=False)
WORDS: list[Word | Beat] = [
    Alive(3),
    Changed(4, (PRESENT,), ("gone",)),
    Everybody(4, (PRESENT,)),
    Asking(None),
    Asking("node"),
    Goodbye(),
    ProfileChanged("anna", hidden=True, display_name=False),
    SessionsEnded(),
    Beat(9),
]


class Everything:
    def __contains__(self, topic: object) -> bool:
        return True


@pytest.mark.parametrize(
    "turn", [None, Turn(HERE, 7), Turn(HERE, 7, mark=2**32 - 1, again=1_700_000_000_000, follows=True)]
)
def test_what_is_told_comes_out_as_it_went_in(turn: Turn | None) -> None:
    telling = Telling(NEWS, turn)
    assert read_letter(msgspec.Raw(write_telling(telling)), Everything()) == telling


@pytest.mark.parametrize("word", WORDS, ids=lambda word: type(word).__name__)
def test_a_word_comes_out_as_it_went_in(word: Word | Beat) -> None:
    assert read_letter(msgspec.Raw(write_word(word)), ()) == word


def test_a_parcel_keeps_its_letters_in_order() -> None:
    letters = [write_word(Beat(1)), write_telling(Telling(NEWS)), write_word(Goodbye())]
    parcel = read_parcel(write_parcel("node", 2, 3, letters))
    assert (parcel.node, parcel.line, parcel.number) == ("node", 2, 3)
    assert [bytes(each) for each in parcel.letters] == letters


def test_of_what_is_told_only_that_is_read_whose_topic_is_wanted_and_the_turn_always() -> None:
    letter = msgspec.Raw(write_telling(Telling(NEWS, Turn(HERE, 7))))
    assert read_letter(letter, ()) == Telling((), Turn(HERE, 7))
    assert read_letter(letter, {"user:berta"}) == Telling(NEWS[2:], Turn(HERE, 7))
    assert read_letter(letter, {HERE}) == Telling(NEWS[:2], Turn(HERE, 7))


@pytest.mark.parametrize("data", [b"", b"\xc1", b"{}", b"\x94\xa1a\x01\x01\x90x", b"\x93\x01\x02\x03", b"x" * 99])
def test_what_is_no_parcel_is_said_to_be_unreadable(data: bytes) -> None:
    with pytest.raises(Unreadable):
        read_parcel(data)


@pytest.mark.parametrize(
    "data", [b"\x92\x09\x01", b"\x92\x01\x92\xa4Oops\x01", b"\x80", b"\x95\x00\xc0\x00\xc0\x91\x92\x91\xa1x\x80"]
)
def test_what_is_no_letter_is_said_to_be_unreadable(data: bytes) -> None:
    with pytest.raises(Unreadable):
        read_letter(msgspec.Raw(data), Everything())
