import guichet.*;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import javax.xml.datatype.DatatypeFactory;
import javax.xml.ws.soap.MTOMFeature;

/**
 * The almerys-style dialect with the JAX-WS reference implementation: java Almerys VERSION BASE.
 * Amounts are integer centimes, dates AAAAMMJJ, the NIR is cut in 13 characters and its key.
 */
final class Almerys {
    private static final String CHEMIN = "tiers-payant";
    private static final String MAGASIN = "759999014";
    private static final Rapport RAPPORT = new Rapport("almerys");
    private static TiersPayantPortType port;
    private static int numero;

    /** A call of the port: one of its methods. */
    private interface Methode<Q, R> {
        R appelle(Q question, EnteteMessage entete) throws Exception;
    }

    /** The business header. Every idMessage is new; the answer must echo it. */
    private static EnteteMessage entete(String magasin) throws Exception {
        EnteteMessage entete = new EnteteMessage();
        entete.setIdMessage("java-" + ++numero);
        entete.setMagasin(magasin);
        entete.setHorodatage(DatatypeFactory.newInstance().newXMLGregorianCalendar("2024-01-31T10:00:00+01:00"));
        return entete;
    }

    private static void traite(RetourType retour, String idMessage) {
        Rapport.egal("codeRetour", retour.getCodeRetour(), "0000");
        Rapport.egal("idMessage", idMessage, "java-" + numero);
    }

    private static void refuse(String regle, String chemin, Callable<?> appel) throws Exception {
        Exception erreur = Rapport.faute(appel);
        if (!(erreur instanceof IncidentTechnique_Exception)) {
            throw erreur;
        }
        IncidentTechnique incident = ((IncidentTechnique_Exception) erreur).getFaultInfo();
        Rapport.egal("codeIncident", incident.getCodeIncident(), "9105");
        Rapport.egal("regle", incident.getRegle(), regle);
        Rapport.egal("chemin", incident.getChemin(), chemin);
    }

    /** The two cases of an operation: the good call, and the same question from a shop that has no valid number. */
    private static <Q, R> void operation(String nom, Q question, Methode<Q, R> methode, Rapport.Appel nominal) {
        RAPPORT.cas(CHEMIN, nom, "nominal", nominal);
        String lieu = "/Envelope/Header/enteteMessage/magasin";
        RAPPORT.cas(CHEMIN, nom, "faute",
            () -> refuse("VALEUR_FORME", lieu, () -> methode.appelle(question, entete("MAGASIN"))));
    }

    private static EnteteMessage entete() throws Exception {
        return entete(MAGASIN);
    }

    public static void main(String[] arguments) throws Exception {
        String suffixe = arguments[0].equals("1.2") ? "?wsdl=soap12" : "?wsdl";
        TiersPayant service = new TiersPayant(new URL(arguments[1] + "/" + CHEMIN + suffixe));
        // With 1.1 a document goes inline, with 1.2 as an attachment (MTOM): the platform takes both with both.
        port = service.getTiersPayantPort(new MTOMFeature(arguments[0].equals("1.2")));
        droits();
        dossiers();
        factures();
        compte();
    }

    private static AttestationType attestation(String adherent) {
        AttestationType attestation = new AttestationType();
        attestation.setNumeroAMC("990020020");
        attestation.setTypeConvention("TP");
        attestation.setNumeroAdherent(adherent);
        attestation.setDebutValidite("20240101");
        attestation.setFinValidite("20241231");
        return attestation;
    }

    private static OuvrantDroitType ouvrantDroit(String nir, String cle) {
        OuvrantDroitType ouvrantDroit = new OuvrantDroitType();
        ouvrantDroit.setNir(nir);
        ouvrantDroit.setCleNir(cle);
        return ouvrantDroit;
    }

    private static IndividuType individu(String neLe, String nom, String prenom) {
        IndividuType individu = new IndividuType();
        individu.setDateNaissance(neLe);
        individu.setRangNaissance(1);
        individu.setNom(nom);
        individu.setPrenom(prenom);
        individu.setLien(LienType.OD);
        return individu;
    }

    private static ArticleType article(int numero, NatureArticleType nature, String lpp, int prix, CoteType cote) {
        ArticleType article = new ArticleType();
        article.setNumeroArticle(numero);
        article.setNature(nature);
        article.setCote(cote);
        article.setZoneOptique(cote == null ? null : ZoneOptiqueType.S);
        article.setCodeLPP(lpp);
        article.setClasse(ClasseType.B);
        article.setPrixUnitaire(prix);
        article.setRemise(0);
        article.setQuantite(1);
        return article;
    }

