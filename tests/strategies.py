"""hypothesis strategies for every message of the vocabulary: valid, invented, and as awkward as allowed.

People live in a commune that was never assigned (75-999). `demandes` and `reponses` take the traits of a platform,
since what may be said depends on them (an insurer to pick, lots).
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from tierspayant.schemas import codes
from tierspayant.schemas.identity import (
    DateNaissance,
    Finess,
    Lpp,
    Nir,
    Nom,
    NumeroAdherent,
    NumeroAmc,
    Prescripteur,
)
from tierspayant.schemas.messages import (
    AnnulationFactureDemande,
    AnnulationPecDemande,
    AnnulationReponse,
    Assure,
    Beneficiaire,
    Bordereau,
    Carte,
    Classe,
    Consentement,
    Correction,
    Demande,
    DernierEquipement,
    DevisDemande,
    Droits,
    DroitsDemande,
    DroitsReponse,
    Entete,
    Equipement,
    EtatFactureDemande,
    EtatFactureReponse,
    EtatLotDemande,
    EtatPecDemande,
    EtatPecReponse,
    EtatServiceDemande,
    EtatServiceReponse,
    Facture,
    FactureDemande,
    FactureReponse,
    FermerSessionDemande,
    FermetureReponse,
    Indisponible,
    Ligne,
    LotReponse,
    Montants,
    MontantsLigne,
    Motif,
    MotifAnnulation,
    MotifRenouvellement,
    Oeil,
    Offre,
    Organisme,
    OrganismesDemande,
    OrganismesReponse,
    OuvrirSessionDemande,
    PanierDemande,
    PanierReponse,
    PecDemande,
    PecReponse,
    Piece,
    PiecesDemande,
    PiecesReponse,
    Prescription,
    Qualite,
    Reponse,
    ResultatAnnulation,
    ResultatDroits,
    ResultatFacture,
    ResultatLot,
    ResultatPec,
    ResultatPieces,
    RetourLigne,
    RetoursDemande,
    RetoursReponse,
    SessionReponse,
    TypeEquipement,
    TypeLigne,
    TypePiece,
    TypePrescription,
    TypeRetour,
    Zone,
)
from tierspayant.schemas.operations import Operation, Service
from tierspayant.schemas.platforms import Traits

Strategy = st.SearchStrategy

# ---------------------------------------------------------------------------------------------------------- atoms

_LETTRES = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
references = st.text(_LETTRES + "/-_.", min_size=1, max_size=30)
numeros = st.text(_LETTRES + "-", min_size=1, max_size=20)
textes = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Cn")), min_size=1, max_size=60)
centimes = st.one_of(st.integers(0, 99), st.integers(0, 99_999_999))
centimes_signes = st.one_of(centimes, centimes.map(lambda somme: -somme))
jours = st.dates(dt.date(1900, 1, 1), dt.date(2100, 12, 31))
rangs = st.integers(1, 99)
octets = st.binary(min_size=1, max_size=200)


def _milliseconds(instant: dt.datetime) -> dt.datetime:
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)


instants = st.datetimes(
    dt.datetime(1990, 1, 1),  # noqa: DTZ001 - hypothesis takes bounds without zone and adds the zone itself
    dt.datetime(2100, 1, 1),  # noqa: DTZ001
    timezones=st.sampled_from([dt.UTC, dt.timezone(dt.timedelta(hours=1)), dt.timezone(dt.timedelta(hours=-3.5))]),
).map(_milliseconds)


def option(strategy: Strategy[Any]) -> Strategy[Any]:
    return st.none() | strategy


def several(strategy: Strategy[Any], least: int = 0, most: int = 3) -> Strategy[tuple[Any, ...]]:
    return st.lists(strategy, min_size=least, max_size=most).map(tuple)


# ---------------------------------------------------------------------------------------------------- identifiers


def _nir(sexe: str, an: int, mois: int, lieu: str, ordre: int) -> Nir:
    treize = f"{sexe}{an:02d}{mois:02d}{lieu}{ordre:03d}"
    return Nir(f"{treize}{Nir.cle(treize):02d}")


nirs = st.builds(
    _nir,
    st.sampled_from("12"),
    st.integers(0, 99),
    st.integers(1, 12),
    st.sampled_from(["75999", "2A999", "2B999"]),
    st.integers(1, 999),
)
noms = st.from_regex(r"[A-ZÉÇ][A-Za-zÀ-ÖØ-öø-ÿ '’.-]{0,30}", fullmatch=True).map(Nom)
finess = st.sampled_from(["759999014", "759999022", "759999030"]).map(Finess)
lpps = st.integers(0, 999_999).map(lambda n: Lpp(f"{n:06d}{Lpp.cle(f'{n:06d}')}"))
numeros_amc = st.from_regex(r"[0-9]{8,10}", fullmatch=True).map(NumeroAmc)
adherents = st.text(_LETTRES, min_size=1, max_size=16).map(NumeroAdherent)
prescripteurs = st.sampled_from(["101010101", "10101010105"]).map(Prescripteur)
naissances = jours.map(lambda jour: DateNaissance(jour.isoformat()))

# --------------------------------------------------------------------------------------------------------- blocks

entetes = st.builds(
    Entete,
    id_message=st.text(_LETTRES + "-:._", min_size=1, max_size=64),
    magasin=finess,
    emis_le=instants,
    jeton_session=option(references),
)
cartes = st.builds(
    Carte,
    numero_amc=numeros_amc,
    type_convention=st.sampled_from(["TP", "RO", "SP"]),
    csr=option(st.text(_LETTRES, min_size=1, max_size=10)),
    numero_adherent=adherents,
    valide_du=jours,
    valide_au=jours,
)
assures = st.builds(Assure, nir=nirs)
beneficiaires = st.builds(
    Beneficiaire,
    date_naissance=naissances,
    rang_naissance=st.integers(1, 9),
    nom=noms,
    prenom=noms,
    qualite=st.sampled_from(Qualite),
)
prescriptions = st.builds(
    Prescription, date=jours, type=st.sampled_from(TypePrescription), prescripteur=option(prescripteurs)
)
derniers_equipements = st.builds(
    DernierEquipement, date=jours, motif_renouvellement=option(st.sampled_from(MotifRenouvellement))
)
corrections = st.builds(
    Correction,
    sphere_centiemes=st.integers(-3000, 3000),
    cylindre_centiemes=option(st.integers(-1000, 1000)),
    axe=option(st.integers(0, 180)),
    addition_centiemes=option(st.integers(0, 400)),
)


def _complete(ligne: Ligne) -> Ligne:
    """What a contract makes mandatory: eye and zone of a lens, axis of a cylinder (optical-messages.md §4.3)."""
    correction = ligne.correction
    if correction is not None and correction.cylindre_centiemes and correction.axe is None:
        ligne = dataclasses.replace(ligne, correction=dataclasses.replace(correction, axe=90))
    if ligne.type is not TypeLigne.VERRE:
        return ligne
    return dataclasses.replace(ligne, oeil=ligne.oeil or Oeil.DROIT, zone=ligne.zone or Zone.SIMPLE)


def _with_additions(equipement: Equipement) -> Equipement:
    """A correction of a multifocal equipment has an addition."""
    if equipement.type is not TypeEquipement.MULTIFOCAL:
        return equipement
    lignes = (_with_addition(ligne) for ligne in equipement.lignes)
    return dataclasses.replace(equipement, lignes=tuple(lignes))


def _with_addition(ligne: Ligne) -> Ligne:
    if ligne.correction is None or ligne.correction.addition_centiemes is not None:
        return ligne
    return dataclasses.replace(ligne, correction=dataclasses.replace(ligne.correction, addition_centiemes=200))


lignes = st.builds(
    Ligne,
    numero=rangs,
    type=st.sampled_from(TypeLigne),
    lpp=lpps,
    classe=st.sampled_from(Classe),
    prix_centimes=centimes,
    remise_centimes=centimes,
    quantite=rangs,
    oeil=option(st.sampled_from(Oeil)),
    zone=option(st.sampled_from(Zone)),
    correction=option(corrections),
).map(_complete)
equipements = st.builds(
    Equipement, numero=rangs, type=st.sampled_from(TypeEquipement), lignes=several(lignes, least=1)
).map(_with_additions)
consentements = st.builds(Consentement, donne=st.booleans(), date=jours)
motifs = st.one_of(
    st.builds(
        codes.motif, st.sampled_from(sorted(set(codes.table()) - {codes.CODE_INCONNU})), champ=option(references)
    ),
    st.builds(
        Motif,
        code=st.just(codes.CODE_INCONNU),
        code_plateforme=st.integers(0, 999).map(lambda n: f"X{n:03d}"),
        libelle=textes,
        champ=option(references),
    ),
)
montants_lignes = st.builds(
    MontantsLigne,
    numero=rangs,
    amo_centimes=centimes,
    amc_centimes=centimes,
    reste_a_charge_centimes=centimes,
    base_centimes=option(centimes),
    taux_pour_cent=option(st.integers(0, 100)),
    plafond_centimes=option(centimes),
)
montants = st.builds(
    Montants,
    total_centimes=centimes,
    amo_centimes=centimes,
    amc_centimes=centimes,
    reste_a_charge_centimes=centimes,
    lignes=several(montants_lignes),
)

# ------------------------------------------------------------------------------------------------------ questions


def _organismes(traits: Traits) -> Strategy[str | None]:
    return references if traits.organisme_choisi else st.none()


def _droits(traits: Traits) -> Strategy[DroitsDemande]:
    return st.builds(
        DroitsDemande,
        date_soins=jours,
        carte=cartes,
        assure=assures,
        beneficiaire=beneficiaires,
        organisme=_organismes(traits),
    )


def _panier(traits: Traits) -> Strategy[PanierDemande]:
    return st.builds(
        PanierDemande,
        date_soins=jours,
        carte=cartes,
        type=st.sampled_from(TypeEquipement),
        zone=option(st.sampled_from(Zone)),
        classe=option(st.sampled_from(Classe)),
        organisme=_organismes(traits),
    )


def _equipement_demande(cls: type[PecDemande]) -> Callable[[Traits], Strategy[Any]]:
    def build(traits: Traits) -> Strategy[Any]:
        return st.builds(
            cls,
            dossier=references,
            reference=references,
            date_soins=jours,
            carte=cartes,
            assure=assures,
            beneficiaire=beneficiaires,
            prescription=prescriptions,
            equipement=equipements,
            dernier_equipement=option(derniers_equipements),
            consentement=option(consentements),
            devis=option(numeros),
            remplace=option(references),
            livraison_prevue=option(jours),
            organisme=_organismes(traits),
        )

    return build


def factures(traits: Traits) -> Strategy[Facture]:
    return st.builds(
        Facture,
        dossier=references,
        reference=references,
        numero_pec=numeros,
        numero_facture=numeros,
        date_facture=jours,
        date_delivrance=jours,
        carte=cartes,
        assure=assures,
        beneficiaire=beneficiaires,
        montants=montants,
        lignes=several(lignes, least=1),
        remplace=option(references),
        organisme=_organismes(traits),
    )


def _facture(traits: Traits) -> Strategy[FactureDemande]:
    if traits.lots:
        return st.builds(FactureDemande, factures=several(factures(traits), least=1), numero_lot=numeros)
    return st.builds(FactureDemande, factures=factures(traits).map(lambda une: (une,)))


def _par_numero_ou_reference(cls: type[Any], numero: str) -> Strategy[Any]:
    return st.one_of(st.builds(cls, **{numero: numeros}), st.builds(cls, reference=references))


pieces = st.builds(
    Piece,
    type=st.sampled_from(TypePiece),
    nom=references,
    mime=st.sampled_from(["application/pdf", "image/jpeg"]),
    contenu=octets,
)
_ANNULATION: dict[str, Strategy[Any]] = {"reference": references, "motif": st.sampled_from(MotifAnnulation)}
_DEMANDES: dict[Operation, Callable[[Traits], Strategy[Any]]] = {
    Operation.DROITS: _droits,
    Operation.PANIER: _panier,
    Operation.ORGANISMES: lambda traits: st.builds(OrganismesDemande, filtre=option(textes)),
    Operation.DEVIS: _equipement_demande(DevisDemande),
    Operation.PEC: _equipement_demande(PecDemande),
    Operation.ETAT_PEC: lambda traits: _par_numero_ou_reference(EtatPecDemande, "numero_pec"),
    Operation.ANNULATION_PEC: lambda traits: st.builds(AnnulationPecDemande, numero_pec=numeros, **_ANNULATION),
    Operation.PIECES: lambda traits: st.builds(
        PiecesDemande, numero_pec=numeros, reference=references, pieces=several(pieces, least=1)
    ),
    Operation.FACTURE: _facture,
    Operation.ETAT_LOT: lambda traits: st.builds(EtatLotDemande, numero_lot=numeros),
    Operation.ETAT_FACTURE: lambda traits: _par_numero_ou_reference(EtatFactureDemande, "numero_facture"),
    Operation.ANNULATION_FACTURE: lambda traits: st.builds(
        AnnulationFactureDemande, numero_facture=numeros, **_ANNULATION
    ),
    Operation.RETOURS: lambda traits: st.builds(RetoursDemande, depuis=option(references), limite=st.integers(1, 500)),
    Operation.OUVRIR_SESSION: lambda traits: st.builds(
        OuvrirSessionDemande, identifiant=references, code=option(st.from_regex(r"[0-9]{6}", fullmatch=True))
    ),
    Operation.FERMER_SESSION: lambda traits: st.builds(FermerSessionDemande, jeton=references),
    Operation.ETAT_SERVICE: lambda traits: st.builds(EtatServiceDemande, service=st.sampled_from(Service)),
}


def demandes(operation: Operation, traits: Traits) -> Strategy[Demande]:
    """Questions of one operation that a platform with these traits can be asked."""
    return _DEMANDES[operation](traits)


# -------------------------------------------------------------------------------------------------------- answers

droits = st.builds(
    Droits,
    du=jours,
    au=jours,
    pec_requise=st.booleans(),
    conventionne=st.booleans(),
    dernier_equipement=option(jours),
)


def pecs(resultats: Strategy[ResultatPec]) -> Strategy[PecReponse]:
    """PEC or quotes in these states. A state that is not canonical has a label of the platform's own."""
    return st.builds(
        PecReponse,
        resultat=resultats,
        etat_plateforme=st.integers(0, 99).map(lambda n: f"Etat {n}"),
        numero=option(numeros),
        reference=option(references),
        montants=option(montants),
        motifs=several(motifs),
        pieces_demandees=several(st.sampled_from(TypePiece)),
        valide_au=option(jours),
        facturable_jusqu_au=option(jours),
        lettre=option(textes),
        organisme=option(references),
    )


