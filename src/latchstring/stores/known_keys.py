"""The keys that a database was used with, by fingerprints, which tell nothing of a key."""

from latchstring.core.keys import KeyRing
from latchstring.core.known_keys import KnownKey, decide_keys
from latchstring.errors import Conflict, StoreUnavailable
from latchstring.ports import Engine, Statement

_KNOWN = "SELECT fingerprint, key_id, retired_at IS NOT NULL FROM latchstring_keys"
_NOTE = """
INSERT INTO latchstring_keys (fingerprint, key_id, first_seen_at) VALUES (:fingerprint, :key_id, :now)"""
_RETIRE = """
UPDATE latchstring_keys SET retired_at = :now WHERE fingerprint = :fingerprint AND retired_at IS NULL"""
_FORGET = "DELETE FROM latchstring_keys"
_END_SOME = """
UPDATE latchstring_sessions SET revoked_at = :now, revoke_reason = 'signed_out_elsewhere'
WHERE id IN (SELECT id FROM latchstring_sessions WHERE revoked_at IS NULL LIMIT 500) RETURNING id"""

TRIES = 5
"""Nodes that start at once are told apart by the database: whoever comes second looks again."""


async def note_keys(engine: Engine, ring: KeyRing, now: int) -> None:
    """Before anything is signed. Raises ConfigurationError where the ring is another than the other nodes'."""
    for _ in range(TRIES):
        rows = await engine.read(Statement(_KNOWN))
        notes = decide_keys(ring, [KnownKey(fingerprint, key_id, bool(gone)) for fingerprint, key_id, gone in rows])
        statements = [
            *(Statement(_RETIRE, {"fingerprint": fingerprint, "now": now}) for fingerprint in notes.retired),
            *(
                Statement(_NOTE, {"fingerprint": ring.fingerprint(key_id), "key_id": key_id, "now": now})
                for key_id in notes.fresh
            ),
        ]
        try:
            if statements:
                await engine.write(*statements)
        except Conflict:
            continue
        return
    raise StoreUnavailable("other nodes note other keys, again and again")


async def end_all_and_forget_keys(engine: Engine, now: int) -> int:
    """How many sessions it ended. The keys go last: cut short, it can be done again."""
    ended = 0
    while rows := (await engine.write(Statement(_END_SOME, {"now": now})))[0]:
        ended += len(rows)
    await engine.write(Statement(_FORGET))
    return ended
