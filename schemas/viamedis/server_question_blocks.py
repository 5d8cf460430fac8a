"""Blocks that several questions of this dialect share, read from lxml elements."""

from __future__ import annotations

from tierspayant.schemas.champs import Bloc, en_capitales, exige
from tierspayant.schemas.identity import (
    DateNaissance,
    Finess,
    Lpp,
    Nir,
    Nom,
    NumeroAdherent,
    NumeroAmc,
)
from tierspayant.schemas.messages import (
    Assure,
    Beneficiaire,
    Carte,
    Classe,
    Correction,
    Entete,
    Ligne,
    Montants,
    MontantsLigne,
    Oeil,
    Qualite,
    TypeLigne,
    Zone,
)

_QUALITES = en_capitales(Qualite)
_LIGNES = en_capitales(TypeLigne)
_ZONES = en_capitales(Zone)
_CLASSES = en_capitales(Classe)
_YEUX = en_capitales(Oeil)


def read_entete(bloc: Bloc) -> Entete:
    return Entete(
        id_message=bloc.texte("idMessage"),
        magasin=bloc.identifiant("magasin", Finess),
        emis_le=bloc.instant("horodatage"),
        jeton_session=bloc.texte_ou_rien("jetonSession"),
    )


def read_carte(bloc: Bloc) -> Carte:
    return Carte(
        numero_amc=bloc.identifiant("numeroAmc", NumeroAmc),
        type_convention=bloc.texte("typeConvention"),
        csr=bloc.texte_ou_rien("csr"),
        numero_adherent=bloc.identifiant("numeroAdherent", NumeroAdherent),
        valide_du=bloc.jour("valideDu"),
        valide_au=bloc.jour("valideAu"),
    )


def read_beneficiaire(bloc: Bloc) -> Beneficiaire:
    return Beneficiaire(
        date_naissance=bloc.lire("dateNaissance", DateNaissance),
        rang_naissance=bloc.entier("rangNaissance"),
        nom=bloc.identifiant("nom", Nom),
        prenom=bloc.identifiant("prenom", Nom),
        qualite=bloc.mot("qualite", _QUALITES),
    )


def read_assure(bloc: Bloc) -> Assure:
    return Assure(nir=bloc.identifiant("nir", Nir))


def read_zone(bloc: Bloc) -> Zone | None:
    return bloc.mot_ou_rien("zone", _ZONES)


def read_ligne(bloc: Bloc) -> Ligne:
    correction = bloc.bloc_ou_rien("correction")
    type_ = bloc.mot("type", _LIGNES)
    if type_ is TypeLigne.VERRE:
        exige(bloc, "oeil", "pour un verre", "for a lens")
        exige(bloc, "zone", "pour un verre", "for a lens")
    return Ligne(
        numero=bloc.entier("numero"),
        type=type_,
        lpp=bloc.identifiant("lpp", Lpp),
        classe=bloc.mot("classe", _CLASSES),
        prix_centimes=bloc.euros("prix"),
        remise_centimes=bloc.euros("remise"),
        quantite=bloc.entier("quantite"),
        oeil=bloc.mot_ou_rien("oeil", _YEUX),
        zone=read_zone(bloc),
        correction=_correction(correction) if correction else None,
    )


def _correction(bloc: Bloc) -> Correction:
    cylindre = bloc.euros_ou_rien("cylindre")
    if cylindre:  # fact, optical-messages.md §4.3
        exige(bloc, "axe", "avec un cylindre", "with a cylinder")
    return Correction(
        sphere_centiemes=bloc.euros("sphere"),
        cylindre_centiemes=cylindre,
        axe=bloc.entier_ou_rien("axe"),
        addition_centiemes=bloc.euros_ou_rien("addition"),
    )


def read_montants(bloc: Bloc) -> Montants:
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
                taux_pour_cent=detail.entier_ou_rien("taux"),
                plafond_centimes=detail.euros_ou_rien("plafond"),
            )
            for detail in bloc.liste("detail")
        ),
    )
