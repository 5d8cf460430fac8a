"""The HTTP edge, on a clock and a transport in memory: limits in time, in bytes, in connections; bugs stay inside."""

from __future__ import annotations

import json
from typing import Any

import pytest
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure

from tierspayant.adapter.config import Api
from tierspayant.adapter.doors import limits_of
from tierspayant.adapter.http_limits import (
    BODY_MAX,
    BODY_MAX_PIECES,
    CONNECTIONS_MAX,
    LEFTOVERS_MAX,
    RECEPTION_MAX,
    Limits,
)
from tierspayant.adapter.shop_http import Call, Reply, Server, json_reply


def _untyped(value: object) -> Any:
    return value


class Wire(StringTransport):
    """A transport that remembers how it was closed, and half-closes as TCP does."""

    closed = ""

    def __init__(self) -> None:
        _untyped(super()).__init__()

    def loseWriteConnection(self) -> None:
        self.closed = "half"

    def abortConnection(self) -> None:
        self.closed = "aborted"
        _untyped(super()).abortConnection()


class Echo:
    """An application that says what it got, waits, or breaks."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.waiting: Deferred[None] | None = None
        self.broken = False

    async def __call__(self, call: Call) -> Reply:
        self.calls.append(call)
        if self.broken:
            raise ZeroDivisionError("a value nobody may see")
        if self.waiting is not None:
            await self.waiting
        return json_reply({"octets": len(call.body)})


class Line:
    """A server with one connection open to it."""

    def __init__(self, limits: Limits = Limits()) -> None:  # noqa: B008 - frozen
        self.clock = Clock()
        self.echo = Echo()
        self.server: Any = Server(self.echo, self.clock, limits)
        self.wire: Any = Wire()
        self.channel = self.connect(self.wire)

    def connect(self, wire: Wire) -> Any:
        channel = self.server.buildProtocol(None)
        if channel is not None:
            channel.makeConnection(wire)
        return channel

    def send(self, data: bytes) -> None:
        self.channel.dataReceived(data)

    def answer(self) -> tuple[int, Any]:
        head, _, body = self.wire.value().partition(b"\r\n\r\n")
        return int(head.split()[1]), json.loads(body)


@pytest.fixture
def line() -> Line:
    return Line()


def test_a_request_that_trickles_in_is_cut_after_its_deadline(line: Line) -> None:
    line.send(b"POST /v1/pec HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n")
    for _ in range(int(RECEPTION_MAX) + 1):
        line.send(b"x")
        line.clock.advance(1)
    assert line.answer()[1]["code"] == "delai_reception"
    assert line.echo.calls == []
    line.clock.advance(LEFTOVERS_MAX)
    assert line.wire.closed == "aborted"


def test_the_deadline_is_for_receiving_not_for_answering(line: Line) -> None:
    line.echo.waiting = Deferred()
    line.send(b"POST /v1/pec HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}")
    line.clock.advance(RECEPTION_MAX * 4)
    assert line.wire.value() == b""
    line.echo.waiting.callback(None)
    assert line.answer() == (200, {"octets": 2})


def test_a_body_too_large_is_refused_at_its_announcement_and_the_rest_is_thrown_away(line: Line) -> None:
    line.send(b"POST /v1/pec HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % (BODY_MAX + 1))
    assert line.answer()[0] == 413
    assert line.wire.closed == "half"
    line.send(b"x" * 100_000)
    assert line.wire.value().count(b"HTTP/1.1") == 1
    assert line.echo.calls == []


def test_a_body_of_exactly_the_limit_is_taken(line: Line) -> None:
    line.send(b"POST /v1/pec HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % BODY_MAX + b"x" * BODY_MAX)
    assert line.answer() == (200, {"octets": BODY_MAX})


def test_documents_have_a_limit_of_their_own() -> None:
    assert Limits().body_of(b"/v1/pec/abc/pieces?langue=en") == BODY_MAX_PIECES
    assert Limits().body_of(b"/v1/pec") == BODY_MAX


def test_one_connection_serves_one_request_after_another(line: Line) -> None:
    for _ in range(3):
        line.wire.clear()
        line.send(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n")
        assert line.answer()[0] == 200
        line.clock.advance(RECEPTION_MAX - 1)
    assert len(line.echo.calls) == 3


def test_connections_beyond_the_limit_are_not_taken_until_one_closes(line: Line) -> None:
    channels = [line.connect(Wire()) for _ in range(CONNECTIONS_MAX - 1)]
    assert None not in channels
    assert line.connect(Wire()) is None
    channels[0].connectionLost(Failure(ConnectionDone()))
    assert line.connect(Wire()) is not None


def test_a_bug_is_logged_and_told_without_its_text(line: Line, logged_failures: Any) -> None:
    line.echo.broken = True
    line.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    status, problem = line.answer()
    assert (status, problem["code"]) == (500, "erreur_interne")
    assert b"nobody" not in line.wire.value()
    assert problem["incident"] == 1
    logged_failures.take(ZeroDivisionError)


def test_a_client_that_hangs_up_is_noticed_by_the_application(line: Line) -> None:
    line.echo.waiting = Deferred()
    line.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    line.channel.connectionLost(Failure(ConnectionLost()))
    partie = line.echo.calls[0].gone
    assert partie is not None
    assert partie.called
    line.echo.waiting.callback(None)


def test_head_has_no_body(line: Line) -> None:
    line.send(b"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n")
    assert line.wire.value().endswith(b"\r\n\r\n")


def test_what_the_configuration_says_are_the_limits_and_by_default_ours() -> None:
    assert limits_of(Api()) == Limits()
    set_ = Api.model_validate(
        {"corps_max": 20_000, "corps_max_pieces": 30_000, "connexions_max": 3, "delai_reception": "PT4S"}
    )
    assert limits_of(set_) == Limits(body=20_000, body_pieces=30_000, connections=3, reception=4)


def test_an_operator_s_limits_take_the_place_of_ours() -> None:
    line = Line(Limits(body=10, connections=1, reception=2))
    assert line.connect(Wire()) is None
    line.send(b"POST /v1/pec HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\n")
    assert line.answer()[1]["detail"] == "Le corps de la requête dépasse la limite de 10 octets."
    slow = Line(Limits(reception=2))
    slow.send(b"GET / HTTP/1.1\r\n")
    slow.clock.advance(2)
    assert slow.answer()[1]["code"] == "delai_reception"
