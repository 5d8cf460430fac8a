"""What can change at a platform while a shop is cut off from it (public cases: platforms note §c.2, §d).

An insurer moves to another operator, pending quotes are deleted, rights close, a tariff is changed, a PEC is keyed by
hand on the portal. Each is one call on a book or a world, at a virtual instant.
"""

from __future__ import annotations

import dataclasses
import datetime as dt

import msgspec

from tierspayant.emulator import pec_desk
from tierspayant.emulator.book import Book
from tierspayant.emulator.tariff_tables import load as load_tariffs
from tierspayant.emulator.world import World
from tierspayant.schemas.identity import Finess
from tierspayant.schemas.messages import Entete, PecDemande, PecReponse


def move_insurer(world: World, code: str, plateforme: str) -> None:
    """An insurer is run by another platform from now on. Raises KeyError for an unknown insurer."""
    world.change_insurer(msgspec.structs.replace(world.insurers[code], plateforme=plateforme))


def delete_quotes(book: Book, code: str | None = None) -> int:
    """Every quote (of one insurer) disappears, as when an operator closes a list. Returns how many."""
    gone = [row for row in book.pec.values() if row.devis and code in (None, row.amc)]
    for row in gone:
        del book.pec[row.numero]
        book.index.pec_by_reference[f"{row.magasin}|{row.demande.reference}"].remove(row.numero)
    return len(gone)


def close_rights(world: World, carte: str, last_day: dt.date) -> None:
    """Someone's rights end on that day. Raises KeyError for an unknown person."""
    world.put_person(msgspec.structs.replace(world.people[carte], droits_au=last_day))


def force_tariff(book: Book, nom: str | None) -> None:
    """One tariff version applies whatever the care date; None goes back to the dates. Raises ValueError."""
    names = [one.nom for one in load_tariffs()]
    if nom is not None and nom not in names:
        raise ValueError(f"tarif: {nom} is unknown; there are {', '.join(names)}")
    book.tarif_force = nom


def key_on_portal(book: Book, magasin: str, demande: PecDemande, now: dt.datetime) -> PecReponse:
    """Staff types a PEC on the portal: same platform, no message of the shop's software, a reference of the portal."""
    typed = f"PORTAIL-{book.counters.pec + 1}"
    entete = Entete(id_message=typed, magasin=Finess(magasin), emis_le=now)
    return pec_desk.ask(book, entete, dataclasses.replace(demande, reference=typed), now)