    private static List<ArticleType> articles() {
        return List.of(
            article(1, NatureArticleType.MON, "2299026", 12000, null),
            article(2, NatureArticleType.VER, "2299121", 9000, CoteType.OD),
            article(3, NatureArticleType.VER, "2299121", 9000, CoteType.OG));
    }

    private static Valoriser demande(TypeDemandeType type, String reference) {
        OrdonnanceType ordonnance = new OrdonnanceType();
        ordonnance.setDateOrdonnance("20231102");
        ordonnance.setNature(NatureOrdonnanceType.R);
        ordonnance.setNumeroPrescripteur("10101010105");
        EquipementType equipement = new EquipementType();
        equipement.setRang(1);
        equipement.setTypeVision(TypeVisionType.UNI);
        equipement.getArticle().addAll(articles());
        Valoriser demande = new Valoriser();
        demande.setTypeDemande(type);
        demande.setReferenceDossier("D-JAVA");
        demande.setReferenceDemande(reference);
        demande.setDateSoins("20240131");
        demande.setDateLivraisonPrevue("20240209");
        demande.setAttestation(attestation("C2345678"));
        demande.setOuvrantDroit(ouvrantDroit("1900975999003", "61"));
        demande.setIndividu(individu("19900923", "LEROUX", "HUGO"));
        demande.setOrdonnance(ordonnance);
        demande.setEquipement(equipement);
        if (type == TypeDemandeType.PEC) {
            ConsentementType consentement = new ConsentementType();
            consentement.setRecueilli(true);
            consentement.setDateRecueil("20240131");
            demande.setConsentement(consentement);
        }
        return demande;
    }

    private static void montants(ValorisationType vus) {
        Rapport.egal("montants",
            List.of(vus.getTotal(), vus.getPartAMO(), vus.getPartAMC(), vus.getResteACharge()),
            List.of(30000, 9, 17991, 12000));
        Rapport.egal("partArticle",
            vus.getPartArticle().stream()
                .map(part -> List.of(part.getPartAMO(), part.getPartAMC(), part.getResteACharge()))
                .collect(Collectors.toList()),
            List.of(List.of(3, 4997, 7000), List.of(3, 6497, 2500), List.of(3, 6497, 2500)));
    }

    private static void droits() {
        EtatService etat = new EtatService();
        etat.setServiceLogique(ServiceType.PEC);
        operation("EtatService", etat, port::etatService, () -> {
            EtatServiceResponse reponse = port.etatService(etat, entete());
            traite(reponse.getRetour(), reponse.getIdMessage());
            Rapport.egal("disponible", reponse.isDisponible(), true);
        });
        IdentifierBeneficiaire qui = new IdentifierBeneficiaire();
        qui.setDateSoins("20240131");
        qui.setAttestation(attestation("C2345678"));
        qui.setOuvrantDroit(ouvrantDroit("1900975999003", "61"));
        qui.setIndividu(individu("19900923", "LEROUX", "HUGO"));
        operation("IdentifierBeneficiaire", qui, port::identifierBeneficiaire, () -> {
            IdentifierBeneficiaireResponse reponse = port.identifierBeneficiaire(qui, entete());
            traite(reponse.getRetour(), reponse.getIdMessage());
            Rapport.egal("situation", reponse.getSituation(), "OUVERTS");
            Rapport.egal("codeOrganisme", reponse.getCodeOrganisme(), "A020");
            Rapport.egal("accordPrealable", reponse.getDroitsOuverts().isAccordPrealable(), true);
        });
        RechercherPanier panier = new RechercherPanier();
        panier.setDateSoins("20240131");
        panier.setAttestation(attestation("C2345678"));
        panier.setTypeVision(TypeVisionType.UNI);
        operation("RechercherPanier", panier, port::rechercherPanier, () -> {
            RechercherPanierResponse reponse = port.rechercherPanier(panier, entete());
            traite(reponse.getRetour(), reponse.getIdMessage());
            Rapport.egal("une offre à un prix", reponse.getOffre().get(0).getPrixNegocie() > 0, true);
        });
    }

