"""Questions and answers of every operation, as frozen values: the vocabulary both programs share.

Field names are the field's own French words, the same as in the shop's JSON (interfaces.md). Shapes follow
docs/domain/optical-messages.md §4; what is public there and what is ours is said row by row in that note.
Money is integer centimes (money.py); dates are business dates of Europe/Paris; `None` means not given or not known.
A dialect turns these values into its own wire form and back; nothing here knows a platform.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, TypeAlias

from tierspayant.schemas.identity import DateNaissance, Finess, Lpp, Nir, Nom, NumeroAdherent, NumeroAmc, Prescripteur
from tierspayant.schemas.money import Centimes
from tierspayant.schemas.operations import Operation, Service

# ---------------------------------------------------------------------------------------------------- enumerations


class Qualite(StrEnum):
    ASSURE = "assure"
    CONJOINT = "conjoint"
    ENFANT = "enfant"


class TypePrescription(StrEnum):
    INITIALE = "initiale"
    RENOUVELLEMENT = "renouvellement"
    RENOUVELLEMENT_ADAPTE = "renouvellement_adapte"


class MotifRenouvellement(StrEnum):
    """Coded reason of an early renewal: a code, never the dioptres (optical-messages.md §8.4, §8.9)."""

    EVOLUTION = "evolution"
    ENFANT = "enfant"
    PATHOLOGIE = "pathologie"
    CASSE = "casse"
    PERTE = "perte"


class TypeEquipement(StrEnum):
    UNIFOCAL = "unifocal"
    MULTIFOCAL = "multifocal"
    LENTILLES = "lentilles"


class TypeLigne(StrEnum):
    MONTURE = "monture"
    VERRE = "verre"
    SUPPLEMENT = "supplement"
    PRESTATION = "prestation"
    LENTILLE = "lentille"


class Oeil(StrEnum):
    DROIT = "D"
    GAUCHE = "G"


class Zone(StrEnum):
    SIMPLE = "simple"
    COMPLEXE = "complexe"
    TRES_COMPLEXE = "tres_complexe"


class Classe(StrEnum):
    A = "A"
    B = "B"
    Z = "Z"


class TypePiece(StrEnum):
    DEVIS = "devis"
    BON_LIVRAISON = "bon_livraison"
    ORDONNANCE = "ordonnance"
    FACTURE = "facture"


class MotifAnnulation(StrEnum):
    CLIENT_RENONCE = "client_renonce"
    ERREUR_SAISIE = "erreur_saisie"
    CHANGEMENT_EQUIPEMENT = "changement_equipement"
    DOUBLON = "doublon"
    AUTRE = "autre"


class ResultatDroits(StrEnum):
    OUVERTS = "ouverts"
    FERMES = "fermes"
    INCONNU = "inconnu"


class ResultatPec(StrEnum):
    """Canonical states of a PEC (and of a quote: CHIFFRE, REFUSE). The platform's own label travels beside it."""

    CHIFFRE = "chiffre"
    REFUSE = "refuse"
    CREEE = "creee"
    EN_INSTANCE = "en_instance"
    ACCORDEE = "accordee"
    ACCORDEE_SOUS_RESERVE = "accordee_sous_reserve"
    REFUSEE = "refusee"
    EXPIREE = "expiree"
    ANNULATION_DEMANDEE = "annulation_demandee"
    ANNULEE = "annulee"
    FACTUREE = "facturee"
    REJET_PAIEMENT = "rejet_paiement"
    SOLDEE = "soldee"
    INCONNU = "etat_inconnu"


class ResultatFacture(StrEnum):
    ACQUITTEE = "acquittee"
    REJETEE_FORMAT = "rejetee_format"
    ACCEPTEE = "acceptee"
    REJETEE = "rejetee"
    PAYEE = "payee"
    PAYEE_PARTIELLE = "payee_partielle"
    REGULARISEE = "regularisee"
    ANNULEE = "annulee"
    INCONNU = "etat_inconnu"


