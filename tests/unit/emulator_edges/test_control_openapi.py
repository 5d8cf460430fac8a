"""The control API's own description: fresh, valid, and of what is really there."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from openapi_spec_validator import validate

from tests import write_control_openapi
from tests.unit.emulator_edges.bench import PEC, Bench
from tierspayant.emulator import control_openapi
from tierspayant.emulator.effect_kinds import CATALOGUE
from tierspayant.emulator.plan import Plan
from tierspayant.schemas.wire import HttpRequest

METHODS = ("get", "post", "put", "delete")
DOCUMENT = control_openapi.document()
IN_PATH = {"{session}": "default", "{numero}": "1", "{id}": "1"}


def call(bench: Bench, method: str, path: str, body: bytes = b"{}") -> Plan:
    for name, value in IN_PATH.items():
        path = path.replace(name, value)
    plan = bench.control_port.answer(HttpRequest(method.upper(), f"/_control/v1{path}", (("Host", "127.0.0.1"),), body))
    assert isinstance(plan, Plan)
    return plan


def problem(plan: Plan) -> Any:
    assert plan.response is not None
    refused = dict(plan.response.headers).get("Content-Type") == "application/problem+json"
    return json.loads(plan.response.body) if refused else {}


def test_the_file_is_what_the_source_says_and_is_valid() -> None:
    assert write_control_openapi.FICHIER.read_text(encoding="utf-8") == write_control_openapi.text()
    validate(yaml.safe_load(write_control_openapi.text()))


def test_the_server_hands_it_out() -> None:
    response = call(Bench(), "get", "/openapi.yaml").response
    assert response is not None
    assert response.body == write_control_openapi.FICHIER.read_bytes()


@pytest.mark.parametrize("path", DOCUMENT["paths"])
def test_each_resource_takes_the_methods_that_are_described_and_no_others(path: str) -> None:
    bench = Bench()
    bench.post(PEC)
    bench.control("POST", "snapshots")
    for method in METHODS:
        found = problem(call(bench, method, path))
        assert found.get("code") != "adresse", (method, path)
        assert (found.get("status") == 405) is (method not in DOCUMENT["paths"][path]), (method, path)


def test_each_resource_of_a_session_is_described() -> None:
    detail = problem(call(Bench(), "get", "/sessions/default/nulle-part"))["detail"]
    named = set(detail.removeprefix("a session has ").split(", "))
    described = {path.split("/")[3] for path in DOCUMENT["paths"] if path.startswith("/sessions/{session}/")}
    assert described - {"pec", "paiements"} == named


def test_each_effect_is_described_with_its_parameters() -> None:
    schema = DOCUMENT["components"]["schemas"]["Effet"]
    assert [one["title"] for one in schema["oneOf"]] == list(CATALOGUE)
    for one in schema["oneOf"]:
        known = set(CATALOGUE[one["title"]].__struct_fields__)
        assert set(one["properties"]["parametres"].get("properties", {})) == known


EFFECTS = [
    {"plateforme": "viamedis", "effet": "coupure", "parametres": {"point": "apres_commit"}, "fois": 1},
    {"plateforme": "viamedis", "effet": "lenteur", "parametres": {"duree": "PT3S"}, "service": "*"},
    {"plateforme": "viamedis", "effet": "http", "parametres": {"statut": 503, "retry_after": 3}, "probabilite": 0.5},
    {"plateforme": "viamedis", "effet": "indisponible"},
    {"plateforme": "viamedis", "effet": "coupure", "parametres": {"point": "ailleurs"}},
    {"plateforme": "viamedis", "effet": "coupure"},
    {"plateforme": "viamedis", "effet": "http", "parametres": {"statut": 99}},
    {"plateforme": "viamedis", "effet": "silence", "parametres": {"traitee": "oui"}},
    {"plateforme": "viamedis", "effet": "panne"},
    {"plateforme": "viamedis", "effet": "silence", "fois": 0},
    {"plateforme": "viamedis", "effet": "silence", "couleur": 1},
]


@pytest.mark.parametrize("effect", EFFECTS)
def test_the_description_and_the_server_take_the_same_effects(effect: dict[str, Any]) -> None:
    described = Draft202012Validator(DOCUMENT["components"]["schemas"]["Effet"]).is_valid(effect)
    assert described is (Bench().control("PUT", "effects", [effect])[0] == 200)


@pytest.mark.parametrize(
    ("path", "schema"),
    [("clock", "Horloge"), ("ledger", "Registre"), ("ledger/check", "Controle"), ("mesures", "Mesures")],
)
def test_answers_are_as_described(path: str, schema: str) -> None:
    value = Bench().control("GET", path)[1]
    described = DOCUMENT["components"]["schemas"][schema]
    Draft202012Validator(described).validate(value)
    assert set(described["properties"]) == set(value)
