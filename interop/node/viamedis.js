// The viamedis-style dialect with npm's soap: node viamedis.js VERSION BASE.
// Five services share one business header. Amounts are decimal euros written as strings ('120.00'): a JavaScript
// number would lose its two decimals. The stack writes fields in the order of the object: keep the order of the XSD.
'use strict';
const soap = require('soap');
const { egal, cas, detailDeLaFaute } = require('./rapport.js');

const COMMUN = 'urn:example:tp-optique:services:commun';
const MAGASIN = '759999014';
const SERVICES = {
  'droits': 'DROITS', 'prises-en-charge': 'PEC', 'facturation': 'FACTURE', 'retours': 'RETOURS',
  'authentification': 'AUTHENTIFICATION',
};
const [version, base] = process.argv.slice(2);
const clients = {};
let numero = 0;

// One call with its business header. Every idMessage is new; the answer must echo it.
async function appelle(chemin, operation, champs, magasin = MAGASIN) {
  const idMessage = `node-${++numero}`;
  const entete = { idMessage, magasin, horodatage: '2024-01-31T10:00:00+01:00' };
  const client = clients[chemin];
  client.clearSoapHeaders();
  client.addSoapHeader({ entete }, '', 'c', COMMUN);
  const [reponse] = await client[`${operation}Async`](champs);
  egal('idMessage', reponse.idMessage, idMessage);
  return reponse;
}

async function traite(chemin, operation, champs) {
  const reponse = await appelle(chemin, operation, champs);
  egal('statut', reponse.compteRendu.statut, 'TRAITE');
  return reponse;
}

async function refuse(regle, lieu, appel) {
  const faute = await detailDeLaFaute('fauteTechnique', appel);
  egal('code', faute.code, 'MESSAGE_NON_CONFORME');
  egal('regle', [faute.regle, faute.chemin], [regle, lieu]);
}

// The two cases of an operation: the good call, and the same question from a shop that has no valid number.
async function operation(chemin, nom, champs, appel) {
  await cas('viamedis', chemin, nom, 'nominal', appel);
  const lieu = '/Envelope/Header/entete/magasin';
  await cas('viamedis', chemin, nom, 'faute', () =>
    refuse('VALEUR_FORME', lieu, () => appelle(chemin, nom, champs, 'MAGASIN')));
}

function montants(vus) {
  const totaux = [vus.total, vus.partAmo, vus.partAmc, vus.resteACharge];
  egal('montants', totaux, ['300.00', '0.09', '179.91', '120.00']);
  const details = vus.detail.map(({ partAmo, partAmc, resteACharge }) => [partAmo, partAmc, resteACharge]);
  const verre = ['0.03', '64.97', '25.00'];
  egal('detail', details, [['0.03', '49.97', '70.00'], verre, verre]);
}

