// The almerys-style dialect with gSOAP: pilote BASE.
// Amounts are integer centimes, dates AAAAMMJJ, the NIR is cut in 13 characters and its key.
#include "TiersPayantBinding.nsmap"
#include "soapTiersPayantBindingProxy.h"

#include "rapport.hpp"

using Client = TiersPayantBindingProxy;
static const char *CHEMIN = "tiers-payant";
static Client *client;
static int numero;

// One call with its business header. Every idMessage is new.
template <class Q, class R>
int appelle(int (Client::*operation)(Q *, R &), Q &question, R &reponse, const std::string &magasin) {
    _g__enteteMessage entete;
    entete.idMessage = "gsoap-" + std::to_string(++numero);
    entete.magasin = magasin;
    entete.horodatage = MATIN;
    client->soap_header(&entete);
    return (client->*operation)(&question, reponse);
}

// A call that must come back with the return code of success, and echo our idMessage.
template <class Q, class R> R traite(int (Client::*operation)(Q *, R &), Q question) {
    R reponse;
    if (appelle(operation, question, reponse, MAGASIN) != SOAP_OK) throw echec(*client);
    egal("codeRetour", reponse.retour->codeRetour, "0000");
    egal("idMessage", reponse.idMessage, "gsoap-" + std::to_string(numero));
    return reponse;
}

template <class Q, class R>
void refuse(int (Client::*operation)(Q *, R &), Q question, const std::string &magasin, const char *regle,
            const char *lieu) {
    R reponse;
    if (appelle(operation, question, reponse, magasin) == SOAP_OK) throw std::runtime_error("aucune faute");
    const SOAP_ENV__Detail *detail = detail_de(*client);
    if (detail == nullptr || detail->g__incidentTechnique == nullptr) throw echec(*client);
    egal("codeIncident", detail->g__incidentTechnique->codeIncident, "9105");
    egal("regle", detail->g__incidentTechnique->regle, regle);
    egal("chemin", *detail->g__incidentTechnique->chemin, lieu);
}

// The two cases of an operation: the good call, and the same question from a shop that has no valid number.
template <class Q, class R>
void operation(const char *nom, int (Client::*methode)(Q *, R &), Q question, const std::function<void()> &nominal) {
    cas("almerys", CHEMIN, nom, "nominal", nominal);
    cas("almerys", CHEMIN, nom, "faute", [&] {
        refuse(methode, question, "MAGASIN", "VALEUR_FORME", "/Envelope/Header/enteteMessage/magasin");
    });
}

static g__AttestationType *attestation(const char *adherent) {
    g__AttestationType carte;
    carte.numeroAMC = "990020020";
    carte.typeConvention = "TP";
    carte.numeroAdherent = adherent;
    carte.debutValidite = "20240101";
    carte.finValidite = "20241231";
    return garde(carte);
}

static g__OuvrantDroitType *ouvrant_droit(const char *nir, const char *cle) {
    g__OuvrantDroitType assure;
    assure.nir = nir;
    assure.cleNir = cle;
    return garde(assure);
}

static g__IndividuType *individu(const char *ne_le, const char *nom, const char *prenom) {
    g__IndividuType porteur;
    porteur.dateNaissance = ne_le;
    porteur.rangNaissance = 1;
    porteur.nom = nom;
    porteur.prenom = prenom;
    porteur.lien = g__LienType__OD;
    return garde(porteur);
}

static g__ArticleType *article(int rang, const char *lpp, int prix, g__CoteType *cote) {
    g__ArticleType article;
    article.numeroArticle = rang;
    article.nature = cote == nullptr ? g__NatureArticleType__MON : g__NatureArticleType__VER;
    article.cote = cote;
    article.zoneOptique = cote == nullptr ? nullptr : garde(g__ZoneOptiqueType__S);
    article.codeLPP = lpp;
    article.classe = g__ClasseType__B;
    article.prixUnitaire = prix;
    article.remise = 0;
    article.quantite = 1;
    return garde(article);
}

static std::vector<g__ArticleType *> articles() {
    return {article(1, "2299026", 12000, nullptr), article(2, "2299121", 9000, garde(g__CoteType__OD)),
            article(3, "2299121", 9000, garde(g__CoteType__OG))};
}

static _g__Valoriser demande(g__TypeDemandeType type, const char *reference, const char *cle_nir) {
    g__OrdonnanceType ordonnance;
    ordonnance.dateOrdonnance = "20231102";
    ordonnance.nature = g__NatureOrdonnanceType__R;
    ordonnance.numeroPrescripteur = texte("10101010105");
    g__EquipementType equipement;
    equipement.rang = 1;
    equipement.typeVision = g__TypeVisionType__UNI;
    equipement.article = articles();
    g__ConsentementType consentement;
    consentement.recueilli = true;
    consentement.dateRecueil = "20240131";
    _g__Valoriser demande;
    demande.typeDemande = type;
    demande.referenceDossier = "D-GSOAP";
    demande.referenceDemande = reference;
    demande.dateSoins = "20240131";
    demande.dateLivraisonPrevue = texte("20240209");
    demande.attestation = attestation("C2345678");
    demande.ouvrantDroit = ouvrant_droit("1900975999003", cle_nir);
    demande.individu = individu("19900923", "LEROUX", "HUGO");
    demande.ordonnance = garde(ordonnance);
    demande.equipement = garde(equipement);
    demande.consentement = type == g__TypeDemandeType__PEC ? garde(consentement) : nullptr;
    return demande;
}

