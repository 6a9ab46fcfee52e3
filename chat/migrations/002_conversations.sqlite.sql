-- Conversations, who is in them, and what they wrote. Times are Unix milliseconds.

-- Null for who has chosen none. So far the address was written there, and stayed when the account had another: what is
-- shaped like an address was not chosen.
ALTER TABLE profiles ADD COLUMN chosen_name TEXT;
UPDATE profiles SET chosen_name = display_name WHERE display_name NOT LIKE '_%@_%._%' OR display_name LIKE '% %';
ALTER TABLE profiles DROP COLUMN display_name;
ALTER TABLE profiles RENAME COLUMN chosen_name TO display_name;

-- What names are searched by: NFKC, case-folded. SQL can do that for ASCII alone; whatever is written from now on is
-- folded in Python (chat/names.py). Who has no name is found by no part of one.
ALTER TABLE profiles ADD COLUMN name_key TEXT NOT NULL DEFAULT '';
UPDATE profiles SET name_key = lower(coalesce(display_name, ''));

-- Every write that touches a conversation updates its row here first: whoever comes second waits there.
CREATE TABLE conversations (
    id TEXT NOT NULL PRIMARY KEY,
    private INTEGER NOT NULL CHECK (private IN (0, 1)),
    -- The two people of a private one, in order: so that there is one for each pair, whoever starts it.
    pair TEXT UNIQUE,
    alias TEXT,
    -- Whose `client_id` it is; neither without the other.
    starter_id TEXT,
    client_id TEXT,
    -- Of the newest message. Numbers are given once: a deleted message leaves a gap.
    last_seq INTEGER NOT NULL DEFAULT 0,
    inserted_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CHECK ((private = 1) = (pair IS NOT NULL)),
    CHECK (private = 0 OR alias IS NULL)
) STRICT;

-- Started again is one group.
CREATE UNIQUE INDEX conversations_by_client ON conversations (starter_id, client_id)
WHERE client_id IS NOT NULL;

-- Those who are in it now. Whoever leaves has no row here, and finds what was theirs again when they are invited back.
CREATE TABLE members (
    conversation_id TEXT NOT NULL REFERENCES conversations (id),
    user_id TEXT NOT NULL REFERENCES profiles (user_id),
    joined_at INTEGER NOT NULL,
    read_at INTEGER,
    read_seq INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (conversation_id, user_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX members_by_user ON members (user_id, conversation_id);

-- A key pair of each member for each conversation; the private half is sealed (latchstring.Sealer).
CREATE TABLE encryption_keys (
    conversation_id TEXT NOT NULL REFERENCES conversations (id),
    user_id TEXT NOT NULL REFERENCES profiles (user_id),
    public_key TEXT NOT NULL,
    private_key BLOB NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (conversation_id, user_id)
) STRICT;

-- One thing that somebody said. In a conversation, `seq` is the order for everybody.
CREATE TABLE message_groups (
    conversation_id TEXT NOT NULL REFERENCES conversations (id),
    seq INTEGER NOT NULL,
    id TEXT NOT NULL UNIQUE,
    sender_id TEXT NOT NULL,
    client_id TEXT,
    inserted_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (conversation_id, seq)
) STRICT, WITHOUT ROWID;

-- Sent again is stored once.
CREATE UNIQUE INDEX message_groups_by_client ON message_groups (conversation_id, sender_id, client_id)
WHERE client_id IS NOT NULL;

-- What each recipient was sent of it. The key keeps one reader's copies together, in order: a page is one short read.
CREATE TABLE message_copies (
    conversation_id TEXT NOT NULL,
    recipient_id TEXT NOT NULL,
    seq INTEGER NOT NULL,
    id TEXT NOT NULL,
    content TEXT NOT NULL,
    PRIMARY KEY (conversation_id, recipient_id, seq)
) STRICT, WITHOUT ROWID;
