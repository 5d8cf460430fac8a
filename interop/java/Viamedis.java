import example.tp_optique.services.authentification.*;
import example.tp_optique.services.authentification.wsdl.*;
import example.tp_optique.services.commun.*;
import example.tp_optique.services.droits.*;
import example.tp_optique.services.droits.wsdl.*;
import example.tp_optique.services.facturation.*;
import example.tp_optique.services.facturation.wsdl.*;
import example.tp_optique.services.prises_en_charge.*;
import example.tp_optique.services.prises_en_charge.wsdl.*;
import example.tp_optique.services.retours.*;
import example.tp_optique.services.retours.wsdl.*;
import java.math.BigDecimal;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import javax.xml.datatype.DatatypeConfigurationException;
import javax.xml.datatype.DatatypeFactory;
import javax.xml.datatype.XMLGregorianCalendar;
import javax.xml.ws.soap.MTOMFeature;

/**
 * The viamedis-style dialect with the JAX-WS reference implementation: java Viamedis VERSION BASE.
 * Five services share one business header. Amounts are BigDecimal("120.00"): the scale of two goes out as it is.
 */
final class Viamedis {
    private static final String MAGASIN = "759999014";
    private static final Rapport RAPPORT = new Rapport("viamedis");
    private static DroitsPort droits;
    private static PrisesEnChargePort prisesEnCharge;
    private static FacturationPort facturation;
    private static RetoursPort retours;
    private static AuthentificationPort authentification;
    private static int numero;

    /** A call of a port: one of its methods. */
    private interface Methode<Q, R> {
        R appelle(Q question, EnteteMetier entete) throws Exception;
    }

    /** The business header. Every idMessage is new; the answer must echo it. */
    private static EnteteMetier entete(String magasin) throws Exception {
        EnteteMetier entete = new EnteteMetier();
        entete.setIdMessage("java-" + ++numero);
        entete.setMagasin(magasin);
        entete.setHorodatage(date("2024-01-31T10:00:00+01:00"));
        return entete;
    }

    private static EnteteMetier entete() throws Exception {
        return entete(MAGASIN);
    }

    /** A date without a zone stays without: the platform takes no other. */
    private static XMLGregorianCalendar date(String iso) throws DatatypeConfigurationException {
        return DatatypeFactory.newInstance().newXMLGregorianCalendar(iso);
    }

    private static void traite(CompteRendu compteRendu, String idMessage) {
        Rapport.egal("statut", compteRendu.getStatut(), "TRAITE");
        Rapport.egal("idMessage", idMessage, "java-" + numero);
    }

    /** Each service has an exception class of its own; what it carries is the same FauteTechnique. */
    private static void refuse(String regle, String chemin, Callable<?> appel) throws Exception {
        Exception erreur = Rapport.faute(appel);
        FauteTechnique faute;
        try {
            faute = (FauteTechnique) erreur.getClass().getMethod("getFaultInfo").invoke(erreur);
        } catch (NoSuchMethodException sansDetail) {
            throw erreur;
        }
        Rapport.egal("code", faute.getCode(), "MESSAGE_NON_CONFORME");
        Rapport.egal("regle", faute.getRegle(), regle);
        Rapport.egal("chemin", faute.getChemin(), chemin);
    }

    /** The two cases of an operation: the good call, and the same question from a shop that has no valid number. */
    private static <Q, R> void operation(
            String chemin, String nom, Q question, Methode<Q, R> methode, Rapport.Appel nominal) {
        RAPPORT.cas(chemin, nom, "nominal", nominal);
        RAPPORT.cas(chemin, nom, "faute", () -> refuse(
            "VALEUR_FORME", "/Envelope/Header/entete/magasin",
            () -> methode.appelle(question, entete("MAGASIN"))));
    }

