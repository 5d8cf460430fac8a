"""One entry, one step forward; an invoice takes with it those that travel in the same lot (parcels.py).

    load  ->  policy.next_step  ->  compose, encode  ->  begin (durable)  ->  exchange  ->  decode
          ->  settlement  ->  settle (durable)  ->  the lanes that have something new

Each arrow that decides is a pure function elsewhere; each durable step is one transaction of records.py. Here values
only move between them. When the process dies anywhere in between, the next start goes by what the database says.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from tierspayant.adapter import (
    claims,
    compose,
    lot_answers,
    lots,
    parcels,
    policy,
    records,
    recovery,
    reroute,
    settlement,
)
from tierspayant.adapter.availability import EtatService
from tierspayant.adapter.calls import Calls
from tierspayant.adapter.entry import Entry, Etat, Raison, advance, revise
from tierspayant.adapter.leases import in_time, lease
from tierspayant.adapter.parcels import Broken, Doubt, Later, Parcel
from tierspayant.adapter.records import Exchange, Lane, Leaving, Matter
from tierspayant.adapter.settlement import Settlement
from tierspayant.adapter.storage.protocol import Depasse, Tables
from tierspayant.adapter.vault import Vault
from tierspayant.schemas.faults import Faute
from tierspayant.schemas.messages import Demande, EtatLotDemande, FactureDemande
from tierspayant.schemas.operations import SERVICE_OF, Operation
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
        if not _due(matter.entry, self._outside.now()):
            return set()  # it left, or was asked about, with its lot since the lane looked
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
        faits = replace(compose.faits(matter.corps), avance_client=matter.avance, refoulees=matter.refoulees)
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
        parcel = await self._parcel(matter, now)
        if isinstance(parcel, Later):
            return await self._change(entry, revise(entry, now, du_le=parcel.instant), now)
        if isinstance(parcel, Broken):
            await self._storage.write(partial(lots.dissolve, lot=parcel.lot))
            return {(entry.plateforme, entry.service)}
        try:
            parcel, requete, leaving = self._packed(matter, parcel)
        except (compose.CompositionImpossible, Faute) as erreur:
            return await self._unsayable(entry, erreur, now)
        delai_appel = self._plateformes[entry.plateforme].delai_appel
        bail = lease(self._outside.noeud, delai_appel)

        def begin(tables: Tables) -> list[Entry]:
            begun = records.begin(tables, self._vault, leaving, requete, now, bail)
            self._place(tables, entry)
            return begun

        sending = await self._storage.write(begin)
        if not in_time(sending[0], self._outside.now(), delai_appel):
            return {(entry.plateforme, entry.service)}  # a slow commit: it might be another node's before the call ends
        after = lot_answers.after_lot if parcel.several else settlement.after_send
        about = list(zip(parcel.matters, sending, strict=True))
        return await self._talk(about, requete, entry.operation, parcel.id_message, after)

    async def _parcel(self, matter: Matter, now: dt.datetime) -> Parcel | Later | Broken:
        """What leaves with it: nothing, but for an invoice where invoices travel in lots."""
        plateforme = self._plateformes[matter.entry.plateforme]
        if not plateforme.traits.lots or matter.entry.operation is not Operation.FACTURE:
            return parcels.single(matter)

        def gather(tables: Tables) -> Parcel | Later | Broken:
            return parcels.gather(
                tables, self._vault, matter, self._would(policy.Send, now), plateforme.taille_lot, now
            )

        return await self._storage.read(gather)

    def _would(self, step: type[policy.Step], now: dt.datetime) -> Callable[[Matter], bool]:
        """Whether this is what the policy would do with an entry now."""
        return lambda une: isinstance(self._outside.next_step(une.entry, self._cadre(une, now)), step)

    def _packed(self, matter: Matter, parcel: Parcel) -> tuple[Parcel, HttpRequest, list[Leaving]]:
        """The parcel, its bytes, and each entry as it leaves. What one invoice makes impossible, the one whose turn it
        is tries alone. Raises CompositionImpossible or Faute."""
        try:
            return parcel, *self._composed(parcel)
        except (compose.CompositionImpossible, Faute):
            if not parcel.several:
                raise
            parcel = parcels.alone(matter)
            return parcel, *self._composed(parcel)

    def _composed(self, parcel: Parcel) -> tuple[HttpRequest, list[Leaving]]:
        membres = parcel.membres or (None,) * len(parcel.matters)
        entries = [une.entry for une in parcel.matters]
        if parcel.requete is not None:
            leaving = [Leaving(une, None, membre) for une, membre in zip(entries, membres, strict=True)]
            return parcel.requete, leaving
        demande = parcels.demande(parcel)
        first = entries[0]
        requete = self._calls.encode(first.plateforme, first.magasin, parcel.id_message, demande)
        shares: Sequence[int | None] = [None] * len(entries)
        if isinstance(demande, FactureDemande):
            shares = [facture.montants.amc_centimes for facture in demande.factures]
        return requete, [Leaving(*une) for une in zip(entries, shares, membres, strict=True)]

    async def _ask(self, matter: Matter) -> set[Lane]:
        entry, now = matter.entry, self._outside.now()
        doubt = await self._doubt(matter, now)
        try:
            demande = self._question(matter) if doubt is None else EtatLotDemande(numero_lot=doubt.numero)
            id_message, requete = self._calls.question(entry.plateforme, entry.magasin, demande)
        except (compose.CompositionImpossible, Faute) as erreur:
            return await self._unsayable(entry, erreur, now)
        shut = await self._shut_elsewhere(entry, demande.operation, now)
        if shut is not None:
            return await self._change(entry, revise(entry, now, du_le=shut), now)
        bail = lease(self._outside.noeud, self._plateformes[entry.plateforme].delai_appel)

        def begin(tables: Tables) -> list[Entry]:
            self._place(tables, entry)
            if doubt is None and not bail.noeud.partage:
                return [entry]
            return [claims.claim_question(tables, une.entry, now, bail) for une in about]

        about = (matter,) if doubt is None else doubt.matters
        asking = await self._storage.write(begin)
        after = settlement.after_status if doubt is None else lot_answers.after_lot_status
        pairs = list(zip(about, asking, strict=True))
        return await self._talk(pairs, requete, demande.operation, id_message, after)

    async def _shut_elsewhere(self, entry: Entry, asked: Operation, now: dt.datetime) -> dt.datetime | None:
        """A question may be another service's than the entry's own (a cancelled invoice's state): while that one is
        shut it is asked no oftener than a probe would, and is one. When to look again; None: ask."""
        if SERVICE_OF[asked] is entry.service:
            return None
        service = await self._storage.read(lambda t: t.disponibilite(entry.plateforme, SERVICE_OF[asked]))
        if service is not None and service.en_pause:
            return now + policy.RECUL_MAX
        if service is None or service.etat is not EtatService.FERME or (service.prochain_essai or now) <= now:
            return None
        return (service.prochain_essai or now) + policy.RECUL_BASE * self._outside.chance.random()

    def _question(self, matter: Matter) -> Demande:
        """About the entry alone. Raises CompositionImpossible."""
        cible = None if matter.cible is None else matter.cible.entry
        return compose.statut(matter.entry, self._plateformes[matter.entry.plateforme].traits, cible)

    async def _doubt(self, matter: Matter, now: dt.datetime) -> Doubt | None:
        """An invoice in doubt that left with others: one question about the lot is one about each of them."""
        entry = matter.entry
        traits = self._plateformes[entry.plateforme].traits
        if not traits.lots or entry.operation is not Operation.FACTURE or entry.etat is not Etat.INCERTAINE:
            return None
        asks = self._would(policy.AskStatus, now)
        return await self._storage.read(lambda tables: parcels.doubt(tables, self._vault, matter, asks))

    def _place(self, tables: Tables, entry: Entry) -> None:
        self._calls.take_place(tables, entry.id, entry.plateforme, comptoir=entry.priorite == 0)

    async def _talk(
        self,
        about: Sequence[tuple[Matter, Entry]],
        requete: HttpRequest,
        operation: Operation,
        id_message: str,
        after: Callable[[Entry, Outcome, policy.Cadre, float], Settlement],
    ) -> set[Lane]:
        """Exchange and settle every entry it is about; what came back is written down however long storage refuses."""
        debut, (_, first) = self._outside.now(), about[0]
        signed, answer, outcome = await self._calls.post(
            first.plateforme, first.magasin, operation, id_message, requete
        )
        now, jitter = self._outside.now(), self._outside.chance.random()
        settled = [(entry, after(entry, outcome, self._cadre(matter, now), jitter)) for matter, entry in about]
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
        return await self._calls.durably(lambda tables: records.settle(tables, self._vault, settled, kept, now, wait))

    async def _unsayable(
        self, entry: Entry, erreur: compose.CompositionImpossible | Faute, now: dt.datetime
    ) -> set[Lane]:
        detail = erreur.francais if isinstance(erreur, Faute) else str(erreur)
        action = policy.held(Raison.MESSAGE_IMPOSSIBLE, detail=detail)
        if entry.etat is Etat.TERMINEE:
            return await self._change(entry, revise(entry, now, du_le=None), now)
        return await self._change(entry, advance(entry, Etat.RETENUE, now, action=action), now)


def _due(entry: Entry, now: dt.datetime) -> bool:
    return any(instant is not None and instant <= now for instant in (entry.du_le, entry.expire_le))
