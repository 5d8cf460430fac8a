using System;
using System.Linq;
using System.Text;
using Stubs;

/// <summary>
/// The almerys-style dialect with the ASMX client (.NET Framework, Mono): pilote.exe BASE.
/// Amounts are integer centimes, dates AAAAMMJJ, the NIR is cut in 13 characters and its key. The stack unfolds a
/// message into arguments: idMessage comes back as the result, the other fields of the answer as `out`.
/// </summary>
static class Almerys
{
    const string Chemin = "tiers-payant";
    const string Espace = "urn:example:tp-optique:guichet:1";
    static TiersPayant client;
    static int numero;

    /// <summary>The business header of the next call. An instant with DateTimeKind.Utc is written with its Z.</summary>
    static void Entete(string magasin)
    {
        client.enteteMessageValue = new enteteMessage
        {
            idMessage = "mono-" + ++numero,
            magasin = magasin,
            horodatage = new DateTime(2024, 1, 31, 9, 0, 0, DateTimeKind.Utc),
        };
    }

    static void Traite(string idMessage, RetourType retour)
    {
        Rapport.Egal("codeRetour", retour.codeRetour, "0000");
        Rapport.Egal("idMessage", idMessage, "mono-" + numero);
    }

    static void Refuse(string regle, string lieu, Action appel)
    {
        var champs = new[] { "codeIncident", "regle", "chemin" };
        Rapport.Refuse("incidentTechnique", Espace, champs, new[] { "9105", regle, lieu }, appel);
    }

    /// <summary>The two cases of an operation: the good call, and the same from a shop that has no valid number.</summary>
    static void Operation(string nom, Action<string> appel)
    {
        Rapport.Cas(Chemin, nom, "nominal", () => appel(Rapport.Magasin));
        var lieu = "/Envelope/Header/enteteMessage/magasin";
        Rapport.Cas(Chemin, nom, "faute", () => Refuse("VALEUR_FORME", lieu, () => appel("MAGASIN")));
    }

    static void Main(string[] arguments)
    {
        Rapport.Dialecte = "almerys";
        client = new TiersPayant { Url = arguments[0] + "/" + Chemin }; // the stub knows where its WSDL was read
        Droits();
        Dossiers();
        Factures();
        Compte();
    }

    static AttestationType Attestation(string adherent)
    {
        return new AttestationType
        {
            numeroAMC = "990020020",
            typeConvention = "TP",
            numeroAdherent = adherent,
            debutValidite = "20240101",
            finValidite = "20241231",
        };
    }

    static OuvrantDroitType OuvrantDroit(string nir, string cle)
    {
        return new OuvrantDroitType { nir = nir, cleNir = cle };
    }

    static IndividuType Individu(string neLe, string nom, string prenom)
    {
        return new IndividuType
        {
            dateNaissance = neLe,
            rangNaissance = 1,
            nom = nom,
            prenom = prenom,
            lien = LienType.OD,
        };
    }

    /// <summary>An optional field of a value type goes out only when its `…Specified` is true.</summary>
    static ArticleType Article(int numero, NatureArticleType nature, string lpp, int prix, CoteType? cote)
    {
        return new ArticleType
        {
            numeroArticle = numero,
            nature = nature,
            cote = cote.GetValueOrDefault(),
            coteSpecified = cote.HasValue,
            zoneOptique = ZoneOptiqueType.S,
            zoneOptiqueSpecified = cote.HasValue,
            codeLPP = lpp,
            classe = ClasseType.B,
            prixUnitaire = prix,
            remise = 0,
            quantite = 1,
        };
    }

    static ArticleType[] Articles()
    {
        return new[]
        {
            Article(1, NatureArticleType.MON, "2299026", 12000, null),
            Article(2, NatureArticleType.VER, "2299121", 9000, CoteType.OD),
            Article(3, NatureArticleType.VER, "2299121", 9000, CoteType.OG),
        };
    }

    static SuiviDossierType Valorise(string magasin, TypeDemandeType type, string reference, string cleNir)
    {
        RetourType retour;
        SuiviDossierType dossier;
        var consentement = new ConsentementType { recueilli = true, dateRecueil = "20240131" };
        Entete(magasin);
        var id = client.Valoriser(
            type, "D-MONO", reference, null, null, "20240131", "20240209", Attestation("C2345678"),
            OuvrantDroit("1900975999003", cleNir), Individu("19900923", "LEROUX", "HUGO"),
            new OrdonnanceType
            {
                dateOrdonnance = "20231102",
                nature = NatureOrdonnanceType.R,
                numeroPrescripteur = "10101010105",
            },
            null,
            new EquipementType { rang = 1, typeVision = TypeVisionType.UNI, article = Articles() },
            type == TypeDemandeType.PEC ? consentement : null, out retour, out dossier);
        Traite(id, retour);
        return dossier;
    }

