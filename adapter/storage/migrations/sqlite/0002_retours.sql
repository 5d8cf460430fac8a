-- Payment returns: what is asked for when, and every line of every remittance, once.

CREATE TABLE releves (
    plateforme TEXT NOT NULL,
    magasin TEXT NOT NULL,
    du_le TEXT NOT NULL,
    curseur TEXT,
    PRIMARY KEY (plateforme, magasin)
) STRICT, WITHOUT ROWID;

CREATE TABLE retours (
    plateforme TEXT NOT NULL,
    magasin TEXT NOT NULL,
    bordereau TEXT NOT NULL,
    rang INTEGER NOT NULL CHECK (rang > 0),
    emis_le TEXT NOT NULL,
    reference_virement TEXT,
    organisme TEXT,
    type TEXT NOT NULL CHECK (type IN ('paiement', 'rejet', 'indu')),
    numero_facture TEXT NOT NULL,
    reference TEXT,
    numero_pec TEXT,
    demande_centimes INTEGER NOT NULL,
    paye_centimes INTEGER NOT NULL,
    motifs TEXT NOT NULL,
    entree TEXT REFERENCES entrees (id),
    recu_le TEXT NOT NULL,
    PRIMARY KEY (plateforme, magasin, bordereau, rang)
) STRICT, WITHOUT ROWID;

CREATE INDEX retours_entree ON retours (entree) WHERE entree IS NOT NULL;
CREATE INDEX retours_recus ON retours (magasin, recu_le);
CREATE INDEX entrees_attendues ON entrees (plateforme, magasin, resultat)
WHERE operation = 'facture' AND etat IN ('en_instance', 'terminee');