static void montants(const g__ValorisationType &vus) {
    egal("total", vus.total, 30000);
    egal("partAMO", vus.partAMO, 9);
    egal("partAMC", vus.partAMC, 17991);
    egal("resteACharge", vus.resteACharge, 12000);
    std::ostringstream lignes;
    for (const auto *part : vus.partArticle)
        lignes << part->partAMO << "/" << part->partAMC << "/" << part->resteACharge << " ";
    egal("partArticle", lignes.str(), "3/4997/7000 3/6497/2500 3/6497/2500 ");
}

static void droits() {
    _g__EtatService etat;
    etat.serviceLogique = g__ServiceType__pec;
    operation("EtatService", &Client::EtatService, etat, [&] {
        egal("disponible", *traite(&Client::EtatService, etat).disponible, true);
    });
    _g__IdentifierBeneficiaire qui;
    qui.dateSoins = "20240131";
    qui.attestation = attestation("C2345678");
    qui.ouvrantDroit = ouvrant_droit("1900975999003", "61");
    qui.individu = individu("19900923", "LEROUX", "HUGO");
    operation("IdentifierBeneficiaire", &Client::IdentifierBeneficiaire, qui, [&] {
        auto reponse = traite(&Client::IdentifierBeneficiaire, qui);
        egal("situation", *reponse.situation, "OUVERTS");
        egal("codeOrganisme", *reponse.codeOrganisme, "A020");
        egal("accordPrealable", reponse.droitsOuverts->accordPrealable, true);
    });
    _g__RechercherPanier panier;
    panier.dateSoins = "20240131";
    panier.attestation = attestation("C2345678");
    panier.typeVision = g__TypeVisionType__UNI;
    operation("RechercherPanier", &Client::RechercherPanier, panier, [&] {
        egal("une offre à un prix", traite(&Client::RechercherPanier, panier).offre.at(0)->prixNegocie > 0, true);
    });
}

static void dossiers() {
    auto pec = demande(g__TypeDemandeType__PEC, "D-GSOAP/PEC-1", "61");
    operation("Valoriser", &Client::Valoriser, pec, [&] {
        auto devis = demande(g__TypeDemandeType__DEVIS, "D-GSOAP/DEV-1", "61");
        montants(*traite(&Client::Valoriser, devis).dossier->valorisation);
        auto reponse = traite(&Client::Valoriser, pec);
        egal("etat", reponse.dossier->etat, "VALIDEE");
        egal("finValidite", *reponse.dossier->finValidite, "20240331");
        egal("finFacturation", *reponse.dossier->finFacturation, "20240430");
        montants(*reponse.dossier->valorisation);
    });
    cas("almerys", CHEMIN, "Valoriser", "faute_nir", [&] {
        refuse(&Client::Valoriser, demande(g__TypeDemandeType__PEC, "D-GSOAP/PEC-1", "62"), MAGASIN, "NIR_CLE",
               "/Envelope/Body/Valoriser/ouvrantDroit/cleNir");
    });
    _g__ConsulterDossier recherche;
    recherche.referenceDemande = texte("D-GSOAP/PEC-1");
    operation("ConsulterDossier", &Client::ConsulterDossier, recherche, [&] {
        _g__ConsulterDossier par_numero;
        par_numero.numeroDossier = traite(&Client::ConsulterDossier, recherche).dossier.at(0)->numeroDossier;
        auto reponse = traite(&Client::ConsulterDossier, par_numero);
        egal("referenceDemande", *reponse.dossier.at(0)->referenceDemande, "D-GSOAP/PEC-1");
        montants(*reponse.dossier.at(0)->valorisation);
    });
    _g__AnnulerDossier annulation;
    annulation.numeroDossier = "20240124000002";
    annulation.referenceAnnulation = "D-DEMO-2/ANN-1";
    annulation.motifAnnulation = g__MotifAnnulationType__CHG;
    operation("AnnulerDossier", &Client::AnnulerDossier, annulation, [&] {
        auto reponse = traite(&Client::AnnulerDossier, annulation);
        egal("suite", *reponse.suite, g__SuiteAnnulationType__FAITE);
        egal("numeroDossier", *reponse.numeroDossier, "20240124000002");
    });
    static unsigned char contenu[] = "%PDF-1.4 essai";
    g__PieceType piece;
    piece.nature = g__NaturePieceType__ORD;
    piece.nomFichier = "ordonnance.pdf";
    piece.typeMime = g__TypeMimeType__application_x002fpdf;
    piece.contenu.__ptr = contenu;
    piece.contenu.__size = sizeof contenu - 1;
    _g__DeposerPieces depot;
    depot.numeroDossier = "20240124000003";
    depot.referenceDepot = "D-DEMO-3/PJ-1";
    depot.piece.push_back(&piece);
    operation("DeposerPieces", &Client::DeposerPieces, depot, [&] {
        egal("suite", *traite(&Client::DeposerPieces, depot).suite, g__SuitePiecesType__RECUES);
    });
}

