"""How every session store answers refresh tokens and proofs of receipt. `SessionStoreContract` inherits it."""

import asyncio
from dataclasses import replace

import pytest

from latchstring.core.rotation import RotationPath, apply_rotation, confirmed
from latchstring.core.session import Session
from latchstring.ports import SessionStore
from latchstring.testing.desk import Answer, Desk, HeldToken
from latchstring.testing.entropy import SeededEntropy

NOW = 1_800_000_000_000
SECOND, HOUR = 1000, 3_600_000


class RotationContract:
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
        assert await self.end_of_row(store, old) == (NOW + HOUR, "replayed")
        assert await desk.present(newest, NOW + HOUR + 1) == Answer(RotationPath.UNKNOWN, None)
        assert await self.end_of_row(store, old) == (NOW + HOUR, "replayed")

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

    @staticmethod
    async def _rotated_and_proved(desk: Desk) -> tuple[HeldToken, HeldToken]:
        old = await desk.sign_in(NOW)
        newest = (await desk.present(old, NOW)).token
        assert newest is not None
        await desk.use(newest, NOW)
        return old, newest

    @staticmethod
    async def end_of_row(store: SessionStore, token: HeldToken) -> tuple[int | None, str | None]:
        session: Session | None = await store.session(token.session_id)
        assert session is not None
        return session.revoked_at, session.revoke_reason

    @staticmethod
    def _generation(answer: Answer) -> int:
        assert answer.token is not None
        return answer.token.generation
