"""The HTTP edge of the shop API: limits on what is received, one call to an application, one answer.

Limits hold before anything is understood: bytes of headers, bytes of body, seconds to receive a whole request, open
connections. twisted.web has an idle time-out only and no body limit, and spools large bodies to a file of its own;
here a body stays in memory (it is personal) and a deadline runs from its first byte. A refused body is answered at
once and what still arrives is thrown away for a moment, so that a client which writes everything before it reads gets
the answer and not a reset.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, cast

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IAddress, IDelayedCall, IReactorTime
from twisted.internet.protocol import Protocol as WireProtocol
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.web import http, server
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET, Request

from tierspayant.adapter.problem import MEDIA_TYPE, Probleme

CORPS_MAX = 2 * 2**20
"""Bytes of a body: a PEC with twenty lines has 6 kB; parsing costs memory in proportion (wire.md)."""

CORPS_MAX_PIECES = 20 * 2**20
"""Bytes of a body with documents: 15 MB of files, a third more in base64."""

ENTETES_MAX = 16_384
"""Bytes of request line and headers."""

RECEPTION_MAX = 10.0
"""Seconds to receive a whole request: a shop's software is on the same machine or network."""

CONNEXIONS_MAX = 256
"""Open connections: every one costs a descriptor, and one daemon serves at most some hundred tills."""

REJET_MAX = 5.0
"""Seconds during which what follows a refused request is thrown away, for the client to read its answer."""

_Canal: Any = http.HTTPChannel
_Requete: Any = server.Request
_Site: Any = server.Site
"""twisted.web declares these classes with few types; as Any their overriding stays readable."""

JSON_TYPE = "application/json; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Appel:
    """One request as the application sees it. `partie` is set when the client hangs up before its answer."""

    methode: str
    chemin: str
    requete: str
    entetes: Mapping[str, str]
    corps: bytes = field(repr=False)
    partie: Deferred[None] | None = field(default=None, repr=False)

    def entete(self, nom: str) -> str | None:
        return self.entetes.get(nom.lower())


@dataclass(frozen=True, slots=True)
class Reponse:
    """What the application answers; `flux` takes over the open connection instead (server-sent events)."""

    statut: int
    corps: bytes = b""
    type: str = JSON_TYPE
    entetes: Mapping[str, str] = field(default_factory=dict)
    flux: Callable[[Request], None] | None = None


class Application(Protocol):
    """Answers every call and never raises but for a bug."""

    async def __call__(self, appel: Appel) -> Reponse: ...


def en_json(document: object, statut: int = 200, entetes: Mapping[str, str] | None = None) -> Reponse:
    return Reponse(statut, json.dumps(document, ensure_ascii=False).encode(), JSON_TYPE, entetes or {})


def en_probleme(probleme: Probleme) -> Reponse:
    return Reponse(probleme.statut, probleme.body(), MEDIA_TYPE, probleme.entetes)


class Canal(_Canal):  # type: ignore[misc]
    """One connection, with a deadline for each request and an answer for what cannot even be parsed."""

    totalHeadersSize = ENTETES_MAX
    maxHeaders = 100
    limite: Callable[[bytes], int]
    perdu: Callable[[], None]
    _refuse = False
    _echeance: IDelayedCall | None = None

    def dataReceived(self, data: bytes) -> None:
        if self._refuse:
            return
        if self._echeance is None and not self._handlingRequest:
            self._echeance = self.callLater(RECEPTION_MAX, self.refuse, Probleme("delai_reception"))
        super().dataReceived(data)

    def lineReceived(self, line: bytes) -> None:
        if not self._refuse:
            super().lineReceived(line)

    def rawDataReceived(self, data: bytes) -> None:
        if not self._refuse:
            super().rawDataReceived(data)

    def lineLengthExceeded(self, line: bytes) -> None:
        self.refuse(Probleme("entetes_trop_grands"))

    def allContentReceived(self) -> None:
        if self._refuse:
            return
        self._stop_deadline()
        super().allContentReceived()

    def _respondToBadRequestAndDisconnect(self) -> None:
        trop = self._receivedHeaderSize > self.totalHeadersSize or self._receivedHeaderCount > self.maxHeaders
        self.refuse(Probleme("entetes_trop_grands" if trop else "requete_http"))

    def refuse(self, probleme: Probleme) -> None:
        """Answer without the application, then throw away what follows and hang up."""
        if self._refuse:
            return
        self._refuse = True
        self._stop_deadline()
        self.setTimeout(None)
        corps = probleme.body()
        tete = (
            f"HTTP/1.1 {probleme.statut} {probleme.code}\r\nContent-Type: {MEDIA_TYPE}\r\n"
            f"Content-Length: {len(corps)}\r\nConnection: close\r\n\r\n"
        )
        self.transport.write(tete.encode("ascii") + corps)
        demi_fermer = getattr(self.transport, "loseWriteConnection", None)
        if demi_fermer is None:
            self.transport.loseConnection()
            return
        demi_fermer()
        self._echeance = self.callLater(REJET_MAX, self._abort)

    def _abort(self) -> None:
        self._echeance = None
        self.transport.abortConnection()

    def _stop_deadline(self) -> None:
        if self._echeance is not None and self._echeance.active():
            self._echeance.cancel()
        self._echeance = None

    def connectionLost(self, reason: Failure) -> None:
        self._stop_deadline()
        self.perdu()
        super().connectionLost(reason)


