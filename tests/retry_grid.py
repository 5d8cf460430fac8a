"""What a retry does after a cut, cell by cell: 6 cut points x operations x 3 kinds of retry, on both dialects.

Each cell is lived: a client sends, the line is cut at the point, the client sends again. Expected truths stand in one
table (retry_grid.toml); `python -m tests.retry_grid docs` writes docs/reference/grille-reprises.md from a run.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import sys
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IConsumer
from twisted.internet.protocol import Protocol
from twisted.python.failure import Failure
from twisted.web.client import ResponseDone
from twisted.web.http_headers import Headers
from twisted.web.iweb import IBodyProducer, IResponse
from zope.interface import implementer

from tierspayant.emulator import card_requests
from tierspayant.emulator.dates import business_day
from tierspayant.emulator.effect_kinds import Point
from tierspayant.emulator.effects import parse
from tierspayant.emulator.in_memory import InMemory
from tierspayant.schemas import platforms
from tierspayant.schemas.messages import AnnulationPecDemande, Demande, Entete, FactureDemande, MotifAnnulation
from tierspayant.schemas.messages import PecDemande as Pec
from tierspayant.schemas.outcomes import Answer, Outcome, Refus
from tierspayant.schemas.platforms import Appel
from tierspayant.schemas.wire import HttpRequest, HttpResponse

NOW = "2024-01-31T10:00:00+01:00"
TRUTHS = Path(__file__).with_name("retry_grid.toml")
PAGE = "reference/grille-reprises.md"
POINTS = tuple(point for point in Point if point is not Point.CONNEXION)
PLATEFORMES = ("viamedis", "almerys")
RETRIES = ("meme_id", "autre_id", "contenu_change")


@dataclass(frozen=True, slots=True, order=True)
class Cell:
    plateforme: str
    operation: str
    point: Point
    reprise: str


@dataclass(frozen=True, slots=True)
class Truth:
    """`premier`: what the first attempt showed; `voit`: the retry's answer; `tenait`, `tient`: what was held."""

    premier: str
    tenait: str
    voit: str
    tient: str


# ------------------------------------------------------------------------------------------------------ questions


def _sample(plateforme: str, operation: str) -> Appel:
    names = {
        ("viamedis", "devis"): ("/prises-en-charge", "DeposerDevis.ok"),
        ("viamedis", "pec"): ("/prises-en-charge", "DemanderPriseEnCharge.ok"),
        ("viamedis", "annulation"): ("/prises-en-charge", "AnnulerPriseEnCharge.ok"),
        ("viamedis", "facture"): ("/facturation", "DeposerFacture.ok"),
        ("almerys", "devis"): ("/tiers-payant", "Valoriser.devis"),
        ("almerys", "pec"): ("/tiers-payant", "Valoriser.ok"),
        ("almerys", "annulation"): ("/tiers-payant", "AnnulerDossier.ok"),
        ("almerys", "facture"): ("/tiers-payant", "DeposerLot.ok"),
    }
    chemin, nom = names[plateforme, operation]
    body = files(f"tierspayant.schemas.{plateforme}").joinpath(f"samples/{nom}.xml").read_bytes()
    return platforms.server(plateforme).read(HttpRequest("POST", chemin, (("Content-Type", "text/xml"),), body))


def _slow_pec(plateforme: str, memory: InMemory) -> Demande:
    """The PEC request of someone whose insurer takes ten minutes."""
    book = memory.session.book(plateforme)
    nom = "PEC_OK_ADULTE_DIFFEREE" + ("_A" if plateforme == "almerys" else "")
    person = book.world.people[nom]
    day = business_day(memory.session.clock.now())
    choose = book.reglages.organisme_choisi
    return card_requests.pec_request(person, book.insurer(person.amc), day, choose, "D-LENT")


def _question(cell: Cell, memory: InMemory) -> tuple[Entete, Demande]:
    appel = _sample(cell.plateforme, "pec" if cell.operation == "pec_en_instance" else cell.operation)
    if cell.operation == "pec_en_instance":
        return appel.entete, _slow_pec(cell.plateforme, memory)
    return appel.entete, appel.demande


