"""The emulator without a network: an `IAgent` that renders plans on a clock, and fails as a real Agent would.

Addresses are `http://<platform>.<anything>/...` and `http://control.<anything>/_control/v1/...`, session prefixes
included: the same code answers as on a port. What happens on the wire is told as Twisted's own Agent tells it:

    refus_connexion                    ConnectionRefusedError, the body is never asked for
    a cut before the first byte        ResponseNeverReceived([ConnectionLost]) after the body was sent
    a cut after the headers            a response, whose body ends with ResponseFailed([ConnectionLost])
    a cut after the last byte          a whole response
    silence                            nothing, until the caller cancels

On a `task.Clock` nothing moves until the clock is advanced, be it by nothing.
"""

from __future__ import annotations

from typing import cast

from twisted.internet import error
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IConsumer, IProtocol, IReactorTime
from twisted.python.failure import Failure
from twisted.web.client import ResponseDone, ResponseFailed, ResponseNeverReceived
from twisted.web.http_headers import Headers
from twisted.web.iweb import IAgent, IBodyProducer, IResponse
from zope.interface import implementer

from tierspayant.emulator.clock import Call
from tierspayant.emulator.control import ControlPort
from tierspayant.emulator.effect_kinds import Point, RefusConnexion
from tierspayant.emulator.http_request import reason
from tierspayant.emulator.plan import Answerer, Plan, drip_step
from tierspayant.emulator.platform_port import PlatformPort
from tierspayant.emulator.sessions import Sessions
from tierspayant.schemas.wire import HttpRequest

DOMAIN = "emulateur.test"
CONTROL = "control"


@implementer(IAgent)
class MemoryAgent:
    """Requests to the emulator's platforms and control API, in memory. `sessions` must not share a port."""

    def __init__(self, reactor: IReactorTime, sessions: Sessions) -> None:
        self.sessions = sessions
        self.sent = 0
        self._reactor = reactor
        self._ports: dict[str, Answerer] = {nom: PlatformPort(sessions, nom) for nom in sessions.plateformes}
        self._ports[CONTROL] = ControlPort(sessions, self.bases)

    def bases(self, session: str | None = None) -> dict[str, str]:
        """Base URL of each platform, of one session when named."""
        prefix = "" if session is None else f"/s/{session}"
        return {nom: f"http://{nom}.{DOMAIN}{prefix}" for nom in self.sessions.plateformes}

    @property
    def control(self) -> str:
        """Base URL of the control API."""
        return f"http://{CONTROL}.{DOMAIN}"

    def request(
        self,
        method: bytes,
        uri: bytes,
        headers: Headers | None = None,
        bodyProducer: IBodyProducer | None = None,
    ) -> Deferred[IResponse]:
        """As IAgent.request."""
        return _Attempt(self._reactor, self, method, uri, headers, bodyProducer).start()

    def port(self, host: str) -> Answerer | None:
        """Who answers at a host."""
        return self._ports.get(host.partition(".")[0])

    def refuses(self, host: str, target: str) -> bool:
        """Whether the effect refus_connexion is in force there."""
        nom = host.partition(".")[0]
        if nom not in self.sessions.plateformes:
            return False
        session = target[3:].partition("/")[0] if target.startswith("/s/") else "default"
        found = next((one for one in self.sessions if one.nom == session), None)
        return found is not None and found.effects.on_port(nom, RefusConnexion) is not None


