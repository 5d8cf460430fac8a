"""What a tape can make happen once at a platform, beside what it shuts: names, parameters, and the act.

    prorogation_pec   { jours = 30 }                 every living PEC is prolonged
    migration_amc     { amc = "M011", vers = "..." } an insurer is run by another platform from now on
    devis_supprimes   { amc = "M011" }               its quotes (without amc: all quotes of the platform) are gone
    droits_fermes     { carte = "PEC_OK_..." }       someone's rights end with that day
    bascule_tarif     { tarif = "2027" }             one version of the tariff applies whatever the care date
    pec_portail       { magasin, carte, dossier }    a shop's staff keys someone's PEC by hand on the portal

Public cases: docs/domain/platforms-and-outage.md (c, d) and optical-messages.md §8. Pure: the instant is an argument.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Annotated, Any, TypeAlias

import msgspec
from msgspec import Meta

from tierspayant.emulator import (
    after_desk,
    card_requests,
    incidents,
    insurers,
    people,
    platforms_data,
    tariff_tables,
    world,
)
from tierspayant.emulator.book import Book
from tierspayant.emulator.dates import business_day
from tierspayant.schemas.identity import Finess
from tierspayant.schemas.plain import from_plain, located


class _Parametres(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    def check(self) -> None:
        """Raises ValueError when a name means nothing."""

    def act(self, book: Book, now: dt.datetime) -> None:
        """Make it happen on the platform of `book`."""
        raise AssertionError("each incident acts")


class Prorogation(_Parametres, frozen=True):
    """Every living PEC of the platform is valid, and can be billed, so many days longer."""

    jours: Annotated[int, Meta(ge=1, le=366)] = 30

    def act(self, book: Book, now: dt.datetime) -> None:
        after_desk.prolong(book, self.jours, now)


class MigrationAmc(_Parametres, frozen=True):
    """An insurer is run by another platform from now on; here its customers are unknown, with the new name."""

    amc: str
    vers: str

    def check(self) -> None:
        _insurer(self.amc)
        known = platforms_data.load()
        if self.vers not in known:
            raise ValueError(f"parametres.vers: there is no platform {self.vers}; there are {', '.join(known)}")

    def act(self, book: Book, now: dt.datetime) -> None:
        incidents.move_insurer(book.world, self.amc, self.vers)


class DevisSupprimes(_Parametres, frozen=True):
    """Quotes disappear from the platform, those of one insurer when it is named."""

    amc: str | None = None

    def check(self) -> None:
        if self.amc is not None:
            _insurer(self.amc)

    def act(self, book: Book, now: dt.datetime) -> None:
        incidents.delete_quotes(book, self.amc)


class DroitsFermes(_Parametres, frozen=True):
    """Someone's rights end with that day."""

    carte: str

    def check(self) -> None:
        _person(self.carte)

    def act(self, book: Book, now: dt.datetime) -> None:
        incidents.close_rights(book.world, self.carte, business_day(now))


class BasculeTarif(_Parametres, frozen=True):
    """One version of the tariff applies whatever the care date; without `tarif`, the dates decide again."""

    tarif: str | None = None

    def check(self) -> None:
        known = [one.nom for one in tariff_tables.load()]
        if self.tarif is not None and self.tarif not in known:
            raise ValueError(f"parametres.tarif: there is no {self.tarif}; there are {', '.join(known)}")

    def act(self, book: Book, now: dt.datetime) -> None:
        incidents.force_tariff(book, self.tarif)


class PecPortail(_Parametres, frozen=True):
    """A shop's staff keys the PEC of a test card by hand on the portal; the shop's software knows nothing of it.

    dossier: the file that both name, which makes the shop's own request one about the same equipment. equipement: of
    card_requests.EQUIPEMENTS; absent: the card's own.
    """

    magasin: Finess
    carte: str
    dossier: Annotated[str, Meta(min_length=1, max_length=64)]
    equipement: str | None = None

    def check(self) -> None:
        _person(self.carte)
        if self.magasin.clair not in (shops := world.shipped_shops()):
            raise ValueError(f"parametres.magasin: there is no such shop; there are {', '.join(shops)}")
        if self.equipement is not None and self.equipement not in (known := card_requests.EQUIPEMENTS):
            raise ValueError(f"parametres.equipement: there is no {self.equipement}; there are {', '.join(known)}")

    def act(self, book: Book, now: dt.datetime) -> None:
        person = book.world.people[self.carte]
        equipment = self.equipement or (person.cas.equipement if person.cas else "standard")
        chosen = book.reglages.organisme_choisi
        demande = card_requests.pec_request(
            person, book.insurer(person.amc), business_day(now), chosen, self.dossier, equipment
        )
        incidents.key_on_portal(book, self.magasin.clair, demande, now)


Parametres: TypeAlias = Prorogation | MigrationAmc | DevisSupprimes | DroitsFermes | BasculeTarif | PecPortail

INCIDENTS: Mapping[str, type[Parametres]] = {
    "prorogation_pec": Prorogation,
    "migration_amc": MigrationAmc,
    "devis_supprimes": DevisSupprimes,
    "droits_fermes": DroitsFermes,
    "bascule_tarif": BasculeTarif,
    "pec_portail": PecPortail,
}


def parametres_of(effet: str, value: object) -> Parametres:
    """The parameters of one of INCIDENTS. Raises ValueError naming the field."""
    try:
        found = from_plain(INCIDENTS[effet], value)
    except msgspec.ValidationError as wrong:
        path, reason = located(wrong)
        raise ValueError(f"parametres{path}: {reason}") from None
    found.check()
    return found


def happen(effet: str, value: Mapping[str, Any], book: Callable[[], Book], now: dt.datetime) -> None:
    """Make an incident happen; nothing for an effect that is none."""
    if effet in INCIDENTS:
        parametres_of(effet, value).act(book(), now)


def _person(carte: str) -> None:
    if carte not in {one.carte for one in people.load()}:
        raise ValueError(f"parametres.carte: there is no {carte}")


def _insurer(code: str) -> None:
    known = [one.code for one in insurers.load()]
    if code not in known:
        raise ValueError(f"parametres.amc: there is no insurer {code}; there are {', '.join(known)}")
