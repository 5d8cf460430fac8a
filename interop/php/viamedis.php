<?php
// The viamedis-style dialect with PHP's SoapClient: php viamedis.php VERSION BASE.
// Five services share one business header. Amounts are decimal euros, kept as strings so that no cent is lost.
require __DIR__ . '/rapport.php';

const COMMUN = 'urn:example:tp-optique:services:commun';
const MAGASIN = '759999014';

[, $version, $base] = $argv;
$suffixe = $version === '1.2' ? '?wsdl=soap12' : '?wsdl';
$clients = [];
foreach (['droits', 'prises-en-charge', 'facturation', 'retours', 'authentification'] as $chemin) {
    $clients[$chemin] = new SoapClient("$base/$chemin$suffixe", [
        'soap_version' => $version === '1.2' ? SOAP_1_2 : SOAP_1_1,
        'features' => SOAP_SINGLE_ELEMENT_ARRAYS, // without it, a list of one comes as the element itself
        'cache_wsdl' => WSDL_CACHE_NONE,
    ]);
}

// One call with its business header. Every idMessage is new; the answer must echo it.
function appelle(string $chemin, string $operation, array $champs, string $magasin = MAGASIN): object
{
    global $clients;
    static $numero = 0;
    $id = 'php-' . ++$numero;
    $entete = ['idMessage' => $id, 'magasin' => $magasin, 'horodatage' => '2024-01-31T10:00:00+01:00'];
    $en_tete = new SoapHeader(COMMUN, 'entete', (object) $entete);
    $reponse = $clients[$chemin]->__soapCall($operation, [$champs], null, $en_tete);
    egal('idMessage', $reponse->idMessage, $id);
    return $reponse;
}

function traite(string $chemin, string $operation, array $champs): object
{
    $reponse = appelle($chemin, $operation, $champs);
    egal('statut', $reponse->compteRendu->statut, 'TRAITE');
    return $reponse;
}

function refuse(string $regle, string $chemin, callable $appel): void
{
    $faute = detail_de_la_faute('fauteTechnique', $appel);
    egal('code', $faute->code, 'MESSAGE_NON_CONFORME');
    egal('regle', $faute->regle, $regle);
    egal('chemin', $faute->chemin, $chemin);
}

// The two cases of an operation: the good call, and the same question from a shop that has no valid number.
function operation(string $chemin, string $nom, array $champs, callable $appel): void
{
    cas('viamedis', $chemin, $nom, 'nominal', $appel);
    $mauvais = fn() => appelle($chemin, $nom, $champs, 'MAGASIN');
    $lieu = '/Envelope/Header/entete/magasin';
    cas('viamedis', $chemin, $nom, 'faute', fn() => refuse('VALEUR_FORME', $lieu, $mauvais));
}

function montants(object $vus): void
{
    $totaux = [$vus->total, $vus->partAmo, $vus->partAmc, $vus->resteACharge];
    egal('montants', $totaux, ['300.00', '0.09', '179.91', '120.00']);
    $details = array_map(fn($detail) => [$detail->partAmo, $detail->partAmc, $detail->resteACharge], $vus->detail);
    $verre = ['0.03', '64.97', '25.00'];
    egal('detail', $details, [['0.03', '49.97', '70.00'], $verre, $verre]);
}

// The blocks that say who: card, policy holder, wearer, and the insurer the shop picked.
function personne(string $adherent, string $nir, string $ne_le, string $nom, string $prenom): array
{
    return [
        'organisme' => 'M011',
        'carte' => [
            'numeroAmc' => '00990011', 'typeConvention' => 'TP', 'csr' => '003', 'numeroAdherent' => $adherent,
            'valideDu' => '2024-01-01', 'valideAu' => '2024-12-31',
        ],
        'assure' => ['nir' => $nir],
        'beneficiaire' => [
            'dateNaissance' => $ne_le, 'rangNaissance' => 1, 'nom' => $nom, 'prenom' => $prenom,
            'qualite' => 'ASSURE',
        ],
    ];
}

