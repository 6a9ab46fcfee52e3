"""A refresh desk: presents tokens at a store and reads its answers as the use case does, without keys, JWTs or HTTP."""

from dataclasses import dataclass, field, replace
from typing import Any

from latchstring.core.refresh_token import digest, seal, unseal
from latchstring.core.rotation import Presentation, RotationPath, read_path
from latchstring.core.session import Session
from latchstring.ports import Entropy, SessionStore
from latchstring.settings import Rotation


@dataclass(frozen=True, slots=True)
class HeldToken:
    """What a refresh token says once its tag was found right."""

    session_id: str
    generation: int
    secret: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """The path that was taken, and the token that was handed out, if one was."""

    path: RotationPath
    token: HeldToken | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Durations are in milliseconds."""

    store: SessionStore
    entropy: Entropy
    window: int = 10_000
    straggler: int = 30_000
    idle: int = 1_209_600_000
    unremembered_idle: int = 43_200_000
    rotation: Rotation = "sealed"

    def new_session(self, now: int, **changes: Any) -> tuple[Session, HeldToken]:
        """A session as sign-in makes it, not yet stored, and its first token."""
        token = HeldToken(self.entropy(16).hex(), 0, self.entropy(32))
        session = Session(
            id=token.session_id,
            subject="somebody",
            remembered=True,
            device="Firefox on Linux",
            address="192.0.2.1",
            inserted_at=now,
            last_seen_at=now,
            base_gen=0,
            base_hash=digest(token.secret),
            head_gen=0,
            head_hash=digest(token.secret),
            confirmed_at=now,
            head_at=now,
            idle_until=now + self.idle,
            expires_at=now + 2 * self.idle,
        )
        session = replace(session, **changes)
        return session, replace(token, session_id=session.id)

    async def sign_in(self, now: int, **changes: Any) -> HeldToken:
        session, token = self.new_session(now, **changes)
        await self.store.insert_session(session)
        return token

    def presentation(self, token: HeldToken, now: int, fresh: bytes, **changes: Any) -> Presentation:
        shown = Presentation(
            session_id=token.session_id,
            generation=token.generation,
            digest=digest(token.secret),
            fresh_digest=digest(fresh),
            fresh_sealed=seal(token.secret, token.session_id, self.entropy(16), fresh),
            address="198.51.100.7",
            now=now,
            window=self.window,
            straggler=self.straggler,
            idle=self.idle,
            unremembered_idle=self.unremembered_idle,
            rotation=self.rotation,
        )
        return replace(shown, **changes) if changes else shown

    async def present(self, token: HeldToken, now: int) -> Answer:
        fresh = self.entropy(32)
        shown = self.presentation(token, now, fresh)
        after = await self.store.present(shown)
        path = read_path(shown, after)
        if path is RotationPath.COALESCE:
            return Answer(path, token)
        if after is None or path in (RotationPath.STALE, RotationPath.REPLAY):
            return Answer(path, None)
        if path is RotationPath.REPEAT:
            if after.sealed is None:
                raise AssertionError("a repeat was promised, and there is no sealed successor")
            fresh = unseal(token.secret, token.session_id, after.sealed)
        return Answer(path, HeldToken(token.session_id, after.head_gen, fresh))

    async def use(self, token: HeldToken, now: int) -> bool:
        """The first use of the auth token that came with a refresh token: proof of receipt, if that is news."""
        return await self.store.confirm(token.session_id, token.generation, now)
