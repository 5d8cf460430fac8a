-- Which invoices travel together. One row per invoice, for ever unless its lot certainly never reached the platform.
-- `lot` is the exchange id of the lot, `porteur` the entry under which its bytes are sealed.

CREATE TABLE membres (
    entree mot PRIMARY KEY REFERENCES entrees (id),
    lot mot NOT NULL,
    numero mot NOT NULL,
    porteur mot NOT NULL REFERENCES entrees (id),
    rang integer NOT NULL CHECK (rang >= 0),
    taille integer NOT NULL CHECK (taille > rang),
    UNIQUE (lot, rang)
);