def _changed(demande: Any) -> Any:
    """The same request with something else in it, still a good one."""
    if isinstance(demande, Pec):
        earlier = demande.prescription.date - dt.timedelta(days=1)
        return dataclasses.replace(demande, prescription=dataclasses.replace(demande.prescription, date=earlier))
    if isinstance(demande, AnnulationPecDemande):
        return dataclasses.replace(demande, motif=MotifAnnulation.CLIENT_RENONCE)
    assert isinstance(demande, FactureDemande)
    [one] = demande.factures
    delivered = dataclasses.replace(one, date_delivrance=one.date_delivrance - dt.timedelta(days=1))
    return dataclasses.replace(demande, factures=(delivered,))


def _again(reprise: str, entete: Entete, demande: Demande) -> tuple[Entete, Demande]:
    if reprise == "autre_id":
        return dataclasses.replace(entete, id_message="exemple-reprise"), demande
    return entete, _changed(demande) if reprise == "contenu_change" else demande


OPERATIONS = ("devis", "pec", "pec_en_instance", "annulation", "facture")
"""The four of the 72 cells, and a PEC that waits for its decision, where platforms differ most."""


# ---------------------------------------------------------------------------------------------------------- a run


class _Reader(Protocol):
    """What of an answer reached a client, and whether all of it."""

    def __init__(self) -> None:
        self.octets = b""
        self.whole: bool | None = None

    def dataReceived(self, data: bytes) -> None:
        self.octets += data

    def connectionLost(self, reason: Failure | None = None) -> None:
        self.whole = reason is not None and reason.check(ResponseDone) is not None


def _send(memory: InMemory, plateforme: str, entete: Entete, demande: Demande) -> tuple[str, Outcome | None]:
    """(what the connection showed, the outcome when the answer came whole)."""
    client = platforms.client(plateforme)
    requete = client.encode(entete, demande)
    headers = Headers({name: [value] for name, value in requete.headers})
    url = memory.plateformes[plateforme] + requete.path
    sent: Deferred[IResponse] = memory.agent.request(b"POST", url.encode(), headers, _Whole(requete.body))
    answers: list[IResponse] = []
    failures: list[Failure] = []
    _ = sent.addCallbacks(answers.append, failures.append)
    memory.advance()
    if not answers:
        assert failures, "neither an answer nor a cut"
        return "rien", None
    reader, [answer] = _Reader(), answers
    answer.deliverBody(reader)
    if not reader.whole:
        return ("en-têtes et moitié du corps" if reader.octets else "en-têtes seuls"), None
    reply = HttpResponse(answer.code, _headers(answer), reader.octets)
    return "réponse entière", client.decode(demande.operation, entete.id_message, reply)


@implementer(IBodyProducer)
class _Whole:
    """A request's body, written at once."""

    def __init__(self, octets: bytes) -> None:
        self._octets = octets
        self.length = len(octets)

    def startProducing(self, consumer: IConsumer) -> Deferred[None]:
        consumer.write(self._octets)
        return succeed(None)

    def pauseProducing(self) -> None:
        """It is written already."""

    resumeProducing = stopProducing = pauseProducing


def _headers(answer: IResponse) -> tuple[tuple[str, str], ...]:
    return tuple((name.decode(), one.decode()) for name, values in answer.headers.getAllRawHeaders() for one in values)


def _told(outcome: Outcome | None) -> str:
    """An outcome in a few words."""
    if isinstance(outcome, Refus) and outcome.reponse is None:
        return "faute " + ", ".join(one.code for one in outcome.motifs)
    assert isinstance(outcome, Answer | Refus), outcome
    reponse: Any = outcome.reponse
    factures = getattr(reponse, "factures", ())
    states = [str(one.resultat) for one in factures] or [str(reponse.resultat)]
    codes = dict.fromkeys(one.code for part in (reponse, *factures) for one in part.motifs)
    return " ".join([*states, *codes])


def _held(memory: InMemory, plateforme: str, demande: Any) -> str:
    """What the platform holds of that request, in a few words: how many, in which state."""
    book = memory.session.book(plateforme)
    if isinstance(demande, AnnulationPecDemande):
        return book.pec[demande.numero_pec].etat.value
    if isinstance(demande, FactureDemande):
        mine = demande.factures[0].reference
        states = [one.etat.value for one in book.factures.values() if one.facture.reference == mine]
    else:
        states = [one.etat.value for one in book.pec.values() if one.demande.reference == demande.reference]
    return f"{len(states)} {'+'.join(dict.fromkeys(states))}" if states else "rien"


