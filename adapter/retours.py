"""Payment returns: asked for each shop and platform while invoices are out, matched to invoices, kept line by line.

A shop's *relevé* is due half a day after one of its invoices is acknowledged, then twice a day while money is still to
come and once a day after (claim-backs come later). It travels in the lane of the service `retours`, and knows that
service's availability like any other.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from tierspayant.adapter import remittances
from tierspayant.adapter.claims import Lane
from tierspayant.adapter.records import change, follow
from tierspayant.adapter.remittances import Releve, Retour
from tierspayant.adapter.storage.protocol import Depasse, Tables
from tierspayant.schemas.messages import RetoursDemande, RetoursReponse
from tierspayant.schemas.operations import Operation, Service

ATTENTE = dt.timedelta(hours=12)
"""While money is still to come: transfers leave once a day."""
VEILLE = dt.timedelta(hours=24)
"""When everything is paid: claim-backs come months later."""
PAGE = 100
"""Remittances asked for at once."""


def claim(tables: Tables, plateforme: str, magasin: str, now: dt.datetime, duree: dt.timedelta) -> Releve:
    """Put the next time off while this node asks. Raises Depasse when it is not due (another node was quicker)."""
    releve = tables.releve(plateforme, magasin)
    if releve is None or releve.du_le > now:
        raise Depasse(magasin)
    tables.put_releve(replace(releve, du_le=now + duree))
    return releve


def question(releve: Releve) -> RetoursDemande:
    return RetoursDemande(depuis=releve.curseur, limite=PAGE)


def receive(tables: Tables, releve: Releve, reponse: RetoursReponse, now: dt.datetime) -> set[Lane]:
    """Keep what is new, give each invoice what its lines amount to, and say when to ask again."""
    lanes: set[Lane] = set()
    for bordereau in reponse.bordereaux:
        for retour in remittances.lines(releve.plateforme, releve.magasin, bordereau, now):
            lanes |= _one(tables, retour, now)
    curseur = reponse.suivant or (reponse.bordereaux[-1].numero if reponse.bordereaux else releve.curseur)
    wait = dt.timedelta(0) if reponse.suivant is not None else _wait(tables, releve)
    tables.put_releve(replace(releve, curseur=curseur, du_le=now + wait))
    return lanes


def again(tables: Tables, releve: Releve, du_le: dt.datetime) -> None:
    """No answer: ask again then, after the same remittance."""
    tables.put_releve(replace(releve, du_le=du_le))


def _one(tables: Tables, retour: Retour, now: dt.datetime) -> set[Lane]:
    by_number = tables.entry_by_numero(retour.magasin, Operation.FACTURE, retour.numero_facture)
    by_reference = None if retour.reference is None else tables.entry_by_reference(retour.magasin, retour.reference)
    facture = remittances.ours(retour, (by_reference, by_number))
    if not tables.add_retour(replace(retour, entree=None if facture is None else facture.id)):
        return set()
    if facture is None:
        donnees: dict[str, str | int | None] = {"bordereau": retour.bordereau, "paye_centimes": retour.paye_centimes}
        tables.add_evenement("retour_sans_facture", now, retour.magasin, None, donnees)
        return set()
    paid = remittances.amounting_to(facture, tables.retours_of(facture.id), now)
    return change(tables, facture, paid, now) | follow(tables, paid, now)


def _wait(tables: Tables, releve: Releve) -> dt.timedelta:
    """Soon again while an invoice of the shop still waits for money."""
    waiting = tables.expected(releve.plateforme, releve.magasin, tuple(remittances.ATTENDUES))
    return ATTENTE if waiting else VEILLE


def due(tables: Tables, lane: Lane, now: dt.datetime, limite: int) -> list[str]:
    """The shops whose returns are due, those of held accounts left out."""
    assert lane[1] is Service.RETOURS, "returns travel in their own lane"
    held = {compte.magasin for compte in tables.comptes() if compte.plateforme == lane[0] and compte.retenu}
    found = [une for une in tables.releves(lane[0]) if une.du_le <= now and une.magasin not in held]
    return [une.magasin for une in sorted(found, key=lambda une: une.du_le)[:limite]]


def next_due(tables: Tables, lane: Lane, after: dt.datetime) -> dt.datetime | None:
    """When the lane must look again."""
    return min((une.du_le for une in tables.releves(lane[0]) if une.du_le > after), default=None)
