"""A world without reactor: adapter, emulator and storage on one `task.Clock`, where the daemon can die at any step.

The emulator is the real one, in memory; between it and the adapter lies `Network`, which can refuse, lose, and deliver
late. `Monde.crash` drops the daemon's every coroutine and timer; what it sent is still on its way, as in life. The
emulator's ledger has the last word.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from twisted.internet import error
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IConsumer, IDelayedCall, IProtocol, IReactorTime
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure
from twisted.web.client import ResponseDone, ResponseNeverReceived
from twisted.web.http_headers import Headers
from twisted.web.iweb import IAgent, IBodyProducer, IResponse
from zope.interface import implementer

from tests.simulation.quick_clock import QuickClock
from tierspayant.adapter import intake, lots, policy
from tierspayant.adapter.annuaire import Annuaire
from tierspayant.adapter.cadence import Cadence
from tierspayant.adapter.delivery import Delivery, Outside, Sign, unsigned
from tierspayant.adapter.entry import Entry, Etat
from tierspayant.adapter.ids import Ids
from tierspayant.adapter.plateformes import Plateforme
from tierspayant.adapter.platform_sessions import Jetons
from tierspayant.adapter.storage.memory import MemoryStorage
from tierspayant.adapter.storage.protocol import Filtre, Storage, Tables
from tierspayant.adapter.vault import Vault
from tierspayant.emulator import exchange, ledger, platforms_data
from tierspayant.emulator.access import Access
from tierspayant.emulator.journal import NoJournal
from tierspayant.emulator.ledger import Ecart
from tierspayant.emulator.plan import Plan
from tierspayant.emulator.sessions import Session
from tierspayant.schemas.operations import Service
from tierspayant.schemas.wire import HttpRequest, HttpResponse

T = TypeVar("T")

START = dt.datetime(2024, 1, 31, 9, 0, tzinfo=dt.UTC)
LATENCY = 0.2
"""Seconds each way: long enough that a crash falls between sending and answering."""
RESTART = 20.0
"""Seconds a dead daemon stays dead: shorter than a platform's slowest answer, which is where doubles come from."""
INSIST = 30.0
"""Seconds after which a shop that got no answer posts the same again."""
DEMO_SHOP = "759999014"
SWEEP = 32
"""Timers that may be over before a process forgets them."""


# ------------------------------------------------------------------------------------------------------- network


@implementer(IResponse)
class _Response:
    """A whole answer."""

    version = (b"HTTP", 1, 1)
    phrase = b""
    request = None
    previousResponse = None

    def __init__(self, answer: HttpResponse) -> None:
        self.code = answer.status
        self.length = len(answer.body)
        self.headers = Headers()
        for nom, valeur in answer.headers:
            self.headers.addRawHeader(nom, valeur)
        self._body = answer.body

    def deliverBody(self, protocol: IProtocol) -> None:
        protocol.makeConnection(StringTransport())
        protocol.dataReceived(self._body)
        protocol.connectionLost(Failure(ResponseDone()))

    def setPreviousResponse(self, response: IResponse) -> None:
        raise AssertionError("no redirect here")


@implementer(IConsumer)
class _Collector:
    def __init__(self) -> None:
        self.octets = b""

    def write(self, data: bytes) -> None:
        self.octets += data

    def registerProducer(self, producer: object, streaming: bool) -> None:
        raise AssertionError("the body is written at once")

    def unregisterProducer(self) -> None:
        raise AssertionError("the body is written at once")


@dataclass
class Fate:
    """What befalls one request on its way.

    refused: the connection is. retard: seconds until the platform gets it. lost: the connection is cut at once and no
    answer comes, whatever becomes of the request. never: it never arrives. statut: a gateway answers in its place.
    """

    refused: bool = False
    never: bool = False
    statut: int | None = None
    retard: float = LATENCY
    lost: bool = False


