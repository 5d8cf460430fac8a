"""One exchange with a platform, without any socket: from the request's bytes to a Plan of what the client gets.

The order is that of a real platform's life, and each effect has its place in it:

    connection -> headers -> body received -> read and checked -> answered and committed -> headers, body, last byte

`decide` finds what strikes the exchange, lets the desk answer unless the effect says otherwise, writes the answer, and
keeps the whole in the journal. http.py renders a Plan on a socket, memory_agent.py renders the same Plan in memory.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from tierspayant.emulator import desk, spoiled
from tierspayant.emulator.effect_kinds import (
    BEFORE_COMMIT,
    Compte,
    Coupure,
    FauteSoap,
    Http,
    Indisponible,
    Point,
    Reponse,
    Silence,
)
from tierspayant.emulator.effects import Strike
from tierspayant.emulator.journal import Exchange
from tierspayant.emulator.plan import Plan
from tierspayant.emulator.sessions import Session
from tierspayant.schemas import codes, messages, platforms, soap
from tierspayant.schemas.faults import Cote, Faute
from tierspayant.schemas.operations import SERVICE_OF, Operation, Service
from tierspayant.schemas.outcomes import RaisonCompte
from tierspayant.schemas.platforms import Appel, DialectServer
from tierspayant.schemas.wire import HttpRequest, HttpResponse, header

UNAVAILABLE = "TEC07"
"""The business answer *not now*."""
_SIDE = {
    "TEC01": Cote.SERVEUR,
    "TEC02": Cote.MAINTENANCE,
    "TEC03": Cote.SERVEUR,
    "TEC04": Cote.AUTH,
    "TEC06": Cote.AUTH,
    "TEC07": Cote.SERVEUR,
}
"""Whose fault a technical code is; the others are the client's."""
_SUSPENDED = frozenset({RaisonCompte.VERROUILLE, RaisonCompte.NON_REACTIVE})


class Verdict(StrEnum):
    """What became of an exchange. `lost`: committed, and the client never saw the whole answer."""

    ANSWERED = "repondu"
    FAULT = "faute"
    EFFECT = "effet"
    LOST = "perdu"
    CUT = "coupe"


@dataclass(frozen=True, slots=True)
class Result:
    """What the platform made of the message: an answer's bytes, or none because it never got there."""

    verdict: Verdict
    response: HttpResponse | None
    regle: str | None = None
    codes: tuple[str, ...] = ()


def cut_at_connection(session: Session, plateforme: str, requete: HttpRequest) -> Plan | None:
    """The reset that comes before the body is read, when the headers alone say that it strikes."""
    server = server_of(session, plateforme)
    if requete.path not in server.chemins:
        return None
    if not session.effects.at_connection(plateforme, operations_of(session, plateforme, server, requete)):
        return None
    strike, now = Strike(names=("coupure",)), session.clock.now()
    _record(session, plateforme, requete, None, strike, Result(Verdict.CUT, None), now)
    return Plan(None, Point.CONNEXION)


def decide(session: Session, plateforme: str, requete: HttpRequest) -> Plan:
    """What the client of a POST gets, and everything it changes. `requete.path` is the service path alone.

    An exchange has one instant, for the books and for the journal, however long it takes: lived again from its journal
    a book is the same.
    """
    session.clock.catch_up()
    now = session.clock.now()
    server = server_of(session, plateforme)
    appel: Appel | None = None
    wrong: Faute | None = None
    try:
        appel = server.read(requete)
    except Faute as faute:
        wrong = faute
    possible = [(appel.service, appel.operation)] if appel else operations_of(session, plateforme, server, requete)
    magasin = appel.entete.magasin.clair if appel else None
    strike = session.effects.pick(plateforme, possible, magasin)
    counter = _Counter(session, plateforme, server, requete, appel, wrong, now)
    plan, result = counter.serve(strike)
    _record(session, plateforme, requete, appel, strike, result, now)
    session.clock.plan()
    return plan


