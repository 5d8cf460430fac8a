"""Prometheus text at /metrics: how many requests in which state, which services are shut, money waiting.

Read from storage at each scrape, so that a restart loses nothing; no shop, no person, no number of a file in a label.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Gauge, generate_latest

from tierspayant.adapter.availability import EtatService, Retenue
from tierspayant.adapter.entry import Etat
from tierspayant.adapter.plateformes import Plateforme
from tierspayant.adapter.storage.protocol import Tables
from tierspayant.schemas.operations import Service


def text(tables: Tables, plateformes: Mapping[str, Plateforme]) -> bytes:
    """The whole page."""
    registre = CollectorRegistry()
    demandes = Gauge("tp_demandes", "Requests by state", ["etat"], registry=registre)
    for etat in Etat:
        demandes.labels(etat.value).set(tables.count(None, (etat,)))
    ouvert = Gauge("tp_service_ouvert", "1 when the service is open", ["plateforme", "service"], registry=registre)
    connus = {(un.plateforme, un.service): un for un in tables.disponibilites()}
    for nom in plateformes:
        for service in Service:
            connu = connus.get((nom, service))
            ouvert.labels(nom, service.value).set(connu is None or connu.etat is EtatService.OUVERT)
    retenus = Gauge("tp_comptes_retenus", "Shop accounts held", ["plateforme", "raison"], registry=registre)
    held = Counter((un.plateforme, un.raison) for un in tables.comptes())
    for nom in plateformes:
        for raison in Retenue:
            retenus.labels(nom, raison.value).set(held[nom, raison])
    encours = Gauge("tp_encours_centimes", "Insurers' share waiting", ["plateforme", "etat"], registry=registre)
    for ligne in tables.encours(None):
        encours.labels(ligne.plateforme, ligne.etat.value).inc(ligne.amc_centimes - ligne.paye_centimes)
    return generate_latest(registre)
