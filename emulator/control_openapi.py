"""Where emulator/control_openapi.yaml comes from: every resource of the control API, its methods and its bodies.

`python -m tests.write_control_openapi` writes the file; the server only hands the file out. Bodies are the very structs
that the API reads, so that a field cannot be forgotten here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from tierspayant.emulator import (
    control,
    control_clock,
    control_identity,
    control_session,
    evidence,
    identity,
    platforms_data,
)
from tierspayant.emulator.cli_effects import catalogue
from tierspayant.emulator.effect_kinds import CATALOGUE
from tierspayant.emulator.toml_data import Plain
from tierspayant.schemas.identity import Finess
from tierspayant.schemas.operations import Service
from tierspayant.schemas.platforms import Traits

JSON = "application/json"
_LIST: Plain = {
    "type": "object",
    "properties": {"elements": {"type": "array", "items": {"type": "object"}}, "suivant": {"type": ["string", "null"]}},
}
_OBJECT: Plain = {"type": "object"}
_INSTANT: Plain = {"type": "string", "format": "date-time"}
_SHARE: Plain = {"type": ["number", "null"]}
_COUNT: Plain = {"type": "integer", "minimum": 0}


@dataclass(frozen=True, slots=True)
class Route:
    """One method of one resource. `path` below /_control/v1; `body`: its schema; `answer`: (status, schema, media)."""

    path: str
    method: str
    says: str
    body: Plain | None = None
    answer: tuple[int, Plain | None, str] = (200, _OBJECT, JSON)
    query: tuple[str, ...] = ()


def _ref(nom: str) -> Plain:
    return {"$ref": f"#/components/schemas/{nom}"}


def _array(of: Plain) -> Plain:
    return {"type": "array", "items": of}


_ONE = "/sessions/{session}"
_NOTHING: tuple[int, Plain | None, str] = (204, None, JSON)
_JOURNAL = ("plateforme", "service", "operation", "magasin", "verdict", "regle", "code", "effet", "statut", "chemin")
_LISTED: tuple[int, Plain | None, str] = (200, _LIST, JSON)
_CLOCK: tuple[int, Plain | None, str] = (200, _ref("Horloge"), JSON)

ROUTES = (
    Route("/health", "get", "The server is there."),
    Route("/openapi.yaml", "get", "This document.", answer=(200, {"type": "string"}, "application/yaml")),
    Route("/sessions", "get", "Every session and its base URLs.", answer=_LISTED),
    Route("/sessions", "post", "A new session, isolated.", _ref("NouvelleSession"), (201, _ref("Session"), JSON)),
    Route(_ONE, "get", "One session.", answer=(200, _ref("Session"), JSON)),
    Route(_ONE, "delete", "End a session (`default` stays).", answer=_NOTHING),
    Route(_ONE + "/reset", "post", "Back to the start; the journal goes on.", _ref("RemiseAZero"), _CLOCK),
    Route(_ONE + "/clock", "get", "The virtual clock.", answer=_CLOCK),
    Route(_ONE + "/clock", "post", "Move it: exactly one key. What is due happens.", _ref("Ordre"), _CLOCK),
    Route(_ONE + "/tape", "get", "The tape being lived."),
    Route(_ONE + "/tape", "put", "Live a tape: `nom`, or `toml`; neither: none.", _ref("Bande")),
    Route(_ONE + "/effects", "get", "The effects in force.", answer=(200, _array(_ref("Effet")), JSON)),
    Route(_ONE + "/effects", "put", "These and no others.", _array(_ref("Effet")), (200, _array(_ref("Effet")), JSON)),
    Route(_ONE + "/effects", "delete", "None.", answer=_NOTHING),
    Route(_ONE + "/people", "get", "The invented people.", answer=_LISTED),
    Route(_ONE + "/people", "post", "One more (the fields of population.toml).", _OBJECT, (201, _OBJECT, JSON)),
    Route(_ONE + "/magasins", "get", "The shops.", answer=_LISTED),
    Route(_ONE + "/magasins", "post", "One more (the fields of magasins.toml).", _OBJECT, (201, _OBJECT, JSON)),
    Route(_ONE + "/reglages", "get", "The traits of each platform."),
    Route(_ONE + "/reglages", "put", "Change some.", {"type": "object", "additionalProperties": _ref("Traits")}),
    Route(_ONE + "/identite", "get", "What each platform asks of who speaks."),
    Route(_ONE + "/identite", "put", "Change it.", {"type": "object", "additionalProperties": _ref("Exigence")}),
    Route(_ONE + "/comptes", "get", "The shops' accounts and their state.", answer=_LISTED),
    Route(_ONE + "/comptes", "put", "Change some.", _array(_ref("CompteMagasin")), _LISTED),
    Route(_ONE + "/codes", "get", "Codes sent by e-mail that still wait to be typed.", answer=_LISTED),
    Route(_ONE + "/certificats", "post", "One that speaks for shops.", _ref("Certificat"), (201, _OBJECT, JSON)),
    Route(_ONE + "/ledger", "get", "What the platforms hold.", answer=(200, _ref("Registre"), JSON)),
    Route(_ONE + "/ledger/check", "get", "Whether the money adds up.", answer=(200, _ref("Controle"), JSON)),
    Route(_ONE + "/pec/{numero}/decider", "post", "Decide a waiting PEC by hand.", _ref("Decision")),
    Route(_ONE + "/paiements/lancer", "post", "Control and pay at once all that waits."),
    Route(_ONE + "/snapshots", "get", "The snapshots.", answer=_LISTED),
    Route(_ONE + "/snapshots", "post", "One more.", answer=(201, _OBJECT, JSON)),
    Route(_ONE + "/snapshots/{id}", "get", "One."),
    Route(_ONE + "/snapshots/{id}", "delete", "Forget one.", answer=_NOTHING),
    Route(_ONE + "/snapshots/{id}/restore", "post", "Become what it was taken of.", answer=_CLOCK),
    Route(
        _ONE + "/journal",
        "get",
        "Exchanges, without what was said.",
        None,
        _LISTED,
        (*_JOURNAL, "depuis", "limite", "derniers"),
    ),
    Route(
        _ONE + "/journal/export",
        "get",
        "All of it, the same bytes for the same run.",
        answer=(200, {"type": "string"}, "application/x-ndjson"),
    ),
    Route(_ONE + "/journal/{numero}", "get", "One: bytes, meaning, verdict.", answer=(200, _ref("Echange"), JSON)),
    Route(_ONE + "/mesures", "get", "How the client behaved.", answer=(200, _ref("Mesures"), JSON)),
    Route(_ONE + "/verify", "post", "Whether so many match.", _ref("Verification"), (200, _ref("Verdict"), JSON)),
    Route(_ONE + "/events", "get", "Server-sent events.", answer=(200, {"type": "string"}, "text/event-stream")),
)

_STRUCTS: dict[str, Any] = {
    "NouvelleSession": control.NewSession,
    "RemiseAZero": control_session.ResetOrder,
    "Ordre": control_clock.ClockOrder,
    "Bande": control_session.TapeOrder,
    "Decision": control_session.Decision,
    "Exigence": identity.Exigence,
    "CompteMagasin": control_identity.CompteOrder,
    "Certificat": control_identity.CertificatOrder,
    "Verification": evidence.Verification,
    "Traits": Traits,
}
_ANSWERS: dict[str, Plain] = {
    "Session": {"type": "object", "properties": {"id": {"type": "string"}, "plateformes": _OBJECT}},
    "Horloge": {
        "type": "object",
        "required": ["now", "frozen", "speed", "prochaine_echeance"],
        "properties": {
            "now": _INSTANT,
            "frozen": {"type": "boolean"},
            "speed": {"type": "number"},
            "prochaine_echeance": {**_INSTANT, "type": ["string", "null"]},
        },
    },
    "Registre": {"type": "object", "properties": {nom: _array(_OBJECT) for nom in ("pec", "factures", "paiements")}},
    "Controle": {"type": "object", "properties": {"ok": {"type": "boolean"}, "ecarts": _array(_OBJECT)}},
    "Echange": {"type": "object", "properties": {"numero": _COUNT, "verdict": {"type": "string"}, "sens": {}}},
    "Verdict": {
        "type": "object",
        "required": ["ok", "nombre"],
        "properties": {
            "ok": {"type": "boolean"},
            "nombre": _COUNT,
            "proche": _OBJECT,
            "pourquoi": _array({"type": "string"}),
        },
    },
    "Mesures": {
        "type": "object",
        "properties": {
            **dict.fromkeys(("essais", "messages", "reprises", "doublons_tentes"), _COUNT),
            **dict.fromkeys(("taux_reprises", "gigue"), _SHARE),
            "pauses": _array(_OBJECT),
            **dict.fromkeys(("retry_after", "ordre", "recolte"), _OBJECT),
        },
    },
    "Probleme": {
        "type": "object",
        "required": ["type", "title", "status", "code", "detail"],
        "properties": {
            **{nom: {"type": "string"} for nom in ("type", "title", "code", "detail")},
            "status": {"type": "integer"},
            "champ": {"type": "string", "description": "JSON path of the fault"},
        },
    },
}


def _hook(kind: type) -> Plain:
    """Types of our own are text on the wire."""
    return {"type": "string", "pattern": "^[0-9]{9}$"} if kind is Finess else {"type": "string"}


def _schemas() -> dict[str, Plain]:
    """The bodies, from their structs; each under the name given here."""
    found: dict[str, Plain] = {}
    for nom, kind in _STRUCTS.items():
        (shape,), parts = msgspec.json.schema_components(
            [kind], schema_hook=_hook, ref_template="#/components/schemas/{name}"
        )
        own = shape["$ref"].rpartition("/")[2]
        found[nom] = parts.pop(own)
        found[nom].pop("title", None)
        found |= parts
    return found


def effect() -> Plain:
    """An effect: one form for each identifier, with its parameters."""
    explained = catalogue()
    return {"oneOf": [_effect(nom, kind, explained[nom]["quoi"]) for nom, kind in CATALOGUE.items()]}


def _effect(nom: str, kind: type, says: str) -> Plain:
    (shape,), parts = msgspec.json.schema_components([kind], schema_hook=_hook, ref_template="{name}")
    whole = parts.pop(shape["$ref"])
    parametres = {**_inlined(whole, parts), "description": whole.get("description", "")}
    parametres.pop("title", None)
    return {
        "type": "object",
        "title": nom,
        "description": says,
        "additionalProperties": False,
        "required": ["plateforme", "effet", *(["parametres"] if whole.get("required") else [])],
        "properties": {
            "plateforme": {"type": "string", "examples": list(platforms_data.load())},
            "service": {"enum": ["*", *(one.value for one in Service)]},
            "operation": {"type": "string"},
            "magasin": {"type": "string", "pattern": "^[0-9]{9}$"},
            "effet": {"const": nom},
            "parametres": parametres,
            "fois": {"type": "integer", "minimum": 1},
            "probabilite": {"type": "number", "exclusiveMinimum": 0, "maximum": 1},
        },
    }


def _inlined(value: Any, parts: Plain) -> Any:
    """A schema whose references are written out."""
    if isinstance(value, dict):
        if "$ref" in value:
            return _inlined(parts[value["$ref"]], parts)
        return {key: _inlined(one, parts) for key, one in value.items()}
    return [_inlined(one, parts) for one in value] if isinstance(value, list) else value


def _operation(route: Route) -> Plain:
    status, schema, media = route.answer
    answer: Plain = {"description": "Done."}
    if schema is not None:
        answer["content"] = {media: {"schema": schema}}
    problem = {"application/problem+json": {"schema": _ref("Probleme")}}
    refused = {"description": "Refused, nothing changed (507: changed, but not kept).", "content": problem}
    made: Plain = {
        "summary": route.says,
        "operationId": f"{route.method}{route.path.replace(_ONE, '_session').replace('/', '_')}".translate(
            str.maketrans("", "", "{}.")
        ),
        "responses": {str(status): answer, "default": refused},
    }
    if route.query:
        made["parameters"] = [{"name": nom, "in": "query", "schema": {"type": "string"}} for nom in route.query]
    if route.body is not None:
        made["requestBody"] = {"content": {JSON: {"schema": route.body}}}
    return made


def document() -> Plain:
    """The whole of it."""
    paths: dict[str, Plain] = {}
    for route in ROUTES:
        names = [part.strip("{}") for part in route.path.split("/") if part.startswith("{")]
        path = paths.setdefault(route.path, {})
        if names:
            path["parameters"] = [
                {"name": nom, "in": "path", "required": True, "schema": {"type": "string"}} for nom in names
            ]
        path[route.method] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "tp-emulator: control API",
            "version": "1",
            "description": "Steers an emulated third-party-payment platform: clock, failures, tapes, evidence. The "
            "session `default` is always there. An invented world: no real person, insurer or shop.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/_control/v1"}],
        "security": [{}, {"jeton": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"jeton": {"type": "http", "scheme": "bearer"}},
            "schemas": {**_schemas(), "Effet": effect(), **_ANSWERS},
        },
    }
