using System;
using System.Linq;
using System.Text;
using Stubs;

/// <summary>
/// The viamedis-style dialect with the ASMX client (.NET Framework, Mono): pilote.exe BASE.
/// Five services share one business header. Amounts are decimals written with two digits: 120.00m goes out as 120.00.
/// </summary>
static class Viamedis
{
    const string Commun = "urn:example:tp-optique:services:commun";
    static DroitsBinding droits;
    static PrisesEnChargeBinding prisesEnCharge;
    static FacturationBinding facturation;
    static RetoursBinding retours;
    static AuthentificationBinding authentification;
    static int numero;

    /// <summary>The business header of a call. An instant with DateTimeKind.Utc is written with its Z.</summary>
    static EnteteMetier Entete(string magasin)
    {
        return new EnteteMetier
        {
            idMessage = "mono-" + ++numero,
            magasin = magasin,
            horodatage = new DateTime(2024, 1, 31, 9, 0, 0, DateTimeKind.Utc),
        };
    }

    static void Traite(string idMessage, CompteRendu compteRendu)
    {
        Rapport.Egal("statut", compteRendu.statut, "TRAITE");
        Rapport.Egal("idMessage", idMessage, "mono-" + numero);
    }

    static void Refuse(string regle, string lieu, Action appel)
    {
        var attendus = new[] { "MESSAGE_NON_CONFORME", regle, lieu };
        Rapport.Refuse("fauteTechnique", Commun, new[] { "code", "regle", "chemin" }, attendus, appel);
    }

    /// <summary>The two cases of an operation: the good call, and the same from a shop that has no valid number.</summary>
    static void Operation(string chemin, string nom, Action<string> appel)
    {
        Rapport.Cas(chemin, nom, "nominal", () => appel(Rapport.Magasin));
        var lieu = "/Envelope/Header/entete/magasin";
        Rapport.Cas(chemin, nom, "faute", () => Refuse("VALEUR_FORME", lieu, () => appel("MAGASIN")));
    }

    static void Main(string[] arguments)
    {
        Rapport.Dialecte = "viamedis";
        var racine = arguments[0]; // the stubs know where their WSDL was read
        droits = new DroitsBinding { Url = racine + "/droits" };
        prisesEnCharge = new PrisesEnChargeBinding { Url = racine + "/prises-en-charge" };
        facturation = new FacturationBinding { Url = racine + "/facturation" };
        retours = new RetoursBinding { Url = racine + "/retours" };
        authentification = new AuthentificationBinding { Url = racine + "/authentification" };
        EtatsDesServices();
        ServiceDroits();
        ServicePrisesEnCharge();
        ServiceFacturation();
        LesAutres();
    }

    /// <summary>A date without a kind stays without a zone: the platform takes no other.</summary>
    static DateTime Jour(string iso)
    {
        return DateTime.SpecifyKind(DateTime.ParseExact(iso, "yyyy-MM-dd", null), DateTimeKind.Unspecified);
    }

    static CarteTiersPayant Carte(string adherent)
    {
        return new CarteTiersPayant
        {
            numeroAmc = "00990011",
            typeConvention = "TP",
            csr = "003",
            numeroAdherent = adherent,
            valideDu = Jour("2024-01-01"),
            valideAu = Jour("2024-12-31"),
        };
    }

    static AssureOuvrantDroit Assure(string nir)
    {
        return new AssureOuvrantDroit { nir = nir };
    }

    static BeneficiaireSoins Beneficiaire(string neLe, string nom, string prenom)
    {
        return new BeneficiaireSoins
        {
            dateNaissance = Jour(neLe),
            rangNaissance = 1,
            nom = nom,
            prenom = prenom,
            qualite = CodeQualite.ASSURE,
        };
    }

    /// <summary>An optional field of a value type goes out only when its `…Specified` is true.</summary>
    static LigneEquipement Ligne(int rang, CodeLigne type, string lpp, decimal prix, CodeOeil? oeil)
    {
        return new LigneEquipement
        {
            numero = rang,
            type = type,
            oeil = oeil.GetValueOrDefault(),
            oeilSpecified = oeil.HasValue,
            zone = CodeZone.SIMPLE,
            zoneSpecified = oeil.HasValue,
            lpp = lpp,
            classe = CodeClasse.B,
            prix = prix,
            remise = 0.00m,
            quantite = 1,
        };
    }

