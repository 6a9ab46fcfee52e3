"""Whose turn it is: whatever order things come in, they are told in that of their places, each once, or not at all."""

from collections.abc import Sequence

import hypothesis.strategies as st
import pytest
from hypothesis import given

from chat.channels.told import MARKS, mark_of
from chat.channels.turns import BEGINNING, PATIENCE, Again, Due, Turns, Verdict, decide_turn

HERE, THERE = "conversation:here", "conversation:there"

EITHER: tuple[Again, ...] = ("no", "yes", "forgotten", "read")
AGAIN = EITHER[1:]
TABLE: list[tuple[tuple[int, int] | None, int, bool | None, bool | None, tuple[Again, ...], Verdict]] = [
    # told, place, follows, is_same, again
    (None, 7, True, None, ("no", "yes"), "now"),
    (None, 7, False, None, ("no", "yes"), "wait"),
    (None, 7, None, True, EITHER, "wait"),
    (None, 7, None, None, ("forgotten",), "unsure"),
    (None, 7, None, None, ("read",), "told"),
    ((3, 7), 8, None, None, EITHER, "now"),
    ((3, 7), 9, None, None, EITHER, "wait"),
    ((3, 7), 9, None, True, EITHER, "wait"),
    ((3, 7), 9, None, False, EITHER, "rewritten"),
    ((3, 7), 7, None, True, EITHER, "told"),
    ((3, 7), 7, None, False, EITHER, "rewritten"),
    ((3, 7), 3, None, None, AGAIN, "told"),
    ((3, 7), 3, None, None, ("no",), "rewritten"),
    ((3, 7), 2, None, None, ("no", "yes", "forgotten"), "late"),
    ((3, 7), 2, None, None, ("read",), "told"),
]


@pytest.mark.parametrize(("told", "place", "follows", "is_same", "agains", "verdict"), TABLE)
def test_a_place_is_told_now_or_waits_or_was_told_or_is_too_late_or_was_given_twice(
    told: tuple[int, int] | None,
    place: int,
    follows: bool | None,
    is_same: bool | None,
    agains: tuple[Again, ...],
    verdict: Verdict,
) -> None:
    first, last = told or (None, None)
    for each in (True, False) if follows is None else (follows,):
        for again in agains:
            assert decide_turn(first, last, place, follows=each, is_same=is_same, again=again) == verdict


def take(
    turns: Turns[int],
    topic: str,
    place: int,
    what: int,
    *,
    follows: bool = True,
    is_again: bool = False,
    is_read: bool = False,
) -> list[int] | None:
    """What is told now, of something that is known again by what it is. None: it has to be read."""
    mark = mark_of(f"thing {what}")
    due = turns.take(topic, place, mark, what, follows=follows, is_again=is_again, is_read=is_read)
    assert due.topic == topic
    return None if due.is_over else due.whats


def ticks(turns: Turns[int], count: int = PATIENCE + 1) -> list[tuple[str, list[int]]]:
    """What is never told."""
    due = [each for _ in range(count) for each in turns.tick()]
    assert all(each.is_over for each in due)
    return [(each.topic, each.whats) for each in due]


def begin(turns: Turns[int]) -> list[Due[int]]:
    return [each for _ in range(BEGINNING) for each in turns.tick()]


@given(st.permutations(range(1, 9)), st.lists(st.integers(1, 8), max_size=6))
def test_in_whatever_order_and_however_often_they_come_they_are_told_in_order_and_once(
    order: Sequence[int], again: list[int]
) -> None:
    turns: Turns[int] = Turns()
    told = take(turns, HERE, 0, 0) or []
    for place in [*order, *again]:
        taken = take(turns, HERE, place, place)
        assert taken is not None
        told += taken
    assert told == list(range(9))
    assert not turns.is_waiting


@given(st.permutations(range(1, 9)), st.sets(st.integers(1, 8)))
def test_what_never_comes_holds_up_the_rest_until_patience_is_at_its_end(order: Sequence[int], lost: set[int]) -> None:
    turns: Turns[int] = Turns()
    told = take(turns, HERE, 0, 0) or []
    for place in order:
        if place not in lost:
            told += take(turns, HERE, place, place) or []
    first_lost = min(lost, default=9)
    assert told == list(range(first_lost))
    behind = [place for place in range(first_lost, 9) if place not in lost]
    assert ticks(turns) == ([(HERE, behind)] if behind else [])
    assert not turns.is_waiting
    if behind:
        # Whoever listens has read it all by now: what comes late was told, and what comes next is told at once.
        assert [take(turns, HERE, place, place) for place in sorted(lost) if place < max(behind)] == [
            [] for place in lost if place < max(behind)
        ]
        assert take(turns, HERE, max(behind) + 1, 9) == [9]


def test_patience_begins_anew_with_each_thing_that_has_come_in_its_turn() -> None:
    turns: Turns[int] = Turns()
    take(turns, HERE, 1, 1)
    for place in (3, 5, 7):
        take(turns, HERE, place, place)
    for place in (2, 4, 6):
        assert ticks(turns, PATIENCE) == []
        assert take(turns, HERE, place, place) == [place, place + 1]
    assert not turns.is_waiting


def test_one_conversation_does_not_wait_for_another() -> None:
    turns: Turns[int] = Turns()
    take(turns, HERE, 1, 1)
    take(turns, HERE, 3, 3)
    assert take(turns, THERE, 9, 9) == [9]
    assert take(turns, THERE, 10, 10) == [10]
    assert ticks(turns) == [(HERE, [3])]


