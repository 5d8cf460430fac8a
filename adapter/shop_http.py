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
from typing import Any, Protocol

from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IAddress, IDelayedCall, IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.web import http, server
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET, Request

from tierspayant.adapter.http_limits import HEADERS_MAX, LEFTOVERS_MAX, Limits
from tierspayant.adapter.problem import MEDIA_TYPE, Problem

JSON_TYPE = "application/json; charset=utf-8"
LOST = Failure(ConnectionDone())
NO_OTHER = Limits()


@dataclass(frozen=True, slots=True)
class Call:
    """One request as the application sees it. `gone` is set when the client hangs up before its answer."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    gone: Deferred[None] | None = field(default=None, repr=False)

    def header(self, name: str) -> str | None:
        return self.headers.get(name.lower())


@dataclass(frozen=True, slots=True)
class Reply:
    """What the application answers; `stream` takes over the open connection instead (server-sent events)."""

    status: int
    body: bytes = b""
    media_type: str = JSON_TYPE
    headers: Mapping[str, str] = field(default_factory=dict)
    stream: Callable[[Request], None] | None = None


class Application(Protocol):
    """Answers every call and never raises but for a bug."""

    async def __call__(self, call: Call) -> Reply: ...


def json_reply(document: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    return Reply(status, json.dumps(document, ensure_ascii=False).encode(), JSON_TYPE, headers or {})


def problem_reply(problem: Problem) -> Reply:
    return Reply(problem.status, problem.body(), MEDIA_TYPE, problem.headers)


class Channel(http.HTTPChannel):
    """One connection, with a deadline for each request and an answer for what cannot even be parsed."""

    totalHeadersSize = HEADERS_MAX
    maxHeaders = 100
    limits: Limits
    lost: Callable[[], None]
    _refused = False
    _deadline: IDelayedCall | None = None

    def dataReceived(self, data: bytes) -> None:
        if self._refused:
            return
        if self._deadline is None and not self._handlingRequest:
            self._deadline = _untyped(self).callLater(self.limits.reception, self.refuse, Problem("delai_reception"))
        _untyped(super()).dataReceived(data)

    def lineReceived(self, line: bytes) -> None:
        if not self._refused:
            _untyped(super()).lineReceived(line)

    def rawDataReceived(self, data: bytes) -> None:
        if not self._refused:
            _untyped(super()).rawDataReceived(data)

    def lineLengthExceeded(self, line: bytes) -> None:
        self.refuse(Problem("entetes_trop_grands"))

    def allContentReceived(self) -> None:
        if self._refused:
            return
        self._stop_deadline()
        _untyped(super()).allContentReceived()

    def _respondToBadRequestAndDisconnect(self) -> None:
        too_large = self._receivedHeaderSize > self.totalHeadersSize or self._receivedHeaderCount > self.maxHeaders
        self.refuse(Problem("entetes_trop_grands" if too_large else "requete_http"))

    def refuse(self, problem: Problem) -> None:
        """Answer without the application, then throw away what follows and hang up."""
        if self._refused:
            return
        self._refused = True
        self._stop_deadline()
        _untyped(self).setTimeout(None)
        body = problem.body()
        head = (
            f"HTTP/1.1 {problem.status} {problem.code}\r\nContent-Type: {MEDIA_TYPE}\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        )
        transport = _untyped(self.transport)
        transport.write(head.encode("ascii") + body)
        half_close = getattr(transport, "loseWriteConnection", None)
        if half_close is None:
            transport.loseConnection()
            return
        half_close()
        self._deadline = _untyped(self).callLater(LEFTOVERS_MAX, self._abort)

    def _abort(self) -> None:
        self._deadline = None
        _untyped(self.transport).abortConnection()

    def _stop_deadline(self) -> None:
        if self._deadline is not None and self._deadline.active():
            self._deadline.cancel()
        self._deadline = None

    def connectionLost(self, reason: Failure = LOST) -> None:
        self._stop_deadline()
        self.lost()
        _untyped(super()).connectionLost(reason)


class BoundedRequest(server.Request):
    """A request whose body is limited and stays in memory."""

    channel: Channel
    _received = 0

    def gotLength(self, length: int | None) -> None:
        self.content = io.BytesIO()
        self._limit: int = self.channel.limits.body_of(self.channel._path)
        if length is not None and length > self._limit:
            self.channel.refuse(_too_large(self._limit))

    def handleContentChunk(self, data: bytes) -> None:
        self._received += len(data)
        if self._received > self._limit:
            self.channel.refuse(_too_large(self._limit))
        else:
            _untyped(super()).handleContentChunk(data)


def _untyped(value: object) -> Any:
    """twisted.web annotates few of the methods we override: these calls are not checked."""
    return value


def _too_large(limit: int) -> Problem:
    return Problem("corps_trop_grand", f"Le corps de la requête dépasse la limite de {limit} octets.")


class Gate(Resource):
    """The only resource: every path and method goes to the application."""

    isLeaf = True
    log = Logger()

    def __init__(self, application: Application) -> None:
        _untyped(super()).__init__()
        self._application = application
        self.incidents = 0
        self.under_way: set[Deferred[None]] = set()

    def render(self, request: Request) -> int:
        gone: Deferred[None] = Deferred()

        def left(_reason: object) -> None:
            gone.callback(None)

        _ = request.notifyFinish().addErrback(left)
        call = _call_of(request, gone)
        work = Deferred.fromCoroutine(self._serve(request, call, gone))
        self.under_way.add(work)
        _ = work.addErrback(lambda failed: self.log.failure("an answer could not be written", failure=failed))
        _ = work.addBoth(lambda _nothing: self.under_way.discard(work))
        return NOT_DONE_YET

    async def _serve(self, request: Request, call: Call, gone: Deferred[None]) -> None:
        try:
            reply = await self._application(call)
        except Exception:  # the last line of defence: a bug is logged whole and told without a traceback
            self.incidents += 1
            self.log.failure("incident {numero}: a call to the shop API failed", numero=self.incidents)
            reply = problem_reply(Problem("erreur_interne", more={"incident": self.incidents}))
        if not gone.called:
            _write(request, call, reply)


def _call_of(request: Request, gone: Deferred[None]) -> Call:
    path, _, query = request.uri.decode("latin-1").partition("?")
    headers = {
        name.decode("latin-1").lower(): b", ".join(values).decode("latin-1")
        for name, values in request.requestHeaders.getAllRawHeaders()
    }
    body = request.content.read() if request.content else b""
    return Call(request.method.decode("latin-1"), path, query, headers, body, gone)


def _write(request: Request, call: Call, reply: Reply) -> None:
    request.setResponseCode(reply.status)
    request.setHeader("Content-Type", reply.media_type)
    request.setHeader("Server", "tp-adapter")
    request.setHeader("Cache-Control", "no-store")
    request.setHeader("X-Content-Type-Options", "nosniff")
    for name, value in reply.headers.items():
        request.setHeader(name, value)
    if reply.stream is not None:
        reply.stream(request)
        return
    request.setHeader("Content-Length", str(len(reply.body)))
    if call.method != "HEAD":
        request.write(reply.body)
    request.finish()


class Server(server.Site):
    """A Site with limits, no access log of its own and no form parser."""

    requestFactory = BoundedRequest
    displayTracebacks = False

    def __init__(self, application: Application, reactor: IReactorTime, limits: Limits = NO_OTHER) -> None:
        self.gate = Gate(application)
        _untyped(super()).__init__(self.gate, reactor=reactor, timeout=60, parsePOSTFormSubmission=False)
        _untyped(self).protocol = Channel
        self._limits = limits
        self._channels: set[Channel] = set()

    def buildProtocol(self, addr: IAddress | None) -> Any:
        if len(self._channels) >= self._limits.connections:
            return None
        channel: Any = _untyped(super()).buildProtocol(addr)
        channel.limits = self._limits
        channel.lost = lambda: self._channels.discard(channel)
        self._channels.add(channel)
        return channel

    def hang_up(self) -> None:
        """Close what is still open: an orderly stop waits for nobody's keep-alive."""
        for channel in list(self._channels):
            _untyped(channel).transport.abortConnection()

    def log(self, request: http.Request) -> None:
        """No access log: the application logs its events, without the addresses and queries of people."""
