// The almerys-style dialect with npm's soap: node almerys.js VERSION BASE.
// Amounts are integer centimes, dates AAAAMMJJ, the NIR is cut in 13 characters and its key.
// The stack writes fields in the order of the object: keep the order of the XSD.
'use strict';
const soap = require('soap');
const { egal, cas, detailDeLaFaute } = require('./rapport.js');

const CHEMIN = 'tiers-payant';
const ESPACE = 'urn:example:tp-optique:guichet:1';
const MAGASIN = '759999014';
const [version, base] = process.argv.slice(2);
let client;
let numero = 0;

// One call with its business header. Every idMessage is new; the answer must echo it.
async function appelle(operation, champs, magasin = MAGASIN) {
  const idMessage = `node-${++numero}`;
  const enteteMessage = { idMessage, magasin, horodatage: '2024-01-31T10:00:00+01:00' };
  client.clearSoapHeaders();
  client.addSoapHeader({ enteteMessage }, '', 'g', ESPACE);
  const [reponse] = await client[`${operation}Async`](champs);
  egal('idMessage', reponse.idMessage, idMessage);
  return reponse;
}

async function traite(operation, champs) {
  const reponse = await appelle(operation, champs);
  egal('codeRetour', reponse.retour.codeRetour, '0000');
  return reponse;
}

async function refuse(regle, chemin, appel) {
  const incident = await detailDeLaFaute('incidentTechnique', appel);
  egal('codeIncident', incident.codeIncident, '9105');
  egal('regle', [incident.regle, incident.chemin], [regle, chemin]);
}

// The two cases of an operation: the good call, and the same question from a shop that has no valid number.
async function operation(nom, champs, appel) {
  await cas('almerys', CHEMIN, nom, 'nominal', appel);
  const lieu = '/Envelope/Header/enteteMessage/magasin';
  await cas('almerys', CHEMIN, nom, 'faute', () =>
    refuse('VALEUR_FORME', lieu, () => appelle(nom, champs, 'MAGASIN')));
}

// The stack knows xs:int but not the contract's own types: what is restricted comes as its text.
function montants(vus) {
  egal('total', [vus.total, vus.partAMO, vus.partAMC, vus.resteACharge].map(Number), [30000, 9, 17991, 12000]);
  const lignes = vus.partArticle.map((part) => [part.partAMO, part.partAMC, part.resteACharge].map(Number));
  egal('partArticle', lignes, [[3, 4997, 7000], [3, 6497, 2500], [3, 6497, 2500]]);
}

const carte = (numeroAdherent) => ({
  numeroAMC: '990020020', typeConvention: 'TP', numeroAdherent, debutValidite: '20240101', finValidite: '20241231',
});
const hugo = { dateNaissance: '19900923', rangNaissance: 1, nom: 'LEROUX', prenom: 'HUGO', lien: 'OD' };
const jeanne = { dateNaissance: '19720630', rangNaissance: 1, nom: 'MOREL', prenom: 'JEANNE', lien: 'OD' };
const prix = (prixUnitaire) => ({ classe: 'B', prixUnitaire, remise: 0, quantite: 1 });
const verre = { zoneOptique: 'S', codeLPP: '2299121', ...prix(9000) };
const article = [
  { numeroArticle: 1, nature: 'MON', codeLPP: '2299026', ...prix(12000) },
  { numeroArticle: 2, nature: 'VER', cote: 'OD', ...verre },
  { numeroArticle: 3, nature: 'VER', cote: 'OG', ...verre },
];
const droits = {
  dateSoins: '20240131',
  attestation: carte('C2345678'),
  ouvrantDroit: { nir: '1900975999003', cleNir: '61' },
  individu: hugo,
};
const panier = { dateSoins: '20240131', attestation: carte('C2345678'), typeVision: 'UNI' };
const demande = (typeDemande, referenceDemande) => ({
  typeDemande,
  referenceDossier: 'D-NODE',
  referenceDemande,
  dateSoins: '20240131',
  dateLivraisonPrevue: '20240209',
  attestation: droits.attestation,
  ouvrantDroit: droits.ouvrantDroit,
  individu: hugo,
  ordonnance: { dateOrdonnance: '20231102', nature: 'R', numeroPrescripteur: '10101010105' },
  equipement: { rang: 1, typeVision: 'UNI', article },
});
const devis = demande('DEVIS', 'D-NODE/DEV-1');
const pec = { ...demande('PEC', 'D-NODE/PEC-1'), consentement: { recueilli: true, dateRecueil: '20240131' } };
const annulation = {
  numeroDossier: '20240124000002', referenceAnnulation: 'D-DEMO-2/ANN-1', motifAnnulation: 'CHG',
};
const piece = {
  nature: 'ORD', nomFichier: 'ordonnance.pdf', typeMime: 'application/pdf',
  contenu: Buffer.from('%PDF-1.4 essai').toString('base64'), // this stack writes what it is given
};
const depot = { numeroDossier: '20240124000003', referenceDepot: 'D-DEMO-3/PJ-1', piece: [piece] };
const facture = {
  referenceDossier: 'D-DEMO-1',
  referenceFacture: 'D-DEMO-1/FAC-1',
  numeroDossier: '20240124000001',
  numeroFacture: '240131001',
  dateFacture: '20240131',
  dateDelivrance: '20240130',
  attestation: carte('D8765432'),
  ouvrantDroit: { nir: '2720675999004', cleNir: '68' },
  individu: jeanne,
  valorisation: { total: 30000, partAMO: 9, partAMC: 17991, resteACharge: 12000 },
  article,
};
const lot = { numeroLot: 'L-NODE-1', facture: [facture] };
const annulationFacture = {
  numeroFacture: '240120002', referenceAnnulation: 'D-DEMO-5/ANN-1', motifAnnulation: 'ERR',
};
const ouverture = { identifiant: MAGASIN };

