"""What every session store has to do. Inherit it, and give it a `store`; needs pytest and anyio.

class TestMyStore(SessionStoreContract):
    @pytest.fixture
    async def store(self): ...
"""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from latchstring.core.rotation import RotationPath, apply_rotation, confirmed
from latchstring.core.session import Session
from latchstring.errors import Conflict
from latchstring.ports import SessionStore
from latchstring.testing.desk import Answer, Desk, HeldToken
from latchstring.testing.entropy import SeededEntropy

NOW = 1_800_000_000_000
SECOND, HOUR = 1000, 3_600_000


class SessionStoreContract:
    pytestmark = pytest.mark.anyio

    @pytest.fixture
    def anyio_backend(self) -> str:
        return "asyncio"

    @pytest.fixture
    def store(self) -> SessionStore:
        raise NotImplementedError("give the suite an empty store")

    @pytest.fixture
    def desk(self, store: SessionStore) -> Desk:
        return Desk(store=store, entropy=SeededEntropy(1))

    # A session begins.

    @pytest.mark.parametrize(
        "changes",
        [
            {},
            {"remembered": False, "expires_at": None},
            {"base_gen": 7, "head_gen": 9, "prev_gen": 3, "sealed": bytes(48), "condemned": f"{10**12}{10**12 + 3}"},
            {"revoked_at": NOW, "revoke_reason": "signed_out"},
            {"device": "Ünïcødé 🦊", "subject": "\u202e'; DROP TABLE latchstring_sessions; --"},
        ],
    )
    async def test_a_session_reads_back_as_it_was_written(
        self, store: SessionStore, desk: Desk, changes: dict[str, Any]
    ) -> None:
        session, token = desk.new_session(NOW, **changes)
        await store.insert_session(session)
        assert await store.session(token.session_id) == session

    async def test_a_session_that_is_not_there_is_none(self, store: SessionStore) -> None:
        assert await store.session("nobody's") is None

    async def test_a_session_id_is_taken_once(self, store: SessionStore, desk: Desk) -> None:
        session, _ = desk.new_session(NOW)
        await store.insert_session(session)
        with pytest.raises(Conflict):
            await store.insert_session(replace(session, subject="somebody else"))
        assert await store.session(session.id) == session

    async def test_a_sign_in_ends_the_session_that_it_replaces(self, store: SessionStore, desk: Desk) -> None:
        old = await desk.sign_in(NOW)
        session, _ = desk.new_session(NOW + SECOND)
        await store.insert_session(session, ends=old.session_id)
        assert await self._end(store, old) == (NOW + SECOND, "signed_out")
        assert await store.session(session.id) == session

    async def test_a_sign_in_leaves_a_session_that_has_ended_as_it_is(self, store: SessionStore, desk: Desk) -> None:
        old = await desk.sign_in(NOW)
        await store.end_session(old.session_id, "password_changed", NOW + 1)
        session, _ = desk.new_session(NOW + SECOND)
        await store.insert_session(session, ends=old.session_id)
        assert await self._end(store, old) == (NOW + 1, "password_changed")

    async def test_a_sign_in_may_replace_a_session_that_is_not_there(self, store: SessionStore, desk: Desk) -> None:
        session, _ = desk.new_session(NOW)
        await store.insert_session(session, ends="nobody's")
        assert await store.session(session.id) == session

    # Its refresh token is presented.

    async def test_the_first_use_always_rotates(self, desk: Desk) -> None:
        token = await desk.sign_in(NOW)
        answer = await desk.present(token, NOW)
        assert (answer.path, self._generation(answer)) == (RotationPath.ROTATE, 1)

    async def test_a_repeat_within_the_window_gets_the_same_successor(self, desk: Desk) -> None:
        token = await desk.sign_in(NOW)
        first = await desk.present(token, NOW)
        repeat = await desk.present(token, NOW + 10 * SECOND)
        assert (repeat.path, repeat.token) == (RotationPath.REPEAT, first.token)

    async def test_a_lost_answer_is_made_good_hours_later_with_a_fresh_successor(self, desk: Desk) -> None:
        token = await desk.sign_in(NOW)
        lost = await desk.present(token, NOW)
        answer = await desk.present(token, NOW + 7 * HOUR)
        assert (answer.path, self._generation(answer)) == (RotationPath.RECOVER, 2)
        assert answer.token != lost.token

    async def test_the_newest_token_within_the_window_is_answered_with_itself(self, desk: Desk) -> None:
        newest = (await desk.present(await desk.sign_in(NOW), NOW)).token
        assert newest is not None
        answer = await desk.present(newest, NOW + SECOND)
        assert (answer.path, answer.token) == (RotationPath.COALESCE, newest)

    async def test_a_straggler_is_told_to_retry_and_spends_nothing(self, store: SessionStore, desk: Desk) -> None:
        old, newest = await self._rotated_and_proved(desk)
        before = await store.session(old.session_id)
        assert await desk.present(old, NOW + 30 * SECOND) == Answer(RotationPath.STALE, None)
        assert await store.session(old.session_id) == before
        assert (await desk.present(newest, NOW + 31 * SECOND)).path is RotationPath.ROTATE

    async def test_a_replay_ends_the_session(self, store: SessionStore, desk: Desk) -> None:
        old, newest = await self._rotated_and_proved(desk)
        assert await desk.present(old, NOW + HOUR) == Answer(RotationPath.REPLAY, None)
        assert await self._end(store, old) == (NOW + HOUR, "replayed")
        assert await desk.present(newest, NOW + HOUR + 1) == Answer(RotationPath.UNKNOWN, None)
        assert await self._end(store, old) == (NOW + HOUR, "replayed")

    async def test_strict_rotation_takes_a_repeat_for_a_replay(self, desk: Desk) -> None:
        strict = replace(desk, rotation="strict")
        token = await strict.sign_in(NOW)
        await strict.present(token, NOW)
        assert await strict.present(token, NOW) == Answer(RotationPath.REPLAY, None)

    async def test_a_wrong_secret_a_generation_from_the_future_and_an_unknown_session_change_nothing(
        self, store: SessionStore, desk: Desk
    ) -> None:
        token = await desk.sign_in(NOW)
        before = await store.session(token.session_id)
        for wrong in (
            replace(token, secret=bytes(32)),
            replace(token, generation=1),
            replace(token, session_id="nobody's"),
        ):
            assert await desk.present(wrong, NOW + SECOND) == Answer(RotationPath.UNKNOWN, None)
        assert await store.session(token.session_id) == before

    @pytest.mark.parametrize("end", ["idle_until", "expires_at"])
    async def test_a_session_that_lapsed_answers_nobody(self, store: SessionStore, desk: Desk, end: str) -> None:
        token = await desk.sign_in(NOW, **{end: NOW + SECOND})
        before = await store.session(token.session_id)
        assert (await desk.present(token, NOW + SECOND)).path is RotationPath.UNKNOWN
        assert await store.session(token.session_id) == before
        assert (await desk.present(token, NOW + SECOND - 1)).path is RotationPath.ROTATE

    async def test_every_row_after_a_presentation_is_the_one_that_the_specification_says(
        self, store: SessionStore, desk: Desk
    ) -> None:
        token = await desk.sign_in(NOW, remembered=False)
        held, now = [token], NOW
        for pick, pause in ((0, 1), (0, 9), (-1, 1), (-1, 11), (-2, 11), (-2, 11), (-1, 11), (-1, 1), (0, 60)):
            now += pause * SECOND
            before = await store.session(token.session_id)
            assert before is not None
            fresh = desk.entropy(32)
            shown = desk.presentation(held[pick], now, fresh, address=f"192.0.2.{len(held)}")
            after = await store.present(shown)
            assert await store.session(token.session_id) == apply_rotation(before, shown)
            if after is not None and after.head_gen > before.head_gen:
                held.append(HeldToken(token.session_id, after.head_gen, fresh))

    async def test_of_fifty_presenters_at_once_one_rotates_and_all_get_the_same_token(self, desk: Desk) -> None:
        token = await desk.sign_in(NOW)
        answers = await asyncio.gather(*(desk.present(token, NOW + SECOND) for _ in range(50)))
        paths = [answer.path for answer in answers]
        assert (paths.count(RotationPath.ROTATE), paths.count(RotationPath.REPEAT)) == (1, 49)
        assert len({answer.token for answer in answers}) == 1

    # The successor's receipt is proved.

    async def test_the_first_use_of_a_pending_head_proves_it_once(self, store: SessionStore, desk: Desk) -> None:
        token = await desk.sign_in(NOW)
        newest = (await desk.present(token, NOW)).token
        before = await store.session(token.session_id)
        assert newest is not None
        assert before is not None
        assert await desk.use(newest, NOW + SECOND) is True
        assert await store.session(token.session_id) == confirmed(before, NOW + SECOND)
        assert await desk.use(newest, NOW + 2 * SECOND) is False

    async def test_what_was_given_up_is_noted_by_the_proof(self, store: SessionStore, desk: Desk) -> None:
        token = await desk.sign_in(NOW)
        for hours in (0, 1, 2):
            newest = (await desk.present(token, NOW + hours * HOUR)).token
        before = await store.session(token.session_id)
        assert newest is not None
        assert before is not None
        await desk.use(newest, NOW + 3 * HOUR)
        after = await store.session(token.session_id)
        assert after == confirmed(before, NOW + 3 * HOUR)
        assert after.condemned == f"{10**12}{10**12 + 3}"

    async def test_nothing_else_proves_anything(self, store: SessionStore, desk: Desk) -> None:
        token = await desk.sign_in(NOW)
        assert await desk.use(token, NOW) is False
        await desk.present(token, NOW)
        before = await store.session(token.session_id)
        for generation in (0, 2):
            assert await store.confirm(token.session_id, generation, NOW) is False
        assert await store.confirm("nobody's", 1, NOW) is False
        assert await store.session(token.session_id) == before

    async def test_an_ended_session_takes_no_proof(self, store: SessionStore, desk: Desk) -> None:
        token = await desk.sign_in(NOW)
        newest = (await desk.present(token, NOW)).token
        await store.end_session(token.session_id, "signed_out", NOW)
        assert newest is not None
        assert await desk.use(newest, NOW) is False

    # It ends.

    async def test_a_session_ends_once_and_keeps_its_first_reason(self, store: SessionStore, desk: Desk) -> None:
        token = await desk.sign_in(NOW)
        assert await store.end_session(token.session_id, "signed_out", NOW + 1) is True
        assert await store.end_session(token.session_id, "password_changed", NOW + 2) is False
        assert await self._end(store, token) == (NOW + 1, "signed_out")

    async def test_nobody_ends_the_session_of_another(self, store: SessionStore, desk: Desk) -> None:
        token = await desk.sign_in(NOW, subject="anna")
        assert await store.end_session(token.session_id, "signed_out", NOW, subject="bert") is False
        assert await self._end(store, token) == (None, None)
        assert await store.end_session(token.session_id, "signed_out", NOW, subject="anna") is True

    async def test_there_is_no_end_to_what_does_not_live(self, store: SessionStore, desk: Desk) -> None:
        idle = await desk.sign_in(NOW, idle_until=NOW + 1)
        expired = await desk.sign_in(NOW, expires_at=NOW + 1)
        for session_id in (idle.session_id, expired.session_id, "nobody's"):
            assert await store.end_session(session_id, "signed_out", NOW + 1) is False
        assert await self._end(store, idle) == (None, None)

    async def test_all_sessions_of_a_subject_end_but_one(self, store: SessionStore, desk: Desk) -> None:
        mine = [await desk.sign_in(NOW, subject="anna") for _ in range(4)]
        lapsed = await desk.sign_in(NOW, subject="anna", idle_until=NOW + 1)
        other = await desk.sign_in(NOW, subject="bert")
        await store.end_session(mine[3].session_id, "signed_out", NOW + 1)
        ended = await store.end_sessions("anna", "signed_out_elsewhere", NOW + 2, but=mine[0].session_id)
        assert sorted(ended) == sorted(token.session_id for token in mine[1:3])
        ends = [(await self._end(store, token))[1] for token in (*mine, lapsed, other)]
        assert ends == [None, "signed_out_elsewhere", "signed_out_elsewhere", "signed_out", None, None]
        assert await store.end_sessions("anna", "account_closed", NOW + 3) == [mine[0].session_id]
        assert await store.end_sessions("anna", "account_closed", NOW + 4) == []

    async def test_signing_out_and_refreshing_at_once_leaves_nobody_signed_in(
        self, store: SessionStore, desk: Desk
    ) -> None:
        for _ in range(20):
            token = await desk.sign_in(NOW)
            answer, ended = await asyncio.gather(
                desk.present(token, NOW), store.end_session(token.session_id, "signed_out", NOW)
            )
            assert ended is True
            assert answer.path in (RotationPath.ROTATE, RotationPath.UNKNOWN)
            assert await self._end(store, token) == (NOW, "signed_out")
            assert (await desk.present(answer.token or token, NOW + 1)).path is RotationPath.UNKNOWN

    # It is listed, and at last forgotten.

    async def test_the_list_holds_the_subjects_live_sessions_the_most_recently_seen_first(
        self, store: SessionStore, desk: Desk
    ) -> None:
        tokens = [await desk.sign_in(NOW + hours, subject="anna") for hours in (3, 1, 2)]
        await desk.sign_in(NOW, subject="bert")
        await desk.sign_in(NOW, subject="anna", idle_until=NOW + 9)
        await desk.sign_in(NOW, subject="anna", expires_at=NOW + 9)
        ended = await desk.sign_in(NOW, subject="anna")
        await store.end_session(ended.session_id, "signed_out", NOW + 4)
        listed = await store.sessions_of("anna", NOW + 9)
        assert [session.id for session in listed] == [tokens[each].session_id for each in (0, 2, 1)]
        assert listed[0] == await store.session(tokens[0].session_id)
        assert await store.sessions_of("nobody", NOW) == []

    async def test_what_is_over_for_long_is_forgotten(self, store: SessionStore, desk: Desk) -> None:
        live = await desk.sign_in(NOW)
        ended, barely = await desk.sign_in(NOW), await desk.sign_in(NOW)
        await store.end_session(ended.session_id, "signed_out", NOW + 4)
        await store.end_session(barely.session_id, "signed_out", NOW + 5)
        idle = await desk.sign_in(NOW, idle_until=NOW + 4)
        expired = await desk.sign_in(NOW, expires_at=NOW + 4)
        assert await store.forget_ended(NOW + 5) == 3
        left = [await store.session(token.session_id) for token in (live, ended, barely, idle, expired)]
        assert [session is not None for session in left] == [True, False, True, False, False]
        assert await store.forget_ended(NOW + 5) == 0

    async def test_thousands_of_sessions_are_forgotten_in_one_call(self, store: SessionStore, desk: Desk) -> None:
        lapsed = [desk.new_session(NOW, idle_until=NOW + 1)[0] for _ in range(1201)]
        await asyncio.gather(*map(store.insert_session, lapsed))
        live = await desk.sign_in(NOW)
        assert await store.forget_ended(NOW + 2) == 1201
        assert await store.session(live.session_id) is not None

    @staticmethod
    async def _rotated_and_proved(desk: Desk) -> tuple[HeldToken, HeldToken]:
        old = await desk.sign_in(NOW)
        newest = (await desk.present(old, NOW)).token
        assert newest is not None
        await desk.use(newest, NOW)
        return old, newest

    @staticmethod
    async def _end(store: SessionStore, token: HeldToken) -> tuple[int | None, str | None]:
        session: Session | None = await store.session(token.session_id)
        assert session is not None
        return session.revoked_at, session.revoke_reason

    @staticmethod
    def _generation(answer: Answer) -> int:
        assert answer.token is not None
        return answer.token.generation