_ETATS_PEC = st.sampled_from(ResultatPec)
factures_connues = st.builds(
    FactureReponse,
    resultat=st.sampled_from(ResultatFacture),
    etat_plateforme=st.integers(0, 99).map(lambda n: f"Etat {n}"),
    numero_facture=numeros,
    reference=option(references),
    numero_pec=option(numeros),
    montant_amc_centimes=option(centimes),
    paye_centimes=option(centimes_signes),
    motifs=several(motifs),
)
bordereaux = st.builds(
    Bordereau,
    numero=numeros,
    emis_le=jours,
    total_centimes=centimes_signes,
    lignes=several(
        st.builds(
            RetourLigne,
            type=st.sampled_from(TypeRetour),
            numero_facture=numeros,
            demande_centimes=centimes_signes,
            paye_centimes=centimes_signes,
            reference=option(references),
            numero_pec=option(numeros),
            motifs=several(motifs),
        )
    ),
    reference_virement=option(references),
    organisme=option(references),
)
offres = st.builds(
    Offre,
    reference=references,
    libelle=textes,
    lpp=lpps,
    classe=st.sampled_from(Classe),
    prix_centimes=centimes,
    valide_au=jours,
)
annulations = st.builds(
    AnnulationReponse, resultat=st.sampled_from(ResultatAnnulation), numero=numeros, motifs=several(motifs)
)


