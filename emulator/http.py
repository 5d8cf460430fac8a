"""The side that touches sockets (with http_request.py): reads within limits, and renders a Plan exactly.

Twisted's web server bounds neither a body nor the time it takes to come, and closes while the client still writes,
which loses the answer; Channel and Request add what is missing (wire.md). A cut is a real TCP reset after exactly the
bytes it should follow: a pull producer is asked again when the kernel has taken them, and aborts a moment later; an
abort right after a write would deliver nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.interfaces import (
    IAddress,
    IDelayedCall,
    IPullProducer,
    IReactorTime,
    ISSLTransport,
)
from twisted.python.failure import Failure
from twisted.web import http
from zope.interface import implementer

from tierspayant.emulator import pages
from tierspayant.emulator.http_request import Request, head
from tierspayant.emulator.plan import Answerer
from tierspayant.schemas.wire import HttpResponse

RECEIVE_SECONDS = 10.0
"""From the first byte of a request to its last: a slow sender must not hold a connection for ever."""
IDLE_SECONDS = 60.0
"""Between two requests of a kept connection."""
LINGER_SECONDS = 2.0
"""How long a refused sender may go on before the connection is closed under it: it must get to read the refusal."""
RESET_SECONDS = 0.05
"""Between the last byte before a cut and the reset: a reset throws away what has not crossed the network yet, and what
its receiver has not read."""
MAX_CONNECTIONS = 256
"""Per port; more clients than any test bench has shops."""
MAX_HEADERS = 16_384
"""Bytes of request line and headers: ours take some 600."""


# Twisted's web classes carry no types: seen as Any here, so that no call of theirs needs an exception of its own.
_Channel: Any = http.HTTPChannel
_Factory: Any = http.HTTPFactory


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
        if ISSLTransport.providedBy(transport):
            transport.loseConnection()
        else:
            transport.loseWriteConnection()
        self._deadline = self.callLater(LINGER_SECONDS, transport.abortConnection)

    def cut(self, octets: bytes) -> None:
        """Write exactly these bytes, then reset the connection."""
        self._go_deaf()
        transport: Any = self.transport
        below: Any = transport
        if ISSLTransport.providedBy(self.transport):
            below = transport.transport
        if octets:
            transport.write(octets)
        transport.unregisterProducer()  # over TLS this also passes on what it gathers
        if octets:
            below.registerProducer(WhenTaken(lambda: self._reset_soon(below)), False)
        else:
            below.abortConnection()

    def _reset_soon(self, transport: Any) -> None:
        transport.unregisterProducer()
        self._deadline = self.callLater(RESET_SECONDS, transport.abortConnection)

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
class WhenTaken:
    """Asked at once when registered: waits. Asked again, when the kernel has taken all that was written: calls."""

    def __init__(self, call: Callable[[], object]) -> None:
        self._call = call
        self._asked = False

    def resumeProducing(self) -> None:
        if self._asked:
            self._call()
        self._asked = True

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
