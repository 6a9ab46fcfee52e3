-- Who somebody is, for apps without a user table of their own. Times are Unix milliseconds.
CREATE TABLE latchstring_accounts (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    email TEXT NOT NULL,
    -- What is compared: two spellings of one address are one account.
    email_key TEXT COLLATE "C" NOT NULL UNIQUE,
    password_hash TEXT NOT NULL,
    confirmed_at BIGINT,
    inserted_at BIGINT NOT NULL
);

-- Tokens that were mailed, as SHA-256 of 256 random bits: whoever reads this table can use none of them.
CREATE TABLE latchstring_mailed_tokens (
    digest BYTEA NOT NULL PRIMARY KEY,
    account_id TEXT COLLATE "C" NOT NULL REFERENCES latchstring_accounts (id) ON DELETE CASCADE,
    purpose TEXT NOT NULL CHECK (purpose IN ('email_confirm', 'email_change', 'password_reset')),
    email_key TEXT NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE INDEX latchstring_mailed_tokens_by_account ON latchstring_mailed_tokens (account_id, purpose);