    private static void dossiers() {
        Valoriser pec = demande(TypeDemandeType.PEC, "D-JAVA/PEC-1");
        operation("Valoriser", pec, port::valoriser, () -> {
            ValoriserResponse chiffre = port.valoriser(demande(TypeDemandeType.DEVIS, "D-JAVA/DEV-1"), entete());
            traite(chiffre.getRetour(), chiffre.getIdMessage());
            montants(chiffre.getDossier().getValorisation());
            ValoriserResponse reponse = port.valoriser(pec, entete());
            traite(reponse.getRetour(), reponse.getIdMessage());
            Rapport.egal("etat", reponse.getDossier().getEtat(), "VALIDEE");
            Rapport.egal("finValidite", reponse.getDossier().getFinValidite(), "20240331");
            Rapport.egal("finFacturation", reponse.getDossier().getFinFacturation(), "20240430");
            montants(reponse.getDossier().getValorisation());
        });
        Valoriser mauvaiseCle = demande(TypeDemandeType.PEC, "D-JAVA/PEC-1");
        mauvaiseCle.setOuvrantDroit(ouvrantDroit("1900975999003", "62"));
        RAPPORT.cas(CHEMIN, "Valoriser", "faute_nir", () -> refuse(
            "NIR_CLE", "/Envelope/Body/Valoriser/ouvrantDroit/cleNir", () -> port.valoriser(mauvaiseCle, entete())));
        ConsulterDossier recherche = new ConsulterDossier();
        recherche.setReferenceDemande("D-JAVA/PEC-1");
        operation("ConsulterDossier", recherche, port::consulterDossier, () -> {
            SuiviDossierType trouve = port.consulterDossier(recherche, entete()).getDossier().get(0);
            ConsulterDossier parNumero = new ConsulterDossier();
            parNumero.setNumeroDossier(trouve.getNumeroDossier());
            ConsulterDossierResponse reponse = port.consulterDossier(parNumero, entete());
            traite(reponse.getRetour(), reponse.getIdMessage());
            Rapport.egal("referenceDemande", reponse.getDossier().get(0).getReferenceDemande(), "D-JAVA/PEC-1");
            montants(reponse.getDossier().get(0).getValorisation());
        });
        AnnulerDossier annulation = new AnnulerDossier();
        annulation.setNumeroDossier("20240124000002");
        annulation.setReferenceAnnulation("D-DEMO-2/ANN-1");
        annulation.setMotifAnnulation(MotifAnnulationType.CHG);
        operation("AnnulerDossier", annulation, port::annulerDossier, () -> {
            AnnulerDossierResponse reponse = port.annulerDossier(annulation, entete());
            traite(reponse.getRetour(), reponse.getIdMessage());
            Rapport.egal("suite", reponse.getSuite(), SuiteAnnulationType.FAITE);
            Rapport.egal("numeroDossier", reponse.getNumeroDossier(), "20240124000002");
        });
        PieceType piece = new PieceType();
        piece.setNature(NaturePieceType.ORD);
        piece.setNomFichier("ordonnance.pdf");
        piece.setTypeMime(TypeMimeType.APPLICATION_PDF);
        piece.setContenu("%PDF-1.4 essai".getBytes(StandardCharsets.US_ASCII));
        DeposerPieces depot = new DeposerPieces();
        depot.setNumeroDossier("20240124000003");
        depot.setReferenceDepot("D-DEMO-3/PJ-1");
        depot.getPiece().add(piece);
        operation("DeposerPieces", depot, port::deposerPieces, () -> {
            DeposerPiecesResponse reponse = port.deposerPieces(depot, entete());
            traite(reponse.getRetour(), reponse.getIdMessage());
            Rapport.egal("suite", reponse.getSuite(), SuitePiecesType.RECUES);
        });
    }

    private static DeposerLot lot() {
        ValorisationType valorisation = new ValorisationType();
        valorisation.setTotal(30000);
        valorisation.setPartAMO(9);
        valorisation.setPartAMC(17991);
        valorisation.setResteACharge(12000);
        FactureLotType facture = new FactureLotType();
        facture.setReferenceDossier("D-DEMO-1");
        facture.setReferenceFacture("D-DEMO-1/FAC-1");
        facture.setNumeroDossier("20240124000001");
        facture.setNumeroFacture("240131001");
        facture.setDateFacture("20240131");
        facture.setDateDelivrance("20240130");
        facture.setAttestation(attestation("D8765432"));
        facture.setOuvrantDroit(ouvrantDroit("2720675999004", "68"));
        facture.setIndividu(individu("19720630", "MOREL", "JEANNE"));
        facture.setValorisation(valorisation);
        facture.getArticle().addAll(articles());
        DeposerLot lot = new DeposerLot();
        lot.setNumeroLot("L-JAVA-1");
        lot.getFacture().add(facture);
        return lot;
    }

