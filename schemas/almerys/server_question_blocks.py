"""The server's reading (lxml), blocks that several questions share: card, people, articles, amounts.

Elements have passed the XSD; what it cannot check is checked here: keys, the calendar, exactly one of two fields.
"""

from __future__ import annotations

from enum import StrEnum
from functools import cache
from typing import TypeVar

from tierspayant.schemas.almerys.words import PACKAGE, from_wire
from tierspayant.schemas.champs import Bloc, en_capitales, exige, refuse
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
from tierspayant.schemas.lexique import mots
from tierspayant.schemas.messages import (
    Assure,
    Beneficiaire,
    Carte,
    Classe,
    Consentement,
    Correction,
    DernierEquipement,
    Entete,
    Equipement,
    Ligne,
    Montants,
    MontantsLigne,
    MotifRenouvellement,
    Oeil,
    Prescription,
    Qualite,
    TypeEquipement,
    TypeLigne,
    TypePrescription,
    Zone,
)

E = TypeVar("E", bound=StrEnum)


_CLASSES = en_capitales(Classe)


def _iso(compact: str) -> str:
    return f"{compact[:4]}-{compact[4:6]}-{compact[6:]}"


@cache
def _mots(table: str, kind: type[E]) -> dict[str, E]:
    """The values of a table of codes.toml by their words, each of which the XSD lists too."""
    return {un: from_wire(table, un, kind) for un in mots(PACKAGE, table).canonique}


def mot(bloc: Bloc, nom: str, table: str, kind: type[E]) -> E:
    lu: E = bloc.mot(nom, _mots(table, kind))
    return lu


def mot_ou_rien(bloc: Bloc, nom: str, table: str, kind: type[E]) -> E | None:
    return bloc.mot_ou_rien(nom, _mots(table, kind))


def un_des_deux(bloc: Bloc, un: str, autre: str) -> None:
    """Exactly one of two optional fields: a rule of ours that the XSD leaves out, since stacks read a choice badly."""
    if (un in bloc) == (autre in bloc):
        raise refuse(
            bloc.element,
            "UN_SEUL_CRITERE",
            f"donnez exactement un champ parmi {un} et {autre}",
            f"must have exactly one of {un} and {autre}",
        )


def entete(bloc: Bloc) -> Entete:
    return Entete(
        id_message=bloc.texte("idMessage"),
        magasin=bloc.identifiant("magasin", Finess),
        emis_le=bloc.instant("horodatage"),
        jeton_session=bloc.texte_ou_rien("jetonSession"),
    )


def carte(bloc: Bloc) -> Carte:
    return Carte(
        numero_amc=bloc.identifiant("numeroAMC", NumeroAmc),
        type_convention=bloc.texte("typeConvention"),
        csr=bloc.texte_ou_rien("csr"),
        numero_adherent=bloc.identifiant("numeroAdherent", NumeroAdherent),
        valide_du=bloc.jour("debutValidite"),
        valide_au=bloc.jour("finValidite"),
    )


def assure(bloc: Bloc) -> Assure:
    treize = bloc.texte("nir")
    return Assure(nir=bloc.lire("cleNir", lambda cle: Nir(treize + cle)))


def beneficiaire(bloc: Bloc) -> Beneficiaire:
    return Beneficiaire(
        date_naissance=bloc.lire("dateNaissance", lambda texte: DateNaissance(_iso(texte))),
        rang_naissance=bloc.entier("rangNaissance"),
        nom=bloc.identifiant("nom", Nom),
        prenom=bloc.identifiant("prenom", Nom),
        qualite=mot(bloc, "lien", "liens", Qualite),
    )


def correction(bloc: Bloc | None) -> Correction | None:
    if bloc is None:
        return None
    cylindre = bloc.entier_ou_rien("cylindre")
    if cylindre:  # fact, optical-messages.md §4.3
        exige(bloc, "axe", "avec un cylindre", "with a cylinder")
    return Correction(
        sphere_centiemes=bloc.entier("sphere"),
        cylindre_centiemes=cylindre,
        axe=bloc.entier_ou_rien("axe"),
        addition_centiemes=bloc.entier_ou_rien("addition"),
    )


def ligne(bloc: Bloc) -> Ligne:
    nature = mot(bloc, "nature", "natures_article", TypeLigne)
    if nature is TypeLigne.VERRE:
        exige(bloc, "cote", "pour un verre", "for a lens")
        exige(bloc, "zoneOptique", "pour un verre", "for a lens")
    return Ligne(
        numero=bloc.entier("numeroArticle"),
        type=nature,
        oeil=mot_ou_rien(bloc, "cote", "cotes", Oeil),
        zone=mot_ou_rien(bloc, "zoneOptique", "zones", Zone),
        lpp=bloc.identifiant("codeLPP", Lpp),
        classe=bloc.mot("classe", _CLASSES),
        prix_centimes=bloc.entier("prixUnitaire"),
        remise_centimes=bloc.entier("remise"),
        quantite=bloc.entier("quantite"),
        correction=correction(bloc.bloc_ou_rien("correction")),
    )


def equipement(bloc: Bloc) -> Equipement:
    vision, articles = mot(bloc, "typeVision", "types_vision", TypeEquipement), list(bloc.liste("article"))
    for article in articles:
        if vision is TypeEquipement.MULTIFOCAL and "correction" in article:  # fact, optical-messages.md §4.3
            exige(article.bloc("correction"), "addition", "pour un multifocal", "for a multifocal lens")
    return Equipement(
        numero=bloc.entier("rang"),
        type=vision,
        lignes=tuple(map(ligne, articles)),
    )


def prescription(bloc: Bloc) -> Prescription:
    return Prescription(
        date=bloc.jour("dateOrdonnance"),
        type=mot(bloc, "nature", "ordonnances", TypePrescription),
        prescripteur=bloc.lire_ou_rien("numeroPrescripteur", Prescripteur),
    )


def dernier_equipement(bloc: Bloc | None) -> DernierEquipement | None:
    if bloc is None:
        return None
    return DernierEquipement(
        date=bloc.jour("dateDelivrance"),
        motif_renouvellement=mot_ou_rien(bloc, "motifRenouvellement", "motifs_renouvellement", MotifRenouvellement),
    )


def consentement(bloc: Bloc | None) -> Consentement | None:
    return None if bloc is None else Consentement(donne=bloc.oui("recueilli"), date=bloc.jour("dateRecueil"))


def montants(bloc: Bloc) -> Montants:
    return Montants(
        total_centimes=bloc.entier("total"),
        amo_centimes=bloc.entier("partAMO"),
        amc_centimes=bloc.entier("partAMC"),
        reste_a_charge_centimes=bloc.entier("resteACharge"),
        lignes=tuple(
            MontantsLigne(
                numero=part.entier("numeroArticle"),
                amo_centimes=part.entier("partAMO"),
                amc_centimes=part.entier("partAMC"),
                reste_a_charge_centimes=part.entier("resteACharge"),
                base_centimes=part.entier_ou_rien("base"),
                taux_pour_cent=part.entier_ou_rien("taux"),
                plafond_centimes=part.entier_ou_rien("plafond"),
            )
            for part in bloc.liste("partArticle")
        ),
    )
