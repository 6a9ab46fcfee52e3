"""Sessions and the revocation feed in memory: the specification, run directly."""

from collections.abc import Sequence
from dataclasses import replace

from latchstring.core.rotation import (
    AfterPresentation,
    Presentation,
    RotationPath,
    apply_rotation,
    confirmed,
    decide_rotation,
)
from latchstring.core.session import Ending, Session, end_of
from latchstring.errors import Conflict, EndReason
from latchstring.ports import Statement
from latchstring.stores.wake_up import WakeUp


class MemoryStore:
    """Implements SessionStore and Feed. Statements in `also` cannot run here: they are kept in `statements`."""

    def __init__(self) -> None:
        self.sessions: dict[str, Session] = {}
        self.endings: list[Ending] = []
        self.statements: list[Statement] = []
        self._newest_position = 0
        self._wake_up = WakeUp()

    async def insert_session(
        self, session: Session, *, ends: str | None = None, also: Sequence[Statement] = ()
    ) -> None:
        if session.id in self.sessions:
            raise Conflict
        self.sessions[session.id] = session
        self.statements += also
        if ends is not None:
            self._end(ends, "signed_out", session.inserted_at)

    async def session(self, session_id: str) -> Session | None:
        return self.sessions.get(session_id)

    async def present(self, presentation: Presentation) -> AfterPresentation | None:
        before = self.sessions.get(presentation.session_id)
        if before is None:
            return None
        after = apply_rotation(before, presentation)
        if after is before and decide_rotation(before, presentation) is RotationPath.UNKNOWN:
            return None
        self.sessions[after.id] = after
        if after.revoked_at is not None:
            self._announce(after)
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

    async def confirm(self, session_id: str, generation: int, now: int, condemned_limit: int = 4096) -> bool:
        before = self.sessions.get(session_id)
        if before is None or before.revoked_at is not None or before.contested or before.head_gen != generation:
            return False
        self.sessions[session_id] = after = confirmed(before, now, condemned_limit)
        return after is not before

    async def end_session(self, session_id: str, reason: EndReason, now: int, *, subject: str | None = None) -> bool:
        session = self.sessions.get(session_id)
        if session is None or subject not in (None, session.subject):
            return False
        return self._end(session_id, reason, now)

    async def end_sessions(
        self,
        subject: str,
        reason: EndReason,
        now: int,
        *,
        but: str | None = None,
        also: Sequence[Statement] = (),
    ) -> list[str]:
        self.statements += also
        theirs = [each.id for each in self.sessions.values() if each.subject == subject and each.id != but]
        return [session_id for session_id in theirs if self._end(session_id, reason, now)]

    async def sessions_of(self, subject: str, now: int) -> list[Session]:
        live = [each for each in self.sessions.values() if each.subject == subject and end_of(each, now) is None]
        return sorted(live, key=lambda session: (-session.last_seen_at, session.id))

    async def forget_ended(self, before: int) -> int:
        kept = {each.id: each for each in self.sessions.values() if not _was_over(each, before)}
        forgotten = len(self.sessions) - len(kept)
        self.sessions = kept
        self.endings = [ending for ending in self.endings if ending.ended_at >= before]
        return forgotten

    async def feed_position(self) -> int:
        self._wake_up.about_to_read()
        return self.endings[-1].position if self.endings else 0

    async def feed_after(self, position: int, limit: int = 1000) -> list[Ending]:
        self._wake_up.about_to_read()
        return [ending for ending in self.endings if ending.position > position][:limit]

    async def feed_changed(self) -> None:
        await self._wake_up.wait()

    def _end(self, session_id: str, reason: EndReason, now: int) -> bool:
        session = self.sessions.get(session_id)
        if session is None or end_of(session, now) is not None:
            return False
        self.sessions[session_id] = ended = replace(session, revoked_at=now, revoke_reason=reason)
        self._announce(ended)
        return True

    def _announce(self, ended: Session) -> None:
        self._newest_position += 1
        reason, ended_at = ended.revoke_reason or "unknown", ended.revoked_at or 0
        self.endings.append(Ending(self._newest_position, ended.id, ended.subject, reason, ended_at))
        self._wake_up.ring()


def _was_over(session: Session, before: int) -> bool:
    ends = (session.revoked_at, session.idle_until, session.expires_at)
    return any(end is not None and end < before for end in ends)
