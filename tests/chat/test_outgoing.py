"""What is to go out to the other nodes: in order, and again where it may be lost."""

import msgspec

from chat.bus.outgoing import PARCEL_BYTES, Letter, Outgoing
from chat.bus.wire import Beat, read_letter
from chat.channels.fan_out import Announcement, Broadcast, Expulsion, Telling, Turn
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


def changed(user_id: str, **parts: bool) -> ProfileChanged:
    return ProfileChanged(user_id, **{"hidden": False, "display_name": False, **parts})


def test_of_one_person_one_change_waits_with_all_its_parts_however_often_they_change() -> None:
    outgoing = Outgoing()
    for number in range(1000):
        for user_id in ("anna", "berta"):
            outgoing.put_word(changed(user_id, hidden=number == 7, display_name=number % 2 == 1), however_late=True)
    assert outgoing.size < 200
    lost, letters = outgoing.take()
    assert whats(letters) == [changed(each, hidden=True, display_name=True) for each in ("anna", "berta")]
    # What is on its way may have been heard already: a change behind it is another letter.
    outgoing.put_word(changed("anna", display_name=True), however_late=True)
    outgoing.put_telling(message(1))
    outgoing.lose()
    assert outgoing.came_back(lost) == []
    _, letters = outgoing.take()
    assert whats(letters) == [
        changed("anna", hidden=True, display_name=True),
        changed("berta", hidden=True, display_name=True),
        message(1),
    ]
    assert outgoing.size == sum(len(letter.data) for letter in letters)


def test_where_there_is_no_room_the_turn_is_told_and_whose_topics_end() -> None:
    out = Expulsion(HERE, "carla", 4)
    large = Telling(
        (out, Broadcast("user:anna", "x" * 9000), Announcement(("user:anna", "user:berta"), "event", b"{}"))
    )
    outgoing = Outgoing()
    outgoing.put_telling(msgspec.structs.replace(large, turn=Turn(HERE, 4, 7)), is_brief=True)
    _, [letter] = outgoing.take()
    told = Telling((out,), Turn(HERE, 4, 7), unheard=("user:anna", "user:berta"))
    assert letter.what == told
    assert len(letter.data) < 200
    assert read_letter(msgspec.Raw(letter.data), (HERE,)) == told


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
