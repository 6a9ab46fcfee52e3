"""Sessions and the revocation feed in SQL that SQLite and PostgreSQL both know."""

# ruff: noqa: S608 - what is put together here are the words of this file, never a value
from collections.abc import Callable, Sequence
from dataclasses import fields
from pathlib import Path

from latchstring.core.rotation import AfterPresentation, Presentation
from latchstring.core.session import Ending, Session
from latchstring.errors import EndReason
from latchstring.ports import Engine, Row, Statement, Value
from latchstring.stores.rotation_sql import CONFIRM, LIVES, PRESENT
from latchstring.stores.wake_up import WakeUp

Params = dict[str, Value]

_COLUMNS = tuple(field.name for field in fields(Session))

_INSERT = f"""
INSERT INTO latchstring_sessions ({", ".join(_COLUMNS)}) VALUES ({", ".join(":" + name for name in _COLUMNS)})"""

_SELECT = f"SELECT {', '.join(_COLUMNS)} FROM latchstring_sessions"
_ONE = f"{_SELECT} WHERE id = :id"
_OF_SUBJECT = f"{_SELECT} WHERE subject = :subject AND {LIVES} ORDER BY last_seen_at DESC, id"

_END = f"UPDATE latchstring_sessions SET revoked_at = :now, revoke_reason = :reason WHERE {LIVES}"
_END_ONE = f"{_END} AND id = :session_id AND subject = COALESCE(:subject, subject) RETURNING id"
_END_ALL = f"{_END} AND subject = :subject AND id <> COALESCE(:but, '') RETURNING id"

_OVER = "(revoked_at < :before OR idle_until < :before OR expires_at < :before)"
_OVER_IDS = f"SELECT id FROM latchstring_sessions WHERE id > :after AND {_OVER} ORDER BY id LIMIT 500"
_FORGET = f"DELETE FROM latchstring_sessions WHERE id = :id AND {_OVER} RETURNING id"
_FORGET_ENDINGS = "DELETE FROM latchstring_endings WHERE ended_at < :before"

_POSITION = "SELECT COALESCE(MAX(position), 0) FROM latchstring_endings"
_ENDINGS = """
SELECT position, session_id, subject, reason, ended_at FROM latchstring_endings
WHERE position > :position ORDER BY position LIMIT :limit"""


