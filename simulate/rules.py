"""The three rules that are compared: ours, strict single use, and the short grace window that others use."""

from typing import Literal

from latchstring.core.auth_token import AuthTokens
from latchstring.core.keys import Key, KeyRing
from latchstring.core.rotation import AfterPresentation, Presentation, RotationPath, decide_rotation
from latchstring.issuing import Issuer
from latchstring.revocations import DenySet
from latchstring.sessions import Sessions
from latchstring.settings import Settings
from latchstring.testing import MemoryStore
from simulate.server import Server
from simulate.world import World

Rule = Literal["ours", "strict", "window"]
RULES: tuple[Rule, ...] = ("ours", "strict", "window")


class WindowStore(MemoryStore):
    """A spent token is answered with its successor again for ten seconds; afterwards it is a replay.

    Said with the library's own machine: whatever ours would recover or put off counts as theft.
    """

    async def present(self, presentation: Presentation) -> AfterPresentation | None:
        session = await self.session(presentation.session_id)
        forgiven = (RotationPath.RECOVER, RotationPath.STALE)
        if session is not None and decide_rotation(session, presentation) in forgiven:
            await self.end_session(session.id, "replayed", presentation.now)
            return None
        return await super().present(presentation)


def open_server(rule: Rule, world: World, key_ring: KeyRing) -> Server:
    """A server with one empty store, on the world's clock and dice."""
    settings = Settings(rotation="strict" if rule == "strict" else "sealed", refresh_absolute_seconds=None)
    auth_tokens = AuthTokens(key_ring, settings.issuer, settings.issuer)
    deny_set = DenySet(keep_seconds=3600, silence_seconds=10, monotonic=lambda: 0)
    deny_set.heard()
    issuer = Issuer(key_ring=key_ring, auth_tokens=auth_tokens, settings=settings, entropy=world.random.randbytes)
    sessions = Sessions(
        WindowStore() if rule == "window" else MemoryStore(),
        issuer=issuer,
        auth_tokens=auth_tokens,
        key_ring=key_ring,
        deny_set=deny_set,
        settings=settings,
        clock=lambda: world.now,
        monotonic=lambda: world.now,
        entropy=world.random.randbytes,
    )
    return Server(sessions)


def simulated_key_ring() -> KeyRing:
    return KeyRing([Key(1, b"simulated simulated simulated!!!")])