class _Attempt:
    """One request under way."""

    def __init__(
        self,
        reactor: IReactorTime,
        agent: MemoryAgent,
        method: bytes,
        uri: bytes,
        headers: Headers | None,
        body: IBodyProducer | None,
    ) -> None:
        self._reactor = reactor
        self._agent = agent
        self._method = method.decode()
        host, self._target = split(uri.decode())
        self._host = host
        self._headers = headers or Headers()
        self._producer = body
        self._pending: Call | None = None
        self._done = False
        self.result: Deferred[IResponse] = Deferred(self._cancel)

    def start(self) -> Deferred[IResponse]:
        self._reactor.callLater(0, self._connect)
        return self.result

    def _cancel(self, _: Deferred[IResponse]) -> None:
        self._done = True
        if self._pending is not None:
            self._pending.cancel()
        if self._producer is not None:
            self._producer.stopProducing()

    def _connect(self) -> None:
        if self._done:
            return
        if self._agent.port(self._host) is None or self._agent.refuses(self._host, self._target):
            self._fail(error.ConnectionRefusedError())
            return
        self._agent.sent += 1
        body = _Body()
        if self._producer is None:
            self._sent(b"")
            return
        produced = cast("Deferred[None]", self._producer.startProducing(body))
        _ = produced.addCallbacks(lambda _: self._sent(body.whole()), self._unsendable)

    def _unsendable(self, failure: Failure) -> None:
        if not self._done:
            self._done = True
            self.result.errback(failure)

    def _sent(self, body: bytes) -> None:
        """The whole request is there."""
        if self._done:
            return
        headers = [
            (name.decode("latin-1"), value.decode("latin-1"))
            for name, values in self._headers.getAllRawHeaders()
            for value in values
        ]
        if not self._headers.hasHeader(b"host"):
            headers.insert(0, ("Host", self._host))
        requete = HttpRequest(self._method, self._target, tuple(headers), body)
        port = self._agent.port(self._host)
        assert port is not None
        plan = port.early(requete) or port.answer(requete)
        if isinstance(plan, Deferred):
            _ = plan.addCallbacks(self._render, self._unsendable)
        else:
            self._render(plan)

    def _render(self, plan: Plan) -> None:
        if self._done:
            return
        if plan.clock is not None and plan.response is None and plan.cut is None:
            self._pending = plan.clock.hold(self._reset)
        elif plan.clock is not None and plan.delay:
            self._pending = plan.clock.call_later(plan.delay, lambda: self._render_now(plan), self._reset)
        else:
            self._render_now(plan)

    def _reset(self) -> None:
        self._fail(ResponseNeverReceived([Failure(error.ConnectionLost())]))

    def _render_now(self, plan: Plan) -> None:
        self._pending = None
        if plan.response is None or plan.cut in (Point.CONNEXION, Point.APRES_COMMIT):
            self._reset()
        elif not self._done:
            self._done = True
            self.result.callback(MemoryResponse(self._method, plan))

    def _fail(self, wrong: Exception) -> None:
        if not self._done:
            self._done = True
            self.result.errback(wrong)


@implementer(IConsumer)
class _Body:
    """What a request's body producer writes to."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, data: bytes) -> None:
        self._pieces.append(data)

    def whole(self) -> bytes:
        return b"".join(self._pieces)

    def registerProducer(self, producer: object, streaming: bool) -> None:
        """A body producer is not registered."""

    def unregisterProducer(self) -> None:
        """A body producer is not registered."""


@implementer(IResponse)
class MemoryResponse:
    """A response whose body comes, drips or breaks off as planned."""

    version = (b"HTTP", 1, 1)
    previousResponse = None
    request = None

    def __init__(self, method: str, plan: Plan) -> None:
        assert plan.response is not None
        self._plan = plan
        self._body = b"" if method == "HEAD" else plan.response.body
        self.code = plan.response.status
        self.phrase = reason(plan.response.status)
        self.headers = Headers()
        for name, value in plan.response.headers:
            self.headers.addRawHeader(name.encode("latin-1"), value.encode("latin-1"))
        self.length = len(self._body)

    def setPreviousResponse(self, response: IResponse) -> None:
        """A redirect was followed: `response` came before."""
        self.previousResponse = response

    def deliverBody(self, protocol: IProtocol) -> None:
        """As IResponse.deliverBody."""
        protocol.makeConnection(_Transport())  # type: ignore[arg-type]
        cut, drip, clock = self._plan.cut, self._plan.drip, self._plan.clock
        if cut is Point.APRES_ENTETES:
            self._break(protocol)
        elif cut is Point.MILIEU_CORPS:
            protocol.dataReceived(self._body[: len(self._body) // 2])
            self._break(protocol)
        elif drip is not None and clock is not None:
            self._drip(protocol, self._body)
        else:
            protocol.dataReceived(self._body)
            protocol.connectionLost(Failure(ResponseDone()))

    def _drip(self, protocol: IProtocol, rest: bytes) -> None:
        assert self._plan.drip is not None
        assert self._plan.clock is not None
        size, pause = drip_step(self._plan.drip)
        protocol.dataReceived(rest[:size])
        if len(rest) <= size:
            protocol.connectionLost(Failure(ResponseDone()))
        else:
            self._plan.clock.call_later(pause, lambda: self._drip(protocol, rest[size:]), lambda: self._break(protocol))

    def _break(self, protocol: IProtocol) -> None:
        protocol.connectionLost(Failure(ResponseFailed([Failure(error.ConnectionLost())], self)))


class _Transport:
    """What a body's reader may ask of the connection below it."""

    disconnecting = False
    disconnected = False

    def loseConnection(self) -> None:
        """The reader wants no more: nothing is under way."""

    abortConnection = stopProducing = pauseProducing = resumeProducing = loseConnection


def split(uri: str) -> tuple[str, str]:
    """Host (with its port) and target of an http URI."""
    rest = uri.partition("://")[2]
    host, slash, target = rest.partition("/")
    return host, slash + target if slash else "/"
