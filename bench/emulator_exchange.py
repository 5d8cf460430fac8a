"""What one exchange costs: read, validate, judge, ledger, journal, write. The floor parses and serialises, no more."""

from __future__ import annotations

import datetime as dt
import time
from importlib.resources import files

from lxml import etree
from twisted.internet.task import Clock

from bench.row import Row
from tierspayant.emulator import exchange, platforms_data
from tierspayant.emulator.journal import NoJournal
from tierspayant.emulator.sessions import Session
from tierspayant.schemas.wire import HttpRequest

ROUNDS = 3000
START = dt.datetime(2024, 1, 31, 9, tzinfo=dt.UTC)
CASES = (
    ("viamedis", "/droits", "ConsulterDroits", "text/xml"),
    ("viamedis", "/prises-en-charge", "DemanderPriseEnCharge", "text/xml"),
    ("almerys", "/tiers-payant", "Valoriser", "application/soap+xml"),
)


def rows() -> list[Row]:
    return [_row(*case) for case in CASES]


def _row(plateforme: str, chemin: str, operation: str, media: str) -> Row:
    body = files(f"tierspayant.schemas.{plateforme}").joinpath(f"samples/{operation}.ok.xml").read_bytes()
    session = Session("b", Clock(), platforms_data.load(), now=START, seed=1, journal=NoJournal("b"))
    requete = HttpRequest("POST", chemin, (("Content-Type", media), ("Host", "127.0.0.1")), body)
    reply = exchange.decide(session, plateforme, requete).response
    assert reply is not None
    assert reply.status == 200

    def floor() -> None:
        etree.fromstring(body)
        etree.tostring(etree.fromstring(reply.body))

    ours = _milliseconds(lambda: exchange.decide(session, plateforme, requete))
    name = f"emulator: one {operation} ({plateforme}-style)"
    return Row(
        name, "ms CPU", ours, _milliseconds(floor), "lxml parses question and answer", "lower", "ours <= 0.25 ms"
    )


def _milliseconds(work: object) -> float:
    assert callable(work)
    for _ in range(ROUNDS // 10):
        work()
    begin = time.process_time()
    for _ in range(ROUNDS):
        work()
    return (time.process_time() - begin) * 1000 / ROUNDS
