"""Questions of this dialect, read from lxml elements that their XSD has accepted."""

from __future__ import annotations

from collections.abc import Callable

from tierspayant.schemas.champs import Bloc, refuse
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
    Assure,
    Beneficiaire,
    Carte,
    Classe,
    Consentement,
    Correction,
    Demande,
    DernierEquipement,
    DevisDemande,
    DroitsDemande,
    Entete,
    Equipement,
    EtatFactureDemande,
    EtatPecDemande,
    EtatServiceDemande,
    Facture,
    FactureDemande,
    FermerSessionDemande,
    Ligne,
    Montants,
    MontantsLigne,
    MotifAnnulation,
    MotifRenouvellement,
    Oeil,
    OrganismesDemande,
    OuvrirSessionDemande,
    PanierDemande,
    PecDemande,
    Piece,
    PiecesDemande,
    Prescription,
    Qualite,
    RetoursDemande,
    TypeEquipement,
    TypeLigne,
    TypePiece,
    TypePrescription,
    Zone,
)
from tierspayant.schemas.operations import Operation, Service

DEFAULT_LIMITE = 100
"""Remittances given when `limite` is left out (its documentation in retours.xsd says so)."""


# ---------------------------------------------------------------------------------------------------- shared blocks


def read_entete(bloc: Bloc) -> Entete:
    return Entete(
        id_message=bloc.texte("idMessage"),
        magasin=bloc.identifiant("magasin", Finess),
        emis_le=bloc.instant("horodatage"),
        jeton_session=bloc.texte_ou_rien("jetonSession"),
    )


def _carte(bloc: Bloc) -> Carte:
    return Carte(
        numero_amc=bloc.identifiant("numeroAmc", NumeroAmc),
        type_convention=bloc.texte("typeConvention"),
        csr=bloc.texte_ou_rien("csr"),
        numero_adherent=bloc.identifiant("numeroAdherent", NumeroAdherent),
        valide_du=bloc.jour("valideDu"),
        valide_au=bloc.jour("valideAu"),
    )


def _beneficiaire(bloc: Bloc) -> Beneficiaire:
    return Beneficiaire(
        date_naissance=bloc.lire("dateNaissance", DateNaissance),
        rang_naissance=bloc.entier("rangNaissance"),
        nom=bloc.identifiant("nom", Nom),
        prenom=bloc.identifiant("prenom", Nom),
        qualite=Qualite(bloc.texte("qualite").lower()),
    )


def _assure(bloc: Bloc) -> Assure:
    return Assure(nir=bloc.identifiant("nir", Nir))


def _zone(bloc: Bloc) -> Zone | None:
    return Zone(bloc.texte("zone").lower()) if "zone" in bloc else None


def _ligne(bloc: Bloc) -> Ligne:
    correction = bloc.bloc_ou_rien("correction")
    return Ligne(
        numero=bloc.entier("numero"),
        type=TypeLigne(bloc.texte("type").lower()),
        lpp=bloc.identifiant("lpp", Lpp),
        classe=Classe(bloc.texte("classe")),
        prix_centimes=bloc.euros("prix"),
        remise_centimes=bloc.euros("remise"),
        quantite=bloc.entier("quantite"),
        oeil=Oeil(bloc.texte("oeil")) if "oeil" in bloc else None,
        zone=_zone(bloc),
        correction=_correction(correction) if correction else None,
    )


def _correction(bloc: Bloc) -> Correction:
    return Correction(
        sphere_centiemes=bloc.euros("sphere"),
        cylindre_centiemes=bloc.euros_ou_rien("cylindre"),
        axe=bloc.entier("axe") if "axe" in bloc else None,
        addition_centiemes=bloc.euros_ou_rien("addition"),
    )


def _montants(bloc: Bloc) -> Montants:
    return Montants(
        total_centimes=bloc.euros("total"),
        amo_centimes=bloc.euros("partAmo"),
        amc_centimes=bloc.euros("partAmc"),
        reste_a_charge_centimes=bloc.euros("resteACharge"),
        lignes=tuple(
            MontantsLigne(
                numero=detail.entier("numero"),
                amo_centimes=detail.euros("partAmo"),
                amc_centimes=detail.euros("partAmc"),
                reste_a_charge_centimes=detail.euros("resteACharge"),
                base_centimes=detail.euros_ou_rien("base"),
                taux_pour_cent=detail.entier("taux") if "taux" in detail else None,
                plafond_centimes=detail.euros_ou_rien("plafond"),
            )
            for detail in bloc.liste("detail")
        ),
    )


# -------------------------------------------------------------------------------------------------------- questions


def _droits(bloc: Bloc) -> DroitsDemande:
    return DroitsDemande(
        date_soins=bloc.jour("dateSoins"),
        organisme=bloc.texte("organisme"),
        carte=_carte(bloc.bloc("carte")),
        assure=_assure(bloc.bloc("assure")),
        beneficiaire=_beneficiaire(bloc.bloc("beneficiaire")),
    )


def _panier(bloc: Bloc) -> PanierDemande:
    return PanierDemande(
        date_soins=bloc.jour("dateSoins"),
        organisme=bloc.texte("organisme"),
        carte=_carte(bloc.bloc("carte")),
        type=TypeEquipement(bloc.texte("typeEquipement").lower()),
        zone=_zone(bloc),
        classe=Classe(bloc.texte("classe")) if "classe" in bloc else None,
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
        carte=_carte(bloc.bloc("carte")),
        assure=_assure(bloc.bloc("assure")),
        beneficiaire=_beneficiaire(bloc.bloc("beneficiaire")),
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
        type=TypePrescription(bloc.texte("type").lower()),
        prescripteur=bloc.lire_ou_rien("prescripteur", Prescripteur),
    )


def _precedent(bloc: Bloc | None) -> DernierEquipement | None:
    if bloc is None:
        return None
    motif = bloc.texte_ou_rien("motifRenouvellement")
    return DernierEquipement(
        date=bloc.jour("dateFacturation"), motif_renouvellement=MotifRenouvellement(motif.lower()) if motif else None
    )


def _equipement(bloc: Bloc) -> Equipement:
    return Equipement(
        numero=bloc.entier("numero"),
        type=TypeEquipement(bloc.texte("type").lower()),
        lignes=tuple(_ligne(ligne) for ligne in bloc.liste("ligne")),
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
        motif=MotifAnnulation(bloc.texte("motifAnnulation").lower()),
    )


def _pieces(bloc: Bloc) -> PiecesDemande:
    return PiecesDemande(
        numero_pec=bloc.texte("numero"),
        reference=bloc.texte("reference"),
        pieces=tuple(
            Piece(
                type=TypePiece(piece.texte("type").lower()),
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
                carte=_carte(une.bloc("carte")),
                assure=_assure(une.bloc("assure")),
                beneficiaire=_beneficiaire(une.bloc("beneficiaire")),
                montants=_montants(une.bloc("montants")),
                lignes=tuple(_ligne(ligne) for ligne in une.liste("ligne")),
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
        motif=MotifAnnulation(bloc.texte("motifAnnulation").lower()),
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
    return EtatServiceDemande(service=Service(bloc.texte("service").lower()))


LECTURES: dict[Operation, Callable[[Bloc], Demande]] = {
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
