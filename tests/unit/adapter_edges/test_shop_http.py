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

from tierspayant.adapter.shop_http import (
    CONNEXIONS_MAX,
    CORPS_MAX,
    CORPS_MAX_PIECES,
    RECEPTION_MAX,
    REJET_MAX,
    Appel,
    Reponse,
    Serveur,
    en_json,
    limite_par_chemin,
)

_Transport: Any = StringTransport


class Fil(_Transport):  # type: ignore[misc]
    """A transport that remembers how it was closed, and half-closes as TCP does."""

    fermeture = ""

    def loseWriteConnection(self) -> None:
        self.fermeture = "demi"

    def abortConnection(self) -> None:
        self.fermeture = "abandon"
        super().abortConnection()


class Echo:
    """An application that says what it got, waits, or breaks."""

    def __init__(self) -> None:
        self.appels: list[Appel] = []
        self.attente: Deferred[None] | None = None
        self.casse = False

    async def __call__(self, appel: Appel) -> Reponse:
        self.appels.append(appel)
        if self.casse:
            raise ZeroDivisionError("a value nobody may see")
        if self.attente is not None:
            await self.attente
        return en_json({"octets": len(appel.corps)})


class Bout:
    """A server with one connection open to it."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.echo = Echo()
        self.serveur: Any = Serveur(self.echo, self.clock)
        self.fil = Fil()
        self.canal = self.connect(self.fil)

    def connect(self, fil: Fil) -> Any:
        canal = self.serveur.buildProtocol(None)
        if canal is not None:
            canal.makeConnection(fil)
        return canal

    def send(self, octets: bytes) -> None:
        self.canal.dataReceived(octets)

    def answer(self) -> tuple[int, Any]:
        tete, _, corps = self.fil.value().partition(b"\r\n\r\n")
        return int(tete.split()[1]), json.loads(corps)


@pytest.fixture
def bout() -> Bout:
    return Bout()


def test_a_request_that_trickles_in_is_cut_after_its_deadline(bout: Bout) -> None:
    bout.send(b"POST /v1/pec HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n")
    for _ in range(int(RECEPTION_MAX) + 1):
        bout.send(b"x")
        bout.clock.advance(1)
    assert bout.answer()[1]["code"] == "delai_reception"
    assert bout.echo.appels == []
    bout.clock.advance(REJET_MAX)
    assert bout.fil.fermeture == "abandon"


def test_the_deadline_is_for_receiving_not_for_answering(bout: Bout) -> None:
    bout.echo.attente = Deferred()
    bout.send(b"POST /v1/pec HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}")
    bout.clock.advance(RECEPTION_MAX * 4)
    assert bout.fil.value() == b""
    bout.echo.attente.callback(None)
    assert bout.answer() == (200, {"octets": 2})


def test_a_body_too_large_is_refused_at_its_announcement_and_the_rest_is_thrown_away(bout: Bout) -> None:
    bout.send(b"POST /v1/pec HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % (CORPS_MAX + 1))
    assert bout.answer()[0] == 413
    assert bout.fil.fermeture == "demi"
    bout.send(b"x" * 100_000)
    assert bout.fil.value().count(b"HTTP/1.1") == 1
    assert bout.echo.appels == []


def test_a_body_of_exactly_the_limit_is_taken(bout: Bout) -> None:
    bout.send(b"POST /v1/pec HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % CORPS_MAX + b"x" * CORPS_MAX)
    assert bout.answer() == (200, {"octets": CORPS_MAX})


def test_documents_have_a_limit_of_their_own() -> None:
    assert limite_par_chemin(b"/v1/pec/abc/pieces?langue=en") == CORPS_MAX_PIECES
    assert limite_par_chemin(b"/v1/pec") == CORPS_MAX


def test_one_connection_serves_one_request_after_another(bout: Bout) -> None:
    for _ in range(3):
        bout.fil.clear()
        bout.send(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n")
        assert bout.answer()[0] == 200
        bout.clock.advance(RECEPTION_MAX - 1)
    assert len(bout.echo.appels) == 3


def test_connections_beyond_the_limit_are_not_taken_until_one_closes(bout: Bout) -> None:
    canaux = [bout.connect(Fil()) for _ in range(CONNEXIONS_MAX - 1)]
    assert None not in canaux
    assert bout.connect(Fil()) is None
    canaux[0].connectionLost(Failure(ConnectionDone()))
    assert bout.connect(Fil()) is not None


def test_a_bug_is_logged_and_told_without_its_text(bout: Bout, logged_failures: Any) -> None:
    bout.echo.casse = True
    bout.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    statut, probleme = bout.answer()
    assert (statut, probleme["code"]) == (500, "erreur_interne")
    assert b"nobody" not in bout.fil.value()
    assert probleme["incident"] == 1
    logged_failures.take(ZeroDivisionError)


def test_a_client_that_hangs_up_is_noticed_by_the_application(bout: Bout) -> None:
    bout.echo.attente = Deferred()
    bout.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    bout.canal.connectionLost(Failure(ConnectionLost()))
    partie = bout.echo.appels[0].partie
    assert partie is not None
    assert partie.called
    bout.echo.attente.callback(None)


def test_head_has_no_body(bout: Bout) -> None:
    bout.send(b"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n")
    assert bout.fil.value().endswith(b"\r\n\r\n")