@dataclass(frozen=True, slots=True)
class _Counter:
    """One message at the counter: exactly one of `appel` and `wrong` is there."""

    session: Session
    plateforme: str
    server: DialectServer
    requete: HttpRequest
    appel: Appel | None
    wrong: Faute | None
    now: dt.datetime

    def serve(self, strike: Strike) -> tuple[Plan, Result]:
        """The plan under what strikes, and what the platform made of the message."""
        cut: Point | None = None
        match strike.principal:
            case Coupure(point=point) if point in BEFORE_COMMIT:
                return Plan(None, point), Result(Verdict.CUT, None)
            case Coupure(point=point):
                cut, made = point, self.process()
                seen = made.response if cut is not Point.APRES_COMMIT else None
                result = replace(made, verdict=Verdict.LOST)
            case Silence(traitee=traitee):
                result = self._lost() if traitee else Result(Verdict.CUT, None)
                seen = None
            case Http() as bare:
                seen = spoiled.bare(bare)
                result = replace(self._lost(), response=seen) if bare.traitee else Result(Verdict.EFFECT, seen)
            case Reponse(defaut=defaut):
                made = self.process()
                seen = spoiled.spoil(made.response, defaut) if made.response else None
                result = replace(made, verdict=Verdict.EFFECT, response=seen)
            case FauteSoap() | Compte() | Indisponible() as instead:
                seen = self._instead(instead)
                result = Result(Verdict.EFFECT, seen)
            case _:
                result = self.process()
                seen = result.response
        return Plan(seen, cut, strike.delay, strike.drip, self.session.clock), result

    def process(self) -> Result:
        """The desk's answer, committed in the book, as bytes; or the typed fault."""
        if self.appel is None:
            assert self.wrong is not None
            version = soap.version_of(self.requete.headers, self.requete.body)
            return Result(Verdict.FAULT, self.server.fault(version, self.wrong), self.wrong.regle)
        appel = self.appel
        book = self.session.book(self.plateforme)
        try:
            self.session.identity.check(self.plateforme, appel, self.requete, self.now, book.jetons)
            answer = desk.answer(book, appel.entete, appel.demande, self.now)
        except Faute as faute:
            return Result(Verdict.FAULT, self.server.fault(appel.version, faute, appel.message_id), faute.regle)
        reasons = tuple(dict.fromkeys(_codes(answer)))
        return Result(Verdict.ANSWERED, self.server.write(appel, answer), codes=reasons)

    def _lost(self) -> Result:
        return replace(self.process(), verdict=Verdict.LOST)

    def _instead(self, effect: FauteSoap | Compte | Indisponible) -> HttpResponse:
        """The answer that replaces the desk's; the message is not processed."""
        if isinstance(effect, Indisponible) and self.appel is not None:
            return self.server.write(self.appel, self._unavailable(self.appel, effect))
        version = soap.version_of(self.requete.headers, self.requete.body)
        if isinstance(effect, Compte):
            faute = account_fault(effect.etat)
        else:
            faute = technical_fault(effect.code if isinstance(effect, FauteSoap) else UNAVAILABLE)
        return self.server.fault(version, faute, self.appel.message_id if self.appel else None)

    def _unavailable(self, appel: Appel, effect: Indisponible) -> messages.Reponse:
        motif = codes.motif(UNAVAILABLE)
        if isinstance(appel.demande, messages.EtatServiceDemande):
            return messages.EtatServiceReponse(service=appel.demande.service, ouvert=False, message=motif.libelle)
        return messages.Indisponible(motif=motif, reessayer_apres_s=effect.reessayer_apres_s)


def technical_fault(code: str) -> Faute:
    """The typed fault of a technical code (TEC01 ...)."""
    row = codes.table()[code]
    return Faute(_SIDE.get(code, Cote.CLIENT), code, "EFFET", row.libelle, row.anglais)


def account_fault(raison: RaisonCompte) -> Faute:
    """The typed fault of an account the platform does not accept."""
    code = "TEC06" if raison in _SUSPENDED else "TEC04"
    row = codes.table()[code]
    return Faute(Cote.AUTH, code, f"COMPTE_{raison.upper()}", row.libelle, row.anglais)


def server_of(session: Session, plateforme: str) -> DialectServer:
    """The road of a platform's dialect."""
    return platforms.server(session.plateformes[plateforme].dialecte)


def operations_of(
    session: Session, plateforme: str, server: DialectServer, requete: HttpRequest
) -> Sequence[tuple[Service, Operation]]:
    """The operations an unread message may be: those of its path, fewer when its SOAP action names one."""
    there = [(SERVICE_OF[one], one) for one in server.chemins.get(requete.path, ()) if one in SERVICE_OF]
    action = header(requete.headers, "soapaction") or _action12(header(requete.headers, "content-type") or "")
    tail = action.strip().strip('"').replace("#", "/").replace(":", "/").rpartition("/")[2]
    names = platforms.dialects()[session.plateformes[plateforme].dialecte].names
    return [pair for pair in there if names.get(pair[1]) == tail] or there


def _action12(content_type: str) -> str:
    """The `action` parameter of a SOAP 1.2 media type."""
    return content_type.partition("action=")[2].partition(";")[0]


def _record(
    session: Session,
    plateforme: str,
    requete: HttpRequest,
    appel: Appel | None,
    strike: Strike,
    result: Result,
    now: dt.datetime,
) -> None:
    response = result.response
    numero = session.journal.append(
        Exchange(
            plateforme=plateforme,
            chemin=requete.path,
            operation=appel.operation.value if appel else None,
            service=appel.service.value if appel else None,
            magasin=appel.entete.magasin.clair if appel else None,
            verdict=result.verdict.value,
            regle=result.regle,
            codes=result.codes,
            effets=strike.names,
            virtuel=now,
            demande_entetes=requete.headers,
            demande=requete.body,
            statut=response.status if response else None,
            reponse_entetes=response.headers if response else (),
            reponse=response.body if response else b"",
            id_message=appel.entete.id_message if appel else None,
            reference=_reference(appel.demande) if appel else None,
            emis_le=appel.entete.emis_le if appel else None,
        )
    )
    session.publish("echange", {"numero": numero, "plateforme": plateforme, "verdict": result.verdict.value})


def _reference(demande: messages.Demande) -> str | None:
    """The shop's own reference of a request: of its first invoice when it has several."""
    one = demande.factures[0] if isinstance(demande, messages.FactureDemande) else demande
    return getattr(one, "reference", None)


_HOLDERS = ("motif", "motifs", "pec", "dossiers", "factures", "bordereaux", "lignes")
"""The fields of an answer below which reasons stand."""


def _codes(value: object) -> Iterator[str]:
    """Every reason an answer gives, wherever it stands."""
    if isinstance(value, messages.Motif):
        yield value.code
    elif isinstance(value, tuple):
        for one in value:
            yield from _codes(one)
    else:
        for nom in _HOLDERS:
            held = getattr(value, nom, None)
            if held:
                yield from _codes(held)