$alice = personne('A1234567', '285057599900197', '1985-05-12', 'DUPRE', 'ALICE');
$paul = personne('B7654321', '179037599900220', '1979-03-14', 'BERNIER', 'PAUL');
$prix = ['classe' => 'B', 'remise' => '0.00', 'quantite' => 1];
$verre = $prix + ['type' => 'VERRE', 'zone' => 'SIMPLE', 'lpp' => '2299121', 'prix' => '90.00'];
$lignes = [
    $prix + ['numero' => 1, 'type' => 'MONTURE', 'lpp' => '2299026', 'prix' => '120.00'],
    $verre + ['numero' => 2, 'oeil' => 'D'],
    $verre + ['numero' => 3, 'oeil' => 'G'],
];
$droits = ['dateSoins' => '2024-01-31'] + $alice;
$demande = $droits + [
    'dossier' => 'D-PHP',
    'prescription' => [
        'datePrescription' => '2023-11-02', 'type' => 'RENOUVELLEMENT', 'prescripteur' => '10101010105',
    ],
    'equipementPrecedent' => ['dateFacturation' => '2021-06-15'],
    'equipement' => ['numero' => 1, 'type' => 'UNIFOCAL', 'ligne' => $lignes],
];
$devis = $demande + ['reference' => 'D-PHP/DEV-1'];
$pec = $demande + [
    'reference' => 'D-PHP/PEC-1', 'consentement' => ['donne' => true, 'dateConsentement' => '2024-01-31'],
];
$facture = $paul + [
    'dossier' => 'D-DEMO-1', 'reference' => 'D-DEMO-1/FAC-1', 'numeroPec' => 'V240124000001',
    'numeroFacture' => '240131001', 'dateFacture' => '2024-01-31', 'dateDelivrance' => '2024-01-30',
    'montants' => ['total' => '300.00', 'partAmo' => '0.09', 'partAmc' => '179.91', 'resteACharge' => '120.00'],
    'ligne' => $lignes,
];
$piece = [
    'type' => 'ORDONNANCE', 'nom' => 'ordonnance.pdf', 'mime' => 'application/pdf',
    'contenu' => '%PDF-1.4 essai', // raw bytes: the stack writes the base64
];
$logiques = [
    'droits' => 'DROITS', 'prises-en-charge' => 'PEC', 'facturation' => 'FACTURE', 'retours' => 'RETOURS',
    'authentification' => 'AUTHENTIFICATION',
];

