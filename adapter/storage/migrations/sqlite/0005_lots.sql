-- Which invoices travel together. One row per invoice, for ever unless its lot certainly never reached the platform.
-- `lot` is the exchange id of the lot, `porteur` the entry under which its bytes are sealed.

CREATE TABLE membres (
    entree TEXT PRIMARY KEY REFERENCES entrees (id),
    lot TEXT NOT NULL,
    numero TEXT NOT NULL,
    porteur TEXT NOT NULL REFERENCES entrees (id),
    rang INTEGER NOT NULL CHECK (rang >= 0),
    taille INTEGER NOT NULL CHECK (taille > rang),
    UNIQUE (lot, rang)
) STRICT, WITHOUT ROWID;
