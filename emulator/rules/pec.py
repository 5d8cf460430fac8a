"""Whether an insurer grants an equipment (family PEC): consent, prescription, products, prices, renewal, allowance."""

from __future__ import annotations

import datetime as dt

import msgspec

from tierspayant.emulator.dates import add_months, age
from tierspayant.emulator.insurers import Amc, Contrat
from tierspayant.emulator.people import Personne
from tierspayant.emulator.rules.regle import Manque, Regle, first_broken, regle
from tierspayant.emulator.tariff_tables import Tarif
from tierspayant.schemas.messages import (
    DevisDemande,
    Ligne,
    Motif,
    MotifRenouvellement,
    PecDemande,
    TypeEquipement,
    TypeLigne,
    TypePrescription,
)
from tierspayant.schemas.money import Centimes


class Examen(msgspec.Struct, frozen=True, kw_only=True):
    """The facts an insurer judges a request on. `jour`: the Paris day of the request."""

    demande: PecDemande
    personne: Personne
    amc: Amc
    contrat: Contrat
    tarif: Tarif
    jour: dt.date
    magasin: str
    doublon: str | None = None
    engage_ailleurs: bool = False
    dernier_equipement: dt.date | None = None
    allocation: Centimes = 0

    @property
    def age(self) -> int:
        """The wearer's age on the care date."""
        return age(self.personne.naissance, self.demande.date_soins)


@regle("PEC_CONSENTEMENT")
def consentement(facts: Examen) -> Manque | None:
    given = facts.demande.consentement
    if isinstance(facts.demande, DevisDemande) or (given is not None and given.donne):
        return None
    return Manque("consentement")


@regle("PEC_DOUBLON")
def doublon(facts: Examen) -> Manque | None:
    return Manque("equipement", f"numéro {facts.doublon}") if facts.doublon else None


@regle("PEC_UN_EQUIPEMENT")
def un_equipement(facts: Examen) -> Manque | None:
    """One request is one pair: more than one frame, or two lenses for one eye, are two equipments in one request."""
    lignes = facts.demande.equipement.lignes
    frames = sum(one.quantite for one in lignes if one.type is TypeLigne.MONTURE)
    eyes = [one.oeil for one in lignes if one.type is TypeLigne.VERRE for _ in range(one.quantite)]
    return Manque("equipement.lignes") if frames > 1 or len(eyes) > 2 or len(set(eyes)) < len(eyes) else None


@regle("PEC_RESEAU")
def reseau(facts: Examen) -> Manque | None:
    network = facts.amc.reseau
    return None if network is None or facts.magasin in network else Manque("magasin")


def has_field(demande: PecDemande, path: str) -> bool:
    """Whether a facultative field, written as a dotted path, is there."""
    value: object = demande
    for name in path.split("."):
        value = getattr(value, name, None)
        if value is None:
            return False
    return True


@regle("PEC_FACULTATIF_EXIGE")
def facultatif_exige(facts: Examen) -> Manque | None:
    for path in facts.amc.exige:
        if not has_field(facts.demande, path):
            return Manque(path)
    return None


def prescription_end(facts: Examen) -> dt.date:
    """The last day of a prescription: 1, 5 or 3 years by age (public: CSP D.4362-12)."""
    years = 1 if facts.age < 16 else 5 if facts.age <= 42 else 3
    return add_months(facts.demande.prescription.date, 12 * years)


@regle("PEC_PRESCRIPTION")
def prescription(facts: Examen) -> Manque | None:
    written = facts.demande.prescription.date
    return None if written <= facts.demande.date_soins <= prescription_end(facts) else Manque("prescription.date")


def _ligne_fits(ligne: Ligne, facts: Examen) -> bool:
    row = facts.tarif.ligne(ligne.lpp)
    if row is None or row.type is not ligne.type or ligne.classe not in row.classes:
        return False
    return facts.demande.equipement.type in row.equipements and ligne.zone in (None, row.zone)


@regle("PEC_LPP")
def lpp(facts: Examen) -> Manque | None:
    for ligne in facts.demande.equipement.lignes:
        if not _ligne_fits(ligne, facts):
            return Manque(f"equipement.lignes.{ligne.numero}.lpp")
    return None


@regle("PEC_PRIX_LIMITE")
def prix_limite(facts: Examen) -> Manque | None:
    for ligne in facts.demande.equipement.lignes:
        row = facts.tarif.ligne(ligne.lpp)
        if row is not None and row.plv is not None and ligne.net_centimes > row.plv * ligne.quantite:
            return Manque(f"equipement.lignes.{ligne.numero}.prix_centimes")
    return None