class ResultatLot(StrEnum):
    ACQUITTE = "acquitte"
    REJETE = "rejete"


class ResultatAnnulation(StrEnum):
    DEMANDEE = "demandee"
    CONFIRMEE = "confirmee"
    REFUSEE = "refusee"


class ResultatPieces(StrEnum):
    RECUES = "recues"
    REFUSEES = "refusees"


class TypeRetour(StrEnum):
    PAIEMENT = "paiement"
    REJET = "rejet"
    INDU = "indu"


# ------------------------------------------------------------------------------------------------ shared blocks


@dataclass(frozen=True, slots=True, kw_only=True)
class Entete:
    """The business header of every call. `id_message` is the exchange id: the same bytes for every resend."""

    id_message: str
    magasin: Finess
    emis_le: dt.datetime
    jeton_session: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Carte:
    numero_amc: NumeroAmc
    type_convention: str
    csr: str | None = None
    numero_adherent: NumeroAdherent
    valide_du: dt.date
    valide_au: dt.date


@dataclass(frozen=True, slots=True, kw_only=True)
class Assure:
    """The policy holder. A child wears the glasses but has no NIR of its own: this block carries the parent's."""

    nir: Nir


@dataclass(frozen=True, slots=True, kw_only=True)
class Beneficiaire:
    date_naissance: DateNaissance
    rang_naissance: int = 1
    nom: Nom
    prenom: Nom
    qualite: Qualite


@dataclass(frozen=True, slots=True, kw_only=True)
class Prescription:
    date: dt.date
    type: TypePrescription
    prescripteur: Prescripteur | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DernierEquipement:
    date: dt.date
    motif_renouvellement: MotifRenouvellement | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """Dioptres in hundredths (-200 is -2.00). Facultative and dropped by default: the zone suffices for every rule."""

    sphere_centiemes: int
    cylindre_centiemes: int | None = None
    axe: int | None = None
    addition_centiemes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ligne:
    """One line of an equipment. Its price is `prix_centimes` x `quantite` - `remise_centimes`."""

    numero: int
    type: TypeLigne
    lpp: Lpp
    classe: Classe
    prix_centimes: Centimes
    remise_centimes: Centimes = 0
    quantite: int = 1
    oeil: Oeil | None = None
    zone: Zone | None = None
    correction: Correction | None = None

    @property
    def net_centimes(self) -> Centimes:
        return self.prix_centimes * self.quantite - self.remise_centimes


