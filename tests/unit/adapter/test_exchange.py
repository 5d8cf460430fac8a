"""Was it sent? One exchange on a fake agent and clock: what each failure allows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from twisted.internet import error
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure
from twisted.web.client import ResponseDone, ResponseFailed, ResponseNeverReceived
from twisted.web.http_headers import Headers
from twisted.web.iweb import IAgent, IBodyProducer, IResponse
from zope.interface import implementer

from tierspayant.adapter import exchange
from tierspayant.adapter.exchange import post
from tierspayant.schemas.outcomes import AnswerUnknown, NotSent
from tierspayant.schemas.wire import HttpRequest, HttpResponse, header

REQUEST = HttpRequest("POST", "/droits", (("Content-Type", "text/xml"), ("SOAPAction", '"x"')), b"<corps/>")
LIMIT = dt.timedelta(seconds=60)


@implementer(IResponse)
class Response:
    version, phrase, request, previousResponse = (b"HTTP", 1, 1), b"", None, None

    def __init__(self, body: bytes, end: Exception | None, code: int = 200) -> None:
        self.code = code
        self.length = len(body)
        self.headers = Headers({b"Retry-After": [b"7"]})
        self._body = body
        self._end = end

    def deliverBody(self, protocol: Any) -> None:
        protocol.makeConnection(StringTransport())
        protocol.dataReceived(self._body)
        if self._end is not None:
            protocol.connectionLost(Failure(self._end))

    def setPreviousResponse(self, response: IResponse) -> None:
        raise AssertionError("no redirect")


@implementer(IAgent)
class Agent:
    """Sends the body or not, then does as told."""

    def __init__(self, sends: bool, outcome: Exception | Response | None) -> None:
        self.sends = sends
        self.outcome = outcome
        self.seen: list[tuple[bytes, bytes, Headers | None]] = []
        self.wire = StringTransport()

    def request(
        self,
        method: bytes,
        uri: bytes,
        headers: Headers | None = None,
        bodyProducer: IBodyProducer | None = None,
    ) -> Deferred[IResponse]:
        self.seen.append((method, uri, headers))
        assert bodyProducer is not None
        if self.sends:
            bodyProducer.startProducing(self.wire)
        answered: Deferred[IResponse] = Deferred()
        if isinstance(self.outcome, Exception):
            answered.errback(self.outcome)
        elif self.outcome is not None:
            answered.callback(self.outcome)
        return answered


def run(agent: Agent, wait: float = 0.0) -> Any:
    clock = Clock()
    found: list[Any] = []
    running = Deferred.fromCoroutine(post(agent, clock, "http://p.invalid/s/x", REQUEST, LIMIT))
    _ = running.addBoth(found.append)
    clock.advance(wait)
    assert clock.getDelayedCalls() == [] or not found, "no timer is left behind"
    return found[0] if found else None


def test_a_good_answer_comes_whole_with_its_headers() -> None:
    agent = Agent(sends=True, outcome=Response(b"<ok/>", ResponseDone(), 503))
    answer = run(agent)
    assert isinstance(answer, HttpResponse)
    assert (answer.status, answer.body, header(answer.headers, "retry-after")) == (503, b"<ok/>", "7")
    [(method, uri, headers)] = agent.seen
    assert (method, uri) == (b"POST", b"http://p.invalid/s/x/droits")
    assert headers is not None
    assert headers.getRawHeaders(b"SOAPAction") == [b'"x"']
    assert agent.wire.value() == REQUEST.body


LOST: list[Callable[[], Exception]] = [
    error.ConnectionRefusedError,
    error.DNSLookupError,
    error.TimeoutError,
    error.ConnectionLost,
    lambda: ResponseNeverReceived([Failure(error.ConnectionLost())]),
    lambda: OSError(28, "no space"),
]


@pytest.mark.parametrize("lost", LOST, ids=["refused", "name", "connect-time", "lost", "no-answer", "local"])
def test_whether_the_body_began_to_leave_decides_whatever_the_error(lost: Callable[[], Exception]) -> None:
    assert isinstance(run(Agent(sends=False, outcome=lost())), NotSent)
    assert isinstance(run(Agent(sends=True, outcome=lost())), AnswerUnknown)


def test_no_answer_in_time_is_unknown_or_not_sent() -> None:
    assert run(Agent(sends=True, outcome=None), 59.0) is None
    assert isinstance(run(Agent(sends=True, outcome=None), 60.0), AnswerUnknown)
    assert isinstance(run(Agent(sends=False, outcome=None), 60.0), NotSent)


def test_the_limit_covers_the_body_too() -> None:
    assert isinstance(run(Agent(sends=True, outcome=Response(b"<begun", None)), 60.0), AnswerUnknown)


def test_an_answer_cut_in_its_middle_is_unknown() -> None:
    cut = ResponseFailed([Failure(error.ConnectionLost())])
    assert isinstance(run(Agent(sends=True, outcome=Response(b"<begun", cut))), AnswerUnknown)


def test_an_endless_answer_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "MAX_REPLY", 4)
    assert isinstance(run(Agent(sends=True, outcome=Response(b"12345", ResponseDone()))), AnswerUnknown)


def test_a_caller_that_gives_up_is_told_so() -> None:
    clock = Clock()
    found: list[Any] = []
    running = Deferred.fromCoroutine(post(Agent(True, None), clock, "http://p.invalid", REQUEST, LIMIT))
    _ = running.addErrback(found.append)
    running.cancel()
    assert found[0].check(CancelledError)
