"""The words of core/rotation.py in SQL that SQLite and PostgreSQL both know. Right-hand sides see the row as it was.

No statement reads before it writes: under READ COMMITTED only the row that an UPDATE has locked is read again, so a
CTE or a self-join around it would decide on a row that has changed since.
"""

# ruff: noqa: S608 - what is put together here are the words of this file, never a value

from latchstring.core.condemned import NOTE_LENGTH
from latchstring.core.rotation import PATIENCE

LIVES = "revoked_at IS NULL AND idle_until > :now AND (expires_at IS NULL OR expires_at > :now)"

_PENDING = "base_gen < head_gen"
_NEWEST = "(:generation = head_gen OR :strict = 0 AND :generation = base_gen)"
_WINDOW_OPEN = "(:strict = 0 AND head_gen > 0 AND :now - head_at <= :window)"
_HANDED_OF_LATE = ":now - handed_at <= :window"
_REPEATS = f"(:strict = 0 AND :generation = base_gen AND {_PENDING} AND ({_WINDOW_OPEN} OR {_HANDED_OF_LATE}))"
_IMPATIENT = f":now - head_at > {PATIENCE} * :window"
_COALESCES = f"(:generation = head_gen AND {_WINDOW_OPEN})"
_MINTS = f"({_NEWEST} AND NOT {_COALESCES} AND NOT {_REPEATS})"
_PROVES = f"(:generation = head_gen AND {_PENDING} AND NOT ({_WINDOW_OPEN} AND contested = 1))"
_OVERTAKES = f"(:generation = head_gen AND handed_at > head_at AND {_HANDED_OF_LATE})"
_LATE = "(:generation = prev_gen AND :now - confirmed_at <= :straggler OR :now < confirmed_at)"
_HONEST = f"({_NEWEST} OR :strict = 0 AND {_LATE})"
_WITH_NOTE = f"""
      CASE WHEN length(condemned) >= :condemned_limit THEN substr(condemned, {NOTE_LENGTH + 1}) ELSE condemned END
      || CAST(1000000000000 + base_gen AS TEXT) || CAST(1000000000000 + head_gen AS TEXT)"""

PRESENT = f"""
UPDATE latchstring_sessions SET
  prev_gen = CASE WHEN {_PROVES} THEN base_gen ELSE prev_gen END,
  confirmed_at = CASE WHEN {_PROVES} THEN :now ELSE confirmed_at END,
  condemned = CASE WHEN {_PROVES} AND head_gen - base_gen >= 2 THEN {_WITH_NOTE} ELSE condemned END,
  base_gen = CASE WHEN {_PROVES} THEN head_gen ELSE base_gen END,
  base_hash = CASE WHEN {_PROVES} THEN head_hash ELSE base_hash END,
  head_gen = CASE WHEN {_MINTS} THEN head_gen + 1 ELSE head_gen END,
  head_hash = CASE WHEN {_MINTS} THEN :fresh_digest ELSE head_hash END,
  sealed = CASE WHEN {_MINTS} THEN :fresh_sealed WHEN {_PROVES} THEN NULL ELSE sealed END,
  head_at = CASE WHEN {_MINTS} THEN :now ELSE head_at END,
  handed_at = CASE WHEN {_NEWEST} AND NOT ({_REPEATS} AND {_IMPATIENT}) THEN :now ELSE handed_at END,
  contested = CASE WHEN {_MINTS} THEN CASE WHEN {_OVERTAKES} THEN 1 ELSE 0 END
      WHEN {_PROVES} THEN 0 ELSE contested END,
  idle_until = CASE WHEN {_MINTS}
      THEN :now + CASE WHEN remembered = 1 THEN :idle ELSE :unremembered_idle END ELSE idle_until END,
  address = CASE WHEN {_MINTS} THEN :address ELSE address END,
  last_seen_at = CASE WHEN :generation = head_gen OR {_MINTS} THEN :now ELSE last_seen_at END,
  revoked_at = CASE WHEN {_HONEST} THEN NULL ELSE :now END,
  revoke_reason = CASE WHEN {_HONEST} THEN NULL ELSE 'replayed' END
WHERE id = :session_id AND {LIVES} AND (
  :generation = head_gen AND head_hash = :digest
  OR :generation = base_gen AND base_hash = :digest
  OR :generation < head_gen AND :generation <> base_gen)
RETURNING subject, remembered, base_gen, head_gen, head_hash, sealed, idle_until, expires_at, revoked_at, revoke_reason
"""

CONFIRM = f"""
UPDATE latchstring_sessions SET
  prev_gen = base_gen,
  confirmed_at = :now,
  condemned = CASE WHEN head_gen - base_gen >= 2 THEN {_WITH_NOTE} ELSE condemned END,
  base_gen = head_gen,
  base_hash = head_hash,
  sealed = NULL
WHERE id = :session_id AND revoked_at IS NULL AND head_gen = :generation AND {_PENDING} AND contested = 0
RETURNING id
"""
