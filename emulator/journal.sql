-- The journal of exchanges: append-only. `numero` counts from 1 in each session. Instants are ISO 8601 in UTC.
-- id_message, reference (the shop's own), emis_le: from the message when it was read. retry_after: seconds we answered.
CREATE TABLE IF NOT EXISTS echange (
    session         TEXT    NOT NULL,
    numero          INTEGER NOT NULL,
    reel            TEXT    NOT NULL,
    virtuel         TEXT    NOT NULL,
    plateforme      TEXT    NOT NULL,
    chemin          TEXT    NOT NULL,
    service         TEXT,
    operation       TEXT,
    magasin         TEXT,
    verdict         TEXT    NOT NULL,
    regle           TEXT,
    codes           TEXT    NOT NULL,
    effets          TEXT    NOT NULL,
    demande_entetes BLOB    NOT NULL,
    demande         BLOB    NOT NULL,
    statut          INTEGER,
    reponse_entetes BLOB    NOT NULL,
    reponse         BLOB    NOT NULL,
    id_message      TEXT,
    reference       TEXT,
    emis_le         TEXT,
    retry_after     INTEGER,
    UNIQUE (session, numero)
);
