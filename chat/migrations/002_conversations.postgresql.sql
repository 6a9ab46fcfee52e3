-- Conversations, who is in them, and what they wrote. Times are Unix milliseconds.

-- Every write that touches a conversation locks its row here first: whoever comes second waits there. Each message
-- updates it, beside the old version of the row, whose place is used again.
CREATE TABLE conversations (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    private BIGINT NOT NULL CHECK (private IN (0, 1)),
    -- The two people of a private one, in order: so that there is one for each pair, whoever starts it.
    pair TEXT COLLATE "C" UNIQUE,
    alias TEXT,
    -- Whose `client_id` it is; neither without the other.
    starter_id TEXT COLLATE "C",
    client_id TEXT COLLATE "C",
    -- Of the newest message. Numbers are given once: a deleted message leaves a gap.
    last_seq BIGINT NOT NULL DEFAULT 0,
    inserted_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    CHECK ((private = 1) = (pair IS NOT NULL)),
    CHECK (private = 0 OR alias IS NULL)
) WITH (fillfactor = 60);

-- Started again is one group.
CREATE UNIQUE INDEX conversations_by_client ON conversations (starter_id, client_id)
WHERE client_id IS NOT NULL;

-- Those who are in it now. Whoever leaves has no row here, and finds what was theirs again when they are invited back.
CREATE TABLE members (
    conversation_id TEXT COLLATE "C" NOT NULL REFERENCES conversations (id),
    user_id TEXT COLLATE "C" NOT NULL REFERENCES profiles (user_id),
    joined_at BIGINT NOT NULL,
    read_at BIGINT,
    read_seq BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (conversation_id, user_id)
) WITH (fillfactor = 80);

CREATE INDEX members_by_user ON members (user_id, conversation_id);

-- A key pair of each member for each conversation; the private half is sealed (latchstring.Sealer).
CREATE TABLE encryption_keys (
    conversation_id TEXT COLLATE "C" NOT NULL REFERENCES conversations (id),
    user_id TEXT COLLATE "C" NOT NULL REFERENCES profiles (user_id),
    public_key TEXT NOT NULL,
    private_key BYTEA NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (conversation_id, user_id)
);

-- One thing that somebody said. In a conversation, `seq` is the order for everybody.
CREATE TABLE message_groups (
    conversation_id TEXT COLLATE "C" NOT NULL,
    seq BIGINT NOT NULL,
    id TEXT COLLATE "C" NOT NULL UNIQUE,
    sender_id TEXT COLLATE "C" NOT NULL,
    client_id TEXT COLLATE "C",
    inserted_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (conversation_id, seq)
);

-- Sent again is stored once.
CREATE UNIQUE INDEX message_groups_by_client ON message_groups (conversation_id, sender_id, client_id)
WHERE client_id IS NOT NULL;

-- What each recipient was sent of it. The key keeps one reader's copies together, in order: a page is one short read.
CREATE TABLE message_copies (
    conversation_id TEXT COLLATE "C" NOT NULL,
    recipient_id TEXT COLLATE "C" NOT NULL,
    seq BIGINT NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    content TEXT NOT NULL,
    PRIMARY KEY (conversation_id, recipient_id, seq)
);
