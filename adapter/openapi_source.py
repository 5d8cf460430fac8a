"""The shop API's contract as a document: paths from a table, bodies from the very types that read them.

`adapter/openapi.yaml` is written from here by `python -m tests.write_openapi`; a test fails when it is stale, when a
route is missing from it, or when an answer of the daemon does not match it. Nothing imports this while serving.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import TypeAdapter

from tierspayant.adapter.demandes import (
    AnnulationCorps,
    DevisCorps,
    DroitsCorps,
    FactureCorps,
    PecCorps,
    PiecesCorps,
)
from tierspayant.adapter.entry import Etat
from tierspayant.adapter.openapi_answers import ANSWERS
from tierspayant.adapter.problem import MEDIA_TYPE, kinds
from tierspayant.adapter.shop_api_appels import ActionsCorps
from tierspayant.adapter.shop_api_avance import AvanceCorps
from tierspayant.adapter.shop_api_gestes import ActionCorps, RetraitCorps

CORPS = (
    DroitsCorps,
    DevisCorps,
    PecCorps,
    FactureCorps,
    AnnulationCorps,
    PiecesCorps,
    ActionCorps,
    RetraitCorps,
    ActionsCorps,
    AvanceCorps,
)

ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}, "description": "The request's id."}
PREFER = {
    "name": "Prefer",
    "in": "header",
    "schema": {"type": "string"},
    "example": "wait=5",
    "description": "wait=N: keep the call up to N seconds (at most 60) for the platform's answer.",
}
IDEMPOTENCY = {
    "name": "Idempotency-Key",
    "in": "header",
    "schema": {"type": "string"},
    "description": "Optional; must equal `reference`.",
}
LANGUE = {"name": "langue", "in": "query", "schema": {"enum": ["fr", "en"]}, "description": "Language of `conseil`."}

POSTS = {
    "/v1/droits": ("Rights check", DroitsCorps),
    "/v1/devis": ("Quote: what would the insurer pay, line by line", DevisCorps),
    "/v1/pec": ("Prior agreement (prise en charge)", PecCorps),
    "/v1/factures": ("Invoice", FactureCorps),
    "/v1/pec/{id}/annulation": ("Cancel a PEC", AnnulationCorps),
    "/v1/pec/{id}/pieces": ("Send documents for a PEC", PiecesCorps),
    "/v1/factures/{id}/annulation": ("Cancel an invoice", AnnulationCorps),
}
GESTES = {
    "/v1/demandes/{id}/retrait": ("Withdraw a request that was never sent", RetraitCorps),
    "/v1/demandes/{id}/action": ("Answer what a person must answer", ActionCorps),
    "/v1/demandes/action": ("Confirm or give up many requests held until the customer confirms", ActionsCorps),
    "/v1/dossiers/{dossier}/avance-client": ("The customer pays up front: no tiers payant leaves", AvanceCorps),
}
SPECIALES = {"/v1/demandes/action": "Actions", "/v1/dossiers/{dossier}/avance-client": "Avance"}
"""POSTs that do not answer one request."""
GETS: dict[str, tuple[str, str, dict[str, str]]] = {
    "/v1/pec/{id}": ("One PEC", "Demande", {}),
    "/v1/factures/{id}": ("One invoice", "Demande", {}),
    "/v1/demandes/{id}": ("One request", "Demande", {}),
    "/v1/demandes": (
        "Requests, oldest first",
        "Demandes",
        {
            "etat": f"Some of {', '.join(Etat)}, joined by commas.",
            "plateforme": "Only this platform.",
            "dossier": "Only this file.",
            "operation": "Only this operation.",
            "apres": "Cursor: the `suivant` of the page before.",
            "limite": "At most this many (1 to 500).",
        },
    ),
    "/v1/appels": (
        "Whom to call: requests held until the customer confirms",
        "Appels",
        {
            "plateforme": "Only this platform.",
            "avant": "Recorded before this day (YYYY-MM-DD).",
            "apres": "Cursor: the `suivant` of the page before.",
            "limite": "At most this many looked at (1 to 500).",
        },
    ),
    "/v1/dossiers/{dossier}": ("A whole file with its requests", "Dossier", {}),
    "/v1/dossiers/{dossier}/avance-client": ("Whether the customer pays this file up front", "Avance", {}),
    "/v1/plateformes": ("Each platform and service, and this shop's account there", "Plateformes", {}),
    "/v1/encours": ("Money waiting", "Encours", {}),
    "/v1/paiements": (
        "Payment returns, line by line, those without an invoice included",
        "Paiements",
        {
            "depuis": "Issued since this day (YYYY-MM-DD); by default the last 90 days.",
            "apres": "Cursor: the `suivant` of the page before.",
            "limite": "At most this many (1 to 500).",
        },
    ),
    "/v1/evenements": (
        "What changed, after a cursor; also as text/event-stream",
        "Evenements",
        {
            "depuis": "Cursor: the `suivant` of the call before, or 0.",
            "attente": "Seconds to wait for news (at most 60).",
            "limite": "At most this many (1 to 500).",
        },
    ),
    "/health/live": ("The process is alive", "Sante", {}),
    "/health/ready": ("Requests are accepted (200 while platforms are shut)", "Sante", {}),
}
SANS_CLE = {"/health/live", "/health/ready", "/metrics", "/v1/openapi.yaml", "/v1/docs"}
FEUILLES = {
    "/v1/dossiers/{dossier}/avance-client/recu": ("The receipted invoice, to print", "text/html"),
    "/v1/dossiers/{dossier}/avance-client/recu.pdf": ("The receipted invoice", "application/pdf"),
}
"""Documents about a file, with a key."""
TEXTES = {
    "/metrics": ("Prometheus metrics", "text/plain"),
    "/v1/openapi.yaml": ("This document", "application/yaml"),
    "/v1/docs": ("A page about this API", "text/html"),
}


def document() -> dict[str, Any]:
    """The whole OpenAPI 3.1 document."""
    paths: dict[str, dict[str, Any]] = {}
    for chemin, (resume, corps) in POSTS.items():
        paths.setdefault(chemin, {})["post"] = _post(chemin, resume, corps.__name__, {"200", "202"})
    for chemin, (resume, corps) in GESTES.items():
        paths.setdefault(chemin, {})["post"] = _post(chemin, resume, corps.__name__, {"200"})
    for chemin, (resume, reponse, requete) in GETS.items():
        paths.setdefault(chemin, {})["get"] = _get(chemin, resume, reponse, requete)
    for chemin, (resume, media) in TEXTES.items():
        contenu = {media: {"schema": {"type": "string"}}}
        paths[chemin] = {
            "get": {
                "summary": resume,
                "security": [],
                "responses": {"200": {"description": resume, "content": contenu}},
            }
        }
    for chemin, (resume, media) in FEUILLES.items():
        paths[chemin] = {"get": _sheet(chemin, resume, media)}
    avance = "/v1/dossiers/{dossier}/avance-client"
    paths[avance]["delete"] = _get(avance, "Lift the mark: tiers payant is possible again", "Avance", {})
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "tp-adapter: shop API",
            "version": "1",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
            "description": DESCRIPTION,
        },
        "servers": [{"url": "http://127.0.0.1:8480"}],
        "security": [{"cle": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"cle": {"type": "http", "scheme": "bearer", "description": "The shop's API key."}},
            "schemas": {**_bodies(), **ANSWERS, "Probleme": _problem()},
        },
    }


DESCRIPTION = (
    "JSON over HTTP. Amounts are whole centimes, dates are business dates of Europe/Paris, an amount nobody knows is "
    "null. A POST is on disk before any 2xx; the same reference with the same body is the same request. 200 carries "
    "the outcome (a business refusal is an outcome), 202 the state, `conseil` (French advice) and `Location`."
)


def _post(chemin: str, resume: str, corps: str, bons: set[str]) -> dict[str, Any]:
    parametres = [*_path_parameters(chemin), LANGUE, *([PREFER, IDEMPOTENCY] if "202" in bons else [])]
    schema = SPECIALES.get(chemin, "Demande")
    reponses = {code: _answer("Outcome" if code == "200" else "Recorded, not answered yet", schema) for code in bons}
    if "202" in reponses:
        reponses["202"]["headers"] = {"Location": {"schema": {"type": "string"}}}
    return {
        "summary": resume,
        "parameters": parametres,
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{corps}"}}},
        },
        "responses": dict(sorted(reponses.items())) | {"default": _problem_answer()},
    }


def _get(chemin: str, resume: str, reponse: str, requete: dict[str, str]) -> dict[str, Any]:
    parametres = [*_path_parameters(chemin), LANGUE] + [
        {"name": nom, "in": "query", "schema": {"type": "string"}, "description": texte}
        for nom, texte in requete.items()
    ]
    bon = {"200": _answer(resume, reponse), "default": _problem_answer()}
    if chemin == "/health/ready":
        bon["503"] = _answer("Not ready", reponse)
    ouvert: dict[str, Any] = {"security": []} if chemin in SANS_CLE else {}
    return {"summary": resume, "parameters": parametres, **ouvert, "responses": bon}


def _sheet(chemin: str, resume: str, media: str) -> dict[str, Any]:
    contenu = {media: {"schema": {"type": "string"}}}
    return {
        "summary": resume,
        "parameters": [*_path_parameters(chemin), LANGUE],
        "responses": {"200": {"description": resume, "content": contenu}, "default": _problem_answer()},
    }


def _path_parameters(chemin: str) -> list[dict[str, Any]]:
    if "{dossier}" in chemin:
        return [{**ID, "name": "dossier", "description": "The shop's file reference."}]
    return [ID] if "{id}" in chemin else []


def _answer(texte: str, schema: str) -> dict[str, Any]:
    contenu = {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
    return {"description": texte, "content": contenu}


def _problem_answer() -> dict[str, Any]:
    contenu = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Probleme"}}}
    return {"description": "Refused (RFC 9457)", "content": contenu}


def _bodies() -> dict[str, Any]:
    """JSON schemas of every body, from the types themselves; no field but those is accepted."""
    triplets: list[tuple[str, Literal["validation"], TypeAdapter[Any]]] = [
        (corps.__name__, "validation", TypeAdapter(corps)) for corps in CORPS
    ]
    _, tout = TypeAdapter.json_schemas(triplets, ref_template="#/components/schemas/{model}")
    definitions: dict[str, Any] = tout["$defs"]
    for schema in definitions.values():
        if schema.get("type") == "object":
            schema["additionalProperties"] = False
    return definitions


def _problem() -> dict[str, Any]:
    texte = {"type": "string"}
    nul = {"type": ["string", "null"]}
    erreur: dict[str, Any] = {"type": "object", "required": ["champ", "regle", "detail"]}
    erreur["properties"] = {"champ": {**nul, "description": "JSON pointer"}, "regle": texte, "detail": texte}
    return {
        "type": "object",
        "required": ["type", "title", "status", "code", "detail"],
        "properties": {
            "type": texte,
            "title": {**texte, "description": "French"},
            "status": {"type": "integer"},
            "code": {"enum": sorted(kinds())},
            "detail": {**texte, "description": "French"},
            "champ": nul,
            "regle": texte,
            "erreurs": {"type": "array", "items": erreur},
        },
    }
