"""The insurers' list and the negotiated offers: reads that answer from data."""

from __future__ import annotations

import datetime as dt

from tierspayant.emulator.book import Book
from tierspayant.emulator.dates import business_day
from tierspayant.emulator.insurers import Amc
from tierspayant.emulator.rules.regle import Manque, motif
from tierspayant.emulator.tariff_tables import LigneLpp, in_force
from tierspayant.schemas.messages import (
    Entete,
    Offre,
    Organisme,
    OrganismesDemande,
    OrganismesReponse,
    PanierDemande,
    PanierReponse,
)
from tierspayant.schemas.money import Centimes

OFFER_DAYS = 30
"""How long a negotiated offer stands (ours)."""


def insurers(book: Book, entete: Entete, demande: OrganismesDemande, now: dt.datetime) -> OrganismesReponse:
    """The insurers this platform runs today, whose label or code holds the filter."""
    wanted = (demande.filtre or "").casefold()
    today = business_day(now)
    rows = [
        one
        for one in book.world.insurers.values()
        if one.plateforme == book.plateforme.nom
        and one.in_force(today)
        and wanted in f"{one.organisme} {one.libelle}".casefold()
    ]
    return OrganismesReponse(
        organismes=tuple(
            Organisme(code=one.organisme, libelle=one.libelle, numero_amc=one.numero_amc)
            for one in sorted(rows, key=lambda one: (one.libelle, one.organisme))
        )
    )


def offers(book: Book, entete: Entete, demande: PanierDemande, now: dt.datetime) -> PanierReponse:
    """Negotiated prices for one kind of equipment: the class A limits, and the insurer's network prices for class B."""
    known = book.world.insurer_of_card(demande.carte.numero_amc.clair, demande.carte.type_convention, demande.carte.csr)
    here = [one for one in known if one.plateforme == book.plateforme.nom]
    if not here:
        return PanierReponse(offres=(), motifs=(motif("DRO04", Manque("carte.numero_amc")),))
    amc = here[0]
    if amc.reseau is not None and entete.magasin.clair not in amc.reseau:
        return PanierReponse(offres=(), motifs=(motif("PEC10", Manque("magasin")),))
    end = business_day(now) + dt.timedelta(days=OFFER_DAYS)
    tarif = in_force(demande.date_soins, book.tarif_force)
    rows = [row for row in tarif.lpp.values() if _wanted(row, demande)]
    return PanierReponse(
        offres=tuple(
            Offre(
                reference=f"{amc.organisme}-{row.code.clair}",
                libelle=row.libelle,
                lpp=row.code,
                classe=row.classes[0],
                prix_centimes=price,
                valide_au=end,
            )
            for row in rows
            if (price := _price(row, amc)) is not None
        )
    )


def _wanted(row: LigneLpp, demande: PanierDemande) -> bool:
    return (
        demande.type in row.equipements
        and (demande.zone is None or row.zone in (None, demande.zone))
        and (demande.classe is None or demande.classe in row.classes)
    )


def _price(row: LigneLpp, amc: Amc) -> Centimes | None:
    """The legal limit of class A; for class B what this insurer negotiated, None when nothing was."""
    return row.plv if row.plv is not None else amc.prix_negocies.get(row.code.clair)
