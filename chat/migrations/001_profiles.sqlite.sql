-- What somebody shows of themselves, and how they like their pages. One row an account, written with it.
CREATE TABLE profiles (
    user_id TEXT NOT NULL PRIMARY KEY,
    display_name TEXT NOT NULL,
    hidden INTEGER NOT NULL DEFAULT 0,
    theme TEXT NOT NULL DEFAULT 'day',
    magnification REAL NOT NULL DEFAULT 1.0,
    recents TEXT NOT NULL DEFAULT '[]'
) STRICT;
