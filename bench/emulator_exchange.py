"""What one exchange costs: read, validate, judge, ledger, write, journal. The floor parses and serialises, no more.

Each exchange is one that the emulator never saw: its own idMessage, file, references and numbers, so that a PEC request
makes a new PEC and an invoice bills a PEC granted for it; nothing is answered from memory. The journal is the file that
`serve` writes (SQLite): its own temporary one, some dozens of rows at a time, or that of `serve --state`, where one is
committed before its answer is handed over. Sockets are not in it. The processor time is that of all exchanges
together, garbage collection of what they leave included, as often as `serve` looks for it; what the bench itself and
the rows before it left is set aside first, as the objects of a start are.
"""

from __future__ import annotations

import datetime as dt
import gc
import re
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path

from lxml import etree
from twisted.internet.task import Clock

from bench.row import Row
from tierspayant.emulator import exchange, ledger, platforms_data
from tierspayant.emulator.cli import COLLECT_AFTER
from tierspayant.emulator.journal import JournalFile
from tierspayant.emulator.sessions import Session
from tierspayant.schemas.wire import HttpRequest, HttpResponse

ROUNDS = 3000
BLOCKS = 10
"""Ours and the floor are measured in turn, so that what disturbs the machine disturbs both."""
START = dt.datetime(2024, 1, 31, 9, tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True)
class Case:
    """One operation of a dialect.

    avant: the operation whose answers give the PEC numbers this one bills; state: the journal outlives the process.
    """

    dialecte: str
    chemin: str
    operation: str
    media: str
    avant: Case | None = None
    state: bool = False


PEC = Case("viamedis", "/prises-en-charge", "DemanderPriseEnCharge", "text/xml")
VALORISER = Case("almerys", "/tiers-payant", "Valoriser", "application/soap+xml")
CASES = (
    Case("viamedis", "/droits", "ConsulterDroits", "text/xml"),
    PEC,
    Case("viamedis", "/facturation", "DeposerFacture", "text/xml", PEC),
    replace(VALORISER, operation="IdentifierBeneficiaire"),
    VALORISER,
    replace(VALORISER, operation="DeposerLot", avant=VALORISER),
    replace(PEC, state=True),
)


def rows() -> list[Row]:
    return [_row(case) for case in CASES]


def _row(case: Case) -> Row:
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        path = str(Path(folder) / "journal.sqlite") if case.state else ""
        journal = JournalFile(path, lambda: dt.datetime.now(dt.UTC), kept=case.state)
        session = Session("b", Clock(), platforms_data.load(), now=START, seed=1, journal=journal.of("b"))
        requests = _requests(case, session)
        gc.collect()
        gc.freeze()
        gc.set_threshold(COLLECT_AFTER)
        ours, floor = _measured(lambda requete: _asked(session, case, requete), requests)
        gc.unfreeze()
        assert session.journal.count() == (2 if case.avant else 1) * ROUNDS
        assert all(one.verdict == "repondu" and not one.codes for _, one in session.journal.after(0)), "a refusal"
        assert not any(ledger.check(book) for book in session.books())
        journal.close()
    name = (
        f"emulator: one new {case.operation} ({case.dialecte}-style), journaled{' for --state' if case.state else ''}"
    )
    return Row(name, "ms CPU", ours, floor, "lxml parses question and answer", "lower", "ours <= 0.25 ms")


def _measured(ask: Callable[[HttpRequest], HttpResponse], requests: list[HttpRequest]) -> tuple[float, float]:
    """(ours, floor) in milliseconds of processor time for each exchange."""
    ours = floor = 0.0
    size = ROUNDS // BLOCKS
    for first in range(0, ROUNDS, size):
        block = requests[first : first + size]
        begin = time.process_time()
        answers = [ask(requete) for requete in block]
        middle = time.process_time()
        for requete, answer in zip(block, answers, strict=True):
            etree.fromstring(requete.body)
            etree.tostring(etree.fromstring(answer.body))
        ours, floor = ours + middle - begin, floor + time.process_time() - middle
        assert all(one.status == 200 for one in answers)
    return ours * 1000 / ROUNDS, floor * 1000 / ROUNDS


def _asked(session: Session, case: Case, requete: HttpRequest) -> HttpResponse:
    reply = exchange.decide(session, case.dialecte, requete).response
    assert reply is not None
    return reply


# ------------------------------------------------------------------------------------------------------ the questions


def _requests(case: Case, session: Session) -> list[HttpRequest]:
    """ROUNDS different requests; those that bill something have it granted first."""
    headers = (("Content-Type", case.media), ("Host", "127.0.0.1"))
    bodies = _bodies(_sample(case), case.operation)
    if case.avant is not None:
        numbers = _granted(case.avant, session, _person(_sample(case)))
        bodies = (_with(body, _NUMBER, next(numbers)) for body in bodies)
    return [HttpRequest("POST", case.chemin, headers, body) for body in bodies]


def _granted(case: Case, session: Session, person: bytes) -> Iterator[bytes]:
    """The numbers of PEC asked for one person."""
    sample = _PERSON.sub(person, _sample(case))
    for body in _bodies(sample, case.operation):
        requete = HttpRequest("POST", case.chemin, (("Content-Type", case.media),), body)
        found = _NUMBER.search(_asked(session, case, requete).body)
        assert found is not None
        yield found[2]


_PERSON = re.compile(rb"(?s)<(\w+:(?:carte|attestation))>.*</\w+:(?:beneficiaire|individu)>")
_NUMBER = re.compile(rb"(<(?:\w+:)?(?:numeroPec|numeroDossier|numero)>)([V0-9]{13,14})(?=<)")
_IDS = re.compile(
    rb"(<\w+:(?:idMessage|dossier|reference|referenceDossier|referenceDemande|referenceFacture|numeroFacture"
    rb"|numeroLot)>)([^<]*)(?=<)"
)


def _person(sample: bytes) -> bytes:
    found = _PERSON.search(sample)
    assert found is not None
    return found[0]


def _bodies(sample: bytes, operation: str) -> Iterator[bytes]:
    for rank in range(ROUNDS):
        yield _with(sample, _IDS, b"%s-%d" % (operation[:9].encode(), rank))


def _with(body: bytes, what: re.Pattern[bytes], value: bytes) -> bytes:
    return what.sub(lambda found: found[1] + value, body)


def _sample(case: Case) -> bytes:
    return files(f"tierspayant.schemas.{case.dialecte}").joinpath(f"samples/{case.operation}.ok.xml").read_bytes()


if __name__ == "__main__":
    from bench.row import table

    print(table(rows()))
