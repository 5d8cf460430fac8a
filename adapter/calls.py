"""One call to a platform in a shop's name, signed and in session, and its outcome. What to ask is decided elsewhere."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater
from twisted.logger import Logger
from twisted.web.iweb import IAgent

from tierspayant.adapter import cadence, policy
from tierspayant.adapter.annuaire import Annuaire
from tierspayant.adapter.exchange import post
from tierspayant.adapter.identity import CompteInutilisable
from tierspayant.adapter.ids import Ids
from tierspayant.adapter.leases import SEUL, Noeud
from tierspayant.adapter.log_ins import AT_ONCE, Exchanged, LogIns
from tierspayant.adapter.plateformes import Plateforme
from tierspayant.adapter.platform_sessions import Jetons
from tierspayant.adapter.storage.protocol import Depasse, Storage, StorageError, Tables
from tierspayant.schemas import platforms
from tierspayant.schemas.identity import Finess
from tierspayant.schemas.messages import Demande, Entete, OuvrirSessionDemande
from tierspayant.schemas.operations import Operation
from tierspayant.schemas.outcomes import NotYou, Outcome
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
    """Everything delivery takes from outside: network, time, chance, signatures, and the decision itself.

    annuaire: the payer directory in force, asked again before a late send; None: never asked. doublons: hold what
    looks like a request made before under another reference (likeness.py). limites: what the operator set.
    """

    agent: Callable[[Plateforme], IAgent]
    clock: IReactorTime
    now: Callable[[], dt.datetime]
    chance: random.Random
    sign: Sign = unsigned
    jetons: Jetons | None = None
    next_step: policy.NextStep = policy.next_step
    noeud: Noeud = SEUL
    annuaire: Callable[[], Annuaire] | None = None
    doublons: bool = False
    limites: policy.Limites = policy.USUAL


class Calls:
    """The daemon's calls to all platforms, and the durable writing of what they bring."""

    def __init__(self, storage: Storage, plateformes: Mapping[str, Plateforme], outside: Outside) -> None:
        self.storage = storage
        self.plateformes = plateformes
        self.outside = outside
        self._ids = Ids(outside.chance)
        asking = {une.nom for une in plateformes.values() if (une.identite, une.session) != ("aucune", "aucune")}
        self._log_ins = LogIns(asking, outside.now, AT_ONCE // 2 if outside.noeud.partage else AT_ONCE)

    def encode(self, nom: str, magasin: str, id_message: str, demande: Demande) -> HttpRequest:
        """The business bytes. Raises Faute when the dialect cannot say it."""
        entete = Entete(id_message=id_message, magasin=Finess(magasin), emis_le=self.outside.now())
        return platforms.client(self.plateformes[nom].dialecte).encode(entete, demande)

    def question(self, nom: str, magasin: str, demande: Demande) -> tuple[str, HttpRequest]:
        """A question of our own, under an id nobody will repeat."""
        id_message = self._ids.exchange()
        return id_message, self.encode(nom, magasin, id_message, demande)

    async def ask(self, nom: str, magasin: str, demande: Demande) -> Outcome:
        """Ask a question of our own and give its outcome."""
        id_message, requete = self.question(nom, magasin, demande)
        return (await self.post(nom, magasin, demande.operation, id_message, requete))[2]

    async def post(
        self, nom: str, magasin: str, operation: Operation, id_message: str, requete: HttpRequest
    ) -> Exchanged:
        """Send business bytes in a shop's name: as sent, the answer if one came, and what it comes to."""

        def exchange() -> Awaitable[Exchanged]:
            return self._in_session(nom, magasin, operation, id_message, requete)

        known = partial(self.storage.read, lambda tables: tables.compte(nom, magasin))
        return await self._log_ins.through((nom, magasin), requete, known, exchange)

    async def _in_session(
        self, nom: str, magasin: str, operation: Operation, id_message: str, requete: HttpRequest
    ) -> Exchanged:
        plateforme, jetons = self.plateformes[nom], self.outside.jetons
        once = partial(self._once, nom, magasin, operation, id_message)
        if jetons is None or plateforme.session == "aucune" or operation is Operation.ETAT_SERVICE:
            return await once(requete)

        async def opening(demande: OuvrirSessionDemande) -> Outcome:
            of_its_own, asked = self.question(nom, magasin, demande)
            return (await self._once(nom, magasin, demande.operation, of_its_own, asked))[2]

        return await jetons.through(plateforme, magasin, requete, once, opening)

    async def _once(
        self, nom: str, magasin: str, operation: Operation, id_message: str, requete: HttpRequest
    ) -> Exchanged:
        plateforme, outside = self.plateformes[nom], self.outside
        try:
            signed = outside.sign(requete, nom, magasin)
        except CompteInutilisable as erreur:
            return requete, None, NotYou(erreur.raison, erreur.cause)
        answer = await post(outside.agent(plateforme), outside.clock, plateforme.base, signed, plateforme.delai_appel)
        if not isinstance(answer, HttpResponse):
            return signed, None, answer
        return signed, answer, platforms.client(plateforme.dialecte).decode(operation, id_message, answer)

    async def durably(self, work: Callable[[Tables], T]) -> T:
        """Write what a call brought, however long storage refuses it: it cannot be had again."""
        while True:
            try:
                return await self.storage.write(work)
            except StorageError:
                log.failure("storage refused a result; it is offered again")
                await deferLater(self.outside.clock, PAUSE_STOCKAGE)

    def take_place(self, tables: Tables, key: str, plateforme: str, *, comptoir: bool) -> None:
        """This call's place in the platform's pace, in the transaction that begins it. Raises Depasse: none now."""
        une = self.plateformes[plateforme]
        if not cadence.take(tables, plateforme, une.cadence, self.outside.now(), comptoir=comptoir):
            raise Depasse(key)

    def probe_wait(self) -> Callable[[int], dt.timedelta]:
        """How long a service is left alone after so many failures, one draw of chance for each observation."""
        jitter = self.outside.chance.random()
        return lambda essais: policy.backoff(essais, jitter)
