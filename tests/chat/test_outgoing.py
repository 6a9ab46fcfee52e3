"""What is to go out to the other nodes: in order, and again where it may be lost."""

from chat.bus.outgoing import PARCEL_BYTES, Letter, Outgoing
from chat.bus.wire import Beat
from chat.channels.fan_out import Broadcast, Telling, Turn
from chat.channels.words import Asking, ProfileChanged

HERE = "conversation:here"


def message(place: int, text: str = "") -> Telling:
    return Telling((Broadcast(HERE, text),), Turn(HERE, place))


TYPING = Telling((Broadcast(HERE, "anna types"),))


def whats(letters: list[Letter]) -> list[object]:
    return [letter.what for letter in letters]


def test_what_was_put_in_one_turn_goes_in_one_parcel_in_its_order() -> None:
    outgoing = Outgoing()
    outgoing.put_telling(message(1))
    outgoing.put_word(Beat(1))
    outgoing.put_telling(TYPING)
    assert whats(outgoing.take()[1]) == [message(1), Beat(1), TYPING]
    assert outgoing.is_empty
    assert not outgoing.is_done


def test_what_comes_back_is_done_with() -> None:
    outgoing = Outgoing()
    outgoing.put_telling(message(1))
    first, _ = outgoing.take()
    outgoing.put_telling(message(2))
    second, _ = outgoing.take()
    assert outgoing.size > 0
    assert whats(outgoing.came_back(first)) == [message(1)]
    assert outgoing.came_back(first) == []
    assert whats(outgoing.came_back(second)) == [message(2)]
    assert outgoing.is_done
    assert outgoing.size == 0


def test_what_has_not_come_back_by_one_line_goes_by_the_next_if_it_can_be_told_late() -> None:
    outgoing = Outgoing()
    for each in (message(1), TYPING, message(2)):
        outgoing.put_telling(each)
    outgoing.put_word(Beat(1))
    came_back, _ = outgoing.take()
    outgoing.put_telling(message(3))
    outgoing.put_word(ProfileChanged("anna", hidden=True, display_name=False), however_late=True)
    lost, _ = outgoing.take()
    outgoing.put_word(Asking(None))
    outgoing.put_telling(message(4))
    outgoing.came_back(came_back)
    outgoing.lose()
    _, letters = outgoing.take()
    assert whats(letters) == [message(3), ProfileChanged("anna", hidden=True, display_name=False), message(4)]
    assert outgoing.size == sum(len(letter.data) for letter in letters)
    # By the lost line it may come back yet.
    assert outgoing.came_back(lost) == []


def test_what_is_much_goes_in_several_parcels_and_what_is_large_alone() -> None:
    outgoing = Outgoing()
    for place in range(4):
        outgoing.put_telling(message(place, "x" * (PARCEL_BYTES // 2 - 200)))
    outgoing.put_telling(message(4, "x" * (2 * PARCEL_BYTES)))
    outgoing.put_telling(message(5))
    parcels = []
    while not outgoing.is_empty:
        parcels.append(
            [what.turn.place for what in whats(outgoing.take()[1]) if isinstance(what, Telling) and what.turn]
        )
    assert parcels == [[0, 1], [2, 3], [4], [5]]
