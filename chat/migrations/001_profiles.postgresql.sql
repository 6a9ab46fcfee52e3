-- What somebody shows of themselves, and how they like their pages. One row an account, written with it.
CREATE TABLE profiles (
    user_id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    -- Null for who has chosen none.
    display_name TEXT,
    -- What names are searched by: NFKC, case-folded, in Python (chat/names.py).
    name_key TEXT COLLATE "C" NOT NULL DEFAULT '',
    hidden BIGINT NOT NULL DEFAULT 0,
    theme TEXT NOT NULL DEFAULT 'day',
    magnification DOUBLE PRECISION NOT NULL DEFAULT 1.0,
    recents TEXT NOT NULL DEFAULT '[]'
) WITH (fillfactor = 90);