class Requete(_Requete):  # type: ignore[misc]
    """A request whose body is limited and stays in memory."""

    _recus = 0

    def gotLength(self, length: int | None) -> None:
        self.content = io.BytesIO()
        self._limite = self.channel.limite(self.channel._path)
        if length is not None and length > self._limite:
            self.channel.refuse(_trop_grand(self._limite))

    def handleContentChunk(self, data: bytes) -> None:
        self._recus += len(data)
        if self._recus > self._limite:
            self.channel.refuse(_trop_grand(self._limite))
        else:
            super().handleContentChunk(data)


def _trop_grand(limite: int) -> Probleme:
    return Probleme("corps_trop_grand", f"Le corps de la requête dépasse la limite de {limite} octets.")


class Entree(Resource):
    """The only resource: every path and method goes to the application."""

    isLeaf = True
    log = Logger()

    def __init__(self, application: Application) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._application = application
        self.incidents = 0
        self.en_cours: set[Deferred[None]] = set()

    def render(self, request: Request) -> int:
        partie: Deferred[None] = Deferred()
        parti = [False]

        def left(_reason: object) -> None:
            parti[0] = True
            partie.callback(None)

        _ = request.notifyFinish().addErrback(left)
        appel = _appel(request, partie)
        travail = Deferred.fromCoroutine(self._serve(request, appel, parti))
        self.en_cours.add(travail)
        _ = travail.addErrback(lambda echec: self.log.failure("an answer could not be written", failure=echec))
        _ = travail.addBoth(lambda _rien: self.en_cours.discard(travail))
        return NOT_DONE_YET

    async def _serve(self, request: Request, appel: Appel, parti: list[bool]) -> None:
        try:
            reponse = await self._application(appel)
        except Exception:  # the last line of defence: a bug is logged whole and told without a traceback
            self.incidents += 1
            self.log.failure("incident {numero}: a call to the shop API failed", numero=self.incidents)
            reponse = en_probleme(Probleme("erreur_interne", plus={"incident": self.incidents}))
        if not parti[0]:
            _write(request, appel, reponse)


def _appel(request: Request, partie: Deferred[None]) -> Appel:
    chemin, _, requete = request.uri.decode("latin-1").partition("?")
    entetes = {
        nom.decode("latin-1").lower(): b", ".join(valeurs).decode("latin-1")
        for nom, valeurs in request.requestHeaders.getAllRawHeaders()
    }
    corps = request.content.read() if request.content else b""
    return Appel(request.method.decode("latin-1"), chemin, requete, entetes, corps, partie)


def _write(request: Request, appel: Appel, reponse: Reponse) -> None:
    request.setResponseCode(reponse.statut)
    request.setHeader("Content-Type", reponse.type)
    request.setHeader("Server", "tp-adapter")
    request.setHeader("Cache-Control", "no-store")
    request.setHeader("X-Content-Type-Options", "nosniff")
    for nom, valeur in reponse.entetes.items():
        request.setHeader(nom, valeur)
    if reponse.flux is not None:
        reponse.flux(request)
        return
    request.setHeader("Content-Length", str(len(reponse.corps)))
    if appel.methode != "HEAD":
        request.write(reponse.corps)
    request.finish()


def limite_par_chemin(chemin: bytes) -> int:
    return CORPS_MAX_PIECES if chemin.partition(b"?")[0].endswith(b"/pieces") else CORPS_MAX


class Serveur(_Site):  # type: ignore[misc]
    """A Site with limits, no access log of its own and no form parser."""

    protocol = Canal
    requestFactory = Requete
    displayTracebacks = False

    def __init__(self, application: Application, reactor: IReactorTime) -> None:
        self.entree = Entree(application)
        super().__init__(self.entree, reactor=reactor, timeout=60, parsePOSTFormSubmission=False)
        self._canaux: set[Any] = set()

    def buildProtocol(self, addr: IAddress | None) -> WireProtocol | None:
        if len(self._canaux) >= CONNEXIONS_MAX:
            return None
        canal: Any = super().buildProtocol(addr)
        canal.limite = limite_par_chemin
        canal.perdu = lambda: self._lost(canal)
        self._canaux.add(canal)
        return cast(WireProtocol, canal)

    def hang_up(self) -> None:
        """Close what is still open: an orderly stop waits for nobody's keep-alive."""
        for canal in list(self._canaux):
            canal.transport.abortConnection()

    def _lost(self, canal: Any) -> None:
        self._canaux.discard(canal)

    def log(self, request: Request) -> None:
        """No access log: the application logs its events, without the addresses and queries of people."""
