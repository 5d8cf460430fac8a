"""One entry, one step forward.

    load  ->  policy.next_step  ->  compose, encode  ->  begin (durable)  ->  exchange  ->  decode
          ->  settlement  ->  settle (durable)  ->  the lanes that have something new

Each arrow that decides is a pure function elsewhere; each durable step is one transaction of records.py. Here values
only move between them. When the process dies anywhere in between, the next start goes by what the database says.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace

from tierspayant.adapter import claims, compose, policy, records, recovery, reroute, settlement
from tierspayant.adapter.calls import Calls
from tierspayant.adapter.entry import Entry, Etat, Raison, advance, revise
from tierspayant.adapter.leases import in_time, lease
from tierspayant.adapter.records import Exchange, Lane, Matter
from tierspayant.adapter.settlement import Settlement
from tierspayant.adapter.storage.protocol import Depasse, Tables
from tierspayant.adapter.vault import Vault
from tierspayant.schemas.faults import Faute
from tierspayant.schemas.messages import FactureDemande
from tierspayant.schemas.operations import Operation
from tierspayant.schemas.outcomes import Outcome
from tierspayant.schemas.wire import HttpRequest


class Courier:
    """Steps of entries, over the daemon's calls."""

    def __init__(self, calls: Calls, vault: Vault) -> None:
        self._calls = calls
        self._vault = vault
        self._storage = calls.storage
        self._outside = calls.outside
        self._plateformes = calls.plateformes

    async def step(self, identifiant: str) -> set[Lane]:
        """Bring an entry one step forward; gives the lanes to wake. A change by someone else meanwhile is no error."""
        matter = await self._storage.read(lambda tables: records.load(tables, self._vault, identifiant))
        try:
            return await self._decided(matter)
        except Depasse:
            return {(matter.entry.plateforme, matter.entry.service)}

    async def _decided(self, matter: Matter) -> set[Lane]:
        entry, now = matter.entry, self._outside.now()
        match self._outside.next_step(entry, self._cadre(matter, now)):
            case policy.Send():
                return await self._send(matter)
            case policy.AskStatus():
                return await self._ask(matter)
            case policy.WaitUntil(instant=instant):
                return await self._change(entry, revise(entry, now, du_le=instant), now)
            case policy.Hold(action=action):
                return await self._change(entry, advance(entry, Etat.RETENUE, now, action=action), now)
            case policy.Expire():
                return await self._change(entry, advance(entry, Etat.PERIMEE, now), now)
            case policy.TakeOver():
                delai = self._plateformes[entry.plateforme].delai_traitement(entry.service)
                return await self._storage.write(lambda tables: recovery.take_over(tables, entry, delai, now))

    def _cadre(self, matter: Matter, now: dt.datetime) -> policy.Cadre:
        plateforme = self._plateformes[matter.entry.plateforme]
        return policy.Cadre(
            now=now,
            traits=plateforme.traits,
            delai_traitement=plateforme.delai_traitement(matter.entry.service),
            dossier=matter.dossier,
            faits=self._faits(matter, now),
            limites=self._outside.limites,
        )

    def _faits(self, matter: Matter, now: dt.datetime) -> policy.Faits:
        faits = replace(compose.faits(matter.corps), avance_client=matter.avance)
        if self._outside.doublons and matter.semblable is not None:
            faits = replace(faits, semblable=matter.semblable.reference)
        if self._outside.annuaire is None or matter.entry.etat is not Etat.EN_FILE:
            return faits
        elsewhere = reroute.elsewhere(self._outside.annuaire(), matter.entry, matter.corps, policy.business_day(now))
        return faits if elsewhere is None else replace(faits, operateur_change=str(elsewhere))

    async def _change(self, before: Entry, entry: Entry, now: dt.datetime) -> set[Lane]:
        return await self._storage.write(lambda tables: records.change(tables, before, entry, now))

    async def _send(self, matter: Matter) -> set[Lane]:
        entry, now = matter.entry, self._outside.now()
        plateforme = self._plateformes[entry.plateforme]
        try:
            demande = compose.demande(entry, matter.corps, matter.cible, matter.dossier, plateforme.traits)
            requete = matter.requete or self._calls.encode(entry.plateforme, entry.magasin, entry.id_message, demande)
        except (compose.CompositionImpossible, Faute) as erreur:
            return await self._unsayable(entry, erreur, now)
        amc = demande.factures[0].montants.amc_centimes if isinstance(demande, FactureDemande) else None
        bail = lease(self._outside.noeud, plateforme.delai_appel)

        def begin(tables: Tables) -> Entry:
            begun = records.begin(tables, self._vault, entry, requete, amc, now, bail)
            self._place(tables, entry)
            return begun

        sending = await self._storage.write(begin)
        if not in_time(sending, self._outside.now(), plateforme.delai_appel):
            return {(entry.plateforme, entry.service)}  # a slow commit: it might be another node's before the call ends
        return await self._talk(matter, sending, requete, entry.operation, entry.id_message, settlement.after_send)

    async def _ask(self, matter: Matter) -> set[Lane]:
        entry, now = matter.entry, self._outside.now()
        cible = None if matter.cible is None else matter.cible.entry
        try:
            demande = compose.statut(entry, self._plateformes[entry.plateforme].traits, cible)
            id_message, requete = self._calls.question(entry.plateforme, entry.magasin, demande)
        except (compose.CompositionImpossible, Faute) as erreur:
            return await self._unsayable(entry, erreur, now)
        bail = lease(self._outside.noeud, self._plateformes[entry.plateforme].delai_appel)

        def begin(tables: Tables) -> Entry:
            self._place(tables, entry)
            return claims.claim_question(tables, entry, now, bail) if bail.noeud.partage else entry

        asking = await self._storage.write(begin)
        return await self._talk(matter, asking, requete, demande.operation, id_message, settlement.after_status)

    def _place(self, tables: Tables, entry: Entry) -> None:
        self._calls.take_place(tables, entry.id, entry.plateforme, comptoir=entry.priorite == 0)

    async def _talk(
        self,
        matter: Matter,
        entry: Entry,
        requete: HttpRequest,
        operation: Operation,
        id_message: str,
        after: Callable[[Entry, Outcome, policy.Cadre, float], Settlement],
    ) -> set[Lane]:
        """Exchange and settle; what came back is written down however long storage refuses it."""
        debut = self._outside.now()
        signed, answer, outcome = await self._calls.post(
            entry.plateforme, entry.magasin, operation, id_message, requete
        )
        now = self._outside.now()
        settled = after(entry, outcome, self._cadre(matter, now), self._outside.chance.random())
        kept = Exchange(
            operation=operation,
            id_message=id_message,
            debut=debut,
            issue=type(outcome).__name__,
            detail=getattr(outcome, "cause", None),
            requete=signed.body,
            reponse=None if answer is None else answer.body,
        )
        wait = self._calls.probe_wait()
        return await self._calls.durably(
            lambda tables: records.settle(tables, self._vault, entry, settled, kept, now, wait)
        )

    async def _unsayable(
        self, entry: Entry, erreur: compose.CompositionImpossible | Faute, now: dt.datetime
    ) -> set[Lane]:
        detail = erreur.francais if isinstance(erreur, Faute) else str(erreur)
        action = policy.held(Raison.MESSAGE_IMPOSSIBLE, detail=detail)
        if entry.etat is Etat.TERMINEE:
            return await self._change(entry, revise(entry, now, du_le=None), now)
        return await self._change(entry, advance(entry, Etat.RETENUE, now, action=action), now)
