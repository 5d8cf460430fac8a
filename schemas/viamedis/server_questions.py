"""Questions of this dialect, read from lxml elements that their XSD has accepted."""

from __future__ import annotations

from collections.abc import Callable

from tierspayant.schemas.champs import Bloc, en_capitales, exige, refuse
from tierspayant.schemas.identity import Prescripteur
from tierspayant.schemas.messages import (
    AnnulationFactureDemande,
    AnnulationPecDemande,
    Classe,
    Consentement,
    Demande,
    DernierEquipement,
    DevisDemande,
    DroitsDemande,
    Equipement,
    EtatFactureDemande,
    EtatPecDemande,
    EtatServiceDemande,
    Facture,
    FactureDemande,
    FermerSessionDemande,
    MotifAnnulation,
    MotifRenouvellement,
    OrganismesDemande,
    OuvrirSessionDemande,
    PanierDemande,
    PecDemande,
    Piece,
    PiecesDemande,
    Prescription,
    RetoursDemande,
    TypeEquipement,
    TypePiece,
    TypePrescription,
)
from tierspayant.schemas.operations import Operation, Service
from tierspayant.schemas.viamedis.server_question_blocks import (
    read_assure,
    read_beneficiaire,
    read_carte,
    read_ligne,
    read_montants,
    read_zone,
)

_EQUIPEMENTS = en_capitales(TypeEquipement)
_PRESCRIPTIONS = en_capitales(TypePrescription)
_RENOUVELLEMENTS = en_capitales(MotifRenouvellement)

DEFAULT_LIMITE = 100
"""Remittances given when `limite` is left out (its documentation in retours.xsd says so)."""


def _droits(bloc: Bloc) -> DroitsDemande:
    return DroitsDemande(
        date_soins=bloc.jour("dateSoins"),
        organisme=bloc.texte("organisme"),
        carte=read_carte(bloc.bloc("carte")),
        assure=read_assure(bloc.bloc("assure")),
        beneficiaire=read_beneficiaire(bloc.bloc("beneficiaire")),
    )


def _panier(bloc: Bloc) -> PanierDemande:
    return PanierDemande(
        date_soins=bloc.jour("dateSoins"),
        organisme=bloc.texte("organisme"),
        carte=read_carte(bloc.bloc("carte")),
        type=bloc.mot("typeEquipement", _EQUIPEMENTS),
        zone=read_zone(bloc),
        classe=bloc.mot_ou_rien("classe", en_capitales(Classe)),
    )


def _organismes(bloc: Bloc) -> OrganismesDemande:
    return OrganismesDemande(filtre=bloc.texte_ou_rien("filtre"))


def _pec(bloc: Bloc) -> PecDemande:
    return _demande(bloc.bloc("demande"), PecDemande)


def _devis(bloc: Bloc) -> PecDemande:
    return _demande(bloc.bloc("demande"), DevisDemande)


def _demande(bloc: Bloc, cls: type[PecDemande]) -> PecDemande:
    consentement = bloc.bloc_ou_rien("consentement")
    return cls(
        dossier=bloc.texte("dossier"),
        reference=bloc.texte("reference"),
        date_soins=bloc.jour("dateSoins"),
        organisme=bloc.texte("organisme"),
        carte=read_carte(bloc.bloc("carte")),
        assure=read_assure(bloc.bloc("assure")),
        beneficiaire=read_beneficiaire(bloc.bloc("beneficiaire")),
        prescription=_prescription(bloc.bloc("prescription")),
        dernier_equipement=_precedent(bloc.bloc_ou_rien("equipementPrecedent")),
        equipement=_equipement(bloc.bloc("equipement")),
        consentement=_consentement(consentement) if consentement else None,
        devis=bloc.texte_ou_rien("numeroDevis"),
        remplace=bloc.texte_ou_rien("remplace"),
        livraison_prevue=bloc.jour_ou_rien("livraisonPrevue"),
    )


def _prescription(bloc: Bloc) -> Prescription:
    return Prescription(
        date=bloc.jour("datePrescription"),
        type=bloc.mot("type", _PRESCRIPTIONS),
        prescripteur=bloc.lire_ou_rien("prescripteur", Prescripteur),
    )


def _precedent(bloc: Bloc | None) -> DernierEquipement | None:
    if bloc is None:
        return None
    return DernierEquipement(
        date=bloc.jour("dateFacturation"),
        motif_renouvellement=bloc.mot_ou_rien("motifRenouvellement", _RENOUVELLEMENTS),
    )


def _equipement(bloc: Bloc) -> Equipement:
    type_, lignes = bloc.mot("type", _EQUIPEMENTS), list(bloc.liste("ligne"))
    for ligne in lignes:
        if type_ is TypeEquipement.MULTIFOCAL and "correction" in ligne:  # fact, optical-messages.md §4.3
            exige(ligne.bloc("correction"), "addition", "pour un multifocal", "for a multifocal lens")
    return Equipement(
        numero=bloc.entier("numero"),
        type=type_,
        lignes=tuple(map(read_ligne, lignes)),
    )