FateOf = Callable[[HttpRequest, float], Fate]
"""(request without body, seconds since the start) -> what befalls it."""


@implementer(IAgent)
class Network:
    """An agent towards the emulator's session. `fate` says what befalls each request."""

    def __init__(self, clock: IReactorTime, session: Session, plateforme: str, fate: FateOf) -> None:
        self._clock = clock
        self._session = session
        self._plateforme = plateforme
        self._fate = fate

    def request(
        self,
        method: bytes,
        uri: bytes,
        headers: Headers | None = None,
        bodyProducer: IBodyProducer | None = None,
    ) -> Deferred[IResponse]:
        assert headers is not None
        assert bodyProducer is not None
        answered: Deferred[IResponse] = Deferred()
        path = uri.decode().partition("//")[2].partition("/")[2]
        plain = tuple((k.decode(), v.decode()) for k, vs in headers.getAllRawHeaders() for v in vs)
        fate = self._fate(HttpRequest(method.decode(), "/" + path, plain), self._clock.seconds())
        if fate.refused:
            self._clock.callLater(LATENCY, answered.errback, error.ConnectionRefusedError())
            return answered
        body = _Collector()
        bodyProducer.startProducing(body)
        requete = HttpRequest(method.decode(), "/" + path, plain, body.octets)
        if fate.statut is not None:
            self._clock.callLater(
                2 * LATENCY, _answer, answered, HttpResponse(fate.statut, (), b"<html>maintenance</html>")
            )
            return answered
        if not fate.never:
            self._clock.callLater(fate.retard, self._arrive, requete, answered, fate)
        if fate.lost or fate.never:
            self._clock.callLater(LATENCY, _fail, answered)
        return answered

    def _arrive(self, requete: HttpRequest, answered: Deferred[IResponse], fate: Fate) -> None:
        plan: Plan = exchange.decide(self._session, self._plateforme, requete)
        if fate.lost:
            return
        if plan.cut is not None:
            _fail(answered)
        elif plan.response is not None:
            delay = LATENCY + plan.delay.total_seconds()
            self._clock.callLater(delay, _answer, answered, plan.response)


def _fail(answered: Deferred[IResponse]) -> None:
    if not answered.called:
        answered.errback(ResponseNeverReceived([Failure(error.ConnectionLost())]))


def _answer(answered: Deferred[IResponse], response: HttpResponse) -> None:
    if not answered.called:
        answered.callback(_Response(response))


# ------------------------------------------------------------------------------------------------- a mortal process