// The blocks that say who: the insurer the shop picked, card, policy holder, wearer.
const personne = (numeroAdherent, nir, dateNaissance, nom, prenom) => ({
  organisme: 'M011',
  carte: {
    numeroAmc: '00990011', typeConvention: 'TP', csr: '003', numeroAdherent, valideDu: '2024-01-01',
    valideAu: '2024-12-31',
  },
  assure: { nir },
  beneficiaire: { dateNaissance, rangNaissance: 1, nom, prenom, qualite: 'ASSURE' },
});
const alice = personne('A1234567', '285057599900197', '1985-05-12', 'DUPRE', 'ALICE');
const paul = personne('B7654321', '179037599900220', '1979-03-14', 'BERNIER', 'PAUL');
const prix = (montant) => ({ classe: 'B', prix: montant, remise: '0.00', quantite: 1 });
const verre = { zone: 'SIMPLE', lpp: '2299121', ...prix('90.00') };
const ligne = [
  { numero: 1, type: 'MONTURE', lpp: '2299026', ...prix('120.00') },
  { numero: 2, type: 'VERRE', oeil: 'D', ...verre },
  { numero: 3, type: 'VERRE', oeil: 'G', ...verre },
];
const droits = { dateSoins: '2024-01-31', ...alice };
const panier = {
  dateSoins: '2024-01-31', organisme: 'M011', carte: alice.carte, typeEquipement: 'UNIFOCAL',
};
const demande = (reference) => ({
  dossier: 'D-NODE',
  reference,
  ...droits,
  prescription: { datePrescription: '2023-11-02', type: 'RENOUVELLEMENT', prescripteur: '10101010105' },
  equipementPrecedent: { dateFacturation: '2021-06-15' },
  equipement: { numero: 1, type: 'UNIFOCAL', ligne },
});
const devis = { demande: demande('D-NODE/DEV-1') };
const consentement = { donne: true, dateConsentement: '2024-01-31' };
const pec = { demande: { ...demande('D-NODE/PEC-1'), consentement } };
const annulation = {
  numero: 'V240124000002', reference: 'D-DEMO-2/ANN-1', motifAnnulation: 'CHANGEMENT_EQUIPEMENT',
};
const piece = {
  type: 'ORDONNANCE', nom: 'ordonnance.pdf', mime: 'application/pdf',
  contenu: Buffer.from('%PDF-1.4 essai').toString('base64'), // this stack writes what it is given
};
const depot = { numero: 'V240124000003', reference: 'D-DEMO-3/PJ-1', piece: [piece] };
const facture = {
  dossier: 'D-DEMO-1',
  reference: 'D-DEMO-1/FAC-1',
  numeroPec: 'V240124000001',
  numeroFacture: '240131001',
  dateFacture: '2024-01-31',
  dateDelivrance: '2024-01-30',
  ...paul,
  montants: { total: '300.00', partAmo: '0.09', partAmc: '179.91', resteACharge: '120.00' },
  ligne,
};
const annulationFacture = {
  numeroFacture: '240120002', reference: 'D-DEMO-5/ANN-1', motifAnnulation: 'ERREUR_SAISIE',
};
const ouverture = { identifiant: MAGASIN };

async function serviceDroits() {
  await operation('droits', 'ConsulterDroits', droits, async () => {
    const reponse = await traite('droits', 'ConsulterDroits', droits);
    egal('statutDroits', [reponse.statutDroits, reponse.organisme], ['OUVERTS', 'M011']);
    egal('pecRequise', reponse.droits.pecRequise, true);
    egal('dernierEquipement', reponse.droits.dernierEquipement, '2021-06-15');
  });
  await operation('droits', 'RechercherPanier', panier, async () => {
    const { offre } = await traite('droits', 'RechercherPanier', panier);
    egal('offres à un prix', offre.length > 0 && offre.every((une) => Number(une.prix) > 0), true);
  });
  await operation('droits', 'ListerOrganismes', {}, async () => {
    const { organisme } = await traite('droits', 'ListerOrganismes', {});
    egal('numeroAmc de M011', organisme.find(({ code }) => code === 'M011')?.numeroAmc, '00990011');
  });
}