    static LigneEquipement[] Lignes()
    {
        return new[]
        {
            Ligne(1, CodeLigne.MONTURE, "2299026", 120.00m, null),
            Ligne(2, CodeLigne.VERRE, "2299121", 90.00m, CodeOeil.D),
            Ligne(3, CodeLigne.VERRE, "2299121", 90.00m, CodeOeil.G),
        };
    }

    static DemandeEquipement Demande(string reference, string nir)
    {
        return new DemandeEquipement
        {
            dossier = "D-MONO",
            reference = reference,
            dateSoins = Jour("2024-01-31"),
            organisme = "M011",
            carte = Carte("A1234567"),
            assure = Assure(nir),
            beneficiaire = Beneficiaire("1985-05-12", "DUPRE", "ALICE"),
            prescription = new PrescriptionMedicale
            {
                datePrescription = Jour("2023-11-02"),
                type = CodePrescription.RENOUVELLEMENT,
                prescripteur = "10101010105",
            },
            equipementPrecedent = new EquipementPrecedent { dateFacturation = Jour("2021-06-15") },
            equipement = new EquipementOptique { numero = 1, type = CodeEquipement.UNIFOCAL, ligne = Lignes() },
        };
    }

    static PriseEnChargeConnue Demander(string magasin, string nir)
    {
        CompteRendu compteRendu;
        PriseEnChargeConnue accordee;
        var demande = Demande("D-MONO/PEC-1", nir);
        demande.consentement = new ConsentementClient { donne = true, dateConsentement = Jour("2024-01-31") };
        prisesEnCharge.entete = Entete(magasin);
        Traite(prisesEnCharge.DemanderPriseEnCharge(demande, out compteRendu, out accordee), compteRendu);
        return accordee;
    }

    static string Ecrit(params decimal[] montants)
    {
        var culture = System.Globalization.CultureInfo.InvariantCulture;
        return string.Join("/", montants.Select(montant => montant.ToString(culture)));
    }

    static void Montants(TotauxMontants vus)
    {
        var totaux = Ecrit(vus.total, vus.partAmo, vus.partAmc, vus.resteACharge);
        Rapport.Egal("montants", totaux, "300.00/0.09/179.91/120.00");
        var details = vus.detail.Select(un => Ecrit(un.partAmo, un.partAmc, un.resteACharge));
        Rapport.Egal("detail", string.Join(" ", details), "0.03/49.97/70.00 0.03/64.97/25.00 0.03/64.97/25.00");
    }

    /// <summary>EtatService has the same form in each of the five stubs.</summary>
    delegate string Etat(
        ref CodeService service, out CompteRendu vu, out bool ouvert, out bool ouvertSpecified, out string message,
        out DateTime reprise, out bool repriseSpecified);

    static void EtatService(string chemin, CodeService logique, Action<EnteteMetier> poser, Etat etat)
    {
        Operation(chemin, "EtatService", magasin =>
        {
            CompteRendu vu;
            bool ouvert, ouvertSpecified, repriseSpecified;
            string message;
            DateTime reprise;
            var service = logique;
            poser(Entete(magasin));
            var id = etat(
                ref service, out vu, out ouvert, out ouvertSpecified, out message, out reprise, out repriseSpecified);
            Traite(id, vu);
            Rapport.Egal("ouvert", ouvert && service == logique, true);
        });
    }

    static void EtatsDesServices()
    {
        EtatService("droits", CodeService.DROITS, e => droits.entete = e, droits.EtatService);
        EtatService("prises-en-charge", CodeService.PEC, e => prisesEnCharge.entete = e, prisesEnCharge.EtatService);
        EtatService("facturation", CodeService.FACTURE, e => facturation.entete = e, facturation.EtatService);
        EtatService("retours", CodeService.RETOURS, e => retours.entete = e, retours.EtatService);
        EtatService(
            "authentification", CodeService.AUTHENTIFICATION, e => authentification.entete = e,
            authentification.EtatService);
    }

