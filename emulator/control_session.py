"""The resources of one session in the control API: clock, effects, people, shops, settings, ledger."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Annotated, Any

import msgspec
from msgspec import Meta
from twisted.internet.defer import Deferred

from tierspayant.emulator import control_evidence, control_identity, desk, effects, ledger, people, platforms_data, tape
from tierspayant.emulator.clock import MAX_SPEED, shown
from tierspayant.emulator.control_evidence import Asked
from tierspayant.emulator.effects import convert
from tierspayant.emulator.lifecycle import CoupIllegal
from tierspayant.emulator.plan import Plan
from tierspayant.emulator.problem import Problem, json_response
from tierspayant.emulator.sessions import Session
from tierspayant.schemas import plain
from tierspayant.schemas.wire import HttpResponse

DURATION = re.compile(
    r"P(?:(?P<weeks>\d{1,5})W|(?:(?P<days>\d{1,6})D)?"
    r"(?:T(?=\d)(?:(?P<hours>\d{1,7})H)?(?:(?P<minutes>\d{1,8})M)?(?:(?P<seconds>\d{1,9}(?:\.\d{1,6})?)S)?)?)"
)


class ClockOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    freeze: bool | None = None
    resume: bool | None = None
    advance: str | None = None
    set: dt.datetime | None = None
    speed: Annotated[float, Meta(gt=0, le=MAX_SPEED)] | None = None


class Decision(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    etat: str
    motifs: list[str] = []


class TapeOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    nom: str | None = None
    toml: str | None = None
    depuis_maintenant: bool = False


class ResetOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    seed: int | None = None


def serve(session: Session, steps: list[str], asked: Asked) -> Plan | Deferred[Plan]:
    """The answer to a request below /sessions/<id>/. Raises Problem."""
    match steps:
        case ["ledger", "check"]:
            asked.only("GET")
            return Plan(ledger_check(session))
        case [("journal" | "mesures" | "verify" | "events" | "snapshots"), *_]:
            return control_evidence.serve(session, steps, asked)
        case ["pec", numero, "decider"]:
            asked.only("POST")
            return Plan(decide_pec(session, numero, asked))
        case ["paiements", "lancer"]:
            asked.only("POST")
            return Plan(pay_now(session))
        case [nom] if nom in _RESOURCES:
            methods = _RESOURCES[nom]
            asked.only(*methods)
            answer = methods[asked.method](session, asked)
            if asked.method != "GET":
                session.publish("reglage", {"ressource": nom})
            return Plan(answer)
    known = sorted({*_RESOURCES, "journal", "mesures", "verify", "events", "snapshots"})
    raise Problem(404, "adresse", f"a session has {', '.join(known)}")


# ---------------------------------------------------------------------------------------------------------- clock


def duration(written: str, place: str) -> dt.timedelta:
    """An ISO 8601 duration in weeks or days and time (years and months have no fixed length). Raises Problem."""
    found = DURATION.fullmatch(written)
    parts = {nom: value for nom, value in found.groupdict().items() if value} if found else {}
    if not parts:
        raise Problem(422, "champ_invalide", "a positive ISO 8601 duration such as P3DT2H or PT90S", place)
    seconds, _, fraction = parts.pop("seconds", "0").partition(".")
    whole = dt.timedelta(**{nom: int(value) for nom, value in parts.items()})
    return whole + dt.timedelta(seconds=int(seconds), microseconds=int(fraction.ljust(6, "0")))


def get_clock(session: Session, asked: Asked) -> HttpResponse:
    return json_response(session.clock.describe())


def post_clock(session: Session, asked: Asked) -> HttpResponse:
    order = convert(ClockOrder, asked.json(), "$")
    given = [nom for nom in order.__struct_fields__ if getattr(order, nom) is not None]
    if len(given) != 1:
        raise Problem(422, "champ_invalide", "give exactly one of freeze, resume, advance, set, speed", "$")
    if False in (order.freeze, order.resume):
        raise Problem(422, "champ_invalide", f"{given[0]} is true or absent", f"$.{given[0]}")
    clock = session.clock
    if order.freeze:
        clock.freeze()
    elif order.resume:
        clock.resume()
    elif order.advance is not None:
        clock.advance(duration(order.advance, "$.advance"))
    elif order.set is not None:
        clock.set(order.set)
    elif order.speed is not None:
        clock.set_speed(order.speed)
    return json_response(clock.describe())


# -------------------------------------------------------------------------------------------------------- effects


def get_effects(session: Session, asked: Asked) -> HttpResponse:
    return json_response([one.shown() for one in session.effects.manual])


def put_effects(session: Session, asked: Asked) -> HttpResponse:
    new = effects.parse(asked.json(), session.plateformes, session.shared_port)
    for rank, one in enumerate(new):
        if one.effet == "tls" and not session.access.tls:
            raise Problem(422, "champ_invalide", "this emulator is not served with --tls", f"$[{rank}].effet")
    session.effects.manual[:] = new
    session.on_effects()
    return get_effects(session, asked)


def delete_effects(session: Session, asked: Asked) -> HttpResponse:
    session.effects.manual.clear()
    session.on_effects()
    return HttpResponse(204)


# ----------------------------------------------------------------------------------------------------------- tape


def get_tape(session: Session, asked: Asked) -> HttpResponse:
    """The tape being lived: what is done, what is to come, what is shut by it now. `nom` null: none."""
    playing = session.tape
    if playing is None:
        return json_response({"nom": None, "bandes": tape.names()})
    events = [
        {
            "a": shown(one.a),
            "plateforme": one.plateforme,
            "services": one.services,
            "magasins": plain.to_plain(one.magasins),
            "effet": one.effet,
            "source": one.source,
            "suppose": one.suppose,
            "note": one.note,
            "fait": rank < playing.done,
        }
        for rank, one in enumerate(playing.tape.events)
    ]
    now = [one.shown() for one in session.effects.tape]
    head = {"nom": playing.tape.nom, "titre": playing.tape.titre, "debut": shown(playing.tape.debut)}
    return json_response({**head, "fin": shown(playing.tape.fin), "evenements": events, "en_vigueur": now})


def put_tape(session: Session, asked: Asked) -> HttpResponse:
    """Follow a tape: a shipped one by `nom`, or the text of one; `depuis_maintenant` moves its start to now."""
    order = convert(TapeOrder, asked.json(), "$")
    if order.nom is not None and order.toml is not None:
        raise Problem(422, "champ_invalide", "give nom or toml, not both", "$")
    chosen: tape.Tape | None = None
    try:
        if order.toml is not None:
            chosen = tape.read_tape(order.toml, "toml")
        elif order.nom is not None:
            if order.nom not in tape.names():
                raise tape.BandeInvalide(f"there is no tape of that name; there are {', '.join(tape.names())}")
            chosen = tape.load(order.nom)
    except tape.BandeInvalide as wrong:
        raise Problem(422, "bande_invalide", str(wrong), "$.toml" if order.toml is not None else "$.nom") from None
    if chosen is not None and order.depuis_maintenant:
        chosen = chosen.rebased(session.clock.now())
    session.play(chosen)
    return get_tape(session, asked)


# --------------------------------------------------------------------------------------- people, shops, settings


def get_people(session: Session, asked: Asked) -> HttpResponse:
    return json_response(_listed([people.to_json(one) for one in session.world.people.values()]))


def post_people(session: Session, asked: Asked) -> HttpResponse:
    return json_response(session.world.add_person(asked.json()), 201)


def get_magasins(session: Session, asked: Asked) -> HttpResponse:
    return json_response(_listed([plain.to_plain(one) for one in session.world.magasins.values()]))


def post_magasins(session: Session, asked: Asked) -> HttpResponse:
    return json_response(session.world.add_magasin(asked.json()), 201)


def get_reglages(session: Session, asked: Asked) -> HttpResponse:
    return json_response({book.plateforme.nom: plain.to_plain(book.reglages) for book in session.books()})


def put_reglages(session: Session, asked: Asked) -> HttpResponse:
    """Settings of the platforms named, the others as they are; all of them, or none when one is wrong."""
    value = convert(dict[str, dict[str, Any]], asked.json(), "$")
    new = {}
    for nom, changes in value.items():
        if nom not in session.plateformes:
            known = ", ".join(session.plateformes)
            raise Problem(422, "champ_invalide", f"no such platform; there are {known}", f"$.{nom}")
        try:
            new[nom] = platforms_data.override(session.book(nom).reglages, changes)
        except ValueError as wrong:
            raise Problem(422, "champ_invalide", str(wrong), f"$.{nom}") from None
    for nom, traits in new.items():
        session.book(nom).reglages = traits
    return get_reglages(session, asked)


# --------------------------------------------------------------------------------------------------- the ledger


def get_ledger(session: Session, asked: Asked) -> HttpResponse:
    """The ledgers of all platforms together; each row says its platform."""
    session.clock.catch_up()
    whole: dict[str, list[Any]] = {"pec": [], "factures": [], "paiements": []}
    for book in session.books():
        for kind, rows in ledger.view(book).items():
            whole.setdefault(kind, []).extend({**row, "plateforme": book.plateforme.nom} for row in rows)
    return json_response(whole)


def ledger_check(session: Session) -> HttpResponse:
    session.clock.catch_up()
    found = [
        {**ecart.as_json(), "plateforme": book.plateforme.nom}
        for book in session.books()
        for ecart in ledger.check(book)
    ]
    return json_response({"ok": not found, "ecarts": found})


def decide_pec(session: Session, numero: str, asked: Asked) -> HttpResponse:
    """Decide a pending PEC by hand, now."""
    decision = convert(Decision, asked.json(), "$")
    session.clock.catch_up()
    book = next((one for one in session.books() if numero in one.pec), None)
    if book is None:
        raise Problem(404, "pec_inconnue", "no PEC of that number in this session")
    try:
        desk.decide(book, numero, decision.etat, decision.motifs, session.clock.now())
    except (KeyError, ValueError) as wrong:
        raise Problem(422, "champ_invalide", str(wrong).strip("'\""), "$") from None
    except CoupIllegal as illegal:
        raise Problem(409, "etat", str(illegal)) from None
    session.clock.plan()
    return json_response(next(row for row in ledger.view(book)["pec"] if row["numero"] == numero))


def pay_now(session: Session) -> HttpResponse:
    """Control and pay at once all that waits; says how many remittances left, by platform."""
    session.clock.catch_up()
    sent = {book.plateforme.nom: desk.pay_now(book, session.clock.now()) for book in session.books()}
    session.clock.plan()
    return json_response({"bordereaux": sent})


# -------------------------------------------------------------------------------------------------------- others


def post_reset(session: Session, asked: Asked) -> HttpResponse:
    order = convert(ResetOrder, asked.json() if asked.body.strip() else {}, "$")
    session.reset(order.seed)
    return json_response(session.clock.describe())


def _listed(rows: list[Any]) -> dict[str, Any]:
    return {"elements": rows, "suivant": None}


_RESOURCES: dict[str, dict[str, Callable[[Session, Asked], HttpResponse]]] = {
    "clock": {"GET": get_clock, "POST": post_clock},
    "effects": {"GET": get_effects, "PUT": put_effects, "DELETE": delete_effects},
    "tape": {"GET": get_tape, "PUT": put_tape},
    "people": {"GET": get_people, "POST": post_people},
    "magasins": {"GET": get_magasins, "POST": post_magasins},
    "reglages": {"GET": get_reglages, "PUT": put_reglages},
    "ledger": {"GET": get_ledger},
    "reset": {"POST": post_reset},
    **control_identity.RESOURCES,
}
