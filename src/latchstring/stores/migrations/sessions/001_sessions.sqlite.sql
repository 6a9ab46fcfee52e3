-- One row a session, from sign-in to sign-out. Times are Unix milliseconds; hashes are SHA-256 of 256-bit secrets.
-- A refresh writes no indexed column, so it touches one page.
CREATE TABLE latchstring_sessions (
    id TEXT NOT NULL PRIMARY KEY,
    subject TEXT NOT NULL,
    remembered INTEGER NOT NULL CHECK (remembered IN (0, 1)),
    device TEXT NOT NULL,
    address TEXT NOT NULL,
    inserted_at INTEGER NOT NULL,
    last_seen_at INTEGER NOT NULL,
    base_gen INTEGER NOT NULL,
    base_hash BLOB NOT NULL,
    head_gen INTEGER NOT NULL,
    head_hash BLOB NOT NULL,
    sealed BLOB,
    prev_gen INTEGER NOT NULL,
    confirmed_at INTEGER NOT NULL,
    head_at INTEGER NOT NULL,
    handed_at INTEGER NOT NULL,
    contested INTEGER NOT NULL CHECK (contested IN (0, 1)),
    condemned TEXT NOT NULL,
    idle_until INTEGER NOT NULL,
    expires_at INTEGER,
    revoked_at INTEGER,
    revoke_reason TEXT,
    CHECK (prev_gen < base_gen AND base_gen <= head_gen),
    CHECK ((revoked_at IS NULL) = (revoke_reason IS NULL))
) STRICT;

CREATE INDEX latchstring_sessions_by_subject ON latchstring_sessions (subject);

-- The revocation feed. AUTOINCREMENT: a position is never given twice, even when old rows are forgotten.
CREATE TABLE latchstring_endings (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    session_id TEXT NOT NULL,
    subject TEXT NOT NULL,
    reason TEXT NOT NULL,
    ended_at INTEGER NOT NULL
) STRICT;

-- A trigger, so that no statement can end a session and forget to say so: row and feed are one write.
CREATE TRIGGER latchstring_session_ended AFTER UPDATE OF revoked_at ON latchstring_sessions
WHEN NEW.revoked_at IS NOT NULL AND OLD.revoked_at IS NULL
BEGIN
    INSERT INTO latchstring_endings (session_id, subject, reason, ended_at)
    VALUES (NEW.id, NEW.subject, NEW.revoke_reason, NEW.revoked_at);
END;
