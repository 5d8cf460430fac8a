<?php
// The almerys-style dialect with PHP's SoapClient: php almerys.php VERSION BASE.
// Amounts are integer centimes, dates AAAAMMJJ, the NIR is cut in 13 characters and its key.
require __DIR__ . '/rapport.php';

const CHEMIN = 'tiers-payant';
const ESPACE = 'urn:example:tp-optique:guichet:1';
const MAGASIN = '759999014';

[, $version, $base] = $argv;
$suffixe = $version === '1.2' ? '?wsdl=soap12' : '?wsdl';
$client = new SoapClient("$base/" . CHEMIN . $suffixe, [
    'soap_version' => $version === '1.2' ? SOAP_1_2 : SOAP_1_1,
    'features' => SOAP_SINGLE_ELEMENT_ARRAYS, // without it, a list of one comes as the element itself
    'cache_wsdl' => WSDL_CACHE_NONE,
]);

// One call with its business header. Every idMessage is new; the answer must echo it.
function appelle(string $operation, array $champs, string $magasin = MAGASIN): object
{
    global $client;
    static $numero = 0;
    $id = 'php-' . ++$numero;
    $entete = ['idMessage' => $id, 'magasin' => $magasin, 'horodatage' => '2024-01-31T10:00:00+01:00'];
    $en_tete = new SoapHeader(ESPACE, 'enteteMessage', (object) $entete);
    $reponse = $client->__soapCall($operation, [$champs], null, $en_tete);
    egal('idMessage', $reponse->idMessage, $id);
    return $reponse;
}

function traite(string $operation, array $champs): object
{
    $reponse = appelle($operation, $champs);
    egal('codeRetour', $reponse->retour->codeRetour, '0000');
    return $reponse;
}

function refuse(string $regle, string $chemin, callable $appel): void
{
    $incident = detail_de_la_faute('incidentTechnique', $appel);
    egal('codeIncident', $incident->codeIncident, '9105');
    egal('regle', $incident->regle, $regle);
    egal('chemin', $incident->chemin, $chemin);
}

// The two cases of an operation: the good call, and the same question from a shop that has no valid number.
function operation(string $nom, array $champs, callable $appel): void
{
    cas('almerys', CHEMIN, $nom, 'nominal', $appel);
    $mauvais = fn() => appelle($nom, $champs, 'MAGASIN');
    $lieu = '/Envelope/Header/enteteMessage/magasin';
    cas('almerys', CHEMIN, $nom, 'faute', fn() => refuse('VALEUR_FORME', $lieu, $mauvais));
}

function montants(object $vus): void
{
    egal('total', [$vus->total, $vus->partAMO, $vus->partAMC, $vus->resteACharge], [30000, 9, 17991, 12000]);
    $lignes = array_map(fn($part) => [$part->partAMO, $part->partAMC, $part->resteACharge], $vus->partArticle);
    egal('partArticle', $lignes, [[3, 4997, 7000], [3, 6497, 2500], [3, 6497, 2500]]);
}

$attestation = [
    'numeroAMC' => '990020020', 'typeConvention' => 'TP', 'numeroAdherent' => 'C2345678',
    'debutValidite' => '20240101', 'finValidite' => '20241231',
];
$ouvrant_droit = ['nir' => '1900975999003', 'cleNir' => '61'];
$individu = [
    'dateNaissance' => '19900923', 'rangNaissance' => 1, 'nom' => 'LEROUX', 'prenom' => 'HUGO', 'lien' => 'OD',
];
$prix = ['classe' => 'B', 'remise' => 0, 'quantite' => 1];
$verre = $prix + ['nature' => 'VER', 'zoneOptique' => 'S', 'codeLPP' => '2299121', 'prixUnitaire' => 9000];
$articles = [
    $prix + ['numeroArticle' => 1, 'nature' => 'MON', 'codeLPP' => '2299026', 'prixUnitaire' => 12000],
    $verre + ['numeroArticle' => 2, 'cote' => 'OD'],
    $verre + ['numeroArticle' => 3, 'cote' => 'OG'],
];
$droits = [
    'dateSoins' => '20240131', 'attestation' => $attestation, 'ouvrantDroit' => $ouvrant_droit,
    'individu' => $individu,
];
$demande = $droits + [
    'referenceDossier' => 'D-PHP',
    'dateLivraisonPrevue' => '20240209',
    'ordonnance' => ['dateOrdonnance' => '20231102', 'nature' => 'R', 'numeroPrescripteur' => '10101010105'],
    'equipement' => ['rang' => 1, 'typeVision' => 'UNI', 'article' => $articles],
];
$devis = $demande + ['typeDemande' => 'DEVIS', 'referenceDemande' => 'D-PHP/DEV-1'];
$pec = $demande + [
    'typeDemande' => 'PEC', 'referenceDemande' => 'D-PHP/PEC-1',
    'consentement' => ['recueilli' => true, 'dateRecueil' => '20240131'],
];
$facture = [
    'referenceDossier' => 'D-DEMO-1', 'referenceFacture' => 'D-DEMO-1/FAC-1', 'numeroDossier' => '20240124000001',
    'numeroFacture' => '240131001', 'dateFacture' => '20240131', 'dateDelivrance' => '20240130',
    'attestation' => ['numeroAdherent' => 'D8765432'] + $attestation,
    'ouvrantDroit' => ['nir' => '2720675999004', 'cleNir' => '68'],
    'individu' => ['dateNaissance' => '19720630', 'nom' => 'MOREL', 'prenom' => 'JEANNE'] + $individu,
    'valorisation' => ['total' => 30000, 'partAMO' => 9, 'partAMC' => 17991, 'resteACharge' => 12000],
    'article' => $articles,
];
$piece = [
    'nature' => 'ORD', 'nomFichier' => 'ordonnance.pdf', 'typeMime' => 'application/pdf',
    'contenu' => '%PDF-1.4 essai', // raw bytes: the stack writes the base64
];
$ouverture = ['identifiant' => MAGASIN];