    public static void main(String[] arguments) throws Exception {
        String base = arguments[1];
        String suffixe = arguments[0].equals("1.2") ? "?wsdl=soap12" : "?wsdl";
        droits = new DroitsService(new URL(base + "/droits" + suffixe)).getDroitsPort();
        // With 1.1 a document goes inline, with 1.2 as an attachment (MTOM): the platform takes both with both.
        prisesEnCharge = new PrisesEnChargeService(new URL(base + "/prises-en-charge" + suffixe))
            .getPrisesEnChargePort(new MTOMFeature(arguments[0].equals("1.2")));
        facturation = new FacturationService(new URL(base + "/facturation" + suffixe)).getFacturationPort();
        retours = new RetoursService(new URL(base + "/retours" + suffixe)).getRetoursPort();
        authentification =
            new AuthentificationService(new URL(base + "/authentification" + suffixe)).getAuthentificationPort();
        etatService("droits", CodeService.DROITS, droits::etatService);
        etatService("prises-en-charge", CodeService.PEC, prisesEnCharge::etatService);
        etatService("facturation", CodeService.FACTURE, facturation::etatService);
        etatService("retours", CodeService.RETOURS, retours::etatService);
        etatService("authentification", CodeService.AUTHENTIFICATION, authentification::etatService);
        serviceDroits();
        servicePrisesEnCharge();
        serviceFacturation();
        lesAutres();
    }

    private static CarteTiersPayant carte(String adherent) throws Exception {
        CarteTiersPayant carte = new CarteTiersPayant();
        carte.setNumeroAmc("00990011");
        carte.setTypeConvention("TP");
        carte.setCsr("003");
        carte.setNumeroAdherent(adherent);
        carte.setValideDu(date("2024-01-01"));
        carte.setValideAu(date("2024-12-31"));
        return carte;
    }

    private static AssureOuvrantDroit assure(String nir) {
        AssureOuvrantDroit assure = new AssureOuvrantDroit();
        assure.setNir(nir);
        return assure;
    }

    private static BeneficiaireSoins beneficiaire(String neLe, String nom, String prenom) throws Exception {
        BeneficiaireSoins beneficiaire = new BeneficiaireSoins();
        beneficiaire.setDateNaissance(date(neLe));
        beneficiaire.setRangNaissance(1);
        beneficiaire.setNom(nom);
        beneficiaire.setPrenom(prenom);
        beneficiaire.setQualite(CodeQualite.ASSURE);
        return beneficiaire;
    }

    private static LigneEquipement ligne(int numero, CodeLigne type, String lpp, String prix, CodeOeil oeil) {
        LigneEquipement ligne = new LigneEquipement();
        ligne.setNumero(numero);
        ligne.setType(type);
        ligne.setOeil(oeil);
        ligne.setZone(oeil == null ? null : CodeZone.SIMPLE);
        ligne.setLpp(lpp);
        ligne.setClasse(CodeClasse.B);
        ligne.setPrix(new BigDecimal(prix));
        ligne.setRemise(new BigDecimal("0.00"));
        ligne.setQuantite(1);
        return ligne;
    }

    private static List<LigneEquipement> lignes() {
        return List.of(
            ligne(1, CodeLigne.MONTURE, "2299026", "120.00", null),
            ligne(2, CodeLigne.VERRE, "2299121", "90.00", CodeOeil.D),
            ligne(3, CodeLigne.VERRE, "2299121", "90.00", CodeOeil.G));
    }

    private static DemandeEquipement demande(String reference) throws Exception {
        PrescriptionMedicale prescription = new PrescriptionMedicale();
        prescription.setDatePrescription(date("2023-11-02"));
        prescription.setType(CodePrescription.RENOUVELLEMENT);
        prescription.setPrescripteur("10101010105");
        EquipementPrecedent precedent = new EquipementPrecedent();
        precedent.setDateFacturation(date("2021-06-15"));
        EquipementOptique equipement = new EquipementOptique();
        equipement.setNumero(1);
        equipement.setType(CodeEquipement.UNIFOCAL);
        equipement.getLigne().addAll(lignes());
        DemandeEquipement demande = new DemandeEquipement();
        demande.setDossier("D-JAVA");
        demande.setReference(reference);
        demande.setDateSoins(date("2024-01-31"));
        demande.setOrganisme("M011");
        demande.setCarte(carte("A1234567"));
        demande.setAssure(assure("285057599900197"));
        demande.setBeneficiaire(beneficiaire("1985-05-12", "DUPRE", "ALICE"));
        demande.setPrescription(prescription);
        demande.setEquipementPrecedent(precedent);
        demande.setEquipement(equipement);
        return demande;
    }

    private static DemanderPriseEnCharge pec(String nir) throws Exception {
        ConsentementClient consentement = new ConsentementClient();
        consentement.setDonne(true);
        consentement.setDateConsentement(date("2024-01-31"));
        DemanderPriseEnCharge pec = new DemanderPriseEnCharge();
        pec.setDemande(demande("D-JAVA/PEC-1"));
        pec.getDemande().setAssure(assure(nir));
        pec.getDemande().setConsentement(consentement);
        return pec;
    }

