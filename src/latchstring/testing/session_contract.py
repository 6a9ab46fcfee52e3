"""What every session store has to do. Inherit it, and give it a `store`; needs pytest and anyio.

class TestMyStore(SessionStoreContract):
    @pytest.fixture
    async def store(self): ...
"""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from latchstring.core.rotation import RotationPath
from latchstring.errors import Conflict
from latchstring.ports import SessionStore
from latchstring.testing.desk import Desk
from latchstring.testing.rotation_contract import NOW, SECOND, RotationContract


class SessionStoreContract(RotationContract):
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
        assert await self.end_of_row(store, old) == (NOW + SECOND, "signed_out")
        assert await store.session(session.id) == session

    async def test_a_sign_in_leaves_a_session_that_has_ended_as_it_is(self, store: SessionStore, desk: Desk) -> None:
        old = await desk.sign_in(NOW)
        await store.end_session(old.session_id, "password_changed", NOW + 1)
        session, _ = desk.new_session(NOW + SECOND)
        await store.insert_session(session, ends=old.session_id)
        assert await self.end_of_row(store, old) == (NOW + 1, "password_changed")

    async def test_a_sign_in_may_replace_a_session_that_is_not_there(self, store: SessionStore, desk: Desk) -> None:
        session, _ = desk.new_session(NOW)
        await store.insert_session(session, ends="nobody's")
        assert await store.session(session.id) == session

    # It ends.

    async def test_a_session_ends_once_and_keeps_its_first_reason(self, store: SessionStore, desk: Desk) -> None:
        token = await desk.sign_in(NOW)
        assert await store.end_session(token.session_id, "signed_out", NOW + 1) is True
        assert await store.end_session(token.session_id, "password_changed", NOW + 2) is False
        assert await self.end_of_row(store, token) == (NOW + 1, "signed_out")

    async def test_nobody_ends_the_session_of_another(self, store: SessionStore, desk: Desk) -> None:
        token = await desk.sign_in(NOW, subject="anna")
        assert await store.end_session(token.session_id, "signed_out", NOW, subject="bert") is False
        assert await self.end_of_row(store, token) == (None, None)
        assert await store.end_session(token.session_id, "signed_out", NOW, subject="anna") is True

    async def test_there_is_no_end_to_what_does_not_live(self, store: SessionStore, desk: Desk) -> None:
        idle = await desk.sign_in(NOW, idle_until=NOW + 1)
        expired = await desk.sign_in(NOW, expires_at=NOW + 1)
        for session_id in (idle.session_id, expired.session_id, "nobody's"):
            assert await store.end_session(session_id, "signed_out", NOW + 1) is False
        assert await self.end_of_row(store, idle) == (None, None)

    async def test_all_sessions_of_a_subject_end_but_one(self, store: SessionStore, desk: Desk) -> None:
        mine = [await desk.sign_in(NOW, subject="anna") for _ in range(4)]
        lapsed = await desk.sign_in(NOW, subject="anna", idle_until=NOW + 1)
        other = await desk.sign_in(NOW, subject="bert")
        await store.end_session(mine[3].session_id, "signed_out", NOW + 1)
        ended = await store.end_sessions("anna", "signed_out_elsewhere", NOW + 2, but=mine[0].session_id)
        assert sorted(ended) == sorted(token.session_id for token in mine[1:3])
        ends = [(await self.end_of_row(store, token))[1] for token in (*mine, lapsed, other)]
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
            assert await self.end_of_row(store, token) == (NOW, "signed_out")
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
