// The viamedis-style dialect with gSOAP: pilote BASE.
// Five services share one business header. Amounts and dates are strings: they go out exactly as written.
#include "DroitsBinding.nsmap"
#include "soapAuthentificationBindingProxy.h"
#include "soapDroitsBindingProxy.h"
#include "soapFacturationBindingProxy.h"
#include "soapPrisesEnChargeBindingProxy.h"
#include "soapRetoursBindingProxy.h"

#include "rapport.hpp"

using Droits = DroitsBindingProxy;
using PrisesEnCharge = PrisesEnChargeBindingProxy;
using Facturation = FacturationBindingProxy;
using Retours = RetoursBindingProxy;
using Compte = AuthentificationBindingProxy;
static std::string racine; // the stubs know where their WSDL was read, each client is told where to go
static int numero;

// One service: its path, its client, and the calls that every service answers in the same way.
template <class Client> struct Service {
    std::string chemin, adresse;
    Client client;

    explicit Service(const std::string &nom)
        : chemin(nom), adresse(racine + "/" + nom), client(adresse.c_str(), SOAP_C_UTFSTRING) {}

    // One call with its business header. Every idMessage is new.
    template <class Q, class R>
    int appelle(int (Client::*operation)(Q *, R &), Q &question, R &reponse, const std::string &magasin) {
        c__EnteteMetier entete;
        entete.idMessage = "gsoap-" + std::to_string(++numero);
        entete.magasin = magasin;
        entete.horodatage = MATIN;
        client.soap_header(&entete);
        return (client.*operation)(&question, reponse);
    }

    // A call that the platform must have dealt with, echoing our idMessage.
    template <class Q, class R> R traite(int (Client::*operation)(Q *, R &), Q question) {
        R reponse;
        if (appelle(operation, question, reponse, MAGASIN) != SOAP_OK) throw echec(client);
        egal("statut", reponse.compteRendu->statut, "TRAITE");
        egal("idMessage", reponse.idMessage, "gsoap-" + std::to_string(numero));
        return reponse;
    }

    template <class Q, class R>
    void refuse(int (Client::*operation)(Q *, R &), Q question, const std::string &magasin, const char *regle,
                const char *lieu) {
        R reponse;
        if (appelle(operation, question, reponse, magasin) == SOAP_OK) throw std::runtime_error("aucune faute");
        const SOAP_ENV__Detail *detail = detail_de(client);
        if (detail == nullptr || detail->c__fauteTechnique == nullptr) throw echec(client);
        egal("code", detail->c__fauteTechnique->code, "MESSAGE_NON_CONFORME");
        egal("regle", detail->c__fauteTechnique->regle, regle);
        egal("chemin", *detail->c__fauteTechnique->chemin, lieu);
    }

    // The two cases of an operation: the good call, and the same question from a shop that has no valid number.
    template <class Q, class R>
    void operation(const char *nom, int (Client::*methode)(Q *, R &), Q question,
                   const std::function<void()> &nominal) {
        cas("viamedis", chemin, nom, "nominal", nominal);
        cas("viamedis", chemin, nom, "faute", [&] {
            refuse(methode, question, "MAGASIN", "VALEUR_FORME", "/Envelope/Header/entete/magasin");
        });
    }

    void etat(c__CodeService logique) {
        _c__EtatService question;
        question.service = logique;
        operation("EtatService", &Client::EtatService, question, [&] {
            auto reponse = traite(&Client::EtatService, question);
            egal("service", *reponse.service, logique);
            egal("ouvert", *reponse.ouvert, true);
        });
    }
};

static c__CarteTiersPayant *carte(const char *adherent) {
    c__CarteTiersPayant carte;
    carte.numeroAmc = "00990011";
    carte.typeConvention = "TP";
    carte.csr = texte("003");
    carte.numeroAdherent = adherent;
    carte.valideDu = "2024-01-01";
    carte.valideAu = "2024-12-31";
    return garde(carte);
}

static c__AssureOuvrantDroit *assure(const char *nir) {
    c__AssureOuvrantDroit assure;
    assure.nir = nir;
    return garde(assure);
}

