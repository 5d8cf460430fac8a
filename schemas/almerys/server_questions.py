"""The server's reading (lxml): a body element that the XSD accepted, to a question of messages.py."""

from __future__ import annotations

from tierspayant.schemas.almerys.server_question_blocks import (
    assure,
    beneficiaire,
    carte,
    consentement,
    dernier_equipement,
    equipement,
    ligne,
    montants,
    mot,
    mot_ou_rien,
    prescription,
    un_des_deux,
)
from tierspayant.schemas.champs import Bloc, en_capitales
from tierspayant.schemas.messages import (
    AnnulationFactureDemande,
    AnnulationPecDemande,
    Classe,
    DevisDemande,
    DroitsDemande,
    EtatFactureDemande,
    EtatLotDemande,
    EtatPecDemande,
    EtatServiceDemande,
    Facture,
    FactureDemande,
    FermerSessionDemande,
    MotifAnnulation,
    OuvrirSessionDemande,
    PanierDemande,
    PecDemande,
    Piece,
    PiecesDemande,
    RetoursDemande,
    TypeEquipement,
    TypePiece,
    Zone,
)
from tierspayant.schemas.operations import Service


def droits(bloc: Bloc) -> DroitsDemande:
    return DroitsDemande(
        date_soins=bloc.jour("dateSoins"),
        carte=carte(bloc.bloc("attestation")),
        assure=assure(bloc.bloc("ouvrantDroit")),
        beneficiaire=beneficiaire(bloc.bloc("individu")),
    )


def panier(bloc: Bloc) -> PanierDemande:
    return PanierDemande(
        date_soins=bloc.jour("dateSoins"),
        carte=carte(bloc.bloc("attestation")),
        type=mot(bloc, "typeVision", "types_vision", TypeEquipement),
        zone=mot_ou_rien(bloc, "zoneOptique", "zones", Zone),
        classe=bloc.mot_ou_rien("classe", en_capitales(Classe)),
    )


def valorisation(bloc: Bloc) -> PecDemande:
    """A DevisDemande or a PecDemande, as typeDemande says."""
    kind = DevisDemande if bloc.texte("typeDemande") == "DEVIS" else PecDemande
    return kind(
        dossier=bloc.texte("referenceDossier"),
        reference=bloc.texte("referenceDemande"),
        devis=bloc.texte_ou_rien("numeroDevis"),
        remplace=bloc.texte_ou_rien("demandeRemplacee"),
        date_soins=bloc.jour("dateSoins"),
        livraison_prevue=bloc.jour_ou_rien("dateLivraisonPrevue"),
        carte=carte(bloc.bloc("attestation")),
        assure=assure(bloc.bloc("ouvrantDroit")),
        beneficiaire=beneficiaire(bloc.bloc("individu")),
        prescription=prescription(bloc.bloc("ordonnance")),
        dernier_equipement=dernier_equipement(bloc.bloc_ou_rien("equipementPrecedent")),
        equipement=equipement(bloc.bloc("equipement")),
        consentement=consentement(bloc.bloc_ou_rien("consentement")),
    )


def etat_dossier(bloc: Bloc) -> EtatPecDemande:
    un_des_deux(bloc, "numeroDossier", "referenceDemande")
    return EtatPecDemande(
        numero_pec=bloc.texte_ou_rien("numeroDossier"), reference=bloc.texte_ou_rien("referenceDemande")
    )


def annulation_dossier(bloc: Bloc) -> AnnulationPecDemande:
    return AnnulationPecDemande(
        numero_pec=bloc.texte("numeroDossier"),
        reference=bloc.texte("referenceAnnulation"),
        motif=mot(bloc, "motifAnnulation", "motifs_annulation", MotifAnnulation),
    )


def pieces(bloc: Bloc) -> PiecesDemande:
    return PiecesDemande(
        numero_pec=bloc.texte("numeroDossier"),
        reference=bloc.texte("referenceDepot"),
        pieces=tuple(
            Piece(
                type=mot(piece, "nature", "natures_piece", TypePiece),
                nom=piece.texte("nomFichier"),
                mime=piece.texte("typeMime"),
                contenu=piece.octets("contenu"),
            )
            for piece in bloc.liste("piece")
        ),
    )


def _facture(bloc: Bloc) -> Facture:
    return Facture(
        dossier=bloc.texte("referenceDossier"),
        reference=bloc.texte("referenceFacture"),
        numero_pec=bloc.texte("numeroDossier"),
        numero_facture=bloc.texte("numeroFacture"),
        remplace=bloc.texte_ou_rien("factureRemplacee"),
        date_facture=bloc.jour("dateFacture"),
        date_delivrance=bloc.jour("dateDelivrance"),
        carte=carte(bloc.bloc("attestation")),
        assure=assure(bloc.bloc("ouvrantDroit")),
        beneficiaire=beneficiaire(bloc.bloc("individu")),
        montants=montants(bloc.bloc("valorisation")),
        lignes=tuple(map(ligne, bloc.liste("article"))),
    )


def lot(bloc: Bloc) -> FactureDemande:
    return FactureDemande(
        numero_lot=bloc.texte("numeroLot"), factures=tuple(_facture(facture) for facture in bloc.liste("facture"))
    )


def etat_lot(bloc: Bloc) -> EtatLotDemande:
    return EtatLotDemande(numero_lot=bloc.texte("numeroLot"))


def etat_facture(bloc: Bloc) -> EtatFactureDemande:
    un_des_deux(bloc, "numeroFacture", "referenceFacture")
    return EtatFactureDemande(
        numero_facture=bloc.texte_ou_rien("numeroFacture"), reference=bloc.texte_ou_rien("referenceFacture")
    )


def annulation_facture(bloc: Bloc) -> AnnulationFactureDemande:
    return AnnulationFactureDemande(
        numero_facture=bloc.texte("numeroFacture"),
        reference=bloc.texte("referenceAnnulation"),
        motif=mot(bloc, "motifAnnulation", "motifs_annulation", MotifAnnulation),
    )


def bordereaux(bloc: Bloc) -> RetoursDemande:
    return RetoursDemande(depuis=bloc.texte_ou_rien("curseur"), limite=bloc.entier("nombreMaximum"))


def ouvrir_session(bloc: Bloc) -> OuvrirSessionDemande:
    return OuvrirSessionDemande(identifiant=bloc.texte("identifiant"), code=bloc.texte_ou_rien("codeRecu"))


def fermer_session(bloc: Bloc) -> FermerSessionDemande:
    return FermerSessionDemande(jeton=bloc.texte("jetonSession"))


def etat_service(bloc: Bloc) -> EtatServiceDemande:
    return EtatServiceDemande(service=Service(bloc.texte("serviceLogique")))
