"""The rotation's truth tables, line by line."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings

from latchstring.core.condemned import NOTE_LENGTH, is_condemned
from latchstring.core.first_use import FirstUse, decide_first_use
from latchstring.core.rotation import (
    PATIENCE,
    AfterPresentation,
    Presentation,
    RotationPath,
    apply_rotation,
    confirmed,
    decide_rotation,
    read_path,
)
from latchstring.core.session import Session
from tests.rows import IDLE, NOW, UNREMEMBERED_IDLE, S, W, digest_of, encounters, row, shown

ROTATE, COALESCE, REPEAT, RECOVER = (
    RotationPath.ROTATE,
    RotationPath.COALESCE,
    RotationPath.REPEAT,
    RotationPath.RECOVER,
)
STALE, REPLAY, UNKNOWN = RotationPath.STALE, RotationPath.REPLAY, RotationPath.UNKNOWN

Changes = dict[str, Any]
OLD: Changes = {"head_at": NOW - W - 1, "handed_at": NOW - W - 1}
YOUNG: Changes = {"head_at": NOW - W, "handed_at": NOW - W}
HANDED_AGAIN: Changes = {"head_at": NOW - W - 1, "handed_at": NOW - W}
RECENT: Changes = {"confirmed_at": NOW - S}
LONG_AGO: Changes = {"confirmed_at": NOW - S - 1}
PROVED, PENDING, TWICE_GIVEN_UP = row(5), row(5, 6), row(5, 8)


@pytest.mark.parametrize(
    ("session", "changes", "generation", "path"),
    [
        pytest.param(PROVED, OLD, 5, ROTATE, id="1: the head, proved, older than W"),
        pytest.param(PENDING, OLD, 6, ROTATE, id="1: the head, pending, older than W"),
        pytest.param(row(0), {"head_at": NOW}, 0, ROTATE, id="1: the first use, at once: a sign-in's window is closed"),
        pytest.param(PROVED, YOUNG, 5, COALESCE, id="2: the head, proved, no older than W"),
        pytest.param(PENDING, YOUNG, 6, COALESCE, id="2: the head, pending, no older than W"),
        pytest.param(PENDING, YOUNG, 5, REPEAT, id="3: the base, its successor no older than W"),
        pytest.param(TWICE_GIVEN_UP, YOUNG, 5, REPEAT, id="3: the base, after a recovery no older than W"),
        pytest.param(PENDING, OLD, 5, RECOVER, id="4: the base, its successor older than W"),
        pytest.param(TWICE_GIVEN_UP, OLD, 5, RECOVER, id="4: the base, again"),
        pytest.param(row(0, 1), OLD, 0, RECOVER, id="4: the first answer was lost"),
        pytest.param(PENDING, HANDED_AGAIN, 5, REPEAT, id="3: the base, its successor handed out again within W"),
        pytest.param(PENDING, HANDED_AGAIN, 6, ROTATE, id="1: the head is rotated however lately it was handed out"),
        pytest.param(PROVED, RECENT, 4, STALE, id="5: prev, within S"),
        pytest.param(PENDING, RECENT, 4, STALE, id="5: prev within S, while a successor is pending"),
        pytest.param(row(5, prev=2), RECENT, 2, STALE, id="5: prev is several generations back"),
        pytest.param(
            PROVED, {"confirmed_at": NOW + 1}, 3, STALE, id="5: shown before base was proved, and late to arrive"
        ),
        pytest.param(TWICE_GIVEN_UP, {**OLD, "confirmed_at": NOW + 1}, 6, STALE, id="5: a condemned one, as late"),
        pytest.param(PROVED, {"confirmed_at": NOW}, 3, REPLAY, id="6: shown when base was proved"),
        pytest.param(PROVED, LONG_AGO, 4, REPLAY, id="6: prev, after S"),
        pytest.param(PROVED, RECENT, 3, REPLAY, id="6: older than prev, however recent"),
        pytest.param(row(5, prev=2), RECENT, 3, REPLAY, id="6: a condemned one between prev and base"),
        pytest.param(TWICE_GIVEN_UP, OLD, 6, REPLAY, id="6: a condemned one between base and head"),
        pytest.param(TWICE_GIVEN_UP, YOUNG, 7, REPLAY, id="6: a condemned one, within the window"),
        pytest.param(PENDING, OLD, 7, UNKNOWN, id="7: above the head"),
        pytest.param(row(0, prev=-1), RECENT, 1, UNKNOWN, id="7: above the head of a new session"),
    ],
)
def test_the_truth_table_of_sealed_rotation(
    session: Session, changes: Changes, generation: int, path: RotationPath
) -> None:
    assert decide_rotation(replace(session, **changes), shown(generation)) is path


@pytest.mark.parametrize(
    ("session", "changes", "generation", "path"),
    [
        pytest.param(PROVED, OLD, 5, ROTATE, id="1: the head"),
        pytest.param(PROVED, YOUNG, 5, ROTATE, id="1: the head, however young"),
        pytest.param(PENDING, YOUNG, 6, ROTATE, id="1: a pending head"),
        pytest.param(PENDING, YOUNG, 5, REPLAY, id="6: a repeat"),
        pytest.param(PENDING, OLD, 5, REPLAY, id="6: a recovery"),
        pytest.param(PROVED, RECENT, 4, REPLAY, id="6: a straggler"),
        pytest.param(PROVED, {"confirmed_at": NOW + 1}, 4, REPLAY, id="6: one that is late to arrive"),
        pytest.param(PROVED, RECENT, 6, UNKNOWN, id="7: above the head"),
    ],
)
def test_the_truth_table_of_strict_rotation(
    session: Session, changes: Changes, generation: int, path: RotationPath
) -> None:
    assert decide_rotation(replace(session, **changes), shown(generation, rotation="strict")) is path


@pytest.mark.parametrize("rotation", ["sealed", "strict"])
@pytest.mark.parametrize("generation", [5, 6])
@pytest.mark.parametrize("age", [OLD, YOUNG])
def test_a_wrong_secret_for_base_or_head_punishes_nobody(rotation: str, generation: int, age: Changes) -> None:
    presentation = shown(generation, digest=digest_of(99), rotation=rotation)
    assert decide_rotation(replace(PENDING, **age), presentation) is UNKNOWN


@pytest.mark.parametrize("generation", range(8))
@pytest.mark.parametrize(
    "over",
    [
        {"revoked_at": NOW - 1, "revoke_reason": "signed_out"},
        {"idle_until": NOW},
        {"expires_at": NOW},
    ],
)
def test_a_session_that_is_over_answers_nobody_and_is_not_ended_twice(generation: int, over: Changes) -> None:
    ended = replace(PENDING, **over)
    assert decide_rotation(ended, shown(generation)) is UNKNOWN
    assert apply_rotation(ended, shown(generation)) is ended


def test_there_is_nothing_to_present_to_where_there_is_no_session() -> None:
    assert decide_rotation(None, shown(0)) is UNKNOWN


def test_a_rotation_proves_a_pending_head_and_mints_the_next() -> None:
    after = apply_rotation(replace(PENDING, **OLD), shown(6))
    assert (after.prev_gen, after.base_gen, after.head_gen) == (5, 6, 7)
    assert (after.base_hash, after.head_hash) == (digest_of(6), shown(6).fresh_digest)
    assert (after.confirmed_at, after.head_at, after.last_seen_at) == (NOW, NOW, NOW)
    assert (after.sealed, after.address) == (shown(6).fresh_sealed, "198.51.100.7")


def test_a_rotation_of_a_proved_head_leaves_prev_as_it_was() -> None:
    after = apply_rotation(replace(PROVED, **OLD), shown(5))
    assert (after.prev_gen, after.base_gen, after.head_gen) == (4, 5, 6)
    assert after.confirmed_at == PROVED.confirmed_at


@pytest.mark.parametrize(("remembered", "idle"), [(True, IDLE), (False, UNREMEMBERED_IDLE)])
def test_a_rotation_slides_the_idle_end_by_what_the_session_was_promised(remembered: bool, idle: int) -> None:
    after = apply_rotation(replace(PROVED, **OLD, remembered=remembered), shown(5))
    assert after.idle_until == NOW + idle
    assert after.expires_at == PROVED.expires_at


def test_a_recovery_gives_the_old_head_up_and_keeps_the_base() -> None:
    after = apply_rotation(replace(PENDING, **OLD), shown(5))
    assert (after.prev_gen, after.base_gen, after.head_gen) == (4, 5, 7)
    assert after.base_hash == PENDING.base_hash
    assert (after.confirmed_at, after.condemned) == (PENDING.confirmed_at, "")
    assert [is_condemned(after, generation) for generation in range(4, 9)] == [False, False, True, False, False]


def test_a_coalesced_presentation_proves_the_head_and_mints_nothing() -> None:
    after = apply_rotation(replace(PENDING, **YOUNG), shown(6))
    assert (after.prev_gen, after.base_gen, after.head_gen, after.sealed) == (5, 6, 6, None)
    assert (after.head_at, after.confirmed_at, after.last_seen_at) == (NOW - W, NOW, NOW)
    assert (after.address, after.idle_until) == (PENDING.address, PENDING.idle_until)


def test_a_straggler_changes_nothing() -> None:
    session = replace(PROVED, **RECENT)
    assert apply_rotation(session, shown(4)) is session


def test_a_repeat_only_notes_that_the_head_was_handed_out_again() -> None:
    session = replace(PENDING, **YOUNG)
    assert apply_rotation(session, shown(5)) == replace(session, handed_at=NOW)


@pytest.mark.parametrize(("age", "prolonged"), [(PATIENCE * W, True), (PATIENCE * W + 1, False)])
def test_repeats_prolong_the_time_in_which_a_head_is_repeated_for_three_windows_at_most(
    age: int, prolonged: bool
) -> None:
    session = replace(PENDING, head_at=NOW - age, handed_at=NOW - W)
    assert (apply_rotation(session, shown(5)).handed_at == NOW) is prolonged


@pytest.mark.parametrize(
    ("changes", "generation", "contested"),
    [
        pytest.param(OLD, 6, False, id="nothing older is under way"),
        pytest.param(HANDED_AGAIN, 6, True, id="the token before it was handed out again within W"),
        pytest.param(OLD, 5, False, id="a recovery waits until nothing is under way"),
    ],
)
def test_a_head_is_contested_when_an_older_answer_may_still_arrive(
    changes: Changes, generation: int, contested: bool
) -> None:
    assert apply_rotation(replace(PENDING, **changes), shown(generation)).contested is contested


def test_the_answer_that_was_just_presented_is_no_older_answer_under_way() -> None:
    after = apply_rotation(row(0, head_at=NOW - 1, handed_at=NOW - 1), shown(0))
    assert (after.head_gen, after.contested) == (1, False)


def test_a_contested_head_is_proved_by_its_own_presentation_once_all_has_landed_and_by_nothing_else() -> None:
    contested = replace(PENDING, **YOUNG, contested=True)
    assert decide_first_use(contested, 6) is FirstUse.FINE
    coalesced = apply_rotation(contested, shown(6))
    assert (coalesced.base_gen, coalesced.head_gen, coalesced.contested) == (5, 6, True)
    rotated = apply_rotation(replace(contested, **OLD), shown(6))
    assert (rotated.prev_gen, rotated.base_gen, rotated.head_gen, rotated.contested) == (5, 6, 7, False)


def test_a_replay_ends_the_session_and_touches_nothing_else() -> None:
    session = replace(PROVED, **LONG_AGO)
    ended = replace(session, revoked_at=NOW, revoke_reason="replayed")
    assert apply_rotation(session, shown(4)) == ended


def test_proof_moves_the_base_to_the_head_once() -> None:
    after = confirmed(PENDING, NOW)
    assert (after.prev_gen, after.base_gen, after.head_gen, after.sealed) == (5, 6, 6, None)
    assert (after.base_hash, after.confirmed_at) == (PENDING.head_hash, NOW)
    assert confirmed(after, NOW + 1) is after


def test_what_was_given_up_is_noted_when_a_later_head_is_proved() -> None:
    after = confirmed(TWICE_GIVEN_UP, NOW)
    assert len(after.condemned) == NOTE_LENGTH
    assert [generation for generation in range(12) if is_condemned(after, generation)] == [6, 7]
    assert confirmed(PENDING, NOW).condemned == ""


def test_a_full_list_of_notes_drops_its_oldest() -> None:
    session = row(0)
    for _ in range(3):
        session = confirmed(replace(session, head_gen=session.base_gen + 2), NOW, condemned_limit=2 * NOTE_LENGTH)
    assert len(session.condemned) == 2 * NOTE_LENGTH
    assert [generation for generation in range(7) if is_condemned(session, generation)] == [3, 5]


@pytest.mark.parametrize(
    ("session", "generation", "use"),
    [
        pytest.param(PENDING, 6, FirstUse.CONFIRM, id="the head, pending"),
        pytest.param(TWICE_GIVEN_UP, 8, FirstUse.CONFIRM, id="the head after recoveries"),
        pytest.param(PROVED, 5, FirstUse.FINE, id="the head, proved"),
        pytest.param(replace(PENDING, contested=True), 6, FirstUse.FINE, id="the head, pending and contested"),
        pytest.param(TWICE_GIVEN_UP, 6, FirstUse.CONDEMNED, id="given up, and its successor pending"),
        pytest.param(confirmed(TWICE_GIVEN_UP, NOW), 7, FirstUse.CONDEMNED, id="given up, and its successor proved"),
        pytest.param(TWICE_GIVEN_UP, 5, FirstUse.FINE, id="the base, while its successor is pending"),
        pytest.param(confirmed(TWICE_GIVEN_UP, NOW), 5, FirstUse.FINE, id="an older tab's"),
        pytest.param(PROVED, 0, FirstUse.FINE, id="the very first"),
        pytest.param(PENDING, 7, FirstUse.IMPOSSIBLE, id="above the head"),
    ],
)
def test_the_truth_table_of_an_auth_tokens_first_use(session: Session, generation: int, use: FirstUse) -> None:
    assert decide_first_use(session, generation) is use


@settings(max_examples=300)
@given(encounters())
def test_the_path_can_be_read_from_the_row_after_it(encounter: tuple[Session, Presentation]) -> None:
    session, presentation = encounter
    path = decide_rotation(session, presentation)
    after = apply_rotation(session, presentation)
    answer = None if path is UNKNOWN else part_that_answers(after)
    assert read_path(presentation, answer) is path


@settings(max_examples=300)
@given(encounters())
def test_no_presentation_makes_an_unsound_row(encounter: tuple[Session, Presentation]) -> None:
    session, presentation = encounter
    after = apply_rotation(session, presentation)
    assert after.prev_gen < after.base_gen <= after.head_gen
    assert after.head_gen - session.head_gen in (0, 1)
    assert len(after.condemned) <= max(len(session.condemned), presentation.condemned_limit + NOTE_LENGTH)
    assert (after.sealed is None) or (after.base_gen < after.head_gen)


def part_that_answers(after: Session) -> AfterPresentation:
    return AfterPresentation(
        subject=after.subject,
        remembered=after.remembered,
        base_gen=after.base_gen,
        head_gen=after.head_gen,
        head_hash=after.head_hash,
        sealed=after.sealed,
        idle_until=after.idle_until,
        expires_at=after.expires_at,
        revoked_at=after.revoked_at,
        revoke_reason=after.revoke_reason,
    )
