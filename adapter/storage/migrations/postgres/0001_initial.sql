-- Times are UTC text of one fixed width (2024-01-31T09:00:00.000000Z), so that text order is time order: hence
-- the domain `mot`, text in byte order whatever the server's locale. Same columns as SQLite's, type by type.
-- Nothing personal stands here in clear: bodies, answers and exchanged bytes are sealed in `charges`.

CREATE DOMAIN mot AS text COLLATE "C";

CREATE TABLE entrees (
    id mot PRIMARY KEY,
    id_message mot NOT NULL UNIQUE,
    magasin mot NOT NULL,
    operation mot NOT NULL
        CHECK (operation IN ('droits', 'devis', 'pec', 'pieces', 'facture', 'annulation_pec', 'annulation_facture')),
    service mot NOT NULL CHECK (service IN ('droits', 'devis', 'pec', 'pieces', 'facture', 'annulation')),
    reference mot NOT NULL,
    dossier mot,
    equipement bigint,
    plateforme mot NOT NULL,
    organisme mot,
    cree_le mot NOT NULL,
    maj_le mot NOT NULL,
    etat mot NOT NULL CHECK (
        etat IN ('en_file', 'envoi', 'incertaine', 'en_instance', 'terminee', 'retenue', 'retiree', 'perimee')
    ),
    cible mot REFERENCES entrees (id),
    remplace mot REFERENCES entrees (id),
    resultat mot,
    numero mot,
    motifs mot NOT NULL DEFAULT '[]',
    action mot,
    du_le mot,
    expire_le mot,
    envoye_le mot,
    tentatives bigint NOT NULL DEFAULT 0 CHECK (tentatives >= 0),
    sondages bigint NOT NULL DEFAULT 0 CHECK (sondages >= 0),
    client_confirme bigint NOT NULL DEFAULT 0 CHECK (client_confirme IN (0, 1)),
    ailleurs bigint NOT NULL DEFAULT 0 CHECK (ailleurs IN (0, 1)),
    amc_centimes bigint,
    paye_centimes bigint,
    valide_au mot,
    facturable_jusqu_au mot,
    priorite bigint NOT NULL DEFAULT 2,
    noeud mot,
    version bigint NOT NULL CHECK (version > 0),
    empreinte mot NOT NULL,
    UNIQUE (magasin, reference),
    CHECK (etat <> 'retenue' OR action IS NOT NULL),
    CHECK (etat <> 'perimee' OR operation IN ('droits', 'devis')),
    CHECK (du_le IS NULL OR etat IN ('en_file', 'envoi', 'incertaine', 'en_instance', 'terminee')),
    CHECK (etat <> 'envoi' OR (du_le IS NOT NULL AND noeud IS NOT NULL))
);

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
    etat mot PRIMARY KEY,
    nombre bigint NOT NULL CHECK (nombre >= 0)
);

CREATE FUNCTION entrees_compte() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        UPDATE compteurs SET nombre = nombre - 1 WHERE etat = OLD.etat;
    END IF;
    INSERT INTO compteurs AS c (etat, nombre) VALUES (NEW.etat, 1)
    ON CONFLICT (etat) DO UPDATE SET nombre = c.nombre + 1;
    RETURN NULL;
END $$;

CREATE TRIGGER entrees_compte AFTER INSERT ON entrees
FOR EACH ROW EXECUTE FUNCTION entrees_compte();
CREATE TRIGGER entrees_recompte AFTER UPDATE OF etat ON entrees
FOR EACH ROW WHEN (OLD.etat <> NEW.etat) EXECUTE FUNCTION entrees_compte();

CREATE TABLE cles (
    id mot PRIMARY KEY,
    magasin mot NOT NULL,
    dossier mot NOT NULL,
    maitre mot NOT NULL,
    emballee bytea NOT NULL,
    UNIQUE (magasin, dossier)
);

CREATE TABLE charges (
    entree mot NOT NULL REFERENCES entrees (id),
    genre mot NOT NULL,
    cle mot NOT NULL,
    octets bytea NOT NULL,
    PRIMARY KEY (entree, genre)
);

CREATE TABLE tentatives (
    entree mot NOT NULL REFERENCES entrees (id),
    rang bigint NOT NULL,
    operation mot NOT NULL,
    id_message mot NOT NULL,
    debut mot NOT NULL,
    fin mot,
    issue mot,
    detail mot,
    PRIMARY KEY (entree, rang)
);

CREATE TABLE disponibilites (
    plateforme mot NOT NULL,
    service mot NOT NULL,
    etat mot NOT NULL CHECK (etat IN ('ouvert', 'ferme', 'sonde')),
    depuis mot NOT NULL,
    essais bigint NOT NULL CHECK (essais >= 0),
    prochain_essai mot,
    fenetre bigint NOT NULL CHECK (fenetre > 0),
    en_pause bigint NOT NULL CHECK (en_pause IN (0, 1)),
    message mot,
    PRIMARY KEY (plateforme, service)
);

CREATE TABLE comptes (
    plateforme mot NOT NULL,
    magasin mot NOT NULL,
    depuis mot NOT NULL,
    raison mot,
    PRIMARY KEY (plateforme, magasin)
);

CREATE TABLE evenements (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    magasin mot,
    entree mot,
    type mot NOT NULL,
    a mot NOT NULL,
    donnees mot NOT NULL
);

CREATE INDEX evenements_magasin ON evenements (magasin, id);
