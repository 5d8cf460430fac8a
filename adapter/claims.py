"""What nodes that share a database take from each other: room in a lane, questions, probes. Each is one `work`.

A send is claimed by records.begin itself; with one node only, nothing here is asked.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Container
from dataclasses import replace
from typing import TypeAlias

from tierspayant.adapter.availability import EtatService, ouvert
from tierspayant.adapter.entry import Entry, Etat, revise
from tierspayant.adapter.leases import Bail
from tierspayant.adapter.storage.protocol import Filtre, Tables
from tierspayant.schemas.operations import Service

Lane: TypeAlias = tuple[str, Service]
"""Platform and service."""

SEEN_MAX = 10_000
"""Entries counted at most: more than a window of full lots."""


def leaving(tables: Tables, lane: Lane, now: dt.datetime, *, but: Container[str] = ()) -> int:
    """How many calls of a lane all nodes are making, `but` those for these entries; a lot is one call, and a lease
    that has ended no longer counts."""
    filtre = Filtre(plateforme=lane[0], service=lane[1], etats=(Etat.ENVOI,), limite=SEEN_MAX)
    calls: dict[str, bool] = {}
    for une in tables.entries(filtre):
        if une.du_le is not None and une.du_le > now:
            membre = tables.membre(une.id)
            call = une.id if membre is None else membre.lot
            calls[call] = calls.get(call, False) or une.id in but
    return sum(not ours for ours in calls.values())


def no_room(tables: Tables, lane: Lane, now: dt.datetime) -> bool:
    """Whether all nodes together already have as many entries on their way as the lane's window allows."""
    return leaving(tables, lane, now) >= (tables.disponibilite(*lane) or ouvert(*lane, now)).fenetre


def claim_question(tables: Tables, entry: Entry, now: dt.datetime, bail: Bail) -> Entry:
    """This node asks about the entry's state, no other one until the lease ends. Raises Depasse."""
    claimed = revise(entry, now, noeud=bail.noeud.nom, du_le=now + bail.duree)
    tables.update_entry(claimed)
    return claimed


def claim_probe(tables: Tables, lane: Lane, now: dt.datetime, bail: Bail) -> bool:
    """Whether this node is the one that probes a shut service now; if so the others wait until the lease ends."""
    service = tables.disponibilite(*lane)
    if service is None or service.etat is not EtatService.FERME:
        return False
    if service.prochain_essai is not None and service.prochain_essai > now:
        return False
    tables.put_disponibilite(replace(service, prochain_essai=now + bail.duree))
    return True
