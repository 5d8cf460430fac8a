-- Files whose customer paid up front, and which rights checks are about the same card and person.

CREATE TABLE avances (
    magasin mot NOT NULL,
    dossier mot NOT NULL,
    cree_le mot NOT NULL,
    annule_le mot,
    acompte_centimes bigint CHECK (acompte_centimes >= 0),
    total_centimes bigint CHECK (total_centimes >= 0),
    donnees mot NOT NULL,
    PRIMARY KEY (magasin, dossier)
);

-- `personne` is a keyed hash: equal for the same card and person of one shop, meaningless without the key.
CREATE TABLE personnes (
    entree mot PRIMARY KEY REFERENCES entrees (id),
    magasin mot NOT NULL,
    personne mot NOT NULL
);

CREATE INDEX personnes_memes ON personnes (magasin, personne);
CREATE INDEX entrees_droits ON entrees (magasin, cree_le) WHERE operation = 'droits';
CREATE INDEX retours_orphelins ON retours (magasin, emis_le) WHERE entree IS NULL;
