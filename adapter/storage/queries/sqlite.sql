-- Named statements of the SQLite backend; `-- name:` starts one. Parameters are :named.

-- name: entry
SELECT * FROM entrees WHERE id = :id

-- name: entry_by_reference
SELECT * FROM entrees WHERE magasin = :magasin AND reference = :reference

-- name: entry_by_numero
SELECT * FROM entrees WHERE magasin = :magasin AND operation = :operation AND numero = :numero
ORDER BY id DESC LIMIT 1

-- name: insert_entry
INSERT INTO entrees (
    id, id_message, magasin, operation, service, reference, dossier, equipement, plateforme, organisme, cree_le,
    maj_le, etat, cible, remplace, resultat, numero, motifs, action, du_le, expire_le, envoye_le, tentatives, sondages,
    client_confirme, ailleurs, amc_centimes, paye_centimes, valide_au, facturable_jusqu_au, priorite, noeud,
    version, empreinte
) VALUES (
    :id, :id_message, :magasin, :operation, :service, :reference, :dossier, :equipement, :plateforme, :organisme,
    :cree_le, :maj_le, :etat, :cible, :remplace, :resultat, :numero, :motifs, :action, :du_le, :expire_le, :envoye_le,
    :tentatives, :sondages, :client_confirme, :ailleurs, :amc_centimes, :paye_centimes, :valide_au,
    :facturable_jusqu_au, :priorite, :noeud, :version, :empreinte
)

-- name: empreinte
SELECT empreinte FROM entrees WHERE id = :id

-- name: update_entry
UPDATE entrees SET
    plateforme = :plateforme, organisme = :organisme, maj_le = :maj_le, etat = :etat, cible = :cible,
    remplace = :remplace, resultat = :resultat, numero = :numero, motifs = :motifs, action = :action, du_le = :du_le,
    expire_le = :expire_le, envoye_le = :envoye_le, tentatives = :tentatives, sondages = :sondages,
    client_confirme = :client_confirme, ailleurs = :ailleurs, amc_centimes = :amc_centimes,
    paye_centimes = :paye_centimes,
    valide_au = :valide_au, facturable_jusqu_au = :facturable_jusqu_au, priorite = :priorite, noeud = :noeud,
    version = :version
WHERE id = :id AND version = :version - 1

-- name: dossier
SELECT * FROM entrees WHERE magasin = :magasin AND dossier = :dossier ORDER BY id

-- name: entries
SELECT * FROM entrees
WHERE (:magasin IS NULL OR magasin = :magasin)
    AND (:etats = '[]' OR etat IN (SELECT value FROM json_each(:etats)))
    AND (:plateforme IS NULL OR plateforme = :plateforme)
    AND (:service IS NULL OR service = :service)
    AND (:dossier IS NULL OR dossier = :dossier)
    AND (:operation IS NULL OR operation = :operation)
    AND (:apres IS NULL OR id > :apres)
ORDER BY id LIMIT :limite

-- name: next_shop
SELECT magasin FROM entrees
WHERE plateforme = :plateforme AND service = :service AND priorite = :priorite AND magasin > :after AND du_le <= :now
    AND du_le IS NOT NULL
    AND NOT EXISTS (
        SELECT 1 FROM comptes
        WHERE comptes.plateforme = entrees.plateforme AND comptes.magasin = entrees.magasin AND raison IS NOT NULL
    )
ORDER BY magasin LIMIT 1

-- name: due
SELECT * FROM entrees
WHERE plateforme = :plateforme AND service = :service AND priorite = :priorite AND magasin = :magasin
    AND du_le <= :now AND du_le IS NOT NULL
ORDER BY du_le, id LIMIT :limite

-- name: demote
UPDATE entrees SET priorite = CASE operation WHEN 'facture' THEN 1 ELSE 2 END
WHERE plateforme = :plateforme AND service = :service AND priorite = 0 AND etat = 'en_file'
    AND operation <> 'droits'

-- name: next_due
SELECT du_le FROM entrees
WHERE plateforme = :plateforme AND service = :service AND du_le > :after
    AND du_le IS NOT NULL
ORDER BY du_le LIMIT 1

-- name: lapsed
SELECT * FROM entrees
WHERE plateforme = :plateforme AND service = :service AND expire_le <= :now
    AND expire_le IS NOT NULL AND etat = 'en_file'
ORDER BY expire_le, id LIMIT :limite

-- name: next_lapse
SELECT expire_le FROM entrees
WHERE plateforme = :plateforme AND service = :service AND expire_le > :after
    AND expire_le IS NOT NULL AND etat = 'en_file'
ORDER BY expire_le LIMIT 1

-- name: count
SELECT COUNT(*) FROM entrees
WHERE (:magasin IS NULL OR magasin = :magasin)
    AND (:etats = '[]' OR etat IN (SELECT value FROM json_each(:etats)))

-- name: count_all
SELECT COALESCE(SUM(nombre), 0) FROM compteurs
WHERE :etats = '[]' OR etat IN (SELECT value FROM json_each(:etats))