operation('EtatService', ['serviceLogique' => 'pec'], function () {
    egal('disponible', traite('EtatService', ['serviceLogique' => 'pec'])->disponible, true);
});
operation('IdentifierBeneficiaire', $droits, function () use ($droits) {
    $reponse = traite('IdentifierBeneficiaire', $droits);
    egal('situation', $reponse->situation, 'OUVERTS');
    egal('codeOrganisme', $reponse->codeOrganisme, 'A020');
    egal('accordPrealable', $reponse->droitsOuverts->accordPrealable, true);
});
$panier = ['dateSoins' => '20240131', 'attestation' => $attestation, 'typeVision' => 'UNI'];
operation('RechercherPanier', $panier, function () use ($panier) {
    $offres = traite('RechercherPanier', $panier)->offre;
    egal('offres à un prix', $offres !== [] && min(array_column($offres, 'prixNegocie')) > 0, true);
});
operation('Valoriser', $pec, function () use ($devis, $pec) {
    montants(traite('Valoriser', $devis)->dossier->valorisation);
    $dossier = traite('Valoriser', $pec)->dossier;
    egal('etat', $dossier->etat, 'VALIDEE');
    egal('finValidite', [$dossier->finValidite, $dossier->finFacturation], ['20240331', '20240430']);
    montants($dossier->valorisation);
});
$recherche = ['referenceDemande' => 'D-PHP/PEC-1'];
operation('ConsulterDossier', $recherche, function () use ($recherche) {
    [$dossier] = traite('ConsulterDossier', $recherche)->dossier;
    [$le_meme] = traite('ConsulterDossier', ['numeroDossier' => $dossier->numeroDossier])->dossier;
    egal('referenceDemande', $le_meme->referenceDemande, 'D-PHP/PEC-1');
    montants($le_meme->valorisation);
});
$annulation = [
    'numeroDossier' => '20240124000002', 'referenceAnnulation' => 'D-DEMO-2/ANN-1', 'motifAnnulation' => 'CHG',
];
operation('AnnulerDossier', $annulation, function () use ($annulation) {
    $reponse = traite('AnnulerDossier', $annulation);
    egal('suite', [$reponse->suite, $reponse->numeroDossier], ['FAITE', '20240124000002']);
});
$depot = ['numeroDossier' => '20240124000003', 'referenceDepot' => 'D-DEMO-3/PJ-1', 'piece' => [$piece]];
operation('DeposerPieces', $depot, function () use ($depot) {
    egal('suite', traite('DeposerPieces', $depot)->suite, 'RECUES');
});
$lot = ['numeroLot' => 'L-PHP-1', 'facture' => [$facture]];
operation('DeposerLot', $lot, function () use ($lot) {
    $arl = traite('DeposerLot', $lot)->arl;
    egal('statut', $arl->statut, 'POSITIF');
    egal('numeroFacture', array_column($arl->facture, 'numeroFacture'), ['240131001']);
});
operation('ConsulterLot', ['numeroLot' => 'L-PHP-1'], function () {
    $arl = traite('ConsulterLot', ['numeroLot' => 'L-PHP-1'])->arl;
    egal('montantDemande', array_column($arl->facture, 'montantDemande'), [17991]);
});
operation('ConsulterFacture', ['numeroFacture' => '240120001'], function () {
    [$connue] = traite('ConsulterFacture', ['numeroFacture' => '240120001'])->facture;
    egal('etat', [$connue->etat, $connue->montantDemande], ['LIQUIDEE', 17991]);
    [$la_notre] = traite('ConsulterFacture', ['referenceFacture' => 'D-DEMO-1/FAC-1'])->facture;
    egal('numeroDossier', $la_notre->numeroDossier, '20240124000001');
});
$annulation = [
    'numeroFacture' => '240120002', 'referenceAnnulation' => 'D-DEMO-5/ANN-1', 'motifAnnulation' => 'ERR',
];
operation('AnnulerFacture', $annulation, function () use ($annulation) {
    $reponse = traite('AnnulerFacture', $annulation);
    egal('suite', [$reponse->suite, $reponse->numeroFacture], ['FAITE', '240120002']);
});
operation('ReleverBordereaux', ['nombreMaximum' => 100], function () {
    [$bordereau] = traite('ReleverBordereaux', ['nombreMaximum' => 100])->bordereau;
    egal('montantVirement', $bordereau->montantVirement, 17991);
    [$ligne] = $bordereau->ligne;
    $vue = [$ligne->nature, $ligne->numeroFacture, $ligne->montantRegle];
    egal('ligne', $vue, ['REGLEMENT', '240110003', 17991]);
});
operation('OuvrirSession', $ouverture, function () use ($ouverture) {
    egal('jetonSession', traite('OuvrirSession', $ouverture)->jetonSession !== '', true);
});
operation('FermerSession', ['jetonSession' => 'jeton'], function () use ($ouverture) {
    $jeton = traite('OuvrirSession', $ouverture)->jetonSession;
    egal('fermee', traite('FermerSession', ['jetonSession' => $jeton])->fermee, true);
});

$mauvaise_cle = ['ouvrantDroit' => ['cleNir' => '62'] + $ouvrant_droit] + $pec;
$lieu = '/Envelope/Body/Valoriser/ouvrantDroit/cleNir';
cas('almerys', CHEMIN, 'Valoriser', 'faute_nir', function () use ($mauvaise_cle, $lieu) {
    refuse('NIR_CLE', $lieu, fn() => appelle('Valoriser', $mauvaise_cle));
});
