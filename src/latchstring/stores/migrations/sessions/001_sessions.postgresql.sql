-- One row a session, from sign-in to sign-out. Times are Unix milliseconds; hashes are SHA-256 of 256-bit secrets.
-- A refresh writes no indexed column, and pages are left a third empty: the new version of a row finds its place beside
-- the old one, no index is touched (HOT), and the old one's place is used again without waiting for a vacuum.
CREATE TABLE latchstring_sessions (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    subject TEXT COLLATE "C" NOT NULL,
    remembered BIGINT NOT NULL CHECK (remembered IN (0, 1)),
    device TEXT NOT NULL,
    address TEXT NOT NULL,
    inserted_at BIGINT NOT NULL,
    last_seen_at BIGINT NOT NULL,
    base_gen BIGINT NOT NULL,
    base_hash BYTEA NOT NULL,
    head_gen BIGINT NOT NULL,
    head_hash BYTEA NOT NULL,
    sealed BYTEA,
    prev_gen BIGINT NOT NULL,
    confirmed_at BIGINT NOT NULL,
    head_at BIGINT NOT NULL,
    handed_at BIGINT NOT NULL,
    contested BIGINT NOT NULL CHECK (contested IN (0, 1)),
    condemned TEXT COLLATE "C" NOT NULL,
    idle_until BIGINT NOT NULL,
    expires_at BIGINT,
    revoked_at BIGINT,
    revoke_reason TEXT,
    CHECK (prev_gen < base_gen AND base_gen <= head_gen),
    CHECK ((revoked_at IS NULL) = (revoke_reason IS NULL))
) WITH (fillfactor = 65, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0);

CREATE INDEX latchstring_sessions_by_subject ON latchstring_sessions (subject);

-- The revocation feed. A position is given once; what is rolled back leaves a gap.
CREATE TABLE latchstring_endings (
    position BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    session_id TEXT NOT NULL,
    subject TEXT NOT NULL,
    reason TEXT NOT NULL,
    ended_at BIGINT NOT NULL
);

-- A trigger, so that no statement can end a session and forget to say so: row and feed are one write.
CREATE FUNCTION latchstring_session_ended() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO latchstring_endings (session_id, subject, reason, ended_at)
    VALUES (NEW.id, NEW.subject, NEW.revoke_reason, NEW.revoked_at);
    RETURN NULL;
END $$;

CREATE TRIGGER latchstring_session_ended AFTER UPDATE OF revoked_at ON latchstring_sessions
FOR EACH ROW WHEN (NEW.revoked_at IS NOT NULL AND OLD.revoked_at IS NULL)
EXECUTE FUNCTION latchstring_session_ended();