-- name: encours
SELECT plateforme, organisme, etat, resultat, COUNT(*) AS nombre,
    SUM(amc_centimes IS NULL) AS inconnus, COALESCE(SUM(amc_centimes), 0) AS amc_centimes,
    COALESCE(SUM(paye_centimes), 0) AS paye_centimes, MIN(cree_le) AS plus_ancienne
FROM entrees
WHERE operation = 'facture' AND (:magasin IS NULL OR magasin = :magasin)
GROUP BY plateforme, organisme, etat, resultat
ORDER BY plateforme, organisme, etat, resultat

-- name: charge
SELECT cle, octets FROM charges WHERE entree = :entree AND genre = :genre

-- name: put_charge
INSERT INTO charges (entree, genre, cle, octets) VALUES (:entree, :genre, :cle, :octets)
ON CONFLICT (entree, genre) DO UPDATE SET cle = excluded.cle, octets = excluded.octets

-- name: delete_charge
DELETE FROM charges WHERE entree = :entree AND genre = :genre

-- name: delete_charges
DELETE FROM charges WHERE entree = :entree

-- name: key
SELECT * FROM cles WHERE id = :id

-- name: key_of
SELECT * FROM cles WHERE magasin = :magasin AND dossier = :dossier

-- name: put_key
INSERT INTO cles (id, magasin, dossier, maitre, emballee) VALUES (:id, :magasin, :dossier, :maitre, :emballee)
ON CONFLICT (id) DO UPDATE SET maitre = excluded.maitre, emballee = excluded.emballee

-- name: keys
SELECT * FROM cles ORDER BY id

-- name: delete_key
DELETE FROM cles WHERE id = :id

-- name: membre
SELECT * FROM membres WHERE entree = :entree

-- name: membres
SELECT * FROM membres WHERE lot = :lot ORDER BY rang

-- name: put_membre
INSERT INTO membres (entree, lot, numero, porteur, rang, taille)
VALUES (:entree, :lot, :numero, :porteur, :rang, :taille)
ON CONFLICT DO NOTHING

-- name: delete_membre
DELETE FROM membres WHERE entree = :entree

-- name: loose_invoices
SELECT * FROM entrees
WHERE plateforme = :plateforme AND service = 'facture' AND magasin = :magasin AND du_le <= :now
    AND du_le IS NOT NULL AND operation = 'facture' AND etat = 'en_file'
    AND NOT EXISTS (SELECT 1 FROM membres WHERE membres.entree = entrees.id)
ORDER BY priorite, du_le, id LIMIT :limite

-- name: put_tentative
INSERT INTO tentatives (entree, rang, operation, id_message, debut, fin, issue, detail)
VALUES (:entree, :rang, :operation, :id_message, :debut, :fin, :issue, :detail)
ON CONFLICT (entree, rang) DO UPDATE SET fin = excluded.fin, issue = excluded.issue, detail = excluded.detail

-- name: tentatives
SELECT * FROM tentatives WHERE entree = :entree ORDER BY rang

-- name: disponibilite
SELECT * FROM disponibilites WHERE plateforme = :plateforme AND service = :service

-- name: put_disponibilite
INSERT INTO disponibilites (
    plateforme, service, etat, depuis, essais, prochain_essai, fenetre, en_pause, message
) VALUES (:plateforme, :service, :etat, :depuis, :essais, :prochain_essai, :fenetre, :en_pause, :message)
ON CONFLICT (plateforme, service) DO UPDATE SET
    etat = excluded.etat, depuis = excluded.depuis, essais = excluded.essais,
    prochain_essai = excluded.prochain_essai, fenetre = excluded.fenetre, en_pause = excluded.en_pause,
    message = excluded.message

-- name: disponibilites
SELECT * FROM disponibilites ORDER BY plateforme, service

-- name: compte
SELECT * FROM comptes WHERE plateforme = :plateforme AND magasin = :magasin

-- name: put_compte
INSERT INTO comptes (plateforme, magasin, depuis, raison) VALUES (:plateforme, :magasin, :depuis, :raison)
ON CONFLICT (plateforme, magasin) DO UPDATE SET depuis = excluded.depuis, raison = excluded.raison

-- name: comptes
SELECT * FROM comptes WHERE (:magasin IS NULL OR magasin = :magasin) ORDER BY plateforme, magasin

-- name: add_evenement
INSERT INTO evenements (magasin, entree, type, a, donnees) VALUES (:magasin, :entree, :type, :a, :donnees)
RETURNING id

-- name: evenements
SELECT * FROM evenements
WHERE id > :depuis AND (:magasin IS NULL OR magasin = :magasin OR magasin IS NULL)
ORDER BY id LIMIT :limite

-- name: releve
SELECT * FROM releves WHERE plateforme = :plateforme AND magasin = :magasin

