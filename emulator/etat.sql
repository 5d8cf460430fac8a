-- What `serve --state` keeps of each session beside its exchanges (journal.sql): one row for itself, one for each of its
-- snapshots, both JSON. `journal`: how many of its exchanges the row already holds.
CREATE TABLE IF NOT EXISTS session (
    nom     TEXT    PRIMARY KEY,
    journal INTEGER NOT NULL,
    etat    BLOB    NOT NULL
);
CREATE TABLE IF NOT EXISTS snapshot (
    session TEXT NOT NULL,
    nom     TEXT NOT NULL,
    etat    BLOB NOT NULL,
    PRIMARY KEY (session, nom)
);
-- How often a forced writing had earlier ones to take along: it changes this row, since SQLite forces no transaction that
-- changes nothing.
CREATE TABLE IF NOT EXISTS forcage (
    un   INTEGER PRIMARY KEY CHECK (un = 1),
    fois INTEGER NOT NULL
);