class SQLSessionStore:
    """Implements the ports SessionStore and Feed on any engine. Its tables are those of `migrations`."""

    component = "sessions"
    migrations = Path(__file__).parent / "migrations" / "sessions"

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._wake_up = WakeUp()
        self._when_ended: list[Callable[[], None]] = []

    def when_ended(self, tell: Callable[[], None]) -> None:
        """`tell` is called for each write of this store that ended a session: others may have to be woken, too."""
        self._when_ended.append(tell)

    def wake_up(self) -> None:
        """There may be endings that others wrote: whoever follows the feed here looks at once."""
        self._wake_up.ring()

    async def insert_session(
        self, session: Session, *, ends: str | None = None, also: Sequence[Statement] = ()
    ) -> None:
        statements = [Statement(_INSERT, {name: getattr(session, name) for name in _COLUMNS}), *also]
        if ends is not None:
            statements.append(_end_one(ends, "signed_out", session.inserted_at, None))
        results = await self._engine.write(*statements)
        if ends is not None and results[-1]:
            self._ended()

    async def session(self, session_id: str) -> Session | None:
        rows = await self._engine.read(Statement(_ONE, {"id": session_id}))
        return _session(rows[0]) if rows else None

    async def present(self, presentation: Presentation) -> AfterPresentation | None:
        shown = presentation
        params: Params = {
            "session_id": shown.session_id,
            "generation": shown.generation,
            "digest": shown.digest,
            "fresh_digest": shown.fresh_digest,
            "fresh_sealed": shown.fresh_sealed,
            "address": shown.address,
            "now": shown.now,
            "window": shown.window,
            "straggler": shown.straggler,
            "idle": shown.idle,
            "unremembered_idle": shown.unremembered_idle,
            "strict": int(shown.rotation == "strict"),
            "condemned_limit": shown.condemned_limit,
        }
        [rows] = await self._engine.write(Statement(PRESENT, params, key=shown.session_id))
        if not rows:
            return None
        after = _after(rows[0])
        if after.revoked_at is not None:
            self._ended()
        return after

    async def confirm(self, session_id: str, generation: int, now: int, condemned_limit: int = 4096) -> bool:
        params: Params = {
            "session_id": session_id,
            "generation": generation,
            "now": now,
            "condemned_limit": condemned_limit,
        }
        [rows] = await self._engine.write(Statement(CONFIRM, params, key=session_id))
        return bool(rows)

    async def end_session(self, session_id: str, reason: EndReason, now: int, *, subject: str | None = None) -> bool:
        [rows] = await self._engine.write(_end_one(session_id, reason, now, subject))
        if rows:
            self._ended()
        return bool(rows)

    async def end_sessions(
        self,
        subject: str,
        reason: EndReason,
        now: int,
        *,
        but: str | None = None,
        also: Sequence[Statement] = (),
    ) -> list[str]:
        params: Params = {"subject": subject, "reason": reason, "now": now, "but": but}
        *_, rows = await self._engine.write(*also, Statement(_END_ALL, params))
        if rows:
            self._ended()
        return [session_id for (session_id,) in rows]

    async def sessions_of(self, subject: str, now: int) -> list[Session]:
        rows = await self._engine.read(Statement(_OF_SUBJECT, {"subject": subject, "now": now}))
        return [_session(row) for row in rows]

    async def forget_ended(self, before: int) -> int:
        """Looks with a reader and deletes in small writes, so that no refresh waits for a long one."""
        after, forgotten = "", 0
        while ids := await self._engine.read(Statement(_OVER_IDS, {"after": after, "before": before})):
            deletes = [Statement(_FORGET, {"id": session_id, "before": before}) for (session_id,) in ids]
            forgotten += sum(map(len, await self._engine.write(*deletes)))
            after = ids[-1][0]
        await self._engine.write(Statement(_FORGET_ENDINGS, {"before": before}))
        return forgotten

    async def feed_position(self) -> int:
        self._wake_up.about_to_read()
        [(position,)] = await self._engine.read(Statement(_POSITION))
        return int(position)

    async def feed_after(self, position: int, limit: int = 1000) -> list[Ending]:
        self._wake_up.about_to_read()
        rows = await self._engine.read(Statement(_ENDINGS, {"position": position, "limit": limit}))
        return [Ending(*row) for row in rows]

    async def feed_changed(self) -> None:
        """Endings written through this store, and those it was woken for. Others are found by polling."""
        await self._wake_up.wait()

    def _ended(self) -> None:
        self._wake_up.ring()
        for tell in self._when_ended:
            tell()


def _end_one(session_id: str, reason: EndReason, now: int, subject: str | None) -> Statement:
    params: Params = {"session_id": session_id, "reason": reason, "now": now, "subject": subject}
    return Statement(_END_ONE, params, key=session_id)


def _session(row: Row) -> Session:
    values = dict(zip(_COLUMNS, row, strict=True))
    flags = {name: bool(values[name]) for name in ("remembered", "contested")}
    return Session(**{**values, **flags})


def _after(row: Row) -> AfterPresentation:
    subject, remembered, base_gen, head_gen, head_hash, sealed, idle_until, expires_at, revoked_at, reason = row
    return AfterPresentation(
        subject=subject,
        remembered=bool(remembered),
        base_gen=base_gen,
        head_gen=head_gen,
        head_hash=head_hash,
        sealed=sealed,
        idle_until=idle_until,
        expires_at=expires_at,
        revoked_at=revoked_at,
        revoke_reason=reason,
    )
