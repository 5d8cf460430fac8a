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
LANGUAGE = {"name": "langue", "in": "query", "schema": {"enum": ["fr", "en"]}, "description": "Language of `conseil`."}

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
OTHER_ANSWERS = {"/v1/demandes/action": "Actions", "/v1/dossiers/{dossier}/avance-client": "Avance"}
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
WITHOUT_KEY = {"/health/live", "/health/ready", "/metrics", "/v1/openapi.yaml", "/v1/docs"}
SHEETS = {
    "/v1/dossiers/{dossier}/avance-client/recu": ("The receipted invoice, to print", "text/html"),
    "/v1/dossiers/{dossier}/avance-client/recu.pdf": ("The receipted invoice", "application/pdf"),
}
"""Documents about a file, with a key."""
TEXTS = {
    "/metrics": ("Prometheus metrics", "text/plain"),
    "/v1/openapi.yaml": ("This document", "application/yaml"),
    "/v1/docs": ("A page about this API", "text/html"),
}


def document() -> dict[str, Any]:
    """The whole OpenAPI 3.1 document."""
    paths: dict[str, dict[str, Any]] = {}
    for path, (summary, body) in POSTS.items():
        paths.setdefault(path, {})["post"] = _post(path, summary, body.__name__, {"200", "202"})
    for path, (summary, body) in GESTES.items():
        paths.setdefault(path, {})["post"] = _post(path, summary, body.__name__, {"200"})
    for path, (summary, answer, query) in GETS.items():
        paths.setdefault(path, {})["get"] = _get(path, summary, answer, query)
    for path, (summary, media) in TEXTS.items():
        content = {media: {"schema": {"type": "string"}}}
        paths[path] = {
            "get": {
                "summary": summary,
                "security": [],
                "responses": {"200": {"description": summary, "content": content}},
            }
        }
    for path, (summary, media) in SHEETS.items():
        paths[path] = {"get": _sheet(path, summary, media)}
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


def _post(path: str, summary: str, body: str, good_codes: set[str]) -> dict[str, Any]:
    parameters = [*_path_parameters(path), LANGUAGE, *([PREFER, IDEMPOTENCY] if "202" in good_codes else [])]
    schema = OTHER_ANSWERS.get(path, "Demande")
    answers = {
        code: _answer("Outcome" if code == "200" else "Recorded, not answered yet", schema) for code in good_codes
    }
    if "202" in answers:
        answers["202"]["headers"] = {"Location": {"schema": {"type": "string"}}}
    return {
        "summary": summary,
        "parameters": parameters,
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{body}"}}},
        },
        "responses": dict(sorted(answers.items())) | {"default": _problem_answer()},
    }


def _get(path: str, summary: str, answer: str, query: dict[str, str]) -> dict[str, Any]:
    parameters = [*_path_parameters(path), LANGUAGE] + [
        {"name": name, "in": "query", "schema": {"type": "string"}, "description": text} for name, text in query.items()
    ]
    good = {"200": _answer(summary, answer), "default": _problem_answer()}
    if path == "/health/ready":
        good["503"] = _answer("Not ready", answer)
    opened: dict[str, Any] = {"security": []} if path in WITHOUT_KEY else {}
    return {"summary": summary, "parameters": parameters, **opened, "responses": good}


def _sheet(path: str, summary: str, media: str) -> dict[str, Any]:
    content = {media: {"schema": {"type": "string"}}}
    return {
        "summary": summary,
        "parameters": [*_path_parameters(path), LANGUAGE],
        "responses": {"200": {"description": summary, "content": content}, "default": _problem_answer()},
    }


def _path_parameters(path: str) -> list[dict[str, Any]]:
    if "{dossier}" in path:
        return [{**ID, "name": "dossier", "description": "The shop's file reference."}]
    return [ID] if "{id}" in path else []


def _answer(text: str, schema: str) -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
    return {"description": text, "content": content}


def _problem_answer() -> dict[str, Any]:
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Probleme"}}}
    return {"description": "Refused (RFC 9457)", "content": content}


def _bodies() -> dict[str, Any]:
    """JSON schemas of every body, from the types themselves; no field but those is accepted."""
    triples: list[tuple[str, Literal["validation"], TypeAdapter[Any]]] = [
        (body.__name__, "validation", TypeAdapter(body)) for body in CORPS
    ]
    _, whole = TypeAdapter.json_schemas(triples, ref_template="#/components/schemas/{model}")
    definitions: dict[str, Any] = whole["$defs"]
    for schema in definitions.values():
        if schema.get("type") == "object":
            schema["additionalProperties"] = False
    return definitions


def _problem() -> dict[str, Any]:
    text = {"type": "string"}
    or_null = {"type": ["string", "null"]}
    fault: dict[str, Any] = {"type": "object", "required": ["champ", "regle", "detail"]}
    fault["properties"] = {"champ": {**or_null, "description": "JSON pointer"}, "regle": text, "detail": text}
    return {
        "type": "object",
        "required": ["type", "title", "status", "code", "detail"],
        "properties": {
            "type": text,
            "title": {**text, "description": "French"},
            "status": {"type": "integer"},
            "code": {"enum": sorted(kinds())},
            "detail": {**text, "description": "French"},
            "champ": or_null,
            "regle": text,
            "erreurs": {"type": "array", "items": fault},
        },
    }
