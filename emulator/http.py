"""The only module that touches sockets: reads requests within limits, and renders a Plan exactly.

Twisted's web server bounds neither a body nor the time it takes to come, and closes while the client still writes,
which loses the answer; Channel and Request add what is missing (wire.md). A cut is a real TCP reset after exactly the
bytes it should follow: a pull producer is asked again when the kernel has taken them, and aborts then; an abort right
after a write would deliver nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any, cast

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IAddress, IConsumer, IDelayedCall, IPullProducer, IReactorTime, ITCPTransport
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.web import http
from zope.interface import implementer

from tierspayant.emulator import pages
from tierspayant.emulator.clock import Call
from tierspayant.emulator.effect_kinds import Point
from tierspayant.emulator.plan import Answerer, Plan, drip_step
from tierspayant.schemas.wire import HttpRequest, HttpResponse, header

RECEIVE_SECONDS = 10.0
"""From the first byte of a request to its last: a slow sender must not hold a connection for ever."""
IDLE_SECONDS = 60.0
"""Between two requests of a kept connection."""
LINGER_SECONDS = 2.0
"""How long a refused sender may go on before the connection is closed under it: it must get to read the refusal."""
MAX_CONNECTIONS = 256
"""Per port; more clients than any test bench has shops."""
MAX_HEADERS = 16_384
"""Bytes of request line and headers: ours take some 600."""


# Twisted's web classes carry no types: seen as Any here, so that no call of theirs needs an exception of its own.
_Request: Any = http.Request
_Channel: Any = http.HTTPChannel
_Factory: Any = http.HTTPFactory


class Request(_Request):  # type: ignore[misc]
    """One request on a socket."""

    log = Logger()

    def __init__(self, channel: Channel, queued: object = False) -> None:
        super().__init__(channel, queued, parsePOSTFormSubmission=False)
        self._limit = 0
        self._size = 0
        self._over = False
        self._pending: Call | None = None
        self._stop: Callable[[], None] | None = None

    # ------------------------------------------------------------------------------------------ receiving

    def gotLength(self, length: int | None) -> None:
        """All headers are there: refuse now what need not be read."""
        self.content = BytesIO()
        answerer = self.channel.answerer
        requete = self._plain(b"")
        self._limit = answerer.limit(requete)
        plan: Plan | None
        if (header(requete.headers, "content-encoding") or "identity").lower() != "identity":
            plan = Plan(pages.unsupported("A compressed body is not accepted: send it without Content-Encoding."))
        elif length is not None and length > self._limit:
            plan = Plan(pages.too_large(self._limit))
        else:
            plan = answerer.early(requete)
        if plan is not None:
            self._refuse(plan)

    def handleContentChunk(self, data: bytes) -> None:
        """Keep the body, up to its limit (a chunked one does not say how long it is)."""
        self._size += len(data)
        if self._over:
            return
        if self._size > self._limit:
            self._refuse(Plan(pages.too_large(self._limit)))
            return
        self.content.write(data)

    def _refuse(self, plan: Plan) -> None:
        """Answer before the request is whole, and read no more of it."""
        self._over = True
        self.requestHeaders.removeHeader(b"expect")
        if plan.cut is not None:
            self._cut(plan)
        else:
            assert plan.response is not None
            self.channel.refuse(head(plan.response, b"close") + plan.response.body)

    def process(self) -> None:
        """The request is whole."""
        if self._over:
            return
        assert self.content is not None
        try:
            planned = self.channel.answerer.answer(self._plain(self.content.read()))
        except Exception:  # a defect of ours: it is logged, and the client is told that it is no effect
            self.log.failure("the emulator failed to answer")
            planned = Plan(pages.broken())
        if isinstance(planned, Deferred):
            _ = planned.addErrback(self._failed).addCallback(self.render_plan)
        else:
            self.render_plan(planned)

    def _failed(self, failure: Failure) -> Plan:
        self.log.failure("the emulator failed to answer", failure)
        return Plan(pages.broken())

    def _plain(self, body: bytes) -> HttpRequest:
        method, target = self.channel.request_line()
        headers = tuple(
            (name.decode("latin-1"), value.decode("latin-1"))
            for name, values in self.requestHeaders.getAllRawHeaders()
            for value in values
        )
        return HttpRequest(method, target, headers, body)

    # ------------------------------------------------------------------------------------------ rendering

    def render_plan(self, plan: Plan) -> None:
        """Give the client what is planned, when it is due."""
        if self._disconnected:
            return
        if plan.clock is not None and plan.response is None and plan.cut is None:
            self._pending = plan.clock.hold(self._abort)
        elif plan.clock is not None and plan.delay:
            self._pending = plan.clock.call_later(plan.delay, lambda: self._render_now(plan), self._abort)
        else:
            self._render_now(plan)

    def _render_now(self, plan: Plan) -> None:
        self._pending = None
        if self._disconnected:
            return
        if plan.cut is not None:
            self._cut(plan)
        elif plan.response is not None:
            self._answer(plan.response, plan)

    def _answer(self, response: HttpResponse, plan: Plan) -> None:
        self.setResponseCode(response.status, reason(response.status))
        for name, value in response.headers:
            self.responseHeaders.addRawHeader(name.encode("latin-1"), value.encode("latin-1"))
        if plan.stream is not None:
            self.write(b"")
            self._stop = plan.stream(self.write)
            return
        self.responseHeaders.setRawHeaders(b"content-length", [b"%d" % len(response.body)])
        if plan.drip is not None and plan.clock is not None:
            self.write(b"")
            self._drip(response.body, plan)
            return
        self.write(response.body)
        self.finish()

    def _drip(self, rest: bytes, plan: Plan) -> None:
        self._pending = None
        if self._disconnected:
            return
        assert plan.clock is not None
        assert plan.drip is not None
        size, pause = drip_step(plan.drip)
        self.write(rest[:size])
        if len(rest) <= size:
            self.finish()
        else:
            self._pending = plan.clock.call_later(pause, lambda: self._drip(rest[size:], plan), self._abort)

    def _cut(self, plan: Plan) -> None:
        """Exactly the bytes before the cut, then a reset."""
        self.channel.cut(bytes_before_cut(plan))

    def _abort(self) -> None:
        self._pending = None
        if not self._disconnected:
            self.channel.cut(b"")

    def connectionLost(self, reason: Failure) -> None:
        if self._pending is not None:
            self._pending.cancel()
        if self._stop is not None:
            self._stop()
        super().connectionLost(reason)


class Channel(_Channel):  # type: ignore[misc]
    """One connection: request line kept, receiving bounded in time, refusals that reach their reader."""

    requestFactory = Request
    totalHeadersSize = MAX_HEADERS
    answerer: Answerer
    port: Port

    def __init__(self) -> None:
        super().__init__()
        self._line = b""
        self._deadline: IDelayedCall | None = None
        self._deaf = False

    def connectionMade(self) -> None:
        self.port.channels.add(self)
        super().connectionMade()

    def request_line(self) -> tuple[str, str]:
        """Method and target of the request under way."""
        parts = self._line.decode("latin-1").split(" ")
        return parts[0], parts[1]

    def lineReceived(self, line: bytes) -> None:
        if self._deaf:
            return
        if not self._line:
            self._line = line
        super().lineReceived(line)

    def dataReceived(self, data: bytes) -> None:
        if self._deaf:
            return
        if self._deadline is None and not self.requests:
            self._deadline = self.callLater(RECEIVE_SECONDS, self._too_slow)
        super().dataReceived(data)

    def rawDataReceived(self, data: bytes) -> None:
        if not self._deaf:
            super().rawDataReceived(data)

    def allContentReceived(self) -> None:
        self._end_deadline()
        super().allContentReceived()

    def requestDone(self, request: http.Request) -> None:
        self._line = b""
        super().requestDone(request)

    def connectionLost(self, reason: Failure) -> None:
        self._end_deadline()
        self.port.channels.discard(self)
        super().connectionLost(reason)

    def refuse(self, octets: bytes) -> None:
        """Write a last answer and hear no more; close once the client has had the time to read it."""
        self._go_deaf()
        transport = self.transport
        transport.write(octets)
        if ITCPTransport.providedBy(transport):
            transport.loseWriteConnection()
        self._deadline = self.callLater(LINGER_SECONDS, transport.abortConnection)

    def cut(self, octets: bytes) -> None:
        """Write exactly these bytes, then reset the connection."""
        self._go_deaf()
        self.transport.unregisterProducer()
        if octets:
            self.transport.registerProducer(ResetAfter(self.transport, octets), False)
        else:
            self.transport.abortConnection()

    def lineLengthExceeded(self, line: bytes) -> None:
        """A header line (or all of them) longer than any client of ours sends."""
        self._refuse_page(pages.page(431, "The headers are too large", [f"At most {MAX_HEADERS} bytes."]))

    def _respondToBadRequestAndDisconnect(self) -> None:
        """Twisted's own refusal of what is no HTTP, in words and in a way that reaches its reader."""
        self._refuse_page(pages.bad_request("This is not a request of HTTP/1.1 that can be read."))

    def _refuse_page(self, response: HttpResponse) -> None:
        if not self._deaf:
            self.refuse(head(response, b"close") + response.body)

    def _go_deaf(self) -> None:
        self._deaf = True
        self._end_deadline()
        self.setTimeout(None)

    def _end_deadline(self) -> None:
        if self._deadline is not None and self._deadline.active():
            self._deadline.cancel()
        self._deadline = None

    def _too_slow(self) -> None:
        self._deadline = None
        seconds = f"{RECEIVE_SECONDS:g}"
        late = pages.page(408, "Too slow", [f"A request must come whole within {seconds} seconds."])
        self._refuse_page(late)