foreach ($logiques as $chemin => $service) {
    operation($chemin, 'EtatService', ['service' => $service], function () use ($chemin, $service) {
        $reponse = traite($chemin, 'EtatService', ['service' => $service]);
        egal('ouvert', [$reponse->service, $reponse->ouvert], [$service, true]);
    });
}
operation('droits', 'ConsulterDroits', $droits, function () use ($droits) {
    $reponse = traite('droits', 'ConsulterDroits', $droits);
    egal('statutDroits', [$reponse->statutDroits, $reponse->organisme], ['OUVERTS', 'M011']);
    egal('pecRequise', $reponse->droits->pecRequise, true);
    egal('dernierEquipement', $reponse->droits->dernierEquipement, '2021-06-15');
});
$panier = ['organisme' => 'M011', 'carte' => $alice['carte']];
$panier += ['dateSoins' => '2024-01-31', 'typeEquipement' => 'UNIFOCAL'];
operation('droits', 'RechercherPanier', $panier, function () use ($panier) {
    $offres = traite('droits', 'RechercherPanier', $panier)->offre;
    egal('offres à un prix', $offres !== [] && min(array_column($offres, 'prix')) > '0.00', true);
});
operation('droits', 'ListerOrganismes', [], function () {
    $organismes = traite('droits', 'ListerOrganismes', [])->organisme;
    egal('numeroAmc de M011', array_column($organismes, 'numeroAmc', 'code')['M011'] ?? null, '00990011');
});
operation('prises-en-charge', 'DeposerDevis', ['demande' => $devis], function () use ($devis) {
    $reponse = traite('prises-en-charge', 'DeposerDevis', ['demande' => $devis])->devis;
    egal('etat', $reponse->etat, 'Chiffre');
    montants($reponse->montants);
});
operation('prises-en-charge', 'DemanderPriseEnCharge', ['demande' => $pec], function () use ($pec) {
    $accordee = traite('prises-en-charge', 'DemanderPriseEnCharge', ['demande' => $pec])->priseEnCharge;
    egal('etat', $accordee->etat, 'Accordee');
    egal('valideAu', [$accordee->valideAu, $accordee->facturableJusquAu], ['2024-03-31', '2024-04-30']);
    montants($accordee->montants);
});
$recherche = ['reference' => 'D-PHP/PEC-1'];
operation('prises-en-charge', 'ConsulterPriseEnCharge', $recherche, function () use ($recherche) {
    [$trouvee] = traite('prises-en-charge', 'ConsulterPriseEnCharge', $recherche)->priseEnCharge;
    $par_numero = ['numero' => $trouvee->numero];
    [$la_meme] = traite('prises-en-charge', 'ConsulterPriseEnCharge', $par_numero)->priseEnCharge;
    egal('reference', $la_meme->reference, 'D-PHP/PEC-1');
    montants($la_meme->montants);
});
$annulation = ['numero' => 'V240124000002', 'reference' => 'D-DEMO-2/ANN-1'];
$annulation += ['motifAnnulation' => 'CHANGEMENT_EQUIPEMENT'];
operation('prises-en-charge', 'AnnulerPriseEnCharge', $annulation, function () use ($annulation) {
    $reponse = traite('prises-en-charge', 'AnnulerPriseEnCharge', $annulation);
    egal('suite', [$reponse->suite, $reponse->numero], ['DEMANDEE', 'V240124000002']);
});
$depot = ['numero' => 'V240124000003', 'reference' => 'D-DEMO-3/PJ-1', 'piece' => [$piece]];
operation('prises-en-charge', 'DeposerPieces', $depot, function () use ($depot) {
    egal('suite', traite('prises-en-charge', 'DeposerPieces', $depot)->suite, 'RECUES');
});
operation('facturation', 'DeposerFacture', ['facture' => $facture], function () use ($facture) {
    $reponse = traite('facturation', 'DeposerFacture', ['facture' => $facture]);
    egal('accuse', [$reponse->accuse, $reponse->facture->numeroFacture], ['POSITIF', '240131001']);
});
operation('facturation', 'ConsulterFacture', ['numeroFacture' => '240120001'], function () {
    [$connue] = traite('facturation', 'ConsulterFacture', ['numeroFacture' => '240120001'])->facture;
    egal('etat', [$connue->etat, $connue->montantAmc], ['Acceptee', '179.91']);
    [$la_notre] = traite('facturation', 'ConsulterFacture', ['reference' => 'D-DEMO-1/FAC-1'])->facture;
    egal('numeroPec', $la_notre->numeroPec, 'V240124000001');
});
$annulation = ['numeroFacture' => '240120002', 'reference' => 'D-DEMO-5/ANN-1'];
$annulation += ['motifAnnulation' => 'ERREUR_SAISIE'];
operation('facturation', 'AnnulerFacture', $annulation, function () use ($annulation) {
    $reponse = traite('facturation', 'AnnulerFacture', $annulation);
    egal('suite', [$reponse->suite, $reponse->numeroFacture], ['CONFIRMEE', '240120002']);
});
operation('retours', 'ListerRetours', [], function () {
    [$bordereau] = traite('retours', 'ListerRetours', [])->bordereau;
    egal('total', $bordereau->total, '179.91');
    [$paiement] = $bordereau->ligne;
    egal('ligne', [$paiement->numeroFacture, $paiement->montantPaye], ['240110003', '179.91']);
});
$ouverture = ['identifiant' => MAGASIN];
operation('authentification', 'OuvrirSession', $ouverture, function () use ($ouverture) {
    egal('jetonSession', traite('authentification', 'OuvrirSession', $ouverture)->jetonSession !== '', true);
});
operation('authentification', 'FermerSession', ['jetonSession' => 'jeton'], function () use ($ouverture) {
    $jeton = traite('authentification', 'OuvrirSession', $ouverture)->jetonSession;
    egal('fermee', traite('authentification', 'FermerSession', ['jetonSession' => $jeton])->fermee, true);
});

$mauvaise_cle = ['demande' => ['assure' => ['nir' => '285057599900198']] + $pec];
$lieu = '/Envelope/Body/DemanderPriseEnCharge/demande/assure/nir';
cas('viamedis', 'prises-en-charge', 'DemanderPriseEnCharge', 'faute_nir', function () use ($mauvaise_cle, $lieu) {
    refuse('NIR_CLE', $lieu, fn() => appelle('prises-en-charge', 'DemanderPriseEnCharge', $mauvaise_cle));
});
