-- Payment returns: what is asked for when, and every line of every remittance, once.

CREATE TABLE releves (
    plateforme mot NOT NULL,
    magasin mot NOT NULL,
    du_le mot NOT NULL,
    curseur mot,
    PRIMARY KEY (plateforme, magasin)
);

CREATE TABLE retours (
    plateforme mot NOT NULL,
    magasin mot NOT NULL,
    bordereau mot NOT NULL,
    rang bigint NOT NULL CHECK (rang > 0),
    emis_le mot NOT NULL,
    reference_virement mot,
    organisme mot,
    type mot NOT NULL CHECK (type IN ('paiement', 'rejet', 'indu')),
    numero_facture mot NOT NULL,
    reference mot,
    numero_pec mot,
    demande_centimes bigint NOT NULL,
    paye_centimes bigint NOT NULL,
    motifs mot NOT NULL,
    entree mot REFERENCES entrees (id),
    recu_le mot NOT NULL,
    PRIMARY KEY (plateforme, magasin, bordereau, rang)
);

CREATE INDEX retours_entree ON retours (entree) WHERE entree IS NOT NULL;
CREATE INDEX retours_recus ON retours (magasin, recu_le);
CREATE INDEX entrees_attendues ON entrees (plateforme, magasin, resultat)
WHERE operation = 'facture' AND etat IN ('en_instance', 'terminee');
