-- Older versions may run beside this.
-- The keys that tokens were signed with here, by fingerprints: a node with another key ring would take everybody's tokens
-- for garbage, and sign them out, so it does not start.
CREATE TABLE latchstring_keys (
    fingerprint TEXT NOT NULL PRIMARY KEY,
    key_id INTEGER NOT NULL,
    first_seen_at INTEGER NOT NULL,
    retired_at INTEGER
) STRICT;

-- Of two nodes that begin at once, each with a ring of its own, one is refused.
CREATE UNIQUE INDEX latchstring_keys_in_use ON latchstring_keys (key_id) WHERE retired_at IS NULL;