    static void ServiceDroits()
    {
        CompteRendu vu;
        Operation("droits", "ConsulterDroits", magasin =>
        {
            string statut, libelle, organisme = "M011";
            DroitsOuverts ouverts;
            droits.entete = Entete(magasin);
            var id = droits.ConsulterDroits(
                Jour("2024-01-31"), ref organisme, Carte("A1234567"), Assure("285057599900197"),
                Beneficiaire("1985-05-12", "DUPRE", "ALICE"), out vu, out statut, out ouverts, out libelle);
            Traite(id, vu);
            Rapport.Egal("statutDroits", statut + " " + organisme, "OUVERTS M011");
            Rapport.Egal("pecRequise", ouverts.pecRequise, true);
            Rapport.Egal("dernierEquipement", ouverts.dernierEquipement, Jour("2021-06-15"));
        });
        Operation("droits", "RechercherPanier", magasin =>
        {
            OffreNegociee[] offres;
            droits.entete = Entete(magasin);
            var id = droits.RechercherPanier(
                Jour("2024-01-31"), "M011", Carte("A1234567"), CodeEquipement.UNIFOCAL, default(CodeZone), false,
                default(CodeClasse), false, out vu, out offres);
            Traite(id, vu);
            Rapport.Egal("une offre à un prix", offres[0].prix > 0, true);
        });
        Operation("droits", "ListerOrganismes", magasin =>
        {
            OrganismeListe[] organismes;
            droits.entete = Entete(magasin);
            Traite(droits.ListerOrganismes(null, out vu, out organismes), vu);
            var numeros = organismes.Where(un => un.code == "M011").Select(un => un.numeroAmc);
            Rapport.Egal("numeroAmc de M011", string.Join(" ", numeros), "00990011");
        });
    }

    static void ServicePrisesEnCharge()
    {
        const string chemin = "prises-en-charge";
        CompteRendu vu;
        Operation(chemin, "DeposerDevis", magasin =>
        {
            PriseEnChargeConnue devis;
            prisesEnCharge.entete = Entete(magasin);
            var demande = Demande("D-MONO/DEV-1", "285057599900197");
            Traite(prisesEnCharge.DeposerDevis(demande, out vu, out devis), vu);
            Rapport.Egal("etat", devis.etat, "Chiffre");
            Montants(devis.montants);
        });
        Operation(chemin, "DemanderPriseEnCharge", magasin =>
        {
            var accordee = Demander(magasin, "285057599900197");
            Rapport.Egal("etat", accordee.etat, "Accordee");
            Rapport.Egal("valideAu", accordee.valideAu, Jour("2024-03-31"));
            Rapport.Egal("facturableJusquAu", accordee.facturableJusquAu, Jour("2024-04-30"));
            Montants(accordee.montants);
        });
        Rapport.Cas(chemin, "DemanderPriseEnCharge", "faute_nir", () => Refuse(
            "NIR_CLE", "/Envelope/Body/DemanderPriseEnCharge/demande/assure/nir",
            () => Demander(Rapport.Magasin, "285057599900198")));
        Operation(chemin, "ConsulterPriseEnCharge", magasin =>
        {
            PriseEnChargeConnue[] trouvees, lesMemes;
            prisesEnCharge.entete = Entete(magasin);
            Traite(prisesEnCharge.ConsulterPriseEnCharge(null, "D-MONO/PEC-1", out vu, out trouvees), vu);
            prisesEnCharge.entete = Entete(magasin);
            Traite(prisesEnCharge.ConsulterPriseEnCharge(trouvees[0].numero, null, out vu, out lesMemes), vu);
            Rapport.Egal("reference", lesMemes[0].reference, "D-MONO/PEC-1");
            Montants(lesMemes[0].montants);
        });
        Operation(chemin, "AnnulerPriseEnCharge", magasin =>
        {
            string suite, annulee = "V240124000002";
            prisesEnCharge.entete = Entete(magasin);
            var id = prisesEnCharge.AnnulerPriseEnCharge(
                ref annulee, "D-DEMO-2/ANN-1", CodeMotifAnnulation.CHANGEMENT_EQUIPEMENT, out vu, out suite);
            Traite(id, vu);
            Rapport.Egal("suite", suite + " " + annulee, "DEMANDEE V240124000002");
        });
        Operation(chemin, "DeposerPieces", magasin =>
        {
            string suite;
            PriseEnChargeConnue pec;
            var piece = new PieceJointe
            {
                type = CodePiece.ORDONNANCE,
                nom = "ordonnance.pdf",
                mime = "application/pdf",
                contenu = Encoding.ASCII.GetBytes("%PDF-1.4 essai"),
            };
            prisesEnCharge.entete = Entete(magasin);
            var id = prisesEnCharge.DeposerPieces(
                "V240124000003", "D-DEMO-3/PJ-1", new[] { piece }, out vu, out suite, out pec);
            Traite(id, vu);
            Rapport.Egal("suite", suite, "RECUES");
        });
    }

