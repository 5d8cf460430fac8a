-- Times are UTC text of one fixed width (2024-01-31T09:00:00.000000Z), so that text order is time order.
-- Nothing personal stands here in clear: bodies, answers and exchanged bytes are sealed in `charges`.

CREATE TABLE entrees (
    id TEXT PRIMARY KEY,
    id_message TEXT NOT NULL UNIQUE,
    magasin TEXT NOT NULL,
    operation TEXT NOT NULL
        CHECK (operation IN ('droits', 'devis', 'pec', 'pieces', 'facture', 'annulation_pec', 'annulation_facture')),
    service TEXT NOT NULL CHECK (service IN ('droits', 'devis', 'pec', 'pieces', 'facture', 'annulation')),
    reference TEXT NOT NULL,
    dossier TEXT,
    equipement INTEGER,
    plateforme TEXT NOT NULL,
    organisme TEXT,
    cree_le TEXT NOT NULL,
    maj_le TEXT NOT NULL,
    etat TEXT NOT NULL CHECK (
        etat IN ('en_file', 'envoi', 'incertaine', 'en_instance', 'terminee', 'retenue', 'retiree', 'perimee')
    ),
    cible TEXT REFERENCES entrees (id),
    remplace TEXT REFERENCES entrees (id),
    resultat TEXT,
    numero TEXT,
    motifs TEXT NOT NULL DEFAULT '[]',
    action TEXT,
    du_le TEXT,
    expire_le TEXT,
    envoye_le TEXT,
    tentatives INTEGER NOT NULL DEFAULT 0 CHECK (tentatives >= 0),
    sondages INTEGER NOT NULL DEFAULT 0 CHECK (sondages >= 0),
    client_confirme INTEGER NOT NULL DEFAULT 0 CHECK (client_confirme IN (0, 1)),
    ailleurs INTEGER NOT NULL DEFAULT 0 CHECK (ailleurs IN (0, 1)),
    amc_centimes INTEGER,
    paye_centimes INTEGER,
    valide_au TEXT,
    facturable_jusqu_au TEXT,
    priorite INTEGER NOT NULL DEFAULT 2,
    noeud TEXT,
    version INTEGER NOT NULL CHECK (version > 0),
    empreinte TEXT NOT NULL,
    UNIQUE (magasin, reference),
    CHECK (etat <> 'retenue' OR action IS NOT NULL),
    CHECK (etat <> 'perimee' OR operation IN ('droits', 'devis')),
    CHECK (du_le IS NULL OR etat IN ('en_file', 'envoi', 'incertaine', 'en_instance', 'terminee')),
    CHECK (etat <> 'envoi' OR (du_le IS NOT NULL AND noeud IS NOT NULL))
) STRICT;

CREATE INDEX entrees_file ON entrees (plateforme, service, priorite, magasin, du_le)
WHERE du_le IS NOT NULL;
CREATE INDEX entrees_echeance ON entrees (plateforme, service, du_le)
WHERE du_le IS NOT NULL;
CREATE INDEX entrees_peremption ON entrees (plateforme, service, expire_le)
WHERE expire_le IS NOT NULL AND etat = 'en_file';
CREATE INDEX entrees_dossier ON entrees (magasin, dossier, id);
CREATE INDEX entrees_etat ON entrees (etat, magasin);
CREATE INDEX entrees_numero ON entrees (magasin, operation, numero) WHERE numero IS NOT NULL;

-- How many entries are in each state, kept by the table itself: the queue's limit is asked at every accept.
CREATE TABLE compteurs (
    etat TEXT PRIMARY KEY,
    nombre INTEGER NOT NULL CHECK (nombre >= 0)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER entrees_compte AFTER INSERT ON entrees BEGIN
    INSERT INTO compteurs (etat, nombre) VALUES (NEW.etat, 1)
    ON CONFLICT (etat) DO UPDATE SET nombre = nombre + 1;
END;
CREATE TRIGGER entrees_recompte AFTER UPDATE OF etat ON entrees WHEN OLD.etat <> NEW.etat BEGIN
    UPDATE compteurs SET nombre = nombre - 1 WHERE etat = OLD.etat;
    INSERT INTO compteurs (etat, nombre) VALUES (NEW.etat, 1)
    ON CONFLICT (etat) DO UPDATE SET nombre = nombre + 1;
END;

CREATE TABLE cles (
    id TEXT PRIMARY KEY,
    magasin TEXT NOT NULL,
    dossier TEXT NOT NULL,
    maitre TEXT NOT NULL,
    emballee BLOB NOT NULL,
    UNIQUE (magasin, dossier)
) STRICT;

CREATE TABLE charges (
    entree TEXT NOT NULL REFERENCES entrees (id),
    genre TEXT NOT NULL,
    cle TEXT NOT NULL,
    octets BLOB NOT NULL,
    PRIMARY KEY (entree, genre)
) STRICT, WITHOUT ROWID;

CREATE TABLE tentatives (
    entree TEXT NOT NULL REFERENCES entrees (id),
    rang INTEGER NOT NULL,
    operation TEXT NOT NULL,
    id_message TEXT NOT NULL,
    debut TEXT NOT NULL,
    fin TEXT,
    issue TEXT,
    detail TEXT,
    PRIMARY KEY (entree, rang)
) STRICT, WITHOUT ROWID;

CREATE TABLE disponibilites (
    plateforme TEXT NOT NULL,
    service TEXT NOT NULL,
    etat TEXT NOT NULL CHECK (etat IN ('ouvert', 'ferme', 'sonde')),
    depuis TEXT NOT NULL,
    essais INTEGER NOT NULL CHECK (essais >= 0),
    prochain_essai TEXT,
    fenetre INTEGER NOT NULL CHECK (fenetre > 0),
    en_pause INTEGER NOT NULL CHECK (en_pause IN (0, 1)),
    message TEXT,
    PRIMARY KEY (plateforme, service)
) STRICT, WITHOUT ROWID;

CREATE TABLE comptes (
    plateforme TEXT NOT NULL,
    magasin TEXT NOT NULL,
    depuis TEXT NOT NULL,
    raison TEXT,
    PRIMARY KEY (plateforme, magasin)
) STRICT, WITHOUT ROWID;

CREATE TABLE evenements (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    magasin TEXT,
    entree TEXT,
    type TEXT NOT NULL,
    a TEXT NOT NULL,
    donnees TEXT NOT NULL
) STRICT;

CREATE INDEX evenements_magasin ON evenements (magasin, id);