@implementer(IPullProducer)
class ResetAfter:
    """Asked first: writes. Asked again, when the kernel has taken it all: resets."""

    def __init__(self, transport: ITCPTransport, octets: bytes) -> None:
        self._transport = transport
        self._octets = octets

    def resumeProducing(self) -> None:
        if self._octets:
            octets, self._octets = self._octets, b""
            cast(IConsumer, self._transport).write(octets)
        else:
            self._transport.abortConnection()

    def stopProducing(self) -> None:
        """The connection is gone already."""


class Port(_Factory):  # type: ignore[misc]
    """What listens: makes channels up to a limit, and can cut them all."""

    noisy = False

    def __init__(self, reactor: IReactorTime, answerer: Answerer) -> None:
        super().__init__(timeout=IDLE_SECONDS, reactor=reactor)
        self.answerer = answerer
        self.channels: set[Channel] = set()

    def buildProtocol(self, addr: IAddress | None) -> Channel | None:
        if len(self.channels) >= MAX_CONNECTIONS:
            return None
        channel = Channel()
        channel.factory = self
        channel.port = self
        channel.answerer = self.answerer
        channel.callLater = self.reactor.callLater
        channel.timeOut = self.timeOut
        return channel

    def cut_all(self) -> None:
        """Reset every connection."""
        for channel in list(self.channels):
            channel.cut(b"")

    def startFactory(self) -> None:
        """No access log, so no clock for its lines: the journal records exchanges."""

    def stopFactory(self) -> None:
        """Nothing was started."""

    def log(self, request: http.Request) -> None:
        """No access log."""


def reason(status: int) -> bytes:
    """The reason phrase of a status."""
    return http.RESPONSES.get(status, b"Status")


def head(response: HttpResponse, connection: bytes | None = None) -> bytes:
    """Status line and headers of an answer, as bytes."""
    lines = [b"HTTP/1.1 %d %s" % (response.status, reason(response.status))]
    lines += [f"{name}: {value}".encode("latin-1") for name, value in response.headers]
    lines.append(b"Content-Length: %d" % len(response.body))
    if connection is not None:
        lines.append(b"Connection: " + connection)
    return b"\r\n".join([*lines, b"", b""])


def bytes_before_cut(plan: Plan) -> bytes:
    """What of the answer goes out before the reset."""
    response = plan.response
    if response is None or plan.cut is None or plan.cut is Point.APRES_COMMIT:
        return b""
    if plan.cut is Point.APRES_ENTETES:
        return head(response)
    body = response.body if plan.cut is Point.APRES_DERNIER_OCTET else response.body[: len(response.body) // 2]
    return head(response) + body