@dataclass(frozen=True, slots=True, kw_only=True)
class Equipement:
    """The unit of order, duplicates and states: a file may hold two pairs, `numero` 1 and 2."""

    numero: int
    type: TypeEquipement
    lignes: tuple[Ligne, ...]

    @property
    def total_centimes(self) -> Centimes:
        return sum(ligne.net_centimes for ligne in self.lignes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Consentement:
    donne: bool
    date: dt.date


@dataclass(frozen=True, slots=True, kw_only=True)
class Motif:
    """A reason. `code` is canonical (codes.toml), `code_plateforme` what the platform wrote, kept even if unknown."""

    code: str
    code_plateforme: str
    libelle: str
    champ: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MontantsLigne:
    numero: int
    amo_centimes: Centimes
    amc_centimes: Centimes
    reste_a_charge_centimes: Centimes
    base_centimes: Centimes | None = None
    taux_pour_cent: int | None = None
    plafond_centimes: Centimes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Montants:
    """total = AMO + AMC + reste a charge, for each line and for the sum."""

    total_centimes: Centimes
    amo_centimes: Centimes
    amc_centimes: Centimes
    reste_a_charge_centimes: Centimes
    lignes: tuple[MontantsLigne, ...] = ()


# ---------------------------------------------------------------------------------------------------- questions


@dataclass(frozen=True, slots=True, kw_only=True)
class DroitsDemande:
    operation: ClassVar[Operation] = Operation.DROITS
    date_soins: dt.date
    carte: Carte
    assure: Assure
    beneficiaire: Beneficiaire
    organisme: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PanierDemande:
    operation: ClassVar[Operation] = Operation.PANIER
    date_soins: dt.date
    carte: Carte
    type: TypeEquipement
    zone: Zone | None = None
    classe: Classe | None = None
    organisme: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganismesDemande:
    operation: ClassVar[Operation] = Operation.ORGANISMES
    filtre: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PecDemande:
    """A quote or a PEC request: the two have one body; the quote carries no consent and binds nobody."""

    operation: ClassVar[Operation] = Operation.PEC
    dossier: str
    reference: str
    date_soins: dt.date
    carte: Carte
    assure: Assure
    beneficiaire: Beneficiaire
    prescription: Prescription
    equipement: Equipement
    dernier_equipement: DernierEquipement | None = None
    consentement: Consentement | None = None
    devis: str | None = None
    remplace: str | None = None
    livraison_prevue: dt.date | None = None
    organisme: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DevisDemande(PecDemande):
    operation: ClassVar[Operation] = Operation.DEVIS


@dataclass(frozen=True, slots=True, kw_only=True)
class EtatPecDemande:
    """State of a quote or PEC by the platform's number or by the shop's own reference: exactly one is given."""

    operation: ClassVar[Operation] = Operation.ETAT_PEC
    numero_pec: str | None = None
    reference: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnulationPecDemande:
    operation: ClassVar[Operation] = Operation.ANNULATION_PEC
    numero_pec: str
    reference: str
    motif: MotifAnnulation


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    type: TypePiece
    nom: str
    mime: str
    contenu: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class PiecesDemande:
    operation: ClassVar[Operation] = Operation.PIECES
    numero_pec: str
    reference: str
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facture:
    """One invoice against a granted PEC. Lines equal the PEC's unless given; amounts are those of the grant."""

    dossier: str
    reference: str
    numero_pec: str
    numero_facture: str
    date_facture: dt.date
    date_delivrance: dt.date
    carte: Carte
    assure: Assure
    beneficiaire: Beneficiaire
    montants: Montants
    lignes: tuple[Ligne, ...]
    remplace: str | None = None
    organisme: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FactureDemande:
    """Invoices sent together. A platform without lots takes exactly one and `numero_lot` is None (trait `lots`)."""

    operation: ClassVar[Operation] = Operation.FACTURE
    factures: tuple[Facture, ...]
    numero_lot: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EtatLotDemande:
    operation: ClassVar[Operation] = Operation.ETAT_LOT
    numero_lot: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EtatFactureDemande:
    """State of an invoice by its number or by the shop's own reference: exactly one is given."""

    operation: ClassVar[Operation] = Operation.ETAT_FACTURE
    numero_facture: str | None = None
    reference: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnulationFactureDemande:
    operation: ClassVar[Operation] = Operation.ANNULATION_FACTURE
    numero_facture: str
    reference: str
    motif: MotifAnnulation


@dataclass(frozen=True, slots=True, kw_only=True)
class RetoursDemande:
    operation: ClassVar[Operation] = Operation.RETOURS
    depuis: str | None = None
    limite: int = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class OuvrirSessionDemande:
    operation: ClassVar[Operation] = Operation.OUVRIR_SESSION
    identifiant: str
    code: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FermerSessionDemande:
    operation: ClassVar[Operation] = Operation.FERMER_SESSION
    jeton: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EtatServiceDemande:
    operation: ClassVar[Operation] = Operation.ETAT_SERVICE
    service: Service


Demande: TypeAlias = (
    DroitsDemande
    | PanierDemande
    | OrganismesDemande
    | PecDemande
    | EtatPecDemande
    | AnnulationPecDemande
    | PiecesDemande
    | FactureDemande
    | EtatLotDemande
    | EtatFactureDemande
    | AnnulationFactureDemande
    | RetoursDemande
    | OuvrirSessionDemande
    | FermerSessionDemande
    | EtatServiceDemande
)

# ------------------------------------------------------------------------------------------------------ answers


@dataclass(frozen=True, slots=True, kw_only=True)
class Droits:
    du: dt.date
    au: dt.date
    pec_requise: bool
    conventionne: bool = True
    dernier_equipement: dt.date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DroitsReponse:
    resultat: ResultatDroits
    droits: Droits | None = None
    organisme: str | None = None
    libelle_organisme: str | None = None
    motifs: tuple[Motif, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Offre:
    reference: str
    libelle: str
    lpp: Lpp
    classe: Classe
    prix_centimes: Centimes
    valide_au: dt.date


@dataclass(frozen=True, slots=True, kw_only=True)
class PanierReponse:
    offres: tuple[Offre, ...]
    motifs: tuple[Motif, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisme:
    code: str
    libelle: str
    numero_amc: NumeroAmc


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganismesReponse:
    organismes: tuple[Organisme, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PecReponse:
    """A quote or PEC as the platform sees it now. `numero` is None only when the request was refused unrecorded."""

    resultat: ResultatPec
    etat_plateforme: str
    numero: str | None = None
    reference: str | None = None
    montants: Montants | None = None
    motifs: tuple[Motif, ...] = ()
    pieces_demandees: tuple[TypePiece, ...] = ()
    valide_au: dt.date | None = None
    facturable_jusqu_au: dt.date | None = None
    lettre: str | None = None
    organisme: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EtatPecReponse:
    """Every quote or PEC that answers the question: none, one, or several (a pending request sent twice)."""

    dossiers: tuple[PecReponse, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnulationReponse:
    resultat: ResultatAnnulation
    numero: str
    motifs: tuple[Motif, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PiecesReponse:
    resultat: ResultatPieces
    pec: PecReponse | None = None
    motifs: tuple[Motif, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FactureReponse:
    """An invoice as the platform sees it now. `paye_centimes` is net of what was claimed back."""

    resultat: ResultatFacture
    etat_plateforme: str
    numero_facture: str
    reference: str | None = None
    numero_pec: str | None = None
    montant_amc_centimes: Centimes | None = None
    paye_centimes: Centimes | None = None
    motifs: tuple[Motif, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LotReponse:
    """The acknowledgement of what was sent: a whole lot, or the single invoice of a platform without lots."""

    resultat: ResultatLot
    numero_lot: str | None = None
    factures: tuple[FactureReponse, ...] = ()
    motifs: tuple[Motif, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EtatFactureReponse:
    factures: tuple[FactureReponse, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RetourLigne:
    type: TypeRetour
    numero_facture: str
    demande_centimes: Centimes
    paye_centimes: Centimes
    reference: str | None = None
    numero_pec: str | None = None
    motifs: tuple[Motif, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Bordereau:
    """One bank transfer and the invoices it pays, rejects or claims back. `total_centimes` is the net transfer."""

    numero: str
    emis_le: dt.date
    total_centimes: Centimes
    lignes: tuple[RetourLigne, ...]
    reference_virement: str | None = None
    organisme: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RetoursReponse:
    bordereaux: tuple[Bordereau, ...]
    suivant: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionReponse:
    jeton: str
    expire_le: dt.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FermetureReponse:
    fermee: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class EtatServiceReponse:
    service: Service
    ouvert: bool
    message: str | None = None
    reprise_prevue: dt.datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Indisponible:
    """A business answer that says *not now*: the request did not enter (public: SP sante, Santeclair status)."""

    motif: Motif
    reessayer_apres_s: int | None = None


Reponse: TypeAlias = (
    DroitsReponse
    | PanierReponse
    | OrganismesReponse
    | PecReponse
    | EtatPecReponse
    | AnnulationReponse
    | PiecesReponse
    | LotReponse
    | EtatFactureReponse
    | RetoursReponse
    | SessionReponse
    | FermetureReponse
    | EtatServiceReponse
    | Indisponible
)
"""`EtatLotDemande` is answered by a LotReponse, both cancellations by an AnnulationReponse."""
