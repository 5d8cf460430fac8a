"""What becomes of an exchange whose node died: it is in doubt. Transactions, each one `work` of a storage.

recover       at start: what this node was sending when it died, and what outlived its lease meanwhile
take_over     later: what is still leaving at the end of its lease, whichever node sent it
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from tierspayant.adapter.claims import Lane
from tierspayant.adapter.entry import Entry, Etat, advance
from tierspayant.adapter.leases import SEUL, Noeud
from tierspayant.adapter.records import change
from tierspayant.adapter.storage.protocol import Filtre, Tables
from tierspayant.schemas.operations import WRITES

PAGE = 500
"""Entries read at a time."""


def recover(
    tables: Tables, delai_traitement: Callable[[Lane], dt.timedelta], now: dt.datetime, noeud: Noeud = SEUL
) -> int:
    """After a start: what this node was sending may have arrived, except questions, which are simply asked again.

    What another node sends is its own until its lease ends.
    """
    count, last = 0, None
    while entries := tables.entries(Filtre(etats=(Etat.ENVOI,), apres=last, limite=PAGE)):
        for entry in entries:
            if entry.noeud == noeud.nom or (entry.du_le is not None and entry.du_le <= now):
                take_over(tables, entry, delai_traitement((entry.plateforme, entry.service)), now)
                count += 1
        last = entries[-1].id
    return count


def take_over(tables: Tables, entry: Entry, delai: dt.timedelta, now: dt.datetime) -> set[Lane]:
    """Its node is gone: in doubt. Raises Depasse when that node, or another one, was quicker."""
    return change(tables, entry, _recovered(entry, delai, now), now)


def _recovered(entry: Entry, delai: dt.timedelta, now: dt.datetime) -> Entry:
    if entry.operation in WRITES:
        return advance(entry, Etat.INCERTAINE, now, envoye_le=now, du_le=now + delai, sondages=0)
    return advance(entry, Etat.EN_FILE, now, du_le=now)