    private static void montants(TotauxMontants vus) {
        Rapport.egal("montants",
            List.of(vus.getTotal(), vus.getPartAmo(), vus.getPartAmc(), vus.getResteACharge()).toString(),
            "[300.00, 0.09, 179.91, 120.00]");
        Rapport.egal("detail",
            vus.getDetail().stream()
                .map(un -> un.getPartAmo() + "/" + un.getPartAmc() + "/" + un.getResteACharge())
                .collect(Collectors.toList()),
            List.of("0.03/49.97/70.00", "0.03/64.97/25.00", "0.03/64.97/25.00"));
    }

    private static void etatService(
            String chemin, CodeService service, Methode<EtatService, EtatServiceResponse> methode) {
        EtatService etat = new EtatService();
        etat.setService(service);
        operation(chemin, "EtatService", etat, methode, () -> {
            EtatServiceResponse reponse = methode.appelle(etat, entete());
            traite(reponse.getCompteRendu(), reponse.getIdMessage());
            Rapport.egal("service", reponse.getService(), service);
            Rapport.egal("ouvert", reponse.isOuvert(), true);
        });
    }

    private static void serviceDroits() throws Exception {
        ConsulterDroits qui = new ConsulterDroits();
        qui.setDateSoins(date("2024-01-31"));
        qui.setOrganisme("M011");
        qui.setCarte(carte("A1234567"));
        qui.setAssure(assure("285057599900197"));
        qui.setBeneficiaire(beneficiaire("1985-05-12", "DUPRE", "ALICE"));
        operation("droits", "ConsulterDroits", qui, droits::consulterDroits, () -> {
            ConsulterDroitsResponse reponse = droits.consulterDroits(qui, entete());
            traite(reponse.getCompteRendu(), reponse.getIdMessage());
            Rapport.egal("statutDroits", reponse.getStatutDroits(), "OUVERTS");
            Rapport.egal("organisme", reponse.getOrganisme(), "M011");
            Rapport.egal("pecRequise", reponse.getDroits().isPecRequise(), true);
            Rapport.egal("dernierEquipement", reponse.getDroits().getDernierEquipement().toString(), "2021-06-15");
        });
        RechercherPanier panier = new RechercherPanier();
        panier.setDateSoins(date("2024-01-31"));
        panier.setOrganisme("M011");
        panier.setCarte(carte("A1234567"));
        panier.setTypeEquipement(CodeEquipement.UNIFOCAL);
        operation("droits", "RechercherPanier", panier, droits::rechercherPanier, () -> {
            RechercherPanierResponse reponse = droits.rechercherPanier(panier, entete());
            traite(reponse.getCompteRendu(), reponse.getIdMessage());
            Rapport.egal("une offre à un prix", reponse.getOffre().get(0).getPrix().signum(), 1);
        });
        ListerOrganismes liste = new ListerOrganismes();
        operation("droits", "ListerOrganismes", liste, droits::listerOrganismes, () -> {
            ListerOrganismesResponse reponse = droits.listerOrganismes(liste, entete());
            traite(reponse.getCompteRendu(), reponse.getIdMessage());
            boolean connu = reponse.getOrganisme().stream()
                .anyMatch(un -> un.getCode().equals("M011") && un.getNumeroAmc().equals("00990011"));
            Rapport.egal("M011 dans la liste", connu, true);
        });
    }

