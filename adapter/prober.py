"""The probe of a shut service: the cheapest harmless call, in the name of a shop that may ask."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

from tierspayant.adapter import claims, observations
from tierspayant.adapter.availability import Disponibilite, EtatService, Signal
from tierspayant.adapter.calls import Calls
from tierspayant.adapter.claims import Lane
from tierspayant.adapter.leases import lease
from tierspayant.adapter.policy import RECUL_MAX
from tierspayant.adapter.storage.protocol import Tables
from tierspayant.schemas.messages import EtatServiceDemande, EtatServiceReponse
from tierspayant.schemas.outcomes import Answer, NotNow, NotYou, Outcome


class Prober:
    """`magasins`: FINESS of the shops with an account, for the probe of a lane in which nothing waits."""

    def __init__(self, calls: Calls, magasins: Sequence[str]) -> None:
        self._calls = calls
        self._magasins = magasins

    async def probe(self, lane: Lane) -> set[Lane]:
        """Ask a shut service whether it is back, and write down what it says; of several nodes only one asks."""
        calls, noeud = self._calls, self._calls.outside.noeud
        now = calls.outside.now()
        bail = lease(noeud, calls.plateformes[lane[0]].delai_appel)
        if noeud.partage and not await calls.storage.write(lambda t: claims.claim_probe(t, lane, now, bail)):
            return {lane}
        magasin = await calls.storage.read(lambda tables: self._prober(tables, lane))
        outcome: Outcome = NotNow("no usable account")
        if magasin is not None:
            outcome = await calls.ask(lane[0], magasin, EtatServiceDemande(service=lane[1]))
        signal, message = _signal(outcome)
        later, wait = calls.outside.now(), calls.probe_wait()

        def write(tables: Tables) -> set[Lane]:
            before = tables.disponibilite(*lane)
            retry_after = outcome.retry_after if isinstance(outcome, NotNow) else None
            observations.observed(tables, lane, signal, later, wait, message, retry_after)
            if isinstance(outcome, NotYou) and magasin is not None:
                observations.hold_account(tables, lane[0], magasin, outcome.raison, later)
            return _stir(tables, before, later) if signal is Signal.SONDE_BONNE and before is not None else set()

        return {lane, *await calls.durably(write)}

    def _prober(self, tables: Tables, lane: Lane) -> str | None:
        """The shop in whose name to ask: the most urgent one that waits, else the first with a usable account."""
        waiting = tables.due(*lane, self._calls.outside.now(), 1)
        names = dict.fromkeys([*(une.magasin for une in waiting), *self._magasins])
        held = {compte.magasin for compte in tables.comptes() if compte.plateforme == lane[0] and compte.retenu}
        return next((magasin for magasin in names if magasin not in held), None)


def _stir(tables: Tables, back: Disponibilite, now: dt.datetime) -> set[Lane]:
    """A service that was shut for a good while is back: those shut beside it are asked at once, not at their turn.

    One that opens and shuts every few minutes stirs nobody.
    """
    if back.etat is not EtatService.FERME or now - back.depuis <= RECUL_MAX:
        return set()
    beside = [une for une in tables.disponibilites() if une.plateforme == back.plateforme]
    shut = [une for une in beside if une.etat is EtatService.FERME and une.service is not back.service]
    for une in shut:
        tables.put_disponibilite(replace(une, prochain_essai=now))
    return {(une.plateforme, une.service) for une in shut}


def _signal(outcome: Outcome) -> tuple[Signal, str | None]:
    """What a probe says. A refused account says nothing about the service: it stays shut until someone may ask."""
    match outcome:
        case Answer(reponse=EtatServiceReponse(ouvert=True)):
            return Signal.SONDE_BONNE, None
        case Answer(reponse=EtatServiceReponse(message=message)):
            return Signal.SONDE_MAUVAISE, message
        case _:
            return Signal.SONDE_MAUVAISE, getattr(outcome, "cause", None)
