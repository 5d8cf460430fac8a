"""What the adapter's road costs: a question written (zeep, XSD), its answer read. The floor parses and serialises both.

The questions are the dialects' own samples, the answers those of the emulator.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from importlib.resources import files

from lxml import etree
from twisted.internet.task import Clock

from bench.row import Row
from tierspayant.emulator import exchange, platforms_data
from tierspayant.emulator.journal import NoJournal
from tierspayant.emulator.sessions import Session
from tierspayant.schemas import platforms
from tierspayant.schemas.wire import HttpRequest

ROUNDS = 2000
BLOCKS = 10
"""Ours and the floor are measured in turn, so that what disturbs the machine disturbs both."""
START = dt.datetime(2024, 1, 31, 9, tzinfo=dt.UTC)
CASES = (
    ("viamedis", "/prises-en-charge", "DemanderPriseEnCharge", "text/xml", "ours <= 0.5 ms"),
    ("viamedis", "/facturation", "ConsulterFacture", "text/xml", "ours <= 0.1 ms"),
    ("almerys", "/tiers-payant", "Valoriser", "application/soap+xml", "ours <= 0.5 ms"),
    ("almerys", "/tiers-payant", "EtatService", "application/soap+xml", "ours <= 0.1 ms"),
)


def rows() -> list[Row]:
    return [_row(*case) for case in CASES]


def _row(dialecte: str, chemin: str, operation: str, media: str, target: str) -> Row:
    sample = files(f"tierspayant.schemas.{dialecte}").joinpath(f"samples/{operation}.ok.xml").read_bytes()
    asked = HttpRequest("POST", chemin, (("Content-Type", media), ("Host", "127.0.0.1")), sample)
    session = Session("b", Clock(), platforms_data.load(), now=START, seed=1, journal=NoJournal("b"))
    reply = exchange.decide(session, dialecte, asked).response
    assert reply is not None
    assert reply.status == 200
    appel, client = platforms.server(dialecte).read(asked), platforms.client(dialecte)

    def codec() -> None:
        client.encode(appel.entete, appel.demande)
        client.decode(appel.operation, appel.entete.id_message, reply)

    def floor() -> None:
        for octets in (sample, reply.body):
            etree.tostring(etree.fromstring(octets))

    ours, least = _milliseconds(codec, floor)
    name = f"adapter: one {operation} written and its answer read ({dialecte}-style)"
    return Row(name, "ms CPU", ours, least, "lxml parses and serialises both", "lower", target)


def _milliseconds(*works: Callable[[], None]) -> list[float]:
    """Of each, for one round."""
    spent = [0.0 for _ in works]
    for block in range(BLOCKS + 1):
        for rank, work in enumerate(works):
            begin = time.process_time()
            for _ in range(ROUNDS // BLOCKS):
                work()
            if block:  # the first warms up
                spent[rank] += time.process_time() - begin
    return [seconds * 1000 / ROUNDS for seconds in spent]