def _accuses(traits: Traits) -> Strategy[LotReponse]:
    return st.builds(
        LotReponse,
        resultat=st.sampled_from(ResultatLot),
        numero_lot=numeros if traits.lots else st.none(),
        factures=several(factures_connues, most=3 if traits.lots else 1),
        motifs=several(motifs),
    )


indisponibles = st.builds(Indisponible, motif=motifs, reessayer_apres_s=option(st.integers(0, 86_400)))
_REPONSES: dict[Operation, Callable[[Traits], Strategy[Any]]] = {
    Operation.DROITS: lambda traits: st.builds(
        DroitsReponse,
        resultat=st.sampled_from(ResultatDroits),
        droits=option(droits),
        organisme=option(references),
        libelle_organisme=option(textes),
        motifs=several(motifs),
    ),
    Operation.PANIER: lambda traits: st.builds(PanierReponse, offres=several(offres), motifs=several(motifs)),
    Operation.ORGANISMES: lambda traits: st.builds(
        OrganismesReponse,
        organismes=several(st.builds(Organisme, code=references, libelle=textes, numero_amc=numeros_amc)),
    ),
    Operation.DEVIS: lambda traits: pecs(st.sampled_from([ResultatPec.CHIFFRE, ResultatPec.REFUSE])),
    Operation.PEC: lambda traits: pecs(_ETATS_PEC),
    Operation.ETAT_PEC: lambda traits: st.builds(EtatPecReponse, dossiers=several(pecs(_ETATS_PEC))),
    Operation.ANNULATION_PEC: lambda traits: annulations,
    Operation.PIECES: lambda traits: st.builds(
        PiecesReponse,
        resultat=st.sampled_from(ResultatPieces),
        pec=option(pecs(_ETATS_PEC)),
        motifs=several(motifs),
    ),
    Operation.FACTURE: _accuses,
    Operation.ETAT_LOT: _accuses,
    Operation.ETAT_FACTURE: lambda traits: st.builds(EtatFactureReponse, factures=several(factures_connues)),
    Operation.ANNULATION_FACTURE: lambda traits: annulations,
    Operation.RETOURS: lambda traits: st.builds(
        RetoursReponse, bordereaux=several(bordereaux), suivant=option(references)
    ),
    Operation.OUVRIR_SESSION: lambda traits: st.builds(SessionReponse, jeton=references, expire_le=instants),
    Operation.FERMER_SESSION: lambda traits: st.builds(FermetureReponse, fermee=st.booleans()),
    Operation.ETAT_SERVICE: lambda traits: st.builds(
        EtatServiceReponse,
        service=st.sampled_from(Service),
        ouvert=st.booleans(),
        message=option(textes),
        reprise_prevue=option(instants),
    ),
}


def reponses(operation: Operation, traits: Traits) -> Strategy[Reponse]:
    """Answers to one operation, *unavailable* included."""
    return st.one_of(_REPONSES[operation](traits), indisponibles)