-- name: put_releve
INSERT INTO releves (plateforme, magasin, du_le, curseur) VALUES (:plateforme, :magasin, :du_le, :curseur)
ON CONFLICT (plateforme, magasin) DO UPDATE SET du_le = excluded.du_le, curseur = excluded.curseur

-- name: releves
SELECT * FROM releves WHERE plateforme = :plateforme ORDER BY magasin

-- name: add_retour
INSERT INTO retours (
    plateforme, magasin, bordereau, rang, emis_le, reference_virement, organisme, type, numero_facture, reference,
    numero_pec, demande_centimes, paye_centimes, motifs, entree, recu_le
) VALUES (
    :plateforme, :magasin, :bordereau, :rang, :emis_le, :reference_virement, :organisme, :type, :numero_facture,
    :reference, :numero_pec, :demande_centimes, :paye_centimes, :motifs, :entree, :recu_le
)
ON CONFLICT DO NOTHING

-- name: retours_of
SELECT * FROM retours WHERE entree = :entree ORDER BY recu_le, bordereau, rang

-- name: retours
SELECT * FROM retours
WHERE (:magasin IS NULL OR magasin = :magasin) AND emis_le >= :depuis
ORDER BY emis_le, bordereau, rang LIMIT :limite

-- name: expected
SELECT id FROM entrees
WHERE plateforme = :plateforme AND magasin = :magasin AND operation = 'facture'
    AND etat IN ('en_instance', 'terminee') AND resultat IN (SELECT value FROM json_each(:resultats))
LIMIT 1

-- name: take_place
INSERT INTO cadences (plateforme, prise) VALUES (:plateforme, :now + :pas)
ON CONFLICT (plateforme) DO UPDATE SET prise = MAX(cadences.prise, :now) + :pas WHERE cadences.prise <= :limite

-- name: place
SELECT prise FROM cadences WHERE plateforme = :plateforme

-- name: lock_file
SELECT 1 AS pris

-- name: avance
SELECT * FROM avances WHERE magasin = :magasin AND dossier = :dossier

-- name: put_avance
INSERT INTO avances (magasin, dossier, cree_le, annule_le, acompte_centimes, total_centimes, donnees)
VALUES (:magasin, :dossier, :cree_le, :annule_le, :acompte_centimes, :total_centimes, :donnees)
ON CONFLICT (magasin, dossier) DO UPDATE SET
    cree_le = excluded.cree_le, annule_le = excluded.annule_le, acompte_centimes = excluded.acompte_centimes,
    total_centimes = excluded.total_centimes, donnees = excluded.donnees

-- name: put_personne
INSERT INTO personnes (entree, magasin, personne) VALUES (:entree, :magasin, :personne)

-- name: former_rights
SELECT entrees.* FROM personnes AS moi
INNER JOIN personnes AS autre ON autre.magasin = moi.magasin AND autre.personne = moi.personne
INNER JOIN entrees ON entrees.id = autre.entree
WHERE moi.entree = :entree AND autre.entree <> moi.entree AND entrees.resultat IN ('ouverts', 'fermes')
ORDER BY entrees.maj_le DESC, entrees.id DESC LIMIT 1

-- name: rights_since
SELECT cree_le FROM entrees
WHERE magasin = :magasin AND operation = 'droits' AND cree_le > :depuis
    AND (:dossier IS NULL OR dossier = :dossier)
ORDER BY cree_le DESC LIMIT :limite

-- name: ages
SELECT plateforme, etat, resultat,
    CASE WHEN cree_le > :age_a THEN 0 WHEN cree_le > :age_b THEN 30 WHEN cree_le > :age_c THEN 60 ELSE 90 END AS tranche,
    COUNT(*) AS nombre, SUM(amc_centimes IS NULL) AS inconnus,
    COALESCE(SUM(amc_centimes), 0) AS amc_centimes, COALESCE(SUM(paye_centimes), 0) AS paye_centimes
FROM entrees
WHERE operation = 'facture' AND (:magasin IS NULL OR magasin = :magasin)
GROUP BY 1, 2, 3, 4
ORDER BY 1, 2, COALESCE(resultat, ''), 4

-- name: orphans
SELECT COUNT(*) AS nombre, COALESCE(SUM(paye_centimes), 0) AS paye_centimes FROM retours
WHERE entree IS NULL AND (:magasin IS NULL OR magasin = :magasin)

-- name: payments
SELECT * FROM retours
WHERE (:magasin IS NULL OR magasin = :magasin) AND emis_le >= :depuis
    AND (emis_le, plateforme, magasin, bordereau, rang) > (:a_jour, :a_plateforme, :a_magasin, :a_bordereau, :a_rang)
ORDER BY emis_le, plateforme, magasin, bordereau, rang LIMIT :limite

-- name: likes
SELECT entrees.* FROM personnes AS moi
INNER JOIN personnes AS autre ON autre.magasin = moi.magasin AND autre.personne = moi.personne
INNER JOIN entrees ON entrees.id = autre.entree
WHERE moi.entree = :entree AND autre.entree <> moi.entree
ORDER BY entrees.id
