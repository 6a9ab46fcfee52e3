"""A follower's place in the revocation feed: nothing is missed, however late it is committed."""

from collections.abc import Collection

from hypothesis import given
from hypothesis import strategies as st

from latchstring.core.feed_cursor import LOOK_BACK, PATIENCE, FeedCursor
from latchstring.core.session import Ending


def ending(position: int, life: str = "") -> Ending:
    return Ending(position, f"session {position}{life}", "anna", "signed_out", 0)


def read(cursor: FeedCursor, committed: Collection[int], now: int = 0, *, restored_to: int = 10**15) -> list[int]:
    """What one reading finds, in portions of three. What comes after `restored_to` was given a second time."""
    found, after = [], cursor.after
    while positions := [position for position in sorted(committed) if position > after][:3]:
        there = [ending(position, " again" * (position > restored_to)) for position in positions]
        found += [each.position for each in cursor.fresh(there, now)]
        after = cursor.next_after(positions[-1])
    cursor.give_up(now)
    return found


def test_an_ending_that_is_committed_after_a_later_one_is_not_missed() -> None:
    cursor = FeedCursor(0)
    assert read(cursor, {1, 3}) == [1, 3]
    assert cursor.after == 1
    assert read(cursor, {1, 2, 3}) == [2]
    assert cursor.after == 2
    assert read(cursor, {1, 2, 3}) == []


def test_a_place_that_was_rolled_back_is_waited_for_as_long_as_a_transaction_may_last() -> None:
    cursor = FeedCursor(0)
    read(cursor, {1, 3}, now=5)
    cursor.give_up(5 + PATIENCE)
    assert cursor.after == 1
    cursor.give_up(6 + PATIENCE)
    assert cursor.after == 2


def test_behind_a_gap_only_the_gaps_and_the_newest_are_read_again() -> None:
    cursor = FeedCursor(0)
    there = sorted({*range(1, 101)} - {2, 50})
    read(cursor, there)
    assert cursor.after == 1
    assert cursor.next_after(3) == 49
    assert cursor.next_after(49) == 49
    assert cursor.next_after(51) == 99
    assert cursor.next_after(100) == 100


def test_a_follower_begins_before_the_newest_for_some_of_those_may_be_committed_late() -> None:
    assert FeedCursor.behind(0).after == 0
    assert FeedCursor.behind(LOOK_BACK + 7).after == 7


def test_a_leap_of_the_numbers_is_no_endless_list_of_missing_ones() -> None:
    cursor = FeedCursor(0)
    assert read(cursor, {10**12}) == [10**12]
    assert cursor.after == 10**12 - LOOK_BACK - 1


def test_a_database_that_lost_endings_is_noticed_and_one_that_forgot_old_ones_is_not() -> None:
    cursor = FeedCursor(9)
    assert cursor.goes_back(8)
    assert not cursor.goes_back(9)
    assert not cursor.goes_back(10)
    assert not cursor.goes_back(0)


def test_a_restore_that_new_endings_have_overtaken_is_noticed_by_the_one_that_stands_in_the_newest_ones_place() -> None:
    cursor = FeedCursor(0)
    read(cursor, range(1, 101))
    assert not cursor.goes_back(105)
    found = read(cursor, range(1, 106), restored_to=90) + read(cursor, range(1, 106), restored_to=90)
    assert set(found) >= set(range(91, 106))
    assert len(found) == len(set(found))
    assert read(cursor, range(1, 107), restored_to=90) == [106]


def test_a_restore_is_noticed_where_nothing_stands_in_the_newest_ones_place() -> None:
    cursor = FeedCursor(0)
    read(cursor, range(1, 101))
    there = {*range(1, 106)} - {100}
    found = read(cursor, there, restored_to=90) + read(cursor, there, restored_to=90)
    assert set(found) >= set(range(91, 106)) - {100}
    assert read(cursor, range(1, 106), restored_to=90) == [100]


def test_a_feed_that_goes_on_as_it_was_is_read_again_at_the_newest_alone() -> None:
    cursor = FeedCursor(0)
    read(cursor, range(1, 101))
    for newest in (100, 100, 107, 107):
        read(cursor, range(1, newest + 1))
        assert cursor.after == newest - 1


@given(st.permutations(range(1, 12)), st.lists(st.integers(1, 4), min_size=1, max_size=12))
def test_whatever_the_order_of_commits_each_ending_is_found_once(order: list[int], portions: list[int]) -> None:
    cursor, committed, found = FeedCursor(0), set[int](), list[int]()
    waiting = list(order)
    for portion in [*portions, len(order)]:
        committed |= set(waiting[:portion])
        waiting = waiting[portion:]
        found += read(cursor, committed)
    assert sorted(found) == sorted(order)
