"""Who is asked about, at which insurer, and whether rights are open on the care date (family DRO)."""

from __future__ import annotations

import datetime as dt
import unicodedata

import msgspec

from tierspayant.emulator.insurers import Amc
from tierspayant.emulator.people import Personne
from tierspayant.emulator.rules.regle import Manque, Regle, first_broken, regle
from tierspayant.emulator.world import World
from tierspayant.schemas.messages import Assure, Beneficiaire, Carte, Motif

CONVENTION_GESTION_UNIQUE = "RO"
"""Public: convention type RO means single management through the AMO (optical-messages.md §4.1)."""


class Identite(msgspec.Struct, frozen=True, kw_only=True):
    """The facts of an identification: the question, and what the insurer's files answer to it."""

    carte: Carte
    beneficiaire: Beneficiaire
    date_soins: dt.date
    organisme: str | None
    organisme_exige: bool
    amc: Amc | None
    ailleurs: str | None
    inscrits: tuple[Personne, ...]
    personne: Personne | None


def identify(
    world: World,
    plateforme: str,
    carte: Carte,
    assure: Assure,
    beneficiaire: Beneficiaire,
    date_soins: dt.date,
    organisme: str | None,
    organisme_exige: bool,
) -> Identite:
    """Look everything up once; the rules below judge. `inscrits` are those of the card's contract under that NIR."""
    known = world.insurer_of_card(carte.numero_amc.clair, carte.type_convention, carte.csr)
    here = [one for one in known if one.plateforme == plateforme and one.in_force(date_soins)]
    elsewhere = [one for one in known if one not in here]
    amc = here[0] if here else None
    inscrits = tuple(
        one
        for one in world.with_nir(assure.nir.clair)
        if amc is not None and one.amc == amc.code and one.numero_adherent == carte.numero_adherent
    )
    return Identite(
        carte=carte,
        beneficiaire=beneficiaire,
        date_soins=date_soins,
        organisme=organisme,
        organisme_exige=organisme_exige,
        amc=amc,
        ailleurs=elsewhere[0].plateforme if elsewhere else None,
        inscrits=inscrits,
        personne=_wearer(inscrits, beneficiaire),
    )


def _wearer(inscrits: tuple[Personne, ...], asked: Beneficiaire) -> Personne | None:
    birth = asked.date_naissance.jour
    for one in inscrits:
        if one.naissance == birth and one.rang_naissance == asked.rang_naissance and one.qualite == asked.qualite:
            return one
    return None


def _plain_name(name: str) -> str:
    letters = unicodedata.normalize("NFD", name.upper())
    return "".join(c for c in letters if c.isalpha())


@regle("DRO_GESTION_UNIQUE")
def gestion_unique(facts: Identite) -> Manque | None:
    return Manque("carte.type_convention") if facts.carte.type_convention == CONVENTION_GESTION_UNIQUE else None


@regle("DRO_PLATEFORME")
def plateforme(facts: Identite) -> Manque | None:
    if facts.amc is not None:
        return None
    return Manque("carte.numero_amc", f"plateforme : {facts.ailleurs}" if facts.ailleurs else "organisme inconnu")


@regle("DRO_ORGANISME")
def organisme(facts: Identite) -> Manque | None:
    if facts.amc is None or (facts.organisme is None and not facts.organisme_exige):
        return None
    return None if facts.organisme == facts.amc.organisme else Manque("organisme")


@regle("DRO_ASSURE")
def assure(facts: Identite) -> Manque | None:
    return None if facts.inscrits else Manque("assure.nir")


@regle("DRO_NAISSANCE")
def naissance(facts: Identite) -> Manque | None:
    if facts.personne is not None:
        return None
    asked = (_plain_name(facts.beneficiaire.nom.clair), _plain_name(facts.beneficiaire.prenom.clair))
    for one in facts.inscrits:
        same_name = (_plain_name(one.nom.clair), _plain_name(one.prenom.clair)) == asked
        if same_name and one.naissance != facts.beneficiaire.date_naissance.jour:
            return Manque("beneficiaire.date_naissance")
    return None


@regle("DRO_BENEFICIAIRE")
def beneficiaire(facts: Identite) -> Manque | None:
    return None if facts.personne is not None else Manque("beneficiaire")


@regle("DRO_CARTE")
def carte(facts: Identite) -> Manque | None:
    return None if facts.carte.valide_du <= facts.date_soins <= facts.carte.valide_au else Manque("carte.valide_au")


@regle("DRO_SECOND_ASSUREUR")
def second_assureur(facts: Identite) -> Manque | None:
    one = facts.personne
    return Manque("assure") if one is not None and (one.c2s or one.second_assureur) else None


@regle("DRO_OUVERTS")
def ouverts(facts: Identite) -> Manque | None:
    one = facts.personne
    return None if one is None or one.droits_du <= facts.date_soins <= one.droits_au else Manque("date_soins")


REGLES: tuple[Regle[Identite], ...] = (
    gestion_unique,
    plateforme,
    organisme,
    assure,
    naissance,
    beneficiaire,
    carte,
    second_assureur,
    ouverts,
)

FERMES = frozenset({"DRO01", "DRO06", "DRO08", "DRO09"})
"""Reasons that answer a rights check with *closed*; the others answer *unknown*."""


def check(facts: Identite) -> tuple[Motif, ...]:
    """The reason why this person gets nothing on that date, or nothing."""
    return first_broken(REGLES, facts)