def live(cell: Cell) -> Truth:
    """Live one cell on a fresh emulator in memory."""
    memory = InMemory(NOW)
    try:
        row = {"plateforme": cell.plateforme, "effet": "coupure", "parametres": {"point": cell.point.value}, "fois": 1}
        memory.session.effects.manual[:] = parse([row], memory.session.plateformes, shared_port=False)
        entete, demande = _question(cell, memory)
        premier, _ = _send(memory, cell.plateforme, entete, demande)
        tenait = _held(memory, cell.plateforme, demande)
        shown, outcome = _send(memory, cell.plateforme, *_again(cell.reprise, entete, demande))
        assert shown == "réponse entière"
        return Truth(premier, tenait, _told(outcome), _held(memory, cell.plateforme, demande))
    finally:
        memory.close()


def cells() -> list[Cell]:
    return [
        Cell(plateforme, operation, point, reprise)
        for plateforme in PLATEFORMES
        for operation in OPERATIONS
        for point in POINTS
        for reprise in RETRIES
    ]


@cache
def expected() -> dict[Cell, Truth]:
    """The table: a truth for every cell."""
    table = tomllib.loads(TRUTHS.read_text(encoding="utf-8"))
    found: dict[Cell, Truth] = {}
    for cell in cells():
        point = table["point"][cell.point.value]
        rows = table[cell.plateforme][cell.operation]
        voit, tient = rows["fait" if point["fait"] else "pas_fait"][cell.reprise]
        found[cell] = Truth(point["premier"], rows["tient"] if point["fait"] else rows["rien"], voit, tient)
    return found


# ---------------------------------------------------------------------------------------------------------- page

_TITLES = {
    "devis": "Quote",
    "pec": "PEC granted at once",
    "pec_en_instance": "PEC that waits for its decision (beyond the 72)",
    "annulation": "Cancellation of a PEC",
    "facture": "Invoice (a lot where the platform has lots)",
}
_HEAD = """# What a retry does after a cut

<!-- Written by tests/retry_grid.py from a run: python -m tests.retry_grid docs -->

Six cut points, four operations, three kinds of retry: 72 cells, lived on each of two dialects (and 18 more for a PEC
that waits). In each cell a client sends, the line is cut at the point, and the client sends again without asking the
state first. *same id*: the same bytes. *other id*: the same request under a new `idMessage`. *other content*: the same
`idMessage` with something else in it. A cell says what the retry is answered, then what the platform holds.

Read it so: points before and after the commit look alike to a client (*nothing* three times out of six), and the same
bytes are a safe retry in every cell but those of a platform that takes a waiting PEC twice (`doublon_pec`). There, ask
the state by reference before any retry. `tests/unit/emulator_edges/test_retry_grid.py` lives every cell again."""
_FIRST = {
    "rien": "nothing",
    "en-têtes seuls": "the headers",
    "en-têtes et moitié du corps": "half of the body",
    "réponse entière": "the whole answer",
}


def page(run: Callable[[Cell], Truth] = live) -> str:
    parts = [_HEAD]
    for plateforme in PLATEFORMES:
        parts.append(f"## {plateforme}-style")
        for operation in OPERATIONS:
            parts += [f"### {_TITLES[operation]}", _table(plateforme, operation, run)]
    return "\n\n".join(parts) + "\n"


def _table(plateforme: str, operation: str, run: Callable[[Cell], Truth]) -> str:
    lines = ["| cut | the client saw | held then | same id | other id | other content |", "|---|---|---|---|---|---|"]
    for point in POINTS:
        truths = [run(Cell(plateforme, operation, point, reprise)) for reprise in RETRIES]
        first = truths[0]
        retries = [f"{one.voit} → {one.tient}" for one in truths]
        said = [f"`{point.value}`", _FIRST[first.premier], first.tenait, *retries]
        lines.append("| " + " | ".join(said).replace("rien", "nothing") + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    (Path(sys.argv[1]) / PAGE).write_text(page(), encoding="utf-8")
