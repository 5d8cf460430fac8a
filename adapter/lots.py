"""Lots: invoices of one shop that travel in one message, where the platform takes lots (trait `lots`).

A lot is formed when an invoice is about to leave: those of the same shop that could leave as well go with it. Its rows,
its bytes and `envoi` for every member are one transaction, before the bytes leave; what the platform says of it, or
that it says nothing, moves every member in one transaction too.

    formed, sent --answered------------> each member goes its own way: taken, rejected, too early (then out of the lot)
      ^  \\ \\----refused as a whole----> each member goes alone from now on, so that the bad one is found
      |   \\------not sent, not now-----> all queued together: the same bytes again, under the same id
      |    \\-----no answer-------------> all in doubt --ConsulterLot--> known there: as if answered now
      |                                                  \\-> unknown there: all queued together, the same bytes again
      +-- a member that is no longer to be sent (withdrawn, held ...) dissolves a lot that certainly is not there

So an invoice is in one lot at a time, and it changes lots only after the platform said, or an unopened connection
proved, that it does not have it. The lot's exchange id comes from those of its members: the same invoices in the same
order are the same lot for ever. All ours (delivery.md: a lot membership is a unique row).
"""

from __future__ import annotations

from collections.abc import Sequence

from tierspayant.adapter.entry import Entry, Etat
from tierspayant.adapter.ids import derived_lot
from tierspayant.adapter.storage.protocol import Depasse, Membre, Tables

TAILLE = 50
"""Invoices of a lot at most unless the configuration says otherwise (`taille_lot`): zeep takes a millisecond for each,
during which the daemon does nothing else; public notes give no figure."""
TAILLE_MAX = 500
"""What the contract allows (maxOccurs of DeposerLot)."""

THERE = frozenset({Etat.EN_INSTANCE, Etat.TERMINEE})
"""The platform holds it, or has judged it: its place in the lot is history."""
AWAY = frozenset({Etat.ENVOI, Etat.INCERTAINE})
"""It may be there."""


def formed(entries: Sequence[Entry]) -> tuple[Membre, ...]:
    """The rows of a new lot of these, the first keeping its bytes. A lot of one has the exchange id of its invoice."""
    lot = derived_lot([une.id_message for une in entries])
    numero = "L" + lot.replace("-", "")[:12].upper()
    return tuple(
        Membre(entree=une.id, lot=lot, numero=numero, porteur=entries[0].id, rang=rang, taille=len(entries))
        for rang, une in enumerate(entries)
    )


def join(tables: Tables, membre: Membre) -> None:
    """Take the place, unless it is taken already. Raises Depasse when the invoice is in another lot by now."""
    known = tables.membre(membre.entree)
    if known is None:
        tables.put_membre(membre)
    elif known != membre:
        raise Depasse(membre.entree)


def leave(tables: Tables, entree: str) -> None:
    """Out of its lot, and without the bytes it kept for it: what is sent next is composed anew."""
    tables.delete_membre(entree)
    tables.delete_charge(entree, "requete")


def go_alone(tables: Tables, entry: Entry) -> None:
    """Out of its lot, into one of its own."""
    leave(tables, entry.id)
    tables.put_membre(formed([entry])[0])


def dissolve(tables: Tables, lot: str) -> None:
    """Undo a lot that the platform certainly does not have; what one member shows to be there keeps its row.

    Raises Depasse when a member is under way or in doubt again.
    """
    members = [(membre, tables.entry(membre.entree)) for membre in tables.membres(lot)]
    if any(entry is not None and entry.etat in AWAY for _, entry in members):
        raise Depasse(lot)
    for membre, entry in members:
        if entry is None or entry.etat not in THERE:
            leave(tables, membre.entree)


def dissolve_of(tables: Tables, entry: Entry) -> None:
    """The same for the lot an invoice is in, if it is in one."""
    membre = tables.membre(entry.id)
    if membre is not None:
        dissolve(tables, membre.lot)