@implementer(IReactorTime)
class MortalClock:
    """The daemon's timers: they die with it, the world's do not."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._calls: list[IDelayedCall] = []
        self._swept = 0
        """How many were left when those that are over were last swept out."""

    def seconds(self) -> float:
        return self._clock.seconds()

    def callLater(self, delay: float, callable: Callable[..., Any], *args: object, **kwargs: object) -> IDelayedCall:  # noqa: A002 - the interface's own name
        call: IDelayedCall = self._clock.callLater(delay, callable, *args, **kwargs)
        self._calls.append(call)
        if len(self._calls) > 2 * self._swept + SWEEP:
            self._calls = self.getDelayedCalls()
            self._swept = len(self._calls)
        return call

    def getDelayedCalls(self) -> list[IDelayedCall]:
        return [call for call in self._calls if call.active()]

    def die(self) -> None:
        for call in self.getDelayedCalls():
            call.cancel()


class MortalStorage:
    """Storage seen by a process that dies at its n-th commit: just before it, or just after.

    Once dead it answers nothing, so that every coroutine stops where it is.
    """

    def __init__(self, storage: Storage, death: tuple[int, str] | None, died: Callable[[], None]) -> None:
        self._storage = storage
        self._death = death
        self._died = died
        self.commits = 0
        self.dead = False

    def read(self, work: Callable[[Tables], T]) -> Deferred[T]:
        return Deferred() if self.dead else self._storage.read(work)

    def write(self, work: Callable[[Tables], T]) -> Deferred[T]:
        if self.dead:
            return Deferred()
        self.commits += 1
        if self._death == (self.commits, "before"):
            return self._dying()
        done = self._storage.write(work)
        if self._death != (self.commits, "after"):
            return done
        _ = done.addErrback(lambda _: None)  # refused or not, nobody is left to hear it
        return self._dying()

    def _dying(self) -> Deferred[Any]:
        self.dead = True
        self._died()
        return Deferred()

    def close(self) -> Deferred[None]:
        return self._storage.close()


# ---------------------------------------------------------------------------------------------------------- the world


def result_of(deferred: Deferred[T]) -> T | None:
    """What a Deferred that has fired holds; None when it has not. Raises what it failed with."""
    found: list[T] = []
    failed: list[Failure] = []
    _ = deferred.addCallbacks(found.append, failed.append)
    if failed:
        failed[0].raiseException()
    return found[0] if found else None


@dataclass
class Reglages:
    """What a simulation varies. `next_step` and `delai_traitement` are where a proof puts something worse.

    deaths: for each start of the daemon, the commit it dies at and on which side of it ('before', 'after').
    access, identite, session, sign, jetons: what the platforms ask of who speaks, and how the daemon answers.
    annuaire: the payer directory asked again before a late send.
    reopen: what a daemon that starts again finds of the storage that the dead one had open.
    doublons: hold likes; most proofs ask for the same glasses for the same person many times.
    """

    seed: int = 1
    storage: Callable[[], Storage] = MemoryStorage
    reopen: Callable[[Storage], Storage] = field(default=lambda storage: storage)
    next_step: policy.NextStep = policy.next_step
    dedoublonnage: bool = True
    recherche_par_reference: bool = True
    delai_traitement: dt.timedelta = dt.timedelta(minutes=2)
    plateformes: tuple[str, ...] = ("viamedis", "almerys")
    cadence: Cadence = field(default_factory=Cadence)
    taille_lot: int = lots.TAILLE
    deaths: tuple[tuple[int, str], ...] = ()
    access: Access = field(default_factory=Access)
    identite: str = "aucune"
    session: str = "aucune"
    sign: Sign = unsigned
    jetons: Jetons | None = None
    annuaire: Callable[[], Annuaire] | None = None
    doublons: bool = False
    limites: policy.Limites = policy.USUAL
    fate: FateOf = field(default=lambda *_: Fate())


class Monde:
    """Everything, on one clock."""

    def __init__(self, reglages: Reglages) -> None:
        self.reglages = reglages
        self.clock = QuickClock()
        self.chance = random.Random(reglages.seed)
        data = {nom: une for nom, une in platforms_data.load().items() if nom in reglages.plateformes}
        self.session = Session(
            "s", self.clock, data, now=START, seed=reglages.seed, journal=NoJournal("s"), access=reglages.access
        )
        self.plateformes = []
        for nom, une in data.items():
            traits = replace(
                self.session.book(nom).reglages,
                dedoublonnage=reglages.dedoublonnage,
                recherche_par_reference=reglages.recherche_par_reference,
            )
            self.session.book(nom).reglages = traits
            delais = dict.fromkeys(Service, reglages.delai_traitement)
            self.plateformes.append(
                Plateforme(
                    nom=nom,
                    dialecte=une.dialecte,
                    base=f"http://{nom}.invalid",
                    traits=traits,
                    delais_traitement=delais,
                    cadence=reglages.cadence,
                    taille_lot=reglages.taille_lot,
                    identite=reglages.identite,
                    session=reglages.session,
                )
            )
        self.durable = reglages.storage()
        self.vault = Vault({"m": bytes(32)}, "m", self.chance.randbytes)
        self.ids = Ids(self.chance)
        self.deaths_to_come = list(reglages.deaths)
        self.deaths = 0
        self.process: MortalClock
        self.storage: MortalStorage
        self.delivery: Delivery
        self.start()

    def now(self) -> dt.datetime:
        return START + dt.timedelta(seconds=self.clock.seconds())

    def start(self) -> None:
        """A fresh process over what is durable."""
        self.process = MortalClock(self.clock)
        death = self.deaths_to_come.pop(0) if self.deaths_to_come else None
        self.storage = MortalStorage(self.durable, death, self._died)
        agents = {une.nom: Network(self.clock, self.session, une.nom, self.reglages.fate) for une in self.plateformes}
        outside = Outside(
            agent=lambda plateforme: agents[plateforme.nom],
            clock=self.process,
            now=self.now,
            chance=random.Random(self.chance.random()),
            sign=self.reglages.sign,
            jetons=self.reglages.jetons,
            next_step=self.reglages.next_step,
            annuaire=self.reglages.annuaire,
            doublons=self.reglages.doublons,
            limites=self.reglages.limites,
        )
        self.delivery = Delivery(self.storage, self.vault, self.plateformes, [DEMO_SHOP], outside)
        self.started = Deferred.fromCoroutine(self.delivery.start())

    def _died(self) -> None:
        self.deaths += 1
        self.process.die()
        self.durable = self.reglages.reopen(self.durable)
        self.clock.callLater(RESTART, self.start)

    def crash(self) -> None:
        """Die now, wherever every coroutine is; the next start comes by itself."""
        if not self.storage.dead:
            self.storage.dead = True
            self._died()

    def run(self, seconds: float) -> None:
        """Let the world live: from one due instant to the next, no step in between. A dead daemon is started again."""
        end = self.clock.seconds() + seconds
        while (calls := self.clock.getDelayedCalls()) and (due := calls[0].getTime()) <= end:  # they stand in order
            self.clock.advance(max(0.0, due - self.clock.seconds()))
        self.clock.advance(max(0.0, end - self.clock.seconds()))

    # ---- the shop's side

    def post(self, nouvelle: intake.Nouvelle) -> intake.Reception | None:
        """What the shop's POST comes to; None when the daemon is dead or dies of it (the shop then posts again)."""
        done = self.storage.write(lambda t: intake.accept(t, self.vault, self.ids, nouvelle, self.now()))
        reception = result_of(done)
        if isinstance(reception, intake.Accepted):
            self.delivery.wake_for(reception.entry)
        return reception

    def insist(self, nouvelle: intake.Nouvelle) -> None:
        """Post until the daemon answers, as a shop's software does."""
        reception = self.post(nouvelle)
        assert isinstance(reception, intake.Accepted | intake.Same | None), reception
        if reception is None:
            self.clock.callLater(INSIST, self.insist, nouvelle)

    def entry(self, reference: str) -> Entry:
        found = result_of(self.durable.read(lambda t: t.entry_by_reference(DEMO_SHOP, reference)))
        assert found is not None, reference
        return found

    def entries(self, *etats: Etat) -> list[Entry]:
        return list(self.read(lambda t: t.entries(Filtre(etats=etats, limite=100_000))))

    def read(self, work: Callable[[Tables], T]) -> T:
        [found] = [result_of(self.durable.read(work))]
        assert found is not None
        return found

    def write(self, work: Callable[[Tables], T]) -> T:
        [found] = [result_of(self.durable.write(work))]
        assert found is not None
        return found

    # ---- the truth

    def ledger(self, plateforme: str) -> dict[str, Any]:
        return ledger.view(self.session.book(plateforme))

    def ecarts(self) -> list[Ecart]:
        return [ecart for une in self.plateformes for ecart in ledger.check(self.session.book(une.nom))]

    def trace(self) -> str:
        """A hash of all that happened, for the same seed the same."""
        rows = [(e.id, e.etat, e.resultat, e.tentatives, e.maj_le.isoformat()) for e in self.entries()]
        return hashlib.sha256(repr(rows).encode()).hexdigest()
