-- Who somebody is, for apps without a user table of their own. Times are Unix milliseconds.
CREATE TABLE latchstring_accounts (
    id TEXT NOT NULL PRIMARY KEY,
    email TEXT NOT NULL,
    -- What is compared: two spellings of one address are one account.
    email_key TEXT NOT NULL UNIQUE,
    password_hash TEXT NOT NULL,
    confirmed_at INTEGER,
    inserted_at INTEGER NOT NULL
) STRICT;

-- Tokens that were mailed, as SHA-256 of 256 random bits: whoever reads this table can use none of them.
CREATE TABLE latchstring_mailed_tokens (
    digest BLOB NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES latchstring_accounts (id) ON DELETE CASCADE,
    purpose TEXT NOT NULL CHECK (purpose IN ('email_confirm', 'email_change', 'password_reset')),
    email_key TEXT NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;

CREATE INDEX latchstring_mailed_tokens_by_account ON latchstring_mailed_tokens (account_id, purpose);