@given(st.permutations(range(5, 9)))
def test_where_to_begin_is_not_known_and_so_all_that_comes_in_one_tick_is_told_in_its_order(
    order: Sequence[int],
) -> None:
    turns: Turns[int] = Turns()
    # What follows another that waits does not overtake it.
    assert [take(turns, HERE, place, place, follows=number > 0) for number, place in enumerate(order)] == [[]] * 4
    assert begin(turns) == [Due(HERE, [5, 6, 7, 8])]
    assert not turns.is_waiting
    assert take(turns, HERE, 9, 9, follows=False) == [9]
    assert take(turns, HERE, 4, 4) is None


def test_where_something_is_missing_at_the_beginning_the_rest_waits_for_it_as_always() -> None:
    turns: Turns[int] = Turns()
    for place in (7, 5):
        take(turns, HERE, place, place, follows=False)
    assert begin(turns) == [Due(HERE, [5])]
    assert ticks(turns, PATIENCE) == []
    assert ticks(turns, 1) == [(HERE, [7])]


def test_what_comes_before_the_beginning_is_too_late_once_and_then_has_been_told() -> None:
    turns: Turns[int] = Turns()
    assert take(turns, HERE, 7, 7) == [7]
    assert take(turns, HERE, 6, 6) is None
    assert take(turns, HERE, 6, 6) == []
    assert take(turns, HERE, 8, 8) == [8]


def test_what_was_forgotten_begins_anew() -> None:
    turns: Turns[int] = Turns()
    take(turns, HERE, 1, 1)
    take(turns, HERE, 3, 3)
    turns.forget()
    assert not turns.is_waiting
    assert not turns.knows(HERE)
    assert take(turns, HERE, 9, 9) == [9]


def test_what_was_told_last_is_remembered_of_so_many_conversations_and_never_of_more_than_twice_as_many() -> None:
    turns: Turns[int] = Turns(kept=10)
    for number in range(100):
        take(turns, f"conversation:{number}", 5, 5)
        take(turns, HERE, number, number)
        assert len(turns._told) + len(turns._told_before) <= 20
    assert all(turns.knows(f"conversation:{number}") for number in range(91, 100))
    assert not turns.knows("conversation:1")
    # What is in use is not forgotten, however long ago it began.
    assert take(turns, HERE, 101, 101) == []
    assert turns.is_waiting


HISTORY = MARKS + 10


def told_up_to(last: int) -> Turns[int]:
    turns: Turns[int] = Turns()
    for place in range(last + 1):
        assert take(turns, HERE, place, place) == [place]
    return turns


@given(st.integers(1, HISTORY), st.integers(1, 5))
def test_where_places_are_given_again_whoever_listens_reads_once_and_then_all_is_told_as_ever(
    lost: int, count: int
) -> None:
    """However much of the history is no more, and however little comes instead."""
    turns = told_up_to(HISTORY)
    first = HISTORY + 1 - lost
    new = [take(turns, HERE, place, 1000 + place) for place in range(first, first + count)]
    assert new == [None, *([1000 + place] for place in range(first + 1, first + count))]
    assert not turns.is_waiting


def test_what_comes_again_of_a_new_history_in_another_order_is_read_and_ends_nothing_twice() -> None:
    turns = told_up_to(10)
    assert take(turns, HERE, 7, 1007) is None
    assert take(turns, HERE, 6, 1006) == []
    assert take(turns, HERE, 8, 1008) == [1008]
    assert take(turns, HERE, 7, 1007) == []


def test_what_waited_in_a_history_that_is_no_more_is_not_told_in_the_new_one() -> None:
    turns = told_up_to(10)
    assert take(turns, HERE, 12, 12) == []
    due = turns.take(HERE, 6, mark_of("another"), 1006)
    assert due == Due(HERE, [1006, 12], is_over=True)
    assert not turns.is_waiting


def test_a_place_for_which_another_waits_was_given_twice_too() -> None:
    turns = told_up_to(10)
    assert take(turns, HERE, 12, 12) == []
    assert take(turns, HERE, 12, 12) == []
    assert take(turns, HERE, 12, 1012) is None
    assert take(turns, HERE, 11, 1011) == []


def test_what_is_told_again_and_too_far_back_to_be_known_was_told() -> None:
    turns = told_up_to(HISTORY)
    assert take(turns, HERE, 1, 1, is_again=True) == []
    assert take(turns, HERE, HISTORY, HISTORY) == []
    assert take(turns, HERE, 1, 1) is None


def test_what_is_told_again_is_told_where_nobody_heard_of_it_and_read_once_where_that_is_forgotten() -> None:
    turns: Turns[int] = Turns(kept=1)
    assert take(turns, HERE, 7, 7, is_again=True) == [7]
    for number in range(3):
        take(turns, f"conversation:{number}", 1, 1)
    assert not turns.knows(HERE)
    assert take(turns, HERE, 7, 7, is_again=True, is_read=True) == []
    assert take(turns, HERE, 7, 7, is_again=True) is None
    assert take(turns, HERE, 7, 7, is_again=True) == []
    turns.forget()
    assert take(turns, HERE, 7, 7, is_again=True) == [7]


def test_what_everybody_has_read_is_not_too_late_and_yet_has_its_turn() -> None:
    turns: Turns[int] = Turns()
    assert take(turns, HERE, 7, 7) == [7]
    assert take(turns, HERE, 2, 2, is_again=True, is_read=True) == []
    assert take(turns, HERE, 8, 8, is_again=True, is_read=True) == [8]
    assert take(turns, HERE, 9, 9) == [9]
    assert take(turns, HERE, 2, 2, is_again=True) is None
