"""One entry, one step forward; or one probe of a shut service.

    load  ->  policy.next_step  ->  compose, encode  ->  begin (durable)  ->  exchange  ->  decode
          ->  settlement  ->  settle (durable)  ->  the lanes that have something new

Each arrow that decides is a pure function elsewhere; each durable step is one transaction of records.py. Here values
only move between them. When the process dies anywhere in between, the next start goes by what the database says.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater
from twisted.logger import Logger
from twisted.web.iweb import IAgent

from tierspayant.adapter import claims, compose, policy, records, recovery, settlement
from tierspayant.adapter.availability import Signal
from tierspayant.adapter.entry import EN_ATTENTE, Entry, Etat, Raison, advance, revise
from tierspayant.adapter.exchange import post
from tierspayant.adapter.identity import CompteInutilisable
from tierspayant.adapter.ids import Ids
from tierspayant.adapter.leases import SEUL, Noeud, in_time, lease
from tierspayant.adapter.log_ins import Exchanged, LogIns
from tierspayant.adapter.plateformes import Plateforme
from tierspayant.adapter.platform_sessions import Jetons
from tierspayant.adapter.records import Exchange, Lane, Matter
from tierspayant.adapter.settlement import Settlement
from tierspayant.adapter.storage.protocol import Depasse, Filtre, Storage, StorageError, Tables
from tierspayant.adapter.vault import Vault
from tierspayant.schemas import platforms
from tierspayant.schemas.faults import Faute
from tierspayant.schemas.identity import Finess
from tierspayant.schemas.messages import (
    Demande,
    Entete,
    EtatServiceDemande,
    EtatServiceReponse,
    FactureDemande,
    OuvrirSessionDemande,
)
from tierspayant.schemas.operations import Operation
from tierspayant.schemas.outcomes import Answer, NotNow, NotYou, Outcome
from tierspayant.schemas.wire import HttpRequest, HttpResponse

log = Logger()
T = TypeVar("T")

PAUSE_STOCKAGE = 30.0
"""Seconds before a result is offered again to a storage that refused it (disk full, server gone)."""

Sign = Callable[[HttpRequest, str, str], HttpRequest]
"""(request, platform, shop) -> the request with this attempt's own Security header."""


def unsigned(requete: HttpRequest, plateforme: str, magasin: str) -> HttpRequest:
    """For a platform that only asks the shop's number in the business header."""
    return requete


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """Everything delivery takes from outside: network, time, chance, signatures, and the decision itself."""

    agent: Callable[[Plateforme], IAgent]
    clock: IReactorTime
    now: Callable[[], dt.datetime]
    chance: random.Random
    sign: Sign = unsigned
    jetons: Jetons | None = None
    next_step: policy.NextStep = policy.next_step
    noeud: Noeud = SEUL


