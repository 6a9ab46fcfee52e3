"""Whose turn it is: whatever order things come in, they are told in that of their places, each once, or not at all."""

from collections.abc import Sequence

import hypothesis.strategies as st
import pytest
from hypothesis import given

from chat.channels.turns import BEGINNING, PATIENCE, Due, Turns, Verdict, decide_turn

HERE, THERE = "conversation:here", "conversation:there"

TABLE: list[tuple[int | None, int | None, int, bool | None, Verdict]] = [
    (None, None, 7, True, "now"),
    (None, None, 7, False, "wait"),
    (3, 7, 8, None, "now"),
    (3, 7, 9, None, "wait"),
    (3, 7, 7, None, "told"),
    (3, 7, 3, None, "told"),
    (3, 7, 2, None, "late"),
]


@pytest.mark.parametrize(("first", "last", "place", "follows", "verdict"), TABLE)
def test_a_place_is_told_now_or_waits_or_was_told_or_is_too_late(
    first: int | None, last: int | None, place: int, follows: bool | None, verdict: Verdict
) -> None:
    for each in (True, False) if follows is None else (follows,):
        assert decide_turn(first, last, place, each) == verdict


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
    told = turns.take(HERE, 0, 0) or []
    for place in [*order, *again]:
        taken = turns.take(HERE, place, place)
        assert taken is not None
        told += taken
    assert told == list(range(9))
    assert not turns.is_waiting


@given(st.permutations(range(1, 9)), st.sets(st.integers(1, 8)))
def test_what_never_comes_holds_up_the_rest_until_patience_is_at_its_end(order: Sequence[int], lost: set[int]) -> None:
    turns: Turns[int] = Turns()
    told = turns.take(HERE, 0, 0) or []
    for place in order:
        if place not in lost:
            told += turns.take(HERE, place, place) or []
    first_lost = min(lost, default=9)
    assert told == list(range(first_lost))
    behind = [place for place in range(first_lost, 9) if place not in lost]
    assert ticks(turns) == ([(HERE, behind)] if behind else [])
    assert not turns.is_waiting
    if behind:
        # Whoever listens has read it all by now: what comes late was told, and what comes next is told at once.
        assert [turns.take(HERE, place, place) for place in sorted(lost) if place < max(behind)] == [
            [] for place in lost if place < max(behind)
        ]
        assert turns.take(HERE, max(behind) + 1, 9) == [9]


def test_patience_begins_anew_with_each_thing_that_has_come_in_its_turn() -> None:
    turns: Turns[int] = Turns()
    turns.take(HERE, 1, 1)
    for place in (3, 5, 7):
        turns.take(HERE, place, place)
    for place in (2, 4, 6):
        assert ticks(turns, PATIENCE) == []
        assert turns.take(HERE, place, place) == [place, place + 1]
    assert not turns.is_waiting


def test_one_conversation_does_not_wait_for_another() -> None:
    turns: Turns[int] = Turns()
    turns.take(HERE, 1, 1)
    turns.take(HERE, 3, 3)
    assert turns.take(THERE, 9, 9) == [9]
    assert turns.take(THERE, 10, 10) == [10]
    assert ticks(turns) == [(HERE, [3])]


@given(st.permutations(range(5, 9)))
def test_where_to_begin_is_not_known_and_so_all_that_comes_in_one_tick_is_told_in_its_order(
    order: Sequence[int],
) -> None:
    turns: Turns[int] = Turns()
    # What follows another that waits does not overtake it.
    assert [turns.take(HERE, place, place, follows=number > 0) for number, place in enumerate(order)] == [[]] * 4
    assert begin(turns) == [(HERE, [5, 6, 7, 8], False)]
    assert not turns.is_waiting
    assert turns.take(HERE, 9, 9, follows=False) == [9]
    assert turns.take(HERE, 4, 4) is None


def test_where_something_is_missing_at_the_beginning_the_rest_waits_for_it_as_always() -> None:
    turns: Turns[int] = Turns()
    for place in (7, 5):
        turns.take(HERE, place, place, follows=False)
    assert begin(turns) == [(HERE, [5], False)]
    assert ticks(turns, PATIENCE) == []
    assert ticks(turns, 1) == [(HERE, [7])]


def test_what_comes_before_the_beginning_is_too_late_once_and_then_has_been_told() -> None:
    turns: Turns[int] = Turns()
    assert turns.take(HERE, 7, 7) == [7]
    assert turns.take(HERE, 6, 6) is None
    assert turns.take(HERE, 6, 6) == []
    assert turns.take(HERE, 8, 8) == [8]


def test_what_was_forgotten_begins_anew() -> None:
    turns: Turns[int] = Turns()
    turns.take(HERE, 1, 1)
    turns.take(HERE, 3, 3)
    turns.forget()
    assert not turns.is_waiting
    assert not turns.knows(HERE)
    assert turns.take(HERE, 9, 9) == [9]


def test_what_was_told_last_is_remembered_of_so_many_conversations_and_never_of_more_than_twice_as_many() -> None:
    turns: Turns[int] = Turns(kept=10)
    for number in range(100):
        turns.take(f"conversation:{number}", 5, 5)
        turns.take(HERE, number, number)
        assert len(turns._told) + len(turns._told_before) <= 20
    assert all(turns.knows(f"conversation:{number}") for number in range(91, 100))
    assert not turns.knows("conversation:1")
    # What is in use is not forgotten, however long ago it began.
    assert turns.take(HERE, 101, 101) == []
    assert turns.is_waiting