    static void Montants(ValorisationType vus)
    {
        var totaux = string.Join("/", vus.total, vus.partAMO, vus.partAMC, vus.resteACharge);
        Rapport.Egal("montants", totaux, "30000/9/17991/12000");
        var lignes = vus.partArticle.Select(part => string.Join("/", part.partAMO, part.partAMC, part.resteACharge));
        Rapport.Egal("partArticle", string.Join(" ", lignes), "3/4997/7000 3/6497/2500 3/6497/2500");
    }

    static void Droits()
    {
        RetourType retour;
        Operation("EtatService", magasin =>
        {
            bool disponible, disponibleSpecified, repriseSpecified;
            string message;
            DateTime reprise;
            var service = ServiceType.pec;
            Entete(magasin);
            var id = client.EtatService(
                ref service, out retour, out disponible, out disponibleSpecified, out message, out reprise,
                out repriseSpecified);
            Traite(id, retour);
            Rapport.Egal("disponible", disponible, true);
        });
        Operation("IdentifierBeneficiaire", magasin =>
        {
            string situation, codeOrganisme, libelleOrganisme;
            DroitsOuvertsType droits;
            Entete(magasin);
            var id = client.IdentifierBeneficiaire(
                "20240131", Attestation("C2345678"), OuvrantDroit("1900975999003", "61"),
                Individu("19900923", "LEROUX", "HUGO"), out retour, out situation, out codeOrganisme,
                out libelleOrganisme, out droits);
            Traite(id, retour);
            Rapport.Egal("situation", situation, "OUVERTS");
            Rapport.Egal("codeOrganisme", codeOrganisme, "A020");
            Rapport.Egal("accordPrealable", droits.accordPrealable, true);
        });
        Operation("RechercherPanier", magasin =>
        {
            OffreType[] offres;
            Entete(magasin);
            var id = client.RechercherPanier(
                "20240131", Attestation("C2345678"), TypeVisionType.UNI, default(ZoneOptiqueType), false,
                default(ClasseType), false, out retour, out offres);
            Traite(id, retour);
            Rapport.Egal("une offre à un prix", offres[0].prixNegocie > 0, true);
        });
    }

    static void Dossiers()
    {
        RetourType retour;
        Operation("Valoriser", magasin =>
        {
            Montants(Valorise(magasin, TypeDemandeType.DEVIS, "D-MONO/DEV-1", "61").valorisation);
            var dossier = Valorise(magasin, TypeDemandeType.PEC, "D-MONO/PEC-1", "61");
            Rapport.Egal("etat", dossier.etat, "VALIDEE");
            Rapport.Egal("finValidite", dossier.finValidite, "20240331");
            Rapport.Egal("finFacturation", dossier.finFacturation, "20240430");
            Montants(dossier.valorisation);
        });
        Rapport.Cas(Chemin, "Valoriser", "faute_nir", () => Refuse(
            "NIR_CLE", "/Envelope/Body/Valoriser/ouvrantDroit/cleNir",
            () => Valorise(Rapport.Magasin, TypeDemandeType.PEC, "D-MONO/PEC-1", "62")));
        Operation("ConsulterDossier", magasin =>
        {
            SuiviDossierType[] trouves, lesMemes;
            Entete(magasin);
            client.ConsulterDossier(null, "D-MONO/PEC-1", out retour, out trouves);
            Entete(magasin);
            var id = client.ConsulterDossier(trouves[0].numeroDossier, null, out retour, out lesMemes);
            Traite(id, retour);
            Rapport.Egal("referenceDemande", lesMemes[0].referenceDemande, "D-MONO/PEC-1");
            Montants(lesMemes[0].valorisation);
        });
        Operation("AnnulerDossier", magasin =>
        {
            SuiteAnnulationType suite;
            bool suiteSpecified;
            var dossier = "20240124000002";
            Entete(magasin);
            var id = client.AnnulerDossier(
                ref dossier, "D-DEMO-2/ANN-1", MotifAnnulationType.CHG, out retour, out suite, out suiteSpecified);
            Traite(id, retour);
            Rapport.Egal("suite", suite, SuiteAnnulationType.FAITE);
            Rapport.Egal("numeroDossier", dossier, "20240124000002");
        });
        Operation("DeposerPieces", magasin =>
        {
            SuitePiecesType suite;
            bool suiteSpecified;
            SuiviDossierType dossier;
            var piece = new PieceType
            {
                nature = NaturePieceType.ORD,
                nomFichier = "ordonnance.pdf",
                typeMime = TypeMimeType.applicationpdf,
                contenu = Encoding.ASCII.GetBytes("%PDF-1.4 essai"),
            };
            Entete(magasin);
            var id = client.DeposerPieces(
                "20240124000003", "D-DEMO-3/PJ-1", new[] { piece }, out retour, out suite, out suiteSpecified,
                out dossier);
            Traite(id, retour);
            Rapport.Egal("suite", suite, SuitePiecesType.RECUES);
        });
    }

