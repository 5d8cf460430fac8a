-- Client meters, from the journal of one session (:session). Instants are the session's virtual time, in seconds.
-- A message is (plateforme, magasin, id_message); an attempt is a row that could be read. Sorting spills to a file.

-- name: essais
SELECT count(*) AS essais,
       (SELECT count(*) FROM (SELECT 1 FROM echange WHERE session = :session AND id_message IS NOT NULL
                              GROUP BY plateforme, magasin, id_message)) AS messages
FROM echange WHERE session = :session AND id_message IS NOT NULL;

-- name: pauses
-- The pause before each retry of a message, by the rank of the retry (1 is the second attempt).
WITH essai AS (
    SELECT row_number() OVER essais - 1 AS rang,
           (julianday(virtuel) - lag(julianday(virtuel)) OVER essais) * 86400.0 AS pause
    FROM echange WHERE session = :session AND id_message IS NOT NULL
    WINDOW essais AS (PARTITION BY plateforme, magasin, id_message ORDER BY numero)
)
SELECT rang, count(*), avg(pause), min(pause), max(pause), avg(pause * pause)
FROM essai WHERE rang BETWEEN 1 AND 10 GROUP BY rang ORDER BY rang;

-- name: attentes
-- Answers that said when to come back, and whether the shop's next attempt at that service came no earlier.
WITH suite AS (
    SELECT retry_after,
           (lead(julianday(virtuel)) OVER (PARTITION BY plateforme, magasin, service ORDER BY numero)
            - julianday(virtuel)) * 86400.0 AS pause
    FROM echange WHERE session = :session AND magasin IS NOT NULL
)
SELECT count(*) FILTER (WHERE pause IS NOT NULL), count(*) FILTER (WHERE pause >= retry_after - 0.01)
FROM suite WHERE retry_after IS NOT NULL;

-- name: ordre
-- Writes in the order they were first answered: one is late when a younger one of its service was answered before it.
WITH abouti AS (
    SELECT min(numero) AS numero, plateforme, magasin, service, emis_le
    FROM echange
    WHERE session = :session AND verdict = 'repondu' AND emis_le IS NOT NULL
      AND operation IN ('pec', 'annulation_pec', 'pieces', 'facture', 'annulation_facture')
    GROUP BY plateforme, magasin, id_message
), rang AS (
    SELECT emis_le, max(emis_le) OVER (
        PARTITION BY plateforme, magasin, service ORDER BY numero ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ) AS plus_jeune
    FROM abouti
)
SELECT count(*), count(*) FILTER (WHERE emis_le < plus_jeune) FROM rang;

-- name: recolte
-- Rights checks and quotes that were answered, and sales: invoices that were taken, by the shop's reference.
SELECT count(*) FILTER (WHERE operation = 'droits' AND verdict = 'repondu'),
       count(*) FILTER (WHERE operation = 'devis' AND verdict = 'repondu'),
       count(DISTINCT plateforme || '|' || magasin || '|' || reference)
           FILTER (WHERE operation = 'facture' AND verdict IN ('repondu', 'perdu') AND regle IS NULL AND codes = '')
FROM echange WHERE session = :session;

-- name: doublons
-- A PEC or an invoice that the platform had taken, asked again under another idMessage, whatever the platform said.
WITH pris AS (
    SELECT plateforme, magasin, operation, reference, id_message, min(numero) AS numero
    FROM echange
    WHERE session = :session AND operation IN ('pec', 'facture') AND reference IS NOT NULL
      AND verdict IN ('repondu', 'perdu') AND regle IS NULL AND codes = ''
    GROUP BY plateforme, magasin, operation, reference
)
SELECT count(*) FROM echange AS encore JOIN pris USING (plateforme, magasin, operation, reference)
WHERE encore.session = :session AND encore.numero > pris.numero AND encore.id_message <> pris.id_message;
