"""The resources of one session in the control API: effects, tape, people, shops, settings, ledger."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, TypeAlias

import msgspec
from msgspec import Meta
from twisted.internet.defer import Deferred

from tierspayant.emulator import (
    control_clock,
    control_evidence,
    control_identity,
    desk,
    effects,
    ledger,
    people,
    platforms_data,
    tape,
)
from tierspayant.emulator.clock import shown
from tierspayant.emulator.config import MAX_SEED
from tierspayant.emulator.control_evidence import Asked
from tierspayant.emulator.effects import convert
from tierspayant.emulator.plan import Plan
from tierspayant.emulator.problem import Problem, json_response
from tierspayant.emulator.sessions import Session
from tierspayant.schemas import codes, plain
from tierspayant.schemas.wire import HttpResponse

Seed: TypeAlias = Annotated[int, Meta(ge=-MAX_SEED, le=MAX_SEED)]


class Decision(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    etat: str
    motifs: list[str] = []


class TapeOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    nom: str | None = None
    toml: str | None = None
    depuis_maintenant: bool = False


class _Comptes(msgspec.Struct, frozen=True):
    comptes: dict[str, str] = {}


class ResetOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    seed: Seed | None = None


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
    value = asked.json()
    for nom in convert(_Comptes, value, "$").comptes:
        if nom not in (known := platforms_data.load()):
            raise Problem(422, "champ_invalide", f"no such platform; there are {', '.join(known)}", f"$.comptes.{nom}")
    return json_response(session.world.add_magasin(value), 201)


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
            field, _, reason = str(wrong).partition(": ")
            raise Problem(422, "champ_invalide", reason, f"$.{nom}.{field}") from None
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
    for rank, code in enumerate(decision.motifs):
        if code not in codes.table():
            raise Problem(422, "champ_invalide", "no such code", f"$.motifs[{rank}]")
    session.clock.catch_up()
    book = next((one for one in session.books() if numero in one.pec), None)
    if book is None:
        raise Problem(404, "pec_inconnue", "no PEC of that number in this session")
    try:
        desk.decide(book, numero, decision.etat, decision.motifs, session.clock.now())
    except ValueError as wrong:
        raise Problem(422, "champ_invalide", str(wrong).removeprefix("etat: "), "$.etat") from None
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
    "clock": {"GET": control_clock.get_clock, "POST": control_clock.post_clock},
    "effects": {"GET": get_effects, "PUT": put_effects, "DELETE": delete_effects},
    "tape": {"GET": get_tape, "PUT": put_tape},
    "people": {"GET": get_people, "POST": post_people},
    "magasins": {"GET": get_magasins, "POST": post_magasins},
    "reglages": {"GET": get_reglages, "PUT": put_reglages},
    "ledger": {"GET": get_ledger},
    "reset": {"POST": post_reset},
    **control_identity.RESOURCES,
}