    static FactureDeposee Facture()
    {
        return new FactureDeposee
        {
            dossier = "D-DEMO-1",
            reference = "D-DEMO-1/FAC-1",
            numeroPec = "V240124000001",
            numeroFacture = "240131001",
            dateFacture = Jour("2024-01-31"),
            dateDelivrance = Jour("2024-01-30"),
            organisme = "M011",
            carte = Carte("B7654321"),
            assure = Assure("179037599900220"),
            beneficiaire = Beneficiaire("1979-03-14", "BERNIER", "PAUL"),
            montants = new TotauxMontants { total = 300.00m, partAmo = 0.09m, partAmc = 179.91m, resteACharge = 120.00m },
            ligne = Lignes(),
        };
    }

    static void ServiceFacturation()
    {
        CompteRendu vu;
        Operation("facturation", "DeposerFacture", magasin =>
        {
            string accuse;
            FactureConnue deposee;
            facturation.entete = Entete(magasin);
            Traite(facturation.DeposerFacture(Facture(), out vu, out accuse, out deposee), vu);
            Rapport.Egal("accuse", accuse + " " + deposee.numeroFacture, "POSITIF 240131001");
        });
        Operation("facturation", "ConsulterFacture", magasin =>
        {
            FactureConnue[] connues, lesNotres;
            facturation.entete = Entete(magasin);
            Traite(facturation.ConsulterFacture("240120001", null, out vu, out connues), vu);
            Rapport.Egal("etat", connues[0].etat, "Acceptee");
            Rapport.Egal("montantAmc", Ecrit(connues[0].montantAmc), "179.91");
            facturation.entete = Entete(magasin);
            Traite(facturation.ConsulterFacture(null, "D-DEMO-1/FAC-1", out vu, out lesNotres), vu);
            Rapport.Egal("numeroPec", lesNotres[0].numeroPec, "V240124000001");
        });
        Operation("facturation", "AnnulerFacture", magasin =>
        {
            string suite, annulee = "240120002";
            facturation.entete = Entete(magasin);
            var id = facturation.AnnulerFacture(
                ref annulee, "D-DEMO-5/ANN-1", CodeMotifAnnulation.ERREUR_SAISIE, out vu, out suite);
            Traite(id, vu);
            Rapport.Egal("suite", suite + " " + annulee, "CONFIRMEE 240120002");
        });
    }

    static string Ouvre(string magasin)
    {
        CompteRendu vu;
        string jeton;
        DateTime expire;
        bool expireSpecified;
        authentification.entete = Entete(magasin);
        Traite(authentification.OuvrirSession(
            Rapport.Magasin, null, out vu, out jeton, out expire, out expireSpecified), vu);
        return jeton;
    }

    static void LesAutres()
    {
        CompteRendu vu;
        Operation("retours", "ListerRetours", magasin =>
        {
            BordereauPaiement[] bordereaux;
            string suivant;
            retours.entete = Entete(magasin);
            Traite(retours.ListerRetours(null, 0, false, out vu, out bordereaux, out suivant), vu);
            var ligne = bordereaux[0].ligne[0];
            Rapport.Egal("total", Ecrit(bordereaux[0].total), "179.91");
            Rapport.Egal("ligne", ligne.numeroFacture + " " + Ecrit(ligne.montantPaye), "240110003 179.91");
        });
        Operation("authentification", "OuvrirSession", magasin =>
            Rapport.Egal("jetonSession", Ouvre(magasin).Length > 0, true));
        Operation("authentification", "FermerSession", magasin =>
        {
            bool fermee, fermeeSpecified;
            var jeton = Ouvre(Rapport.Magasin);
            authentification.entete = Entete(magasin);
            Traite(authentification.FermerSession(jeton, out vu, out fermee, out fermeeSpecified), vu);
            Rapport.Egal("fermee", fermee, true);
        });
    }
}
