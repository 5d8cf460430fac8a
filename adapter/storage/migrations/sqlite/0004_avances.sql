-- Files whose customer paid up front, and which rights checks are about the same card and person.

CREATE TABLE avances (
    magasin TEXT NOT NULL,
    dossier TEXT NOT NULL,
    cree_le TEXT NOT NULL,
    annule_le TEXT,
    acompte_centimes INTEGER CHECK (acompte_centimes >= 0),
    total_centimes INTEGER CHECK (total_centimes >= 0),
    donnees TEXT NOT NULL,
    PRIMARY KEY (magasin, dossier)
) STRICT, WITHOUT ROWID;

-- `personne` is a keyed hash: equal for the same card and person of one shop, meaningless without the key.
CREATE TABLE personnes (
    entree TEXT PRIMARY KEY REFERENCES entrees (id),
    magasin TEXT NOT NULL,
    personne TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX personnes_memes ON personnes (magasin, personne);
CREATE INDEX entrees_droits ON entrees (magasin, cree_le) WHERE operation = 'droits';
CREATE INDEX retours_orphelins ON retours (magasin, emis_le) WHERE entree IS NULL;