static c__BeneficiaireSoins *beneficiaire(const char *ne_le, const char *nom, const char *prenom) {
    c__BeneficiaireSoins porteur;
    porteur.dateNaissance = ne_le;
    porteur.rangNaissance = 1;
    porteur.nom = nom;
    porteur.prenom = prenom;
    porteur.qualite = c__CodeQualite__ASSURE;
    return garde(porteur);
}

static c__LigneEquipement *ligne(int rang, const char *lpp, const char *prix, c__CodeOeil *oeil) {
    c__LigneEquipement ligne;
    ligne.numero = rang;
    ligne.type = oeil == nullptr ? c__CodeLigne__MONTURE : c__CodeLigne__VERRE;
    ligne.oeil = oeil;
    ligne.zone = oeil == nullptr ? nullptr : garde(c__CodeZone__SIMPLE);
    ligne.lpp = lpp;
    ligne.classe = c__CodeClasse__B;
    ligne.prix = prix;
    ligne.remise = "0.00";
    ligne.quantite = 1;
    return garde(ligne);
}

static std::vector<c__LigneEquipement *> lignes() {
    return {ligne(1, "2299026", "120.00", nullptr), ligne(2, "2299121", "90.00", garde(c__CodeOeil__D)),
            ligne(3, "2299121", "90.00", garde(c__CodeOeil__G))};
}

static pec__DemandeEquipement demande(const char *reference) {
    pec__PrescriptionMedicale prescription;
    prescription.datePrescription = "2023-11-02";
    prescription.type = c__CodePrescription__RENOUVELLEMENT;
    prescription.prescripteur = texte("10101010105");
    pec__EquipementPrecedent precedent;
    precedent.dateFacturation = "2021-06-15";
    pec__EquipementOptique equipement;
    equipement.numero = 1;
    equipement.type = c__CodeEquipement__UNIFOCAL;
    equipement.ligne = lignes();
    pec__DemandeEquipement demande;
    demande.dossier = "D-GSOAP";
    demande.reference = reference;
    demande.dateSoins = "2024-01-31";
    demande.organisme = "M011";
    demande.carte = carte("A1234567");
    demande.assure = assure("285057599900197");
    demande.beneficiaire = beneficiaire("1985-05-12", "DUPRE", "ALICE");
    demande.prescription = garde(prescription);
    demande.equipementPrecedent = garde(precedent);
    demande.equipement = garde(equipement);
    return demande;
}

static _pec__DemanderPriseEnCharge pec(const char *nir) {
    pec__ConsentementClient consentement;
    consentement.donne = true;
    consentement.dateConsentement = "2024-01-31";
    auto la_demande = demande("D-GSOAP/PEC-1");
    la_demande.assure = assure(nir);
    la_demande.consentement = garde(consentement);
    _pec__DemanderPriseEnCharge pec;
    pec.demande = garde(la_demande);
    return pec;
}

static void montants(const c__TotauxMontants &vus) {
    egal("montants", vus.total + "/" + vus.partAmo + "/" + vus.partAmc + "/" + vus.resteACharge,
         "300.00/0.09/179.91/120.00");
    std::string details;
    for (const auto *un : vus.detail) details += un->partAmo + "/" + un->partAmc + "/" + un->resteACharge + " ";
    egal("detail", details, "0.03/49.97/70.00 0.03/64.97/25.00 0.03/64.97/25.00 ");
}

static void service_droits() {
    Service<Droits> s("droits");
    s.etat(c__CodeService__DROITS);
    _droits__ConsulterDroits qui;
    qui.dateSoins = "2024-01-31";
    qui.organisme = "M011";
    qui.carte = carte("A1234567");
    qui.assure = assure("285057599900197");
    qui.beneficiaire = beneficiaire("1985-05-12", "DUPRE", "ALICE");
    s.operation("ConsulterDroits", &Droits::ConsulterDroits, qui, [&] {
        auto reponse = s.traite(&Droits::ConsulterDroits, qui);
        egal("statutDroits", *reponse.statutDroits, "OUVERTS");
        egal("organisme", *reponse.organisme, "M011");
        egal("pecRequise", reponse.droits->pecRequise, true);
        egal("dernierEquipement", *reponse.droits->dernierEquipement, "2021-06-15");
    });
    _droits__RechercherPanier panier;
    panier.dateSoins = "2024-01-31";
    panier.organisme = "M011";
    panier.carte = carte("A1234567");
    panier.typeEquipement = c__CodeEquipement__UNIFOCAL;
    s.operation("RechercherPanier", &Droits::RechercherPanier, panier, [&] {
        egal("une offre à un prix", s.traite(&Droits::RechercherPanier, panier).offre.at(0)->prix > "0.00", true);
    });
    _droits__ListerOrganismes liste;
    s.operation("ListerOrganismes", &Droits::ListerOrganismes, liste, [&] {
        std::string vu;
        for (const auto *un : s.traite(&Droits::ListerOrganismes, liste).organisme)
            if (un->code == "M011") vu = un->numeroAmc;
        egal("numeroAmc de M011", vu, "00990011");
    });
}