class Courier:
    """`magasins`: FINESS of the shops with an account, for the probe of a lane in which nothing waits."""

    def __init__(
        self,
        storage: Storage,
        vault: Vault,
        plateformes: Mapping[str, Plateforme],
        magasins: Sequence[str],
        outside: Outside,
    ) -> None:
        self.storage = storage
        self.noeud = outside.noeud
        self._vault = vault
        self._plateformes = plateformes
        self._magasins = magasins
        self._outside = outside
        self._ids = Ids(outside.chance)
        asking = {une.nom for une in plateformes.values() if (une.identite, une.session) != ("aucune", "aucune")}
        self._log_ins = LogIns(asking, outside.now)

    # ---- one entry

    async def step(self, identifiant: str) -> set[Lane]:
        """Bring an entry one step forward; gives the lanes to wake. A change by someone else meanwhile is no error."""
        matter = await self.storage.read(lambda tables: records.load(tables, self._vault, identifiant))
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
                return await self.storage.write(lambda tables: recovery.take_over(tables, entry, delai, now))

    def _cadre(self, matter: Matter, now: dt.datetime) -> policy.Cadre:
        plateforme = self._plateformes[matter.entry.plateforme]
        return policy.Cadre(
            now=now,
            traits=plateforme.traits,
            delai_traitement=plateforme.delai_traitement(matter.entry.service),
            dossier=matter.dossier,
            faits=compose.faits(matter.corps),
        )

    async def _change(self, before: Entry, entry: Entry, now: dt.datetime) -> set[Lane]:
        return await self.storage.write(lambda tables: records.change(tables, before, entry, now))

    async def _send(self, matter: Matter) -> set[Lane]:
        entry, now = matter.entry, self._outside.now()
        plateforme = self._plateformes[entry.plateforme]
        try:
            demande = compose.demande(entry, matter.corps, matter.cible, matter.dossier, plateforme.traits)
            requete = matter.requete or self._encode(entry, entry.id_message, demande, now)
        except (compose.CompositionImpossible, Faute) as erreur:
            return await self._unsayable(entry, erreur, now)
        amc = demande.factures[0].montants.amc_centimes if isinstance(demande, FactureDemande) else None
        bail = lease(self.noeud, plateforme.delai_appel)
        sending = await self.storage.write(
            lambda tables: records.begin(tables, self._vault, entry, requete, amc, now, bail)
        )
        if not in_time(sending, self._outside.now(), plateforme.delai_appel):
            return {(entry.plateforme, entry.service)}  # a slow commit: it might be another node's before the call ends
        return await self._talk(matter, sending, requete, entry.operation, entry.id_message, settlement.after_send)

    async def _ask(self, matter: Matter) -> set[Lane]:
        entry, now = matter.entry, self._outside.now()
        cible = None if matter.cible is None else matter.cible.entry
        id_message = self._ids.exchange()
        try:
            demande = compose.statut(entry, self._plateformes[entry.plateforme].traits, cible)
            requete = self._encode(entry, id_message, demande, now)
        except (compose.CompositionImpossible, Faute) as erreur:
            return await self._unsayable(entry, erreur, now)
        if self.noeud.partage:
            bail = lease(self.noeud, self._plateformes[entry.plateforme].delai_appel)
            asking = await self.storage.write(lambda tables: claims.claim_question(tables, entry, now, bail))
        else:
            asking = entry
        return await self._talk(matter, asking, requete, demande.operation, id_message, settlement.after_status)

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
        signed, answer, outcome = await self._post(entry.plateforme, entry.magasin, operation, id_message, requete)
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
        wait = self._probe_wait()
        return await self._durably(lambda tables: records.settle(tables, self._vault, entry, settled, kept, now, wait))

    async def _durably(self, work: Callable[[Tables], T]) -> T:
        while True:
            try:
                return await self.storage.write(work)
            except StorageError:
                log.failure("storage refused a result; it is offered again")
                await deferLater(self._outside.clock, PAUSE_STOCKAGE)

    async def _unsayable(
        self, entry: Entry, erreur: compose.CompositionImpossible | Faute, now: dt.datetime
    ) -> set[Lane]:
        detail = erreur.francais if isinstance(erreur, Faute) else str(erreur)
        action = policy.held(Raison.MESSAGE_IMPOSSIBLE, detail=detail)
        if entry.etat is Etat.TERMINEE:
            return await self._change(entry, revise(entry, now, du_le=None), now)
        return await self._change(entry, advance(entry, Etat.RETENUE, now, action=action), now)

    # ---- the wire

    def _encode(self, entry: Entry, id_message: str, demande: Demande, now: dt.datetime) -> HttpRequest:
        entete = Entete(id_message=id_message, magasin=Finess(entry.magasin), emis_le=now)
        return platforms.client(self._plateformes[entry.plateforme].dialecte).encode(entete, demande)

    async def _post(
        self, nom: str, magasin: str, operation: Operation, id_message: str, requete: HttpRequest
    ) -> Exchanged:
        def exchange() -> Awaitable[Exchanged]:
            return self._in_session(nom, magasin, operation, id_message, requete)

        known = partial(self.storage.read, lambda tables: tables.compte(nom, magasin))
        return await self._log_ins.through((nom, magasin), requete, known, exchange)

    async def _in_session(
        self, nom: str, magasin: str, operation: Operation, id_message: str, requete: HttpRequest
    ) -> Exchanged:
        plateforme, jetons = self._plateformes[nom], self._outside.jetons
        once = partial(self._once, nom, magasin, operation, id_message)
        if jetons is None or plateforme.session == "aucune" or operation is Operation.ETAT_SERVICE:
            return await once(requete)

        async def opening(demande: OuvrirSessionDemande) -> Outcome:
            of_its_own = self._ids.exchange()
            entete = Entete(id_message=of_its_own, magasin=Finess(magasin), emis_le=self._outside.now())
            asked = platforms.client(plateforme.dialecte).encode(entete, demande)
            return (await self._once(nom, magasin, demande.operation, of_its_own, asked))[2]

        return await jetons.through(plateforme, magasin, requete, once, opening)

    async def _once(
        self, nom: str, magasin: str, operation: Operation, id_message: str, requete: HttpRequest
    ) -> Exchanged:
        plateforme, outside = self._plateformes[nom], self._outside
        try:
            signed = outside.sign(requete, nom, magasin)
        except CompteInutilisable as erreur:
            return requete, None, NotYou(erreur.raison, erreur.cause)
        answer = await post(outside.agent(plateforme), outside.clock, plateforme.base, signed, plateforme.delai_appel)
        if not isinstance(answer, HttpResponse):
            return signed, None, answer
        return signed, answer, platforms.client(plateforme.dialecte).decode(operation, id_message, answer)

    # ---- a shut service

    async def probe(self, lane: Lane) -> set[Lane]:
        """Ask a shut service whether it is back (the cheapest harmless call), and write down what it says."""
        now = self._outside.now()
        bail = lease(self.noeud, self._plateformes[lane[0]].delai_appel)
        if self.noeud.partage and not await self.storage.write(lambda t: claims.claim_probe(t, lane, now, bail)):
            return {lane}
        magasin = await self.storage.read(lambda tables: self._prober(tables, lane))
        if magasin is None:
            outcome: Outcome = NotNow("no usable account")
        else:
            outcome = await self._probed(lane, magasin, now)
        signal, message = _probe_signal(outcome)
        now, wait = self._outside.now(), self._probe_wait()

        def write(tables: Tables) -> None:
            retry_after = outcome.retry_after if isinstance(outcome, NotNow) else None
            records.observed(tables, lane, signal, now, wait, message, retry_after)
            if isinstance(outcome, NotYou) and magasin is not None:
                records.hold_account(tables, lane[0], magasin, outcome.raison, now)

        await self._durably(write)
        return {lane}

    async def _probed(self, lane: Lane, magasin: str, now: dt.datetime) -> Outcome:
        id_message = self._ids.exchange()
        entete = Entete(id_message=id_message, magasin=Finess(magasin), emis_le=now)
        dialecte = platforms.client(self._plateformes[lane[0]].dialecte)
        requete = dialecte.encode(entete, EtatServiceDemande(service=lane[1]))
        _, _, outcome = await self._post(lane[0], magasin, Operation.ETAT_SERVICE, id_message, requete)
        return outcome

    def _prober(self, tables: Tables, lane: Lane) -> str | None:
        """The shop in whose name to ask: the one that waits longest, else the first with a usable account."""
        waiting = tables.entries(Filtre(plateforme=lane[0], service=lane[1], etats=tuple(EN_ATTENTE), limite=1))
        names = dict.fromkeys([*(une.magasin for une in waiting), *self._magasins])
        held = {compte.magasin for compte in tables.comptes() if compte.plateforme == lane[0] and compte.retenu}
        return next((magasin for magasin in names if magasin not in held), None)

    def _probe_wait(self) -> Callable[[int], dt.timedelta]:
        jitter = self._outside.chance.random()
        return lambda essais: policy.backoff(essais, jitter)


def _probe_signal(outcome: Outcome) -> tuple[Signal, str | None]:
    """What a probe says. A refused account says nothing about the service: it stays shut until someone may ask."""
    match outcome:
        case Answer(reponse=EtatServiceReponse(ouvert=True)):
            return Signal.SONDE_BONNE, None
        case Answer(reponse=EtatServiceReponse(message=message)):
            return Signal.SONDE_MAUVAISE, message
        case _:
            return Signal.SONDE_MAUVAISE, getattr(outcome, "cause", None)
