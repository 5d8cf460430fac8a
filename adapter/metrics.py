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
    registry = CollectorRegistry()
    requests = Gauge("tp_demandes", "Requests by state", ["etat"], registry=registry)
    for etat in Etat:
        requests.labels(etat.value).set(tables.count(None, (etat,)))
    opened = Gauge("tp_service_ouvert", "1 when the service is open", ["plateforme", "service"], registry=registry)
    known_services = {(one.plateforme, one.service): one for one in tables.disponibilites()}
    for name in plateformes:
        for service in Service:
            known = known_services.get((name, service))
            opened.labels(name, service.value).set(known is None or known.etat is EtatService.OUVERT)
    held_accounts = Gauge("tp_comptes_retenus", "Shop accounts held", ["plateforme", "raison"], registry=registry)
    held = Counter((one.plateforme, one.raison) for one in tables.comptes())
    for name in plateformes:
        for raison in Retenue:
            held_accounts.labels(name, raison.value).set(held[name, raison])
    waiting = Gauge("tp_encours_centimes", "Insurers' share waiting", ["plateforme", "etat"], registry=registry)
    for line in tables.encours(None):
        waiting.labels(line.plateforme, line.etat.value).inc(line.amc_centimes - line.paye_centimes)
    return generate_latest(registry)
