"""The evidence of one session in the control API: journal, meters, verify, server-sent events, snapshots."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from lxml import etree
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall

from tierspayant.emulator import evidence, meters
from tierspayant.emulator.clock import shown
from tierspayant.emulator.effect_kinds import CATALOGUE
from tierspayant.emulator.effects import convert
from tierspayant.emulator.evidence import Matcher, Verification
from tierspayant.emulator.exchange import Verdict
from tierspayant.emulator.plan import Plan, Stop, Write
from tierspayant.emulator.problem import Problem, json_response, read_json
from tierspayant.emulator.sessions import Session
from tierspayant.emulator.toml_data import Plain
from tierspayant.schemas.operations import Operation, Service
from tierspayant.schemas.plain import to_json
from tierspayant.schemas.wire import HttpResponse

DEFAULT_PAGE = 100
MAX_PAGE = 1000
MAX_SNAPSHOTS = 50
"""Of one session: each is a copy of its books."""
_NUMBERS = ("statut", "depuis")


@dataclass(frozen=True, slots=True)
class Asked:
    """A request for a resource."""

    method: str
    query: dict[str, str]
    body: bytes

    def only(self, *methods: str) -> None:
        """Raises Problem 405."""
        if self.method not in methods:
            raise Problem(405, "methode", f"this resource takes {', '.join(methods)}")

    def json(self) -> Any:
        """Raises Problem 400."""
        return read_json(self.body)


def serve(session: Session, steps: list[str], asked: Asked) -> Plan | Deferred[Plan]:
    """The answer to a request below /sessions/<id>/. Raises Problem."""
    match steps:
        case ["journal"]:
            asked.only("GET")
            return Plan(_list(session, asked))
        case ["journal", "export"]:
            asked.only("GET")
            lines = b"".join(evidence.export(session.journal))
            return Plan(HttpResponse(200, (("Content-Type", "application/x-ndjson"),), lines))
        case ["journal", numero]:
            asked.only("GET")
            return Plan(_one(session, numero))
        case ["mesures"]:
            asked.only("GET")
            return Plan(json_response(meters.measure(session.journal)))
        case ["verify"]:
            asked.only("POST")
            return _verify(session, asked)
        case ["events"]:
            asked.only("GET")
            return _events(session)
        case ["snapshots", *rest]:
            return Plan(_snapshots(session, rest, asked))
        case _:
            raise Problem(404, "adresse", "no such resource")


# -------------------------------------------------------------------------------------------------------- journal


def _list(session: Session, asked: Asked) -> HttpResponse:
    query: dict[str, Any] = dict(asked.query)
    limit = _number(query.pop("limite", str(DEFAULT_PAGE)), "limite")
    if "derniers" in query:
        limit = _number(query.pop("derniers"), "derniers")
        query.setdefault("depuis", str(max(0, session.journal.count() - limit)))
    for nom in _NUMBERS:
        if nom in query:
            query[nom] = _number(query[nom], nom)
    matcher = convert(Matcher, query, "?")
    _check(session, matcher, "?")
    return json_response(evidence.listed(session.journal, matcher, max(1, min(limit, MAX_PAGE))))


def _check(session: Session, matcher: Matcher, place: str) -> None:
    """A name that no exchange can ever have would make `au_plus: 0` hold for nothing. Raises Problem 422."""
    known: dict[str, Iterable[str]] = {
        "plateforme": session.plateformes,
        "service": Service,
        "operation": Operation,
        "verdict": Verdict,
        "effet": CATALOGUE,
    }
    for nom, names in known.items():
        wanted = getattr(matcher, nom)
        if wanted is not None and wanted not in set(names):
            raise Problem(422, "champ_invalide", f"unknown; there are {', '.join(names)}", f"{place}.{nom}")
    if matcher.xpath is not None:
        try:
            etree.Element("x").xpath(matcher.xpath)
        except etree.XPathError as wrong:
            reason = f"not an XPath (names without prefix): {wrong}"
            raise Problem(422, "champ_invalide", reason, f"{place}.xpath") from None


def _number(written: str, nom: str) -> int:
    if not written.isascii() or not written.isdigit() or len(written) > 12:
        raise Problem(422, "champ_invalide", "a whole number is expected", f"?.{nom}")
    return int(written)


def _one(session: Session, written: str) -> HttpResponse:
    numero = _number(written, "numero")
    one = session.journal.get(numero)
    if one is None:
        raise Problem(404, "echange_inconnu", "no exchange of that number in this session")
    return json_response(evidence.whole(numero, one, session.plateformes[one.plateforme]))


# --------------------------------------------------------------------------------------------------------- verify


def _verify(session: Session, asked: Asked) -> Plan | Deferred[Plan]:
    """At once when it is settled; else as soon as it holds, or when the wait is over."""
    question = convert(Verification, asked.json(), "$")
    _check(session, question.matcher, "$.matcher")
    found = evidence.verify(session.journal, question)
    too_many = question.au_plus is not None and found["nombre"] > question.au_plus
    settled = too_many or (found["ok"] and question.au_plus is None)
    if settled or not question.attendre_s:
        return Plan(json_response(found))
    return _Waiting(session, question).result


class _Waiting:
    """A verification that waits for what is to come."""

    def __init__(self, session: Session, question: Verification) -> None:
        self._session = session
        self._question = question
        self.result: Deferred[Plan] = Deferred()
        self._timer: IDelayedCall = session.reactor.callLater(question.attendre_s, self._end)
        session.listeners.append(self._heard)

    def _heard(self, kind: str, value: Plain) -> None:
        if kind == "fin":
            self._end()
        elif kind == "echange" and self._question.au_plus is None:
            found = evidence.verify(self._session.journal, self._question)
            if found["ok"]:
                self._end(found)

    def _end(self, found: Plain | None = None) -> None:
        self._session.listeners.remove(self._heard)
        if self._timer.active():
            self._timer.cancel()
        found = found or evidence.verify(self._session.journal, self._question)
        self.result.callback(Plan(json_response(found)))


# --------------------------------------------------------------------------------------------------------- events


def _events(session: Session) -> Plan:
    """Server-sent events: exchanges, tape events, resets; each with the virtual instant."""

    def stream(write: Write) -> Stop:
        def heard(kind: str, value: Plain) -> None:
            data = to_json({**value, "now": shown(session.clock.now())})
            write(b"event: " + kind.encode() + b"\ndata: " + data + b"\n\n")

        session.listeners.append(heard)
        heard("bonjour", {"session": session.nom})
        return _once(lambda: session.listeners.remove(heard))

    head = (("Content-Type", "text/event-stream"), ("Cache-Control", "no-store"))
    return Plan(HttpResponse(200, head), stream=stream)


def _once(call: Callable[[], object]) -> Stop:
    """`call`, the first time only."""
    left = [call]

    def stop() -> None:
        if left:
            left.pop()()

    return stop


# ------------------------------------------------------------------------------------------------------ snapshots


def _snapshots(session: Session, rest: list[str], asked: Asked) -> HttpResponse:
    match rest:
        case []:
            asked.only("GET", "POST")
            if asked.method == "GET":
                return json_response({"elements": [_shown(session, nom) for nom in session.snapshots], "suivant": None})
            if len(session.snapshots) >= MAX_SNAPSHOTS:
                raise Problem(409, "limite", f"a session keeps at most {MAX_SNAPSHOTS} snapshots: delete some")
            nom = str(max((int(one) for one in session.snapshots), default=0) + 1)
            session.clock.catch_up()
            session.snapshots[nom] = session.snapshot()
            return json_response(_shown(session, nom), 201)
        case [nom]:
            asked.only("GET", "DELETE")
            _known(session, nom)
            if asked.method == "DELETE":
                del session.snapshots[nom]
                return HttpResponse(204)
            return json_response(_shown(session, nom))
        case [nom, "restore"]:
            asked.only("POST")
            session.restore(_known(session, nom))
            return json_response(session.clock.describe())
        case _:
            raise Problem(404, "adresse", "no such resource")


def _known(session: Session, nom: str) -> Plain:
    try:
        return session.snapshots[nom]
    except KeyError:
        raise Problem(404, "snapshot_inconnu", "no snapshot of that id in this session") from None


def _shown(session: Session, nom: str) -> Plain:
    return {"id": nom, "now": session.snapshots[nom]["now"]}