    private static void servicePrisesEnCharge() throws Exception {
        String chemin = "prises-en-charge";
        DeposerDevis devis = new DeposerDevis();
        devis.setDemande(demande("D-JAVA/DEV-1"));
        operation(chemin, "DeposerDevis", devis, prisesEnCharge::deposerDevis, () -> {
            DeposerDevisResponse reponse = prisesEnCharge.deposerDevis(devis, entete());
            traite(reponse.getCompteRendu(), reponse.getIdMessage());
            Rapport.egal("etat", reponse.getDevis().getEtat(), "Chiffre");
            montants(reponse.getDevis().getMontants());
        });
        DemanderPriseEnCharge pec = pec("285057599900197");
        operation(chemin, "DemanderPriseEnCharge", pec, prisesEnCharge::demanderPriseEnCharge, () -> {
            DemanderPriseEnChargeResponse reponse = prisesEnCharge.demanderPriseEnCharge(pec, entete());
            traite(reponse.getCompteRendu(), reponse.getIdMessage());
            PriseEnChargeConnue accordee = reponse.getPriseEnCharge();
            Rapport.egal("etat", accordee.getEtat(), "Accordee");
            Rapport.egal("valideAu", accordee.getValideAu().toString(), "2024-03-31");
            Rapport.egal("facturableJusquAu", accordee.getFacturableJusquAu().toString(), "2024-04-30");
            montants(accordee.getMontants());
        });
        DemanderPriseEnCharge mauvaiseCle = pec("285057599900198");
        RAPPORT.cas(chemin, "DemanderPriseEnCharge", "faute_nir", () -> refuse(
            "NIR_CLE", "/Envelope/Body/DemanderPriseEnCharge/demande/assure/nir",
            () -> prisesEnCharge.demanderPriseEnCharge(mauvaiseCle, entete())));
        ConsulterPriseEnCharge recherche = new ConsulterPriseEnCharge();
        recherche.setReference("D-JAVA/PEC-1");
        operation(chemin, "ConsulterPriseEnCharge", recherche, prisesEnCharge::consulterPriseEnCharge, () -> {
            ConsulterPriseEnCharge parNumero = new ConsulterPriseEnCharge();
            parNumero.setNumero(
                prisesEnCharge.consulterPriseEnCharge(recherche, entete()).getPriseEnCharge().get(0).getNumero());
            ConsulterPriseEnChargeResponse reponse = prisesEnCharge.consulterPriseEnCharge(parNumero, entete());
            traite(reponse.getCompteRendu(), reponse.getIdMessage());
            Rapport.egal("reference", reponse.getPriseEnCharge().get(0).getReference(), "D-JAVA/PEC-1");
            montants(reponse.getPriseEnCharge().get(0).getMontants());
        });
        AnnulerPriseEnCharge annulation = new AnnulerPriseEnCharge();
        annulation.setNumero("V240124000002");
        annulation.setReference("D-DEMO-2/ANN-1");
        annulation.setMotifAnnulation(CodeMotifAnnulation.CHANGEMENT_EQUIPEMENT);
        operation(chemin, "AnnulerPriseEnCharge", annulation, prisesEnCharge::annulerPriseEnCharge, () -> {
            AnnulerPriseEnChargeResponse reponse = prisesEnCharge.annulerPriseEnCharge(annulation, entete());
            traite(reponse.getCompteRendu(), reponse.getIdMessage());
            Rapport.egal("suite", reponse.getSuite(), "DEMANDEE");
            Rapport.egal("numero", reponse.getNumero(), "V240124000002");
        });
        PieceJointe piece = new PieceJointe();
        piece.setType(CodePiece.ORDONNANCE);
        piece.setNom("ordonnance.pdf");
        piece.setMime("application/pdf");
        piece.setContenu("%PDF-1.4 essai".getBytes(StandardCharsets.US_ASCII));
        DeposerPieces depot = new DeposerPieces();
        depot.setNumero("V240124000003");
        depot.setReference("D-DEMO-3/PJ-1");
        depot.getPiece().add(piece);
        operation(chemin, "DeposerPieces", depot, prisesEnCharge::deposerPieces, () -> {
            DeposerPiecesResponse reponse = prisesEnCharge.deposerPieces(depot, entete());
            traite(reponse.getCompteRendu(), reponse.getIdMessage());
            Rapport.egal("suite", reponse.getSuite(), "RECUES");
        });
    }

    private static DeposerFacture facture() throws Exception {
        TotauxMontants montants = new TotauxMontants();
        montants.setTotal(new BigDecimal("300.00"));
        montants.setPartAmo(new BigDecimal("0.09"));
        montants.setPartAmc(new BigDecimal("179.91"));
        montants.setResteACharge(new BigDecimal("120.00"));
        FactureDeposee facture = new FactureDeposee();
        facture.setDossier("D-DEMO-1");
        facture.setReference("D-DEMO-1/FAC-1");
        facture.setNumeroPec("V240124000001");
        facture.setNumeroFacture("240131001");
        facture.setDateFacture(date("2024-01-31"));
        facture.setDateDelivrance(date("2024-01-30"));
        facture.setOrganisme("M011");
        facture.setCarte(carte("B7654321"));
        facture.setAssure(assure("179037599900220"));
        facture.setBeneficiaire(beneficiaire("1979-03-14", "BERNIER", "PAUL"));
        facture.setMontants(montants);
        facture.getLigne().addAll(lignes());
        DeposerFacture depot = new DeposerFacture();
        depot.setFacture(facture);
        return depot;
    }