async function servicePrisesEnCharge() {
  const chemin = 'prises-en-charge';
  await operation(chemin, 'DeposerDevis', devis, async () => {
    const reponse = await traite(chemin, 'DeposerDevis', devis);
    egal('etat', reponse.devis.etat, 'Chiffre');
    montants(reponse.devis.montants);
  });
  await operation(chemin, 'DemanderPriseEnCharge', pec, async () => {
    const { priseEnCharge } = await traite(chemin, 'DemanderPriseEnCharge', pec);
    egal('etat', priseEnCharge.etat, 'Accordee');
    egal('valideAu', [priseEnCharge.valideAu, priseEnCharge.facturableJusquAu], ['2024-03-31', '2024-04-30']);
    montants(priseEnCharge.montants);
  });
  const recherche = { reference: 'D-NODE/PEC-1' };
  await operation(chemin, 'ConsulterPriseEnCharge', recherche, async () => {
    const [{ numero: numeroPec }] = (await traite(chemin, 'ConsulterPriseEnCharge', recherche)).priseEnCharge;
    const [laMeme] = (await traite(chemin, 'ConsulterPriseEnCharge', { numero: numeroPec })).priseEnCharge;
    egal('reference', laMeme.reference, 'D-NODE/PEC-1');
    montants(laMeme.montants);
  });
  await operation(chemin, 'AnnulerPriseEnCharge', annulation, async () => {
    const reponse = await traite(chemin, 'AnnulerPriseEnCharge', annulation);
    egal('suite', [reponse.suite, reponse.numero], ['DEMANDEE', 'V240124000002']);
  });
  await operation(chemin, 'DeposerPieces', depot, async () => {
    egal('suite', (await traite(chemin, 'DeposerPieces', depot)).suite, 'RECUES');
  });
  const mauvaiseCle = { demande: { ...pec.demande, assure: { nir: '285057599900198' } } };
  const lieu = '/Envelope/Body/DemanderPriseEnCharge/demande/assure/nir';
  await cas('viamedis', chemin, 'DemanderPriseEnCharge', 'faute_nir', () =>
    refuse('NIR_CLE', lieu, () => appelle(chemin, 'DemanderPriseEnCharge', mauvaiseCle)));
}

async function serviceFacturation() {
  const chemin = 'facturation';
  await operation(chemin, 'DeposerFacture', { facture }, async () => {
    const reponse = await traite(chemin, 'DeposerFacture', { facture });
    egal('accuse', [reponse.accuse, reponse.facture.numeroFacture], ['POSITIF', '240131001']);
  });
  await operation(chemin, 'ConsulterFacture', { numeroFacture: '240120001' }, async () => {
    const [connue] = (await traite(chemin, 'ConsulterFacture', { numeroFacture: '240120001' })).facture;
    egal('etat', [connue.etat, connue.montantAmc], ['Acceptee', '179.91']);
    const [laNotre] = (await traite(chemin, 'ConsulterFacture', { reference: 'D-DEMO-1/FAC-1' })).facture;
    egal('numeroPec', laNotre.numeroPec, 'V240124000001');
  });
  await operation(chemin, 'AnnulerFacture', annulationFacture, async () => {
    const { suite, numeroFacture } = await traite(chemin, 'AnnulerFacture', annulationFacture);
    egal('suite', [suite, numeroFacture], ['CONFIRMEE', '240120002']);
  });
}

async function lesAutres() {
  await operation('retours', 'ListerRetours', {}, async () => {
    const [bordereau] = (await traite('retours', 'ListerRetours', {})).bordereau;
    const [paiement] = bordereau.ligne;
    egal('total', bordereau.total, '179.91');
    egal('ligne', [paiement.numeroFacture, paiement.montantPaye], ['240110003', '179.91']);
  });
  await operation('authentification', 'OuvrirSession', ouverture, async () => {
    const { jetonSession } = await traite('authentification', 'OuvrirSession', ouverture);
    egal('jetonSession', Boolean(jetonSession), true);
  });
  await operation('authentification', 'FermerSession', { jetonSession: 'jeton' }, async () => {
    const { jetonSession } = await traite('authentification', 'OuvrirSession', ouverture);
    egal('fermee', (await traite('authentification', 'FermerSession', { jetonSession })).fermee, true);
  });
}

async function main() {
  const options = { forceSoap12Headers: version === '1.2', disableCache: true };
  for (const [chemin, service] of Object.entries(SERVICES)) {
    const url = `${base}/${chemin}?wsdl${version === '1.2' ? '=soap12' : ''}`;
    clients[chemin] = await soap.createClientAsync(url, { ...options });
    await operation(chemin, 'EtatService', { service }, async () => {
      const reponse = await traite(chemin, 'EtatService', { service });
      egal('ouvert', [reponse.service, reponse.ouvert], [service, true]);
    });
  }
  await serviceDroits();
  await servicePrisesEnCharge();
  await serviceFacturation();
  await lesAutres();
}

main();
