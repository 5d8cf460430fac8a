"""One request on a socket: received within its limit, answered as its Plan says (http.py has the connection's side)."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import ISSLTransport
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.web import http

from tierspayant.emulator import pages
from tierspayant.emulator.certificates import TlsRequest
from tierspayant.emulator.clock import Call
from tierspayant.emulator.effect_kinds import Point
from tierspayant.emulator.plan import Plan, drip_step
from tierspayant.schemas.wire import HttpRequest, HttpResponse, header

# Twisted's web classes carry no types: seen as Any here, so that no call of theirs needs an exception of its own.
_Request: Any = http.Request


class Request(_Request):  # type: ignore[misc]
    """One request on a socket."""

    log = Logger()

    def __init__(self, channel: Any, queued: object = False) -> None:
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
        transport = self.channel.transport
        if ISSLTransport.providedBy(transport):
            return TlsRequest(method, target, headers, body, _shown_certificate(transport))
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


def _shown_certificate(transport: Any) -> bytes:
    """The client's certificate in DER, or nothing."""
    from OpenSSL.crypto import FILETYPE_ASN1, dump_certificate

    shown = transport.getPeerCertificate()
    return b"" if shown is None else dump_certificate(FILETYPE_ASN1, shown)


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