    static FactureLotType Facture()
    {
        return new FactureLotType
        {
            referenceDossier = "D-DEMO-1",
            referenceFacture = "D-DEMO-1/FAC-1",
            numeroDossier = "20240124000001",
            numeroFacture = "240131001",
            dateFacture = "20240131",
            dateDelivrance = "20240130",
            attestation = Attestation("D8765432"),
            ouvrantDroit = OuvrantDroit("2720675999004", "68"),
            individu = Individu("19720630", "MOREL", "JEANNE"),
            valorisation = new ValorisationType { total = 30000, partAMO = 9, partAMC = 17991, resteACharge = 12000 },
            article = Articles(),
        };
    }

    static void Factures()
    {
        RetourType retour;
        ArlType arl;
        Operation("DeposerLot", magasin =>
        {
            Entete(magasin);
            Traite(client.DeposerLot("L-MONO-1", new[] { Facture() }, out retour, out arl), retour);
            Rapport.Egal("statut", arl.statut, StatutArlType.POSITIF);
            Rapport.Egal("numeroFacture", arl.facture[0].numeroFacture, "240131001");
        });
        Operation("ConsulterLot", magasin =>
        {
            Entete(magasin);
            Traite(client.ConsulterLot("L-MONO-1", out retour, out arl), retour);
            Rapport.Egal("montantDemande", arl.facture[0].montantDemande, 17991);
        });
        Operation("ConsulterFacture", magasin =>
        {
            SuiviFactureType[] connues, lesNotres;
            Entete(magasin);
            Traite(client.ConsulterFacture("240120001", null, out retour, out connues), retour);
            Rapport.Egal("etat", connues[0].etat, "LIQUIDEE");
            Rapport.Egal("montantDemande", connues[0].montantDemande, 17991);
            Entete(magasin);
            Traite(client.ConsulterFacture(null, "D-DEMO-1/FAC-1", out retour, out lesNotres), retour);
            Rapport.Egal("numeroDossier", lesNotres[0].numeroDossier, "20240124000001");
        });
        Operation("AnnulerFacture", magasin =>
        {
            SuiteAnnulationType suite;
            bool suiteSpecified;
            var facture = "240120002";
            Entete(magasin);
            var id = client.AnnulerFacture(
                ref facture, "D-DEMO-5/ANN-1", MotifAnnulationType.ERR, out retour, out suite, out suiteSpecified);
            Traite(id, retour);
            Rapport.Egal("suite", suite, SuiteAnnulationType.FAITE);
            Rapport.Egal("numeroFacture", facture, "240120002");
        });
        Operation("ReleverBordereaux", magasin =>
        {
            BordereauType[] bordereaux;
            string suivant;
            Entete(magasin);
            Traite(client.ReleverBordereaux(null, 100, out retour, out bordereaux, out suivant), retour);
            Rapport.Egal("montantVirement", bordereaux[0].montantVirement, 17991);
            var ligne = bordereaux[0].ligne[0];
            Rapport.Egal("nature", ligne.nature, NatureLigneType.REGLEMENT);
            Rapport.Egal("ligne", ligne.numeroFacture + " " + ligne.montantRegle, "240110003 17991");
        });
    }

    static string Ouvre(string magasin)
    {
        RetourType retour;
        string jeton;
        DateTime fin;
        bool finSpecified;
        Entete(magasin);
        Traite(client.OuvrirSession(Rapport.Magasin, null, out retour, out jeton, out fin, out finSpecified), retour);
        return jeton;
    }

    static void Compte()
    {
        Operation("OuvrirSession", magasin => Rapport.Egal("jetonSession", Ouvre(magasin).Length > 0, true));
        Operation("FermerSession", magasin =>
        {
            RetourType retour;
            bool fermee, fermeeSpecified;
            var jeton = Ouvre(Rapport.Magasin);
            Entete(magasin);
            Traite(client.FermerSession(jeton, out retour, out fermee, out fermeeSpecified), retour);
            Rapport.Egal("fermee", fermee, true);
        });
    }
}