static void service_prises_en_charge() {
    using P = PrisesEnCharge;
    Service<P> s("prises-en-charge");
    s.etat(c__CodeService__PEC);
    _pec__DeposerDevis devis;
    devis.demande = garde(demande("D-GSOAP/DEV-1"));
    s.operation("DeposerDevis", &P::DeposerDevis, devis, [&] {
        auto reponse = s.traite(&P::DeposerDevis, devis);
        egal("etat", reponse.devis->etat, "Chiffre");
        montants(*reponse.devis->montants);
    });
    auto bonne = pec("285057599900197");
    s.operation("DemanderPriseEnCharge", &P::DemanderPriseEnCharge, bonne, [&] {
        auto reponse = s.traite(&P::DemanderPriseEnCharge, bonne);
        egal("etat", reponse.priseEnCharge->etat, "Accordee");
        egal("valideAu", *reponse.priseEnCharge->valideAu, "2024-03-31");
        egal("facturableJusquAu", *reponse.priseEnCharge->facturableJusquAu, "2024-04-30");
        montants(*reponse.priseEnCharge->montants);
    });
    cas("viamedis", s.chemin, "DemanderPriseEnCharge", "faute_nir", [&] {
        s.refuse(&P::DemanderPriseEnCharge, pec("285057599900198"), MAGASIN, "NIR_CLE",
                 "/Envelope/Body/DemanderPriseEnCharge/demande/assure/nir");
    });
    _pec__ConsulterPriseEnCharge recherche;
    recherche.reference = texte("D-GSOAP/PEC-1");
    s.operation("ConsulterPriseEnCharge", &P::ConsulterPriseEnCharge, recherche, [&] {
        _pec__ConsulterPriseEnCharge par_numero;
        par_numero.numero = s.traite(&P::ConsulterPriseEnCharge, recherche).priseEnCharge.at(0)->numero;
        auto reponse = s.traite(&P::ConsulterPriseEnCharge, par_numero);
        egal("reference", *reponse.priseEnCharge.at(0)->reference, "D-GSOAP/PEC-1");
        montants(*reponse.priseEnCharge.at(0)->montants);
    });
    _pec__AnnulerPriseEnCharge annulation;
    annulation.numero = "V240124000002";
    annulation.reference = "D-DEMO-2/ANN-1";
    annulation.motifAnnulation = c__CodeMotifAnnulation__CHANGEMENT_USCOREEQUIPEMENT;
    s.operation("AnnulerPriseEnCharge", &P::AnnulerPriseEnCharge, annulation, [&] {
        auto reponse = s.traite(&P::AnnulerPriseEnCharge, annulation);
        egal("suite", *reponse.suite, "DEMANDEE");
        egal("numero", *reponse.numero, "V240124000002");
    });
    static unsigned char contenu[] = "%PDF-1.4 essai";
    pec__PieceJointe piece;
    piece.type = c__CodePiece__ORDONNANCE;
    piece.nom = "ordonnance.pdf";
    piece.mime = "application/pdf";
    piece.contenu.__ptr = contenu;
    piece.contenu.__size = sizeof contenu - 1;
    _pec__DeposerPieces depot;
    depot.numero = "V240124000003";
    depot.reference = "D-DEMO-3/PJ-1";
    depot.piece.push_back(&piece);
    s.operation("DeposerPieces", &P::DeposerPieces, depot, [&] {
        egal("suite", *s.traite(&P::DeposerPieces, depot).suite, "RECUES");
    });
}