def _consentement(bloc: Bloc) -> Consentement:
    return Consentement(donne=bloc.oui("donne"), date=bloc.jour("dateConsentement"))


def _un_critere(bloc: Bloc, *noms: str) -> tuple[str | None, ...]:
    """Exactly one of several criteria: two optional elements, since a choice is not read by every SOAP stack."""
    if sum(nom in bloc for nom in noms) != 1:
        texte = f"donnez {' ou '.join(noms)}, un seul des deux"
        raise refuse(bloc.element, "UN_SEUL_CRITERE", texte, "needs exactly one criterion")
    return tuple(bloc.texte_ou_rien(nom) for nom in noms)


def _etat_pec(bloc: Bloc) -> EtatPecDemande:
    numero, reference = _un_critere(bloc, "numero", "reference")
    return EtatPecDemande(numero_pec=numero, reference=reference)


def _annulation_pec(bloc: Bloc) -> AnnulationPecDemande:
    return AnnulationPecDemande(
        numero_pec=bloc.texte("numero"),
        reference=bloc.texte("reference"),
        motif=bloc.mot("motifAnnulation", en_capitales(MotifAnnulation)),
    )


def _pieces(bloc: Bloc) -> PiecesDemande:
    return PiecesDemande(
        numero_pec=bloc.texte("numero"),
        reference=bloc.texte("reference"),
        pieces=tuple(
            Piece(
                type=piece.mot("type", en_capitales(TypePiece)),
                nom=piece.texte("nom"),
                mime=piece.texte("mime"),
                contenu=piece.octets("contenu"),
            )
            for piece in bloc.liste("piece")
        ),
    )


def _facture(bloc: Bloc) -> FactureDemande:
    une = bloc.bloc("facture")
    return FactureDemande(
        factures=(
            Facture(
                dossier=une.texte("dossier"),
                reference=une.texte("reference"),
                numero_pec=une.texte("numeroPec"),
                numero_facture=une.texte("numeroFacture"),
                date_facture=une.jour("dateFacture"),
                date_delivrance=une.jour("dateDelivrance"),
                organisme=une.texte("organisme"),
                carte=read_carte(une.bloc("carte")),
                assure=read_assure(une.bloc("assure")),
                beneficiaire=read_beneficiaire(une.bloc("beneficiaire")),
                montants=read_montants(une.bloc("montants")),
                lignes=tuple(map(read_ligne, une.liste("ligne"))),
                remplace=une.texte_ou_rien("remplace"),
            ),
        )
    )


def _etat_facture(bloc: Bloc) -> EtatFactureDemande:
    numero, reference = _un_critere(bloc, "numeroFacture", "reference")
    return EtatFactureDemande(numero_facture=numero, reference=reference)


def _annulation_facture(bloc: Bloc) -> AnnulationFactureDemande:
    return AnnulationFactureDemande(
        numero_facture=bloc.texte("numeroFacture"),
        reference=bloc.texte("reference"),
        motif=bloc.mot("motifAnnulation", en_capitales(MotifAnnulation)),
    )


def _retours(bloc: Bloc) -> RetoursDemande:
    return RetoursDemande(
        depuis=bloc.texte_ou_rien("depuis"), limite=bloc.entier("limite") if "limite" in bloc else DEFAULT_LIMITE
    )


def _ouvrir_session(bloc: Bloc) -> OuvrirSessionDemande:
    return OuvrirSessionDemande(identifiant=bloc.texte("identifiant"), code=bloc.texte_ou_rien("code"))


def _fermer_session(bloc: Bloc) -> FermerSessionDemande:
    return FermerSessionDemande(jeton=bloc.texte("jetonSession"))


def _etat_service(bloc: Bloc) -> EtatServiceDemande:
    return EtatServiceDemande(service=bloc.mot("service", en_capitales(Service)))


QUESTIONS: dict[Operation, Callable[[Bloc], Demande]] = {
    Operation.DROITS: _droits,
    Operation.PANIER: _panier,
    Operation.ORGANISMES: _organismes,
    Operation.DEVIS: _devis,
    Operation.PEC: _pec,
    Operation.ETAT_PEC: _etat_pec,
    Operation.ANNULATION_PEC: _annulation_pec,
    Operation.PIECES: _pieces,
    Operation.FACTURE: _facture,
    Operation.ETAT_FACTURE: _etat_facture,
    Operation.ANNULATION_FACTURE: _annulation_facture,
    Operation.RETOURS: _retours,
    Operation.OUVRIR_SESSION: _ouvrir_session,
    Operation.FERMER_SESSION: _fermer_session,
    Operation.ETAT_SERVICE: _etat_service,
}