    private static void serviceFacturation() throws Exception {
        String chemin = "facturation";
        DeposerFacture depot = facture();
        operation(chemin, "DeposerFacture", depot, facturation::deposerFacture, () -> {
            DeposerFactureResponse reponse = facturation.deposerFacture(depot, entete());
            traite(reponse.getCompteRendu(), reponse.getIdMessage());
            Rapport.egal("accuse", reponse.getAccuse(), "POSITIF");
            Rapport.egal("numeroFacture", reponse.getFacture().getNumeroFacture(), "240131001");
        });
        ConsulterFacture recherche = new ConsulterFacture();
        recherche.setNumeroFacture("240120001");
        operation(chemin, "ConsulterFacture", recherche, facturation::consulterFacture, () -> {
            ConsulterFactureResponse reponse = facturation.consulterFacture(recherche, entete());
            traite(reponse.getCompteRendu(), reponse.getIdMessage());
            Rapport.egal("etat", reponse.getFacture().get(0).getEtat(), "Acceptee");
            Rapport.egal("montantAmc", reponse.getFacture().get(0).getMontantAmc(), new BigDecimal("179.91"));
            ConsulterFacture laNotre = new ConsulterFacture();
            laNotre.setReference("D-DEMO-1/FAC-1");
            FactureConnue connue = facturation.consulterFacture(laNotre, entete()).getFacture().get(0);
            Rapport.egal("numeroPec", connue.getNumeroPec(), "V240124000001");
        });
        AnnulerFacture annulation = new AnnulerFacture();
        annulation.setNumeroFacture("240120002");
        annulation.setReference("D-DEMO-5/ANN-1");
        annulation.setMotifAnnulation(CodeMotifAnnulation.ERREUR_SAISIE);
        operation(chemin, "AnnulerFacture", annulation, facturation::annulerFacture, () -> {
            AnnulerFactureResponse reponse = facturation.annulerFacture(annulation, entete());
            traite(reponse.getCompteRendu(), reponse.getIdMessage());
            Rapport.egal("suite", reponse.getSuite(), "CONFIRMEE");
            Rapport.egal("numeroFacture", reponse.getNumeroFacture(), "240120002");
        });
    }

    private static void lesAutres() {
        ListerRetours releve = new ListerRetours();
        operation("retours", "ListerRetours", releve, retours::listerRetours, () -> {
            ListerRetoursResponse reponse = retours.listerRetours(releve, entete());
            traite(reponse.getCompteRendu(), reponse.getIdMessage());
            BordereauPaiement bordereau = reponse.getBordereau().get(0);
            Rapport.egal("total", bordereau.getTotal(), new BigDecimal("179.91"));
            Rapport.egal("numeroFacture", bordereau.getLigne().get(0).getNumeroFacture(), "240110003");
            Rapport.egal("montantPaye", bordereau.getLigne().get(0).getMontantPaye(), new BigDecimal("179.91"));
        });
        String chemin = "authentification";
        OuvrirSession ouverture = new OuvrirSession();
        ouverture.setIdentifiant(MAGASIN);
        operation(chemin, "OuvrirSession", ouverture, authentification::ouvrirSession, () -> {
            OuvrirSessionResponse reponse = authentification.ouvrirSession(ouverture, entete());
            traite(reponse.getCompteRendu(), reponse.getIdMessage());
            Rapport.egal("jetonSession", reponse.getJetonSession().isEmpty(), false);
        });
        FermerSession fermeture = new FermerSession();
        fermeture.setJetonSession("jeton");
        operation(chemin, "FermerSession", fermeture, authentification::fermerSession, () -> {
            fermeture.setJetonSession(authentification.ouvrirSession(ouverture, entete()).getJetonSession());
            FermerSessionResponse reponse = authentification.fermerSession(fermeture, entete());
            traite(reponse.getCompteRendu(), reponse.getIdMessage());
            Rapport.egal("fermee", reponse.isFermee(), true);
        });
    }
}