static _facture__DeposerFacture facture() {
    c__TotauxMontants montants;
    montants.total = "300.00";
    montants.partAmo = "0.09";
    montants.partAmc = "179.91";
    montants.resteACharge = "120.00";
    facture__FactureDeposee facture;
    facture.dossier = "D-DEMO-1";
    facture.reference = "D-DEMO-1/FAC-1";
    facture.numeroPec = "V240124000001";
    facture.numeroFacture = "240131001";
    facture.dateFacture = "2024-01-31";
    facture.dateDelivrance = "2024-01-30";
    facture.organisme = "M011";
    facture.carte = carte("B7654321");
    facture.assure = assure("179037599900220");
    facture.beneficiaire = beneficiaire("1979-03-14", "BERNIER", "PAUL");
    facture.montants = garde(montants);
    facture.ligne = lignes();
    _facture__DeposerFacture depot;
    depot.facture = garde(facture);
    return depot;
}

static void service_facturation() {
    using F = Facturation;
    Service<F> s("facturation");
    s.etat(c__CodeService__FACTURE);
    auto depot = facture();
    s.operation("DeposerFacture", &F::DeposerFacture, depot, [&] {
        auto reponse = s.traite(&F::DeposerFacture, depot);
        egal("accuse", *reponse.accuse, "POSITIF");
        egal("numeroFacture", reponse.facture->numeroFacture, "240131001");
    });
    _facture__ConsulterFacture recherche;
    recherche.numeroFacture = texte("240120001");
    s.operation("ConsulterFacture", &F::ConsulterFacture, recherche, [&] {
        auto connue = s.traite(&F::ConsulterFacture, recherche);
        egal("etat", connue.facture.at(0)->etat, "Acceptee");
        egal("montantAmc", *connue.facture.at(0)->montantAmc, "179.91");
        _facture__ConsulterFacture la_notre;
        la_notre.reference = texte("D-DEMO-1/FAC-1");
        egal("numeroPec", *s.traite(&F::ConsulterFacture, la_notre).facture.at(0)->numeroPec, "V240124000001");
    });
    _facture__AnnulerFacture annulation;
    annulation.numeroFacture = "240120002";
    annulation.reference = "D-DEMO-5/ANN-1";
    annulation.motifAnnulation = c__CodeMotifAnnulation__ERREUR_USCORESAISIE;
    s.operation("AnnulerFacture", &F::AnnulerFacture, annulation, [&] {
        auto reponse = s.traite(&F::AnnulerFacture, annulation);
        egal("suite", *reponse.suite, "CONFIRMEE");
        egal("numeroFacture", *reponse.numeroFacture, "240120002");
    });
}

static void service_retours() {
    Service<Retours> s("retours");
    s.etat(c__CodeService__RETOURS);
    _retours__ListerRetours releve;
    s.operation("ListerRetours", &Retours::ListerRetours, releve, [&] {
        auto reponse = s.traite(&Retours::ListerRetours, releve);
        const auto *bordereau = reponse.bordereau.at(0);
        egal("total", bordereau->total, "179.91");
        egal("numeroFacture", bordereau->ligne.at(0)->numeroFacture, "240110003");
        egal("montantPaye", bordereau->ligne.at(0)->montantPaye, "179.91");
    });
}

static void service_authentification() {
    Service<Compte> s("authentification");
    s.etat(c__CodeService__AUTHENTIFICATION);
    _compte__OuvrirSession ouverture;
    ouverture.identifiant = MAGASIN;
    s.operation("OuvrirSession", &Compte::OuvrirSession, ouverture, [&] {
        egal("jetonSession", s.traite(&Compte::OuvrirSession, ouverture).jetonSession->empty(), false);
    });
    _compte__FermerSession fermeture;
    fermeture.jetonSession = "jeton";
    s.operation("FermerSession", &Compte::FermerSession, fermeture, [&] {
        fermeture.jetonSession = *s.traite(&Compte::OuvrirSession, ouverture).jetonSession;
        egal("fermee", *s.traite(&Compte::FermerSession, fermeture).fermee, true);
    });
}

int main(int, char **arguments) {
    racine = arguments[1];
    service_droits();
    service_prises_en_charge();
    service_facturation();
    service_retours();
    service_authentification();
}