static _g__DeposerLot lot() {
    g__ValorisationType valorisation;
    valorisation.total = 30000;
    valorisation.partAMO = 9;
    valorisation.partAMC = 17991;
    valorisation.resteACharge = 12000;
    g__FactureLotType facture;
    facture.referenceDossier = "D-DEMO-1";
    facture.referenceFacture = "D-DEMO-1/FAC-1";
    facture.numeroDossier = "20240124000001";
    facture.numeroFacture = "240131001";
    facture.dateFacture = "20240131";
    facture.dateDelivrance = "20240130";
    facture.attestation = attestation("D8765432");
    facture.ouvrantDroit = ouvrant_droit("2720675999004", "68");
    facture.individu = individu("19720630", "MOREL", "JEANNE");
    facture.valorisation = garde(valorisation);
    facture.article = articles();
    _g__DeposerLot lot;
    lot.numeroLot = "L-GSOAP-1";
    lot.facture.push_back(garde(facture));
    return lot;
}

static void factures() {
    auto depot = lot();
    operation("DeposerLot", &Client::DeposerLot, depot, [&] {
        auto reponse = traite(&Client::DeposerLot, depot);
        egal("statut", reponse.arl->statut, g__StatutArlType__POSITIF);
        egal("numeroFacture", reponse.arl->facture.at(0)->numeroFacture, "240131001");
    });
    _g__ConsulterLot lequel;
    lequel.numeroLot = "L-GSOAP-1";
    operation("ConsulterLot", &Client::ConsulterLot, lequel, [&] {
        egal("montantDemande", *traite(&Client::ConsulterLot, lequel).arl->facture.at(0)->montantDemande, 17991);
    });
    _g__ConsulterFacture recherche;
    recherche.numeroFacture = texte("240120001");
    operation("ConsulterFacture", &Client::ConsulterFacture, recherche, [&] {
        auto connue = traite(&Client::ConsulterFacture, recherche);
        egal("etat", connue.facture.at(0)->etat, "LIQUIDEE");
        egal("montantDemande", *connue.facture.at(0)->montantDemande, 17991);
        _g__ConsulterFacture la_notre;
        la_notre.referenceFacture = texte("D-DEMO-1/FAC-1");
        auto trouvee = traite(&Client::ConsulterFacture, la_notre);
        egal("numeroDossier", *trouvee.facture.at(0)->numeroDossier, "20240124000001");
    });
    _g__AnnulerFacture annulation;
    annulation.numeroFacture = "240120002";
    annulation.referenceAnnulation = "D-DEMO-5/ANN-1";
    annulation.motifAnnulation = g__MotifAnnulationType__ERR;
    operation("AnnulerFacture", &Client::AnnulerFacture, annulation, [&] {
        auto reponse = traite(&Client::AnnulerFacture, annulation);
        egal("suite", *reponse.suite, g__SuiteAnnulationType__FAITE);
        egal("numeroFacture", *reponse.numeroFacture, "240120002");
    });
    _g__ReleverBordereaux releve;
    releve.nombreMaximum = 100;
    operation("ReleverBordereaux", &Client::ReleverBordereaux, releve, [&] {
        auto reponse = traite(&Client::ReleverBordereaux, releve);
        const auto *bordereau = reponse.bordereau.at(0);
        egal("montantVirement", bordereau->montantVirement, 17991);
        egal("nature", bordereau->ligne.at(0)->nature, g__NatureLigneType__REGLEMENT);
        egal("numeroFacture", bordereau->ligne.at(0)->numeroFacture, "240110003");
        egal("montantRegle", bordereau->ligne.at(0)->montantRegle, 17991);
    });
}

static void compte() {
    _g__OuvrirSession ouverture;
    ouverture.identifiant = MAGASIN;
    operation("OuvrirSession", &Client::OuvrirSession, ouverture, [&] {
        egal("jetonSession", traite(&Client::OuvrirSession, ouverture).jetonSession->empty(), false);
    });
    _g__FermerSession fermeture;
    fermeture.jetonSession = "jeton";
    operation("FermerSession", &Client::FermerSession, fermeture, [&] {
        fermeture.jetonSession = *traite(&Client::OuvrirSession, ouverture).jetonSession;
        egal("fermee", *traite(&Client::FermerSession, fermeture).fermee, true);
    });
}

int main(int, char **arguments) {
    const std::string adresse = std::string(arguments[1]) + "/" + CHEMIN; // the stub knows where its WSDL was read
    Client le_client(adresse.c_str(), SOAP_C_UTFSTRING);
    client = &le_client;
    droits();
    dossiers();
    factures();
    compte();
}