async function main() {
  const url = `${base}/${CHEMIN}?wsdl${version === '1.2' ? '=soap12' : ''}`;
  client = await soap.createClientAsync(url, { forceSoap12Headers: version === '1.2', disableCache: true });

  await operation('EtatService', { serviceLogique: 'pec' }, async () => {
    egal('disponible', (await traite('EtatService', { serviceLogique: 'pec' })).disponible, true);
  });
  await operation('IdentifierBeneficiaire', droits, async () => {
    const reponse = await traite('IdentifierBeneficiaire', droits);
    egal('situation', [reponse.situation, reponse.codeOrganisme], ['OUVERTS', 'A020']);
    egal('accordPrealable', reponse.droitsOuverts.accordPrealable, true);
  });
  await operation('RechercherPanier', panier, async () => {
    const { offre } = await traite('RechercherPanier', panier);
    egal('offres à un prix', offre.length > 0 && offre.every(({ prixNegocie }) => prixNegocie > 0), true);
  });
  await operation('Valoriser', pec, async () => {
    montants((await traite('Valoriser', devis)).dossier.valorisation);
    const { dossier } = await traite('Valoriser', pec);
    egal('etat', dossier.etat, 'VALIDEE');
    egal('finValidite', [dossier.finValidite, dossier.finFacturation], ['20240331', '20240430']);
    montants(dossier.valorisation);
  });
  const recherche = { referenceDemande: 'D-NODE/PEC-1' };
  await operation('ConsulterDossier', recherche, async () => {
    const [{ numeroDossier }] = (await traite('ConsulterDossier', recherche)).dossier;
    const [leMeme] = (await traite('ConsulterDossier', { numeroDossier })).dossier;
    egal('referenceDemande', leMeme.referenceDemande, 'D-NODE/PEC-1');
    montants(leMeme.valorisation);
  });
  await operation('AnnulerDossier', annulation, async () => {
    const { suite, numeroDossier } = await traite('AnnulerDossier', annulation);
    egal('suite', [suite, numeroDossier], ['FAITE', '20240124000002']);
  });
  await operation('DeposerPieces', depot, async () => {
    egal('suite', (await traite('DeposerPieces', depot)).suite, 'RECUES');
  });
  await operation('DeposerLot', lot, async () => {
    const { arl } = await traite('DeposerLot', lot);
    egal('statut', arl.statut, 'POSITIF');
    egal('numeroFacture', arl.facture.map(({ numeroFacture }) => numeroFacture), ['240131001']);
  });
  await operation('ConsulterLot', { numeroLot: 'L-NODE-1' }, async () => {
    const { arl } = await traite('ConsulterLot', { numeroLot: 'L-NODE-1' });
    egal('montantDemande', arl.facture.map(({ montantDemande }) => Number(montantDemande)), [17991]);
  });
  await operation('ConsulterFacture', { numeroFacture: '240120001' }, async () => {
    const [connue] = (await traite('ConsulterFacture', { numeroFacture: '240120001' })).facture;
    egal('etat', [connue.etat, Number(connue.montantDemande)], ['LIQUIDEE', 17991]);
    const [laNotre] = (await traite('ConsulterFacture', { referenceFacture: 'D-DEMO-1/FAC-1' })).facture;
    egal('numeroDossier', laNotre.numeroDossier, '20240124000001');
  });
  await operation('AnnulerFacture', annulationFacture, async () => {
    const { suite, numeroFacture } = await traite('AnnulerFacture', annulationFacture);
    egal('suite', [suite, numeroFacture], ['FAITE', '240120002']);
  });
  await operation('ReleverBordereaux', { nombreMaximum: 100 }, async () => {
    const [{ montantVirement, ligne: [ligne] }] = (await traite('ReleverBordereaux', { nombreMaximum: 100 })).bordereau;
    egal('montantVirement', Number(montantVirement), 17991);
    const vue = [ligne.nature, ligne.numeroFacture, Number(ligne.montantRegle)];
    egal('ligne', vue, ['REGLEMENT', '240110003', 17991]);
  });
  await operation('OuvrirSession', ouverture, async () => {
    egal('jetonSession', Boolean((await traite('OuvrirSession', ouverture)).jetonSession), true);
  });
  await operation('FermerSession', { jetonSession: 'jeton' }, async () => {
    const { jetonSession } = await traite('OuvrirSession', ouverture);
    egal('fermee', (await traite('FermerSession', { jetonSession })).fermee, true);
  });

  const mauvaiseCle = { ...pec, ouvrantDroit: { nir: '1900975999003', cleNir: '62' } };
  const lieu = '/Envelope/Body/Valoriser/ouvrantDroit/cleNir';
  await cas('almerys', CHEMIN, 'Valoriser', 'faute_nir', () =>
    refuse('NIR_CLE', lieu, () => appelle('Valoriser', mauvaiseCle)));
}

main();