@regle("PEC_FILTRE_TARIFAIRE")
def filtre_tarifaire(facts: Examen) -> Manque | None:
    filtre = facts.amc.filtre
    if filtre is None:
        return None
    limits = {TypeLigne.MONTURE: filtre.monture, TypeLigne.VERRE: filtre.verre}
    for ligne in facts.demande.equipement.lignes:
        limit = limits.get(ligne.type)
        if limit is not None and ligne.net_centimes > limit * ligne.quantite:
            return Manque(f"equipement.lignes.{ligne.numero}.prix_centimes")
    return None


# ------------------------------------------------------------------------------------------------------ renewal


def normal_months(years: int) -> int:
    """The ordinary gap between two covered equipments: 2 years from 16 on, else 1 year (public: arrete 3 Dec 2018)."""
    return 24 if years >= 16 else 12


def early_months(facts: Examen, reason: MotifRenouvellement) -> int | None:
    """The gap with a coded reason, None when the reason shortens nothing (§8.4: breakage and loss do not)."""
    if reason is MotifRenouvellement.PATHOLOGIE:
        return 0
    if reason is MotifRenouvellement.ENFANT:
        return 6 if facts.age <= 6 else None
    if reason is MotifRenouvellement.EVOLUTION:
        if facts.age >= 16:
            return 12
        return 0 if facts.demande.prescription.type is not TypePrescription.RENOUVELLEMENT_ADAPTE else None
    return None


def last_equipment(facts: Examen) -> dt.date | None:
    """The start of the renewal period: the insurer's history or what the shop declares, whichever is later."""
    declared = facts.demande.dernier_equipement
    known = [one for one in (facts.dernier_equipement, declared.date if declared else None) if one is not None]
    if not known:
        return None
    last = max(known)
    return dt.date(last.year, 1, 1) if facts.amc.renouvellement_depart == "annee_civile" else last


def _renewal_applies(facts: Examen) -> bool:
    pair = facts.demande.equipement
    return pair.type is not TypeEquipement.LENTILLES and not (pair.numero > 1 and facts.contrat.deuxieme_equipement)


def _too_soon(last: dt.date, months: int, day: dt.date) -> bool:
    return day < add_months(last, months)


def _declared_reason(facts: Examen) -> MotifRenouvellement | None:
    declared = facts.demande.dernier_equipement
    return declared.motif_renouvellement if declared else None


@regle("PEC_RENOUVELLEMENT")
def renouvellement(facts: Examen) -> Manque | None:
    last = last_equipment(facts)
    if last is None or not _renewal_applies(facts) or _declared_reason(facts) is not None:
        return None
    if _too_soon(last, normal_months(facts.age), facts.demande.date_soins):
        return Manque("dernier_equipement.date")
    return None


@regle("PEC_RENOUVELLEMENT_ANTICIPE")
def renouvellement_anticipe(facts: Examen) -> Manque | None:
    last, reason = last_equipment(facts), _declared_reason(facts)
    if last is None or reason is None or not _renewal_applies(facts):
        return None
    if not _too_soon(last, normal_months(facts.age), facts.demande.date_soins):
        return None
    months = early_months(facts, reason)
    if months is not None and not _too_soon(last, months, facts.demande.date_soins):
        return None
    return Manque("dernier_equipement.motif_renouvellement")


@regle("PEC_GARANTIE_EPUISEE")
def garantie_epuisee(facts: Examen) -> Manque | None:
    pair = facts.demande.equipement
    second = pair.numero > 1 and not facts.contrat.deuxieme_equipement
    used_up = pair.type is TypeEquipement.LENTILLES and facts.allocation <= 0
    return Manque("equipement.numero" if second else "equipement") if second or used_up else None


@regle("PEC_ENGAGEE_AILLEURS")
def engagee_ailleurs(facts: Examen) -> Manque | None:
    if facts.engage_ailleurs:
        return Manque("beneficiaire", "une prise en charge est en cours dans un autre magasin")
    return None


REGLES: tuple[Regle[Examen], ...] = (
    consentement,
    doublon,
    un_equipement,
    reseau,
    facultatif_exige,
    lpp,
    prescription,
    prix_limite,
    filtre_tarifaire,
    renouvellement,
    renouvellement_anticipe,
    garantie_epuisee,
    engagee_ailleurs,
)


def check(facts: Examen) -> tuple[Motif, ...]:
    """The reason of a refusal, or nothing."""
    return first_broken(REGLES, facts)