    private static void factures() {
        DeposerLot lot = lot();
        operation("DeposerLot", lot, port::deposerLot, () -> {
            DeposerLotResponse reponse = port.deposerLot(lot, entete());
            traite(reponse.getRetour(), reponse.getIdMessage());
            Rapport.egal("statut", reponse.getArl().getStatut(), StatutArlType.POSITIF);
            Rapport.egal("numeroFacture", reponse.getArl().getFacture().get(0).getNumeroFacture(), "240131001");
        });
        ConsulterLot lequel = new ConsulterLot();
        lequel.setNumeroLot("L-JAVA-1");
        operation("ConsulterLot", lequel, port::consulterLot, () -> {
            ConsulterLotResponse reponse = port.consulterLot(lequel, entete());
            traite(reponse.getRetour(), reponse.getIdMessage());
            Rapport.egal("montantDemande", reponse.getArl().getFacture().get(0).getMontantDemande(), 17991);
        });
        ConsulterFacture connue = new ConsulterFacture();
        connue.setNumeroFacture("240120001");
        operation("ConsulterFacture", connue, port::consulterFacture, () -> {
            ConsulterFactureResponse reponse = port.consulterFacture(connue, entete());
            traite(reponse.getRetour(), reponse.getIdMessage());
            Rapport.egal("etat", reponse.getFacture().get(0).getEtat(), "LIQUIDEE");
            Rapport.egal("montantDemande", reponse.getFacture().get(0).getMontantDemande(), 17991);
            ConsulterFacture laNotre = new ConsulterFacture();
            laNotre.setReferenceFacture("D-DEMO-1/FAC-1");
            SuiviFactureType suivi = port.consulterFacture(laNotre, entete()).getFacture().get(0);
            Rapport.egal("numeroDossier", suivi.getNumeroDossier(), "20240124000001");
        });
        AnnulerFacture annulation = new AnnulerFacture();
        annulation.setNumeroFacture("240120002");
        annulation.setReferenceAnnulation("D-DEMO-5/ANN-1");
        annulation.setMotifAnnulation(MotifAnnulationType.ERR);
        operation("AnnulerFacture", annulation, port::annulerFacture, () -> {
            AnnulerFactureResponse reponse = port.annulerFacture(annulation, entete());
            traite(reponse.getRetour(), reponse.getIdMessage());
            Rapport.egal("suite", reponse.getSuite(), SuiteAnnulationType.FAITE);
            Rapport.egal("numeroFacture", reponse.getNumeroFacture(), "240120002");
        });
        ReleverBordereaux releve = new ReleverBordereaux();
        releve.setNombreMaximum(100);
        operation("ReleverBordereaux", releve, port::releverBordereaux, () -> {
            ReleverBordereauxResponse reponse = port.releverBordereaux(releve, entete());
            traite(reponse.getRetour(), reponse.getIdMessage());
            BordereauType bordereau = reponse.getBordereau().get(0);
            Rapport.egal("montantVirement", bordereau.getMontantVirement(), 17991);
            LigneBordereauType ligne = bordereau.getLigne().get(0);
            Rapport.egal("nature", ligne.getNature(), NatureLigneType.REGLEMENT);
            Rapport.egal("numeroFacture", ligne.getNumeroFacture(), "240110003");
            Rapport.egal("montantRegle", ligne.getMontantRegle(), 17991);
        });
    }

    private static void compte() {
        OuvrirSession ouverture = new OuvrirSession();
        ouverture.setIdentifiant(MAGASIN);
        operation("OuvrirSession", ouverture, port::ouvrirSession, () -> {
            OuvrirSessionResponse reponse = port.ouvrirSession(ouverture, entete());
            traite(reponse.getRetour(), reponse.getIdMessage());
            Rapport.egal("jetonSession", reponse.getJetonSession().isEmpty(), false);
        });
        FermerSession fermeture = new FermerSession();
        fermeture.setJetonSession("jeton");
        operation("FermerSession", fermeture, port::fermerSession, () -> {
            fermeture.setJetonSession(port.ouvrirSession(ouverture, entete()).getJetonSession());
            FermerSessionResponse reponse = port.fermerSession(fermeture, entete());
            traite(reponse.getRetour(), reponse.getIdMessage());
            Rapport.egal("fermee", reponse.isFermee(), true);
        });
    }
}
